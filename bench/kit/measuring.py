"""Runs a row's program once and reads its figures."""

import json
import os
import pathlib
import resource
import subprocess
import tempfile
import time

import machine

SECONDS_MAX = 900  # A run that takes longer is broken.
SHOWN_CHARACTERS = 2000
TICKS = os.sysconf("SC_CLK_TCK")  # A second.


class RunError(Exception):
    """Why there are no figures of a run."""


class Programs:
    """Where the measured programs are, and where they may put their data."""

    def __init__(self, build, data):
        self.florin = pathlib.Path(build) / "florin"
        self.engine = pathlib.Path(build) / "bench/micro/bm_engine"
        self.data = pathlib.Path(data)

    def command(self, row, seed, report):
        if row.benchmarks:
            return [str(self.engine), *row.arguments(), "--benchmark_format=json",
                    f"--benchmark_out={report}"]
        return [str(self.florin), "bench", *row.arguments(), "--seed", str(seed),
                "--data", str(self.data), "--json", str(report)]


def to_repeat(row, runs):
    """The command that a reader may give for the same."""
    if row.benchmarks:
        return f"build/release/bench/micro/bm_engine '{row.arguments()[0]}'"
    return " ".join(["florin bench", *row.arguments(), "--runs", str(runs)])


def flat(figures):
    """{"latency_us": {"p50": 1}} as {"latency_us.p50": 1}."""
    result = {}
    for key, value in figures.items():
        if isinstance(value, dict):
            result.update({f"{key}.{inner}": number for inner, number in value.items()})
        else:
            result[key] = value
    return result


def engine_figures(report, benchmarks):
    """Nanoseconds a transfer by the names of the row, from what Google Benchmark wrote."""
    found = {entry["name"]: entry for entry in report["benchmarks"]}
    figures = {}
    for figure, benchmark in benchmarks.items():
        entries = [e for name, e in found.items() if name.startswith(benchmark + "/")]
        if len(entries) != 1 or "ns_per_transfer" not in entries[0]:
            raise RunError(f"one benchmark {benchmark} is expected with ns_per_transfer; there "
                           f"are {', '.join(sorted(found)) or 'none'}")
        figures[figure] = entries[0]["ns_per_transfer"]
    return figures


def surroundings():
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy, stolen = machine.busy_ticks(machine.read("/proc/stat"))
    return {"time": time.monotonic(), "own": own.ru_utime + own.ru_stime,
            "busy": busy / TICKS, "stolen": stolen / TICKS}


def disturbance(before, after):
    """How many processors others used meanwhile, and how many the machine's host took away."""
    spent = {key: after[key] - before[key] for key in before}
    seconds = max(spent["time"], 1e-9)
    return {"others_processors": round(max(0.0, spent["busy"] - spent["own"]) / seconds, 3),
            "stolen_processors": round(spent["stolen"] / seconds, 3)}


def run_once(row, programs, seed):
    """One run: its figures, whether it was verified, and what went on beside it."""
    with tempfile.TemporaryDirectory(prefix="florin-kit-", dir=programs.data) as folder:
        report = pathlib.Path(folder) / "report.json"
        command = programs.command(row, seed, report)
        load, before = machine.load(), surroundings()
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False,
                                  timeout=SECONDS_MAX)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RunError(f"{command[0]}: {error}") from None
        beside = disturbance(before, surroundings())
        told = (done.stderr or done.stdout)[-SHOWN_CHARACTERS:].strip()
        if not report.exists():
            raise RunError(f"{' '.join(command)} ended with status {done.returncode}: {told}")
        text = json.loads(report.read_text(encoding="utf-8"))
    run = {"seed": seed, "load_before": load, "load_after": machine.load(), **beside}
    if row.benchmarks:
        return {**run, "verified": done.returncode == 0,
                "figures": engine_figures(text, row.benchmarks)}
    return {**run, "verified": text["verified"] and done.returncode == 0,
            "problems": text["problems"], "notes": text["notes"],
            "figures": flat(text["figures"])}
