// CHECK: silent when it holds; names the place and the expression, and aborts, when it does not.
#include "base/check.h"

#include <gtest/gtest.h>

namespace florin {
namespace {

TEST(Check, says_nothing_when_the_condition_holds) {
  int evaluations = 0;
  CHECK(++evaluations == 1);
  EXPECT_EQ(evaluations, 1);
}

TEST(CheckDeathTest, names_the_place_and_the_expression_and_aborts) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const int debits = 3;
  EXPECT_EXIT(CHECK(debits == 4), testing::KilledBySignal(SIGABRT),
              "check failed at .*check_test.cc:[0-9]+: debits == 4");
}

}  // namespace
}  // namespace florin
