#include "exporter/change_page.h"

namespace florin::exporter {

using ledger::ChangeKind;

namespace {

template <class Object>
u32 append_object(std::vector<Object>& objects, const Object& object) {
  objects.push_back(object);
  return static_cast<u32>(objects.size() - 1);
}

}  // namespace

void append_change(const ChangePage& from, const ledger::ChangeEvent& event, ChangePage& to) {
  ledger::ChangeEvent& copy = to.events.emplace_back(event);
  switch (ChangeKind{event.kind}) {
    case ChangeKind::AccountCreated:
      copy.object = append_object(to.accounts, from.accounts[event.object]);
      break;
    case ChangeKind::AccountUpdated:
      copy.object = append_object(to.account_changes, from.account_changes[event.object]);
      break;
    case ChangeKind::TransferCreated:
    case ChangeKind::HoldExpired:
    case ChangeKind::TransferRefused:
      copy.object = append_object(to.transfers, from.transfers[event.object]);
      to.balances.push_back(from.balances[event.object]);
      break;
  }
}

}  // namespace florin::exporter
