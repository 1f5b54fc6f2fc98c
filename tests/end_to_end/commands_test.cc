// The program's other commands against whole servers: the client as docs/client.md shows it, the
// benchmark and its report.
#include <fstream>
#include <iterator>
#include <regex>

#include <nlohmann/json.hpp>

#include "tests/end_to_end/server_test.h"

namespace florin::test {
namespace {

std::string with_one_timestamp(const std::string& text) {
  return std::regex_replace(text, std::regex(R"("timestamp":"[1-9]\d*")"), R"("timestamp":"T")");
}

class ClientCommand : public ServerTest {
 protected:
  // Runs the client with this input against the server.
  Ran client(const std::string& input, const std::string& words = "") {
    const std::string path = directory() + "/input";
    std::ofstream(path) << input;
    return florin("client --server " + server().host() + ":" + std::to_string(server().port()) +
                  " " + words + " < '" + path + "'");
  }
};

TEST_F(ClientCommand, answers_as_its_page_shows) {
  start();
  std::ifstream page(FLORIN_DOCS "/client.md");
  std::string requests;
  std::string answers;
  bool expects_answer = false;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("    {\"request\"")) continue;
    (expects_answer ? answers : requests) += line.substr(4) + "\n";
    expects_answer = !expects_answer;
  }
  ASSERT_FALSE(expects_answer);
  ASSERT_GE(std::count(requests.begin(), requests.end(), '\n'), 5);
  const Ran ran = client(requests);
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(with_one_timestamp(ran.output), with_one_timestamp(answers));
}

TEST_F(ClientCommand, goes_on_after_errors_and_tells_them_in_its_status) {
  start();
  const Ran ran = client(
      "{\"request\":\"ping\"}\n"
      "{\"request\":\"create_accounts\",\"events\":[{\"idd\":\"1\"}]}\n"
      "{\"request\":\"create_accounts\",\"events\":[{\"id\":\"1\",\"ledger\":1,\"code\":1}]}\n");
  EXPECT_EQ(ran.status, 1);
  std::istringstream lines(ran.output);
  std::vector<nlohmann::json> answers;
  for (std::string line; std::getline(lines, line);) answers.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0]["server"]["partitions"], 1);
  EXPECT_EQ(answers[1]["error"]["code"], "invalid_request");
  EXPECT_NE(answers[1]["error"]["message"].get<std::string>().find("idd"), std::string::npos);
  EXPECT_EQ(answers[2]["results"][0]["status"], "created");
}

TEST_F(ClientCommand, ends_with_an_error_when_nobody_answers) {
  start();
  server().kill_now();
  const Ran ran = client("{\"request\":\"ping\"}\n", "--deadline-ms 300");
  EXPECT_EQ(ran.status, 1);
  const auto error = nlohmann::json::parse(ran.output.substr(0, ran.output.find('\n')));
  EXPECT_TRUE(error["error"]["code"] == "disconnected" || error["error"]["code"] == "timeout")
      << ran.output;
}

class BenchCommand : public ServerTest {
 protected:
  // Where a server of the benchmark's own has its data.
  std::string in_directory() const { return "--data '" + directory() + "' "; }

  // Runs a benchmark and checks what any report must have.
  nlohmann::json bench(const std::string& words) {
    const std::string report = directory() + "/report.json";
    const Ran ran = florin("bench --json '" + report + "' " + words);
    EXPECT_EQ(ran.status, 0) << ran.output;
    std::ifstream file(report);
    const nlohmann::json json = nlohmann::json::parse(file);
    EXPECT_EQ(json["verified"], true);
    EXPECT_TRUE(json["problems"].empty());
    const nlohmann::json& figures = json["figures"];
    EXPECT_GT(figures["transfers_per_s"].get<double>(), 0);
    EXPECT_GT(figures["elapsed_s"].get<double>(), 0);
    const nlohmann::json& latency = figures["latency_us"];
    EXPECT_GT(latency["p50"].get<double>(), 0);
    EXPECT_LE(latency["p50"].get<double>(), latency["p99"].get<double>());
    EXPECT_LE(latency["p99"].get<double>(), latency["max"].get<double>());
    return json;
  }
};

TEST_F(BenchCommand, measures_a_server_of_its_own) {
  const auto report =
      bench(in_directory() + "--accounts 100 --transfers 20000 --batch 500 --clients 2 --seed 31");
  EXPECT_EQ(report["settings"]["transfers"], 20000);
  EXPECT_EQ(report["runs"].size(), 1u);
  EXPECT_GT(report["figures"]["server_written_mib"].get<double>(), 0);
}

TEST_F(BenchCommand, measures_every_workload) {
  for (const std::string workload : {"holds", "chains", "limits", "mixed"}) {
    SCOPED_TRACE(workload);
    const auto report = bench(in_directory() +
                              "--accounts 200 --transfers 10000 --batch 500 "
                              "--clients 2 --seed 33 --workload " +
                              workload);
    EXPECT_EQ(report["settings"]["workload"], workload);
  }
}

TEST_F(BenchCommand, measures_a_server_in_parallel_mode) {
  bench(in_directory() +
        "--accounts 100 --transfers 20000 --batch 1000 --clients 2 --distribution zipf --runs 2 "
        "--mode parallel --partitions 3 --seed 32");
}

TEST_F(BenchCommand, measures_single_transfers_at_a_rate) {
  const auto report =
      bench(in_directory() +
            "--accounts 100 --transfers 2000 --batch 1 --rate 2000 --clients 8 --seed 33");
  // One second's worth at that rate: open loop, so it takes that long, and not much less.
  EXPECT_GT(report["figures"]["elapsed_s"].get<double>(), 0.9);
}

TEST_F(BenchCommand, measures_a_server_that_runs) {
  start({"--mode", "parallel", "--partitions", "2"});
  bench("--accounts 100 --transfers 10000 --batch 100 --seed 34 --server " + server().host() + ":" +
        std::to_string(server().port()));
  client::Client client = connect();
  EXPECT_GE(must(client.ping()).transfers, 10'000u);
}

}  // namespace
}  // namespace florin::test
