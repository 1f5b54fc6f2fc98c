// Random changes of an input, for runs without libFuzzer.
#pragma once

#include "base/random.h"
#include "tests/fuzz/target.h"

namespace florin::test {

// Changes bits, bytes and numbers, moves, repeats and cuts pieces, or takes pieces of `other`.
void mutate(Bytes& input, const Bytes& other, u64 bytes_max, Random& random);

}  // namespace florin::test
