"""What the settings file would apply to, as far as requirements and records say what is built."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyshim import project, seams, settings, settings_file
from pyshim.errors import UsageError
from pyshim.wire import Channel

_SHOWN = {"line", "name", "version"}


@dataclass(frozen=True)
class _Subject:
    """Something that may be built. `version` "": whichever the resolver chooses."""

    name: str
    version: str

    def told(self, by_version: bool) -> str:
        if self.version:
            return f"{self.name} {self.version}"
        return f"{self.name}, if its version is one of these" if by_version else self.name


def check(request: dict[str, Any], channel: Channel) -> int:
    """Does one `settings-check` request."""
    os.chdir(request["cwd"])
    found = settings_file.read(
        request["file"], request["shown"], bool(request["found"]), with_lines=True)
    subjects = sorted(set(_required(request["args"])) | set(_recorded(request["records"])),
                      key=lambda one: (one.name, one.version))
    rules = settings.Settings(found, "")
    rows = [_row(entry, [one.told(bool(entry["version"])) for one in subjects
                         if _is_for(rules, number, one)])
            for number, entry in enumerate(found["entries"]) if number]
    channel.send({"t": "done", "rows": [*rows, *_patch_rows(rules, subjects)],
                  "defaults": _keys(found["entries"][0]) if found["entries"] else [],
                  "subjects": len(subjects)})
    return 0


def _row(entry: dict[str, Any], applies: list[str]) -> dict[str, Any]:
    return {"line": entry["line"], "what": f"{entry['name']}{entry['version']}",
            "keys": _keys(entry), "applies": applies}


def _keys(entry: dict[str, Any]) -> list[str]:
    return [key for key in entry if key not in _SHOWN]


def _is_for(rules: settings.Settings, number: int, one: _Subject) -> bool:
    """Of a project whose version is open, each entry may be for the one that is chosen."""
    if one.version:
        return number in rules.matching(one.name, one.version)
    return number in rules.naming(one.name)


def _patch_rows(rules: settings.Settings, subjects: list[_Subject]) -> Iterator[dict[str, Any]]:
    for path in rules.patch_directories():
        applies = [one.told(project.canonical_name(os.path.basename(path)) != one.name)
                   for one in subjects if rules.is_for(path, one.name, one.version or None)]
        yield {"line": 0, "what": os.path.join("patches", os.path.basename(path)),
               "keys": [os.path.basename(name) for name in settings.patches_in(path)],
               "applies": applies}


def _required(args: list[str]) -> Iterator[_Subject]:
    """The requirements of a command line and its files, without what they depend on."""
    try:
        texts = seams.requirement_texts(args)
    except seams.pip_error() as exc:
        raise UsageError(str(exc)) from exc
    for text in texts:
        try:
            parsed = project.packaging("requirements").Requirement(text)
        except ValueError:  # a path, a URL
            continue
        pins = [one.version for one in parsed.specifier
                if one.operator in ("==", "===") and not one.version.endswith(".*")]
        version = project.normal_version(pins[0]) if pins else ""
        yield _Subject(project.canonical_name(parsed.name), version)


def _recorded(paths: list[str]) -> Iterator[_Subject]:
    """What a run has built, and what was installed for that."""
    for path in paths:
        try:
            with open(path, encoding="utf-8") as opened:
                wheels = json.load(opened)["wheels"]
            for wheel in wheels:
                more = wheel["environment"]["requires"] if "environment" in wheel else []
                for one in (wheel, *more):
                    yield _Subject(project.canonical_name(one["name"]),
                                   project.normal_version(one["version"]))
        except OSError as exc:
            raise UsageError(f"cannot read '{path}': {exc.strerror}") from exc
        except (ValueError, KeyError, TypeError) as exc:
            raise UsageError(f"'{path}' is no record of a run (truewheel wheel --json)") from exc
