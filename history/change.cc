#include "history/change.h"

namespace florin::history {

void ChangeBatch::clear() {
  transfers.clear();
  accounts.clear();
  consumed.clear();
  end = Mark{};
}

}  // namespace florin::history
