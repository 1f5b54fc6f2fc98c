// Fields stand in one order, each with its name and its text, so that both kinds of line are made
// by one list and cannot drift apart.
#include "exporter/change_text.h"

#include <cstring>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/int128.h"
#include "ledger/outcome.h"

namespace florin::exporter {

using ledger::ChangeEvent;
using ledger::ChangeKind;

namespace {

std::string_view status_name(u8 status) {
  switch (ledger::PendingStatus{status}) {
    case ledger::PendingStatus::None: return "";
    case ledger::PendingStatus::Pending: return "pending";
    case ledger::PendingStatus::Posted: return "posted";
    case ledger::PendingStatus::Voided: return "voided";
    case ledger::PendingStatus::Expired: return "expired";
  }
  CHECK(false);
}

// The longest line has some fifty fields, and a text of at most 104 bytes, each of which JSON may
// take for six.
constexpr usize kLineBytesMax = 8'192;
static_assert(kLineBytesMax > 50 * (64 + kDecimalDigitsMax) + 6 * ledger::kReasonBytesMax);

// A line that is being written, and is appended to the text when it is whole.
class LineBytes {
 public:
  void letter(char letter) { *end_++ = letter; }
  void word(std::string_view word) {
    std::memcpy(end_, word.data(), word.size());
    end_ += word.size();
  }
  void number(u128 value) { end_ = write_decimal(value, end_); }
  void end(std::string& text) {
    letter('\n');
    CHECK(end_ <= std::end(bytes_));
    text.append(bytes_, end_);
  }

 private:
  char bytes_[kLineBytesMax];
  char* end_ = bytes_;
};

// Numbers that other programs would round (beyond 2^53) are strings, always.
class JsonLine {
 public:
  explicit JsonLine(std::string& text) : text_(text) {}

  void wide(std::string_view field, u128 value) {
    begin(field);
    line_.letter('"');
    line_.number(value);
    line_.letter('"');
  }
  void narrow(std::string_view field, u32 value) {
    begin(field);
    line_.number(value);
  }
  void word(std::string_view field, std::string_view value) {
    if (value.empty()) return none(field);
    begin(field);
    line_.letter('"');
    line_.word(value);
    line_.letter('"');
  }
  // Anything that a person wrote.
  void prose(std::string_view field, std::string_view value) {
    begin(field);
    line_.word(
        nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  // What this kind of change does not have.
  void none(std::string_view) {}
  void end() {
    line_.letter('}');
    line_.end(text_);
  }

 private:
  void begin(std::string_view field) {
    line_.letter(first_ ? '{' : ',');
    first_ = false;
    line_.letter('"');
    line_.word(field);
    line_.letter('"');
    line_.letter(':');
  }

  std::string& text_;
  LineBytes line_;
  bool first_ = true;
};

class CsvLine {
 public:
  explicit CsvLine(std::string& text) : text_(text) {}

  void wide(std::string_view field, u128 value) {
    none(field);
    line_.number(value);
  }
  void narrow(std::string_view field, u32 value) { wide(field, value); }
  void word(std::string_view field, std::string_view value) {
    none(field);
    line_.word(value);
  }
  // Quoted as RFC 4180 has it.
  void prose(std::string_view field, std::string_view value) {
    none(field);
    line_.letter('"');
    for (const char letter : value) {
      if (letter == '"') line_.letter('"');
      line_.letter(letter);
    }
    line_.letter('"');
  }
  void none(std::string_view) {
    if (!first_) line_.letter(',');
    first_ = false;
  }
  void end() { line_.end(text_); }

 private:
  std::string& text_;
  LineBytes line_;
  bool first_ = true;
};

// The names alone.
class CsvNames {
 public:
  explicit CsvNames(std::string& text) : text_(text) {}

  void wide(std::string_view field, u128) { none(field); }
  void narrow(std::string_view field, u32) { none(field); }
  void word(std::string_view field, std::string_view) { none(field); }
  void prose(std::string_view field, std::string_view) { none(field); }
  void none(std::string_view field) {
    if (!first_) text_ += ',';
    first_ = false;
    text_ += field;
  }
  void end() { text_ += '\n'; }

 private:
  std::string& text_;
  bool first_ = true;
};

// The objects of a change: those of other kinds are null.
struct Objects {
  const ledger::Transfer* transfer = nullptr;
  const ledger::TransferBalances* balances = nullptr;
  const ledger::Account* account = nullptr;
  const ledger::AccountChange* change = nullptr;
};

Objects objects_of(const ChangePage& page, const ChangeEvent& event) {
  switch (ChangeKind{event.kind}) {
    case ChangeKind::AccountCreated: return {.account = &page.accounts[event.object]};
    case ChangeKind::AccountUpdated: return {.change = &page.account_changes[event.object]};
    case ChangeKind::TransferCreated:
    case ChangeKind::HoldExpired:
      return {.transfer = &page.transfers[event.object], .balances = &page.balances[event.object]};
    // It moved nothing: the balances are zeros.
    case ChangeKind::TransferRefused: return {.transfer = &page.transfers[event.object]};
  }
  CHECK(false);
}

// A field that some kinds of change do not have.
template <class Line, class Object, class Value>
void wide(Line& line, std::string_view field, const Object* object, Value Object::*member) {
  if (object == nullptr) return line.none(field);
  line.wide(field, object->*member);
}

template <class Line>
void add_transfer(Line& line, const ChangeEvent& event, const Objects& objects) {
  using ledger::Transfer;
  const Transfer* const transfer = objects.transfer;
  wide(line, "transfer_id", transfer, &Transfer::id);
  wide(line, "debit_account_id", transfer, &Transfer::debit_account_id);
  wide(line, "credit_account_id", transfer, &Transfer::credit_account_id);
  wide(line, "amount", transfer, &Transfer::amount);
  wide(line, "pending_id", transfer, &Transfer::pending_id);
  if (transfer == nullptr) {
    line.none("timeout");
  } else {
    line.narrow("timeout", transfer->timeout);
  }
  if (objects.balances == nullptr) {
    line.none("released");
    line.none("remaining");
    line.none("pending_status");
    return;
  }
  line.wide("released", event.released);
  line.wide("remaining", event.remaining);
  line.word("pending_status", status_name(event.pending_status));
}

template <class Line>
void add_balances(Line& line, const ledger::TransferBalances* after) {
  using ledger::TransferBalances;
  wide(line, "debit_account_debits_pending", after,
       &TransferBalances::debit_account_debits_pending);
  wide(line, "debit_account_debits_posted", after, &TransferBalances::debit_account_debits_posted);
  wide(line, "debit_account_credits_pending", after,
       &TransferBalances::debit_account_credits_pending);
  wide(line, "debit_account_credits_posted", after,
       &TransferBalances::debit_account_credits_posted);
  wide(line, "credit_account_debits_pending", after,
       &TransferBalances::credit_account_debits_pending);
  wide(line, "credit_account_debits_posted", after,
       &TransferBalances::credit_account_debits_posted);
  wide(line, "credit_account_credits_pending", after,
       &TransferBalances::credit_account_credits_pending);
  wide(line, "credit_account_credits_posted", after,
       &TransferBalances::credit_account_credits_posted);
}

template <class Line, class Object>
void add_user_data(Line& line, const Object& object) {
  line.wide("user_data_128", object.user_data_128);
  line.wide("user_data_64", object.user_data_64);
  line.narrow("user_data_32", object.user_data_32);
}

template <class Line, class Object>
void add_common(Line& line, const Object& object) {
  line.narrow("ledger", object.ledger);
  line.narrow("code", object.code);
  line.narrow("flags", object.flags);
  add_user_data(line, object);
  line.wide("timestamp", object.timestamp);
}

// What transfers and accounts have alike.
template <class Line>
void add_shared(Line& line, const Objects& objects) {
  if (objects.transfer != nullptr) return add_common(line, *objects.transfer);
  if (objects.account != nullptr) return add_common(line, *objects.account);
  const ledger::AccountUpdate& update = objects.change->update;
  line.none("ledger");
  line.none("code");
  line.narrow("flags", update.flags);
  add_user_data(line, update);
  line.wide("timestamp", update.timestamp);
}

template <class Line>
void add_account(Line& line, const Objects& objects) {
  if (objects.account != nullptr) {
    line.wide("account_id", objects.account->id);
  } else if (objects.change != nullptr) {
    line.wide("account_id", objects.change->update.account_id);
  } else {
    line.none("account_id");
  }
}

// Why an account was updated, in words of a person, or why a transfer was refused: a name.
template <class Line>
void add_reason(Line& line, const ChangeEvent& event, const Objects& objects) {
  if (objects.change != nullptr) {
    const ledger::AccountUpdate& update = objects.change->update;
    line.prose("reason", std::string_view(update.reason, update.reason_length));
  } else if (ChangeKind{event.kind} == ChangeKind::TransferRefused) {
    line.word("reason", name(ledger::TransferOutcome{event.outcome}));
  } else {
    line.none("reason");
  }
}

template <class Line>
void add_update(Line& line, const ChangeEvent& event, const Objects& objects) {
  using ledger::AccountUpdate;
  const ledger::AccountChange* const change = objects.change;
  const AccountUpdate* const update = change == nullptr ? nullptr : &change->update;
  wide(line, "update_id", update, &AccountUpdate::id);
  wide(line, "changes", update, &AccountUpdate::changes);
  wide(line, "overdraft_limit", update, &AccountUpdate::overdraft_limit);
  wide(line, "balance_limit", update, &AccountUpdate::balance_limit);
  wide(line, "transfer_limit", update, &AccountUpdate::transfer_limit);
  wide(line, "velocity_window", update, &AccountUpdate::velocity_window);
  wide(line, "velocity_sum_limit", update, &AccountUpdate::velocity_sum_limit);
  wide(line, "velocity_count_limit", update, &AccountUpdate::velocity_count_limit);
  add_reason(line, event, objects);
  wide(line, "principal", change, &ledger::AccountChange::principal);
}

template <class Line>
void add_fields(Line& line, const ChangeEvent& event, const Objects& objects) {
  line.wide("position", event.position);
  line.narrow("index", event.index);
  line.word("kind", ledger::name(ChangeKind{event.kind}));
  line.wide("logged_at", event.timestamp);
  add_transfer(line, event, objects);
  add_account(line, objects);
  add_shared(line, objects);
  add_balances(line, objects.balances);
  add_update(line, event, objects);
  line.end();
}

std::string make_csv_names() {
  const ChangeEvent event{.kind = static_cast<u8>(ChangeKind::AccountCreated)};
  const ledger::Account account{};
  std::string text;
  CsvNames names(text);
  add_fields(names, event, Objects{.account = &account});
  return text;
}

}  // namespace

std::string_view name(TextKind kind) { return kind == TextKind::Ndjson ? "ndjson" : "csv"; }

std::string_view first_line(TextKind kind) {
  static const std::string csv_names = make_csv_names();
  return kind == TextKind::Csv ? std::string_view(csv_names) : std::string_view();
}

void append_line(TextKind kind, const ChangePage& page, usize event, std::string& text) {
  const ChangeEvent& change = page.events[event];
  const Objects objects = objects_of(page, change);
  if (kind == TextKind::Csv) {
    CsvLine line(text);
    add_fields(line, change, objects);
  } else {
    JsonLine line(text);
    add_fields(line, change, objects);
  }
}

}  // namespace florin::exporter
