"""What the processes of a run use together, looked at again and again while it runs."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_EVERY_S = 0.05


def _parents() -> dict[int, int]:
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path("/proc", entry, "stat").read_text()
            except OSError:
                continue  # it has ended
            found[int(entry)] = int(stat.rpartition(")")[2].split()[1])
    return found


def _below(top: int, parents: Mapping[int, int]) -> list[int]:
    found = [top]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _pss(pid: int) -> int:
    """Bytes, shared pages in proportion; 0 for a process that has ended or may not be read."""
    try:
        lines = Path("/proc", str(pid), "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _is_ours(pid: int) -> bool:
    try:
        return "truewheel" in os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return False


def peaks(command: Sequence[object], env: Mapping[str, object]) -> dict[str, float]:
    """
    The most that was seen of the driver, of the engine, and of all that is ours; how many processes
    of ours there were at once; and how often was looked.
    """
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, **{name: str(value) for name, value in env.items()}},
    )  # fmt: skip
    most = {"driver": 0.0, "engine": 0.0, "ours": 0.0, "processes": 0.0, "looks": 0.0}
    while process.poll() is None:
        parents = _parents()
        ours = [pid for pid in _below(process.pid, parents) if _is_ours(pid)]
        sizes = {pid: _pss(pid) for pid in ours}
        engines = [pid for pid in ours if parents.get(pid) == process.pid]
        seen = {
            "driver": sizes.get(process.pid, 0), "ours": sum(sizes.values()),
            "engine": max((sizes[pid] for pid in engines), default=0), "processes": len(ours),
        }  # fmt: skip
        most = {name: max(value, seen.get(name, 0)) for name, value in most.items()}
        most["looks"] += 1
        time.sleep(_EVERY_S)
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with status {process.returncode}")
    return most
