// Tables about velocity limits: sums and numbers of debits within a window that moves by buckets.
// With a window of 60 s, a bucket is 937,500,000 ns.
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

// Bucket 64 begins at 60 s and leaves the window with bucket 128, at 120 s.
constexpr std::string_view kWindow = R"(
account  A1                                   -> created
account  A2                                   -> created
update   U1 A1 velocity_sum=100               -> created
limits   A1 -> velocity_sum=100 since=U1
time     60s
transfer T1 A1 -> A2 amount=40                -> created
# The last nanosecond of the bucket, and the first of the next.
time     60937499999ns
transfer T2 A1 -> A2 amount=10                -> created
transfer T3 A1 -> A2 amount=20 pending        -> created
transfer T4 A1 -> A2 amount=31                -> exceeds_velocity_limit
limits   A1 -> velocity_sum=100 used=70 used_count=3 since=U1
# The last nanosecond of the window, and the first behind it.
time     119999999999ns
transfer T5 A1 -> A2 amount=31                -> exceeds_velocity_limit
transfer T6 A1 -> A2 amount=81                -> exceeds_velocity_limit
transfer T7 A1 -> A2 amount=80                -> created
limits   A1 -> velocity_sum=100 used=100 used_count=2 since=U1
time     120937499999ns
transfer T8 A1 -> A2 amount=1                 -> exceeds_velocity_limit
transfer T9 A1 -> A2 amount=21                -> exceeds_velocity_limit
transfer T10 A1 -> A2 amount=20               -> created
limits   A1 -> velocity_sum=100 used=100 used_count=2 since=U1
# Logged time moves the window that a look-up shows, by whatever event.
time     180s-1ns
tick
limits   A1 -> velocity_sum=100 used=100 used_count=2 since=U1
tick
limits   A1 -> velocity_sum=100 used=20 used_count=1 since=U1
time     181s
tick
limits   A1 -> velocity_sum=100 since=U1
# Long after, in a bucket that shares its place with one of long ago.
time     10000s
transfer T11 A1 -> A2 amount=100              -> created
limits   A1 -> velocity_sum=100 used=100 used_count=1 since=U1
time     20059s
tick
limits   A1 -> velocity_sum=100 since=U1
)";

constexpr std::string_view kLongestWindow = R"(
account  A1                                   -> created
account  A2                                   -> created
update   U1 A1 velocity_sum=100 velocity_window=2592000 -> created
# A bucket is 40,500 s.
time     40500s-1ns
transfer T1 A1 -> A2 amount=60                -> created
transfer T2 A1 -> A2 amount=40                -> created
time     2592000s-1ns
transfer T3 A1 -> A2 amount=1                 -> exceeds_velocity_limit
transfer T4 A1 -> A2 amount=60                -> created
time     2632500s-1ns
transfer T5 A1 -> A2 amount=1                 -> exceeds_velocity_limit
transfer T6 A1 -> A2 amount=40                -> created
limits   A1 -> velocity_sum=100 velocity_window=2592000 used=100 used_count=2 since=U1
)";

constexpr std::string_view kCount = R"(
account  A1                                   -> created
account  A2                                   -> created
update   U1 A1 velocity_count=2               -> created
time     60s
transfer T1 A1 -> A2 amount=0                 -> created
transfer T2 A1 -> A2 amount=2^100             -> created
transfer T3 A1 -> A2 amount=0                 -> exceeds_velocity_limit
transfer T4 A2 -> A1 amount=5                 -> created
transfer T1 A1 -> A2 amount=0                 -> exists
limits   A1 -> velocity_count=2 used=2^100 used_count=2 since=U1
# Both bounds; each refuses by itself.
update   U2 A1 velocity_count=3 velocity_sum=2^100+5 -> created
transfer T5 A1 -> A2 amount=6                 -> exceeds_velocity_limit
transfer T6 A1 -> A2 amount=5                 -> created
transfer T7 A1 -> A2 amount=0                 -> exceeds_velocity_limit
limits   A1 -> velocity_count=3 velocity_sum=2^100+5 used=2^100+5 used_count=3 since=U2
# Lowered below what is used.
update   U3 A1 velocity_count=9 velocity_sum=1 -> created
transfer T8 A1 -> A2 amount=0                 -> exceeds_velocity_limit
limits   A1 -> velocity_count=9 velocity_sum=1 used=2^100+5 used_count=3 since=U3
time     120s
transfer T9 A1 -> A2 amount=1                 -> created
# Nothing at all may be debited, and not even nothing.
update   U4 A1 velocity_sum=0                 -> created
time     200s
transfer T10 A1 -> A2 amount=1                -> exceeds_velocity_limit
transfer T11 A1 -> A2 amount=0                -> created
update   U5 A1 velocity_count=0               -> created
time     300s
transfer T12 A1 -> A2 amount=0                -> exceeds_velocity_limit
)";

// What a void, an expiry and a post give back.
constexpr std::string_view kGivenBack = R"(
account  A1                                           -> created
account  A2                                           -> created
update   U1 A1 velocity_sum=1000                      -> created
time     60s
transfer T1 A1 -> A2 amount=100 pending               -> created
limits   A1 -> velocity_sum=1000 used=100 used_count=1 since=U1
void     T2 T1                                        -> created
limits   A1 -> velocity_sum=1000 since=U1
transfer T3 A1 -> A2 amount=100 pending timeout=1     -> created
time     T3+1s
tick
limits   A1 -> velocity_sum=1000 since=U1
# A post is not charged again. It gives back what it releases, and never the count.
transfer T5 A1 -> A2 amount=100 pending               -> created
post     T6 T5                                        -> created
limits   A1 -> velocity_sum=1000 used=100 used_count=1 since=U1
transfer T7 A1 -> A2 amount=100 pending               -> created
post     T8 T7 amount=30                              -> created
limits   A1 -> velocity_sum=1000 used=130 used_count=2 since=U1
transfer T9 A1 -> A2 amount=100 pending               -> created
post     T10 T9 amount=0                              -> created
limits   A1 -> velocity_sum=1000 used=130 used_count=3 since=U1
# Captured in parts: what was left, but the count only if the parts are nothing.
transfer T11 A1 -> A2 amount=100 pending              -> created
post     T12 T11 amount=30 capture_partial            -> created
limits   A1 -> velocity_sum=1000 used=230 used_count=4 since=U1
void     T13 T11                                      -> created
limits   A1 -> velocity_sum=1000 used=160 used_count=4 since=U1
transfer T14 A1 -> A2 amount=100 pending              -> created
post     T15 T14 amount=0 capture_partial             -> created
void     T16 T14                                      -> created
limits   A1 -> velocity_sum=1000 used=160 used_count=4 since=U1
transfer T17 A1 -> A2 amount=100 pending timeout=1    -> created
post     T18 T17 amount=30 capture_partial            -> created
time     T17+1s
tick
limits   A1 -> velocity_sum=1000 used=190 used_count=5 since=U1
transfer T19 A1 -> A2 amount=100 pending              -> created
post     T20 T19 amount=30 capture_partial            -> created
post     T21 T19 amount=20                            -> created
limits   A1 -> velocity_sum=1000 used=240 used_count=6 since=U1
# Nothing was held, but it was counted.
transfer T22 A1 -> A2 amount=0 pending                -> created
limits   A1 -> velocity_sum=1000 used=240 used_count=7 since=U1
void     T23 T22                                      -> created
limits   A1 -> velocity_sum=1000 used=240 used_count=6 since=U1
# With the money, a refused transfer would do; its id has failed.
transfer T24 A1 -> A2 amount=760 pending              -> created
transfer T25 A1 -> A2 amount=1                        -> exceeds_velocity_limit
void     T26 T24                                      -> created
transfer T25 A1 -> A2 amount=1                        -> id_already_failed
transfer T27 A1 -> A2 amount=760                      -> created
# A reversal is a debit of the other account, and gives nothing back.
reverse  T28 T27 A2 -> A1                             -> created
limits   A1 -> velocity_sum=1000 used=1000 used_count=7 since=U1
)";

// To the bucket that was charged, and only while it is in the window.
constexpr std::string_view kBuckets = R"(
account  A1                                           -> created
account  A2                                           -> created
update   U1 A1 velocity_sum=1000                      -> created
time     60s
transfer T1 A1 -> A2 amount=100 pending               -> created
transfer T2 A1 -> A2 amount=10 pending                -> created
time     90s
transfer T3 A1 -> A2 amount=1                         -> created
void     T4 T1                                        -> created
limits   A1 -> velocity_sum=1000 used=11 used_count=2 since=U1
time     120s
tick
limits   A1 -> velocity_sum=1000 used=1 used_count=1 since=U1
# Bucket 128 has the place of bucket 64; it must not pay for that.
transfer T5 A1 -> A2 amount=5                         -> created
void     T6 T2                                        -> created
limits   A1 -> velocity_sum=1000 used=6 used_count=2 since=U1
# The void itself is the event that moves the window.
transfer T7 A1 -> A2 amount=7 pending                 -> created
time     180s
void     T8 T7                                        -> created
limits   A1 -> velocity_sum=1000 since=U1
# Voided in the last nanosecond of its window.
transfer T9 A1 -> A2 amount=7 pending                 -> created
time     240s-1ns
void     T10 T9                                       -> created
limits   A1 -> velocity_sum=1000 since=U1
# A deadline behind the window, and one that several buckets lie before.
time     300s
transfer T11 A1 -> A2 amount=7 pending timeout=60     -> created
transfer T12 A1 -> A2 amount=9 pending timeout=30     -> created
time     330s
transfer T13 A1 -> A2 amount=3                        -> created
limits   A1 -> velocity_sum=1000 used=19 used_count=3 since=U1
tick
limits   A1 -> velocity_sum=1000 used=10 used_count=2 since=U1
time     T11+60s
transfer T14 A1 -> A2 amount=2                        -> created
limits   A1 -> velocity_sum=1000 used=5 used_count=2 since=U1
status   T11 -> created expired
)";

constexpr std::string_view kCounting = R"(
account  A1                                           -> created
account  A2                                           -> created
time     60s
transfer T1 A1 -> A2 amount=100 pending               -> created
transfer T2 A1 -> A2 amount=50                        -> created
# Counting begins; what was before is not counted, nor given back.
update   U1 A1 velocity_sum=1000                      -> created
limits   A1 -> velocity_sum=1000 since=U1
transfer T3 A1 -> A2 amount=30 pending                -> created
void     T4 T1                                        -> created
limits   A1 -> velocity_sum=1000 used=30 used_count=1 since=U1
# Set again with the same window it goes on.
update   U2 A1 velocity_sum=500                       -> created
limits   A1 -> velocity_sum=500 used=30 used_count=1 since=U2
transfer T5 A1 -> A2 amount=40 pending                -> created
void     T6 T3                                        -> created
limits   A1 -> velocity_sum=500 used=40 used_count=1 since=U2
# With another window it begins anew.
update   U3 A1 velocity_sum=500 velocity_window=120   -> created
limits   A1 -> velocity_sum=500 velocity_window=120 since=U3
transfer T7 A1 -> A2 amount=70 pending                -> created
void     T8 T5                                        -> created
limits   A1 -> velocity_sum=500 velocity_window=120 used=70 used_count=1 since=U3
# And back, to the first window.
update   U4 A1 velocity_sum=500                       -> created
transfer T9 A1 -> A2 amount=3 pending                 -> created
void     T10 T7                                       -> created
limits   A1 -> velocity_sum=500 used=3 used_count=1 since=U4
void     T11 T9                                       -> created
limits   A1 -> velocity_sum=500 since=U4
# Cleared and set again, it begins anew too.
transfer T12 A1 -> A2 amount=8 pending                -> created
update   U5 A1 clear_velocity_limit                   -> created
limits   A1 -> since=U5
transfer T13 A1 -> A2 amount=999                      -> created
update   U6 A1 velocity_sum=500                       -> created
transfer T14 A1 -> A2 amount=9                        -> created
void     T15 T12                                      -> created
limits   A1 -> velocity_sum=500 used=9 used_count=1 since=U6
)";

// A chain that fails was never counted; what it gave back is taken again.
constexpr std::string_view kVelocityChains = R"(
account  A1                                           -> created
account  A2                                           -> created
update   U1 A1 velocity_sum=100                       -> created
time     60s
transfer T1 A1 -> A2 amount=60 linked                 -> linked_event_failed
transfer T2 A1 -> A2 amount=60                        -> exceeds_velocity_limit
limits   A1 -> velocity_sum=100 since=U1
transfer T1 A1 -> A2 amount=60 linked                 -> created
transfer T3 A1 -> A2 amount=40 pending timeout=5      -> created
transfer T1 A1 -> A2 amount=60 linked                 -> exists
transfer T3 A1 -> A2 amount=40 pending timeout=5      -> exists
limits   A1 -> velocity_sum=100 used=100 used_count=2 since=U1
void     T4 T3 linked                                 -> linked_event_failed
transfer T5 A1 -> A2 amount=40 linked                 -> linked_event_failed
transfer T6 A1 -> A2 amount=1                         -> exceeds_velocity_limit
limits   A1 -> velocity_sum=100 used=100 used_count=2 since=U1
post     T4 T3 amount=10 linked                       -> linked_event_failed
transfer T7 A1 -> A1                                  -> accounts_must_be_different
limits   A1 -> velocity_sum=100 used=100 used_count=2 since=U1
# What an expiry gave back in the middle of a chain stays given back.
time     T3+5s-1ns
transfer T8 A1 -> A2 amount=0 linked                  -> linked_event_failed
transfer T9 A1 -> A2 amount=40 linked                 -> linked_event_failed
transfer T10 A1 -> A2 amount=1                        -> exceeds_velocity_limit
limits   A1 -> velocity_sum=100 used=60 used_count=1 since=U1
# The members lie in two buckets: bucket 70 ends within.
time     66562499999ns
transfer T11 A1 -> A2 amount=5 linked                 -> linked_event_failed
transfer T12 A1 -> A2 amount=5 linked                 -> linked_event_failed
transfer T13 A1 -> A1                                 -> accounts_must_be_different
limits   A1 -> velocity_sum=100 used=60 used_count=1 since=U1
# They bring the window forward over old buckets: those do not come back.
time     120s-1ns
transfer T14 A1 -> A2 amount=40 linked                -> linked_event_failed
transfer T15 A1 -> A2 amount=60 linked                -> linked_event_failed
transfer T16 A1 -> A1                                 -> accounts_must_be_different
limits   A1 -> velocity_sum=100 since=U1
time     +1ns
transfer T17 A1 -> A2 amount=100                      -> created
)";

}  // namespace

std::vector<NamedTable> velocity_tables() {
  return {
      {"velocity_window", std::string(kWindow)},
      {"velocity_longest_window", std::string(kLongestWindow)},
      {"velocity_count", std::string(kCount)},
      {"velocity_given_back", std::string(kGivenBack)},
      {"velocity_buckets", std::string(kBuckets)},
      {"velocity_counting", std::string(kCounting)},
      {"velocity_chains", std::string(kVelocityChains)},
  };
}

}  // namespace florin::test
