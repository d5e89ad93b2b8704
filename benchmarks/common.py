"""Measure a command as the operating system sees it, and keep a history of what was measured."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

HISTORY = Path(__file__).parent / "history"


@dataclass(frozen=True)
class Cost:
    """CPU seconds (user and system, children included), wall seconds and peak resident memory in GB."""

    cpu_s: float
    wall_s: float
    peak_gb: float


def measure(*command: str, env: dict[str, str] | None = None) -> Cost:
    """Run a command to its end and return what it cost; raises CalledProcessError where it fails.

    Memory is that of the process, or where it has children the largest sum over all of them, shared pages counted
    once (sampled twice a second; Linux).
    """
    started = time.monotonic()
    process = subprocess.Popen(command, env={**os.environ, **(env or {})}, stdout=subprocess.DEVNULL)
    together = Together(process.pid)
    together.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    together.done.set()
    together.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    # ru_maxrss counts kB on Linux and bytes on macOS.
    scale = 1e9 if sys.platform == "darwin" else 1e6
    return Cost(usage.ru_utime + usage.ru_stime, wall, max(usage.ru_maxrss / scale, together.peak / 1e6))


class Together(threading.Thread):
    """Watches the proportional memory (kB) of a process and all below it."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak, self.done = pid, 0.0, threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.5):
            self.peak = max(self.peak, sum(proportional(p) for p in family(self.pid)))


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(p for c in children for p in family(int(c)))]


def proportional(pid: int) -> float:
    """Resident memory of a process in kB, shared pages divided among those who share them."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(float(line.split()[1]) for line in lines if line.startswith("Pss:"))


def python(script: str, *arguments: str, env: dict[str, str] | None = None) -> Cost:
    """Cost of a Python script given as text."""
    return measure(sys.executable, "-c", script, *arguments, env=env)


def record(name: str, **numbers: object) -> None:
    """Append a line to the history of a benchmark and print it."""
    HISTORY.mkdir(exist_ok=True)
    line = {
        "date": datetime.date.today().isoformat(),
        "cpu": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{k: asdict(v) if isinstance(v, Cost) else v for k, v in numbers.items()},
    }
    path = HISTORY / f"{name}.json"
    lines = json.loads(path.read_text()) if path.exists() else []
    path.write_text(json.dumps([*lines, line], indent=1) + "\n")
    print(f"{name}: " + ", ".join(f"{k} {_shown(v)}" for k, v in numbers.items()))


def _shown(value: object) -> str:
    if isinstance(value, Cost):
        return f"{value.cpu_s:.2f} CPU s, {value.wall_s:.2f} s, {value.peak_gb:.2f} GB"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
