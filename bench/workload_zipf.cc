// Construction of the alias table.
#include "bench/workload_zipf.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace florin::bench {
namespace {

// Each rank's probability times the count, so that the mean is 1.
std::vector<double> scaled_weights(u64 count, double theta) {
  std::vector<double> weights(count);
  double sum = 0;
  for (u64 rank = 0; rank < count; ++rank) {
    weights[rank] = std::pow(static_cast<double>(rank + 1), -theta);
    sum += weights[rank];
  }
  const double scale = static_cast<double>(count) / sum;
  for (double& weight : weights) {
    weight *= scale;
  }
  return weights;
}

u32 threshold_of(double share) {
  return static_cast<u32>(std::clamp(share * 0x1p32, 0.0, 0x1p32 - 1));
}

}  // namespace

// Weights fall with the rank, so the ranks above the mean are a prefix: Vose's two work lists
// become two cursors. `small` walks down the tail of small ranks; `large` walks up the prefix and
// gives the small ones what their columns lack. A large rank that has given itself below the mean
// is finished at once with the next large one.
ZipfTable::ZipfTable(u64 count, double theta) {
  CHECK(count >= 1 && count < (u64{1} << 32) && theta >= 0);
  std::vector<double> share = scaled_weights(count, theta);
  columns_.resize(count);
  for (u64 rank = 0; rank < count; ++rank) {
    columns_[rank] = {~u32{0}, static_cast<u32>(rank)};
  }
  u64 large = 0;
  u64 small = count - 1;
  u64 needy = small;
  while (large < small && share[large] >= 1.0) {
    columns_[needy] = {threshold_of(share[needy]), static_cast<u32>(large)};
    share[large] -= 1.0 - share[needy];
    if (share[large] < 1.0) {
      needy = large++;
    } else {
      needy = --small;
    }
  }
}

}  // namespace florin::bench
