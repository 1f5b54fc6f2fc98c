#!/usr/bin/env -S python3 -B
"""Tests the Python parts of the benchmark kit: goals, rows, the machine's texts, figures and the
report; with `--build DIR` also a whole small run of the program built there. Prints what was not as
it must be; the exit status is 1 then."""

import json
import pathlib
import subprocess
import sys
import tempfile

import goals
import machine
import measuring
import report
import rows

FIGURES = {"latency_us.p50": 90.0, "durable_write_us.p50": 55.0, "ping_us.p50": 20.0,
           "transfers_per_s": 4.0e6}
GOALS = [  # check, whether it holds of FIGURES; or a part of the error
    ("latency_us.p50 <= durable_write_us.p50 + ping_us.p50 + 15", True),
    ("latency_us.p50 <= durable_write_us.p50 + ping_us.p50 + 14.9", False),
    ("transfers_per_s >= 4e6", True),
    ("transfers_per_s >= 4.1e6", False),
    ("latency_us.p50 <= 4 * ping_us.p50 + 10", True),
    ("latency_us.p50 <= 10 + 4 * ping_us.p50", True),
    ("latency_us.p50 <= 4 * 2 * ping_us.p50", True),
    ("latency_us.p50 < 5", "is no goal"),
    ("a <= b <= c", "is no goal"),
    ("latency_us.p50 <= 5 us", "neither a figure nor a number"),
    ("latency_us.p49 <= 5", "there is no figure 'latency_us.p49'"),
]

ROW = '[[row]]\nname = "a"\ntitle = "A"\noptions = { batch = 7, rate = 10 }\n'
BAD_ROWS = [  # text, a part of the error
    ("", "there is no row"),
    ("row = 5 = 6", "are not TOML"),
    (ROW + ROW, "row a: its name is there twice"),
    (ROW + "quik = { batch = 1 }\n", "unknown key 'quik'"),
    (ROW + "quick = { bach = 1 }\n", "'quick' has 'bach', which 'options' has not"),
    (ROW + 'benchmarks = { x = "y" }\n', "either 'options' or 'benchmarks'"),
    (ROW + 'goals = [{ says = "x", check = "y" }]\n', "is no goal"),
    (ROW + 'goals = [{ check = "y <= 1" }]\n', "a goal has no 'says'"),
    ('[[row]]\nname = "a"\noptions = {}\n', "no 'title'"),
]

MOUNTS = ("1 0 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
          "2 1 0:30 / /data rw,noatime - tmpfs none rw\n"
          "3 1 0:31 / /database rw - xfs /dev/vdb rw\n")

ENGINE = {"benchmarks": [{"name": "run/inline/1000/iterations:4", "ns_per_transfer": 81.5},
                         {"name": "run/inline/10000/iterations:4", "ns_per_transfer": 60.0}]}

# Run as they stand, with the program of a build.
SMALL_ROWS = """
[[row]]
name = "small"
title = "small batches"
options = { accounts = 100, transfers = 2000, batch = 50 }
goals = [
  { says = "any", check = "transfers_per_s >= 1" },
  { says = "none", check = "latency_us.p50 <= 0" },
  { says = "with history", check = "history_lag_ms >= 0" },
]
[[row]]
name = "singles"
title = "singles beside batches"
options = { accounts = 100, transfers = 3000, batch = 100, singles = 3, singles-alone = 300 }
latency = "singles_beside_us"
goals = [{ says = "measured", check = "singles_beside_us.p99 + singles_alone_us.p99 >= 1" }]
[[row]]
name = "impossible"
title = "an option that is not there"
options = { accounts = 1 }
"""

wrong = []


def expect(what, found, expected):
    if found != expected:
        wrong.append(f"{what}: expected {expected!r}, found {found!r}")


def expect_error(what, kind, part, function, *arguments):
    try:
        wrong.append(f"{what}: expected an error with '{part}', found {function(*arguments)!r}")
    except kind as error:
        if part not in str(error):
            wrong.append(f"{what}: expected an error with '{part}', found '{error}'")


def holds(check):
    return goals.parse(check).holds(FIGURES)


def check_goals():
    for check, expected in GOALS:
        if isinstance(expected, bool):
            expect(check, holds(check), expected)
        else:
            expect_error(check, goals.GoalError, expected, holds, check)
    expect("figures", goals.parse("a.b <= 2 * c + 1").figures(), ["a.b", "c"])


def check_rows():
    for text, part in BAD_ROWS:
        expect_error(text, rows.RowError, part, rows.parse, text)
    text = ROW + 'quick = { batch = 3 }\nlong = true\n' + ROW.replace('"a"', '"b"')
    slow, other = rows.parse(text)
    expect("arguments", slow.arguments(), ["--batch", "7", "--rate", "10"])
    expect("quick", rows.parse(text, quick=True)[0].arguments(), ["--batch", "3", "--rate", "10"])
    expect("without long rows", rows.chosen([slow, other], [], False), [other])
    expect("with long rows", rows.chosen([slow, other], [], True), [slow, other])
    expect("a long row by name", rows.chosen([slow, other], ["a"], False), [slow])
    expect_error("a row that is not there", rows.RowError, "there is no row c; there are a, b",
                 rows.chosen, [slow, other], ["c"], False)


def check_machine():
    expect("a mount", machine.mount_of("/data/x", MOUNTS), ("0:30", "tmpfs", "none", "rw,noatime"))
    expect("a mount of a like name", machine.mount_of("/database", MOUNTS)[1], "xfs")
    expect("the root", machine.mount_of("/datum", MOUNTS)[2], "/dev/vda1")
    expect("a quota", machine.group_processors("150000 100000"), 1.5)
    expect("no quota", machine.group_processors("max 100000"), None)
    expect("ticks", machine.busy_ticks("cpu 1 2 3 400 500 6 7 8 9 10\ncpu0 1\n"), (19, 8))
    before = {"time": 10.0, "own": 1.0, "busy": 5.0, "stolen": 0.0}
    after = {"time": 20.0, "own": 7.0, "busy": 16.0, "stolen": 1.0}
    expect("disturbance", measuring.disturbance(before, after),
           {"others_processors": 0.5, "stolen_processors": 0.1})


def check_figures():
    expect("flat", measuring.flat({"a": 1, "b": {"c": 2, "d": 3}}), {"a": 1, "b.c": 2, "b.d": 3})
    expect("engine", measuring.engine_figures(ENGINE, {"x": "run/inline/1000"}), {"x": 81.5})
    expect_error("a benchmark that is not there", measuring.RunError,
                 "one benchmark run/post is expected with ns_per_transfer; there are run/inline/1",
                 measuring.engine_figures, ENGINE, {"x": "run/post"})
    for value, text in [(5_274_123.0, "5.27 M"), (12_345_678.0, "12.3 M"), (10_270.4, "10,270"),
                        (812.44, "812.4"), (3.0714, "3.07")]:
        expect("a number", report.number(value), text)
    expect("a short duration", report.duration(92.1), "92.1 us")
    expect("a long duration", report.duration(6120.0), "6.12 ms")
    expect("a longer duration", report.duration(3.6789e6), "3.68 s")


def run_of(rate, verified=True):
    return {"seed": 1, "load_before": 0, "load_after": 0, "others_processors": 0.25,
            "stolen_processors": 0.0, "verified": verified,
            "problems": [] if verified else ["transfer 7 is missing"], "notes": ["a note"],
            "figures": {"transfers_per_s": rate, "latency_us.p50": 1e3, "latency_us.p99": 2e3,
                        "latency_us.p999": 3e3, "history_lag_ms": 40.0}}


def row_of(goal, runs, errors=()):
    text = ROW + f'goals = [{{ says = "fast", check = "{goal}" }}]\n'
    return report.row_entry(rows.parse(text)[0], runs, list(errors))


def check_report():
    runs = [run_of(3.0e6), run_of(5.0e6), run_of(4.0e6)]
    row = row_of("transfers_per_s >= 4e6", runs)
    expect("median", row["summary"]["transfers_per_s"], {"median": 4e6, "min": 3e6, "max": 5e6})
    expect("reached", (row["goals"][0]["reached"], row["goals"][0]["runs_reached"]), (True, 2))
    missed = row_of("transfers_per_s >= 4.5e6", runs)
    expect("missed", missed["goals"][0]["reached"], False)
    expect("half is not enough",
           row_of("transfers_per_s >= 4e6", runs[:2])["goals"][0]["reached"], False)
    nonsense = row_of("nothing <= 1", runs)
    expect("a goal without its figure", nonsense["verified"], False)
    lost = row_of("transfers_per_s >= 1", [run_of(1e6, verified=False)])
    broken = row_of("transfers_per_s >= 1", [], ["it ended with status 1"])
    document = {"begun": "then", "ended": "now", "quick": False, "load_before": 0.5,
                "load_after": 0.6, "rows": [row, missed, lost, broken, nonsense],
                "machine": machine.describe(machine.ROOT, machine.ROOT, "/nowhere")}
    expect("failed", len(report.failed(document)), 3)
    text = report.to_markdown(document)
    for part in ["**4 M** (3 M to 5 M)", "fast: reached (2 of 3)", "fast: **missed** (1 of 3)",
                 "NOT VERIFIED: transfer 7 is missing", "FAILED: it ended with status 1", "40 ms",
                 "0 of 1", "used 0.25 processors", "| **0.25** |",
                 "florin bench --batch 7 --rate 10 --runs 3",
                 "there is no figure 'nothing'"]:
        if part not in text:
            wrong.append(f"the report lacks '{part}':\n{text}")


def check_own_rows():
    """The kit's own file, as it is and as a quick look."""
    text = (machine.ROOT / "bench/kit/rows.toml").read_text(encoding="utf-8")
    for quick in (False, True):
        expect("rows", len(rows.parse(text, quick)) > 10, True)


def check_whole_run(build):
    with tempfile.TemporaryDirectory(prefix="florin-kit-") as folder:
        folder = pathlib.Path(folder)
        (folder / "rows.toml").write_text(SMALL_ROWS, encoding="utf-8")
        command = [machine.ROOT / "bench/kit/run", "--rows", folder / "rows.toml", "--runs", "2",
                   "--build", build, "--output", folder / "out"]
        only = subprocess.run([*command, "--only", "small,singles"], capture_output=True, text=True,
                              check=False)
        expect(f"status of a run, which said {only.stderr}", only.returncode, 0)
        document = json.loads((folder / "out/report.json").read_text(encoding="utf-8"))
        small, singles = document["rows"]
        expect("goals", [g["reached"] for g in small["goals"]], [True, False, True])
        expect("verified", (small["verified"], singles["verified"]), (True, True))
        expect("runs", (len(small["runs"]), len(singles["runs"])), (2, 2))
        expect("singles", [g["reached"] for g in singles["goals"]], [True])
        added = subprocess.run([*command, "--only", "impossible", "--add"], capture_output=True,
                               text=True, check=False)
        expect("status of a run that cannot be", added.returncode, 1)
        document = json.loads((folder / "out/report.json").read_text(encoding="utf-8"))
        expect("rows with those added", [row["name"] for row in document["rows"]],
               ["small", "singles", "impossible"])
        expect("errors", len(document["rows"][2]["errors"]), 2)


def main():
    for check in (check_goals, check_rows, check_machine, check_figures, check_report,
                  check_own_rows):
        check()
    if sys.argv[1:2] == ["--build"]:
        check_whole_run(sys.argv[2])
    for problem in wrong:
        print(problem)
    print(f"self-test of the benchmark kit: {len(wrong) or 'no'} problems")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
