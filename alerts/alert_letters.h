// Alerts that a target will never take, whole, with the reasons: a file of one JSON line each,
// until somebody mends the cause and has them sent again.
//
// TARGET.ndjson holds the letters. Renamed to TARGET.again.ndjson, they are sent again by the
// server; what is refused again is a new letter.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "sinks/message_target.h"

namespace florin::alerts {

struct AlertLetter {
  sinks::Message message;
  std::string reason;
  Timestamp put_aside_at;  // Wall clock.
};

// For any thread; the files may be renamed by another process meanwhile. A crash between the letter
// and what says that it was handled leaves it twice: ids tell.
class AlertLetters {
 public:
  AlertLetters(std::string directory, std::string target)
      : directory_(std::move(directory)), target_(std::move(target)) {}

  // Durable when it returns.
  Status add(const AlertLetter& letter);
  Result<std::vector<AlertLetter>> all() const;

  // Asks for the letters to be sent again; returns how many there are. AlreadyInUse: those asked
  // for before were not all sent yet.
  Result<u64> ask_again() const;
  // What was asked for, to be sent again; and that it was.
  Result<std::vector<AlertLetter>> asked_again() const;
  Status sent_again();

 private:
  std::string path() const { return directory_ + "/" + target_ + ".ndjson"; }
  std::string again_path() const { return directory_ + "/" + target_ + ".again.ndjson"; }

  const std::string directory_;
  const std::string target_;
  std::mutex adding_;
};

}  // namespace florin::alerts
