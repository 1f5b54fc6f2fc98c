// How the stages that run by partition gain from a second worker: route, resolve and post, each by
// itself, from the common start of all workers to the end of the last. The ways take turns over
// blocks of their own, so that what else happens on the machine happens to all of them; figures are
// medians of the blocks during which no worker was interrupted, of which share the last column
// tells. Two processors with nothing else to do are needed.
//
//   scaling [ACCOUNTS] [WORKLOAD] [TURNS]     10000 plain 12
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <emmintrin.h>

#include "base/check.h"
#include "bench/micro/bank.h"
#include "bench/micro/crew.h"

namespace florin::bench {
namespace {

constexpr u32 kWorkersMax = 2;
// Blocks of a turn; the first of them find the caches as another way left them.
constexpr u64 kBlocksInTurn = 10;
constexpr u64 kBlocksIgnored = 3;
constexpr usize kLineBytes = 64;

// Of nothing it is not a number: everything was interrupted.
double median(std::vector<double> values) {
  if (values.empty()) return std::nan("");
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

enum Stage : u8 { Route, Resolve, Both, Authorise, Post, kStages };

u64 interruptions_so_far(Crew& crew) {
  crew.run(kWorkersMax, [](u32) {});
  return crew.interruptions();
}

// A number of partitions and of workers that share them, and what it took, in ns a transfer.
class Way {
 public:
  Way(u32 partitions, u32 workers, const BankOptions& options)
      : partitions_(partitions),
        workers_(workers),
        bank_(std::make_unique<Bank>(with_partitions(options, partitions))) {}

  void run_turn(Crew& crew) {
    for (u64 count = 0; count < kBlocksInTurn; ++count) {
      bank_->next_block();
      flush_events();
      const u64 interruptions = interruptions_so_far(crew);
      const std::array<double, kStages> taken = run_block(crew);
      if (count < kBlocksIgnored) continue;
      ++blocks_;
      if (crew.interruptions() != interruptions) continue;
      for (u32 stage = 0; stage < kStages; ++stage) taken_[stage].push_back(taken[stage]);
    }
  }
  double ns(Stage stage) const { return median(taken_[stage]); }
  // Of the blocks that nothing else on the machine has interrupted.
  usize blocks() const { return taken_[Route].size(); }
  double undisturbed() const {
    return static_cast<double>(taken_[Route].size()) / static_cast<double>(blocks_);
  }
  u32 partitions() const { return partitions_; }
  u32 workers() const { return workers_; }
  void verify() const { bank_->verify(); }

 private:
  static BankOptions with_partitions(BankOptions options, u32 partitions) {
    options.partitions = partitions;
    return options;
  }
  // The thread that made the events is one of the workers: in no cache, they are as far from all.
  void flush_events() {
    const engine::Block& block = bank_->block();
    for (u32 item = 0; item < block.item_count(); ++item) {
      const std::byte* const event = block.event(item);
      for (usize at = 0; at < sizeof(ledger::Transfer); at += kLineBytes) _mm_clflush(event + at);
    }
  }
  template <class Work>
  double run_partitions(Crew& crew, Work&& work) {
    const u64 ns = crew.run(workers_, [&](u32 worker) {
      const u32 end = partitions_ * (worker + 1) / workers_;
      for (u32 part = partitions_ * worker / workers_; part < end; ++part) work(part);
    });
    return static_cast<double>(ns) / bank_->block().item_count();
  }
  std::array<double, kStages> run_block(Crew& crew) {
    engine::Engine& engine = bank_->engine();
    engine::Block& block = bank_->block();
    std::array<double, kStages> taken;
    taken[Route] = run_partitions(crew, [&](u32 slice) { engine.route(block, slice); });
    taken[Resolve] = run_partitions(crew, [&](u32 part) { engine.resolve(block, part); });
    taken[Both] = taken[Route] + taken[Resolve];
    taken[Authorise] = static_cast<double>(crew.run(1, [&](u32) { engine.authorise(block); })) /
                       block.item_count();
    taken[Post] = run_partitions(crew, [&](u32 part) { engine.post(block, part); });
    engine.finish(block);
    bank_->check_created();
    return taken;
  }

  u32 partitions_;
  u32 workers_;
  std::unique_ptr<Bank> bank_;
  u64 blocks_ = 0;
  std::array<std::vector<double>, kStages> taken_;
};

void print_header() {
  std::printf("%25s %37s | %27s |\n", "", "ns a transfer", "speed-up");
  std::printf("partitions workers blocks | %7s %7s %7s %9s %7s | %6s %6s %6s %6s | undisturbed\n",
              "route", "resolve", "both", "authorise", "post", "route", "res.", "both", "post");
}

void print(const Way& way, const Way& base) {
  std::printf("%10u %7u %6zu | %7.1f %7.1f %7.1f %9.1f %7.1f | %6.2f %6.2f %6.2f %6.2f | %.2f\n",
              way.partitions(), way.workers(), way.blocks(), way.ns(Route), way.ns(Resolve),
              way.ns(Both), way.ns(Authorise), way.ns(Post), base.ns(Route) / way.ns(Route),
              base.ns(Resolve) / way.ns(Resolve), base.ns(Both) / way.ns(Both),
              base.ns(Post) / way.ns(Post), way.undisturbed());
}

// What two workers gain on this machine where they share nothing: loops that multiply, and loops
// that change random lines of memory of their own.
void print_machine(Crew& crew) {
  constexpr u64 kSteps = 400'000;
  constexpr u64 kWords = 32 * kMiB / sizeof(u64);
  struct alignas(128) Own {
    std::vector<u64> words = std::vector<u64>(kWords);
    u64 value = 1;
  };
  std::vector<Own> own(kWorkersMax);
  const auto multiply = [&](u32 worker) {
    u64 left = own[worker].value;
    u64 right = left + 1;
    for (u64 step = 0; step < kSteps; ++step) {
      left = left * 0x9e3779b97f4a7c15 + step;
      right = (right ^ step) * 0xe7037ed1a0b428db;
    }
    own[worker].value = left ^ right;
  };
  const auto change = [&](u32 worker) {
    u64 place = own[worker].value;
    for (u64 step = 0; step < kSteps / 4; ++step) {
      place = place * 0x9e3779b97f4a7c15 + 1;
      ++own[worker].words[place >> (64 - 22)];
    }
  };
  const auto taken = [&](u32 workers, const Crew::Work& work) {
    std::vector<double> all;
    for (u32 turn = 0; all.size() < 9 && turn < 90; ++turn) {
      const u64 interruptions = interruptions_so_far(crew);
      const auto ns = static_cast<double>(crew.run(workers, work));
      if (crew.interruptions() == interruptions) all.push_back(ns);
    }
    return median(all);
  };
  const auto gain = [&](const Crew::Work& work) { return 2 * taken(1, work) / taken(2, work); };
  std::printf(
      "two workers that share nothing: %.2f times the multiplications, %.2f times the "
      "changes of lines of memory\n",
      gain(multiply), gain(change));
}

std::vector<std::unique_ptr<Way>> make_ways(const BankOptions& options) {
  std::vector<std::unique_ptr<Way>> ways;
  for (const auto& [partitions, workers] :
       {std::pair{1U, 1U}, {2U, 1U}, {2U, 2U}, {8U, 1U}, {8U, 2U}}) {
    ways.push_back(std::make_unique<Way>(partitions, workers, options));
  }
  return ways;
}

std::optional<WorkloadKind> kind_named(std::string_view wanted) {
  using enum WorkloadKind;
  for (const WorkloadKind kind : {Plain, Holds, Chains, Limits, Mixed}) {
    if (name(kind) == wanted) return kind;
  }
  return std::nullopt;
}

int run(int argc, char** argv) {
  const std::string_view workload = argc > 2 ? argv[2] : "plain";
  const auto kind = kind_named(workload);
  const u64 accounts = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000;
  const u64 turns = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 12;
  if (!kind || accounts < 2 || turns == 0) {
    std::fprintf(
        stderr,
        "scaling: got '%s'; expected [ACCOUNTS] [plain|holds|chains|limits|mixed] [TURNS], "
        "2 accounts or more and a turn or more\n",
        std::string(workload).c_str());
    return 2;
  }
  const BankOptions options{.kind = *kind, .accounts = accounts, .blocks = turns * kBlocksInTurn};
  Crew crew(kWorkersMax);
  print_machine(crew);
  const auto ways = make_ways(options);
  for (u64 turn = 0; turn < turns; ++turn) {
    for (const auto& way : ways) way->run_turn(crew);
  }
  print_header();
  for (const auto& way : ways) {
    way->verify();
    print(*way, *ways.front());
  }
  return 0;
}

}  // namespace
}  // namespace florin::bench

int main(int argc, char** argv) { return florin::bench::run(argc, argv); }
