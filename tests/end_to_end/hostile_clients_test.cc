// Clients that send what is no protocol, or nothing, or half: each gets its answer or its close,
// and nobody else notices.
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/random.h"
#include "protocol/messages.h"
#include "tests/end_to_end/server_test.h"

namespace florin::test {
namespace {

using Bytes = std::vector<std::byte>;

// A bare connection that sends any bytes.
class RawConnection {
 public:
  explicit RawConnection(u16 port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(descriptor_, generic, sizeof(address)) != 0) {
      ::close(descriptor_);
      throw std::runtime_error("cannot connect");
    }
  }
  ~RawConnection() { ::close(descriptor_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  // The server may have closed meanwhile, which is its right.
  void send(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes = bytes.subspan(static_cast<usize>(sent));
    }
  }

  // All that comes until the server closes. Throws when it does not close within 20 s.
  Bytes receive_until_closed() {
    Bytes received;
    while (true) {
      pollfd wanted = {descriptor_, POLLIN, 0};
      if (::poll(&wanted, 1, 20'000) <= 0) throw std::runtime_error("the server does not close");
      std::byte bytes[4096];
      const ssize_t count = ::recv(descriptor_, bytes, sizeof(bytes), 0);
      if (count <= 0) return received;
      received.insert(received.end(), bytes, bytes + count);
    }
  }

  // Closes with a reset instead of a farewell.
  void reset_on_close() {
    const linger now = {1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  }

 private:
  int descriptor_;
};

Bytes ping_frame() {
  protocol::ByteBuffer buffer;
  protocol::encode_ping({7, 0}, buffer);
  return {buffer.data(), buffer.data() + buffer.size()};
}

// The refusal in the one error frame that these bytes must be.
ledger::RefusalCode refusal_in(const Bytes& bytes) {
  protocol::ByteBuffer frame;
  frame.append(bytes);
  if (frame.size() < protocol::kFrameHeaderBytes) return ledger::RefusalCode::None;
  EXPECT_TRUE(protocol::verify_frame(frame.bytes()));
  const auto reply =
      must(protocol::decode_reply(frame.bytes().subspan(protocol::kFrameHeaderBytes)));
  EXPECT_EQ(reply.kind, protocol::ReplyKind::Error);
  EXPECT_FALSE(reply.refusal_message.empty());
  return reply.refusal;
}

class HostileClients : public ServerTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override { start({"--mode", GetParam(), "--net-threads", "2"}); }
  u16 port() { return server().port(); }

  ledger::RefusalCode answer_to(const Bytes& bytes) {
    RawConnection connection(port());
    connection.send(bytes);
    return refusal_in(connection.receive_until_closed());
  }
};

TEST_P(HostileClients, get_an_error_and_a_close_for_what_is_no_frame) {
  using ledger::RefusalCode;
  const auto changed = [](usize place, u8 value) {
    Bytes frame = ping_frame();
    frame[place] = std::byte{value};
    return frame;
  };
  EXPECT_EQ(answer_to(Bytes(1000, std::byte{'x'})), RefusalCode::BadFrame);
  EXPECT_EQ(answer_to(changed(4, 99)), RefusalCode::UnsupportedVersion);
  EXPECT_EQ(answer_to(changed(11, 0x7f)), RefusalCode::FrameTooLarge);
  EXPECT_EQ(answer_to(changed(40, 0xa5)), RefusalCode::BadChecksum);
  const std::string http = "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n";
  const auto text = std::as_bytes(std::span(http));
  EXPECT_EQ(answer_to(Bytes(text.begin(), text.end())), RefusalCode::BadFrame);
  expect_healthy();
}

TEST_P(HostileClients, that_send_random_bytes_change_nothing) {
  constexpr u64 kSeed = 21;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  for (int round = 0; round < 50; ++round) {
    Bytes bytes = random.chance(1, 2) ? ping_frame() : Bytes();
    const usize keep = bytes.size();
    bytes.resize(keep + 32 + random.below(5000));
    for (usize at = keep; at < bytes.size(); ++at)
      bytes[at] = static_cast<std::byte>(random.next());
    RawConnection connection(port());
    connection.send(bytes);
    connection.receive_until_closed();
  }
  expect_healthy();
}

TEST_P(HostileClients, that_close_in_the_middle_of_a_frame_are_forgotten) {
  client::Client bystander = connect();
  create_two_accounts(bystander);
  const ledger::Transfer events[] = {transfer(1, 1, 2, 5)};
  protocol::ByteBuffer frame;
  protocol::encode_create_transfers({1, 0}, events, frame);
  for (usize bytes = 1; bytes < frame.size(); bytes += 9) {
    RawConnection connection(port());
    connection.send(frame.bytes().first(bytes));
    if (bytes % 2 == 0) connection.reset_on_close();
  }
  const u128 ids[] = {1};
  EXPECT_EQ(must(bystander.lookup_transfers(ids)).transfers[0].outcome(),
            ledger::TransferOutcome::Undecided);
  expect_healthy();
}

TEST_P(HostileClients, that_come_and_go_by_hundreds_leave_room) {
  for (int round = 0; round < 2; ++round) {
    std::vector<std::unique_ptr<RawConnection>> all;
    for (int count = 0; count < 200; ++count) {
      all.push_back(std::make_unique<RawConnection>(port()));
      if (count % 3 == 0) all.back()->send(ping_frame());
      if (count % 2 == 0) all.back()->reset_on_close();
    }
  }
  expect_healthy();
  // Their descriptors were given back.
  const std::string descriptors = "/proc/" + std::to_string(server().pid()) + "/fd";
  EXPECT_TRUE(eventually([&] {
    return std::stoi(run_shell("ls " + descriptors + " | wc -l").output) < 60;
  })) << run_shell("ls -l " + descriptors).output;
}

TEST_P(HostileClients, that_never_read_do_not_hold_up_others) {
  client::Client bystander = connect();
  create_two_accounts(bystander);
  const std::vector<u128> ids(4000, 1);
  protocol::ByteBuffer lookup;
  protocol::encode_lookup_accounts({1, 0}, ids, lookup);
  std::vector<std::unique_ptr<RawConnection>> deaf;
  for (int count = 0; count < 8; ++count) {
    deaf.push_back(std::make_unique<RawConnection>(port()));
    deaf.back()->send(lookup.bytes());  // 64 KiB ask for half a MiB that nobody takes.
  }
  for (u64 id = 1; id <= 50; ++id) {
    const ledger::Transfer events[] = {transfer(id, 1, 2, 5)};
    EXPECT_EQ(must(bystander.create_transfers(events)).results[0].outcome,
              ledger::TransferOutcome::Created);
  }
  expect_healthy();
}

INSTANTIATE_TEST_SUITE_P(Modes, HostileClients, ::testing::Values("inline", "parallel"),
                         [](const auto& tested) { return std::string(tested.param); });

class Connections : public ServerTest {};

TEST_F(Connections, beyond_the_maximum_are_told_so_and_closed) {
  start({"--connections-max", "3", "--mode", "inline"});
  std::vector<std::unique_ptr<RawConnection>> all;
  for (int count = 0; count < 3; ++count) {
    all.push_back(std::make_unique<RawConnection>(server().port()));
  }
  EXPECT_EQ(refusal_in(RawConnection(server().port()).receive_until_closed()),
            ledger::RefusalCode::TooManyConnections);
  all.clear();
  expect_healthy();
}

}  // namespace
}  // namespace florin::test
