"""Builds the whole list in one run of truewheel, under each of the settings that are compared."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.perturb import compare
from tests.perturb.axes import AXES
from tests.perturb.builders import Builder
from tests.perturb.setting import Setting
from tests.perturb.world import World

from .entries import Entry

TIMEOUT_SECONDS = 3600


@dataclass(frozen=True)
class Run:
    """One of the runs whose wheels are compared."""

    name: str
    setting: Setting
    backwards: bool  # the order in which the list is given


@dataclass
class Built:
    """What one run made of one entry: a wheel, or a failure."""

    sha256: str = ""
    seconds: float = 0.0
    failure: str = ""
    stable: bool = True


def runs(builder: Builder) -> tuple[list[Run], list[str]]:
    """The runs (nothing varied, all axes at once, the same in locked mode), and what could not be
    varied here, with the reasons."""
    first, second, left_out = Setting(), Setting(), []
    for axis in AXES:
        if axis.alone or axis.name == "caches":  # truewheel keeps nothing in a home
            continue
        try:
            for setting in (axis.settings[0], axis.settings[-1]):
                compare.check_available(setting, builder)
        except compare.Unavailable as why:
            left_out.append(f"{axis.name}: {why}")
            continue
        first, second = first.merge(axis.settings[0]), second.merge(axis.settings[-1])
    second = _leave_the_interpreter_its_zlib(second)
    jobs = str(max(2, len(os.sched_getaffinity(0))))
    first, second = (dataclasses.replace(s, options={}, neighbours=()) for s in (first, second))
    return [
        Run("reference", _with(first, "--mode", "namespaces", "-j", jobs), False),
        Run("all axes", _with(second, "--mode", "namespaces", "-j", "3"), True),
        Run("locked", _with(second, "--mode", "locked", "-j", jobs), True),
    ], left_out


def alone(setting: Setting, mode: str) -> Setting:
    """The setting of one axis alone, as far as it can be tried on a real sdist."""
    setting = _leave_the_interpreter_its_zlib(setting)
    setting = dataclasses.replace(setting, options={}, neighbours=())
    return _with(setting, "--mode", mode)


def _leave_the_interpreter_its_zlib(setting: Setting) -> Setting:
    """
    The zlib that an interpreter is linked to is part of it, as its version is: code generators call
    it (Cython compresses a module's strings). What is varied is the zlib of the caller's world.
    """
    others = tuple(name for name in setting.preload if name != "perturb_zlib")
    return dataclasses.replace(setting, preload=others, preload_variable=("perturb_zlib",))


def _with(setting: Setting, *options: str) -> Setting:
    return setting.merge(Setting(options={"truewheel": options}))


def build(
    run: Run, entries: Sequence[Entry], builder: Builder, index: str, world: World, logs: Path
) -> dict[str, Built]:
    """What was built, by requirement. The wheels stay in the world's ``out``."""
    setting, out = run.setting, world.root / "out"
    for place in (out, world.place(setting, "sources")):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        if setting.user is not None:
            os.chown(place, setting.user, setting.user)
    world.prepare(setting)
    wanted = world.place(setting, "sources") / "requirements.txt"
    ordered = list(reversed(entries)) if run.backwards else list(entries)
    wanted.write_text(
        "".join(f"{e.requirement} --hash=sha256:{e.sha256}\n" for e in ordered), encoding="ascii"
    )
    record = out / "record.json"
    command = [
        *builder.program, "wheel", "--no-deps", "--from-source", "-i", index, "-w", str(out),
        "-r", str(wanted), "--keep-going", "--build-timeout", str(TIMEOUT_SECONDS),
        "--json", str(record), "--log-dir", str(out / "logs"),
        *builder.options(setting),
    ]  # fmt: skip
    done = world.run(setting, command, builder.environment)
    logs.mkdir(parents=True, exist_ok=True)
    (logs / f"{run.name.replace(' ', '-')}.txt").write_text(done.stdout, encoding="utf-8")
    if (out / "logs").is_dir():
        shutil.copytree(out / "logs", logs / run.name.replace(" ", "-"), dirs_exist_ok=True)
    if not record.exists():
        raise RuntimeError(f"{run.name}: truewheel left no record:\n{done.stdout[-2000:]}")
    return _read(json.loads(record.read_text(encoding="utf-8")), entries, out)


def _read(record: dict[str, Any], entries: Sequence[Entry], out: Path) -> dict[str, Built]:
    wheels = {_plain(wheel["name"]): wheel for wheel in record["wheels"]}
    messages = [str(failure.get("message", failure)) for failure in record["failures"]]
    found = {}
    for entry in entries:
        wheel = wheels.get(_plain(entry.name))
        if wheel is None:
            found[entry.requirement] = Built(failure=_failure_of(entry, messages))
            continue
        data = (out / wheel["file"]).read_bytes()
        found[entry.requirement] = Built(
            hashlib.sha256(data).hexdigest(),
            wheel["seconds"],
            "" if wheel["from"] == "built" else f"not built here: {wheel['from']}",
            record["paths"]["stable"],
        )
    return found


def _failure_of(entry: Entry, messages: Sequence[str]) -> str:
    version = entry.requirement.split("==")[1]
    for message in messages:
        if re.search(rf"\b{re.escape(_plain(entry.name))} {re.escape(version)}\b", _plain(message)):
            return re.sub(r"https?://\S+", "URL", message)[:200]
    return re.sub(r"https?://\S+", "URL", messages[0])[:200] if messages else "no wheel, no failure"


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+(?=[A-Za-z])", "-", name).lower()
