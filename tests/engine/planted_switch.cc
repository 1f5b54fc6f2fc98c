#include "tests/engine/planted_switch.h"

#include <optional>

namespace florin {

namespace {

// Outlives every engine: the switch of a whole test process, which plants one defect at most.
std::optional<engine::Defect> the_planted;

}  // namespace

bool engine::planted(Defect defect) { return the_planted == defect; }

void test::plant(engine::Defect defect) { the_planted = defect; }

}  // namespace florin
