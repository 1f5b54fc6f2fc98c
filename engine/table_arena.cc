#include "engine/table_arena.h"

#include <bit>

namespace florin::engine {

namespace {

constexpr u64 bytes_of(u32 order) { return u64{1} << order; }

}  // namespace

Status TableArena::reserve(u64 bytes) {
  const u64 rounded =
      std::bit_ceil(bytes < bytes_of(kSmallestOrder) ? bytes_of(kSmallestOrder) : bytes);
  RETURN_IF_ERROR(region_.reserve(rounded));
  return free_order_.reserve(rounded >> kSmallestOrder);
}

std::byte* TableArena::allocate(u32 order) {
  CHECK(order >= kSmallestOrder && order < kOrders);
  u32 found = order;
  while (found < kOrders && free_[found] == nullptr) ++found;
  if (found == kOrders) return take_from_top(order);
  auto* block = reinterpret_cast<std::byte*>(free_[found]);
  const u64 offset = offset_of(block);
  remove_free(offset, found);
  while (found > order) {
    --found;
    push_free(offset + bytes_of(found), found);
  }
  return block;
}

void TableArena::release(std::byte* block, u32 order) {
  u64 offset = offset_of(block);
  while (order + 1 < kOrders) {
    const u64 buddy = offset ^ bytes_of(order);
    if (buddy + bytes_of(order) > top_) break;
    if (free_order_[buddy >> kSmallestOrder] != order + 1) break;
    remove_free(buddy, order);
    offset &= ~bytes_of(order);
    ++order;
  }
  push_free(offset, order);
}

std::byte* TableArena::take_from_top(u32 order) {
  // The gap up to the next multiple of the size becomes free blocks of its own.
  while ((top_ & (bytes_of(order) - 1)) != 0) {
    const u32 gap_order = static_cast<u32>(std::countr_zero(top_));
    const u64 gap = top_;
    top_ += bytes_of(gap_order);
    push_free(gap, gap_order);
  }
  const u64 offset = top_;
  top_ += bytes_of(order);
  CHECK(top_ <= region_.size_bytes());
  return region_.data() + offset;
}

void TableArena::push_free(u64 offset, u32 order) {
  auto* block = reinterpret_cast<FreeBlock*>(region_.data() + offset);
  block->previous = nullptr;
  block->next = free_[order];
  if (free_[order] != nullptr) free_[order]->previous = block;
  free_[order] = block;
  free_order_[offset >> kSmallestOrder] = static_cast<u8>(order + 1);
}

void TableArena::remove_free(u64 offset, u32 order) {
  auto* block = reinterpret_cast<FreeBlock*>(region_.data() + offset);
  CHECK(free_order_[offset >> kSmallestOrder] == order + 1);
  if (block->previous != nullptr) {
    block->previous->next = block->next;
  } else {
    free_[order] = block->next;
  }
  if (block->next != nullptr) block->next->previous = block->previous;
  free_order_[offset >> kSmallestOrder] = 0;
}

}  // namespace florin::engine
