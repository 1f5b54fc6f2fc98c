"""The kit's report: what was measured as JSON, and the same as Markdown for people."""

import json
import os
import pathlib
import statistics

import goals
import measuring

PROMISES = (
    "Every transfer was durable before it was answered (the default, `fdatasync` on each write of "
    "the log); checksums, checks, history and snapshots were on as they are by default. The load "
    "generator ran on the same machine, over TCP. A run is verified when the program compared "
    "what the server had afterwards with what it had sent: the trial balance, the number of "
    "transfers, a sample of accounts and one of transfers.")

DISTURBED = 0.1  # Processors: more than this, used by others, and figures are in doubt.


def summary_of(runs):
    """{figure: {median, min, max}} of the figures that all runs have."""
    names = [n for n in runs[0]["figures"] if all(n in r["figures"] for r in runs)] if runs else []
    values = {name: [run["figures"][name] for run in runs] for name in names}
    return {name: {"median": statistics.median(v), "min": min(v), "max": max(v)}
            for name, v in values.items()}


def judged(goal, runs):
    """The goal with the number of runs that reached it; more than half must."""
    comparison = goals.parse(goal["check"])
    reached = sum(comparison.holds(run["figures"]) for run in runs)
    sides = [comparison.sides(run["figures"]) for run in runs]
    return {**goal, "runs_reached": reached, "reached": 2 * reached > len(runs),
            "measured": statistics.median(s[0] for s in sides),
            "asked": statistics.median(s[1] for s in sides)}


def row_entry(row, runs, errors):
    entry = {"name": row.name, "title": row.title, "latency": row.latency,
             "benchmarks": row.benchmarks, "command": measuring.to_repeat(row, len(runs) or 1),
             "runs": runs, "errors": errors, "summary": summary_of(runs)}
    entry["goals"] = []
    for goal in row.goals if runs else []:
        try:
            entry["goals"].append(judged(goal, runs))
        except goals.GoalError as error:
            errors = entry["errors"] = [*errors, str(error)]
    entry["verified"] = bool(runs) and not errors and all(run["verified"] for run in runs)
    return entry


def failed(report):
    """Rows that have errors or were not verified. A goal that was missed is no failure."""
    return [row["name"] for row in report["rows"] if not row["verified"]]


def number(value):
    """Four significant digits, thousands separated, millions as such."""
    if abs(value) >= 1e6:
        return f"{value / 1e6:.3g} M" if abs(value) < 1e7 else f"{value / 1e6:.1f} M"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.3g}"


def duration(us):
    """Microseconds for people."""
    if us >= 1e6:
        return f"{us / 1e6:.3g} s"
    return f"{us / 1000:.3g} ms" if us >= 1000 else f"{us:.3g} us"


def spread(summary, name, text=number):
    if name not in summary:
        return "-"
    figure = summary[name]
    if figure["min"] == figure["max"]:
        return text(figure["median"])
    return f"**{text(figure['median'])}** ({text(figure['min'])} to {text(figure['max'])})"


def goals_cell(row):
    cells = []
    for goal in row["goals"]:
        mark = "reached" if goal["reached"] else "**missed**"
        kind = "stretch: " if goal.get("stretch") else ""
        cells.append(f"{kind}{goal['says']}: {mark} ({goal['runs_reached']} of {len(row['runs'])})")
    return "<br>".join(cells) or "-"


def lag_cell(summary):
    if "history_lag_ms" not in summary:
        return "-"
    return f"{duration(summary['history_lag_ms']['median'] * 1000)}"


def disturbance_cell(runs):
    """How many processors others and the host used meanwhile."""
    if not runs:
        return "-"
    used = statistics.median(r["others_processors"] + r["stolen_processors"] for r in runs)
    return f"{used:.2f}" if used < DISTURBED else f"**{used:.2f}**"


def server_rows(rows):
    lines = ["| workload | transfers/s (range) | p50 | p99 | p99.9 | goals (runs that reached) | "
             "history behind | server memory | others used | verified |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        summary, group = row["summary"], row["latency"]
        cells = [f"{row['title']} (`{row['name']}`)", spread(summary, "transfers_per_s")]
        cells += [spread(summary, f"{group}.{p}", duration) for p in ("p50", "p99", "p999")]
        memory = summary.get("server_memory_mib.peak")
        cells += [goals_cell(row), lag_cell(summary),
                  f"{memory['max']:,.0f} MiB" if memory else "-", disturbance_cell(row["runs"]),
                  f"{sum(r['verified'] for r in row['runs'])} of {len(row['runs'])}"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def engine_rows(rows):
    lines = ["| part | ns a transfer (range) | goals (runs that reached) |", "|---|---|---|"]
    for row in rows:
        for index, figure in enumerate(row["benchmarks"]):
            title = f"{row['title']}: {figure} (`{row['name']}`)"
            lines.append(f"| {title} | {spread(row['summary'], figure)} | "
                         f"{goals_cell(row) if index == 0 else '-'} |")
    return lines


def machine_lines(about):
    cpu, cpus, ram, disk = (about[k] for k in ("processor", "processors", "memory", "disk"))
    group = f", {cpus['cgroup']:g} by its cgroup" if cpus["cgroup"] else ", no limit by a cgroup"
    turning = {True: ", rotating", False: ", not rotating", None: ""}[disk["rotational"]]
    sanitizer = about["compiler"]["sanitizer"]
    return [
        f"- processor: {cpu['model']}{', virtual' if cpu['virtual'] else ''} ({cpu['caches']})",
        f"- processors: {cpus['usable']:g} usable: {len(cpus['affinity'])} of {cpus['machine']} "
        f"by affinity{group}",
        f"- memory: {ram['gib']} GiB"
        + (f", {ram['cgroup_gib']} GiB by the cgroup" if ram["cgroup_gib"] else ""),
        f"- system: {about['system']}, {about['kernel']}",
        f"- disk: {disk['file_system']} ({disk['options']}) on {disk['device']}, "
        f"{disk['model']}{turning}; write cache: {disk['write_cache']}",
        f"- compiler: {about['compiler']['version']}, {about['compiler']['build_type']}"
        + (f", sanitizer {sanitizer}" if sanitizer else ""),
        f"- commit: {about['commit']}; program {about['binary']}",
    ]


def disturbance_line(report):
    runs = [run for row in report["rows"] for run in row["runs"]]
    if not runs:
        return "- nothing ran"
    def most(key):
        return max(run[key] for run in runs)
    return (f"- load average {report['load_before']} before, {report['load_after']} after; while a "
            f"run lasted, other programs used {most('others_processors'):.2f} processors at most "
            f"and the host took {most('stolen_processors'):.2f}")


def details(row):
    lines = [f"### {row['name']}", "", row["title"] + ".", "", "    " + row["command"], ""]
    lines += [f"- FAILED: {error}" for error in row["errors"]]
    lines += [f"- NOT VERIFIED: {p}" for run in row["runs"] for p in run.get("problems", [])]
    lines += [f"- {note}" for note in (row["runs"][-1].get("notes", []) if row["runs"] else [])]
    for goal in row["goals"]:
        lines.append(f"- {goal['says']}: `{goal['check']}`; medians {number(goal['measured'])} and "
                     f"{number(goal['asked'])}")
    lines += ["", "| figure | median | min | max |", "|---|---|---|---|"]
    lines += [f"| {name} | {number(f['median'])} | {number(f['min'])} | {number(f['max'])} |"
              for name, f in row["summary"].items()]
    return lines + [""]


def to_markdown(report):
    server = [row for row in report["rows"] if not row["benchmarks"]]
    engine = [row for row in report["rows"] if row["benchmarks"]]
    lines = ["# Benchmark of Florin", "", f"Begun {report['begun']}, ended {report['ended']}"
             + ("; a quick look: shorter runs than the goals are for" if report["quick"] else "")
             + ".", ""]
    lines += machine_lines(report["machine"]) + [disturbance_line(report), "", PROMISES, "",
             "Medians, in brackets the lowest and the highest run. A goal is reached when more "
             "than half of the runs reach it. Others used: processors, by "
             f"other programs and the host; from {DISTURBED:g} on the figures are in doubt.", ""]
    lines += server_rows(server) + [""] if server else []
    lines += engine_rows(engine) + [""] if engine else []
    lines += ["## Each row", ""]
    for row in report["rows"]:
        lines += details(row)
    return "\n".join(lines)


def write(report, folder):
    """Both files, each at once: who interrupts the kit keeps what was measured."""
    folder = pathlib.Path(folder)
    for name, text in (("report.json", json.dumps(report, indent=1) + "\n"),
                       ("report.md", to_markdown(report))):
        path = folder / name
        path.with_suffix(".new").write_text(text, encoding="utf-8")
        os.replace(path.with_suffix(".new"), path)
