// Elements that statements and notifications have in common.
#include "statement/camt_parts.h"

#include <chrono>
#include <cstdlib>

#include <fmt/format.h>

#include "base/int128.h"
#include "money/amount.h"
#include "statement/calendar.h"
#include "statement/written_values.h"

namespace florin::statement {

namespace {

constexpr u32 kCamtDecimalsMax = 5;
constexpr u32 kCamtDigitsMax = 18;
constexpr i64 kSecondsPerDay = 86'400;
constexpr i64 kOffsetSecondsMax = 14 * 3600;
constexpr usize kCodeCharactersMax = 4;

std::chrono::sys_days camt_midnight(const Day& day) {
  using namespace std::chrono;
  return sys_days(year{day.year} / month{day.month} / std::chrono::day{day.day});
}

// `ns` is when clocks of the bank showed `civil`, seconds since 1970 as if they were UTC.
i64 offset_between(i64 civil, u64 ns) {
  const i64 offset = civil - static_cast<i64>(ns / kNsPerSecond);
  const bool writable =
      ns % kNsPerSecond == 0 && offset % 60 == 0 && std::abs(offset) <= kOffsetSecondsMax;
  return writable ? offset : 0;
}

i64 seconds_of(const Day& day) {
  return i64{camt_midnight(day).time_since_epoch().count()} * kSecondsPerDay;
}

bool is_code(std::string_view code) {
  const bool fits = !code.empty() && code.size() <= kCodeCharactersMax;
  for (const char each : code) {
    if (each <= ' ' || each > '~') return false;
  }
  return fits;
}

Status check_kind(const TransactionKind& kind, const CamtAccount& account, const Entry& entry) {
  if (kind.domain.empty() && kind.family.empty() && kind.sub_family.empty()) return {};
  for (const std::string& code : {kind.domain, kind.family, kind.sub_family}) {
    if (is_code(code)) continue;
    return fail(ErrorCode::InvalidArgument,
                fmt::format("{}: code {} has '{}' in its bank transaction code; {} expects 1 to 4 "
                            "letters for each of domain, family and sub-family",
                            name_of(entry), entry.code, code, account.format));
  }
  return {};
}

void write_party_id(XmlWriter& xml, const Party& party) {
  const XmlElement id(xml, "Id");
  if (!party.iban.empty()) {
    xml.element("IBAN", party.iban);
  } else {
    const XmlElement other(xml, "Othr");
    xml.element("Id", identifier_text(party.account_id));
  }
}

// A number of 128 bits as the UUID that stands in it, if it is one of version 4.
std::string uuid_of(u128 number) {
  const bool version_4 = (high_half(number) >> 12 & 0xf) == 4;
  const bool variant_1 = low_half(number) >> 62 == 2;
  if (!version_4 || !variant_1) return {};
  const std::string digits = fmt::format("{:016x}{:016x}", high_half(number), low_half(number));
  return fmt::format("{}-{}-{}-{}-{}", digits.substr(0, 8), digits.substr(8, 4),
                     digits.substr(12, 4), digits.substr(16, 4), digits.substr(20));
}

void write_own_reference(XmlWriter& xml, const char* type, const std::string& reference) {
  const XmlElement proprietary(xml, "Prtry");
  xml.element("Tp", type);
  xml.element("Ref", reference);
}

void write_references(XmlWriter& xml, const Entry& entry) {
  const XmlElement references(xml, "Refs");
  xml.element("AcctSvcrRef", identifier_text(entry.transfer_id));
  xml.element("EndToEndId", entry.user_data_128 == 0 ? std::string("NOTPROVIDED")
                                                     : identifier_text(entry.user_data_128));
  const std::string uuid = uuid_of(entry.user_data_128);
  if (!uuid.empty()) xml.element("UETR", uuid);
  write_own_reference(xml, "LogPlace", place_text(entry.place));
  if (entry.reverses_or_posts != 0) {
    write_own_reference(xml, entry.reversal ? "Reverses" : "PostsHold",
                        identifier_text(entry.reverses_or_posts));
  }
  if (entry.user_data_64 != 0) {
    write_own_reference(xml, "UserData64", to_decimal(entry.user_data_64));
  }
  if (entry.user_data_32 != 0) {
    write_own_reference(xml, "UserData32", to_decimal(entry.user_data_32));
  }
}

// A reversal keeps the roles of what it reverses: who received money then is the creditor still.
void write_counterparty(XmlWriter& xml, const Entry& entry) {
  const Party& party = entry.counterparty;
  const std::string name = xml_text(party.name, kMax140Text);
  const bool has_account = party.account_id != 0 || !party.iban.empty();
  if (!has_account && name.empty()) return;
  const bool debtor = entry.credit != entry.reversal;
  const XmlElement parties(xml, "RltdPties");
  if (!name.empty()) {
    const XmlElement role(xml, debtor ? "Dbtr" : "Cdtr");
    const XmlElement person(xml, "Pty");
    xml.element("Nm", name);
  }
  if (has_account) {
    const XmlElement role(xml, debtor ? "DbtrAcct" : "CdtrAcct");
    write_party_id(xml, party);
  }
}

// The ledger's own code is always there; that of ISO 20022 when the bank gave one.
void write_transaction_code(XmlWriter& xml, const Entry& entry) {
  const XmlElement code(xml, "BkTxCd");
  if (!entry.kind.domain.empty()) {
    const XmlElement domain(xml, "Domn");
    xml.element("Cd", entry.kind.domain);
    const XmlElement family(xml, "Fmly");
    xml.element("Cd", entry.kind.family);
    xml.element("SubFmlyCd", entry.kind.sub_family);
  }
  const XmlElement proprietary(xml, "Prtry");
  xml.element("Cd", to_decimal(entry.code));
}

void write_entry_day(XmlWriter& xml, const char* name, const Day& day) {
  const XmlElement element(xml, name);
  xml.element("Dt", date_text(day));
}

void write_entry_details(XmlWriter& xml, const Entry& entry, const std::string& currency,
                         const std::string& amount) {
  const XmlElement details(xml, "NtryDtls");
  const XmlElement transaction(xml, "TxDtls");
  write_references(xml, entry);
  xml.element("Amt", "Ccy", currency, amount);
  xml.element("CdtDbtInd", camt_direction(entry.credit));
  write_counterparty(xml, entry);
}

}  // namespace

CamtAccount camt_account(const Statement& statement, std::string_view format) {
  return {.bank = statement.bank,
          .account = statement.account,
          .ledger = statement.ledger,
          .currency = statement.currency,
          .decimals = statement.decimals,
          .format = format};
}

Status check_camt_account(const CamtAccount& account) {
  RETURN_IF_ERROR(check_currency(account.currency, account.ledger, account.format));
  RETURN_IF_ERROR(check_iban(account.account, account.format));
  return check_bic(account.bank, account.format);
}

Result<std::string> camt_amount(u128 amount, u32 decimals, std::string_view whose) {
  u128 written = amount;
  u32 places = decimals;
  for (; places > kCamtDecimalsMax && written % 10 == 0; --places) written /= 10;
  if (places > kCamtDecimalsMax) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("{} is {}; ISO 20022 writes {} decimals at most", whose,
                            money::format_amount(amount, decimals), kCamtDecimalsMax));
  }
  if (to_decimal(written).size() > kCamtDigitsMax) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("{} is {}; ISO 20022 writes {} digits at most", whose,
                            money::format_amount(amount, decimals), kCamtDigitsMax));
  }
  return money::format_amount(written, places);
}

const char* camt_direction(bool credit) { return credit ? "CRDT" : "DBIT"; }

std::string camt_moment(u64 seconds, i64 offset_seconds) {
  using namespace std::chrono;
  const sys_seconds shown{std::chrono::seconds(static_cast<i64>(seconds) + offset_seconds)};
  const sys_days day = floor<days>(shown);
  const year_month_day date(day);
  const hh_mm_ss time(shown - day);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  time.hours().count(), time.minutes().count(), time.seconds().count());
  if (offset_seconds == 0) return text + "Z";
  const i64 minutes_ahead = std::abs(offset_seconds) / 60;
  return text + fmt::format("{}{:02}:{:02}", offset_seconds < 0 ? '-' : '+', minutes_ahead / 60,
                            minutes_ahead % 60);
}

i64 camt_offset_at_begin(const Statement& statement) {
  return offset_between(seconds_of(statement.first_day), statement.first_ns);
}

i64 camt_offset_at_end(const Statement& statement) {
  return offset_between(seconds_of(statement.last_day) + kSecondsPerDay, statement.last_ns + 1);
}

void write_camt_header(XmlWriter& xml, const std::string& message_id, const std::string& created) {
  const XmlElement header(xml, "GrpHdr");
  xml.element("MsgId", message_id);
  xml.element("CreDtTm", created);
}

void write_camt_account(XmlWriter& xml, const CamtAccount& account) {
  const XmlElement element(xml, "Acct");
  write_party_id(xml, account.account);
  xml.element("Ccy", std::string(account.currency));
  const std::string name = xml_text(account.account.name, kMax140Text);
  if (!name.empty()) {
    const XmlElement owner(xml, "Ownr");
    xml.element("Nm", name);
  }
  const std::string bank_name = xml_text(account.bank.name, kMax140Text);
  if (account.bank.bic.empty() && bank_name.empty()) return;
  const XmlElement servicer(xml, "Svcr");
  const XmlElement institution(xml, "FinInstnId");
  if (!account.bank.bic.empty()) xml.element("BICFI", account.bank.bic);
  if (!bank_name.empty()) xml.element("Nm", bank_name);
}

Status write_camt_entry(XmlWriter& xml, const CamtAccount& account, const Entry& entry) {
  const Result<std::string> amount =
      camt_amount(entry.amount, account.decimals, "the amount of " + name_of(entry));
  RETURN_IF_ERROR(amount);
  RETURN_IF_ERROR(check_kind(entry.kind, account, entry));
  RETURN_IF_ERROR(check_iban(entry.counterparty, account.format));
  const std::string currency(account.currency);
  const XmlElement element(xml, "Ntry");
  if (entry.number != 0) xml.element("NtryRef", to_decimal(entry.number));
  xml.element("Amt", "Ccy", currency, *amount);
  xml.element("CdtDbtInd", camt_direction(entry.credit));
  xml.element("RvslInd", entry.reversal ? "true" : "false");
  {
    const XmlElement status(xml, "Sts");
    xml.element("Cd", "BOOK");
  }
  write_entry_day(xml, "BookgDt", entry.booked);
  write_entry_day(xml, "ValDt", entry.booked);
  xml.element("AcctSvcrRef", identifier_text(entry.transfer_id));
  write_transaction_code(xml, entry);
  write_entry_details(xml, entry, currency, *amount);
  const std::string text = xml_text(entry.kind.text, kMax500Text);
  if (!text.empty()) xml.element("AddtlNtryInf", text);
  return {};
}

}  // namespace florin::statement
