"""Tests of the functions in PostgreSQL and Redis, and of what verifies them, with servers of their
own. They are skipped, and say so, where a system is not installed."""

import argparse
import contextlib
import pathlib
import shutil
import tempfile
import unittest

import florin_system
import postgresql_system
import processes
import redis_system
import tigerbeetle_system

HAS_POSTGRESQL = shutil.which("/usr/lib/postgresql/15/bin/postgres") or shutil.which("postgres")
HAS_REDIS = shutil.which("redis-server") or shutil.which("redis-check-rdb")


@contextlib.contextmanager
def cluster():
    with processes.Workspace(tempfile.gettempdir(), processes.account_of_server()) as workspace:
        running = postgresql_system.Cluster(workspace, postgresql_system.make_template(workspace))
        running.prepare()
        yield running


@contextlib.contextmanager
def redis():
    with processes.Workspace(tempfile.gettempdir()) as workspace:
        _, port = redis_system.start(workspace)
        client = redis_system.Client(port)
        redis_system.prepare(client)
        yield client
        client.close()


@unittest.skipUnless(HAS_POSTGRESQL, "PostgreSQL is not installed")
class PostgresqlLive(unittest.TestCase):
    def test_verification_finds_what_is_wrong(self):
        created = postgresql_system.PROBES_CREATED
        with cluster() as running:
            def problem(transfers=created):
                return running.ask(f"SELECT find_problem({transfers})")
            self.assertEqual(problem(), "")
            self.assertEqual(problem(9), f"9 transfers were answered, but there are {created}")
            running.ask("UPDATE accounts SET debits = debits + 1 WHERE id = 7")
            self.assertRegex(problem(), "debits are .* in all, but credits are")
            running.ask("UPDATE accounts SET credits = credits + 1 WHERE id = 8")
            self.assertRegex(problem(), "balances of 2 accounts are not the sums")

    def test_a_batch_that_is_all_or_nothing_leaves_nothing_when_it_fails(self):
        with cluster() as running:
            for ids, accounts in ((1, "{1,2}"), (50, "{1,99999}")):
                with self.assertRaises(processes.ComparisonError):
                    running.ask(f"SELECT transfer_all({ids}, '{accounts}', '{{3,4}}', '{{5,5}}')")
            self.assertEqual(
                running.ask(f"SELECT find_problem({postgresql_system.PROBES_CREATED})"), "")

    def test_a_transfer_with_one_account_that_does_not_exist_leaves_nothing(self):
        with cluster() as running:
            for accounts in ("1, 99999", "99999, 1", "99998, 99999"):
                self.assertEqual(running.ask(f"SELECT transfer_one(70, {accounts}, 5)"), "4")
            self.assertEqual(running.ask(
                "SELECT transfer_each(70, '{1,99999,1,4}', '{99999,1,1,5}', '{5,5,5,5}')"),
                "{4,4,3,0}")
            self.assertEqual(
                running.ask(f"SELECT find_problem({postgresql_system.PROBES_CREATED + 1})"), "")


@unittest.skipUnless(HAS_REDIS, "Redis is not installed")
class RedisLive(unittest.TestCase):
    def test_verification_finds_what_is_wrong(self):
        script = (redis_system.HERE / "redis_verify.lua").read_text()
        accounts = redis_system.shapes.ACCOUNTS
        with redis() as client:
            def problem(transfers):
                return client.ask("EVAL", script, 0, accounts, transfers)
            self.assertEqual(problem(1), "")
            self.assertEqual(problem(9), "9 transfers were answered, but there are 1")
            client.ask("HINCRBY", "a:7", "debits", 1)
            self.assertEqual(problem(1), "the balance of a:7 is not the sum of its transfers")


# Stands for a program that is not everywhere: it prints what tigerbeetle benchmark would, for as
# many transfers as it was asked for.
PRINTS_AS_TIGERBEETLE = """\
#!/bin/sh
for option; do
  case $option in --transfer-count=*) transfers=${option#*=} ;; esac
done
echo "load accepted = 400000 tx/s
batch latency p50  = 15 ms
batch latency p99  = 42 ms
validated 10000 accounts
validated $transfers transfers

rss = 1073741824 bytes"
"""


class TigerbeetleLive(unittest.TestCase):
    def test_what_the_program_prints_becomes_figures(self):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "tigerbeetle"
            program.write_text(PRINTS_AS_TIGERBEETLE)
            program.chmod(0o755)
            options = argparse.Namespace(
                data=folder, tigerbeetle=str(program), seconds=1, run_seed=1)
            figures = tigerbeetle_system.measure(tigerbeetle_system.rows_of()[0], options)
        self.assertAlmostEqual(figures["transfers_per_s"], 400_000)
        self.assertEqual((figures["p50_us"], figures["p99_us"], figures["memory_mib"]),
                         (15_000, 42_000, 1024))
        self.assertIsNone(figures["load_cpu_us"])

    def test_a_program_that_is_not_there_is_an_error(self):
        with self.assertRaisesRegex(processes.ComparisonError, "/no/such.*expected a program"):
            tigerbeetle_system.program(argparse.Namespace(tigerbeetle="/no/such"))


class Workspaces(unittest.TestCase):
    def test_leaving_one_ends_its_server_and_removes_it(self):
        with self.assertRaises(KeyboardInterrupt):
            with processes.Workspace(tempfile.gettempdir()) as workspace:
                server = workspace.start("sleep", "600")
                raise KeyboardInterrupt
        self.assertIsNotNone(server.returncode)
        self.assertFalse(workspace.path.exists())

    def test_a_server_that_ends_at_its_start_is_an_error_with_what_it_wrote(self):
        with processes.Workspace(tempfile.gettempdir()) as workspace:
            server = workspace.start("sh", "-c", "echo no such disk; exit 3")
            with self.assertRaisesRegex(processes.ComparisonError, "no such disk"):
                workspace.await_server(server, lambda: False)

    def test_a_directory_in_memory_is_refused(self):
        with self.assertRaisesRegex(processes.ComparisonError, "in memory"):
            processes.directory_on_disk("/dev/shm")

    def test_a_program_that_is_not_there_is_named(self):
        with self.assertRaisesRegex(processes.ComparisonError, "'no-such-florin' is not installed"):
            processes.run(*florin_system.load_command(
                "no-such-florin", florin_system.rows_of()[0], 1, 1, 1))
