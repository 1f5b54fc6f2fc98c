#include "tests/support/ledger_precedence_world.h"

#include <fmt/core.h>

namespace florin::test {

namespace {

bool is_set(const Fields& fields, const std::string& field) {
  return value_of(fields, field, "no") == "yes";
}

// The fields whose names begin with one of these.
Fields about(const Fields& fields, const std::vector<std::string>& prefixes) {
  Fields found;
  for (const auto& [field, value] : fields) {
    for (const std::string& prefix : prefixes) {
      if (field.starts_with(prefix)) found.emplace(field, value);
    }
  }
  return found;
}

}  // namespace

PrecedenceWorld::Pair PrecedenceWorld::accounts(const Fields& fields, bool reversal) {
  const auto [entry, added] = pairs_.try_emplace(about(fields, {"d.", "c.", "o."}));
  if (!added) return entry->second;
  Side debit = create(fields, "d.");
  Side credit = create(fields, "c.");
  Pair& pair = entry->second;
  pair = {debit.id, credit.id, "T1"};
  // Accounts of two ledgers have no transfer between them to reverse.
  const bool two_ledgers = debit.ledger != credit.ledger;
  if (reversal && !two_ledgers) pair.original = create_original(fields, debit, credit);
  for (const Side& side : {debit, credit}) {
    Side filled = side;
    fill(fields, filled);
    close_and_limit(fields, filled);
  }
  return pair;
}

PrecedenceWorld::Side PrecedenceWorld::create(const Fields& fields, const std::string& prefix) {
  Side side{prefix, next('A'), next('A'), is_set(fields, prefix + "ledger") ? "2" : "1"};
  const bool debits = prefix == "d.";
  std::string flags = " ledger=" + side.ledger;
  if (is_set(fields, prefix + "bound")) {
    flags += debits ? " debits_must_not_exceed_credits" : " credits_must_not_exceed_debits";
  }
  // What a debit adds to is the balance of an account of debit nature.
  if (debits && is_set(fields, prefix + "balance")) flags += " credits_must_not_exceed_debits";
  const bool young = is_set(fields, prefix + "young");
  if (young && is_set(fields, prefix + "closed")) flags += " closed";
  std::string& lines = young ? young_lines_ : lines_;
  lines += fmt::format("account {}{} -> created\naccount {} ledger={} -> created\n", side.id, flags,
                       side.partner, side.ledger);
  return side;
}

std::string PrecedenceWorld::create_original(const Fields& fields, Side& debit, Side& credit) {
  if (is_set(fields, "d.balance")) spend(debit);
  const std::string id = next('T');
  const bool other_debit = is_set(fields, "o.debit");
  const bool other_credit = is_set(fields, "o.credit");
  const std::string from = other_credit ? create_plain(credit) : credit.id;
  const std::string to = other_debit ? create_plain(debit) : debit.id;
  lines_ += fmt::format("transfer {} {} -> {} amount=5 ledger={} -> created\n", id, from, to,
                        debit.ledger);
  if (!other_credit) credit.debits += 5;
  if (!other_debit) debit.credits += 5;
  if (is_set(fields, "o.reversed")) {
    lines_ += fmt::format("reverse {} {} {} -> {} ledger={} -> created\n", next('T'), id, to, from,
                          debit.ledger);
    if (!other_credit) credit.credits += 5;
    if (!other_debit) debit.debits += 5;
    return id;
  }
  // What the original brought is spent, so that a bound leaves nothing for the reversal.
  if (is_set(fields, "d.bound") && !other_debit) spend(debit);
  if (is_set(fields, "c.bound") && !other_credit) spend(credit);
  if (is_set(fields, "c.balance")) spend(credit);
  return id;
}

std::string PrecedenceWorld::create_plain(const Side& like) {
  const std::string id = next('A');
  lines_ += fmt::format("account {} ledger={} -> created\n", id, like.ledger);
  return id;
}

// Another 5 on the side that the rows use.
void PrecedenceWorld::spend(Side& side) {
  const bool debits = side.prefix == "d.";
  transfer(side, debits, "5", "");
  (debits ? side.debits : side.credits) += 5;
}

void PrecedenceWorld::transfer(const Side& side, bool debits, const std::string& amount,
                               const std::string& flags) {
  lines_ += fmt::format("transfer {} {} -> {} amount={} ledger={}{} -> created\n", next('T'),
                        debits ? side.id : side.partner, debits ? side.partner : side.id, amount,
                        side.ledger, flags);
}

void PrecedenceWorld::fill(const Fields& fields, Side& side) {
  const std::string full = value_of(fields, side.prefix + "full", "no");
  if (full == "no") return;
  const bool debits = side.prefix == "d.";
  const u64 used = debits ? side.debits : side.credits;
  const u64 opposite = debits ? side.credits : side.debits;
  // A bound needs as much on the other side.
  if (is_set(fields, side.prefix + "bound")) {
    transfer(side, !debits, fmt::format("2^128-{}", opposite + 1), "");
  }
  if (full == "posted") transfer(side, debits, fmt::format("2^128-{}", used + 1), "");
  if (full == "pending") transfer(side, debits, fmt::format("2^128-{}", used + 1), " pending");
  if (full == "halves") {
    transfer(side, debits, fmt::format("2^127-{}", used + 1), "");
    transfer(side, debits, "2^127", " pending");
  }
}

void PrecedenceWorld::close_and_limit(const Fields& fields, const Side& side) {
  const bool debits = side.prefix == "d.";
  const bool young = is_set(fields, side.prefix + "young");
  if (is_set(fields, side.prefix + "closed") && !young) {
    transfer(side, debits, "0", debits ? " pending closing_debit" : " pending closing_credit");
  }
  std::string changes;
  if (is_set(fields, side.prefix + "frozen")) {
    changes += debits ? " freeze_debits" : " freeze_credits";
  }
  if (is_set(fields, side.prefix + "transfer")) changes += " transfer_limit=1";
  if (is_set(fields, side.prefix + "velocity")) changes += " velocity_sum=0";
  if (is_set(fields, side.prefix + "balance")) changes += " balance_limit=0";
  if (changes.empty()) return;
  std::string& lines = young ? young_lines_ : lines_;
  lines += fmt::format("update {} {}{} -> created\n", next('U'), side.id, changes);
}

std::string PrecedenceWorld::hold(const Fields& fields) {
  const auto [entry, added] = holds_.try_emplace(about(fields, {"hold."}));
  if (!added) return entry->second;
  const std::string debit = next('A');
  const std::string credit = next('A');
  const std::string hold = entry->second = next('T');
  const std::string state = value_of(fields, "hold.state", "open");
  const std::string closed = value_of(fields, "hold.closed", "no");
  lines_ += fmt::format("account {} -> created\naccount {} -> created\n", debit, credit);
  lines_ += fmt::format("transfer {} {} -> {} amount=10 pending{} -> created\n", hold, debit,
                        credit, state == "expired" ? " timeout=1" : "");
  if (state == "posted") lines_ += fmt::format("post {} {} -> created\n", next('T'), hold);
  if (state == "voided") lines_ += fmt::format("void {} {} -> created\n", next('T'), hold);
  if (state == "expired") lines_ += fmt::format("time {}+1s\ntick\n", hold);
  if (closed != "no") {
    lines_ += fmt::format("transfer {} {} -> {} amount=0 pending closing_{} -> created\n",
                          next('T'), debit, credit, closed);
  }
  return hold;
}

}  // namespace florin::test
