// Header and notifications; entries are in camt_parts.
#include "statement/camt054.h"

#include <algorithm>

#include "base/int128.h"
#include "statement/camt_parts.h"
#include "statement/written_values.h"

namespace florin::statement {

namespace {

// Both accounts of a transfer are notified of it: the account's id makes the difference.
std::string notification_id(const NotifiedAccount& account, const Entry& entry) {
  return to_decimal(account.account.account_id) + "-" + to_decimal(entry.transfer_id);
}

std::string camt054_message_id(const NotifiedAccount& account, std::span<const Entry> entries) {
  std::string ids;
  for (const Entry& entry : entries) {
    if (!ids.empty()) ids += ',';
    ids += notification_id(account, entry);
  }
  return short_reference(ids, kMax35Text);
}

std::string camt054_created(u64 timestamp) { return camt_moment(timestamp / kNsPerSecond, 0); }

std::string last_created(std::span<const Entry> entries) {
  const auto last = std::max_element(
      entries.begin(), entries.end(),
      [](const Entry& left, const Entry& right) { return left.timestamp < right.timestamp; });
  return camt054_created(last->timestamp);
}

}  // namespace

NotifiedAccount notified_account(const Statement& statement) {
  return {.bank = statement.bank,
          .account = statement.account,
          .ledger = statement.ledger,
          .currency = statement.currency,
          .decimals = statement.decimals};
}

Result<std::string> write_camt054(const NotifiedAccount& account, std::span<const Entry> entries) {
  if (entries.empty()) {
    return fail(ErrorCode::InvalidArgument, "no entry was given; camt.054 has one at least");
  }
  const CamtAccount parts{.bank = account.bank,
                          .account = account.account,
                          .ledger = account.ledger,
                          .currency = account.currency,
                          .decimals = account.decimals,
                          .format = "camt.054"};
  RETURN_IF_ERROR(check_camt_account(parts));
  XmlWriter xml("urn:iso:std:iso:20022:tech:xsd:camt.054.001.08");
  xml.begin("BkToCstmrDbtCdtNtfctn");
  write_camt_header(xml, camt054_message_id(account, entries), last_created(entries));
  for (const Entry& entry : entries) {
    const XmlElement notification(xml, "Ntfctn");
    xml.element("Id", short_reference(notification_id(account, entry), kMax35Text));
    xml.element("CreDtTm", camt054_created(entry.timestamp));
    write_camt_account(xml, parts);
    RETURN_IF_ERROR(write_camt_entry(xml, parts, entry));
  }
  return xml.finish();
}

}  // namespace florin::statement
