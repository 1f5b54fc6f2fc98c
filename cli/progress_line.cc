#include "cli/progress_line.h"

#include <algorithm>
#include <cstdio>

#include <fmt/core.h>
#include <unistd.h>

namespace florin::cli {

namespace {

constexpr u64 kBarCells = 24;

std::string bar(u64 done, u64 total) {
  const u64 share = std::min<u64>(done, total);
  const auto cells = static_cast<usize>(u128{share} * kBarCells / total);
  return fmt::format("[{}{}] {:>3} %", std::string(cells, '#'), std::string(kBarCells - cells, '-'),
                     static_cast<u64>(u128{share} * 100 / total));
}

}  // namespace

ProgressLine::ProgressLine() : on_terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (!shown_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
}

void ProgressLine::show(std::string_view work, u64 done, u64 total, std::string_view detail) {
  if (!on_terminal_) return;
  const std::string part = total == 0 ? std::string() : bar(done, total) + "  ";
  std::fputs(fmt::format("\r\x1b[K{}  {}{}", work, part, detail).c_str(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

std::string left_text(std::optional<u64> left_ns) {
  if (!left_ns) return {};
  return fmt::format(", {} s left", (*left_ns + kNsPerSecond - 1) / kNsPerSecond);
}

}  // namespace florin::cli
