// camt.053: structure, sums, every field of a known statement, and what is refused.
#include "statement/camt053.h"

#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/int128.h"
#include "money/amount.h"
#include "statement/written_values.h"
#include "tests/statement/iso_structure.h"
#include "tests/statement/random_statement.h"

namespace florin::test {
namespace {

using statement::Entry;
using statement::Statement;
using statement::write_camt053;

std::string written(const Statement& statement) {
  const auto bytes = write_camt053(statement);
  EXPECT_TRUE(bytes.has_value()) << bytes.error().message;
  return bytes.value_or("");
}

std::string error_of(const Statement& statement) {
  const auto bytes = write_camt053(statement);
  if (bytes) return "";
  EXPECT_EQ(bytes.error().code, ErrorCode::InvalidArgument);
  return bytes.error().message;
}

// The amount with its sign, in minor units.
i128 amount_of(const XmlNode& node, u32 decimals) {
  const auto amount = money::parse_amount(node.at("Amt").text, decimals);
  EXPECT_TRUE(amount.has_value()) << node.at("Amt").text;
  const i128 value = amount ? static_cast<i128>(*amount) : 0;
  return node.at("CdtDbtInd").text == "DBIT" ? -value : value;
}

std::map<std::string, const XmlNode*> balances_of(const XmlNode& statement) {
  std::map<std::string, const XmlNode*> balances;
  for (const XmlNode* balance : statement.all("Bal")) {
    balances[balance->at("Tp/CdOrPrtry/Cd").text] = balance;
  }
  return balances;
}

void expect_totals(const XmlNode& statement, u32 decimals) {
  i128 sums[2] = {0, 0};
  u64 counts[2] = {0, 0};
  for (const XmlNode* entry : statement.all("Ntry")) {
    const usize side = entry->at("CdtDbtInd").text == "DBIT" ? 1 : 0;
    sums[side] += amount_of(*entry, decimals);
    ++counts[side];
    EXPECT_EQ(entry->at("Amt").text, entry->at("NtryDtls/TxDtls/Amt").text);
    EXPECT_EQ(entry->at("CdtDbtInd").text, entry->at("NtryDtls/TxDtls/CdtDbtInd").text);
  }
  const XmlNode& totals = statement.at("TxsSummry");
  EXPECT_EQ(totals.at("TtlNtries/NbOfNtries").text, fmt::format("{}", counts[0] + counts[1]));
  EXPECT_EQ(amount_of(totals.at("TtlNtries/TtlNetNtry"), decimals), sums[0] + sums[1]);
  EXPECT_EQ(totals.at("TtlCdtNtries/NbOfNtries").text, fmt::format("{}", counts[0]));
  EXPECT_EQ(totals.at("TtlDbtNtries/NbOfNtries").text, fmt::format("{}", counts[1]));
  EXPECT_EQ(totals.at("TtlCdtNtries/Sum").text,
            money::format_amount(static_cast<u128>(sums[0]), decimals));
  EXPECT_EQ(totals.at("TtlDbtNtries/Sum").text,
            money::format_amount(static_cast<u128>(-sums[1]), decimals));
  const auto balances = balances_of(statement);
  EXPECT_EQ(amount_of(*balances.at("CLBD"), decimals),
            amount_of(*balances.at("OPBD"), decimals) + sums[0] + sums[1]);
}

TEST(Camt053, of_any_statement_has_the_structure_and_adds_up) {
  for (u64 seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const Statement statement = random_statement(random, 12);
    const std::string bytes = written(statement);
    ASSERT_EQ(structure_problem(CamtMessage::Statement, bytes), "");
    const XmlNode root = read_xml(bytes).root;
    const XmlNode& read = root.at("BkToCstmrStmt/Stmt");
    ASSERT_EQ(read.all("Ntry").size(), statement.entries.size());
    expect_totals(read, statement.decimals);
    EXPECT_EQ(amount_of(*balances_of(read).at("CLAV"), statement.decimals),
              value_of(statement.available));
    EXPECT_EQ(read.all("LglSeqNb").size(), statement.number == 0 ? 0u : 1u);
    EXPECT_EQ(read.all("ElctrncSeqNb").size(), statement.number == 0 ? 0u : 1u);
    if (HasFailure()) return;
  }
}

TEST(Camt053, begins_with_what_the_statement_before_ended_with) {
  Random random(7);
  Statement before = random_statement(random, 20);
  before.number = 5;
  before.number_in_year = 5;
  for (int more = 0; more < 20; ++more) {
    const Statement after = random_statement_after(random, before, 20);
    const XmlNode first = read_xml(written(before)).root;
    const XmlNode second = read_xml(written(after)).root;
    const auto ended = balances_of(first.at("BkToCstmrStmt/Stmt"));
    const auto begun = balances_of(second.at("BkToCstmrStmt/Stmt"));
    for (const char* path : {"Amt", "CdtDbtInd", "Dt/Dt"}) {
      EXPECT_EQ(begun.at("PRCD")->at(path).text, ended.at("CLBD")->at(path).text);
    }
    EXPECT_EQ(begun.at("OPBD")->at("Amt").text, ended.at("CLBD")->at("Amt").text);
    before = after;
  }
}

// The beginning of a known statement, up to its second entry, byte for byte.
constexpr std::string_view kKnown = R"(<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
<BkToCstmrStmt>
<GrpHdr>
<MsgId>101-2026-10</MsgId>
<CreDtTm>2026-11-01T00:00:00+01:00</CreDtTm>
</GrpHdr>
<Stmt>
<Id>101-2026-10</Id>
<ElctrncSeqNb>3</ElctrncSeqNb>
<LglSeqNb>7</LglSeqNb>
<CreDtTm>2026-11-01T00:00:00+01:00</CreDtTm>
<FrToDt>
<FrDtTm>2026-10-01T00:00:00+02:00</FrDtTm>
<ToDtTm>2026-10-31T23:59:59+01:00</ToDtTm>
</FrToDt>
<Acct>
<Id>
<IBAN>DE89370400440532013000</IBAN>
</Id>
<Ccy>EUR</Ccy>
<Ownr>
<Nm>Alice &amp; Co</Nm>
</Ownr>
<Svcr>
<FinInstnId>
<BICFI>FLORITMM</BICFI>
<Nm>Bank of Florence</Nm>
</FinInstnId>
</Svcr>
</Acct>
<Bal>
<Tp>
<CdOrPrtry>
<Cd>PRCD</Cd>
</CdOrPrtry>
</Tp>
<Amt Ccy="EUR">100.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd>
<Dt>
<Dt>2026-09-30</Dt>
</Dt>
</Bal>
<Bal>
<Tp>
<CdOrPrtry>
<Cd>OPBD</Cd>
</CdOrPrtry>
</Tp>
<Amt Ccy="EUR">100.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd>
<Dt>
<Dt>2026-10-01</Dt>
</Dt>
</Bal>
<Bal>
<Tp>
<CdOrPrtry>
<Cd>CLBD</Cd>
</CdOrPrtry>
</Tp>
<Amt Ccy="EUR">700.00</Amt>
<CdtDbtInd>DBIT</CdtDbtInd>
<Dt>
<Dt>2026-10-31</Dt>
</Dt>
</Bal>
<Bal>
<Tp>
<CdOrPrtry>
<Cd>CLAV</Cd>
</CdOrPrtry>
</Tp>
<Amt Ccy="EUR">710.00</Amt>
<CdtDbtInd>DBIT</CdtDbtInd>
<Dt>
<Dt>2026-10-31</Dt>
</Dt>
</Bal>
<TxsSummry>
<TtlNtries>
<NbOfNtries>5</NbOfNtries>
<TtlNetNtry>
<Amt>800.00</Amt>
<CdtDbtInd>DBIT</CdtDbtInd>
</TtlNetNtry>
</TtlNtries>
<TtlCdtNtries>
<NbOfNtries>2</NbOfNtries>
<Sum>2512.50</Sum>
</TtlCdtNtries>
<TtlDbtNtries>
<NbOfNtries>3</NbOfNtries>
<Sum>3312.50</Sum>
</TtlDbtNtries>
</TxsSummry>
<Ntry>
<NtryRef>1</NtryRef>
<Amt Ccy="EUR">12.50</Amt>
<CdtDbtInd>DBIT</CdtDbtInd>
<RvslInd>false</RvslInd>
<Sts>
<Cd>BOOK</Cd>
</Sts>
<BookgDt>
<Dt>2026-10-05</Dt>
</BookgDt>
<ValDt>
<Dt>2026-10-05</Dt>
</ValDt>
<AcctSvcrRef>1001</AcctSvcrRef>
<BkTxCd>
<Domn>
<Cd>PMNT</Cd>
<Fmly>
<Cd>CCRD</Cd>
<SubFmlyCd>POSD</SubFmlyCd>
</Fmly>
</Domn>
<Prtry>
<Cd>200</Cd>
</Prtry>
</BkTxCd>
<NtryDtls>
<TxDtls>
<Refs>
<AcctSvcrRef>1001</AcctSvcrRef>
<EndToEndId>NOTPROVIDED</EndToEndId>
<Prtry>
<Tp>LogPlace</Tp>
<Ref>5001-0</Ref>
</Prtry>
</Refs>
<Amt Ccy="EUR">12.50</Amt>
<CdtDbtInd>DBIT</CdtDbtInd>
<RltdPties>
<Cdtr>
<Pty>
<Nm>Müller</Nm>
</Pty>
</Cdtr>
<CdtrAcct>
<Id>
<Othr>
<Id>202</Id>
</Othr>
</Id>
</CdtrAcct>
</RltdPties>
</TxDtls>
</NtryDtls>
<AddtlNtryInf>Card payment</AddtlNtryInf>
</Ntry>
<Ntry>
<NtryRef>2</NtryRef>
)";

TEST(Camt053, of_a_known_statement_is_known) {
  const std::string bytes = written(known_statement());
  EXPECT_EQ(structure_problem(CamtMessage::Statement, bytes), "");
  EXPECT_EQ(bytes.substr(0, kKnown.size()), kKnown);
  EXPECT_TRUE(bytes.ends_with("</Stmt>\n</BkToCstmrStmt>\n</Document>\n"));
}

TEST(Camt053, of_the_same_statement_is_the_same_bytes) {
  for (u64 seed = 1; seed <= 10; ++seed) {
    Random random(seed);
    const Statement statement = random_statement(random, 30);
    EXPECT_EQ(written(statement), written(statement));
  }
}

const XmlNode& entry_of(const XmlNode& root, usize place) {
  return *root.all("BkToCstmrStmt/Stmt/Ntry").at(place);
}

TEST(Camt053, tells_parties_and_references_of_each_entry) {
  const XmlNode root = read_xml(written(known_statement())).root;
  const std::string transaction = "NtryDtls/TxDtls/";
  const XmlNode& salary = entry_of(root, 1);
  EXPECT_EQ(salary.at(transaction + "RltdPties/Dbtr/Pty/Nm").text, "Works");
  EXPECT_EQ(salary.at(transaction + "RltdPties/DbtrAcct/Id/IBAN").text, "FI7433010001222090");
  EXPECT_EQ(salary.at(transaction + "Refs/UETR").text, "97ed4827-7b6f-4491-a06f-b548d5a7512d");
  EXPECT_EQ(salary.at(transaction + "Refs/EndToEndId").text, "0x97ed48277b6f4491a06fb548d5a7512d");
  EXPECT_EQ(salary.all("BkTxCd/Domn").size(), 0u);
  EXPECT_EQ(salary.at("BkTxCd/Prtry/Cd").text, "900");
  // The card payment that is reversed had the shop as its creditor, and so has the reversal.
  const XmlNode& reversal = entry_of(root, 2);
  EXPECT_EQ(reversal.at("RvslInd").text, "true");
  EXPECT_EQ(reversal.at("CdtDbtInd").text, "CRDT");
  EXPECT_EQ(reversal.at(transaction + "RltdPties/Cdtr/Pty/Nm").text, "Müller");
  EXPECT_EQ(reversal.at(transaction + "Refs/EndToEndId").text, "42");
  EXPECT_EQ(reversal.all(transaction + "Refs/UETR").size(), 0u);
  std::map<std::string, std::string> own;
  for (const XmlNode* each : reversal.all(transaction + "Refs/Prtry")) {
    own[each->at("Tp").text] = each->at("Ref").text;
  }
  EXPECT_EQ(own, (std::map<std::string, std::string>{
                     {"LogPlace", "5003-0"}, {"Reverses", "1001"}, {"UserData32", "5"}}));
  EXPECT_EQ(entry_of(root, 3).all(transaction + "Refs/Prtry").back()->at("Tp").text, "PostsHold");
  EXPECT_EQ(entry_of(root, 4).at(transaction + "RltdPties/Dbtr/Pty/Nm").text, "Works");
}

TEST(Camt053, tells_a_uuid_of_version_4_from_other_numbers) {
  struct Case {
    u64 high, low;
    const char* uuid;
  };
  constexpr Case kCases[] = {
      {0x0000'0000'0000'4000, 0x8000'0000'0000'0000, "00000000-0000-4000-8000-000000000000"},
      {0x0123'4567'89ab'4def, 0xbfff'ffff'ffff'ffff, "01234567-89ab-4def-bfff-ffffffffffff"},
      {0x0123'4567'89ab'4def, 0xc000'0000'0000'0000, ""},
      {0x0123'4567'89ab'4def, 0x7fff'ffff'ffff'ffff, ""},
      {0x0123'4567'89ab'5def, 0x8000'0000'0000'0000, ""},
      {0x0123'4567'89ab'3def, 0x8000'0000'0000'0000, ""},
  };
  for (const Case& each : kCases) {
    Statement statement = known_statement();
    statement.entries.resize(1);
    statement.entries[0].user_data_128 = make_u128(each.high, each.low);
    const std::string bytes = written(statement);
    EXPECT_EQ(structure_problem(CamtMessage::Statement, bytes), "");
    const XmlNode root = read_xml(bytes).root;
    const auto found = entry_of(root, 0).all("NtryDtls/TxDtls/Refs/UETR");
    EXPECT_EQ(found.empty() ? "" : found.front()->text, each.uuid);
  }
}

TEST(Camt053, writes_the_offset_of_the_bank_at_both_ends) {
  struct Case {
    i64 first, last;
    const char* from;
    const char* to;
    const char* created;
  };
  constexpr Case kCases[] = {
      {7200, 3600, "2026-10-01T00:00:00+02:00", "2026-10-31T23:59:59+01:00",
       "2026-11-01T00:00:00+01:00"},
      {0, 0, "2026-10-01T00:00:00Z", "2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z"},
      {-12'600, -12'600, "2026-10-01T00:00:00-03:30", "2026-10-31T23:59:59-03:30",
       "2026-11-01T00:00:00-03:30"},
      {50'400, 50'400, "2026-10-01T00:00:00+14:00", "2026-10-31T23:59:59+14:00",
       "2026-11-01T00:00:00+14:00"},
      // XML has no seconds and no more than 14 hours in an offset: the same moments in UTC.
      {-2670, -2670, "2026-10-01T00:44:30Z", "2026-11-01T00:44:29Z", "2026-11-01T00:44:30Z"},
      {54'000, 54'000, "2026-09-30T09:00:00Z", "2026-10-31T08:59:59Z", "2026-10-31T09:00:00Z"},
  };
  for (const Case& each : kCases) {
    Statement statement = known_statement();
    statement.first_ns = midnight_ns(statement.first_day, each.first);
    statement.created_at_ns = midnight_ns({.year = 2026, .month = 11, .day = 1}, each.last);
    statement.last_ns = statement.created_at_ns - 1;
    const std::string bytes = written(statement);
    EXPECT_EQ(structure_problem(CamtMessage::Statement, bytes), "");
    const XmlNode root = read_xml(bytes).root;
    const XmlNode& read = root.at("BkToCstmrStmt/Stmt");
    EXPECT_EQ(read.at("FrToDt/FrDtTm").text, each.from);
    EXPECT_EQ(read.at("FrToDt/ToDtTm").text, each.to);
    EXPECT_EQ(read.at("CreDtTm").text, each.created);
    EXPECT_EQ(root.at("BkToCstmrStmt/GrpHdr/CreDtTm").text, each.created);
  }
}

TEST(Camt053, numbers_regular_statements_only) {
  Statement statement = known_statement();
  statement.number = 0;
  statement.number_in_year = 0;
  XmlNode root = read_xml(written(statement)).root;
  EXPECT_TRUE(root.all("BkToCstmrStmt/Stmt/LglSeqNb").empty());
  EXPECT_EQ(balances_of(root.at("BkToCstmrStmt/Stmt")).count("PRCD"), 0u);
  statement.number = 1;
  statement.number_in_year = 1;
  root = read_xml(written(statement)).root;
  EXPECT_EQ(root.at("BkToCstmrStmt/Stmt/LglSeqNb").text, "1");
  EXPECT_EQ(balances_of(root.at("BkToCstmrStmt/Stmt")).count("PRCD"), 0u) << "nothing before it";
}

TEST(Camt053, leaves_out_what_is_not_known) {
  Statement statement = known_statement();
  statement.bank = {};
  statement.account = {.account_id = kU128Max - 1, .name = {}, .iban = {}, .address = {}};
  statement.entries.front().counterparty = {};
  statement.entries.front().kind = {};
  statement.entries.front().number = 0;
  const std::string bytes = written(statement);
  EXPECT_EQ(structure_problem(CamtMessage::Statement, bytes), "");
  const XmlNode root = read_xml(bytes).root;
  const XmlNode& account = root.at("BkToCstmrStmt/Stmt/Acct");
  EXPECT_EQ(account.at("Id/Othr/Id").text, "0xfffffffffffffffffffffffffffffffe");
  EXPECT_TRUE(account.all("Ownr").empty());
  EXPECT_TRUE(account.all("Svcr").empty());
  const XmlNode& entry = entry_of(root, 0);
  EXPECT_TRUE(entry.all("NtryDtls/TxDtls/RltdPties").empty());
  EXPECT_TRUE(entry.all("AddtlNtryInf").empty());
  EXPECT_TRUE(entry.all("NtryRef").empty());
}

TEST(Camt053, cuts_names_and_never_identifiers) {
  Statement statement = known_statement();
  statement.id = "340282366920938463463374607431768211454-2026-10";
  statement.account.name = std::string(139, 'a') + "öö";
  const std::string bytes = written(statement);
  EXPECT_EQ(structure_problem(CamtMessage::Statement, bytes), "");
  const XmlNode root = read_xml(bytes).root;
  EXPECT_EQ(root.at("BkToCstmrStmt/Stmt/Acct/Ownr/Nm").text, std::string(139, 'a') + "ö");
  const std::string id = root.at("BkToCstmrStmt/Stmt/Id").text;
  EXPECT_EQ(id, statement::short_reference(statement.id, 35));
  statement.id = "340282366920938463463374607431768211454-2026-11";
  EXPECT_NE(read_xml(written(statement)).root.at("BkToCstmrStmt/Stmt/Id").text, id);
}

TEST(Camt053, of_several_statements_has_them_in_order) {
  Random random(3);
  std::vector<Statement> statements;
  for (int each = 0; each < 5; ++each) statements.push_back(random_statement(random, 5));
  const auto bytes = write_camt053(statements);
  ASSERT_TRUE(bytes.has_value());
  EXPECT_EQ(structure_problem(CamtMessage::Statement, *bytes), "");
  const XmlNode root = read_xml(*bytes).root;
  const auto read = root.all("BkToCstmrStmt/Stmt");
  ASSERT_EQ(read.size(), 5u);
  for (usize place = 0; place < 5; ++place) {
    EXPECT_EQ(read[place]->at("Id").text, statement::short_reference(statements[place].id, 35));
  }
  const std::string message = root.at("BkToCstmrStmt/GrpHdr/MsgId").text;
  std::swap(statements[0], statements[4]);
  const auto swapped = write_camt053(statements);
  ASSERT_TRUE(swapped.has_value());
  EXPECT_NE(read_xml(*swapped).root.at("BkToCstmrStmt/GrpHdr/MsgId").text, message);
  EXPECT_EQ(write_camt053(std::span<const Statement>()).error().message,
            "no statement was given; camt.053 has one at least");
}

struct WrittenAmount {
  const char* amount;
  u32 decimals;
  const char* text;   // Empty: refused.
  const char* error;  // A part of it.
};

class WrittenAmounts : public testing::TestWithParam<WrittenAmount> {};

TEST_P(WrittenAmounts, fit_or_are_refused) {
  Statement statement = known_statement();
  statement.decimals = GetParam().decimals;
  statement.entries.resize(2);
  for (Entry& entry : statement.entries) entry.amount = 0;
  statement.opening = statement.closing = statement.available = {};
  statement.credits = statement.debits = {};
  statement.entries[1].amount = parse_u128(GetParam().amount).value();
  if (*GetParam().text == '\0') {
    const std::string message = error_of(statement);
    EXPECT_EQ(message.find("the amount of entry 2 (transfer 1002) is "), 0u) << message;
    EXPECT_NE(message.find(GetParam().error), std::string::npos) << message;
    return;
  }
  const std::string bytes = written(statement);
  EXPECT_EQ(structure_problem(CamtMessage::Statement, bytes), "");
  EXPECT_EQ(entry_of(read_xml(bytes).root, 1).at("Amt").text, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Camt053, WrittenAmounts,
    testing::Values(
        WrittenAmount{"0", 0, "0", ""}, WrittenAmount{"0", 2, "0.00", ""},
        WrittenAmount{"5000", 0, "5000", ""}, WrittenAmount{"1", 3, "0.001", ""},
        WrittenAmount{"999999999999999999", 0, "999999999999999999", ""},
        WrittenAmount{"999999999999999999", 2, "9999999999999999.99", ""},
        WrittenAmount{"999999999999999999", 5, "9999999999999.99999", ""},
        WrittenAmount{"1000000000000000000", 2, "", "10000000000000000.00; ISO 20022 writes 18"},
        WrittenAmount{"340282366920938463463374607431768211455", 0, "", "18 digits at most"},
        WrittenAmount{"150000000", 8, "1.50000", ""}, WrittenAmount{"1000", 8, "0.00001", ""},
        WrittenAmount{"150000001", 8, "", "1.50000001; ISO 20022 writes 5 decimals at most"},
        WrittenAmount{"100", 8, "", "0.00000100; ISO 20022 writes 5 decimals"},
        WrittenAmount{"0", 8, "0.00000", ""},
        WrittenAmount{"999999999999999999000", 8, "9999999999999.99999", ""}));

TEST(Camt053, names_the_balance_or_sum_that_does_not_fit) {
  const u128 large = static_cast<u128>(10'000'000'000) * 10'000'000'000;
  Statement statement = known_statement();
  statement.closing = {.magnitude = large, .negative = true};
  EXPECT_EQ(error_of(statement),
            "the balance CLBD of statement 101-2026-10 is 1000000000000000000.00; ISO 20022 writes "
            "18 digits at most");
  statement = known_statement();
  statement.debits.sum = large;
  EXPECT_NE(error_of(statement).find("of statement 101-2026-10"), std::string::npos);
}

TEST(Camt053, needs_a_currency_of_three_capital_letters) {
  for (const char* name : {"points", "eur", "EU", "EURO", "E1R", ""}) {
    Statement statement = known_statement();
    statement.currency = name;
    EXPECT_EQ(error_of(statement),
              fmt::format("ledger 978 is called '{}'; camt.053 takes currencies of ISO 4217 alone: "
                          "three capital letters, such as EUR",
                          name));
  }
}

TEST(Camt053, refuses_codes_that_are_of_another_form) {
  Statement statement = known_statement();
  statement.account.iban = "DE89 3704";
  EXPECT_NE(error_of(statement).find("the IBAN of account 101 is 'DE89 3704'"), std::string::npos);
  statement = known_statement();
  statement.entries[1].counterparty.iban = "de89370400440532013000";
  EXPECT_NE(error_of(statement).find("the IBAN of account 303"), std::string::npos);
  statement = known_statement();
  statement.bank.bic = "FLORITM";
  EXPECT_NE(error_of(statement).find("the BIC of the bank is 'FLORITM'"), std::string::npos);
  for (const char* code : {"", "PAYMENT", "P MT"}) {
    statement = known_statement();
    statement.entries[0].kind.family = code;
    EXPECT_NE(error_of(statement).find("entry 1 (transfer 1001): code 200 has '"),
              std::string::npos);
  }
}

// The threads come first: libxml2 makes its tables while they all begin.
TEST(StatementThreads, write_camt053_side_by_side) {
  std::vector<Statement> statements;
  for (u64 seed = 1; seed <= 16; ++seed) {
    Random random(seed);
    statements.push_back(random_statement(random, 30));
  }
  std::vector<std::vector<std::string>> made(4);
  std::vector<std::thread> threads;
  for (std::vector<std::string>& own : made) {
    threads.emplace_back([&own, &statements] {
      for (int round = 0; round < 5; ++round) {
        own.clear();
        for (const Statement& each : statements) own.push_back(write_camt053(each).value_or(""));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<std::string> expected;
  for (const Statement& each : statements) expected.push_back(written(each));
  for (const std::vector<std::string>& own : made) EXPECT_EQ(own, expected);
}

}  // namespace
}  // namespace florin::test
