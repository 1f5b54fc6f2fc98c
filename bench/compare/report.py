"""The report of a comparison: what the measurements of a file come to, as Markdown."""

import statistics_of_runs

HEAD = ("| requests | system | runs | transfers/s, median [min-max] | Florin makes | p50 | p99 "
        "| memory | written | processor time, server + load |\n"
        "|---|---|---|---|---|---|---|---|---|---|\n")

NOTES = """\
Latency is that of a request: of a whole batch where a request is one. Memory is the server's peak,
what its processes share counted once. Written is what the disk was written for one transfer, by all
of the machine, a sync at the end included: logs, the journal of the file system and space made
ahead; not what a later checkpoint, snapshot or rewrite of a log would write. Processor time is for
one transfer; the load runs on the same processors. "Florin makes" is the ratio of this report's
medians, of Florin to the system of the line, with the same requests in flight.
"""


def shape_of(measurement):
    return (measurement["batch"], measurement["in_flight"], measurement["clients"])


def row_of(measurement):
    return (*shape_of(measurement), measurement["system"], measurement["variant"])


def undisturbed(measurements):
    """Runs that others disturbed count only where there are no better ones."""
    quiet = [m for m in measurements if not m["disturbed"]]
    return quiet or measurements


def grouped(measurements):
    """{row: its summaries}, Florin first within each shape."""
    rows = {}
    for m in measurements:
        rows.setdefault(row_of(m), []).append(m)
    ordered = sorted(rows, key=lambda row: (row[:3], row[3] != "florin", row[3:]))
    return {row: statistics_of_runs.summarise(undisturbed(rows[row])) for row in ordered}


def time_text(microseconds):
    if microseconds < 1000:
        return f"{microseconds:.0f} us"
    return f"{microseconds / 1000:.{1 if microseconds < 100_000 else 0}f} ms"


def number_text(summary, digits=0):
    return "not told" if summary is None else f"{summary['median']:,.{digits}f}"


def requests_text(shape):
    batch, in_flight, clients = shape
    size = "1 transfer" if batch == 1 else f"{batch:,} transfers"
    depth = "" if in_flight == 1 else f" x {in_flight} in flight"
    return f"{size}, {clients} client{'' if clients == 1 else 's'}{depth}"


def ratio_text(row, summaries):
    florin = summaries.get((*row[:3], "florin", ""))
    times = florin and statistics_of_runs.ratio(florin["transfers_per_s"],
                                                summaries[row]["transfers_per_s"])
    return f"{times:.1f} times as many" if times and row[3] != "florin" else ""


def cpu_text(summary):
    server, load = summary["server_cpu_us"], summary["load_cpu_us"]
    if server is None or load is None:
        return "not told"
    return f"{server['median']:.1f} + {load['median']:.1f} us"


def line_of(row, summaries, names):
    summary = summaries[row]
    rate = summary["transfers_per_s"]
    system = names[row[3]] + (f", {row[4]}" if row[4] else "")
    mark = " (disturbed)" if summary["disturbed"]["min"] else ""
    return (f"| {requests_text(row[:3])} | {system} | {summary['runs']}{mark} "
            f"| {rate['median']:,.0f} [{rate['min']:,.0f}-{rate['max']:,.0f}] "
            f"| {ratio_text(row, summaries)} | {time_text(summary['p50_us']['median'])} "
            f"| {time_text(summary['p99_us']['median'])} "
            f"| {number_text(summary['memory_mib'])} MiB "
            f"| {number_text(summary['written_bytes'])} B | {cpu_text(summary)} |\n")


def machine_text(machine):
    processor, disk = machine["processor"], machine["disk"]
    return (f"{processor['model']}{', virtual' if processor['virtual'] else ''}, "
            f"{machine['processors']['usable']:g} processors, {machine['memory']['gib']} GiB, "
            f"{machine['system']}, {machine['kernel']}; {disk['file_system']} on {disk['device']} "
            f"({disk['write_cache']}); commit {machine['commit']}.")


def others_text(measurements):
    summary = statistics_of_runs.summary([m["others_percent"] for m in undisturbed(measurements)])
    return ("" if summary is None else
            f"Others had {summary['median']:.0f}% of one processor at the median, "
            f"{summary['max']:.0f}% at most.")


def to_markdown(comparison):
    summaries = grouped(comparison["measurements"])
    names = {name: system["title"] for name, system in comparison["systems"].items()}
    text = [HEAD, *(line_of(row, summaries, names) for row in summaries), "\n", NOTES, "\n",
            f"Machine: {machine_text(comparison['machine'])} Loads of {comparison['seconds']} s. ",
            f"{others_text(comparison['measurements'])}\n\n"]
    for system in comparison["systems"].values():
        text.append(f"- {system['version']}. Settings: {system['settings']}. "
                    f"Checks: {system['checks']}.\n")
    text += [f"- Not counted: {problem}\n" for problem in comparison["problems"]]
    return "".join(text)


def merge(comparisons):
    """One comparison of several made by turns; they must be of the same programs and loads."""
    merged = {**comparisons[0], "systems": {}, "measurements": [], "problems": []}
    for each in comparisons:
        if each["seconds"] != merged["seconds"]:
            raise ValueError(f"loads of {each['seconds']} s cannot be merged with those of "
                             f"{merged['seconds']} s")
        for name, system in each["systems"].items():
            if merged["systems"].setdefault(name, system) != system:
                raise ValueError(f"{name} is not the same in all files: {system['version']} and "
                                 f"{merged['systems'][name]['version']}, or other settings")
        merged["measurements"] += each["measurements"]
        merged["problems"] += each["problems"]
    return merged
