#include "tests/statement/iso_structure.h"

#include <regex>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <libxml/xmlreader.h>

#include "base/types.h"

namespace florin::test {

namespace {

// A complex type in a line: its elements in order, each with its own type. `?` is 0 or 1, `*` any
// number, `+` at least one, `{7}` up to 7; a type whose elements are separated by `|` has one of
// them. `Any` stands for parts that are not looked into. Types without a line are simple, see
// value_fits.
//
// Source: the schemas camt.053.001.08 and camt.054.001.08 of ISO 20022 (AccountStatement9,
// AccountNotification17, CashAccount39, CashBalance8, TotalTransactions6, ReportEntry10,
// EntryTransaction10, TransactionReferences6, TransactionParties6), of which this repeats the
// facts.
constexpr std::string_view kTypes = R"(
StatementDocument BkToCstmrStmt:Statements
NotificationDocument BkToCstmrDbtCdtNtfctn:Notifications
Statements GrpHdr:Header Stmt:Statement+ SplmtryData:Any*
Notifications GrpHdr:Header Ntfctn:Notification+ SplmtryData:Any*
Header MsgId:Text35 CreDtTm:DateTime MsgRcpt:Any? MsgPgntn:Any? OrgnlBizQry:Any? AddtlInf:Text500?
Statement Id:Text35 StmtPgntn:Any? ElctrncSeqNb:Number? RptgSeq:Any? LglSeqNb:Number? CreDtTm:DateTime? FrToDt:Period? CpyDplctInd:Any? RptgSrc:Any? Acct:Account RltdAcct:Any? Intrst:Any* Bal:Balance+ TxsSummry:Totals? Ntry:Entry* AddtlStmtInf:Text500?
Notification Id:Text35 NtfctnPgntn:Any? ElctrncSeqNb:Number? RptgSeq:Any? LglSeqNb:Number? CreDtTm:DateTime? FrToDt:Period? CpyDplctInd:Any? RptgSrc:Any? Acct:Account RltdAcct:Any? Intrst:Any* TxsSummry:Totals? Ntry:Entry* AddtlNtfctnInf:Text500?
Period FrDtTm:DateTime ToDtTm:DateTime
Account Id:AccountId Tp:Any? Ccy:Currency? Nm:Text70? Prxy:Any? Ownr:Party? Svcr:Agent?
OtherAccount Id:AccountId Tp:Any? Ccy:Currency? Nm:Text70? Prxy:Any?
AccountId IBAN:Iban|Othr:OtherId
OtherId Id:Text34 SchmeNm:Any? Issr:Text35?
Party Nm:Text140? PstlAdr:Any? Id:Any? CtryOfRes:Any? CtctDtls:Any?
Agent FinInstnId:Institution BrnchId:Any?
Institution BICFI:Bic? ClrSysMmbId:Any? LEI:Any? Nm:Text140? PstlAdr:Any? Othr:Any?
Balance Tp:BalanceType CdtLine:Any* Amt:Amount CdtDbtInd:Direction Dt:DateChoice Avlbty:Any*
BalanceType CdOrPrtry:CodeOrOwn SubTp:Any?
CodeOrOwn Cd:Code|Prtry:Text35
DateChoice Dt:Date|DtTm:DateTime
Totals TtlNtries:AllTotals? TtlCdtNtries:SideTotals? TtlDbtNtries:SideTotals? TtlNtriesPerBkTxCd:Any*
AllTotals NbOfNtries:Count? Sum:Decimal? TtlNetNtry:Net?
SideTotals NbOfNtries:Count? Sum:Decimal?
Net Amt:Decimal CdtDbtInd:Direction
Entry NtryRef:Text35? Amt:Amount CdtDbtInd:Direction RvslInd:Truth? Sts:CodeOrOwn BookgDt:DateChoice? ValDt:DateChoice? AcctSvcrRef:Text35? Avlbty:Any* BkTxCd:TransactionCode ComssnWvrInd:Any? AddtlInfInd:Any? AmtDtls:Any? Chrgs:Any? TechInptChanl:Any? Intrst:Any? CardTx:Any? NtryDtls:Details* AddtlNtryInf:Text500?
TransactionCode Domn:Domain? Prtry:OwnCode?
Domain Cd:Code Fmly:Family
Family Cd:Code SubFmlyCd:Code
OwnCode Cd:Text35 Issr:Text35?
Details Btch:Any? TxDtls:Transaction*
Transaction Refs:References? Amt:Amount? CdtDbtInd:Direction? AmtDtls:Any? Avlbty:Any* BkTxCd:TransactionCode? Chrgs:Any? Intrst:Any? RltdPties:Parties? RltdAgts:Any? LclInstrm:Any? Purp:Any? RltdRmtInf:Any{10} RmtInf:Remittance? RltdDts:Any? RltdPric:Any? RltdQties:Any* FinInstrmId:Any? Tax:Any? RtrInf:Any? CorpActn:Any? SfkpgAcct:Any? CshDpst:Any* CardTx:Any? AddtlTxInf:Text500? SplmtryData:Any*
References MsgId:Text35? AcctSvcrRef:Text35? PmtInfId:Text35? InstrId:Text35? EndToEndId:Text35? UETR:Uuid4? TxId:Text35? MndtId:Text35? ChqNb:Text35? ClrSysRef:Text35? AcctOwnrTxId:Text35? AcctSvcrTxId:Text35? MktInfrstrctrTxId:Text35? PrcgId:Text35? Prtry:OwnReference*
OwnReference Tp:Text35 Ref:Text35
Parties InitgPty:Any? Dbtr:Role? DbtrAcct:OtherAccount? UltmtDbtr:Role? Cdtr:Role? CdtrAcct:OtherAccount? UltmtCdtr:Role? TradgPty:Role? Prtry:Any*
Role Pty:Party|Agt:Agent
Remittance Ustrd:Text140* Strd:Any*
)";

struct Place {
  std::string name;
  std::string type;
  usize least = 1;
  usize most = 1;
};

struct ComplexType {
  bool choice = false;
  std::vector<Place> places;
};

constexpr usize kUnbounded = ~usize{0};

Place read_place(std::string text) {
  Place place;
  const usize brace = text.find('{');
  if (brace != std::string::npos) {
    place.least = 0;
    place.most = std::stoul(text.substr(brace + 1));
    text.resize(brace);
  } else if (text.back() == '?' || text.back() == '*') {
    place.least = 0;
    place.most = text.back() == '?' ? 1 : kUnbounded;
    text.pop_back();
  } else if (text.back() == '+') {
    place.most = kUnbounded;
    text.pop_back();
  }
  const usize colon = text.find(':');
  place.name = text.substr(0, colon);
  place.type = text.substr(colon + 1);
  return place;
}

std::map<std::string, ComplexType> read_types() {
  std::map<std::string, ComplexType> types;
  std::istringstream lines{std::string(kTypes)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    ComplexType type;
    type.choice = line.find('|') != std::string::npos;
    for (char& each : line) {
      if (each == '|') each = ' ';
    }
    std::istringstream words(line);
    std::string name;
    words >> name;
    for (std::string word; words >> word;) type.places.push_back(read_place(word));
    types.emplace(name, type);
  }
  return types;
}

const std::map<std::string, ComplexType>& types() {
  static const std::map<std::string, ComplexType> known = read_types();
  return known;
}

usize characters_of(std::string_view text) {
  usize characters = 0;
  for (const char each : text) characters += (static_cast<u8>(each) & 0xc0) != 0x80 ? 1 : 0;
  return characters;
}

// A decimal without a sign, of at most so many digits, leading zeros not counted.
bool is_decimal(const std::string& text, usize fraction_max) {
  static const std::regex form("[0-9]+(\\.[0-9]+)?");
  if (!std::regex_match(text, form)) return false;
  const usize point = text.find('.');
  const std::string whole = text.substr(0, point);
  const std::string fraction = point == std::string::npos ? "" : text.substr(point + 1);
  const usize first = whole.find_first_not_of('0');
  const usize whole_digits = first == std::string::npos ? 0 : whole.size() - first;
  return fraction.size() <= fraction_max && whole_digits + fraction.size() <= 18;
}

bool value_fits(const std::string& type, const std::string& text) {
  static const std::map<std::string, std::regex> forms = {
      {"Number", std::regex("[0-9]{1,18}")},
      {"Count", std::regex("[0-9]{1,15}")},
      {"Date", std::regex("[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")},
      {"DateTime", std::regex("[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
                              "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?"
                              "(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?")},
      {"Direction", std::regex("CRDT|DBIT")},
      {"Truth", std::regex("true|false|0|1")},
      {"Code", std::regex(".{1,4}")},
      {"Currency", std::regex("[A-Z]{3}")},
      {"Iban", std::regex("[A-Z]{2}[0-9]{2}[a-zA-Z0-9]{1,30}")},
      {"Bic", std::regex("[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")},
      {"Uuid4", std::regex("[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}")},
  };
  if (type.starts_with("Text")) {
    const usize characters = characters_of(text);
    return characters >= 1 && characters <= std::stoul(type.substr(4));
  }
  if (type == "Amount") return is_decimal(text, 5);
  if (type == "Decimal") return is_decimal(text, 17);
  return std::regex_match(text, forms.at(type));
}

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \n") == std::string::npos;
}

class StructureCheck {
 public:
  explicit StructureCheck(std::string name_space) : name_space_(std::move(name_space)) {}

  // Empty, or the problem.
  std::string check(const XmlNode& node, const std::string& type, const std::string& path) {
    if (node.name_space != name_space_) return path + " is of another namespace";
    if (type == "Any") return "";
    const bool is_amount = type == "Amount";
    if (node.attributes.size() != (is_amount ? 1u : 0u)) return path + " has other attributes";
    if (is_amount &&
        (!node.attributes.contains("Ccy") || !value_fits("Currency", node.attributes.at("Ccy")))) {
      return path + " has no currency";
    }
    const auto found = types().find(type);
    if (found == types().end()) {
      const bool fits =
          node.children.empty() && value_fits(type, node.text) && !is_blank(node.text);
      return fits ? "" : fmt::format("{}: '{}' is no {}", path, node.text, type);
    }
    if (!is_blank(node.text)) {
      return path + " has text between its elements";
    }
    return found->second.choice ? check_choice(node, found->second, path)
                                : check_sequence(node, found->second, path);
  }

 private:
  std::string check_choice(const XmlNode& node, const ComplexType& type, const std::string& path) {
    if (node.children.size() != 1) return path + " must have one element";
    for (const Place& place : type.places) {
      const XmlNode& child = node.children.front();
      if (child.name == place.name) return check(child, place.type, path + "/" + child.name);
    }
    return fmt::format("{}: {} is out of place", path, node.children.front().name);
  }

  std::string check_sequence(const XmlNode& node, const ComplexType& type,
                             const std::string& path) {
    usize next = 0;
    for (const Place& place : type.places) {
      usize count = 0;
      for (; next < node.children.size() && node.children[next].name == place.name; ++next) {
        const std::string problem = check(node.children[next], place.type, path + "/" + place.name);
        if (!problem.empty()) return problem;
        ++count;
      }
      if (count < place.least) return fmt::format("{}: {} is not there", path, place.name);
      if (count > place.most) return fmt::format("{}: {} is there too often", path, place.name);
    }
    if (next == node.children.size()) return "";
    return fmt::format("{}: {} is out of place", path, node.children[next].name);
  }

  std::string name_space_;
};

std::string text_of(const xmlChar* text) {
  return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text));
}

XmlNode element_at(xmlTextReaderPtr reader) {
  XmlNode node;
  node.name = text_of(xmlTextReaderConstLocalName(reader));
  node.name_space = text_of(xmlTextReaderConstNamespaceUri(reader));
  while (xmlTextReaderMoveToNextAttribute(reader) == 1) {
    if (xmlTextReaderIsNamespaceDecl(reader) == 1) continue;
    node.attributes[text_of(xmlTextReaderConstLocalName(reader))] =
        text_of(xmlTextReaderConstValue(reader));
  }
  xmlTextReaderMoveToElement(reader);
  return node;
}

// Closes the innermost open element: it becomes a child of the one around it.
void close_innermost(std::vector<XmlNode>& open) {
  XmlNode closed = std::move(open.back());
  open.pop_back();
  open.back().children.push_back(std::move(closed));
}

}  // namespace

std::vector<const XmlNode*> XmlNode::all(std::string_view path) const {
  const usize slash = path.find('/');
  std::vector<const XmlNode*> found;
  for (const XmlNode& child : children) {
    if (child.name != path.substr(0, slash)) continue;
    if (slash == std::string_view::npos) {
      found.push_back(&child);
    } else {
      const std::vector<const XmlNode*> below = child.all(path.substr(slash + 1));
      found.insert(found.end(), below.begin(), below.end());
    }
  }
  return found;
}

const XmlNode& XmlNode::at(std::string_view path) const {
  const std::vector<const XmlNode*> found = all(path);
  EXPECT_EQ(found.size(), 1u) << name << "/" << path;
  static const XmlNode nothing;
  return found.empty() ? nothing : *found.front();
}

ReadXml read_xml(std::string_view bytes) {
  const std::unique_ptr<xmlTextReader, decltype(&xmlFreeTextReader)> reader(
      xmlReaderForMemory(bytes.data(), static_cast<int>(bytes.size()), nullptr, nullptr,
                         XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING),
      &xmlFreeTextReader);
  ReadXml result;
  std::vector<XmlNode> open(1);
  int state = xmlTextReaderRead(reader.get());
  for (; state == 1; state = xmlTextReaderRead(reader.get())) {
    const int kind = xmlTextReaderNodeType(reader.get());
    if (kind == XML_READER_TYPE_ELEMENT) {
      const bool empty = xmlTextReaderIsEmptyElement(reader.get()) == 1;
      open.push_back(element_at(reader.get()));
      if (empty) close_innermost(open);
    } else if (kind == XML_READER_TYPE_END_ELEMENT) {
      close_innermost(open);
    } else if (kind == XML_READER_TYPE_TEXT || kind == XML_READER_TYPE_CDATA ||
               kind == XML_READER_TYPE_SIGNIFICANT_WHITESPACE) {
      open.back().text += text_of(xmlTextReaderConstValue(reader.get()));
    }
  }
  if (state != 0 || open.size() != 1 || open.front().children.size() != 1) {
    result.problem = "not well-formed";
  } else {
    result.root = open.front().children.front();
  }
  return result;
}

std::string structure_problem(CamtMessage message, std::string_view bytes) {
  const bool is_statement = message == CamtMessage::Statement;
  const ReadXml document = read_xml(bytes);
  if (!document.problem.empty()) return document.problem;
  if (document.root.name != "Document") return "the root is not Document";
  StructureCheck check(std::string("urn:iso:std:iso:20022:tech:xsd:camt.") +
                       (is_statement ? "053" : "054") + ".001.08");
  return check.check(document.root, is_statement ? "StatementDocument" : "NotificationDocument",
                     "Document");
}

}  // namespace florin::test
