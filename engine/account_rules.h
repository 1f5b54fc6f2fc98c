// The rules of accounts: their creation, and what update_accounts changes.
#pragma once

#include "engine/books.h"

namespace florin::engine {

// Belongs to the authorising thread.
class AccountRules {
 public:
  explicit AccountRules(Books& books) : books_(books) {}

  // Creates the account or says why not.
  ledger::AccountOutcome create(const Block& block, u32 item, const BlockRequest& request);
  // Updates the account; inside a chain a refusal consumes no id, as it is going to be rolled back.
  ledger::UpdateOutcome update(const Block& block, u32 item, const BlockRequest& request,
                               bool in_chain);
  void consume(const ledger::AccountUpdate& update, ledger::UpdateOutcome outcome);

  // What the event answers if its id is taken, or Undecided when it is not.
  ledger::AccountOutcome existing_account(const Block& block, u32 item) const;
  ledger::UpdateOutcome existing_update(const ledger::AccountUpdate& update) const;

 private:
  ledger::AccountCreation creation_of(u32 account) const;
  void apply(const ledger::AccountUpdate& update, u32 account, u64 timestamp);

  Books& books_;
};

}  // namespace florin::engine
