"""What a figure depends on besides the program: the machine as this process sees it."""

import glob
import hashlib
import os
import pathlib
import platform
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
GIB = 1024 ** 3


def read(path, default=""):
    try:
        return pathlib.Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return default


def output_of(*command):
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def processor():
    info = read("/proc/cpuinfo")
    model = re.search(r"^(?:model name|Model)\s*:\s*(.*)$", info, re.MULTILINE)
    caches = []
    for folder in sorted(glob.glob("/sys/devices/system/cpu/cpu0/cache/index*")):
        if read(f"{folder}/type") != "Instruction":
            caches.append(f"L{read(f'{folder}/level')} {read(f'{folder}/size')}")
    return {"model": model.group(1) if model else platform.processor() or "unknown",
            "virtual": bool(re.search(r"^flags.*\bhypervisor\b", info, re.MULTILINE)),
            "caches": ", ".join(caches)}


def group_processors(cpu_max):
    """How many processors the text of a cgroup's cpu.max allows; None without a limit."""
    quota, _, period = cpu_max.partition(" ")
    return float(quota) / float(period) if quota.isdigit() and period else None


def processors():
    """What the process really has: those it may run on, and what its cgroup lets it use of them."""
    allowed = sorted(os.sched_getaffinity(0))
    quota = group_processors(read("/sys/fs/cgroup/cpu.max"))
    return {"machine": os.cpu_count(), "affinity": allowed, "cgroup": quota,
            "usable": min(len(allowed), quota or len(allowed))}


def memory():
    total = re.search(r"^MemTotal:\s*(\d+)", read("/proc/meminfo"), re.MULTILINE)
    group = read("/sys/fs/cgroup/memory.max")
    return {"gib": round(int(total.group(1)) * 1024 / GIB, 1) if total else None,
            "cgroup_gib": round(int(group) / GIB, 1) if group.isdigit() else None}


def mount_of(folder, mountinfo):
    """(device number, file system, device, options) of the mount that holds the folder."""
    best = None
    for line in mountinfo.splitlines():
        fields = line.split()
        point = fields[4].replace("\\040", " ")
        tail = fields[fields.index("-") + 1:]
        inside = folder == point or folder.startswith(point.rstrip("/") + "/")
        if inside and (best is None or len(point) >= len(best[0])):
            best = (point, fields[2], tail[0], tail[1], fields[5])
    return best[1:] if best else ("", "unknown", "unknown", "")


def disk(folder):
    folder = str(pathlib.Path(folder).resolve())
    number, system, device, options = mount_of(folder, read("/proc/self/mountinfo"))
    block = pathlib.Path(f"/sys/dev/block/{number}").resolve()
    whole = block if (block / "queue").exists() else block.parent
    return {"file_system": system, "device": device, "options": options,
            "model": read(whole / "device/model") or whole.name,
            "write_cache": read(whole / "queue/write_cache", "not told"),
            "rotational": {"0": False, "1": True}.get(read(whole / "queue/rotational"))}


def commit():
    known = output_of("git", "-c", "safe.directory=*", "rev-parse", "--short=12", "HEAD")
    changed = output_of("git", "-c", "safe.directory=*", "status", "--porcelain", "-uno")
    return (known + (", with changes" if changed else "")) if known else "unknown"


def compiler(build):
    cache = read(pathlib.Path(build) / "CMakeCache.txt")
    value = {key: re.search(rf"^{key}:\w+=(.*)$", cache, re.MULTILINE)
             for key in ("CMAKE_CXX_COMPILER", "CMAKE_BUILD_TYPE", "FLORIN_SANITIZER")}
    value = {key: match.group(1) if match else "" for key, match in value.items()}
    version = output_of(value["CMAKE_CXX_COMPILER"] or "c++", "--version").splitlines()
    return {"version": version[0] if version else "unknown",
            "build_type": value["CMAKE_BUILD_TYPE"] or "unknown",
            "sanitizer": value["FLORIN_SANITIZER"]}


def digest(path):
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError:
        return "absent"


def describe(build, data, binary):
    return {"processor": processor(), "processors": processors(), "memory": memory(),
            "kernel": f"{platform.system()} {platform.release()}",
            "system": re.sub(r'.*PRETTY_NAME="([^"]*)".*', r"\1",
                             read("/etc/os-release"), flags=re.DOTALL),
            "disk": disk(data), "compiler": compiler(build), "commit": commit(),
            "binary": digest(binary)}


def busy_ticks(stat):
    """(ticks in which the machine's processors did something, ticks stolen by its host) from the
    text of /proc/stat."""
    user, nice, system, _, _, irq, softirq, steal = map(int, stat.split("\n", 1)[0].split()[1:9])
    return user + nice + system + irq + softirq, steal


def load():
    return round(os.getloadavg()[0], 2)
