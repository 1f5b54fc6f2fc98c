// The tables of updates of accounts.
#include <algorithm>
#include <cstring>

#include "cli/field_access.h"
#include "cli/fields.h"

namespace florin::cli {

namespace {

using ledger::AccountUpdate;

// The reason is the only text: its length stands beside it.
std::string_view get_reason(const AccountUpdate& update) {
  return {update.reason, std::min<usize>(update.reason_length, ledger::kReasonBytesMax)};
}

bool set_reason(AccountUpdate& update, std::string_view text) {
  if (text.size() > ledger::kReasonBytesMax) return false;
  std::memset(update.reason, 0, sizeof(update.reason));
  std::memcpy(update.reason, text.data(), text.size());
  update.reason_length = static_cast<u16>(text.size());
  return true;
}

namespace changes = ledger::account_changes;

constexpr Field<AccountUpdate> kUpdateFields[] = {
    Access<&AccountUpdate::id>::field("id", "of the update; takes effect at most once, for ever"),
    Access<&AccountUpdate::account_id>::field("account_id", "the account to change"),
    Access<&AccountUpdate::user_data_128>::changing<changes::kSetUserData128>("user_data_128",
                                                                              "your own"),
    Access<&AccountUpdate::user_data_64>::changing<changes::kSetUserData64>("user_data_64",
                                                                            "your own"),
    Access<&AccountUpdate::user_data_32>::changing<changes::kSetUserData32>("user_data_32",
                                                                            "your own"),
    Access<&AccountUpdate::overdraft_limit>::changing<changes::kSetOverdraftLimit>(
        "overdraft_limit", "how far it may go below zero, in the minor unit"),
    Access<&AccountUpdate::balance_limit>::changing<changes::kSetBalanceLimit>(
        "balance_limit", "the most that it may hold"),
    Access<&AccountUpdate::transfer_limit>::changing<changes::kSetTransferLimit>(
        "transfer_limit", "the largest single debit"),
    Access<&AccountUpdate::velocity_window>::changing<changes::kSetVelocityLimit>(
        "velocity_window", "seconds, 60 to 2592000; sets a velocity limit"),
    Access<&AccountUpdate::velocity_sum_limit>::changing<changes::kSetVelocityLimit>(
        "velocity_sum_limit", "the most debited within the window; left out = any sum"),
    Access<&AccountUpdate::velocity_count_limit>::changing<changes::kSetVelocityLimit>(
        "velocity_count_limit", "the most debits within the window; left out = any number"),
    Access<&AccountUpdate::flags>::field("flags", "linked, or a number", FieldForm::Flags),
    {"reason", 0, nullptr, nullptr, "why, for the auditor; 1 to 104 bytes", FieldForm::Text,
     get_reason, set_reason},
};

constexpr FlagName kUpdateFlags[] = {
    {"linked", AccountUpdate::kLinked, "takes effect only together with the next event"},
};

// Those that are said by a word come first.
constexpr FlagName kChanges[] = {
    {"freeze_debits", changes::kFreezeDebits, "refuses debits"},
    {"unfreeze_debits", changes::kUnfreezeDebits, "takes them again"},
    {"freeze_credits", changes::kFreezeCredits, "refuses credits"},
    {"unfreeze_credits", changes::kUnfreezeCredits, "takes them again"},
    {"clear_overdraft_limit", changes::kClearOverdraftLimit, "lifts that limit"},
    {"clear_balance_limit", changes::kClearBalanceLimit, "lifts that limit"},
    {"clear_transfer_limit", changes::kClearTransferLimit, "lifts that limit"},
    {"clear_velocity_limit", changes::kClearVelocityLimit, "lifts that limit"},
    {"set_user_data_128", changes::kSetUserData128, ""},
    {"set_user_data_64", changes::kSetUserData64, ""},
    {"set_user_data_32", changes::kSetUserData32, ""},
    {"set_overdraft_limit", changes::kSetOverdraftLimit, ""},
    {"set_balance_limit", changes::kSetBalanceLimit, ""},
    {"set_transfer_limit", changes::kSetTransferLimit, ""},
    {"set_velocity_limit", changes::kSetVelocityLimit, ""},
};
constexpr usize kChangeWords = 8;

AccountUpdate blank_update() {
  AccountUpdate update{};
  update.velocity_sum_limit = kU128Max;
  update.velocity_count_limit = ~u32{0};
  return update;
}

void finish_update(AccountUpdate& update) {
  if ((update.changes & changes::kSetVelocityLimit) != 0) return;
  update.velocity_sum_limit = 0;
  update.velocity_count_limit = 0;
}

}  // namespace

template <>
const Schema<AccountUpdate>& schema<AccountUpdate>() {
  static const Schema<AccountUpdate> known{
      kUpdateFields,
      kUpdateFlags,
      std::span(kChanges).first<kChangeWords>(),
      [](AccountUpdate& update, u32 bit) { update.changes |= bit; },
      blank_update,
      finish_update};
  return known;
}

std::span<const FlagName> change_names() { return kChanges; }

}  // namespace florin::cli
