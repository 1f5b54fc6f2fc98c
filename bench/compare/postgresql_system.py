"""PostgreSQL: a cluster of its own for each run, loaded by pgbench with one call of a function for
each request."""

import glob
import pathlib
import random
import re
import shutil

import observation
import processes
import shapes
import statistics_of_runs
from processes import ComparisonError

HERE = pathlib.Path(__file__).resolve().parent
IDS_OF_A_CLIENT = 10 ** 12
SCRIPTS_OF_BATCHES = 16  # Different batches that are sent in turn, each time with new ids.
WARM_UP_SECONDS = 1
SETTINGS = {
    "shared_buffers": "2GB",
    "max_wal_size": "32GB",
    "checkpoint_timeout": "1h",
    "max_connections": "100",
    "jit": "off",
    "listen_addresses": "127.0.0.1",
}
EACH, ALL = "an outcome for each transfer", "set-based, all or nothing"
PACKAGES = ("postgresql-15",)
CHECKS = ("ids for ever (64 bits) and retries told from conflicts, accounts exist and differ, "
          "amounts positive; no limits, no holds; answered when its log is synced. Every account "
          "is compared with the sum of its transfers afterwards")
TOLD = ("fsync, synchronous_commit, full_page_writes on (defaults); "
        + ", ".join(f"{name} {value}" for name, value in SETTINGS.items())
        + ": no checkpoint within a run; a request is one statement, prepared for single "
        "transfers; batches are sent as text arrays by pgbench; the first second, in which "
        "connections plan their statements, does not count")

SINGLE_SCRIPT = f"""\
\\set n :n + 1
\\set id :client_id * {IDS_OF_A_CLIENT} + :n
\\set debit random(1, {shapes.ACCOUNTS})
\\set credit 1 + (:debit + random(0, {shapes.ACCOUNTS - 2})) % {shapes.ACCOUNTS}
\\set amount random(1, {shapes.AMOUNT_MAX})
SELECT transfer_one(:id, :debit, :credit, :amount);
"""

# What is sent before each load, and what must come back: the checks are there and work.
PROBES = [
    ("SELECT transfer_one(1, 1, 2, 100)", "0"),
    ("SELECT transfer_one(1, 1, 2, 100)", "1"),
    ("SELECT transfer_one(1, 1, 2, 101)", "2"),
    ("SELECT transfer_one(2, 1, 1, 100)", "3"),
    (f"SELECT transfer_one(2, 1, {shapes.ACCOUNTS + 1}, 100)", "4"),
    ("SELECT transfer_each(1, '{1,2,3}', '{2,3,99999}', '{100,5,5}')", "{1,0,4}"),
    ("SELECT transfer_all(3, '{1,2}', '{2,3}', '{7,8}')", "2"),
]
PROBES_CREATED = 4  # 1, then 2 in transfer_each, then 3 and 4.


def rows_of():
    singles = [shapes.Row("postgresql", shapes.Shape(1, clients)) for clients in (1, 16, 64)]
    return singles + [shapes.Row("postgresql", shapes.Shape(batch, 4), variant)
                      for batch in (1000, 8000) for variant in (EACH, ALL)]


def program(name):
    """Debian keeps the server's programs out of PATH."""
    found = sorted(glob.glob(f"/usr/lib/postgresql/15/bin/{name}"))
    found = found or [p for p in [shutil.which(name)] if p]
    if not found:
        raise ComparisonError(f"'{name}' of PostgreSQL is not installed: apt-get install "
                              f"{PACKAGES[0]}")
    return found[-1]


def version(_options):
    return processes.run(program("postgres"), "--version").strip()


def batch_script(batch, function, seed):
    """A pgbench script that sends one batch of transfers between accounts drawn at random."""
    draw = random.Random(seed)
    debits = [draw.randint(1, shapes.ACCOUNTS) for _ in range(batch)]
    credits = [1 + (d + draw.randint(0, shapes.ACCOUNTS - 2)) % shapes.ACCOUNTS for d in debits]
    amounts = [draw.randint(1, shapes.AMOUNT_MAX) for _ in range(batch)]
    arrays = ", ".join("'{" + ",".join(map(str, a)) + "}'" for a in (debits, credits, amounts))
    return (f"\\set first_id :client_id * {IDS_OF_A_CLIENT} + 1000 + :n\n"
            f"\\set n :n + {batch}\nSELECT {function}(:first_id, {arrays});\n")


def scripts_of(row, seed):
    if row.shape.batch == 1:
        return [SINGLE_SCRIPT]
    function = "transfer_each" if row.variant == EACH else "transfer_all"
    return [batch_script(row.shape.batch, function, f"{seed}/{i}")
            for i in range(SCRIPTS_OF_BATCHES)]


def parse_pgbench(output):
    """How many transactions pgbench reports; none may have failed."""
    processed = re.search(r"^number of transactions actually processed: (\d+)", output, re.M)
    failed = re.search(r"^number of failed transactions: (\d+)", output, re.M)
    if not processed:
        raise ComparisonError(f"expected a report of pgbench, got:\n{output[:2000]}")
    if failed and int(failed.group(1)):
        raise ComparisonError(f"pgbench tells of {failed.group(1)} failed transactions, not 0")
    return int(processed.group(1))


def parse_log(lines):
    """[(end in seconds, latency in microseconds)] of pgbench's log, whose fields are described in
    https://www.postgresql.org/docs/15/pgbench.html ("Per-Transaction Logging")."""
    fields = (line.split() for line in lines)
    return [(int(f[4]) + int(f[5]) / 1e6, int(f[2])) for f in fields]


def warmed_up(requests):
    """(requests a second, sorted latencies) of what began after the first second, in which each
    connection plans its statements."""
    begin = min(end - latency / 1e6 for end, latency in requests) + WARM_UP_SECONDS
    latencies = sorted(latency for end, latency in requests if end - latency / 1e6 >= begin)
    if not latencies:
        raise ComparisonError(f"no request began after the first {WARM_UP_SECONDS} s")
    return len(latencies) / (max(end for end, _ in requests) - begin), latencies


class Cluster:
    """A running cluster in a workspace."""

    def __init__(self, workspace, template):
        self.port = processes.free_port()
        self.data = workspace.path / "data"
        processes.run("cp", "-a", template, self.data)
        options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        self.server = workspace.start(
            program("postgres"), "-D", self.data, "-p", self.port, "-k", workspace.path, *options,
            as_owner=True)
        self.client = ["-h", "127.0.0.1", "-p", self.port, "-U", "florin"]
        workspace.await_server(self.server, lambda: "accept connections" in workspace.log())

    def ask(self, statement):
        return self.psql("-A", "-t", "-c", statement).strip()

    def psql(self, *arguments):
        return processes.run(program("psql"), *self.client, "-d", "postgres", "-X", "-q",
                             "-v", "ON_ERROR_STOP=1", *arguments)

    def prepare(self):
        self.psql("-f", HERE / "postgresql.sql")
        self.ask(f"INSERT INTO accounts (id) SELECT generate_series(1, {shapes.ACCOUNTS})")
        self.ask("VACUUM ANALYZE accounts")
        for statement, expected in PROBES:
            answer = self.ask(statement)
            if answer != expected:
                raise ComparisonError(f"{statement}: expected {expected}, got {answer}")
        self.ask("CHECKPOINT")


def make_template(workspace):
    """initdb once for all runs; they start from copies."""
    template = workspace.path / "template"
    command = [program("initdb"), "-D", template, "-A", "trust", "-U", "florin", "-E", "UTF8",
               "--locale=C", "--no-sync"]
    account = processes.account_of_server()
    if account:
        command = ["setpriv", f"--reuid={account}", f"--regid={account}", "--clear-groups",
                   *command]
    processes.run(*command, cwd=workspace.path)
    return template


def load(cluster, row, seconds, seed, folder):
    """Runs pgbench; its scripts and its log are in memory, so that the disk is the server's."""
    command = [program("pgbench"), *cluster.client, "-n", "-T", seconds + WARM_UP_SECONDS,
               "-c", row.shape.clients, "-j", min(row.shape.clients, 2),
               "-l", f"--log-prefix={folder}/latency",
               f"--random-seed={seed % 2 ** 31}", "-D", "n=100",
               "-M", "prepared" if row.shape.batch == 1 else "extended"]
    for i, script in enumerate(scripts_of(row, seed)):
        path = folder / f"script{i}.sql"
        path.write_text(script, encoding="utf-8")
        command += ["-f", path]
    return processes.run(*command, "postgres", seconds_max=seconds + 60)


def measure(row, options):
    with processes.Workspace(options.data, processes.account_of_server()) as workspace, \
            processes.memory_folder() as folder:
        cluster = Cluster(workspace, make_template(workspace))
        cluster.prepare()
        with observation.Observation(cluster.server, workspace.path) as seen:
            output = load(cluster, row, options.seconds, options.run_seed, folder)
        transfers = parse_pgbench(output) * row.shape.batch
        problem = cluster.ask(f"SELECT find_problem({transfers + PROBES_CREATED})")
        if problem:
            raise ComparisonError(problem)
        log = parse_log(line for path in folder.glob("latency*")
                        for line in path.read_text().splitlines())
        requests_per_s, latencies = warmed_up(log)
        return seen.figures({
            "transfers": transfers, "seconds": transfers / (requests_per_s * row.shape.batch),
            "p50_us": statistics_of_runs.percentile(latencies, 50),
            "p99_us": statistics_of_runs.percentile(latencies, 99)})
