// From a reply to the answer of the blocking client. A reply that does not fit what was asked is an
// error of the kind Protocol, with an effect that is not known.
#pragma once

#include <span>

#include "client/answers.h"
#include "client/client_error.h"
#include "protocol/messages.h"

namespace florin::client {

// Of writes: one result for each event.
Answer<void> read_answer(const protocol::Reply& reply, std::span<const ledger::Account> events,
                         AccountResults& answer);
Answer<void> read_answer(const protocol::Reply& reply, std::span<const ledger::Transfer> events,
                         const protocol::TransferOptions& options, TransferResults& answer);
Answer<void> read_answer(const protocol::Reply& reply,
                         std::span<const ledger::AccountUpdate> events, UpdateResults& answer);

// Of look-ups: one entry for each of `id_count` ids.
Answer<void> read_answer(const protocol::Reply& reply, usize id_count, Accounts& answer);
Answer<void> read_answer(const protocol::Reply& reply, usize id_count, Transfers& answer);
Answer<void> read_answer(const protocol::Reply& reply, usize id_count, Limits& answer);
Answer<void> read_answer(const protocol::Reply& reply, usize id_count, AccountBalances& answer);

// Of queries: at most `limit` objects.
Answer<void> read_answer(const protocol::Reply& reply, usize limit, AccountPage& answer);
Answer<void> read_answer(const protocol::Reply& reply, usize limit, TransferPage& answer);
Answer<void> read_answer(const protocol::Reply& reply, usize limit, AccountChangePage& answer);
Answer<void> read_answer(const protocol::Reply& reply, usize limit, AccountBalancePage& answer);
Answer<void> read_answer(const protocol::Reply& reply, usize limit, ChangePage& answer);
Answer<void> read_answer(const protocol::Reply& reply, usize limit, StatementPage& answer);
Answer<void> read_answer(const protocol::Reply& reply, usize limit, TrialBalance& answer);

Answer<void> read_answer(const protocol::Reply& reply, protocol::ServerInfo& answer);

}  // namespace florin::client
