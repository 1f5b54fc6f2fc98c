"""The rows of the benchmark, read from a TOML file and checked: a mistyped key is an error, not a
row that quietly measures something else."""

import tomllib

import goals

KEYS = {"name", "title", "options", "quick", "long", "runs", "latency", "goals", "benchmarks"}
GOAL_KEYS = {"says", "check", "stretch"}
RUNS = 5


class RowError(Exception):
    """What is wrong with the file of rows."""


class Row:
    """One row: `options` of florin bench, or `benchmarks` of bm_engine by the figure's name."""

    def __init__(self, table, quick=False):
        self.name = table["name"]
        self.title = table["title"]
        self.options = dict(table.get("options", {}))
        if quick:
            self.options.update(table.get("quick", {}))
        self.benchmarks = table.get("benchmarks", {})
        self.long = table.get("long", False)
        self.runs = table.get("runs")
        self.latency = table.get("latency", "latency_us")
        self.goals = table.get("goals", [])

    def arguments(self):
        """Of the program, without what differs from run to run."""
        if self.benchmarks:
            names = "|".join(sorted(self.benchmarks.values()))
            return [f"--benchmark_filter=^({names})/"]
        return [word for key, value in self.options.items() for word in (f"--{key}", str(value))]


def problems_of(table):
    name = table.get("name", "(without a name)")
    problems = [f"unknown key '{key}'" for key in sorted(table.keys() - KEYS)]
    problems += [f"no '{key}'" for key in ("name", "title") if not table.get(key)]
    if ("options" in table) == ("benchmarks" in table):
        problems.append("either 'options' or 'benchmarks' is expected")
    problems += [f"'quick' has '{key}', which 'options' has not"
                 for key in table.get("quick", {}).keys() - table.get("options", {}).keys()]
    for goal in table.get("goals", []):
        problems += [f"unknown key '{key}' of a goal" for key in sorted(goal.keys() - GOAL_KEYS)]
        problems += [f"a goal has no '{key}'" for key in ("says", "check") if key not in goal]
        try:
            goals.parse(goal.get("check", ""))
        except goals.GoalError as error:
            problems.append(str(error))
    return [f"row {name}: {problem}" for problem in problems]


def parse(text, quick=False):
    try:
        tables = tomllib.loads(text).get("row", [])
    except tomllib.TOMLDecodeError as error:
        raise RowError(f"the rows are not TOML: {error}") from None
    problems = [p for table in tables for p in problems_of(table)]
    names = [table.get("name") for table in tables]
    problems += [f"row {n}: its name is there twice" for n in sorted({n for n in names if n and
                                                                      names.count(n) > 1})]
    if not tables:
        problems.append("there is no row: [[row]] is expected")
    if problems:
        raise RowError("\n".join(problems))
    return [Row(table, quick) for table in tables]


def chosen(rows, only, with_long):
    """Those that are asked for by name, or all; long ones when asked for, one way or the other."""
    unknown = sorted(set(only) - {row.name for row in rows})
    if unknown:
        raise RowError(f"there is no row {', '.join(unknown)}; there are "
                       f"{', '.join(row.name for row in rows)}")
    return [row for row in rows if row.name in only or (not only and (with_long or not row.long))]
