"""The record of a run (docs/record.md) as what a lock would say: to build its wheels once more.

A record names everything by its hash, as a lock does, and has two things more that no lock has:
directories, which are taken from where they were, and builds without isolation.
"""

from __future__ import annotations

import json
import os
import re
import urllib.parse
from typing import Any

from pyshim import locks, project
from pyshim.errors import ShimError

_MOST_BYTES = 256 << 20

# What is written into a file of requirements: no blank and no line end, for an option behind it.
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_PLAIN = re.compile(r"[^\s\x00-\x20\x7f]*")


def read_all(path: str) -> tuple[dict[str, locks.LockFile], dict[str, str]]:
    """As locks.read_all, and by the job's directory why a wheel cannot be built once more."""
    record = _load(path)
    about = {"python": record["interpreter"]["python"], "tag": record["interpreter"]["tag"],
             "compiler": record["compiler"], "pip": record["interpreter"]["pip"],
             "truewheel": record["truewheel"], "inputs": record.get("inputs") or {}}
    reader = _Reader(path, about, record)
    return reader.read_all(), reader.lost


def _load(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ValueError("it is too long")
        record = json.loads(data)
    except (OSError, ValueError) as exc:
        raise ShimError(f"cannot read the record '{path}': {exc}") from exc
    if not isinstance(record, dict):
        raise ShimError(f"'{path}' is no record of a run")
    return record


def _check(item: dict[str, Any], file: str) -> None:
    """What a record says is a claim: it may be anybody's."""
    if not _NAME.fullmatch(item["name"]) or not project.normal_version(item["version"]):
        raise ShimError(f"the record names no project: '{item['name']} {item['version']}'")
    if file in ("", ".", "..") or "/" in file or "\0" in file:
        raise ShimError(f"the record names no file: '{file}'")


def _check_source(source: dict[str, Any], inputs: Any) -> None:
    if not isinstance(inputs, dict) or not isinstance(source["config_settings"], dict):
        raise ShimError("the record has no inputs or no config settings")
    for text in (source["url"], source["subdirectory"]):
        if not _PLAIN.fullmatch(text):
            raise ShimError(f"the record names a strange place: {text!r}")


class _Reader:
    """Collects the sets of files: that of the requirements, and one for each build."""

    def __init__(self, path: str, about: dict[str, Any], record: dict[str, Any]) -> None:
        self._path = path
        self._about = about
        self._wheels = [item for item in record["wheels"] if "source" in item]
        self._built = {item["sha256"]: item for item in record.get("build_requirements") or ()}
        self._found: dict[str, locks.LockFile] = {}
        self.lost: dict[str, str] = {}

    def read_all(self) -> dict[str, locks.LockFile]:
        root = locks.LockFile(self._path, self._about, [])
        self._found[""] = root
        for item in self._wheels:
            file = _source_file(item)
            if file.own["dir"] in self._found:
                self.lost[file.own["dir"]] = "it was built twice in that run, in different ways"
                continue
            self._add_build(item)
            root.files.append(file)
        return self._found

    def _add_build(self, item: dict[str, Any]) -> None:
        directory = item["path"]
        lock = locks.LockFile(self._path, {**self._about, "builds": directory}, [])
        self._found[directory] = lock
        for wheel in item["environment"]["requires"]:
            lock.files.append(self._environment_file(wheel, directory))

    def _environment_file(self, wheel: dict[str, Any], directory: str) -> locks.LockedFile:
        item = self._built.get(wheel["sha256"])
        if item is not None:
            if item["path"] not in self._found:
                self._add_build(item)
            return _source_file(item)
        _check(wheel, wheel["file"])
        if not wheel.get("url"):
            self.lost[directory] = (f"its record does not say where its build requirement"
                                    f" {wheel['file']} came from")
        return locks.LockedFile(
            project.canonical_name(wheel["name"]), wheel["version"], wheel["file"],
            locks.plain_url(wheel.get("url") or ""), wheel["sha256"], None, {})


def _source_file(item: dict[str, Any]) -> locks.LockedFile:
    source = item["source"]
    _check_source(source, item["inputs"])
    is_tree = str(item["inputs"].get("source", "")).startswith("tree ")
    url = source["url"] if is_tree else locks.plain_url(source["url"])
    name = item["path"] if is_tree else os.path.basename(
        urllib.parse.unquote(urllib.parse.urlsplit(url).path))
    _check(item, name)
    own = {"dir": item["path"], "key": item["key"], "inputs": item["inputs"],
           "wheel": item["file"], "sha256-of-wheel": item["sha256"],
           "config-settings": source["config_settings"], "tree": is_tree,
           "subdirectory": source["subdirectory"], "isolated": item["environment"]["isolated"]}
    return locks.LockedFile(project.canonical_name(item["name"]), item["version"], name, url,
                            source["sha256"], None, own)
