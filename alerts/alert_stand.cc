#include "alerts/alert_stand.h"

#include <nlohmann/json.hpp>

#include "base/int128.h"
#include "exporter/durable_file.h"

namespace florin::alerts {

namespace {

using StandJson = nlohmann::ordered_json;

constexpr u32 kStandVersion = 1;

std::string stand_path(const std::string& directory) { return directory + "/stand.json"; }

StandJson place_json(const history::Place& place) {
  return {{"position", std::to_string(place.position)}, {"index", place.index}};
}

history::Place place_of(const StandJson& json) {
  return {std::stoull(json.at("position").get<std::string>()), json.at("index").get<u32>()};
}

u64 number_of(const StandJson& json, const char* key) {
  return std::stoull(json.at(key).get<std::string>());
}

StandJson json_of(const AlertStand& stand) {
  StandJson json = {{"version", kStandVersion},
                    {"ledger_id", to_decimal(stand.ledger_id)},
                    {"next", place_json(stand.stand.next)},
                    {"last", place_json(stand.stand.last)},
                    {"last_logged_at", std::to_string(stand.stand.last_logged_at)},
                    {"rules", StandJson::array()},
                    {"outboxes", StandJson::array()}};
  for (const RuleStand& rule : stand.rules) {
    json["rules"].push_back({{"name", rule.name},
                             {"definition", rule.definition},
                             {"since", std::to_string(rule.since_ns)},
                             {"through", place_json(rule.through)}});
  }
  for (const OutboxStand& outbox : stand.outboxes) {
    json["outboxes"].push_back({{"name", outbox.name}, {"end", std::to_string(outbox.end)}});
  }
  return json;
}

AlertStand stand_of(const StandJson& json) {
  AlertStand stand;
  const auto ledger_id = parse_u128(json.at("ledger_id").get<std::string>());
  if (!ledger_id) throw std::invalid_argument("ledger_id is not a number");
  stand.ledger_id = *ledger_id;
  stand.stand.next = place_of(json.at("next"));
  stand.stand.last = place_of(json.at("last"));
  stand.stand.last_logged_at = number_of(json, "last_logged_at");
  for (const StandJson& rule : json.at("rules")) {
    stand.rules.push_back({rule.at("name").get<std::string>(),
                           rule.at("definition").get<std::string>(), number_of(rule, "since"),
                           place_of(rule.at("through"))});
  }
  for (const StandJson& outbox : json.at("outboxes")) {
    stand.outboxes.push_back({outbox.at("name").get<std::string>(), number_of(outbox, "end")});
  }
  return stand;
}

}  // namespace

Result<std::optional<AlertStand>> read_alert_stand(const std::string& directory) {
  const std::string path = stand_path(directory);
  const auto content = exporter::read_whole_file(path);
  if (!content) return tl::unexpected<Error>(content.error());
  if (!*content) return std::optional<AlertStand>();
  try {
    const StandJson json = StandJson::parse(**content);
    const auto version = json.at("version").get<u32>();
    if (version != kStandVersion) {
      return fail(ErrorCode::WrongVersion, path + " has version " + std::to_string(version) +
                                               "; expected " + std::to_string(kStandVersion));
    }
    return std::optional<AlertStand>(stand_of(json));
  } catch (const std::exception& error) {
    return fail(ErrorCode::Corrupt, path + " is damaged (" + error.what() +
                                        "); restore it, or remove the whole directory to begin "
                                        "anew: what was logged until then is not told");
  }
}

Status write_alert_stand(const std::string& directory, const AlertStand& stand) {
  return exporter::write_whole_file(stand_path(directory), json_of(stand).dump(1) + "\n");
}

}  // namespace florin::alerts
