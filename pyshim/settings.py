"""What the settings file says of one source (settings_file.py reads it).

Defaults count less than what stands for a package, and of that what comes later counts more; lists
are put together. What is for the driver goes into the `sdist` frame's field `settings`.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pyshim import patches, project, seams
from pyshim.errors import SourceError

_CONSTRAINTS = "constraints-"


@dataclass
class Applied:
    """The settings of one source. Names are those of the file."""

    defaults: dict[str, Any]
    own: dict[str, Any]
    change: patches.Change = field(default_factory=patches.Change)

    def _list(self, key: str) -> list[str]:
        return list(dict.fromkeys([*self.defaults.get(key, []), *self.own.get(key, [])]))

    def _table(self, key: str) -> dict[str, Any]:
        return {**self.defaults.get(key, {}), **self.own.get(key, {})}

    def constraints(self) -> list[str]:
        return self._list("build-constraints")

    def requires(self, written: list[str]) -> list[str]:
        """The build requirements of a source whose own files have `written`."""
        base = self.own.get("replace-build-requires", written)
        return list(dict.fromkeys([*base, *self._list("build-requires")]))

    def has_requires(self) -> bool:
        return bool(self._list("build-requires") or self.constraints()
                    or "replace-build-requires" in self.own)

    def config_settings(self, asked: dict[str, Any]) -> dict[str, Any]:
        """`asked` is what requirement and command line say: more than the defaults, less than what
        is said of this package."""
        return {**self.defaults.get("config-settings", {}), **asked,
                **self.own.get("config-settings", {})}

    def frame(self) -> dict[str, Any]:
        """The field `settings` of the frame."""
        own, defaults = self.own, self.defaults
        fields = {
            "build_requires": self._list("build-requires"),
            "replace_build_requires": own.get("replace-build-requires"),
            "build_constraints": self.constraints(),
            "config_settings": self._table("config-settings"),
            "default_env": defaults.get("env"),
            "env": own.get("env"),
            "network": self._scalar("network"),
            "bind": self._list("bind"),
            "default_timeout_ms": defaults.get("timeout"),
            "timeout_ms": own.get("timeout"),
            "memory_bytes": self._scalar("memory"),
            "source": own.get("source"),
            **self.change.digests(),
        }
        return {key: value for key, value in fields.items()
                if value or (value is not None and key == "replace_build_requires")}

    def _scalar(self, key: str) -> Any:
        return self.own.get(key, self.defaults.get(key))


class Settings:
    """The settings of a run; without a file, none. `kept` is a directory of the run."""

    def __init__(self, read: dict[str, Any] | None, kept: str) -> None:
        self._entries: list[dict[str, Any]] = read["entries"] if read else []
        self._directory: str = read["directory"] if read else ""
        self._kept = kept
        self.files: list[str] = []  # patches and files to add, as far as they were read

    def __bool__(self) -> bool:
        return bool(self._entries)

    def matching(self, name: str, version: str) -> list[int]:
        """The numbers of the entries for this project, without the defaults. `version` "": unknown,
        which only entries for every version are for."""
        return [number for number, entry in enumerate(self._entries)
                if number and entry["name"] == name and _allows(entry["version"], version)]

    def naming(self, name: str) -> list[int]:
        """The numbers of the entries for this project in any version."""
        return [number for number, entry in enumerate(self._entries)
                if number and entry["name"] == name]

    def patch_files(self, name: str, version: str) -> list[str]:
        """Of the directories patches/NAME and patches/NAME-VERSION, in this order."""
        if not name:
            return []
        places = [path for path in self.patch_directories() if self.is_for(path, name, version)]
        places.sort(key=lambda path: project.canonical_name(os.path.basename(path)) != name)
        return [path for place in places for path in patches_in(place)]

    def patch_directories(self) -> list[str]:
        top = os.path.join(self._directory, "patches")
        if not self._entries or not os.path.isdir(top):
            return []
        return _paths(top, os.listdir(top))

    @staticmethod
    def is_for(directory: str, name: str, version: str | None) -> bool:
        """Whether a directory of patches is for this project in this version. None: in any."""
        base = os.path.basename(directory)
        stem, _, last = base.rpartition("-")
        if project.canonical_name(base) == name:
            return True
        if project.canonical_name(stem) != name or not project.normal_version(last):
            return False
        return version is None or bool(version) and project.is_same_version(last, version)

    def of(self, name: str, version: str) -> Applied | None:
        """What applies to a source; None: nothing does. Raises SourceError."""
        if not self._entries:
            return None
        own: dict[str, Any] = {}
        for number in self.matching(name, version):
            _merge(own, self._entries[number])
        applied = Applied(self._entries[0], own)
        files = self.patch_files(name, version) + own.get("patches", [])
        added = own.get("add-files", {})
        applied.change = patches.read(files, added, self._directory)
        self.files += [*files, *added.values()]
        return applied if applied.frame() else None

    def change_candidates(self, finder: Any) -> None:
        """Lets the finder offer the archives of `source` in the place of other ones."""
        for entry in self._entries:
            if "source" in entry:
                seams.replace_candidates(
                    finder, entry["name"], project.pinned_version(entry["version"]),
                    f"{entry['source']['url']}#sha256={entry['source']['sha256']}")

    def version_at(self, url: str) -> str:
        """The version of which an archive is the `source`; "" for others."""
        return next((project.pinned_version(entry["version"]) for entry in self._entries
                     if "source" in entry and entry["source"]["url"] == url), "")

    def change_formats(self, finder: Any) -> None:
        """Obeys `use`, but for projects that --no-binary or --only-binary names."""
        for number, entry in enumerate(self._entries):
            if "use" in entry:
                seams.choose_format(finder, entry["name"] if number else ":all:",
                                    entry["use"] == "wheel")

    def constraint_args(self, applied: Applied) -> list[str]:
        """What makes a resolver of build requirements obey the constraints."""
        text = "".join(f"{line}\n" for line in applied.constraints())
        if not text:
            return []
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        path = os.path.join(self._kept, f"{_CONSTRAINTS}{digest}.txt")
        _write_once(path, text)
        return ["-c", path]

    def is_made(self, name: str) -> bool:
        """Whether a constraints file is one of constraint_args()."""
        return os.path.dirname(name) == self._kept \
            and os.path.basename(name).startswith(_CONSTRAINTS)

    def shown(self, text: str) -> str:
        """`text` without the paths of such files."""
        made = re.escape(os.path.join(self._kept, _CONSTRAINTS)) + r"[0-9a-f]+\.txt(:[0-9]+)?"
        return re.sub(made, "settings", text)

    def check_identity(self, then: tuple[str, str], now: tuple[str, str]) -> None:
        """Raises SourceError when what applied to a source under the name and version by which it
        was known is not what would have applied had its own metadata been known."""
        if then == now or not self._entries:
            return
        if self.matching(*then) == self.matching(*now) \
                and self.patch_files(*then) == self.patch_files(*now):
            return
        name, version = now
        if then[0] != name:
            raise SourceError(f"the settings for {name} did not apply, because only the build has"
                              f" said its name: require it as '{name} @ URL'")
        raise SourceError(f"the settings for {name} {version} did not apply, because only the"
                          " build has said its version: leave out the version in the settings, or"
                          f" put patches into patches/{name}")


def _allows(specifier: str, version: str) -> bool:
    if not specifier:
        return True
    allowed = project.packaging("specifiers").SpecifierSet(specifier)
    return bool(version) and bool(allowed.contains(version, prereleases=True))


def _merge(own: dict[str, Any], entry: dict[str, Any]) -> None:
    for key, value in entry.items():
        if isinstance(value, list) and key != "replace-build-requires":
            own[key] = own.get(key, []) + value
        elif isinstance(value, dict):
            own[key] = {**own.get(key, {}), **value}
        else:
            own[key] = value


def patches_in(directory: str) -> list[str]:
    """The patches in a directory, in the order in which they are applied."""
    if not os.path.isdir(directory):
        return []
    return _paths(directory, (name for name in os.listdir(directory) if name.endswith(".patch")))


def _paths(directory: str, names: Iterable[str]) -> list[str]:
    return [os.path.join(directory, name) for name in sorted(names)]


def _write_once(path: str, text: str) -> None:
    """Whole or not at all: other resolvers write the same."""
    if os.path.exists(path):
        return
    os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
    new = f"{path}.{os.getpid()}"
    with open(new, "x", encoding="utf-8") as out:
        out.write(text)
    os.rename(new, path)
