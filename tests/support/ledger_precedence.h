// The precedence of outcomes, pair by pair. Each cause of refusal is written as the fields an event
// must have for it; two causes whose fields do not contradict each other make one event, which must
// get the outcome that stands first on the page. Each cause alone must get its own.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"

namespace florin::test {

// Field and value as a table writes them, and these of our own:
//   chain    broken: an earlier member has failed; open: linked, and last in its request;
//            goes_on: linked, with another member behind it; none
//   request  mixed: the first event of the request is imported if this one is not, and the other
//            way round
//   f.NAME   yes, no: the flag NAME
//   d.…, c.…, o.…, hold.…   what is the matter with the debit account, the credit account, the
//            original of a reversal, the hold; see whoever writes the events
using Fields = std::map<std::string, std::string>;

struct Cause {
  std::string outcome;
  std::vector<Fields> variants;
};

// In the order of the page.
using Causes = std::vector<Cause>;

std::string value_of(const Fields& fields, const std::string& field, const std::string& otherwise);
void append(Causes& causes, const Causes& more);

// The causes `exists_with_different_…`, in their order, and `exists`: each takes the fields before
// it from the original and has a value of its own for one.
struct ComparedField {
  std::string name;
  std::string outcome_suffix;
  std::string original;
  std::vector<std::string> others;
};
void append_exists(Causes& causes, Fields original, const std::vector<ComparedField>& compared);

// Renders the requests of one kind of event. Every event has a fresh id unless a cause gives one.
class PrecedenceWriter {
 public:
  explicit PrecedenceWriter(bool imported) : imported_(imported) {}
  virtual ~PrecedenceWriter() = default;

  // Rows for each cause, and for every two that go together.
  std::string rows(const Causes& causes);

 protected:
  // A whole line but for its outcome.
  virtual std::string event(const Fields& fields) = 0;
  // A line that is refused for its shape, with its outcome; and one, without, of an event that
  // nothing is wrong with; both with these words in addition.
  virtual std::string failing(const std::string& words) = 0;
  virtual std::string harmless(const std::string& words) = 0;
  // Whether there can be an event with all of these.
  virtual bool possible(const Fields&) const { return true; }

  u64 fresh_id() { return ++last_id_; }
  // The words behind the ids: flags and fields as the table writes them.
  std::string words(const Fields& fields) const;

 private:
  std::string request(const Fields& fields, const std::string& outcome);

  bool imported_;
  u64 last_id_ = 100'000;
};

// The time that imported events bring: behind all that is stored, and before the present.
inline constexpr const char* kImportTime = "50000000000";

}  // namespace florin::test
