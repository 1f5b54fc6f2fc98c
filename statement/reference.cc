#include "statement/reference.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/core.h>

#include "base/checksum.h"
#include "exporter/durable_file.h"
#include "money/currency.h"
#include "settings/settings_file.h"
#include "statement/identifiers.h"

namespace florin::statement {

namespace {

constexpr const char* kUsualMt940 = "MSC";  // "Miscellaneous".

bool consists_of_capitals_and_figures(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char each) {
    return (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9');
  });
}

// A part of camt's transaction code is four capitals; together they are all there or none is.
void check_kind(settings::Section& section, const TransactionKind& kind) {
  const std::pair<const char*, const std::string*> parts[] = {
      {"domain", &kind.domain}, {"family", &kind.family}, {"sub_family", &kind.sub_family}};
  const auto given = std::count_if(std::begin(parts), std::end(parts),
                                   [](const auto& part) { return !part.second->empty(); });
  if (given != 0 && given != 3) {
    section.refuse("", "expected domain, family and sub_family together, or none of them");
  }
  for (const auto& [key, text] : parts) {
    if (text->empty() || (text->size() == 4 && consists_of_capitals_and_figures(*text))) continue;
    section.refuse(key, "expected four capitals, as in ISO 20022's list of transaction codes");
  }
  if (kind.mt940.size() != 3 || !consists_of_capitals_and_figures(kind.mt940)) {
    section.refuse("mt940", "expected three capitals or digits, such as TRF");
  }
}

std::optional<u16> parse_code(const std::string& text) {
  u16 code = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, code);
  if (parsed.ec != std::errc() || parsed.ptr != end || code == 0) return std::nullopt;
  return code;
}

}  // namespace

// Fills a Reference from the sections of its file.
class ReferenceReader {
 public:
  ReferenceReader(settings::Section root, const std::string& zones, Reference& reference)
      : root_(root), zones_(zones), reference_(reference) {}

  void read() {
    Bank& bank = reference_.bank_;
    bank.name = root_.text("name");
    bank.address = root_.texts("address");
    if (const std::string bic = root_.text("bic"); !bic.empty()) {
      const auto normal = normal_bic(bic);
      if (!normal) return root_.refuse("bic", normal.error().message);
      bank.bic = *normal;
    }
    read_calendar();
    read_ledgers();
    read_codes();
    holders_path_ = root_.text("holders");
  }
  const std::string& holders_path() const { return holders_path_; }

 private:
  void add_zone(settings::Section section, const char* key, const std::string& name, Day from) {
    auto zone = TimeZone::load(name, zones_);
    if (!zone) return section.refuse(key, zone.error().message);
    found_.push_back({from, std::move(*zone)});
  }

  void read_calendar() {
    constexpr Day kFirst{1970, 1, 1};
    if (!root_.is_list("time_zone")) {
      const std::string name = root_.text("time_zone", "UTC");
      if (name == "UTC") return;  // Needs no files of time zones.
      add_zone(root_, "time_zone", name, kFirst);
    } else {
      for (settings::Section& section : root_.sections("time_zone")) {
        const std::string from = section.text("from", found_.empty() ? date_text(kFirst) : "");
        const auto day = parse_day(from);
        if (!day) {
          return section.refuse("from",
                                "expected the first day on which it holds, such as 2026-01-01");
        }
        add_zone(section, "name", section.required_text("name"), *day);
      }
    }
    if (found_.empty() && !root_.is_list("time_zone")) return;  // Was refused.
    auto calendar = Calendar::of(std::move(found_));
    if (!calendar) return root_.refuse("time_zone", calendar.error().message);
    reference_.calendar_ = std::move(*calendar);
  }

  void read_ledgers() {
    settings::Section section = root_.section("ledgers");
    for (const std::string& ledger : section.keys()) {
      const Status added = reference_.ledgers_.add(ledger + "=" + section.text(ledger));
      if (!added) section.refuse(ledger, added.error().message);
    }
  }

  void read_codes() {
    settings::Section codes = root_.section("codes");
    for (const std::string& key : codes.keys()) {
      settings::Section section = codes.section(key);
      const auto code = parse_code(key);
      if (!code) return codes.refuse(key, "expected a code of transfers, from 1 to 65535");
      TransactionKind kind;
      kind.text = section.required_text("text");
      kind.domain = section.text("domain");
      kind.family = section.text("family");
      kind.sub_family = section.text("sub_family");
      kind.mt940 = section.text("mt940", kUsualMt940);
      check_kind(section, kind);
      reference_.kinds_.emplace(*code, std::move(kind));
    }
  }

  settings::Section root_;
  const std::string& zones_;
  Reference& reference_;
  std::vector<Calendar::ZoneFrom> found_;
  std::string holders_path_;
};

Reference::Reference() : calendar_(Calendar::utc()) {}

Result<Reference> Reference::open(const std::string& path, const std::string& zones) {
  const auto text = exporter::read_whole_file(path);
  if (!text) return tl::unexpected<Error>(text.error());
  if (!*text) return fail(ErrorCode::NotFound, "there is no file " + path);
  auto file = settings::SettingsFile::of_text(**text, path);
  if (!file) return tl::unexpected<Error>(file.error());
  Reference reference;
  ReferenceReader reader(file->root(), zones, reference);
  reader.read();
  RETURN_IF_ERROR(file->finish());
  std::string all = **text;
  if (!reader.holders_path().empty()) {
    const auto holders_path =
        (std::filesystem::path(path).parent_path() / reader.holders_path()).string();
    const auto holders_text = exporter::read_whole_file(holders_path);
    if (!holders_text) return tl::unexpected<Error>(holders_text.error());
    if (!*holders_text) {
      return fail(ErrorCode::NotFound,
                  path + " names the file of holders " + holders_path + ", which is not there");
    }
    auto holders = Holders::of_text(**holders_text, holders_path);
    if (!holders) return tl::unexpected<Error>(holders.error());
    reference.holders_ = std::move(*holders);
    const u128 part = checksum128(std::as_bytes(std::span(**holders_text)));
    all.append(reinterpret_cast<const char*>(&part), sizeof(part));
  }
  reference.checksum_ = checksum128(std::as_bytes(std::span(all)));
  return reference;
}

money::LedgerName Reference::ledger(u32 ledger) const {
  if (const money::LedgerName* const own = ledgers_.find(ledger)) return *own;
  if (const money::Currency* const currency = money::find_currency(ledger)) {
    return {ledger, std::string(currency->code), currency->decimals};
  }
  return {ledger, fmt::format("ledger-{}", ledger), 0};
}

TransactionKind Reference::kind(u16 code) const {
  const auto found = kinds_.find(code);
  if (found != kinds_.end()) return found->second;
  TransactionKind kind;
  kind.text = fmt::format("Code {}", code);
  kind.mt940 = kUsualMt940;
  return kind;
}

}  // namespace florin::statement
