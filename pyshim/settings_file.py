"""The settings file: what a package needs that its own files do not say. Read, checked, and brought
into the form in which the resolvers get it (settings.py).

docs/settings.md describes the file for people, docs/settings.schema.json for programs.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from pyshim import project, settings_lines, toml
from pyshim.errors import UsageError
from pyshim.wire import Channel

_MAX_FILE = 4 << 20
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SIZE = re.compile(r"([0-9]+)([KMGT]?)")
_URL = re.compile(r"(?:https?://[^/\s#]+|file://)/[^\s#]*\.(?:tar\.\w+|tgz|tbz|txz|zip)",
                  re.IGNORECASE)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_LEAST_MEMORY = 64 << 20
_MOST_SECONDS = 10**7


class _Wrong(Exception):
    """What is wrong with the value at `path`, which begins below the key that is being checked."""

    def __init__(self, why: str, *path: str | int) -> None:
        super().__init__(why)
        self.path = path


# ------------------------------------------------------------------------------------------ values


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise _Wrong("wants a text")
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _Wrong("wants a list of texts")
    return [_text(item) for item in value]


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Wrong("wants a table")
    return value


def _requirements(value: object) -> list[str]:
    found = _texts(value)
    for text in found:
        try:
            parsed = project.packaging("requirements").Requirement(text)
        except ValueError as exc:
            raise _Wrong(f"has '{text}', which is no requirement (PEP 508)") from exc
        if parsed.url:
            raise _Wrong(f"has '{text}', but build requirements of settings come from the index")
    return found


def _constraints(value: object) -> list[str]:
    found = _requirements(value)
    for text in found:
        if project.packaging("requirements").Requirement(text).extras:
            raise _Wrong(f"has '{text}', but a constraint has no extras")
    return found


def _variables(value: object) -> dict[str, str]:
    found = _table(value)
    for name, text in found.items():
        if not _VARIABLE.fullmatch(name):
            raise _Wrong(f"has '{name}', which is no name of a variable", name)
        if not isinstance(text, str) or "\0" in text:
            raise _Wrong(f"wants a text for {name}", name)
    return dict(sorted(found.items()))


def _backend_settings(value: object) -> dict[str, Any]:
    found = _table(value)
    for name, one in found.items():
        texts = one if isinstance(one, list) else [one]
        if not all(isinstance(text, str) for text in texts):
            raise _Wrong(f"wants a text or a list of texts for '{name}'", name)
    return dict(sorted(found.items()))


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("wants true or false")
    return value


def _use(value: object) -> str:
    if value not in ("wheel", "source"):
        raise _Wrong('wants "wheel" or "source"')
    return str(value)


def _milliseconds(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) \
            or not 0 < value <= _MOST_SECONDS:
        raise _Wrong(f"wants a number of seconds, from 0 to {_MOST_SECONDS}")
    return max(1, round(value * 1000))


def _bytes(value: object) -> int:
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    size = int(match[1]) << _UNITS[match[2]] if match else 0
    if not _LEAST_MEMORY <= size < 1 << 62:
        raise _Wrong('wants a size of at least 64M, as "4G"')
    return size


def _binds(value: object) -> list[str]:
    found = _texts(value)
    for text in found:
        path = text.removesuffix(":rw").removesuffix(":ro")
        if not os.path.isabs(path):
            raise _Wrong(f"wants absolute paths, not '{text}'")
        if not os.path.exists(path):
            raise _Wrong(f"has '{path}', which is not there")
    return found


def _is_below(place: str) -> bool:
    return bool(place) and not os.path.isabs(place) \
        and not {"", ".", ".."} & set(place.split("/")) and "\0" not in place


def _files(value: object) -> dict[str, str]:
    """From where each is copied, by its place in the source."""
    found = _table(value)
    for place, path in found.items():
        if not _is_below(place):
            raise _Wrong(f"has '{place}', which is no path below the source", place)
        if not isinstance(path, str) or not path:
            raise _Wrong(f"wants a path for '{place}'", place)
    return dict(sorted(found.items()))


def _source(value: object) -> dict[str, str]:
    found = _table(value)
    if set(found) != {"url", "sha256"} or not all(isinstance(one, str) for one in found.values()):
        raise _Wrong('wants { url = "…", sha256 = "…" }')
    if not _URL.fullmatch(found["url"]):
        raise _Wrong("wants the URL of an sdist: https://…, http://… or file:///…", "url")
    if not _SHA256.fullmatch(found["sha256"]):
        raise _Wrong("wants a sha256 of 64 digits", "sha256")
    return dict(found)


_Check = Callable[[object], Any]

# What may stand for one package and among the defaults.
_SHARED: dict[str, _Check] = {
    "build-requires": _requirements,
    "build-constraints": _constraints,
    "env": _variables,
    "config-settings": _backend_settings,
    "use": _use,
    "network": _flag,
    "bind": _binds,
    "timeout": _milliseconds,
    "memory": _bytes,
}
# What only makes sense for one.
_OWN: dict[str, _Check] = {
    "replace-build-requires": _requirements,
    "patches": _texts,
    "add-files": _files,
    "source": _source,
}
_KEYS = ("name", "version", *_SHARED, *_OWN)
_TOP = ("defaults", "package")


# -------------------------------------------------------------------------------------------- file


class _File:
    """A settings file while it is checked. `shown` is its name as people may type it."""

    def __init__(self, path: str, shown: str, data: bytes) -> None:
        self.directory = os.path.dirname(path)
        self._shown = shown
        self._above: tuple[str, ...] = ()
        if os.path.basename(path) == "pyproject.toml":
            self._above = ("tool", "truewheel")
        try:
            self._text = data.decode("utf-8")
            self._whole = toml.loads(self._text)
        except RecursionError as exc:
            raise UsageError(f"{shown}: it is nested too deeply") from exc
        except ValueError as exc:  # TOMLDecodeError and UnicodeDecodeError are both
            raise UsageError(f"{shown}: {exc}") from exc

    def refuse(self, why: str, *path: str | int) -> UsageError:
        line = settings_lines.line_of(self._text, (*self._above, *path))
        return UsageError(f"{self._shown}:{line}: {why}" if line else f"{self._shown}: {why}")

    def table(self) -> dict[str, Any] | None:
        """The settings in it; None: a pyproject.toml that has none."""
        found: Any = self._whole
        for key in self._above:
            found = found.get(key) if isinstance(found, dict) else None
        if found is None or isinstance(found, dict):
            return found
        raise self.refuse("[tool.truewheel] is no table")

    def lines(self, count: int) -> list[int]:
        """Where each of so many entries of `package` begins."""
        return [settings_lines.line_of(self._text, (*self._above, "package", number))
                for number in range(count)]

    def check_keys(self, table: dict[str, Any], known: Iterable[str], where: str,
                   *path: str | int) -> None:
        for key in table:
            if key in known:
                continue
            if key in _KEYS:
                raise self.refuse(f"'{key}' is said of one package, not in {where}", *path, key)
            near = difflib.get_close_matches(key, list(known), 1)
            more = f"; did you mean '{near[0]}'?" if near \
                else f"; known are {', '.join(known)}"
            raise self.refuse(f"'{key}' is not known in {where}{more}", *path, key)

    def check_values(self, table: dict[str, Any], checks: dict[str, _Check], *path: str | int
                     ) -> dict[str, Any]:
        found = {}
        for key, check in checks.items():
            if key not in table:
                continue
            try:
                found[key] = check(table[key])
            except _Wrong as exc:
                raise self.refuse(f"'{key}' {exc}", *path, key, *exc.path) from exc
        return found


def _check_defaults(file: _File, table: dict[str, Any]) -> dict[str, Any]:
    defaults = table.get("defaults", {})
    if not isinstance(defaults, dict):
        raise file.refuse("'defaults' wants a table: [defaults]", "defaults")
    file.check_keys(defaults, _SHARED, "[defaults]", "defaults")
    return {"name": "", "version": "", **file.check_values(defaults, _SHARED, "defaults")}


def _check_package(file: _File, entry: dict[str, Any], number: int) -> dict[str, Any]:
    path = ("package", number)
    file.check_keys(entry, _KEYS, "[[package]]", *path)
    name, version = entry.get("name"), entry.get("version", "")
    if not project.is_name(name):
        raise file.refuse("[[package]] wants the name of a project: name = \"…\"", *path,
                          *(["name"] if "name" in entry else []))
    try:
        project.packaging("specifiers").SpecifierSet(_text(version))
    except (ValueError, _Wrong) as exc:
        raise file.refuse(f"'version' wants a specifier as \"==1.2\" or \"<2\", not {version!r}",
                          *path, "version") from exc
    if "source" in entry and not project.pinned_version(version):
        raise file.refuse("'source' is said of one version of a package: version = \"==…\"", *path,
                          "source")
    if version and "use" in entry:
        raise file.refuse("'use' is said of all versions of a package", *path, "use")
    found = file.check_values(entry, {**_SHARED, **_OWN}, *path)
    return {"name": project.canonical_name(str(name)), "version": version,
            **_with_whole_paths(file, found, *path)}


def _with_whole_paths(file: _File, found: dict[str, Any], *path: str | int) -> dict[str, Any]:
    """Paths of files count from the directory of the settings file."""
    if "patches" in found:
        found["patches"] = [os.path.join(file.directory, name) for name in found["patches"]]
        for name in found["patches"]:
            if not os.path.isfile(name):
                raise file.refuse(f"'patches' has '{name}', which is no file", *path, "patches")
    for place, name in found.get("add-files", {}).items():
        found["add-files"][place] = whole = os.path.join(file.directory, name)
        if not os.path.isfile(whole):
            raise file.refuse(f"'add-files' has '{whole}', which is no file", *path, "add-files",
                              place)
    return found


def _entries(file: _File, table: dict[str, Any]) -> list[dict[str, Any]]:
    file.check_keys(table, _TOP, "settings")
    packages = table.get("package", [])
    if not isinstance(packages, list) or not all(isinstance(one, dict) for one in packages):
        raise file.refuse("'package' wants a list of tables: [[package]]", "package")
    return [_check_defaults(file, table),
            *(_check_package(file, entry, number) for number, entry in enumerate(packages))]


def _patch_directories(directory: str, owners: set[int], found: bool) -> list[str]:
    """`patches` beside the file, be it there or not, and what is below it: the listings that have a
    say."""
    top = os.path.join(directory, "patches")
    if not os.path.isdir(top):
        return [top]
    below = sorted(entry.path for entry in os.scandir(top) if entry.is_dir())
    for path in [top, *below]:
        if found and os.stat(path).st_uid not in owners:
            raise UsageError(f"'{path}' belongs to somebody else: --settings FILE takes what is"
                             " beside that file, --no-settings does without")
    return [top, *below]


def read(path: str, shown: str, found: bool, with_lines: bool = False) -> dict[str, Any]:
    """The settings of a file; `found`: where it was looked for, not named. Raises UsageError.

    The result has `entries`, of which the first is the defaults; `directory`, in which the file
    lies; and `directories`, whose listings have a say as well.
    """
    try:
        with open(path, "rb") as opened:
            owner = os.fstat(opened.fileno()).st_uid
            data = opened.read(_MAX_FILE + 1)
    except OSError as exc:
        raise UsageError(f"cannot read '{shown}': {exc.strerror}") from exc
    if len(data) > _MAX_FILE:
        raise UsageError(f"'{shown}' is larger than {_MAX_FILE >> 20} MiB")
    file = _File(path, shown, data)
    table = file.table()
    if table is None and not found:
        raise UsageError(f"'{shown}' has no [tool.truewheel]")
    if table is None:
        return {"entries": [], "directory": file.directory, "directories": []}
    entries = _entries(file, table)
    if with_lines:
        for entry, line in zip(entries[1:], file.lines(len(entries) - 1)):
            entry["line"] = line
    return {"entries": entries, "directory": file.directory, "directories":
            _patch_directories(file.directory, {0, os.geteuid(), owner}, found)}


def job(request: dict[str, Any], channel: Channel) -> int:
    """Does one `settings` request."""
    result = read(request["file"], request["shown"], bool(request["found"]))
    frame = {"t": "done", "directories": result["directories"]}
    if result["entries"]:
        frame["settings"] = result
    channel.send(frame)
    return 0
