"""Tests of what reads the programs' output and of what is calculated from it."""

import contextlib
import io
import re
import unittest

import florin_system
import live_test
import observation
import postgresql_system
import redis_system
import report
import shapes
import statistics_of_runs
import tigerbeetle_system
from processes import ComparisonError

PGBENCH = """\
pgbench (15.18 (Debian 15.18-0+deb12u1))
transaction type: /dev/shm/x/script0.sql
number of clients: 4
duration: 5 s
number of transactions actually processed: 52
number of failed transactions: 0 (0.000%)
latency average = 229.361 ms
initial connection time = 4.213 ms
tps = 16.176802 (without initial connection time)
"""

# As src/tigerbeetle/benchmark_load.zig and benchmark_driver.zig of release 0.17 print it.
TIGERBEETLE = """\
245 batches in 4.81 s
transfer batch size = 8189 txs
transfer batch delay = 0ns
load accepted = 417000 tx/s
batch latency p1   = 9 ms
batch latency p50  = 15 ms
batch latency p99  = 42 ms
batch latency p100 = 107 ms
validated 10000 accounts
validated 2006305 transfers

rss = 3221225472 bytes

datafile empty = 1140850688 bytes
datafile = 4395630592 bytes
"""

FLORIN = """\
{"settings": {"transfers": 200000}, "figures": {"elapsed_s": 0.5, "latency_us": {"p50": 92.5,
"p99": 176.25}}, "verified": true, "problems": []}
"""


def measurement(system, rate, disturbed=False, **changes):
    return {"system": system, "variant": "", "batch": 1, "clients": 1, "in_flight": 1,
            "disturbed": disturbed, "transfers": 10, "transfers_per_s": rate, "p50_us": 90.0,
            "p99_us": 5000.0, "memory_mib": 16.4, "written_bytes": None, "server_cpu_us": 1.25,
            "load_cpu_us": 0.5, "others_percent": 0.0, **changes}


def comparison(measurements, **changes):
    systems = {name: {"title": name.title(), "version": f"{name} 1", "settings": "defaults",
                      "checks": "ids"} for name in ("florin", "redis")}
    return {"machine": observation.machine.describe("/", "/", "/"), "seconds": 5,
            "systems": systems, "measurements": measurements, "problems": [], **changes}


class Statistics(unittest.TestCase):
    def test_percentiles_are_values_of_the_nearest_rank(self):
        values = list(range(1, 201))
        self.assertEqual(statistics_of_runs.percentile(values, 50), 100)
        self.assertEqual(statistics_of_runs.percentile(values, 99), 198)
        self.assertEqual(statistics_of_runs.percentile(values, 100), 200)
        self.assertEqual(statistics_of_runs.percentile([7], 1), 7)

    def test_a_percentile_of_nothing_is_an_error(self):
        with self.assertRaises(ValueError):
            statistics_of_runs.percentile([], 50)

    def test_a_summary_leaves_out_what_was_not_told(self):
        self.assertEqual(statistics_of_runs.summary([3, None, 1, 8]),
                         {"median": 3, "min": 1, "max": 8})
        self.assertIsNone(statistics_of_runs.summary([None]))

    def test_a_ratio_without_a_denominator_is_none(self):
        of = statistics_of_runs.summary
        self.assertEqual(statistics_of_runs.ratio(of([6]), of([2])), 3)
        self.assertIsNone(statistics_of_runs.ratio(of([6]), of([0])))
        self.assertIsNone(statistics_of_runs.ratio(of([6]), None))


class Pgbench(unittest.TestCase):
    def test_a_report_is_read(self):
        self.assertEqual(postgresql_system.parse_pgbench(PGBENCH), 52)

    def test_failed_transactions_are_an_error(self):
        with self.assertRaisesRegex(ComparisonError, "3 failed transactions, not 0"):
            postgresql_system.parse_pgbench(PGBENCH.replace(": 0 (0.000%)", ": 3 (5.769%)"))

    def test_another_text_is_an_error(self):
        with self.assertRaisesRegex(ComparisonError, "expected a report of pgbench"):
            postgresql_system.parse_pgbench("psql: error")

    def test_its_log_is_read(self):
        self.assertEqual(postgresql_system.parse_log(
            ["0 1 420 0 1763732168 500000", "1 1 95 0 1763732169 250000"]),
            [(1763732168.5, 420), (1763732169.25, 95)])

    def test_requests_of_the_first_second_do_not_count(self):
        requests = [(100.25, 250_000), (101.5, 1_000_000), (102.0, 500_000), (103.0, 1_000_000)]
        self.assertEqual(postgresql_system.warmed_up(requests), (1.0, [500_000, 1_000_000]))
        with self.assertRaisesRegex(ComparisonError, "no request began after the first"):
            postgresql_system.warmed_up(requests[:1])

    def test_a_script_names_two_different_accounts_in_each_transfer(self):
        script = postgresql_system.batch_script(1000, "transfer_each", "1/0")
        debits, credits, amounts = ([int(n) for n in array.split(",")]
                                    for array in re.findall(r"'\{([\d,]+)\}'", script))
        self.assertEqual([len(a) for a in (debits, credits, amounts)], [1000] * 3)
        self.assertFalse(any(d == c for d, c in zip(debits, credits, strict=True)))
        self.assertTrue(all(1 <= a <= shapes.ACCOUNTS for a in debits + credits))
        self.assertNotEqual(script, postgresql_system.batch_script(1000, "transfer_each", "1/1"))


class Tigerbeetle(unittest.TestCase):
    def test_its_output_is_read(self):
        told = tigerbeetle_system.parse(TIGERBEETLE, 2006305)
        self.assertEqual((told["transfers"], told["p50_us"], told["p99_us"], told["memory_mib"]),
                         (2006305, 15000, 42000, 3072))
        self.assertAlmostEqual(told["transfers"] / told["seconds"], 417000)

    def test_what_was_not_read_back_does_not_count(self):
        with self.assertRaisesRegex(ComparisonError, "8189 transfers were sent, but 2006305"):
            tigerbeetle_system.parse(TIGERBEETLE, 8189)
        for line in TIGERBEETLE.splitlines():
            if re.match("validated|load|batch latency p50|batch latency p99|rss", line):
                with self.assertRaisesRegex(ComparisonError, "expected"):
                    tigerbeetle_system.parse(TIGERBEETLE.replace(line + "\n", ""), 2006305)

    def test_all_its_batches_are_full(self):
        for row in tigerbeetle_system.rows_of():
            command = " ".join(tigerbeetle_system.command("tigerbeetle", row, 1, 1))
            count = int(re.search(r"--transfer-count=(\d+)", command).group(1))
            self.assertEqual(count % tigerbeetle_system.BATCH, 0)
            self.assertGreaterEqual(count, row.shape.clients * tigerbeetle_system.BATCH)
            self.assertEqual("--no-history" in command, row.variant != tigerbeetle_system.HISTORY)
        self.assertEqual(shapes.ACCOUNTS % tigerbeetle_system.ACCOUNT_BATCH, 0)


class Florin(unittest.TestCase):
    def test_its_report_is_read(self):
        self.assertEqual(florin_system.parse(FLORIN), {
            "transfers": 200000, "seconds": 0.5, "p50_us": 92.5, "p99_us": 176.25})

    def test_a_run_that_is_not_verified_does_not_count(self):
        with self.assertRaisesRegex(ComparisonError, "balance is 3"):
            florin_system.parse(FLORIN.replace("true", "false").replace("[]", '["balance is 3"]'))

    def test_another_text_is_an_error(self):
        for text in ("", "{}", "[]", '{"verified": true, "problems": []}'):
            with self.assertRaisesRegex(ComparisonError, "expected a report of florin bench"):
                florin_system.parse(text)

    def test_it_has_every_shape_that_another_system_has(self):
        for system in (postgresql_system, redis_system, tigerbeetle_system):
            for row in system.rows_of():
                self.assertIn(row.shape, florin_system.EXPECTED_PER_S)


class Redis(unittest.TestCase):
    def test_answers_are_read(self):
        file = io.BytesIO(b":-7\r\n+OK\r\n$5\r\na\r\nbc\r\n$-1\r\n")
        self.assertEqual([redis_system.read_answer(file) for _ in range(4)],
                         [-7, "OK", "a\r\nbc", None])

    def test_an_error_is_raised(self):
        with self.assertRaisesRegex(ComparisonError, "ERR unknown command"):
            redis_system.read_answer(io.BytesIO(b"-ERR unknown command\r\n"))


class Observation(unittest.TestCase):
    def test_shared_memory_counts_once(self):
        status = "Name:\tpostgres\nRssAnon:\t{} kB\nRssFile:\t{} kB\nRssShmem:\t{} kB\n"
        self.assertEqual(observation.memory_of_all(
            [status.format(10, 5, 100), status.format(1, 7, 90), ""]), (11 + 7 + 100) * 1024)

    def test_processor_time_is_found_behind_a_name_with_spaces(self):
        stat = "7 (a ) b) S 1 7 7 0 -1 4194560 9 0 0 0 30 12 400 5000 20 0 1 0"
        self.assertEqual(observation.ticks_of(stat), 42)
        self.assertEqual(observation.ticks_of(stat, with_children=True), 5442)

    def test_sectors_written_are_the_seventh_field(self):
        self.assertEqual(observation.sectors_written("1 2 3 4 5 6 777 8 9 10 11"), 777)

    def test_others_have_what_is_busy_but_not_ours(self):
        self.assertEqual(observation.others_percent(busy=3.0, own=2.0, elapsed=4.0), 25)
        self.assertEqual(observation.others_percent(busy=1.0, own=1.01, elapsed=4.0), 0)


class Report(unittest.TestCase):
    def test_a_row_tells_medians_and_how_many_times_as_many_florin_makes(self):
        text = report.to_markdown(comparison(
            [measurement("redis", rate) for rate in (5000, 7000, 6000)]
            + [measurement("florin", 15000)]))
        self.assertIn("| 1 transfer, 1 client | Redis | 3 | 6,000 [5,000-7,000] "
                      "| 2.5 times as many | 90 us | 5.0 ms | 16 MiB | not told B "
                      "| 1.2 + 0.5 us |", text)
        self.assertLess(text.index("| Florin |"), text.index("| Redis |"))

    def test_disturbed_runs_count_only_where_there_are_no_others(self):
        both = [measurement("redis", 100, disturbed=True), measurement("redis", 900)]
        self.assertIn("| 1 | 900 [900-900] |", report.to_markdown(comparison(both)))
        self.assertIn("| 1 (disturbed) | 100 [100-100] |", report.to_markdown(comparison(both[:1])))

    def test_systems_with_other_requests_are_not_compared(self):
        text = report.to_markdown(comparison(
            [measurement("redis", 5000, clients=50), measurement("florin", 15000)]))
        self.assertNotIn("times as many", text)

    def test_what_did_not_count_is_told(self):
        self.assertIn("Not counted: redis, 1 transfer: wrong sum", report.to_markdown(
            comparison([measurement("florin", 1)], problems=["redis, 1 transfer: wrong sum"])))

    def test_files_are_merged_when_their_programs_and_loads_are_the_same(self):
        one, other = comparison([measurement("redis", 1)]), comparison([measurement("redis", 3)])
        self.assertEqual(len(report.merge([one, other])["measurements"]), 2)
        with self.assertRaisesRegex(ValueError, "loads of 9 s"):
            report.merge([one, {**other, "seconds": 9}])
        other["systems"]["redis"] = {**other["systems"]["redis"], "version": "redis 2"}
        with self.assertRaisesRegex(ValueError, "redis is not the same in all files: redis 2"):
            report.merge([one, other])


def main():
    """The exit status."""
    output = io.StringIO()
    with contextlib.redirect_stderr(output):
        suite = unittest.defaultTestLoader.loadTestsFromNames([__name__, live_test.__name__])
        result = unittest.TextTestRunner(stream=output, verbosity=2).run(suite)
    print(output.getvalue(), end="")
    return 0 if result.wasSuccessful() else 1
