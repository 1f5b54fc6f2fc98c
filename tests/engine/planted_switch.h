// Which defect is planted in the engine that this program is linked with.
#pragma once

#include "engine/planted.h"

namespace florin::test {

// Until the process ends. None is planted before.
void plant(engine::Defect defect);

}  // namespace florin::test
