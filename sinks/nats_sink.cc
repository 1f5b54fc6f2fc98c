// Why each change is in exactly one message of SUBJECT.changes, whatever fails: a message says
// where it ends, and is stored only behind the one whose sequence was read or heard before. So the
// stored messages are a chain without a gap, and its end tells where to go on. When an answer is
// lost, the connection is given up; open() reads the end of the chain, and the message is in it or
// not. Should it be stored even later, it was sent by the old connection, the new one's next
// message no longer follows the end, is refused, and open() reads again. For that one message is
// outstanding at a time: with several, one could be lost and those behind it stored. The next one
// is made meanwhile.
//
// Messages to single accounts are stored before the message with their changes is sent: a crash in
// between sends them twice, and never leaves one out.
#include "sinks/nats_sink.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/check.h"
#include "base/int128.h"

namespace florin::sinks {

using exporter::ChangePage;
using exporter::Delivery;
using exporter::SinkStand;
using ledger::ChangeKind;

namespace {

Result<SinkStand> stand_of_newest(const StoredNatsMessage& newest, const NatsSettings& settings,
                                  u128 ledger_id) {
  if (newest.sequence == 0) return SinkStand{};
  const auto head = read_change_message_head(newest.body);
  if (!head) {
    return fail(head.error().code,
                fmt::format("NATS: message {} of the stream {}, on {}: {}", newest.sequence,
                            settings.stream, changes_subject(settings), head.error().message));
  }
  if (head->ledger_id != ledger_id) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("NATS: the stream {} has changes of ledger {} on {}, and this is "
                            "ledger {}; choose another stream and subject",
                            settings.stream, to_decimal(head->ledger_id), changes_subject(settings),
                            to_decimal(ledger_id)));
  }
  return head->coverage.stand;
}

}  // namespace

NatsSink::NatsSink(NatsSettings settings, u128 ledger_id, usize message_bytes_max)
    : settings_(std::move(settings)),
      ledger_id_(ledger_id),
      message_bytes_max_(message_bytes_max) {}

Result<SinkStand> NatsSink::open() {
  batches_.reset();
  connection_.reset();
  auto connection = NatsConnection::open(settings_);
  if (!connection) return tl::unexpected<Error>(std::move(connection).error());
  connection_ = std::move(*connection);
  const auto newest = connection_->newest(changes_subject(settings_));
  if (!newest) return tl::unexpected<Error>(newest.error());
  const auto stand = stand_of_newest(*newest, settings_, ledger_id_);
  if (!stand) return stand;
  connection_->begin_chain(newest->sequence);
  const usize bytes_max = std::min(message_bytes_max_, connection_->body_bytes_max());
  const auto make_writer = [&] {
    return make_change_message_writer(settings_.form, ledger_id_, bytes_max);
  };
  batches_.emplace(make_writer(), *stand);
  single_ = settings_.per_account ? make_writer() : nullptr;
  return stand;
}

Result<Delivery> NatsSink::deliver(const ChangePage& page, usize first) {
  CHECK(batches_);
  Delivery delivery;
  for (usize event = first; event < page.events.size(); ++event) {
    if (!batches_->add(page, event)) {
      if (!batches_->empty()) RETURN_IF_ERROR(send_batch(batches_->take()));
      if (!batches_->add(page, event)) {
        delivery.rejected = Error{ErrorCode::Capacity,
                                  fmt::format("the change is larger than a message of {} bytes",
                                              connection_->body_bytes_max())};
        return delivery;
      }
    }
    if (settings_.per_account) RETURN_IF_ERROR(tell_accounts(page, event));
    ++delivery.taken;
  }
  return delivery;
}

Status NatsSink::tell_accounts(const ChangePage& page, usize event) {
  const ledger::ChangeEvent& change = page.events[event];
  switch (ChangeKind{change.kind}) {
    case ChangeKind::AccountCreated:
      return tell_account(page.accounts[change.object].id, page, event);
    case ChangeKind::AccountUpdated:
      return tell_account(page.account_changes[change.object].update.account_id, page, event);
    case ChangeKind::TransferCreated:
    case ChangeKind::HoldExpired:
    case ChangeKind::TransferRefused: {
      const ledger::Transfer& transfer = page.transfers[change.object];
      // One that was refused may name no account, or the same one twice.
      if (transfer.debit_account_id != 0) {
        RETURN_IF_ERROR(tell_account(transfer.debit_account_id, page, event));
      }
      if (transfer.credit_account_id == 0 ||
          transfer.credit_account_id == transfer.debit_account_id) {
        return {};
      }
      return tell_account(transfer.credit_account_id, page, event);
    }
  }
  CHECK(false);
}

// It fits alone, since it fitted beside others.
Status NatsSink::tell_account(u128 account_id, const ChangePage& page, usize event) {
  CHECK(single_->add(page, event));
  const ledger::ChangeEvent& change = page.events[event];
  const history::Place place = exporter::place_of(change);
  const auto body =
      single_->finish({place, {exporter::place_after(change), place, change.timestamp}});
  const std::string id = fmt::format("{}.{}.{}.{}", to_decimal(ledger_id_), place.position,
                                     place.index, to_decimal(account_id));
  return connection_->publish({account_subject(settings_, account_id), body, id, false});
}

Status NatsSink::send_batch(std::span<const std::byte> message) {
  RETURN_IF_ERROR(connection_->settle());
  return connection_->publish({changes_subject(settings_), message, "", true});
}

Status NatsSink::commit(const SinkStand& stand) {
  CHECK(batches_);
  if (batches_->worth_sending(stand)) RETURN_IF_ERROR(send_batch(batches_->take(stand)));
  return connection_->settle();
}

}  // namespace florin::sinks
