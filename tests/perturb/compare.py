"""Builds an axis's sdist under its settings and compares the wheels' hashes."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyshim import guards

from . import libraries, sources
from .axes import Axis
from .builders import Builder
from .setting import Setting
from .world import World


class BuildFailed(Exception):
    """A build did not leave the wheel; the text is its output."""


class Unavailable(Exception):
    """This machine or this user cannot make the setting true; the text says why."""


@dataclass
class Verdict:
    """What came of one axis and one builder."""

    axis: Axis
    builder: str
    hashes: list[str]  # one a setting

    @property
    def same(self) -> bool:
        return len(set(self.hashes)) == 1


@functools.cache
def _can_unshare() -> bool:
    """Not in a container, nor in a chroot."""
    tried = ["unshare", "--mount", "--uts", "true"]
    return subprocess.run(tried, stderr=subprocess.DEVNULL, check=False).returncode == 0


@functools.cache
def _has_namespaces() -> bool:
    """As root in a chroot, truewheel makes them where unshare(1) does not."""
    tried = ["unshare", *([] if os.geteuid() == 0 else ["-Ur"]), "-mpfnui", "true"]
    return subprocess.run(tried, stderr=subprocess.DEVNULL, check=False).returncode == 0


def check_available(setting: Setting, builder: Builder) -> None:
    """Raises ``Unavailable``."""
    if setting.needs_root() and os.geteuid() != 0:
        raise Unavailable("needs root")
    if setting.needs_root() and not _can_unshare():
        raise Unavailable("mounts and a host name of its own are forbidden here")
    if builder.name == "truewheel" and not _has_namespaces():
        if "namespaces" in setting.options.get("truewheel", ()):
            raise Unavailable("there are no namespaces here")
        if setting.neighbours:
            raise Unavailable("without a sandbox a build sees what others leave in /tmp")
    if setting.old_pip and builder.name == "pip" and not builder.has_another():
        raise Unavailable("the interpreter brings no other pip")
    if setting.missing and not any(map(shutil.which, setting.missing)):
        raise Unavailable(f"there is none of {', '.join(setting.missing)}")
    if setting.cpus and len(os.sched_getaffinity(0)) <= setting.cpus:
        raise Unavailable("there is only one processor")
    if setting.environment.get("LC_ALL", "").startswith("et_EE"):
        if not (libraries.locales() / "et_EE.UTF-8").is_dir():
            raise Unavailable("there is no localedef to make et_EE.UTF-8 (Debian: locales)")


def build(
    axis: Axis,
    builder: Builder,
    setting: Setting,
    world: World,
    guards_off: Sequence[str] = (),
) -> str:
    """Builds the axis's sdist under a setting; the sha256 of its wheel."""
    check_available(setting, builder)
    for what in axis.exposed if guards_off else ():
        bind = ("--bind", f"{world.place(setting, what)}:rw")
        setting = setting.merge(Setting(options={"truewheel": bind}))
    if guards_off:
        shown = [word for name in setting.path_first for word in ("--bind", str(world.root / name))]
        setting = setting.merge(Setting(options={"truewheel": tuple(shown)}))
    place = world.place(setting, "sources")
    shutil.rmtree(place, ignore_errors=True)
    wanted = [_make(axis, setting, name, place) for name in (*setting.neighbours, axis.capture)]
    if setting.user is not None and axis.as_tree:
        _give(place, setting.user)
    world.prepare(setting)
    if setting.warm:
        _build_once(builder, setting, world, wanted, guards_off)
        world.prepare(setting, keep=True)
    return _build_once(builder, setting, world, wanted, guards_off)


def _make(axis: Axis, setting: Setting, capture: str, place: Path) -> Path:
    if not axis.as_tree:
        return sources.archive(capture, place)
    return sources.tree(capture, place, 0o022 if setting.tree_umask is None else setting.tree_umask)


def _build_once(
    builder: Builder,
    setting: Setting,
    world: World,
    wanted: Sequence[Path],
    guards_off: Sequence[str],
) -> str:
    out = world.root / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    if setting.user is not None:
        os.chown(out, setting.user, setting.user)
    _forget_neighbours()
    extra = dict(builder.environment)
    if guards_off:
        extra[guards.VARIABLE] = ",".join(guards_off)
    output = ""
    for command in builder.command(setting, wanted, out):
        done = world.run(setting, command, extra)
        output += done.stdout
        if done.returncode != 0:
            raise BuildFailed(f"{' '.join(command)}: status {done.returncode}\n{output}")
    _forget_neighbours()
    name = wanted[-1].name.removesuffix("-1.0.tar.gz")
    wheels = list(out.glob(f"{name}-1.0-*.whl"))
    if len(wheels) != 1:
        raise BuildFailed(f"{name}: {len(wheels)} wheels\n{output}")
    return hashlib.sha256(wheels[0].read_bytes()).hexdigest()


def compare(axis: Axis, builder: Builder, world: World, guards_off: Sequence[str] = ()) -> Verdict:
    """The wheels of all the axis's settings."""
    hashes = [build(axis, builder, setting, world, guards_off) for setting in axis.settings]
    return Verdict(axis, builder.name, hashes)


def baseline(axis: Axis, builder: Builder, world: World) -> Verdict:
    """Nothing varies: the reference setting twice."""
    hashes = [build(axis, builder, axis.settings[0], world) for _ in range(2)]
    return Verdict(axis, builder.name, hashes)


def _give(tree: Path, owner: int) -> None:
    for path in (tree, *tree.rglob("*")):
        os.chown(path, owner, owner)


def _forget_neighbours() -> None:
    for place in ("/tmp", "/dev/shm", "/var/tmp"):
        Path(place, "perturb-neighbour-was-here").unlink(missing_ok=True)
