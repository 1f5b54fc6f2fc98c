// Who holds which account: a file of the bank's, with a line for each account. Millions of them are
// kept in about the size of the file, and found by a binary search.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "statement/statement.h"

namespace florin::statement {

// Immutable once it was read: for any number of threads.
class Holders {
 public:
  Holders() = default;

  // CSV (RFC 4180, UTF-8). The first line is the header: account_id, name, iban, and as many
  // columns of the address as there are, each named address or address_1 and so on. Empty cells are
  // what is not known. NotFound, PermissionDenied, Io; InvalidArgument names the line and what was
  // expected.
  static Result<Holders> open(const std::string& path);
  // The same of a text; `path` is for messages.
  static Result<Holders> of_text(std::string_view text, const std::string& path);

  usize size() const { return rows_.size(); }
  // With the account's id alone when the file does not have it.
  Party find(u128 account_id) const;

 private:
  friend class HoldersReader;
  struct Row {
    u64 high = 0;  // Of the account's id, as is the next.
    u64 low = 0;
    u64 text = 0;  // Where its cells begin.
    u128 id() const { return make_u128(high, low); }
  };

  std::vector<Row> rows_;  // By id.
  std::string text_;       // Cells behind each other, each behind its length in four bytes.
  u32 columns_ = 0;
};

}  // namespace florin::statement
