#include "importer/balance_check.h"

#include <algorithm>
#include <chrono>

#include <fmt/core.h>

#include "base/int128.h"
#include "ledger/query.h"
#include "money/amount.h"

namespace florin::importer {

namespace {

constexpr usize kExamplesMax = 10;

u128 magnitude(i128 amount) {
  return amount < 0 ? u128{0} - static_cast<u128>(amount) : static_cast<u128>(amount);
}

std::string day_text(u64 end_ns) {
  using namespace std::chrono;
  const year_month_day date(floor<days>(sys_time<nanoseconds>(nanoseconds(end_ns))));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace

std::string BalanceCheck::amount_text(i128 amount) const {
  return (amount < 0 ? "-" : "") + money::format_amount(magnitude(amount), options_.decimals);
}

client::Answer<void> BalanceCheck::compare(const RecordedDay& day, Receiver& receiver) {
  std::vector<u128> ids;
  for (usize first = 0; first < day.accounts.size(); first += ids.size()) {
    const usize count = std::min<usize>(ledger::kQueryLimitMax, day.accounts.size() - first);
    ids.clear();
    for (usize index = 0; index < count; ++index)
      ids.push_back(day.accounts[first + index].account);
    const auto answer = receiver.balances_at(ids, Timestamp{day.end_ns});
    if (!answer) return tl::unexpected<client::ClientError>(answer.error());
    for (usize index = 0; index < count; ++index) {
      ++findings_.account_days;
      const auto& balance = answer->balances[index];
      if (!balance) {
        ++findings_.not_there;
        continue;
      }
      const i128 credits = static_cast<i128>(balance->credits_posted - balance->debits_posted);
      judge(day, day.accounts[first + index], options_.debit_side ? -credits : credits);
    }
  }
  return {};
}

void BalanceCheck::judge(const RecordedDay& day, const RecordedDay::AccountDay& account,
                         i128 balance) {
  i128& carried = carried_[account.account];
  const i128 expected = balance + carried;
  const i128 nearest = *std::min_element(
      account.balances.begin(), account.balances.end(), [&](i128 first, i128 second) {
        return magnitude(first - expected) < magnitude(second - expected);
      });
  const i128 difference = nearest - expected;
  if (difference == 0) {
    ++findings_.equal;
    return;
  }
  carried += difference;
  if (magnitude(difference) <= options_.tolerance) {
    ++findings_.within_tolerance;
    return;
  }
  ++findings_.off;
  if (findings_.examples.size() == kExamplesMax) return;
  findings_.examples.push_back(
      fmt::format("account {} on the day that ends {}: {} in the ledger, {} recorded, off by {}",
                  to_decimal(account.account), day_text(day.end_ns), amount_text(expected),
                  amount_text(nearest), amount_text(difference)));
}

}  // namespace florin::importer
