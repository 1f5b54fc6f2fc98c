"""TigerBeetle, where its binary is: its own `tigerbeetle benchmark`, which formats and starts a
replica in the current directory, loads it, reads everything back, and removes it. The options and
the output are those of its source, src/tigerbeetle/benchmark_driver.zig and benchmark_load.zig of
https://github.com/tigerbeetle/tigerbeetle, release 0.17."""

import re
import shutil

import observation
import processes
import shapes
from processes import ComparisonError

HISTORY, NO_HISTORY = "with history", "without history"
EXPECTED_PER_S = 400_000
BATCH = 8189
# --validate mistakes the last, smaller batch for a full one when several clients share the work:
# all batches of accounts and of transfers are full ones.
ACCOUNT_BATCH = 5000
CHECKS = ("created or refused for each of dozens of reasons; ids for ever; two-phase transfers, "
          "limits; answered when written with O_DSYNC by its one replica. Its benchmark reads all "
          "accounts and transfers back (--validate), but does not add up balances")
PACKAGES = ()
TOLD = ("one replica, its own benchmark with --id-order=sequential --validate; its clients have "
        "one request in flight; latencies in whole milliseconds")


def rows_of():
    return [shapes.Row("tigerbeetle", shapes.Shape(BATCH, clients), variant)
            for variant in (HISTORY, NO_HISTORY) for clients in (1, 4, 32)]


def program(options):
    """Path of the binary, or None."""
    if options.tigerbeetle and not shutil.which(options.tigerbeetle):
        raise ComparisonError(f"--tigerbeetle {options.tigerbeetle}: expected a program")
    return shutil.which(options.tigerbeetle or "tigerbeetle")


def version(options):
    return processes.run(program(options), "version").strip().splitlines()[0]


def command(path, row, seconds, seed):
    requests = max(int(EXPECTED_PER_S * seconds) // BATCH, row.shape.clients)
    history = ["--no-history"] if row.variant == NO_HISTORY else []
    return [path, "benchmark", f"--account-count={shapes.ACCOUNTS}",
            f"--transfer-count={requests * BATCH}", f"--transfer-batch-count={BATCH}",
            f"--account-batch-count={ACCOUNT_BATCH}", f"--clients={row.shape.clients}",
            "--id-order=sequential", "--validate", "--query-count=0", f"--seed={seed}", *history]


def number_in(output, pattern, what):
    match = re.search(pattern, output, re.MULTILINE)
    if not match:
        raise ComparisonError(f"expected {what} from tigerbeetle benchmark, got:\n{output[:2000]}")
    return float(match.group(1))


def parse(output, transfers):
    """What the benchmark tells, after it read back as many accounts and transfers as were made."""
    validated = number_in(output, r"^validated (\d+) transfers$", "'validated N transfers'")
    if validated != transfers:
        raise ComparisonError(f"{transfers} transfers were sent, but {validated:.0f} validated")
    number_in(output, rf"^validated ({shapes.ACCOUNTS}) accounts$",
              f"'validated {shapes.ACCOUNTS} accounts'")
    rate = number_in(output, r"^load accepted = (\d+) tx/s$", "'load accepted = N tx/s'")
    p50, p99 = (1000 * number_in(output, rf"^batch latency p{n} *= (\d+) ms$",
                                 f"'batch latency p{n} = N ms'") for n in (50, 99))
    if not rate:
        raise ComparisonError("expected more than 0 tx/s from tigerbeetle benchmark")
    return {"transfers": transfers, "seconds": transfers / rate, "p50_us": p50, "p99_us": p99,
            "memory_mib": number_in(output, r"^rss = (\d+) bytes$", "'rss = N bytes'") / 2 ** 20}


def measure(row, options):
    path = program(options)
    with processes.Workspace(options.data) as workspace:
        arguments = command(path, row, options.seconds, options.run_seed)
        transfers = int(re.search(r"--transfer-count=(\d+)", " ".join(arguments)).group(1))
        # The server is a child of the benchmark, and is not told apart from the load.
        with observation.Observation(None, workspace.path) as seen:
            output = processes.run(*arguments, cwd=workspace.path, seconds_max=600)
        loaded = parse(output, transfers)
        # It reads everything back within the same command, so that processor time is not the
        # load's.
        return {**seen.figures(loaded), "memory_mib": loaded["memory_mib"],
                "server_cpu_us": None, "load_cpu_us": None}
