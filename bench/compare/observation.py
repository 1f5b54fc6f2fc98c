"""What a load costs while it runs, as the kernel accounts it: the server's memory, what the disk is
written, and the processor time of the server, of the load, and of everything else there is."""

import contextlib
import os
import pathlib
import resource
import sys
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "kit"))

import machine  # noqa: E402 (of bench/kit)

SAMPLE_SECONDS = 0.25
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SECTOR_BYTES = 512  # Of /sys/block/*/stat, whatever the device's own sectors are.


def text_of(path):
    """Empty when the process has ended."""
    with contextlib.suppress(OSError):
        return pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    return ""


def processes_of(pid):
    """The server and its children; PostgreSQL has one for each connection. None without a
    server."""
    if pid is None:
        return []
    return [str(pid), *text_of(f"/proc/{pid}/task/{pid}/children").split()]


def numbers_of(text, names):
    """{name: number} of lines "name: number", such as those of /proc/PID/status."""
    fields = (line.partition(":") for line in text.splitlines())
    return {name: int(value.split()[0]) for name, _, value in fields if name in names}


def memory_of_all(statuses):
    """Bytes. What belongs to one process is added up; what they share (files, shared memory) counts
    once, as the process has it that has most of it."""
    fields = [numbers_of(s, ("RssAnon", "RssFile", "RssShmem")) for s in statuses]
    shared = sum(max((f.get(name, 0) for f in fields), default=0)
                 for name in ("RssFile", "RssShmem"))
    return 1024 * (sum(f.get("RssAnon", 0) for f in fields) + shared)


def ticks_of(stat, with_children=False):
    """Processor time in the text of /proc/PID/stat: fields 14 and 15, and 16 and 17 for children
    that ended. The name in field 2 may contain spaces."""
    fields = stat.rpartition(")")[2].split()
    return sum(map(int, fields[11:15 if with_children else 13]))


def server_ticks(pid):
    if pid is None:
        return 0
    first, *children = processes_of(pid)
    return ticks_of(text_of(f"/proc/{first}/stat"), with_children=True) + sum(
        ticks_of(text_of(f"/proc/{child}/stat")) for child in children)


def own_seconds():
    """Processor time of this process and of those children that ended: the load is one of them."""
    return sum(r.ru_utime + r.ru_stime for r in map(
        resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def busy_seconds():
    return machine.busy_ticks(text_of("/proc/stat"))[0] / TICKS_PER_SECOND


def others_percent(busy, own, elapsed):
    """Of one processor; the clock ticks of the kernel's accounts make it inexact."""
    return max(0.0, 100 * (busy - own) / elapsed)


def wait_until_quiet(percent_max, seconds_max):
    """Watches until others leave the processors alone for half a second, but not for ever."""
    deadline = time.monotonic() + seconds_max
    while True:
        began, busy, own = time.monotonic(), busy_seconds(), own_seconds()
        time.sleep(0.5)
        used = others_percent(busy_seconds() - busy, own_seconds() - own, time.monotonic() - began)
        if used <= percent_max or time.monotonic() > deadline:
            return


def sectors_written(stat):
    """Field 7 of a block device's stat file: https://docs.kernel.org/block/stat.html"""
    return int(stat.split()[6])


def device_bytes_written(folder):
    """What the device below the folder was ever written; None if it does not tell. Processes have
    such a count too, but it counts a page cache folio as a whole whenever a part of it was
    written."""
    number = os.stat(folder).st_dev
    stat = text_of(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}/stat")
    return sectors_written(stat) * SECTOR_BYTES if stat else None


class Observation:
    """A context around a load. What the disk was written ends with a sync, so that it is whole. The
    server is None when the load starts and ends its own."""

    def __init__(self, server, folder):
        self.pid = server.pid if server else None
        self.folder, self.ended = folder, threading.Event()
        self.memory_bytes, self.written_bytes = 0, None

    def __enter__(self):
        os.sync()
        self.written_before = device_bytes_written(self.folder)
        self.clocks = self.read_clocks()
        self.sampler = threading.Thread(target=self.sample_memory)
        self.sampler.start()
        return self

    def __exit__(self, *_):
        after = self.read_clocks()
        self.ended.set()
        self.sampler.join()
        elapsed, busy, self.server_cpu_seconds, self.load_cpu_seconds = (
            b - a for a, b in zip(self.clocks, after, strict=True))
        self.others_percent = others_percent(
            busy, self.server_cpu_seconds + self.load_cpu_seconds, elapsed)
        os.sync()
        if self.written_before is not None:
            self.written_bytes = device_bytes_written(self.folder) - self.written_before

    def read_clocks(self):
        return (time.monotonic(), busy_seconds(), server_ticks(self.pid) / TICKS_PER_SECOND,
                own_seconds())

    def sample_memory(self):
        while True:
            statuses = [text_of(f"/proc/{p}/status") for p in processes_of(self.pid)]
            self.memory_bytes = max(self.memory_bytes, memory_of_all(statuses))
            if self.ended.wait(SAMPLE_SECONDS):
                return

    def figures(self, load):
        """Figures of a row, of what the load told: transfers, seconds, p50_us and p99_us. They are
        made only when the system was found to have every transfer as it should."""
        transfers = load["transfers"]
        written = None if self.written_bytes is None else self.written_bytes / transfers
        return {
            "transfers": transfers,
            "transfers_per_s": transfers / load["seconds"],
            "p50_us": load["p50_us"],
            "p99_us": load["p99_us"],
            "memory_mib": self.memory_bytes / 2 ** 20,
            "written_bytes": written,
            "server_cpu_us": self.server_cpu_seconds * 1e6 / transfers,
            "load_cpu_us": self.load_cpu_seconds * 1e6 / transfers,
            "others_percent": self.others_percent,
        }
