#include "tests/engine/stored_cut.h"

#include <algorithm>
#include <cstring>

namespace florin::test {

using engine::CutBuffer;
using engine::CutCounters;
using engine::CutCounts;
using engine::CutKind;
using engine::CutSummary;
using engine::StateLoader;

StoredBuffer::StoredBuffer(const CutBuffer& filled) : buffer(filled) {
  image_.resize((CutBuffer::kHeadroomBytes + filled.body_bytes + sizeof(Unit) - 1) / sizeof(Unit));
  buffer.image = image_.data()->bytes;
  std::memcpy(buffer.body(), filled.body(), filled.body_bytes);
}

StoredBuffer::StoredBuffer(const StoredBuffer& other) : StoredBuffer(other.buffer) {}

bool StoredCut::take_filled(engine::CutBuffers& from) {
  bool any = false;
  while (CutBuffer* filled = from.next_filled()) {
    buffers.emplace_back(*filled);
    from.give_back(filled);
    any = true;
  }
  return any;
}

void StoredCut::take_all(engine::Engine& engine) {
  engine::CutBuffers few(4);
  engine.begin_cut(few);
  const auto taking = [&](usize) { take_filled(few); };
  while (!engine.cut_copied()) {
    for (u32 partition = 0; partition < engine.partitions(); ++partition) {
      taking(engine.copy_cut(partition, kMiB));
    }
    taking(engine.copy_cut_books(kMiB));
    taking(engine.copy_cut_history(kMiB));
  }
  engine.end_cut();
  take_filled(few);
}

CutCounts StoredCut::records() const {
  CutCounts counts{};
  for (const StoredBuffer& stored : buffers) {
    counts[static_cast<usize>(stored.buffer.kind)] += stored.buffer.records;
  }
  return counts;
}

CutSummary StoredCut::summary() {
  const auto& counters = of(CutKind::Counters).at(0)->record<CutCounters>(0);
  return {records(), counters.first_created, counters.first_consumed};
}

std::vector<StoredBuffer*> StoredCut::of(CutKind kind) {
  std::vector<StoredBuffer*> found;
  for (StoredBuffer& stored : buffers) {
    if (stored.buffer.kind == kind) found.push_back(&stored);
  }
  return found;
}

namespace {

void shuffle(std::vector<StoredBuffer*>& buffers, Random& random) {
  for (usize left = buffers.size(); left > 1; --left) {
    std::swap(buffers[left - 1], buffers[random.below(left)]);
  }
}

Status load_first_phase(StateLoader& loader, std::vector<StoredBuffer*>& buffers) {
  for (StoredBuffer* stored : buffers) {
    const CutBuffer& buffer = stored->buffer;
    if (buffer.kind != CutKind::Accounts) {
      RETURN_IF_ERROR(loader.load_history(buffer));
      continue;
    }
    const StateLoader::Partitions partitions = loader.partitions_in(buffer);
    for (u32 partition = partitions.first; partition <= partitions.last; ++partition) {
      RETURN_IF_ERROR(loader.load_accounts(buffer, partition));
    }
  }
  return {};
}

}  // namespace

Status load_cut(StoredCut& cut, const CutSummary& summary, engine::Engine& engine,
                const Limits& limits, Random& random) {
  auto loader = StateLoader::create(engine, limits, summary);
  if (!loader) return tl::unexpected<Error>(std::move(loader).error());
  std::vector<StoredBuffer*> first;
  std::vector<StoredBuffer*> last;
  for (StoredBuffer& stored : cut.buffers) {
    (StateLoader::comes_last(stored.buffer.kind) ? last : first).push_back(&stored);
  }
  shuffle(first, random);
  shuffle(last, random);
  std::stable_sort(last.begin(), last.end(), [](const auto* left, const auto* right) {
    return std::pair(left->buffer.kind, left->buffer.first_number) <
           std::pair(right->buffer.kind, right->buffer.first_number);
  });
  RETURN_IF_ERROR(load_first_phase(**loader, first));
  for (u32 partition = 0; partition < engine.partitions(); ++partition) {
    RETURN_IF_ERROR((*loader)->index(partition));
  }
  for (StoredBuffer* stored : last) RETURN_IF_ERROR((*loader)->load_books(stored->buffer));
  return (*loader)->finish();
}

Status load_cut(StoredCut& cut, engine::Engine& engine, const Limits& limits, Random& random) {
  return load_cut(cut, cut.summary(), engine, limits, random);
}

}  // namespace florin::test
