// Changes that a sink could never take: their places and the reasons, in a file of one line each,
// until somebody mends the cause and has them delivered again. The changes themselves stay in
// history.
//
// NAME.ndjson holds the letters. Renamed to NAME.again.ndjson (which `florin export redeliver`
// does), they are delivered again by the server; what is refused again is a new letter.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "history/change.h"

namespace florin::exporter {

struct DeadLetter {
  history::Place place;
  std::string reason;
  Timestamp put_aside_at;  // Wall clock.
};

// Belongs to one thread; the files may be renamed by another process meanwhile.
class DeadLetters {
 public:
  DeadLetters(std::string directory, std::string sink)
      : directory_(std::move(directory)), sink_(std::move(sink)) {}

  // Durable when it returns. A letter that is there already is not added again: a sink that goes on
  // from an earlier place after a crash meets the same changes.
  Status add(const DeadLetter& letter);
  Result<std::vector<DeadLetter>> all() const;

  // Asks for the letters to be delivered again; returns how many there are. AlreadyInUse: those
  // asked for before were not all delivered yet.
  Result<u64> ask_again() const;
  // What was asked for, to be delivered again; and that it was.
  Result<std::vector<DeadLetter>> asked_again() const;
  Status delivered_again();

 private:
  std::string path() const { return directory_ + "/" + sink_ + ".ndjson"; }
  std::string again_path() const { return directory_ + "/" + sink_ + ".again.ndjson"; }

  std::string directory_;
  std::string sink_;
};

}  // namespace florin::exporter
