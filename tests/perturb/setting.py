"""One state of the world in which a build runs, as a value that can be merged with others.

A ``Setting`` says only what is out of the ordinary; ``world.py`` makes it true. Two settings of
different axes merge into one that is both, which is how "all axes at once" is made.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Setting:
    """Everything that a build may notice about the world around it."""

    environment: dict[str, str] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    path_first: tuple[str, ...] = ()  # directories, relative to the world, before the usual PATH
    umask: int | None = None
    user: int | None = None  # a numeric user and group without a passwd entry
    home: str | None = None  # names of directories in the world
    tmp: str | None = None
    cwd: str | None = None
    sources: str | None = None
    host: str | None = None
    cpus: int | None = None  # how many of the processors may be used
    limits: tuple[str, ...] = ()  # options of prlimit
    tree_umask: int | None = None  # with which a checkout was made
    fixed_addresses: bool = False
    preload: tuple[str, ...] = ()  # libraries loaded into every process
    preload_variable: tuple[str, ...] = ()  # libraries in LD_PRELOAD
    tmpfs_work: bool = False
    missing: tuple[str, ...] = ()  # programs that the machine has not
    warm: bool = False  # the same build has run before in the same home
    neighbours: tuple[str, ...] = ()  # axes whose sdists are built in the same run, before this one
    old_pip: bool = False
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by builder

    def needs_mounts(self) -> bool:
        """Whether it takes mounts of its own."""
        return bool(self.user is not None or self.preload or self.tmpfs_work or self.missing)

    def needs_root(self) -> bool:
        """Whether only root can make it true."""
        return bool(self.host) or self.needs_mounts()

    def merge(self, other: Setting) -> Setting:
        """Both at once; where both say something, ``other`` wins."""
        merged: dict[str, Any] = {}
        plain = Setting()
        for item in dataclasses.fields(self):
            mine, theirs = getattr(self, item.name), getattr(other, item.name)
            if isinstance(mine, dict):
                merged[item.name] = {**mine, **theirs}
            elif isinstance(mine, tuple):
                merged[item.name] = mine + tuple(x for x in theirs if x not in mine)
            else:
                merged[item.name] = mine if theirs == getattr(plain, item.name) else theirs
        merged["options"] = {
            name: self.options.get(name, ()) + other.options.get(name, ())
            for name in {**self.options, **other.options}
        }
        return Setting(**merged)
