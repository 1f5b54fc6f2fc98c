"""Florin: `florin serve` as it is without options, loaded and verified by `florin bench`."""

import json
import re

import observation
import processes
import shapes
from processes import ComparisonError

PACKAGES = ()
CHECKS = ("created or refused for each of dozens of reasons; ids for ever (128 bits); holds, "
          "limits, chains; checksums in frames, log and history; answered when its log is synced. "
          "The trial balance, 1000 accounts and 1000 transfers are compared with what was sent "
          "afterwards")
TOLD = ("default configuration: history, checksums and snapshots on, memory not touched ahead; "
        "io_uring and O_DIRECT where the file system has them")

# About how many transfers a second to expect, for a load that lasts about as long as asked for.
EXPECTED_PER_S = {
    shapes.Shape(1, 1): 10_000, shapes.Shape(1, 16): 60_000, shapes.Shape(1, 50): 130_000,
    shapes.Shape(1, 64): 150_000, shapes.Shape(1, 50, 100): 600_000,
    shapes.Shape(1000, 4): 1_500_000,
    shapes.Shape(8000, 4): 2_500_000, shapes.Shape(8189, 1): 2_000_000,
    shapes.Shape(8189, 4): 2_500_000, shapes.Shape(8189, 32): 2_500_000,
}


def rows_of():
    return [shapes.Row("florin", shape) for shape in EXPECTED_PER_S]


def version(options):
    return f"Florin {processes.run(options.florin, '--version').strip()}"


def load_command(program, row, seconds, seed, port):
    shape = row.shape
    return [program, "bench", "--server", f"127.0.0.1:{port}", "--accounts", shapes.ACCOUNTS,
            "--transfers", max(int(EXPECTED_PER_S[shape] * seconds), shape.batch * shape.clients),
            "--batch", shape.batch, "--clients", shape.clients, "--in-flight", shape.in_flight,
            "--seed", seed, "--json", "-"]


def parse(text):
    """The report of `florin bench --json`; one that is not verified is an error."""
    try:
        report = json.loads(text)
        if not report["verified"] or report["problems"]:
            raise ComparisonError(f"florin bench found: {'; '.join(report['problems'])}")
        figures, latency = report["figures"], report["figures"]["latency_us"]
        return {"transfers": report["settings"]["transfers"], "seconds": figures["elapsed_s"],
                "p50_us": latency["p50"], "p99_us": latency["p99"]}
    except (ValueError, KeyError, TypeError) as error:
        raise ComparisonError(f"expected a report of florin bench, got {text[:500]!r}: "
                              f"{error!r}") from None


def start(program, workspace):
    server = workspace.start(program, "serve", "--data", workspace.path / "data", "--listen",
                             "127.0.0.1:0")
    listening = workspace.await_server(
        server, lambda: re.search(r"listening on 127\.0\.0\.1:(\d+)\n", workspace.log()))
    return server, int(listening.group(1))


def measure(row, options):
    with processes.Workspace(options.data) as workspace:
        server, port = start(options.florin, workspace)
        with observation.Observation(server, workspace.path) as seen:
            output = processes.run(
                *load_command(options.florin, row, options.seconds, options.run_seed, port),
                seconds_max=60 + 20 * options.seconds)
        return seen.figures(parse(output))
