// The precedence of outcomes, pair by pair. Each cause of refusal is written as the fields an event
// must have for it; two causes whose fields do not contradict each other make one event, which must
// get the outcome that stands first on the page. Each cause alone must get its own.
#include <map>
#include <optional>

#include <fmt/core.h>

#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

// Field and value as the table writes them, and these of our own:
//   chain   broken: an earlier member has failed; open: linked, and last in its request;
//           goes_on: linked, with another member behind it; none
//   limits  both, none    (flags of an account)
//   history yes, no       (flag of an account)
using Fields = std::map<std::string, std::string>;

struct Cause {
  std::string outcome;
  std::vector<Fields> variants;
};

// In the order of the page.
using Causes = std::vector<Cause>;

std::optional<Fields> merge(const Fields& left, const Fields& right) {
  Fields merged = left;
  for (const auto& [field, value] : right) {
    const auto [entry, added] = merged.emplace(field, value);
    if (!added && entry->second != value) return std::nullopt;
  }
  return merged;
}

// The causes `exists_with_different_…`, in their order: each takes the fields before it from the
// original and has a value of its own for one.
struct ComparedField {
  std::string name;
  std::string outcome_suffix;
  std::string original;
  std::vector<std::string> others;
};

void append_exists(Causes& causes, Fields original, const std::vector<ComparedField>& compared) {
  for (const ComparedField& field : compared) {
    Cause cause{"exists_with_different_" + field.outcome_suffix, {}};
    for (const std::string& other : field.others) {
      Fields variant = original;
      variant[field.name] = other;
      cause.variants.push_back(variant);
    }
    causes.push_back(cause);
    original[field.name] = field.original;
  }
  causes.push_back({"exists", {original}});
}

// Renders events of one kind. Every event has a fresh id unless a cause gives it one.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual std::string failing_member() = 0;
  virtual std::string last_member() = 0;
  virtual std::string event(const Fields& fields) = 0;

  // The requests that show `outcome` for an event with these fields.
  std::string rows(const Fields& fields, const std::string& outcome) {
    const auto chain = fields.find("chain");
    const std::string place = chain == fields.end() ? "none" : chain->second;
    std::string text;
    if (place == "broken") text += failing_member();
    text += fmt::format("{} -> {}\n", event(fields), outcome);
    if (place == "goes_on") text += last_member();
    return text + "request\n";
  }

 protected:
  u64 fresh_id() { return ++last_id_; }

  static std::string value(const Fields& fields, const std::string& field,
                           const std::string& otherwise) {
    const auto found = fields.find(field);
    return found == fields.end() ? otherwise : found->second;
  }

  // What follows the ids.
  static std::string rest(const Fields& fields) {
    std::string text;
    for (const auto& [field, value] : fields) {
      if (field == "id" || field == "debit" || field == "credit") continue;
      if (field == "chain") {
        if (value == "open" || value == "goes_on") text += " linked";
      } else if (field == "limits") {
        if (value == "both") {
          text += " debits_must_not_exceed_credits credits_must_not_exceed_debits";
        }
      } else if (field == "history") {
        if (value == "yes") text += " history";
      } else {
        text += fmt::format(" {}={}", field, value);
      }
    }
    return text;
  }

 private:
  u64 last_id_ = 1000;
};

class AccountWriter final : public Writer {
 public:
  std::string failing_member() override {
    return fmt::format("account A{} linked code=0 -> code_must_not_be_zero\n", fresh_id());
  }
  std::string last_member() override {
    return fmt::format("account A{} -> linked_event_failed\n", fresh_id());
  }
  std::string event(const Fields& fields) override {
    const std::string id = value(fields, "id", fmt::format("A{}", fresh_id()));
    return fmt::format("account {}{}", id, rest(fields));
  }
};

class TransferWriter final : public Writer {
 public:
  std::string failing_member() override {
    return fmt::format("transfer T{} A1 -> A2 linked code=0 -> code_must_not_be_zero\n",
                       fresh_id());
  }
  std::string last_member() override {
    return fmt::format("transfer T{} A1 -> A2 -> linked_event_failed\n", fresh_id());
  }
  std::string event(const Fields& fields) override {
    const std::string id = value(fields, "id", fmt::format("T{}", fresh_id()));
    return fmt::format("transfer {} {} -> {}{}", id, value(fields, "debit", "A1"),
                       value(fields, "credit", "A2"), rest(fields));
  }
};

// Which of two causes wins: the first on the page, except that the last event of a request is told
// that its chain is open even if the chain is broken already.
const std::string& winner(const Cause& first, const Cause& second) {
  const bool open = second.outcome == "linked_event_chain_open";
  return open ? second.outcome : first.outcome;
}

std::string pairs(const Causes& causes, Writer& writer) {
  std::string text;
  for (usize first = 0; first < causes.size(); ++first) {
    for (const Fields& fields : causes[first].variants) {
      text += writer.rows(fields, causes[first].outcome);
      for (usize second = first + 1; second < causes.size(); ++second) {
        for (const Fields& others : causes[second].variants) {
          const std::optional<Fields> both = merge(fields, others);
          if (both) text += writer.rows(*both, winner(causes[first], causes[second]));
        }
      }
    }
  }
  return text;
}

NamedTable account_precedence() {
  Causes causes{
      {"linked_event_failed", {{{"chain", "broken"}}}},
      {"linked_event_chain_open", {{{"chain", "open"}}}},
      {"timestamp_must_be_zero", {{{"timestamp", "1"}}, {{"timestamp", "2^64-1"}}}},
      {"reserved_field", {{{"reserved", "1"}}, {{"reserved", "2^31"}}}},
      {"reserved_flag", {{{"flag_bit", "8"}}, {{"flag_bit", "15"}}}},
      {"id_must_not_be_zero", {{{"id", "A0"}}}},
      {"id_must_not_be_int_max", {{{"id", "Amax"}}}},
      {"exists_with_different_flags",
       {{{"id", "A1"}, {"history", "yes"}},
        {{"id", "A1"}, {"limits", "both"}},
        {{"id", "A1"}, {"chain", "goes_on"}}}},
  };
  append_exists(causes, {{"id", "A1"}, {"history", "no"}, {"limits", "none"}, {"chain", "none"}},
                {{"ud128", "user_data_128", "1", {"9", "2^127"}},
                 {"ud64", "user_data_64", "2", {"9", "2^63"}},
                 {"ud32", "user_data_32", "3", {"9", "2^31"}},
                 {"ledger", "ledger", "1", {"9", "0"}},
                 {"code", "code", "1", {"9", "0"}}});
  const Causes shape{
      {"flags_are_mutually_exclusive", {{{"limits", "both"}}}},
      {"debits_pending_must_be_zero", {{{"dp", "1"}}}},
      {"debits_posted_must_be_zero", {{{"dpo", "1"}}}},
      {"credits_pending_must_be_zero", {{{"cp", "2^64"}}}},
      {"credits_posted_must_be_zero", {{{"cpo", "2^128-1"}}}},
      {"ledger_must_not_be_zero", {{{"ledger", "0"}}}},
      {"code_must_not_be_zero", {{{"code", "0"}}}},
  };
  causes.insert(causes.end(), shape.begin(), shape.end());
  AccountWriter writer;
  return {"accounts_precedence",
          "account A1 ud128=1 ud64=2 ud32=3 -> created\n" + pairs(causes, writer)};
}

// A1 and A2 are plain, A3 is of another ledger, A4 and A5 have limits and nothing on them, A6 has
// all the debits and A7 all the credits that fit. T1 stands alone, T2 was linked, T4 has failed.
constexpr std::string_view kTransferPreparation = R"(
account  A1                                -> created
account  A2                                -> created
account  A3 ledger=2                       -> created
account  A4 debits_must_not_exceed_credits -> created
account  A5 credits_must_not_exceed_debits -> created
account  A6                                -> created
account  A7                                -> created
transfer T1 A1 -> A2 amount=10 ud128=1 ud64=2 ud32=3        -> created
transfer T2 A1 -> A2 amount=10 ud128=1 ud64=2 ud32=3 linked -> created
transfer T3 A1 -> A2                                                                -> created
transfer T4 A4 -> A2 \
         -> exceeds_credits
transfer T5 A6 -> A7 amount=2^128-1                                                 -> created
)";

void append_transfer_shape(Causes& causes) {
  const Causes shape{
      {"id_already_failed", {{{"id", "T4"}}}},
      {"debit_account_id_must_not_be_zero", {{{"debit", "A0"}}}},
      {"debit_account_id_must_not_be_int_max", {{{"debit", "Amax"}}}},
      {"credit_account_id_must_not_be_zero", {{{"credit", "A0"}}}},
      {"credit_account_id_must_not_be_int_max", {{{"credit", "Amax"}}}},
      {"accounts_must_be_different",
       {{{"debit", "A1"}, {"credit", "A1"}},
        {{"debit", "A99"}, {"credit", "A99"}},
        {{"debit", "A4"}, {"credit", "A4"}},
        {{"debit", "A5"}, {"credit", "A5"}},
        {{"debit", "A6"}, {"credit", "A6"}},
        {{"debit", "A7"}, {"credit", "A7"}}}},
      {"pending_id_must_be_zero", {{{"pending_id", "T1"}}, {{"pending_id", "Tmax"}}}},
      {"timeout_reserved_for_pending_transfer", {{{"timeout", "9"}}}},
      {"ledger_must_not_be_zero", {{{"ledger", "0"}}}},
      {"code_must_not_be_zero", {{{"code", "0"}}}},
  };
  causes.insert(causes.end(), shape.begin(), shape.end());
}

void append_transfer_state(Causes& causes) {
  const Causes state{
      {"debit_account_not_found", {{{"debit", "A99"}}}},
      {"credit_account_not_found", {{{"credit", "A98"}}}},
      {"accounts_must_have_the_same_ledger",
       {{{"debit", "A1"}, {"credit", "A3"}},
        {{"debit", "A3"}, {"credit", "A1"}},
        {{"debit", "A4"}, {"credit", "A3"}},
        {{"debit", "A6"}, {"credit", "A3"}},
        {{"debit", "A3"}, {"credit", "A5"}},
        {{"debit", "A3"}, {"credit", "A7"}}}},
      {"transfer_must_have_the_same_ledger_as_accounts", {{{"ledger", "2"}}, {{"ledger", "9"}}}},
      {"overflows_debits_posted", {{{"debit", "A6"}, {"amount", "5"}}}},
      {"overflows_credits_posted", {{{"credit", "A7"}, {"amount", "5"}}}},
      {"exceeds_credits", {{{"debit", "A4"}, {"amount", "5"}}}},
      {"exceeds_debits", {{{"credit", "A5"}, {"amount", "5"}}}},
  };
  causes.insert(causes.end(), state.begin(), state.end());
}

NamedTable transfer_precedence() {
  Causes causes{
      {"linked_event_failed", {{{"chain", "broken"}}}},
      {"linked_event_chain_open", {{{"chain", "open"}}}},
      {"timestamp_must_be_zero", {{{"timestamp", "1"}}, {{"timestamp", "2^64-1"}}}},
      {"reserved_flag", {{{"flag_bit", "10"}}, {{"flag_bit", "15"}}}},
      {"id_must_not_be_zero", {{{"id", "T0"}}}},
      {"id_must_not_be_int_max", {{{"id", "Tmax"}}}},
      {"exists_with_different_flags",
       {{{"id", "T2"}, {"chain", "none"}}, {{"id", "T1"}, {"chain", "goes_on"}}}},
  };
  append_exists(
      causes, {{"id", "T1"}, {"chain", "none"}},
      {{"pending_id", "pending_id", "0", {"T1", "Tmax"}},
       {"timeout", "timeout", "0", {"9"}},
       {"debit", "debit_account_id", "A1", {"A0", "Amax", "A2", "A3", "A4", "A5", "A6", "A99"}},
       {"credit", "credit_account_id", "A2", {"A0", "Amax", "A1", "A3", "A5", "A7", "A98"}},
       {"amount", "amount", "10", {"5", "2^64+10", "2^127"}},
       {"ud128", "user_data_128", "1", {"9", "2^127"}},
       {"ud64", "user_data_64", "2", {"9", "2^63"}},
       {"ud32", "user_data_32", "3", {"9", "2^31"}},
       {"ledger", "ledger", "1", {"2", "9", "0"}},
       {"code", "code", "1", {"9", "0"}}});
  append_transfer_shape(causes);
  append_transfer_state(causes);
  TransferWriter writer;
  return {"transfers_precedence", std::string(kTransferPreparation) + pairs(causes, writer)};
}

}  // namespace

std::vector<NamedTable> precedence_tables() {
  return {account_precedence(), transfer_precedence()};
}

}  // namespace florin::test
