// The bank's own files: what is taken from them, and what is said of mistakes in them.
#include "statement/reference.h"

#include <fstream>

#include <gtest/gtest.h>

#include "base/random.h"
#include "statement/identifiers.h"
#include "tests/storage/scratch.h"

namespace florin::test {

using statement::Holders;
using statement::Reference;

namespace {

std::string said_of_holders(const std::string& text) {
  const auto holders = Holders::of_text(text, "holders.csv");
  return holders ? "" : holders.error().message;
}

class BankFile {
 public:
  explicit BankFile(const std::string& text, const std::string& holders = "") {
    std::ofstream(path()) << text;
    if (!holders.empty()) std::ofstream(scratch_ / "holders.csv") << holders;
  }
  std::string path() const { return scratch_ / "bank.toml"; }
  std::string said() const {
    const auto reference = Reference::open(path());
    if (reference) return "";
    std::string message = reference.error().message;
    const usize at = message.find(path());
    return at == std::string::npos ? message : message.replace(at, path().size(), "bank.toml");
  }

 private:
  storage::ScratchDirectory scratch_;
};

constexpr const char* kHeader = "account_id,name,iban,address_1,address_2\n";

}  // namespace

TEST(Identifiers, take_ibans_that_are_right) {
  for (const char* const right :
       {"DE89370400440532013000", "GB82WEST12345698765432", "FR1420041010050500013M02606",
        "NO9386011117947", "MT84MALT011000012345MTLCAST001S", "FI7433010001222090",
        "CH2909000000250094239"}) {
    const auto iban = statement::normal_iban(right);
    ASSERT_TRUE(iban) << iban.error().message;
    EXPECT_EQ(*iban, right);
  }
  EXPECT_EQ(*statement::normal_iban("de89 3704 0044 0532 0130 00"), "DE89370400440532013000");
  for (const char* const wrong :
       {"", "DE88370400440532013000", "DE8937040044053201300", "DE893704004405320130000",
        "DE89370400440532013O00", "89DE370400440532013000", "DE89-3704-0044", "XY",
        "GB82WEST12345698765423"}) {
    EXPECT_FALSE(statement::normal_iban(wrong)) << wrong;
  }
}

// Any single character that is mistaken is found, and any two neighbours that are swapped.
TEST(Identifiers, find_mistakes_in_ibans) {
  const std::string right = "DE89370400440532013000";
  for (usize at = 4; at < right.size(); ++at) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      std::string typed = right;
      typed[at] = digit;
      EXPECT_EQ(statement::normal_iban(typed).has_value(), typed == right) << typed;
    }
    std::string swapped = right;
    std::swap(swapped[at], swapped[at - 1]);
    EXPECT_EQ(statement::normal_iban(swapped).has_value(), swapped == right) << swapped;
  }
}

TEST(Identifiers, check_bics) {
  EXPECT_EQ(*statement::normal_bic("florde bb"), "FLORDEBB");
  EXPECT_EQ(*statement::normal_bic("FLORDEBBXXX"), "FLORDEBBXXX");
  for (const char* const wrong : {"", "FLORDEB", "FLORDEBBX", "FLOR12BB", "FLORDEBB!!!"}) {
    EXPECT_FALSE(statement::normal_bic(wrong)) << wrong;
  }
}

TEST(Holders, are_found_by_account) {
  const auto holders = Holders::of_text(
      std::string("\xef\xbb\xbf") + kHeader +
          "7,\"Müller, \"\"Änne\"\"\",DE89 3704 0044 0532 0130 00,\"Weg 1\nHinterhaus\",Köln\r\n"
          "340282366920938463463374607431768211454,Biggest,,,\n"
          "5,,GB82WEST12345698765432,,Upstairs",
      "holders.csv");
  ASSERT_TRUE(holders) << holders.error().message;
  EXPECT_EQ(holders->size(), 3U);
  const statement::Party party = holders->find(7);
  EXPECT_TRUE(party.account_id == 7);
  EXPECT_EQ(party.name, "Müller, \"Änne\"");
  EXPECT_EQ(party.iban, "DE89370400440532013000");
  EXPECT_EQ(party.address, (std::vector<std::string>{"Weg 1\nHinterhaus", "Köln"}));
  EXPECT_EQ(holders->find(5).address, std::vector<std::string>{"Upstairs"});
  EXPECT_EQ(holders->find(kU128Max - 1).name, "Biggest");
  EXPECT_TRUE(holders->find(6).account_id == 6);
  EXPECT_EQ(holders->find(6).name, "");
}

TEST(Holders, are_found_whatever_their_order) {
  std::string text = "account_id,name,iban\n";
  std::vector<u64> ids;
  Random random(5);
  for (u64 id = 1; id <= 3'000; ++id) ids.push_back(id * 7);
  for (usize index = ids.size(); index-- > 1;) std::swap(ids[index], ids[random.below(index + 1)]);
  for (const u64 id : ids) text += std::to_string(id) + ",name " + std::to_string(id) + ",\n";
  const auto holders = Holders::of_text(text, "holders.csv");
  ASSERT_TRUE(holders);
  for (u64 id = 1; id <= 21'001; ++id) {
    EXPECT_EQ(holders->find(id).name,
              id % 7 == 0 && id <= 21'000 ? "name " + std::to_string(id) : "");
  }
}

TEST(Holders, tell_the_line_of_a_mistake) {
  const std::string header = kHeader;
  EXPECT_EQ(said_of_holders(header + "1,a,,,\n2,b,DE88370400440532013000,,\n"),
            "holders.csv line 3: 'DE88370400440532013000' is no IBAN: its check digits are wrong; "
            "look for characters that are mistaken or swapped");
  EXPECT_EQ(said_of_holders(header + "1,\"a\nb\",,,\nx,b,,,\n"),
            "holders.csv line 4: account_id is 'x'; expected the number of an account");
  EXPECT_EQ(said_of_holders(header + "1,a,,\n"),
            "holders.csv line 2: 4 cells; expected 5, as in the header");
  EXPECT_EQ(said_of_holders(header + "1,a,,,\n1,b,,,\n"),
            "holders.csv: the account 1 has two lines; expected one");
  EXPECT_NE(said_of_holders(header + "1,a \"b\" c,,,\n").find("line 2"), std::string::npos);
  EXPECT_NE(said_of_holders(header + "1,\"never ends").find("line 2"), std::string::npos);
  EXPECT_NE(said_of_holders(header + "1,\xff,,,\n").find("UTF-8"), std::string::npos);
  EXPECT_NE(said_of_holders("").find("empty"), std::string::npos);
  EXPECT_NE(said_of_holders("id,name,iban\n").find("account_id,name,iban"), std::string::npos);
}

TEST(Reference, works_without_a_file) {
  const Reference reference;
  EXPECT_EQ(reference.ledger(978).name, "EUR");
  EXPECT_EQ(reference.ledger(392).decimals, 0U);
  EXPECT_EQ(reference.ledger(7).name, "ledger-7");
  EXPECT_EQ(reference.kind(14).text, "Code 14");
  EXPECT_EQ(reference.kind(14).mt940, "MSC");
  EXPECT_EQ(reference.calendar().time_zone({2026, 1, 1}), "UTC");
  EXPECT_TRUE(reference.party(101).account_id == 101);
  EXPECT_TRUE(reference.checksum() == 0);
}

TEST(Reference, takes_everything_from_its_file) {
  const BankFile file(
      "name = 'Florin Bank'\nbic = 'flordebbxxx'\naddress = ['Weg 1', 'Köln']\n"
      "time_zone = [{name = 'Europe/Helsinki'}, {from = '2026-01-01', name = 'Europe/Berlin'}]\n"
      "holders = 'holders.csv'\n"
      "[ledgers]\n978 = 'EUR'\n1000001 = 'BTC:8'\n"
      "[codes.14]\ntext = 'Card payment'\ndomain = 'PMNT'\nfamily = 'CCRD'\nsub_family = 'POSD'\n"
      "mt940 = 'CRD'\n[codes.15]\ntext = 'Fee'\n",
      "account_id,name,iban\n101,Ada,\n");
  const auto reference = Reference::open(file.path());
  ASSERT_TRUE(reference) << reference.error().message;
  EXPECT_EQ(reference->bank().name, "Florin Bank");
  EXPECT_EQ(reference->bank().bic, "FLORDEBBXXX");
  EXPECT_EQ(reference->bank().address.size(), 2U);
  EXPECT_EQ(reference->calendar().time_zone({2025, 12, 31}), "Europe/Helsinki");
  EXPECT_EQ(reference->calendar().time_zone({2026, 1, 1}), "Europe/Berlin");
  EXPECT_EQ(reference->ledger(1'000'001).name, "BTC");
  EXPECT_EQ(reference->ledger(1'000'001).decimals, 8U);
  EXPECT_EQ(reference->kind(14).sub_family, "POSD");
  EXPECT_EQ(reference->kind(14).mt940, "CRD");
  EXPECT_EQ(reference->kind(15).mt940, "MSC");
  EXPECT_EQ(reference->party(101).name, "Ada");
  EXPECT_FALSE(reference->checksum() == 0);
}

TEST(Reference, has_another_checksum_when_any_of_its_files_changes) {
  const std::string text = "name = 'a'\nholders = 'holders.csv'\n";
  const std::string header = "account_id,name,iban\n";
  const auto checksum = [](const BankFile& file) {
    return Reference::open(file.path())->checksum();
  };
  const u128 first = checksum(BankFile(text, header));
  EXPECT_TRUE(first == checksum(BankFile(text, header)));
  EXPECT_FALSE(first == checksum(BankFile(text + " ", header)));
  EXPECT_FALSE(first == checksum(BankFile(text, header + "1,,\n")));
}

TEST(Reference, tells_the_line_of_a_mistake) {
  EXPECT_EQ(
      BankFile("name = 'a'\nbic = 'FLOR'\n").said(),
      "bank.toml line 2: bic: 'FLOR' is no BIC; expected 8 or 11 characters, such as FLORDEBB");
  EXPECT_EQ(BankFile("time_zone = 'Europe/Bonn'\n").said(),
            "bank.toml line 1: time_zone: 'Europe/Bonn' is no time zone; expected a name such as "
            "Europe/Berlin or UTC");
  EXPECT_EQ(
      BankFile("time_zone = [{name = 'UTC'},\n {name = 'UTC'}]\n").said(),
      "bank.toml line 2: time_zone: expected the first day on which it holds, such as 2026-01-01");
  EXPECT_NE(BankFile("time_zone = 7\n").said().find("line 1"), std::string::npos);
  EXPECT_NE(BankFile("time_zone = []\n").said().find("at least one"), std::string::npos);
  EXPECT_NE(BankFile("[ledgers]\n978 = 'Euro'\n").said().find("bank.toml line 2"),
            std::string::npos);
  EXPECT_NE(BankFile("[codes.0]\ntext = 'a'\n").said().find("1 to 65535"), std::string::npos);
  EXPECT_NE(BankFile("[codes.1]\n").said().find("'text' is missing"), std::string::npos);
  EXPECT_NE(BankFile("[codes.1]\ntext = 'a'\ndomain = 'PMNT'\n").said().find("together"),
            std::string::npos);
  EXPECT_NE(BankFile("[codes.1]\ntext = 'a'\nmt940 = 'ab'\n").said().find("TRF"),
            std::string::npos);
  EXPECT_NE(BankFile("bank = 'a'\n").said().find("'bank' is not known here"), std::string::npos);
  EXPECT_NE(BankFile("holders = 'nobody.csv'\n").said().find("nobody.csv"), std::string::npos);
  EXPECT_FALSE(Reference::open("/nonexistent/bank.toml"));
}

}  // namespace florin::test
