// Random requests over several connections to a real server at once, and their judgement by the
// reference ledger in the order that the answers' positions tell.
#pragma once

#include <string>
#include <vector>

#include "base/types.h"
#include "tests/support/owned_request.h"

namespace florin::test {

struct JudgedLoadOptions {
  std::string host;
  u16 port = 0;
  u64 seed = 1;  // Determines what each connection sends, not how they meet.
  u32 connections = 4;
  u32 requests = 150;  // Of each connection.
  u32 request_events_max = 24;
  u32 in_flight = 8;  // Of each connection.
};

// Sends the load, then looks up every account and transfer that it can have made. Returns all
// requests with their answers; throws when a connection is lost or nothing comes for a minute.
std::vector<OwnedRequest> run_judged_load(const JudgedLoadOptions& options);

// Fails the test unless the reference ledger, given the requests in order, answers each the same.
void judge(std::vector<OwnedRequest> answered);

}  // namespace florin::test
