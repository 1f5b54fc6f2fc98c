// Every two causes of refusal that one transfer can have at once: plain, pending, reversing, posts
// and voids, each of them live and imported.
#include <fmt/core.h>

#include "tests/support/ledger_precedence_world.h"
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

enum class Kind { Plain, Pending, Reversal, Post, Void };

struct Family {
  std::string name;
  Kind kind;
  bool imported;
};

bool resolves(Kind kind) { return kind == Kind::Post || kind == Kind::Void; }

class TransferWriter final : public PrecedenceWriter {
 public:
  explicit TransferWriter(const Family& family)
      : PrecedenceWriter(family.imported), family_(family), world_(1'000) {}

  const PrecedenceWorld& world() const { return world_; }

 private:
  std::string event(const Fields& fields) override {
    const std::string id = value_of(fields, "id", fmt::format("T{}", fresh_id()));
    if (resolves(family_.kind)) return resolving(fields, id);
    const bool reversal = family_.kind == Kind::Reversal;
    PrecedenceWorld::Pair pair{"A1", "A2", "T1"};
    if (!fields.contains("debit") || !fields.contains("credit")) {
      pair = world_.accounts(fields, reversal);
    }
    const std::string sides = fmt::format("{} -> {}", value_of(fields, "debit", pair.debit),
                                          value_of(fields, "credit", pair.credit));
    if (reversal) {
      return fmt::format("reverse {} {} {} amount=5{}", id,
                         value_of(fields, "pending_id", pair.original), sides, words(fields));
    }
    const std::string named = value_of(fields, "pending_id", "T0");
    return fmt::format("transfer {} {} amount=5{} pending_id={}{}", id, sides,
                       family_.kind == Kind::Pending ? " pending" : "", named, words(fields));
  }

  std::string resolving(const Fields& fields, const std::string& id) {
    const std::string named =
        fields.contains("pending_id") ? fields.at("pending_id") : world_.hold(fields);
    std::string sides;
    if (fields.contains("debit")) sides += " debit=" + fields.at("debit");
    if (fields.contains("credit")) sides += " credit=" + fields.at("credit");
    const bool posts = family_.kind == Kind::Post;
    return fmt::format("{} {} {} amount={}{}{}", posts ? "post" : "void", id, named,
                       posts ? "5" : "0", sides, words(fields));
  }

  std::string failing(const std::string& words) override {
    return fmt::format("transfer T{} A1 -> A2 code=0{} -> code_must_not_be_zero", fresh_id(),
                       words);
  }
  std::string harmless(const std::string& words) override {
    return fmt::format("transfer T{} A1 -> A2{}", fresh_id(), words);
  }

  bool possible(const Fields& fields) const override {
    for (const std::string side : {"d.", "c."}) {
      const auto has = [&](const char* field) { return fields.contains(side + field); };
      if (has("bound") && has("balance")) return false;
      if (has("young") && has("full")) return false;
    }
    return true;
  }

  Family family_;
  PrecedenceWorld world_;
};

// Outcomes up to the comparison with an existing transfer, which is T5; T6 was linked.
Causes head(const Family& family) {
  Causes causes{{"linked_event_failed", {{{"chain", "broken"}}}},
                {"linked_event_chain_open", {{{"chain", "open"}}}}};
  if (family.imported) {
    append(causes, {{"imported_event_expected", {{{"request", "mixed"}, {"f.imported", "no"}}}},
                    {"imported_event_timestamp_out_of_range",
                     {{{"timestamp", "0"}}, {{"timestamp", "2^63"}}}},
                    {"imported_event_timestamp_must_not_advance", {{{"timestamp", "2^63-1"}}}}});
  } else {
    append(causes,
           {{"imported_event_not_expected", {{{"request", "mixed"}, {"f.imported", "yes"}}}},
            {"timestamp_must_be_zero", {{{"timestamp", "1"}}, {{"timestamp", "2^64-1"}}}}});
  }
  append(causes, {{"reserved_flag", {{{"flag_bit", "11"}}, {{"flag_bit", "15"}}}},
                  {"id_must_not_be_zero", {{{"id", "T0"}}}},
                  {"id_must_not_be_int_max", {{{"id", "Tmax"}}}}});
  return causes;
}

// The flag that the kind must not have besides its own.
std::string wrong_flag(Kind kind) {
  switch (kind) {
    case Kind::Plain: return "f.capture_partial";
    case Kind::Pending: return "f.capture_partial";
    case Kind::Reversal: return "f.balancing_debit";
    case Kind::Post: return "f.void_pending_transfer";
    case Kind::Void: return "f.capture_partial";
  }
  return {};
}

void append_existing(Causes& causes, const Family& family) {
  const std::string wrong = wrong_flag(family.kind);
  const bool resolving = resolves(family.kind);
  causes.push_back({"exists_with_different_flags",
                    {{{"id", "T6"}, {"chain", "none"}, {"pending_id", "T2"}},
                     {{"id", "T5"}, {"chain", "goes_on"}, {"pending_id", "T2"}},
                     {{"id", "T5"}, {wrong, "yes"}, {"pending_id", "T2"}}}});
  const bool names = resolving || family.kind == Kind::Reversal;
  const std::string named = family.kind == Kind::Reversal ? "T1" : names ? "T3" : "T0";
  // What is zero is inherited by a post or a void.
  const std::vector<std::string> others =
      resolving ? std::vector<std::string>{"A9"} : std::vector<std::string>{"A0", "Amax", "A9"};
  const std::vector<std::string> numbers =
      resolving ? std::vector<std::string>{"9"} : std::vector<std::string>{"9", "0"};
  const bool reversal = family.kind == Kind::Reversal;
  append_exists(causes,
                {{"id", "T5"},
                 {"chain", "none"},
                 {wrong, "no"},
                 {"f.closing_debit", "no"},
                 {"f.closing_credit", "no"}},
                {{"pending_id", "pending_id", named, {"T99", "Tmax"}},
                 {"timeout", "timeout", "0", {"9"}},
                 {"debit", "debit_account_id", reversal ? "A2" : "A1", others},
                 {"credit", "credit_account_id", reversal ? "A1" : "A2", others},
                 {"amount", "amount", family.kind == Kind::Void ? "10" : "5", {"3", "2^127"}},
                 {"ud128", "user_data_128", "1", {"9", "2^127"}},
                 {"ud64", "user_data_64", "2", {"9", "2^63"}},
                 {"ud32", "user_data_32", "3", {"9", "2^31"}},
                 {"ledger", "ledger", "1", numbers},
                 {"code", "code", "1", numbers}});
  causes.push_back({"id_already_failed", {{{"id", "T7"}}}});
  causes.push_back({"flags_are_mutually_exclusive", {{{wrong, "yes"}}}});
}

void append_shape(Causes& causes, Kind kind) {
  if (!resolves(kind)) {
    append(causes,
           {{"debit_account_id_must_not_be_zero", {{{"debit", "A0"}}}},
            {"debit_account_id_must_not_be_int_max", {{{"debit", "Amax"}}}},
            {"credit_account_id_must_not_be_zero", {{{"credit", "A0"}}}},
            {"credit_account_id_must_not_be_int_max", {{{"credit", "Amax"}}}},
            {"accounts_must_be_different",
             {{{"debit", "A1"}, {"credit", "A1"}}, {{"debit", "A99"}, {"credit", "A99"}}}}});
  }
  if (kind == Kind::Plain || kind == Kind::Pending) {
    causes.push_back(
        {"pending_id_must_be_zero", {{{"pending_id", "T3"}}, {{"pending_id", "Tmax"}}}});
  } else {
    append(causes, {{"pending_id_must_not_be_zero", {{{"pending_id", "T0"}}}},
                    {"pending_id_must_not_be_int_max", {{{"pending_id", "Tmax"}}}},
                    {"pending_id_must_be_different", {{{"id", "T77"}, {"pending_id", "T77"}}}}});
  }
  if (kind != Kind::Pending) {
    causes.push_back({"timeout_reserved_for_pending_transfer", {{{"timeout", "9"}}}});
  }
  if (kind == Kind::Plain) {
    causes.push_back({"closing_transfer_must_be_pending",
                      {{{"f.closing_debit", "yes"}}, {{"f.closing_credit", "yes"}}}});
  }
  if (!resolves(kind)) {
    append(causes, {{"ledger_must_not_be_zero", {{{"ledger", "0"}}}},
                    {"code_must_not_be_zero", {{{"code", "0"}}}}});
  }
}

void append_accounts(Causes& causes) {
  append(
      causes,
      {{"debit_account_not_found", {{{"debit", "A99"}}}},
       {"credit_account_not_found", {{{"credit", "A98"}}}},
       {"accounts_must_have_the_same_ledger", {{{"d.ledger", "yes"}}, {{"c.ledger", "yes"}}}},
       {"transfer_must_have_the_same_ledger_as_accounts", {{{"ledger", "2"}}, {{"ledger", "9"}}}}});
}

void append_hold(Causes& causes, Kind kind) {
  append(causes, {{"pending_transfer_not_found", {{{"pending_id", "T99"}}}},
                  {"pending_transfer_not_pending", {{{"pending_id", "T1"}}}},
                  {"pending_transfer_has_different_debit_account_id",
                   {{{"debit", "A99"}}, {{"debit", "Amax"}}}},
                  {"pending_transfer_has_different_credit_account_id", {{{"credit", "A98"}}}},
                  {"pending_transfer_has_different_ledger", {{{"ledger", "9"}}}},
                  {"pending_transfer_has_different_code", {{{"code", "9"}}}}});
  if (kind == Kind::Post) {
    causes.push_back({"exceeds_pending_transfer_amount", {{{"amount", "11"}}}});
  } else {
    causes.push_back(
        {"pending_transfer_has_different_amount", {{{"amount", "9"}}, {{"amount", "2^128-1"}}}});
  }
  append(causes, {{"pending_transfer_already_posted", {{{"hold.state", "posted"}}}},
                  {"pending_transfer_already_voided", {{{"hold.state", "voided"}}}},
                  {"pending_transfer_expired", {{{"hold.state", "expired"}}}}});
}

void append_original(Causes& causes) {
  append(causes, {{"original_transfer_not_found", {{{"pending_id", "T99"}}}},
                  {"original_transfer_not_posted", {{{"pending_id", "T2"}}}},
                  {"original_transfer_has_different_debit_account_id", {{{"o.debit", "yes"}}}},
                  {"original_transfer_has_different_credit_account_id", {{{"o.credit", "yes"}}}},
                  {"original_transfer_has_different_amount", {{{"amount", "4"}}}},
                  {"original_transfer_already_reversed", {{{"o.reversed", "yes"}}}}});
}

void append_import_order(Causes& causes, Kind kind) {
  causes.push_back({"imported_event_timestamp_must_not_regress",
                    {{{"timestamp", "1"}}, {{"timestamp", "20000000001"}}}});
  if (kind == Kind::Plain || kind == Kind::Pending) {
    append(causes,
           {{"imported_event_timestamp_must_postdate_debit_account", {{{"d.young", "yes"}}}},
            {"imported_event_timestamp_must_postdate_credit_account", {{{"c.young", "yes"}}}}});
  }
  if (kind == Kind::Pending) {
    causes.push_back({"imported_event_timeout_must_be_zero", {{{"timeout", "9"}}}});
  }
}

void append_closed(Causes& causes, Kind kind) {
  if (kind == Kind::Post) {
    append(causes, {{"debit_account_already_closed", {{{"hold.closed", "debit"}}}},
                    {"credit_account_already_closed", {{{"hold.closed", "credit"}}}}});
  }
  if (resolves(kind)) return;
  append(causes, {{"debit_account_already_closed", {{{"d.closed", "yes"}}}},
                  {"credit_account_already_closed", {{{"c.closed", "yes"}}}},
                  {"debit_account_frozen", {{{"d.frozen", "yes"}}}},
                  {"credit_account_frozen", {{{"c.frozen", "yes"}}}}});
}

void append_money(Causes& causes, const Family& family) {
  if (family.kind == Kind::Pending) {
    append(causes, {{"overflows_debits_pending", {{{"d.full", "pending"}}}},
                    {"overflows_credits_pending", {{{"c.full", "pending"}}}}});
  }
  append(causes, {{"overflows_debits_posted", {{{"d.full", "posted"}}}},
                  {"overflows_credits_posted", {{{"c.full", "posted"}}}},
                  {"overflows_debits", {{{"d.full", "halves"}}}},
                  {"overflows_credits", {{{"c.full", "halves"}}}}});
  if (family.kind == Kind::Pending && !family.imported) {
    causes.push_back({"overflows_timeout", {{{"timeout", "2^32-1"}}}});
  }
  append(causes, {{"exceeds_credits", {{{"d.bound", "yes"}}}},
                  {"exceeds_debits", {{{"c.bound", "yes"}}}},
                  {"exceeds_transfer_limit", {{{"d.transfer", "yes"}}}}});
  if (!family.imported) {
    causes.push_back({"exceeds_velocity_limit", {{{"d.velocity", "yes"}}}});
  }
  causes.push_back({"exceeds_balance_limit", {{{"d.balance", "yes"}}, {{"c.balance", "yes"}}}});
}

Causes causes_of(const Family& family) {
  Causes causes = head(family);
  append_existing(causes, family);
  append_shape(causes, family.kind);
  if (!resolves(family.kind)) append_accounts(causes);
  if (resolves(family.kind)) append_hold(causes, family.kind);
  if (family.kind == Kind::Reversal) append_original(causes);
  if (family.imported) append_import_order(causes, family.kind);
  append_closed(causes, family.kind);
  if (!resolves(family.kind)) append_money(causes, family);
  append(causes, {{"debit_account_condition_not_met", {{{"w.debit", " debit>=2^127-1"}}}},
                  {"credit_account_condition_not_met", {{{"w.credit", " credit<=-2^127"}}}}});
  return causes;
}

// The event that made T5 and T6, the originals of retries.
std::string original(const Family& family, const std::string& id, bool linked) {
  std::string text;
  switch (family.kind) {
    case Kind::Plain: text = fmt::format("transfer {} A1 -> A2 amount=5", id); break;
    case Kind::Pending: text = fmt::format("transfer {} A1 -> A2 amount=5 pending", id); break;
    case Kind::Reversal:
      text = fmt::format("reverse {} {} A2 -> A1 amount=5", id, linked ? "T8" : "T1");
      break;
    case Kind::Post: text = fmt::format("post {} {} amount=5", id, linked ? "T4" : "T3"); break;
    case Kind::Void: text = fmt::format("void {} {}", id, linked ? "T4" : "T3"); break;
  }
  text += " ud128=1 ud64=2 ud32=3";
  if (linked) text += " linked";
  if (family.imported) text += fmt::format(" imported timestamp=2000000000{}", linked ? 0 : 1);
  return text + " -> created\n";
}

NamedTable transfer_precedence(const Family& family) {
  TransferWriter writer(family);
  const std::string rows = writer.rows(causes_of(family));
  std::string text = R"(
account  A1                               -> created
account  A2                               -> created
transfer T1 A1 -> A2 amount=5             -> created
transfer T8 A1 -> A2 amount=5             -> created
transfer T2 A1 -> A2 amount=10 pending    -> created
transfer T3 A1 -> A2 amount=10 pending    -> created
transfer T4 A1 -> A2 amount=10 pending    -> created
transfer T7 A1 -> A99                     -> credit_account_not_found
)";
  text += writer.world().lines();
  // Linked ones need another behind them: T6 comes first.
  text += "time 100s\n" + original(family, "T6", true) + original(family, "T5", false);
  text += "request\n" + writer.world().young_lines();
  // Late enough for a timeout to end behind all time.
  text += "time 5000000000s\ntick\n" + rows;
  return {"precedence_" + family.name, text};
}

}  // namespace

std::vector<NamedTable> transfer_precedence_tables() {
  std::vector<NamedTable> tables;
  for (const Family& family :
       {Family{"transfers", Kind::Plain, false}, Family{"imported_transfers", Kind::Plain, true},
        Family{"pending_transfers", Kind::Pending, false},
        Family{"imported_pending_transfers", Kind::Pending, true},
        Family{"reversals", Kind::Reversal, false},
        Family{"imported_reversals", Kind::Reversal, true}, Family{"posts", Kind::Post, false},
        Family{"imported_posts", Kind::Post, true}, Family{"voids", Kind::Void, false},
        Family{"imported_voids", Kind::Void, true}}) {
    tables.push_back(transfer_precedence(family));
  }
  return tables;
}

}  // namespace florin::test
