"""Runs things in turn, A B A B, and keeps what each took."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Step:
    """`prepare` is not timed: it empties caches and directories."""

    run: Callable[[], None]
    prepare: Callable[[], None] = lambda: None


@dataclass
class Row:
    """One line of the table. `seconds` has one list a program, in the order of the pairs."""

    name: str
    work: str
    goals: dict[str, str]  # by peer, in words
    seconds: dict[str, list[float]] = field(default_factory=dict)
    others: dict[str, list[float]] = field(default_factory=dict)  # bytes, counts: by what they are
    notes: list[str] = field(default_factory=list)

    def ratios(self, peer: str) -> list[float]:
        """How often ours goes into the peer's, pair by pair: above 1, ours is faster."""
        return [theirs / ours for ours, theirs in zip(self.seconds["ours"], self.seconds[peer])]

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "work": self.work, "goals": self.goals, "seconds": self.seconds,
            "others": self.others, "notes": self.notes,
            "ratios": {peer: self.ratios(peer) for peer in self.seconds if peer != "ours"},
        }  # fmt: skip


class Failed(Exception):
    """A program that is measured ended with an error: what it took says nothing."""


def call(
    words: Sequence[object], env: Mapping[str, object] | None = None, cwd: Path | None = None
) -> None:
    """A program's output is kept for the case that it fails."""
    command = [str(word) for word in words]
    environ = {**os.environ, **{name: str(value) for name, value in (env or {}).items()}}
    done = subprocess.run(
        command, env=environ, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise Failed(f"{' '.join(command[:6])} …: {done.returncode}\n{done.stdout[-2000:]}")


def time_pairs(row: Row, steps: Mapping[str, Step], pairs: int) -> None:
    """One round before the first pair is not counted: files come from the disk then."""
    for number in range(-1, pairs):
        for name, step in steps.items():
            step.prepare()
            start = time.perf_counter()
            step.run()
            taken = time.perf_counter() - start
            if number >= 0:
                row.seconds.setdefault(name, []).append(taken)


def spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.3f} ({min(values):.3f}–{max(values):.3f})"
