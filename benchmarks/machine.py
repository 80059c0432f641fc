"""What the figures were measured on: without it they say nothing."""

import os
import platform
import re
import sqlite3
import subprocess
from pathlib import Path

import psutil

from tests.servers.processes import MissingServerError, binary


def facts(folder: Path) -> list[tuple[str, str]]:
    """(what, found) of this machine and of the disk that ``folder`` lies on."""
    return [
        ("CPU", f"{_cpu_model()}, {os.cpu_count()} cores ({len(os.sched_getaffinity(0))} for us)"),
        ("memory", _memory()),
        ("disk", _disk(folder)),
        ("system", f"{platform.system()} {platform.release()}{_virtual()}"),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}, SQLite {sqlite3.sqlite_version}"),
        ("servers", ", ".join((_version("mosquitto", "mosquitto", "-h"), _version("influxd", "influxdb", "version")))),
    ]


def load_average() -> str:
    """Runnable processes over the last 1, 5 and 15 minutes, ours among them."""
    return " ".join(f"{load:.2f}" for load in os.getloadavg())


def busy_s() -> float:
    """CPU seconds that anybody has used on all cores since the machine's start."""
    used = psutil.cpu_times()
    return float(used.user + used.nice + used.system + used.irq + used.softirq + used.steal)


def _found(pattern: str, path: str) -> str:
    try:
        match = re.search(pattern, Path(path).read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return ""
    return match[1].strip() if match else ""


def _cpu_model() -> str:
    return _found(r"^model name\s*:\s*(.+)$", "/proc/cpuinfo") or platform.machine()


def _virtual() -> str:
    return ", in a virtual machine" if _found(r"^flags\s*:.*\b(hypervisor)\b", "/proc/cpuinfo") else ""


def _memory() -> str:
    kib = _found(r"^MemTotal:\s*(\d+)", "/proc/meminfo")
    return f"{int(kib) / 2**20:.1f} GiB" if kib else "not known"


def _disk(folder: Path) -> str:
    """File system and device of a folder; whether it spins is what the kernel was told, a virtual disk may fib."""
    real = folder.resolve()
    mounts = [line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    over = [(m[1], m[0], m[2]) for m in mounts if real.is_relative_to(m[1].replace("\\040", " "))]
    _, device, kind = max(over, key=lambda mount: len(mount[0]))
    number = real.stat().st_dev
    queue = f"/sys/dev/block/{os.major(number)}:{os.minor(number)}"
    rotational = _found(r"(\d)", f"{queue}/queue/rotational") or _found(r"(\d)", f"{queue}/../queue/rotational")
    spins = {"0": ", not rotational", "1": ", rotational (so says the kernel)"}.get(rotational, "")
    return f"{kind} on {device}{spins}"


def _version(name: str, package: str, argument: str) -> str:
    try:
        command = [binary(name, package), argument]
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout
    except (MissingServerError, OSError, subprocess.TimeoutExpired):
        return f"{name} not found"
    match = re.search(r"\bv?(\d+\.\d+[\w.~-]*)", said)
    return f"{name} {match[1] if match else '?'}"
