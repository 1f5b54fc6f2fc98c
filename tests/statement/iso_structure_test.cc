// The table that judges documents of camt is judged itself: it takes what a schema takes, and finds
// every mistake that is planted.
#include "tests/statement/iso_structure.h"

#include <gtest/gtest.h>

namespace florin::test {
namespace {

// The shape of a small statement that the schema of ISO 20022 is known to take, with values of our
// own.
constexpr std::string_view kStatement = R"(<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
<BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-01-02T03:04:05Z</CreDtTm></GrpHdr>
<Stmt><Id>S1</Id><ElctrncSeqNb>1</ElctrncSeqNb><LglSeqNb>2</LglSeqNb>
<CreDtTm>2026-01-02T03:04:05Z</CreDtTm>
<FrToDt><FrDtTm>2026-01-01T00:00:00+01:00</FrDtTm><ToDtTm>2026-01-01T23:59:59+01:00</ToDtTm></FrToDt>
<Acct><Id><IBAN>DE00X</IBAN></Id><Ccy>EUR</Ccy><Svcr><FinInstnId><BICFI>AAAADEFF</BICFI></FinInstnId></Svcr></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-01</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">0.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-01</Dt></Dt></Bal>
<TxsSummry><TtlNtries><NbOfNtries>1</NbOfNtries></TtlNtries><TtlDbtNtries><NbOfNtries>1</NbOfNtries><Sum>0.50</Sum></TtlDbtNtries></TxsSummry>
<Ntry><NtryRef>1</NtryRef><Amt Ccy="EUR">0.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>false</RvslInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-01-01</Dt></BookgDt><ValDt><Dt>2026-01-01</Dt></ValDt><AcctSvcrRef>R1</AcctSvcrRef>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>BOOK</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><TxDtls><Refs><EndToEndId>E1</EndToEndId><UETR>00000000-0000-4000-8000-000000000000</UETR></Refs>
<Amt Ccy="EUR">0.50</Amt><CdtDbtInd>DBIT</CdtDbtInd>
<RltdPties><Cdtr><Pty><Nm>N</Nm></Pty></Cdtr><CdtrAcct><Id><Othr><Id>7</Id></Othr></Id></CdtrAcct></RltdPties>
<RmtInf><Ustrd>U</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>)";

std::string changed(std::string_view from, std::string_view to) {
  std::string text(kStatement);
  const std::string::size_type place = text.find(from);
  EXPECT_NE(place, std::string::npos) << from;
  text.replace(place, from.size(), to);
  return text;
}

TEST(IsoStructure, takes_a_statement) {
  EXPECT_EQ(structure_problem(CamtMessage::Statement, kStatement), "");
}

TEST(IsoStructure, takes_what_may_be_left_out_or_be_there_more_often) {
  for (const auto& [from, to] : std::vector<std::pair<const char*, const char*>>{
           {"<ElctrncSeqNb>1</ElctrncSeqNb>", ""},
           {"<RvslInd>false</RvslInd>", ""},
           {"<RmtInf><Ustrd>U</Ustrd></RmtInf>", ""},
           {"<Ustrd>U</Ustrd>", "<Ustrd>U</Ustrd><Ustrd>V</Ustrd>"},
           {"<Cd>OPBD</Cd>", "<Prtry>my own</Prtry>"},
           {"0.50</Amt>", "999999999999999.123</Amt>"},
           {"</Ntry>", "<AddtlNtryInf>more</AddtlNtryInf></Ntry>"}}) {
    EXPECT_EQ(structure_problem(CamtMessage::Statement, changed(from, to)), "") << from;
  }
}

struct Planted {
  const char* from;
  const char* to;
  const char* problem;
};

class PlantedMistakes : public testing::TestWithParam<Planted> {};

TEST_P(PlantedMistakes, are_found) {
  const Planted& planted = GetParam();
  const std::string problem =
      structure_problem(CamtMessage::Statement, changed(planted.from, planted.to));
  EXPECT_NE(problem, "") << planted.from;
  EXPECT_NE(problem.find(planted.problem), std::string::npos) << problem;
}

INSTANTIATE_TEST_SUITE_P(
    IsoStructure, PlantedMistakes,
    testing::Values(
        Planted{"<ElctrncSeqNb>1</ElctrncSeqNb><LglSeqNb>2</LglSeqNb>",
                "<LglSeqNb>2</LglSeqNb><ElctrncSeqNb>1</ElctrncSeqNb>", "Acct is not there"},
        Planted{"<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>", "Sts has text"},
        Planted{"<Sts><Cd>BOOK</Cd></Sts>", "<Sts/>", "Sts must have one element"},
        Planted{"<Sts><Cd>BOOK</Cd></Sts>", "", "Sts is not there"},
        Planted{"<Sts><Cd>BOOK</Cd></Sts>", "<Sts><Cd>BOOKED</Cd></Sts>", "no Code"},
        Planted{"<BICFI>AAAADEFF</BICFI>", "<BIC>AAAADEFF</BIC>", "BIC is out of place"},
        Planted{"<BICFI>AAAADEFF</BICFI>", "<BICFI>AAAADEF</BICFI>", "no Bic"},
        Planted{"<Pty><Nm>N</Nm></Pty>", "<Nm>N</Nm>", "Nm is out of place"},
        Planted{"<Nm>N</Nm>", "<Nm></Nm>", "no Text140"},
        Planted{"<Nm>N</Nm>", "<Nm> </Nm>", "no Text140"},
        Planted{"<RvslInd>false</RvslInd>", "<RvslInd>no</RvslInd>", "no Truth"},
        Planted{"<CdtDbtInd>DBIT</CdtDbtInd><RvslInd>false</RvslInd>",
                "<RvslInd>false</RvslInd><CdtDbtInd>DBIT</CdtDbtInd>", "CdtDbtInd is not there"},
        Planted{"<CdtDbtInd>DBIT</CdtDbtInd>", "<CdtDbtInd>D</CdtDbtInd>", "no Direction"},
        Planted{"<CdtDbtInd>DBIT</CdtDbtInd>",
                "<CdtDbtInd>DBIT</CdtDbtInd><CdtDbtInd>DBIT</CdtDbtInd>", "too often"},
        Planted{"<ToDtTm>2026-01-01T23:59:59+01:00</ToDtTm>", "", "ToDtTm is not there"},
        Planted{"2026-01-01T23:59:59+01:00", "2026-01-01 23:59:59", "no DateTime"},
        Planted{"2026-01-01T23:59:59+01:00", "2026-01-01T23:59:59+01", "no DateTime"},
        Planted{"<BookgDt><Dt>2026-01-01</Dt>", "<BookgDt><Dt>01.01.2026</Dt>", "no Date"},
        Planted{"<BookgDt><Dt>2026-01-01</Dt></BookgDt>", "<BookgDt>2026-01-01</BookgDt>",
                "BookgDt has text"},
        Planted{"<Ccy>EUR</Ccy>", "<Ccy>eur</Ccy>", "no Currency"},
        Planted{"<Ccy>EUR</Ccy>", "<Ccy>points</Ccy>", "no Currency"},
        Planted{"Ccy=\"EUR\">0.50", "Ccy=\"EU\">0.50", "has no currency"},
        Planted{"<Amt Ccy=\"EUR\">0.50", "<Amt>0.50", "other attributes"},
        Planted{"0.50</Amt>", "-0.50</Amt>", "no Amount"},
        Planted{"0.50</Amt>", "0,50</Amt>", "no Amount"},
        Planted{"0.50</Amt>", "0.123456</Amt>", "no Amount"},
        Planted{"0.50</Amt>", "12345678901234567.89</Amt>", "no Amount"},
        Planted{"<IBAN>DE00X</IBAN>", "<IBAN>DE00 X</IBAN>", "no Iban"},
        Planted{"<IBAN>DE00X</IBAN>", "<IBAN>DE00X</IBAN><Othr><Id>1</Id></Othr>",
                "must have one element"},
        Planted{"<MsgId>M1</MsgId>", "<MsgId>123456789012345678901234567890123456</MsgId>",
                "no Text35"},
        Planted{"-4000-8000-", "-1000-8000-", "no Uuid4"},
        Planted{"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>BOOK</SubFmlyCd></Fmly></"
                "Domn></BkTxCd>",
                "", "BkTxCd is not there"},
        Planted{"<SubFmlyCd>BOOK</SubFmlyCd>", "", "SubFmlyCd is not there"},
        Planted{"<Refs>", "<Amt Ccy=\"EUR\">0.50</Amt><Refs>", "Refs is out of place"},
        Planted{"<NtryRef>1</NtryRef>", "<NtryRef>1</NtryRef><New/>", "Amt is not there"},
        Planted{"</Ntry>", "<New/></Ntry>", "New is out of place"},
        Planted{"camt.053.001.08", "camt.053.001.02", "another namespace"},
        Planted{"</Stmt>", "", "not well-formed"}, Planted{"</Document>", "", "not well-formed"},
        Planted{"<Nm>N</Nm>", "<Nm>\x01</Nm>", "not well-formed"},
        Planted{"<Nm>N</Nm>", "<Nm>\xff</Nm>", "not well-formed"},
        Planted{"<Nm>N</Nm>", "<Nm>A & B</Nm>", "not well-formed"}));

TEST(IsoStructure, takes_no_statement_for_a_notification) {
  EXPECT_NE(structure_problem(CamtMessage::Notification, kStatement), "");
}

TEST(IsoStructure, misses_every_balance_and_every_statement) {
  std::string without_balances(kStatement);
  for (std::string::size_type place;
       (place = without_balances.find("<Bal>")) != std::string::npos;) {
    without_balances.erase(place, without_balances.find("</Bal>") + 6 - place);
  }
  EXPECT_EQ(structure_problem(CamtMessage::Statement, without_balances),
            "Document/BkToCstmrStmt/Stmt: Bal is not there");
  std::string empty(kStatement);
  const std::string::size_type place = empty.find("<Stmt>");
  empty.erase(place, empty.find("</Stmt>") + 7 - place);
  EXPECT_EQ(structure_problem(CamtMessage::Statement, empty),
            "Document/BkToCstmrStmt: Stmt is not there");
}

}  // namespace
}  // namespace florin::test
