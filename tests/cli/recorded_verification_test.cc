// The verification of a recorded load, against the real program: it finds nothing wrong with a
// server that was killed, and it finds each kind of wrong when the record says otherwise.
#include "cli/recorded_verification.h"

#include <algorithm>
#include <thread>

#include <gtest/gtest.h>

#include "cli/recorded_updates.h"
#include "cli/server_process.h"
#include "cli/work_directory.h"

namespace florin::cli {
namespace {

using ledger::TransferOutcome;

class RecordedVerification : public ::testing::Test {
 protected:
  void SetUp() override {
    auto directory = WorkDirectory::make("");
    ASSERT_TRUE(directory);
    directory_ = std::move(*directory);
    options_.program = FLORIN_PROGRAM;
    options_.data_directory = directory_->path() + "/data";
    options_.log_path = directory_->path() + "/server.log";
    options_.arguments = {"--accounts-max", "1000", "--transfers-max", "300000"};
    start();
    LoadOptions load;
    load.seed = seed_;
    load.accounts = 40;
    load.transfers_max = 200'000;
    load.deadline_ms = 300;
    load_ = std::make_unique<RecordedLoad>(load);
    auto client = connect();
    ASSERT_TRUE(load_->create_accounts(*client));
    run_until_killed(6000);
    start();
  }

  void start() {
    auto server = ServerProcess::start(options_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }

  std::unique_ptr<client::Client> connect() {
    auto client = client::Client::connect(client_options(server_->host(), server_->port(), 20'000),
                                          Random(1));
    EXPECT_TRUE(client) << (client ? "" : client.error().message);
    return client ? std::make_unique<client::Client>(std::move(*client)) : nullptr;
  }

  void run_until_killed(u64 acknowledged) {
    load_->start(server_->host(), server_->port());
    while (load_->acknowledged() < acknowledged && server_->running()) std::this_thread::yield();
    server_->kill_now();
    load_->stop();
    ASSERT_GE(load_->acknowledged(), acknowledged);
  }

  // How many problems there are after looking at everything.
  u64 problems_found() {
    Random random(seed_);
    auto client = connect();
    const auto figures = verify(*load_, *client, VerificationScope::All, random);
    EXPECT_TRUE(figures) << (figures ? "" : figures.error().message);
    for (const std::string& problem : load_->problems().first()) texts_ += problem + "\n";
    return load_->problems().count();
  }

  // The first acknowledged event with this outcome that stands outside of a chain.
  EventRecord& event_with(TransferOutcome outcome) {
    std::vector<ledger::Transfer> events;
    for (StreamRecord& stream : load_->streams()) {
      for (const RequestRecord& request : stream.requests) {
        if (request.state != RequestState::Acknowledged) continue;
        load_->plan().make_request(request.planned, events);
        for (usize i = 0; i < events.size(); ++i) {
          EventRecord& record = stream.events[request.planned.first + i];
          if (record.outcome == outcome && !in_chain(events, i)) return record;
        }
      }
    }
    ADD_FAILURE() << "the load has no event of this outcome";
    return load_->streams()[0].events[0];
  }

  // The first event of these flags that was created outside of a chain.
  EventRecord& event_of_kind(u16 flags) {
    std::vector<ledger::Transfer> events;
    for (StreamRecord& stream : load_->streams()) {
      for (const RequestRecord& request : stream.requests) {
        if (request.state != RequestState::Acknowledged) continue;
        load_->plan().make_request(request.planned, events);
        for (usize i = 0; i < events.size(); ++i) {
          EventRecord& record = stream.events[request.planned.first + i];
          const bool created = record.outcome == TransferOutcome::Created;
          if (created && events[i].flags == flags) return record;
        }
      }
    }
    ADD_FAILURE() << "the load created no event with flags " << flags;
    return load_->streams()[0].events[0];
  }

  // The first acknowledged update without which its account would have other user data now.
  UpdateRecord& update_that_shows() {
    const auto with = updated_accounts(*load_);
    for (StreamRecord& stream : load_->streams()) {
      for (UpdateRecord& update : stream.updates) {
        if (update.state != RequestState::Acknowledged) continue;
        update.state = RequestState::Absent;
        const auto without = updated_accounts(*load_);
        update.state = RequestState::Acknowledged;
        const bool same = std::ranges::equal(with, without, {}, &UpdatedAccount::user_data_64,
                                             &UpdatedAccount::user_data_64);
        if (!same) return update;
      }
    }
    ADD_FAILURE() << "the load has no update that shows";
    return load_->streams()[0].updates.emplace_back();
  }

  const u64 seed_ = entropy_seed();
  ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(seed_)};
  std::unique_ptr<WorkDirectory> directory_;
  ServerProcessOptions options_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<RecordedLoad> load_;
  std::string texts_;
};

TEST_F(RecordedVerification, finds_nothing_wrong_after_a_kill) {
  EXPECT_EQ(problems_found(), 0u) << texts_;
}

TEST_F(RecordedVerification, finds_a_transfer_that_was_acknowledged_and_is_not_there) {
  StreamRecord& stream = load_->streams()[0];
  stream.requests.push_back({{0, 1, stream.events.size()}, RequestState::Acknowledged, false});
  stream.events.push_back({Timestamp{1}, TransferOutcome::Created});
  EXPECT_GT(problems_found(), 0u);
  EXPECT_NE(texts_.find("LOST"), std::string::npos) << texts_;
}

TEST_F(RecordedVerification, finds_a_changed_timestamp) {
  ++event_with(TransferOutcome::Created).timestamp.ns;
  EXPECT_GT(problems_found(), 0u);
  EXPECT_NE(texts_.find("is stored at"), std::string::npos) << texts_;
}

TEST_F(RecordedVerification, finds_a_refusal_that_became_an_acceptance) {
  event_with(TransferOutcome::Created).outcome = TransferOutcome::ExceedsCredits;
  EXPECT_GT(problems_found(), 0u);
  EXPECT_NE(texts_.find("was answered exceeds_credits and is created"), std::string::npos)
      << texts_;
}

TEST_F(RecordedVerification, finds_a_forgotten_refusal) {
  event_with(TransferOutcome::ExceedsCredits).outcome = TransferOutcome::CreditAccountNotFound;
  EXPECT_GT(problems_found(), 0u);
  EXPECT_NE(texts_.find("and is exceeds_credits"), std::string::npos) << texts_;
}

TEST_F(RecordedVerification, finds_a_request_that_should_not_have_happened) {
  for (RequestRecord& request : load_->streams()[0].requests) {
    if (request.state != RequestState::Acknowledged) continue;
    request.state = RequestState::Absent;
    break;
  }
  EXPECT_GT(problems_found(), 0u);
  EXPECT_NE(texts_.find("though its request did not happen"), std::string::npos) << texts_;
}

TEST_F(RecordedVerification, finds_an_update_that_was_acknowledged_and_is_not_there) {
  load_->streams()[0].updates.push_back({RequestState::Acknowledged, Timestamp{1}});
  EXPECT_GT(problems_found(), 0u);
  EXPECT_NE(texts_.find("LOST: update"), std::string::npos) << texts_;
}

TEST_F(RecordedVerification, finds_an_update_that_should_not_have_happened) {
  update_that_shows().state = RequestState::Absent;
  EXPECT_GT(problems_found(), 0u);
  EXPECT_NE(texts_.find("is there, though it did not happen"), std::string::npos) << texts_;
  EXPECT_NE(texts_.find("is not what its updates make it"), std::string::npos) << texts_;
}

TEST_F(RecordedVerification, finds_a_hold_with_more_left_than_its_captures_leave) {
  event_of_kind(ledger::transfer_flags::kPostPendingTransfer).outcome =
      TransferOutcome::ExceedsCredits;
  EXPECT_GT(problems_found(), 0u);
  EXPECT_NE(texts_.find("its captures make it"), std::string::npos) << texts_;
  EXPECT_NE(texts_.find("its open holds make"), std::string::npos) << texts_;
}

TEST_F(RecordedVerification, looks_at_holds_captures_reversals_and_refusals_of_each_sort) {
  const auto created = [&](u16 flags) {
    return event_of_kind(flags).outcome == TransferOutcome::Created;
  };
  EXPECT_TRUE(created(ledger::transfer_flags::kPending));
  EXPECT_TRUE(created(ledger::transfer_flags::kVoidPendingTransfer));
  EXPECT_TRUE(created(ledger::transfer_flags::kReversal));
  EXPECT_TRUE(created(ledger::transfer_flags::kPostPendingTransfer |
                      ledger::transfer_flags::kCapturePartial));
  event_with(TransferOutcome::PendingTransferNotPending);
  event_with(TransferOutcome::CreditAccountNotFound);
}

TEST_F(RecordedVerification, finds_a_balance_that_is_not_the_sum_of_the_transfers) {
  auto client = connect();
  ledger::Transfer stranger{};
  stranger.id = 5;
  stranger.amount = 1;
  stranger.ledger = 1;
  stranger.code = 1;
  // The load may have frozen some accounts.
  for (usize i = 0; i + 2 < load_->plan().accounts().size(); i += 2, ++stranger.id) {
    stranger.debit_account_id = load_->plan().accounts()[i].id;
    stranger.credit_account_id = load_->plan().accounts()[i + 2].id;
    const auto answer = client->create_transfers({&stranger, 1});
    ASSERT_TRUE(answer);
    if (answer->results[0].outcome == TransferOutcome::Created) break;
  }
  EXPECT_GT(problems_found(), 0u);
  EXPECT_NE(texts_.find("its transfers make"), std::string::npos) << texts_;
}

}  // namespace
}  // namespace florin::cli
