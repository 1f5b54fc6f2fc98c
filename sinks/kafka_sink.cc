// Why each change is in exactly one message that a receiver of committed ones gets: all messages
// between two commits are one transaction. After an error nothing is known of it; open() takes over
// the transactional id, whereupon the brokers finish or give up what was under way and take nothing
// more of the former producer. Then the last committed message tells where to go on.
#include "sinks/kafka_sink.h"

#include <algorithm>

#include <fmt/core.h>
#include <librdkafka/rdkafka.h>

#include "base/check.h"
#include "base/int128.h"

namespace florin::sinks {

using exporter::ChangePage;
using exporter::Delivery;
using exporter::SinkStand;

namespace {

constexpr int kKafkaRoomWaitMs = 100;
constexpr int kKafkaRoomWaits = kKafkaAnswerMs / kKafkaRoomWaitMs;
// Messages that wait to be sent, in the library's own memory.
constexpr const char* kKafkaQueueKiB = "65536";

}  // namespace

KafkaSink::KafkaSink(KafkaSettings settings, u128 ledger_id, usize message_bytes_max)
    : settings_(std::move(settings)),
      ledger_id_(ledger_id),
      message_bytes_max_(message_bytes_max) {}

Result<SinkStand> KafkaSink::open() {
  batches_.reset();
  producer_.reset();
  in_transaction_ = false;
  const auto body_bytes_max = kafka_body_bytes_max(settings_);
  if (!body_bytes_max) return tl::unexpected<Error>(body_bytes_max.error());
  RETURN_IF_ERROR(make_producer());
  const auto stand = read_stand();
  if (!stand) return stand;
  batches_.emplace(make_change_message_writer(settings_.form, ledger_id_,
                                              std::min(message_bytes_max_, *body_bytes_max)),
                   *stand);
  return stand;
}

Status KafkaSink::make_producer() {
  KafkaClientOptions options;
  options.properties = {
      {"transactional.id", "florin-" + to_decimal(ledger_id_) + "-" + settings_.topic},
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"queue.buffering.max.kbytes", kKafkaQueueKiB}};
  auto producer = make_kafka_client(settings_, options);
  if (!producer) return tl::unexpected<Error>(std::move(producer).error());
  producer_ = std::move(*producer);
  return kafka_outcome(rd_kafka_init_transactions(producer_.get(), kKafkaAnswerMs),
                       fmt::format("take over the transactions of topic {}", settings_.topic));
}

Result<SinkStand> KafkaSink::read_stand() const {
  const auto newest = newest_kafka_message(settings_, settings_.topic);
  if (!newest) return tl::unexpected<Error>(newest.error());
  if (!*newest) return SinkStand{};
  const auto head = read_change_message_head(**newest);
  if (!head) {
    return fail(head.error().code, fmt::format("Kafka: the last message of topic {}: {}",
                                               settings_.topic, head.error().message));
  }
  if (head->ledger_id != ledger_id_) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("Kafka: the topic {} has changes of ledger {}, and this is ledger {}; "
                            "choose another topic",
                            settings_.topic, to_decimal(head->ledger_id), to_decimal(ledger_id_)));
  }
  return head->coverage.stand;
}

Result<Delivery> KafkaSink::deliver(const ChangePage& page, usize first) {
  CHECK(batches_);
  Delivery delivery;
  for (usize event = first; event < page.events.size(); ++event) {
    if (!batches_->add(page, event)) {
      if (!batches_->empty()) RETURN_IF_ERROR(send(batches_->take()));
      if (!batches_->add(page, event)) {
        delivery.rejected =
            Error{ErrorCode::Capacity, "the change is larger than message.max.bytes allows"};
        return delivery;
      }
    }
    ++delivery.taken;
  }
  return delivery;
}

Status KafkaSink::send(std::span<const std::byte> message) {
  const std::string action = "send to topic " + settings_.topic;
  if (!in_transaction_) {
    RETURN_IF_ERROR(kafka_outcome(rd_kafka_begin_transaction(producer_.get()), action));
    in_transaction_ = true;
  }
  rd_kafka_vu_t values[4] = {};
  values[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  values[0].u.cstr = settings_.topic.c_str();
  values[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  values[1].u.i32 = 0;
  values[2].vtype = RD_KAFKA_VTYPE_VALUE;
  values[2].u.mem = {const_cast<std::byte*>(message.data()), message.size()};
  values[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  values[3].u.i = RD_KAFKA_MSG_F_COPY;
  for (int waits = 0;; ++waits) {
    rd_kafka_error_t* const error = rd_kafka_produceva(producer_.get(), values, std::size(values));
    const bool full =
        error != nullptr && rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__QUEUE_FULL;
    if (!full || waits == kKafkaRoomWaits) return kafka_outcome(error, action);
    rd_kafka_error_destroy(error);
    rd_kafka_poll(producer_.get(), kKafkaRoomWaitMs);
  }
}

Status KafkaSink::commit(const SinkStand& stand) {
  CHECK(batches_);
  if (batches_->worth_sending(stand)) RETURN_IF_ERROR(send(batches_->take(stand)));
  if (!in_transaction_) return {};
  in_transaction_ = false;
  return kafka_outcome(rd_kafka_commit_transaction(producer_.get(), kKafkaAnswerMs),
                       "commit what was sent to topic " + settings_.topic);
}

}  // namespace florin::sinks
