// Header, balances and totals of camt.053; entries are in camt_parts.
#include "statement/camt053.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/int128.h"
#include "statement/calendar.h"
#include "statement/camt_parts.h"
#include "statement/written_values.h"

namespace florin::statement {

namespace {

// Writes one statement; the first error is returned, and the document thrown away.
class Camt053Statement {
 public:
  Camt053Statement(XmlWriter& xml, const Statement& statement)
      : xml_(xml), statement_(statement), account_(camt_account(statement, "camt.053")) {}

  Status write() {
    RETURN_IF_ERROR(check_camt_account(account_));
    const XmlElement element(xml_, "Stmt");
    write_identity();
    write_camt_account(xml_, account_);
    RETURN_IF_ERROR(write_balances());
    RETURN_IF_ERROR(write_totals());
    for (const Entry& entry : statement_.entries) {
      RETURN_IF_ERROR(write_camt_entry(xml_, account_, entry));
    }
    return {};
  }

 private:
  void write_identity() {
    xml_.element("Id", short_reference(statement_.id, kMax35Text));
    if (statement_.number != 0) {
      xml_.element("ElctrncSeqNb", to_decimal(statement_.number_in_year));
      xml_.element("LglSeqNb", to_decimal(statement_.number));
    }
    const i64 offset_at_end = camt_offset_at_end(statement_);
    xml_.element("CreDtTm", camt_moment(statement_.created_at_ns / kNsPerSecond, offset_at_end));
    const XmlElement period(xml_, "FrToDt");
    xml_.element("FrDtTm",
                 camt_moment(statement_.first_ns / kNsPerSecond, camt_offset_at_begin(statement_)));
    xml_.element("ToDtTm", camt_moment(statement_.last_ns / kNsPerSecond, offset_at_end));
  }

  Status write_balances() {
    // What the statement before ended with; the first one has none before it.
    if (statement_.number > 1) {
      RETURN_IF_ERROR(write_balance("PRCD", statement_.opening,
                                    day_of_number(day_number(statement_.first_day) - 1)));
    }
    RETURN_IF_ERROR(write_balance("OPBD", statement_.opening, statement_.first_day));
    RETURN_IF_ERROR(write_balance("CLBD", statement_.closing, statement_.last_day));
    return write_balance("CLAV", statement_.available, statement_.last_day);
  }

  Status write_balance(const char* code, const Signed& balance, const Day& day) {
    const Result<std::string> amount =
        camt_amount(balance.magnitude, statement_.decimals,
                    fmt::format("the balance {} of statement {}", code, statement_.id));
    RETURN_IF_ERROR(amount);
    const XmlElement element(xml_, "Bal");
    {
      const XmlElement type(xml_, "Tp");
      const XmlElement choice(xml_, "CdOrPrtry");
      xml_.element("Cd", code);
    }
    xml_.element("Amt", "Ccy", statement_.currency, *amount);
    xml_.element("CdtDbtInd", camt_direction(!balance.negative));
    const XmlElement date(xml_, "Dt");
    xml_.element("Dt", date_text(day));
    return {};
  }

  Status write_totals() {
    const SideTotals& credits = statement_.credits;
    const SideTotals& debits = statement_.debits;
    const bool gains = credits.sum >= debits.sum;
    const Result<std::string> net =
        sum_text(gains ? credits.sum - debits.sum : debits.sum - credits.sum,
                 "the difference of credits "
                 "and debits");
    RETURN_IF_ERROR(net);
    const XmlElement element(xml_, "TxsSummry");
    {
      const XmlElement all(xml_, "TtlNtries");
      xml_.element("NbOfNtries", to_decimal(credits.count + debits.count));
      const XmlElement difference(xml_, "TtlNetNtry");
      xml_.element("Amt", *net);
      xml_.element("CdtDbtInd", camt_direction(gains));
    }
    RETURN_IF_ERROR(write_side("TtlCdtNtries", credits, "the sum of credits"));
    return write_side("TtlDbtNtries", debits, "the sum of debits");
  }

  Status write_side(const char* name, const SideTotals& totals, const char* what) {
    const Result<std::string> sum = sum_text(totals.sum, what);
    RETURN_IF_ERROR(sum);
    const XmlElement side(xml_, name);
    xml_.element("NbOfNtries", to_decimal(totals.count));
    xml_.element("Sum", *sum);
    return {};
  }

  Result<std::string> sum_text(u128 sum, const char* what) {
    return camt_amount(sum, statement_.decimals,
                       fmt::format("{} of statement {}", what, statement_.id));
  }

  XmlWriter& xml_;
  const Statement& statement_;
  CamtAccount account_;
};

// Of one statement its id; of several a name that follows from all their ids.
std::string camt053_message_id(std::span<const Statement> statements) {
  std::string ids;
  for (const Statement& statement : statements) {
    if (!ids.empty()) ids += ',';
    ids += statement.id;
  }
  return short_reference(ids, kMax35Text);
}

std::string camt053_created(std::span<const Statement> statements) {
  const auto last = std::max_element(statements.begin(), statements.end(),
                                     [](const Statement& left, const Statement& right) {
                                       return left.created_at_ns < right.created_at_ns;
                                     });
  return camt_moment(last->created_at_ns / kNsPerSecond, camt_offset_at_end(*last));
}

}  // namespace

Result<std::string> write_camt053(std::span<const Statement> statements) {
  if (statements.empty()) {
    return fail(ErrorCode::InvalidArgument, "no statement was given; camt.053 has one at least");
  }
  XmlWriter xml("urn:iso:std:iso:20022:tech:xsd:camt.053.001.08");
  xml.begin("BkToCstmrStmt");
  write_camt_header(xml, camt053_message_id(statements), camt053_created(statements));
  for (const Statement& statement : statements) {
    RETURN_IF_ERROR(Camt053Statement(xml, statement).write());
  }
  return xml.finish();
}

Result<std::string> write_camt053(const Statement& statement) {
  return write_camt053(std::span(&statement, 1));
}

}  // namespace florin::statement
