"""Redis: a server of its own for each run; a transfer is one call of a Lua script, sent by a small
generator that gives every transfer an id of its own."""

import json
import pathlib
import shutil
import socket

import observation
import processes
import shapes
from processes import ComparisonError

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = ("redis-tools", "g++")
SETTINGS = ("--appendonly", "yes", "--appendfsync", "always", "--save", "",
            "--auto-aof-rewrite-percentage", "0", "--bind", "127.0.0.1", "--daemonize", "no")
CHECKS = ("ids for ever and retries told from conflicts, accounts exist and differ; no limits, no "
          "holds; answered when its log is synced; a script that fails half-way is not taken "
          "back. Every account is compared with the sum of its transfers afterwards")
TOLD = ("appendonly yes, appendfsync always, no snapshots and no rewrite of the log within a run; "
        "a transfer is one EVALSHA")

CREATE_ACCOUNTS = """
for account = 1, tonumber(ARGV[1]) do
  redis.call('HSET', 'a:' .. account, 'debits', 0, 'credits', 0)
end
return tonumber(ARGV[1])"""

# What is sent before each load, and what must come back: the checks are there and work.
PROBES = [(("t:1", "a:1", "a:2", "100"), 0), (("t:1", "a:1", "a:2", "100"), 1),
          (("t:1", "a:1", "a:2", "101"), 2), (("t:2", "a:1", "a:1", "100"), 3),
          (("t:2", "a:1", f"a:{shapes.ACCOUNTS + 1}", "100"), 4)]
PROBES_CREATED = 1


def rows_of():
    return [shapes.Row("redis", shapes.Shape(1, 1)), shapes.Row("redis", shapes.Shape(1, 50)),
            shapes.Row("redis", shapes.Shape(1, 50, 100))]


def server_program():
    """The same program serves and checks files, as its name tells: Debian's redis-tools has it
    under the other name, without a service that starts with the machine."""
    found = shutil.which("redis-server") or shutil.which("redis-check-rdb")
    if not found:
        raise ComparisonError(f"Redis is not installed: apt-get install {PACKAGES[0]}")
    return found


def version(_options):
    return processes.run("redis-server", "--version", executable=server_program()).strip()


class Client:
    """Enough of Redis' protocol (https://redis.io/docs/latest/develop/reference/protocol-spec/) to
    ask one thing at a time."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.answers = self.socket.makefile("rb")

    def ask(self, *arguments):
        words = [str(a).encode() for a in arguments]
        self.socket.sendall(b"*%d\r\n" % len(words)
                            + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        return read_answer(self.answers)

    def close(self):
        self.answers.close()
        self.socket.close()


def read_answer(file):
    """An integer, a text, or None; an error is raised."""
    line = file.readline().decode().rstrip("\r\n")
    kind, rest = line[:1], line[1:]
    if kind == ":":
        return int(rest)
    if kind == "+":
        return rest
    if kind == "$":
        size = int(rest)
        return None if size < 0 else file.read(size + 2)[:-2].decode()
    raise ComparisonError(f"Redis answered: {line}")


def build_load(folder):
    program = folder / "redis_load"
    processes.run("g++", "-std=c++20", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program,
                  HERE / "redis_load.cc")
    return program


def listens(port):
    try:
        Client(port).close()
        return True
    except OSError:
        return False


def start(workspace):
    port = processes.free_port()
    data = workspace.path / "data"
    data.mkdir()
    program = workspace.path / "redis-server"
    program.symlink_to(server_program())
    server = workspace.start(program, "--port", port, "--dir", data, *SETTINGS)
    workspace.await_server(server, lambda: listens(port))
    return server, port


def prepare(client):
    """Accounts and the script, whose digest it returns; asks whether the checks work."""
    client.ask("EVAL", CREATE_ACCOUNTS, 0, shapes.ACCOUNTS)
    sha = client.ask("SCRIPT", "LOAD", (HERE / "redis_transfer.lua").read_text())
    for arguments, expected in PROBES:
        answer = client.ask("EVALSHA", sha, 3, *arguments)
        if answer != expected:
            raise ComparisonError(f"transfer {arguments}: expected {expected}, got {answer}")
    return sha


def measure(row, options):
    with processes.Workspace(options.data) as workspace:
        load = build_load(workspace.path)
        server, port = start(workspace)
        client = Client(port)
        sha = prepare(client)
        with observation.Observation(server, workspace.path) as seen:
            output = processes.run(load, port, row.shape.clients, row.shape.in_flight,
                                   options.seconds, sha, options.run_seed,
                                   seconds_max=options.seconds + 60)
        loaded = json.loads(output)
        problem = client.ask("EVAL", (HERE / "redis_verify.lua").read_text(), 0, shapes.ACCOUNTS,
                             loaded["transfers"] + PROBES_CREATED)
        client.close()
        if problem:
            raise ComparisonError(problem)
        return seen.figures(loaded)
