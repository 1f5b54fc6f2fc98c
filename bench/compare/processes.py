"""Where a comparison runs: a temporary directory on a real disk, and the servers and loads started
in it. Leaving a workspace, on Ctrl-C too, ends what it started and removes the directory."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from observation import machine

START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 10
MEMORY_FILE_SYSTEMS = ("tmpfs", "ramfs", "devtmpfs")


class ComparisonError(Exception):
    """Why something could not be compared."""


def directory_on_disk(folder):
    """The folder, or that for temporary files. In memory nothing is durable, and all would be
    fast."""
    folder = pathlib.Path(folder or tempfile.gettempdir()).resolve()
    if not folder.is_dir():
        raise ComparisonError(f"--data {folder}: expected a directory")
    system = machine.disk(folder)["file_system"]
    if system in MEMORY_FILE_SYSTEMS:
        raise ComparisonError(f"{folder} is in memory ({system}): name one on a disk with --data")
    return str(folder)


def account_of_server():
    """PostgreSQL refuses to run as root; it gets an account of Debian's that may own files."""
    return "postgres" if os.geteuid() == 0 else None


class Workspace:
    """A context: `path` is the directory; servers started with `start` end when it is left."""

    def __init__(self, parent, owner=None):
        self.parent, self.owner, self.servers = parent, owner, []

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="florin-compare-", dir=self.parent))
        if self.owner:
            shutil.chown(self.path, self.owner)
        return self

    def __exit__(self, *_):
        try:
            for server in reversed(self.servers):
                stop(server)
        finally:
            shutil.rmtree(self.path, ignore_errors=True)

    def start(self, *arguments, as_owner=False):
        """A server, whose output goes to server.log. It dies with this process, however that
        ends."""
        command = ["setpriv", "--pdeathsig", "KILL"]
        if as_owner and self.owner:
            command = ["setpriv", "--pdeathsig", "QUIT", f"--reuid={self.owner}",
                       f"--regid={self.owner}", "--clear-groups"]
        with open(self.path / "server.log", "wb") as log:
            server = subprocess.Popen(
                [*command, *map(str, arguments)], cwd=self.path, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        server.signal_to_stop = signal.SIGQUIT if as_owner else signal.SIGKILL
        self.servers.append(server)
        return server

    def log(self):
        return (self.path / "server.log").read_text(encoding="utf-8", errors="replace")

    def await_server(self, server, is_ready):
        """Asks `is_ready` until it returns something true, and returns that."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            ready = is_ready()
            if ready:
                return ready
            if server.poll() is not None:
                raise ComparisonError(f"the server ended at its start; it wrote:\n{self.log()}")
            if time.monotonic() > deadline:
                raise ComparisonError(
                    f"the server was not ready after {START_SECONDS_MAX} s:\n{self.log()}")
            time.sleep(0.02)


@contextlib.contextmanager
def memory_folder():
    """A temporary directory in memory where there is one, for what a load writes beside the
    server."""
    parent = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="florin-compare-", dir=parent) as folder:
        yield pathlib.Path(folder)


def stop(server):
    """What it holds is thrown away, so it need not end in good order."""
    if server.poll() is None:
        server.send_signal(server.signal_to_stop)
        try:
            server.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def free_port():
    with contextlib.closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def run(*arguments, seconds_max=120, **options):
    """Output of a command; an error tells what it wrote."""
    command = [str(a) for a in arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds_max,
                              check=False, **options)
    except FileNotFoundError:
        raise ComparisonError(f"'{command[0]}' is not installed") from None
    except subprocess.TimeoutExpired:
        raise ComparisonError(f"not done after {seconds_max} s: {' '.join(command)}") from None
    if done.returncode != 0:
        raise ComparisonError(f"status {done.returncode} of: {' '.join(command)[:300]}\n"
                              f"{done.stderr.strip()[-2000:] or done.stdout.strip()[-2000:]}")
    return done.stdout
