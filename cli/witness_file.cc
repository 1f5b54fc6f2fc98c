#include "cli/witness_file.h"

#include <cerrno>
#include <fstream>
#include <sstream>

#include <fmt/core.h>

#include "cli/json_values.h"

namespace florin::cli {

namespace {

Result<std::string> read_text(const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  if (!file) return fail_errno(errno, "open the witness file " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<LedgerWitness> parse_witness(std::string_view text) {
  const auto json = parse_json_object(text);
  if (!json) return tl::unexpected<Error>(json.error());
  if (!json->contains("position") || !json->contains("chain")) {
    return invalid("'position' or 'chain' is missing");
  }
  const auto position = parse_number(json->at("position"), 64, "position");
  if (!position) return tl::unexpected<Error>(position.error());
  const auto chain = parse_number(json->at("chain"), 128, "chain");
  if (!chain) return tl::unexpected<Error>(chain.error());
  LedgerWitness result;
  result.witness = {Position{static_cast<u64>(*position)}, *chain};
  if (!json->contains("ledger_id")) return result;
  const auto ledger_id = parse_number(json->at("ledger_id"), 128, "ledger_id");
  if (!ledger_id) return tl::unexpected<Error>(ledger_id.error());
  result.ledger_id = *ledger_id;
  return result;
}

}  // namespace

std::string chain_text(u128 chain) {
  return fmt::format("0x{:016x}{:016x}", high_half(chain), low_half(chain));
}

Result<LedgerWitness> read_witness_file(const std::string& path) {
  const auto text = read_text(path);
  if (!text) return tl::unexpected<Error>(text.error());
  auto witness = parse_witness(*text);
  if (witness) return witness;
  return fail(ErrorCode::InvalidArgument,
              fmt::format("{} is no witness: {}; expected what `florin client --execute witness` "
                          "prints, such as {{\"position\":\"7\",\"chain\":\"0x…\"}}",
                          path, witness.error().message));
}

}  // namespace florin::cli
