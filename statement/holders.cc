#include "statement/holders.h"

#include <algorithm>
#include <cstring>

#include <csv.h>
#include <fmt/core.h>

#include "base/int128.h"
#include "exporter/durable_file.h"
#include "statement/identifiers.h"

namespace florin::statement {

namespace {

// account_id, name, iban: those that every file has.
constexpr usize kNamedColumns = 3;
constexpr usize kAddressLinesMost = 10;

bool is_utf8(std::string_view text) {
  usize more = 0;
  for (const char letter : text) {
    const u8 byte = static_cast<u8>(letter);
    if (more > 0) {
      if (byte >> 6 != 2) return false;
      --more;
    } else if (byte >= 0x80) {
      more = byte >> 5 == 6 ? 1 : byte >> 4 == 14 ? 2 : byte >> 3 == 30 ? 3 : 0;
      if (more == 0 || byte < 0xc2) return false;
    }
  }
  return more == 0;
}

}  // namespace

// Is given cells and ends of rows by libcsv, one after the other. The first error is kept.
class HoldersReader {
 public:
  HoldersReader(const std::string& path, Holders& holders) : path_(path), holders_(holders) {
    csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI);
  }
  ~HoldersReader() { csv_free(&parser_); }
  HoldersReader(const HoldersReader&) = delete;
  HoldersReader& operator=(const HoldersReader&) = delete;

  Status read(std::string_view text) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    while (!text.empty() && status_) {
      const usize end = std::min(text.find('\n'), text.size() - 1) + 1;
      ++line_;
      if (cells_.empty()) row_line_ = line_;
      if (csv_parse(&parser_, text.data(), end, on_cell, on_row, this) != end) refuse_syntax();
      text.remove_prefix(end);
    }
    if (status_ && csv_fini(&parser_, on_cell, on_row, this) != 0) refuse_syntax();
    if (status_ && !has_header_) refuse("the file is empty; expected a header");
    if (!status_) return status_;
    return sort();
  }

 private:
  static void on_cell(void* text, usize size, void* self) {
    auto* const reader = static_cast<HoldersReader*>(self);
    reader->cells_.emplace_back(static_cast<const char*>(text), size);
  }
  static void on_row(int, void* self) {
    auto* const reader = static_cast<HoldersReader*>(self);
    if (reader->status_) reader->take_row();
    reader->cells_.clear();
    reader->row_line_ = reader->line_;
  }

  void refuse(const std::string& why) {
    if (status_) {
      status_ =
          fail(ErrorCode::InvalidArgument, fmt::format("{} line {}: {}", path_, row_line_, why));
    }
  }
  void refuse_syntax() {
    refuse(
        fmt::format("{}; expected cells with quotes around them doubled within, as RFC 4180 has it",
                    csv_strerror(csv_error(&parser_))));
  }

  void take_row() {
    if (!has_header_) return take_header();
    if (cells_.size() != holders_.columns_) {
      return refuse(
          fmt::format("{} cells; expected {}, as in the header", cells_.size(), holders_.columns_));
    }
    const auto id = parse_u128(cells_[0]);
    if (!id || *id == 0 || *id == kU128Max) {
      return refuse(
          fmt::format("account_id is '{}'; expected the number of an account", cells_[0]));
    }
    if (!cells_[2].empty()) {
      auto iban = normal_iban(cells_[2]);
      if (!iban) return refuse(iban.error().message);
      cells_[2] = *iban;
    }
    holders_.rows_.push_back({high_half(*id), low_half(*id), holders_.text_.size()});
    for (usize column = 1; column < cells_.size(); ++column) {
      const std::string& cell = cells_[column];
      if (!is_utf8(cell)) return refuse("a cell is not UTF-8: save the file with that encoding");
      const u32 size = static_cast<u32>(cell.size());
      holders_.text_.append(reinterpret_cast<const char*>(&size), sizeof(size));
      holders_.text_ += cell;
    }
  }

  void take_header() {
    has_header_ = true;
    const bool named =
        cells_.size() >= kNamedColumns && cells_[0] == "account_id" && cells_[1] == "name" &&
        cells_[2] == "iban" && cells_.size() <= kNamedColumns + kAddressLinesMost &&
        std::all_of(cells_.begin() + kNamedColumns, cells_.end(),
                    [](const std::string& cell) { return cell.starts_with("address"); });
    if (!named) {
      return refuse(
          fmt::format("the header is not as expected: account_id,name,iban and up to {} "
                      "columns of the address, address_1,address_2 and so on",
                      kAddressLinesMost));
    }
    holders_.columns_ = static_cast<u32>(cells_.size());
  }

  Status sort() {
    auto& rows = holders_.rows_;
    const auto before = [](const auto& left, const auto& right) { return left.id() < right.id(); };
    if (!std::is_sorted(rows.begin(), rows.end(), before))
      std::sort(rows.begin(), rows.end(), before);
    const auto twice = std::adjacent_find(
        rows.begin(), rows.end(),
        [](const auto& left, const auto& right) { return left.id() == right.id(); });
    if (twice == rows.end()) return {};
    return fail(ErrorCode::InvalidArgument,
                fmt::format("{}: the account {} has two lines; expected one", path_,
                            to_decimal(twice->id())));
  }

  const std::string& path_;
  Holders& holders_;
  csv_parser parser_{};
  Status status_;
  bool has_header_ = false;
  u64 line_ = 0;
  u64 row_line_ = 0;
  std::vector<std::string> cells_;
};

Result<Holders> Holders::open(const std::string& path) {
  const auto text = exporter::read_whole_file(path);
  if (!text) return tl::unexpected<Error>(text.error());
  if (!*text) return fail(ErrorCode::NotFound, "there is no file " + path);
  return of_text(**text, path);
}

Result<Holders> Holders::of_text(std::string_view text, const std::string& path) {
  Holders holders;
  holders.text_.reserve(text.size());
  HoldersReader reader(path, holders);
  RETURN_IF_ERROR(reader.read(text));
  return holders;
}

Party Holders::find(u128 account_id) const {
  Party party;
  party.account_id = account_id;
  const auto row =
      std::lower_bound(rows_.begin(), rows_.end(), account_id,
                       [](const Row& each, u128 wanted) { return each.id() < wanted; });
  if (row == rows_.end() || row->id() != account_id) return party;
  const char* at = text_.data() + row->text;
  const auto next = [&] {
    u32 size = 0;
    std::memcpy(&size, at, sizeof(size));
    std::string cell(at + sizeof(size), size);
    at += sizeof(size) + size;
    return cell;
  };
  party.name = next();
  party.iban = next();
  for (u32 column = kNamedColumns; column < columns_; ++column) {
    std::string line = next();
    if (!line.empty()) party.address.push_back(std::move(line));
  }
  return party;
}

}  // namespace florin::statement
