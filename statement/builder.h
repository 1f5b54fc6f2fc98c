// Makes the statement of an account from what the ledger answers to get_statement: history offline,
// or a server. Whatever the answer says is added up again before it is believed.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/types.h"
#include "ledger/request.h"
#include "statement/period.h"
#include "statement/reference.h"
#include "statement/statement.h"

namespace florin::statement {

// Fills in the answer of a get_statement. A refusal is an answer, too.
using AnswerRequest = std::function<Status(ledger::Request&)>;

// Belongs to one thread; what it was made of must outlive it.
class StatementBuilder {
 public:
  // Statements of this period, which must be over (statement/period.h: ended_period), as of a
  // position: the same for all of them, and those of the same position are the same for ever.
  StatementBuilder(const Reference& reference, const Period& period, Position as_of,
                   AnswerRequest answer);

  // Nothing when there was no such account at the end of the period. Corrupt, naming the account
  // and the amounts: closing is not opening and entries, a running balance does not follow from the
  // one before, or the holds are not what the account has pending. InvalidArgument: the request was
  // refused. Errors of `answer`.
  Result<std::optional<Statement>> build(u128 account_id);

 private:
  struct Ends {
    ledger::AccountBalance opening;
    ledger::AccountBalance closing;
    ledger::AccountBalance running;  // After the last entry that was added.
  };

  Status ask(u128 account_id, u16 flags, const ledger::QueryCursor& cursor);
  void begin(const ledger::Account& account, Statement& statement) const;
  Status add_entries(Ends& ends, Statement& statement);
  Status add_entry(const ledger::Transfer& transfer, const ledger::AccountBalance& after,
                   Ends& ends, Statement& statement);
  Status add_holds(const Ends& ends, Statement& statement);
  Hold hold_of(const ledger::Transfer& transfer, const ledger::TransferStatus& status,
               const Statement& statement) const;
  Status check_closing(const Ends& ends, const Statement& statement) const;
  tl::unexpected<Error> wrong(const Statement& statement, const std::string& what) const;

  const Reference& reference_;
  const Period& period_;
  const Position as_of_;
  const AnswerRequest answer_;
  ledger::Request request_;  // Keeps its storage.
};

}  // namespace florin::statement
