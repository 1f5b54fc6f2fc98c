// Statements to print: whole and consistent, with as many entries as asked for.
#pragma once

#include "base/types.h"
#include "statement/statement.h"

namespace florin::statement {

struct Sample {
  u64 entries = 5;
  u64 holds = 0;
  std::string currency = "EUR";
  u32 decimals = 2;
  Signed opening{125'037};
  u128 scale = 1;             // Every amount is so many times as large.
  bool beyond_latin = false;  // Names in Czech, Polish, Greek and Cyrillic.
};

Statement sample_statement(const Sample& sample);

}  // namespace florin::statement
