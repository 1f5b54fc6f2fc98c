// Every two causes of refusal that one event can have at once: accounts and updates. Those of
// transfers are in ledger_tables_precedence_transfers.cc.
#include <fmt/core.h>

#include "tests/support/ledger_precedence.h"
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

class AccountWriter final : public PrecedenceWriter {
 public:
  using PrecedenceWriter::PrecedenceWriter;

 private:
  std::string event(const Fields& fields) override {
    const std::string id = value_of(fields, "id", fmt::format("A{}", fresh_id()));
    return fmt::format("account {}{}", id, words(fields));
  }
  std::string failing(const std::string& words) override {
    return fmt::format("account A{} code=0{} -> code_must_not_be_zero", fresh_id(), words);
  }
  std::string harmless(const std::string& words) override {
    return fmt::format("account A{}{}", fresh_id(), words);
  }
};

Causes account_head(bool imported) {
  Causes causes{{"linked_event_failed", {{{"chain", "broken"}}}},
                {"linked_event_chain_open", {{{"chain", "open"}}}}};
  if (imported) {
    append(causes, {{"imported_event_expected", {{{"request", "mixed"}, {"f.imported", "no"}}}},
                    {"imported_event_timestamp_out_of_range",
                     {{{"timestamp", "0"}}, {{"timestamp", "2^63"}}}},
                    {"imported_event_timestamp_must_not_advance", {{{"timestamp", "2^63-1"}}}}});
  } else {
    append(causes,
           {{"imported_event_not_expected", {{{"request", "mixed"}, {"f.imported", "yes"}}}},
            {"timestamp_must_be_zero", {{{"timestamp", "1"}}, {{"timestamp", "2^64-1"}}}}});
  }
  append(causes, {{"reserved_field", {{{"reserved", "1"}}, {{"reserved", "2^31"}}}},
                  {"reserved_flag", {{{"flag_bit", "8"}}, {{"flag_bit", "15"}}}},
                  {"id_must_not_be_zero", {{{"id", "A0"}}}},
                  {"id_must_not_be_int_max", {{{"id", "Amax"}}}}});
  return causes;
}

NamedTable account_precedence(bool imported) {
  Causes causes = account_head(imported);
  causes.push_back({"exists_with_different_flags",
                    {{{"id", "A1"}, {"f.history", "yes"}},
                     {{"id", "A1"}, {"f.closed", "yes"}},
                     {{"id", "A1"},
                      {"f.debits_must_not_exceed_credits", "yes"},
                      {"f.credits_must_not_exceed_debits", "yes"}},
                     {{"id", "A1"}, {"chain", "goes_on"}}}});
  append_exists(causes,
                {{"id", "A1"},
                 {"f.history", "no"},
                 {"f.closed", "no"},
                 {"f.debits_must_not_exceed_credits", "no"},
                 {"chain", "none"}},
                {{"ud128", "user_data_128", "1", {"9", "2^127"}},
                 {"ud64", "user_data_64", "2", {"9", "2^63"}},
                 {"ud32", "user_data_32", "3", {"9", "2^31"}},
                 {"ledger", "ledger", "1", {"9", "0"}},
                 {"code", "code", "1", {"9", "0"}}});
  append(causes, {{"flags_are_mutually_exclusive",
                   {{{"f.debits_must_not_exceed_credits", "yes"},
                     {"f.credits_must_not_exceed_debits", "yes"}}}},
                  {"debits_pending_must_be_zero", {{{"dp", "1"}}}},
                  {"debits_posted_must_be_zero", {{{"dpo", "1"}}}},
                  {"credits_pending_must_be_zero", {{{"cp", "2^64"}}}},
                  {"credits_posted_must_be_zero", {{{"cpo", "2^128-1"}}}},
                  {"ledger_must_not_be_zero", {{{"ledger", "0"}}}},
                  {"code_must_not_be_zero", {{{"code", "0"}}}}});
  if (imported) {
    // That of A1 is the last one stored.
    causes.push_back({"imported_event_timestamp_must_not_regress",
                      {{{"timestamp", "1"}}, {{"timestamp", "20000000000"}}}});
  }
  AccountWriter writer(imported);
  const std::string original = imported ? " imported timestamp=20000000000" : "";
  return {imported ? "precedence_imported_accounts" : "precedence_accounts",
          "time 300s\naccount A1 ud128=1 ud64=2 ud32=3" + original + " -> created\nrequest\n" +
              writer.rows(causes)};
}

class UpdateWriter final : public PrecedenceWriter {
 public:
  UpdateWriter() : PrecedenceWriter(false) {}

 private:
  std::string event(const Fields& fields) override {
    const std::string id = value_of(fields, "id", fmt::format("U{}", fresh_id()));
    const std::string account = value_of(fields, "account", "A1");
    Fields others = fields;
    others.erase("account");
    // Changes are named last: values before them set theirs.
    const std::string changes = value_of(others, "changes", "0x20");
    others.erase("changes");
    return fmt::format("update {} {} ud64=1{} changes={}", id, account, words(others), changes);
  }
  std::string failing(const std::string& words) override {
    return fmt::format("update U{} A1{} -> changes_must_not_be_empty", fresh_id(), words);
  }
  std::string harmless(const std::string& words) override {
    return fmt::format("update U{} A1 ud64=1{}", fresh_id(), words);
  }
};

// U1 stands alone, U2 was linked, U3 has failed. 0x20 sets the user data of 64 bits, 0x3 freezes
// and unfreezes, 0x2000 sets a velocity limit.
NamedTable update_precedence() {
  Causes causes{
      {"linked_event_failed", {{{"chain", "broken"}}}},
      {"linked_event_chain_open", {{{"chain", "open"}}}},
      {"timestamp_must_be_zero", {{{"timestamp", "1"}}, {{"timestamp", "2^64-1"}}}},
      {"reserved_field", {{{"reserved", "1"}}, {{"reserved", "2^31"}}}},
      {"reserved_flag", {{{"flag_bit", "1"}}, {{"flag_bit", "15"}}, {{"changes", "0x8020"}}}},
      {"id_must_not_be_zero", {{{"id", "U0"}}}},
      {"id_must_not_be_int_max", {{{"id", "Umax"}}}},
      {"exists_with_different_flags",
       {{{"id", "U2"}, {"chain", "none"}}, {{"id", "U1"}, {"chain", "goes_on"}}}},
  };
  append_exists(causes, {{"id", "U1"}, {"chain", "none"}},
                {{"account", "account_id", "A1", {"A0", "Amax", "A2", "A9"}},
                 {"changes", "changes", "0x20", {"0", "0x3", "0x2020", "0x30"}},
                 {"ud64", "values", "1", {"0", "2^63"}},
                 {"reason", "reason", "test", {"", "tess", "other"}}});
  append(causes,
         {{"id_already_failed", {{{"id", "U3"}}}},
          {"account_id_must_not_be_zero", {{{"account", "A0"}}}},
          {"account_id_must_not_be_int_max", {{{"account", "Amax"}}}},
          {"changes_must_not_be_empty", {{{"changes", "0"}}}},
          {"changes_are_mutually_exclusive", {{{"changes", "0x3"}}, {{"changes", "0x6023"}}}},
          {"value_must_be_zero", {{{"changes", "0x1"}}, {{"changes", "0x2000"}}}},
          {"velocity_window_out_of_range",
           {{{"changes", "0x2020"}, {"velocity_window", "59"}},
            {{"changes", "0x2020"}, {"velocity_window", "2592001"}}}},
          {"reason_must_not_be_empty", {{{"reason", ""}}}},
          {"reason_too_long", {{{"reason", std::string(105, 'x')}}}},
          {"account_not_found", {{{"account", "A9"}}}}});
  UpdateWriter writer;
  return {"precedence_updates",
          "account A1 -> created\naccount A2 -> created\n"
          "update U1 A1 ud64=1 -> created\nupdate U2 A1 ud64=1 linked -> created\n"
          "update U4 A1 ud64=1 -> created\nrequest\nupdate U3 A9 ud64=1 -> "
          "account_not_found\nrequest\n" +
              writer.rows(causes)};
}

}  // namespace

std::vector<NamedTable> precedence_tables() {
  std::vector<NamedTable> tables{account_precedence(false), account_precedence(true),
                                 update_precedence()};
  for (NamedTable& table : transfer_precedence_tables()) tables.push_back(std::move(table));
  return tables;
}

}  // namespace florin::test
