"""Lock files (PEP 751): one for what was asked for, and beside it one for each sdist's build.

packaging's own model of them writes and checks them; only [tool.truewheel] is ours. docs/lock.md
says what stands where.
"""

from __future__ import annotations

import dataclasses
import importlib
import os
import re
import urllib.parse
from typing import Any

from pyshim import project, seams, toml
from pyshim.errors import ShimError, UsageError, one_line
from pyshim.wire import Channel

FORMAT = 1
_NAME = re.compile(r"pylock(?:\.([^.]+))?\.toml")
_MOST_BYTES = 64 << 20


def _model() -> Any:
    try:
        return importlib.import_module("pip._vendor.packaging.pylock")
    except ImportError as exc:
        raise ShimError(f"pip {seams.pip_version()} cannot read and write lock files: 26.1 and"
                        " later can") from exc


def check_name(path: str) -> None:
    if not _NAME.fullmatch(os.path.basename(path)):
        raise UsageError(f"a lock file is called pylock.toml or pylock.NAME.toml, not"
                         f" '{os.path.basename(path)}' (PEP 751)")


def build_lock_name(path: str, directory: str) -> str:
    """The name of the file beside `path` that locks the build of the sdist with that directory."""
    match = _NAME.fullmatch(os.path.basename(path))
    stem = f"{match[1]}-" if match and match[1] else ""
    return f"pylock.{stem}build-{directory.replace('.', '_')}.toml"


# Writing


def write(request: dict[str, Any], channel: Channel) -> int:
    """Sends the texts of all files of one lock."""
    path = request["file"]
    check_name(path)
    about = {"format": FORMAT, **request["facts"]}
    files = {path: _text(path, request, request["packages"],
                         {**about, "inputs": request["inputs"]})}
    for one in request["builds"]:
        name = os.path.join(os.path.dirname(path), build_lock_name(path, one["dir"]))
        files[name] = _text(path, request, one["packages"], {**about, "builds": one["dir"]})
    channel.send({"t": "done", "files": files})
    return 0


def _text(path: str, request: dict[str, Any], items: list[dict[str, Any]],
          about: dict[str, Any]) -> str:
    model = _model()
    tomli_w = importlib.import_module("pip._vendor.tomli_w")
    version = importlib.import_module("pip._vendor.packaging.version").Version
    specifiers = importlib.import_module("pip._vendor.packaging.specifiers")
    minor = ".".join(request["facts"]["python"].split(".")[:2])
    packages = [_package(model, path, item)
                for item in sorted(items, key=lambda item: (item["name"], item["file"]))]
    lock = model.Pylock(
        lock_version=version("1.0"), created_by="truewheel", packages=packages,
        requires_python=specifiers.SpecifierSet(f"=={minor}.*"), tool={"truewheel": about})
    try:
        lock.validate()
    except model.PylockValidationError as exc:
        raise ShimError(f"cannot be locked: {one_line(str(exc))}") from exc
    return str(tomli_w.dumps(lock.to_dict()))


def _package(model: Any, path: str, item: dict[str, Any]) -> Any:
    version = importlib.import_module("pip._vendor.packaging.version").Version
    fields: dict[str, Any] = {
        "name": item["file"], "url": _archive_url(item), "size": item["size"],
        "hashes": {"sha256": item["sha256"]}}
    if item["kind"] == "wheel":
        return model.Package(name=item["name"], version=version(item["version"]),
                             wheels=[model.PackageWheel(**fields)])
    own = {key: item[key] for key in ("key", "wheel", "sha256_of_wheel", "inputs")}
    if item["config_settings"]:
        own["config-settings"] = item["config_settings"]
    own["build-lock"] = build_lock_name(path, item["dir"])
    own["dir"] = item["dir"]
    return model.Package(
        name=item["name"], version=version(item["version"]), sdist=model.PackageSdist(**fields),
        tool={"truewheel": {key.replace("_", "-"): value for key, value in own.items()}})


def _archive_url(item: dict[str, Any]) -> str:
    parts = urllib.parse.urlsplit(item["url"])
    if not parts.scheme or "+" in parts.scheme:
        raise ShimError(f"{item['name']} comes from '{item['url']}', and only archives and wheels"
                        " can be locked")
    return plain_url(item["url"])


def plain_url(url: str) -> str:
    """Without a fragment, and without the credentials, that pip's redaction has made "****"."""
    parts = urllib.parse.urlsplit(url)
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")
    return str(plain.geturl())


# Reading


@dataclasses.dataclass
class LockedFile:
    """One archive or wheel, and what it is of."""

    project: str
    version: str
    name: str
    url: str
    sha256: str
    size: int | None
    own: dict[str, Any]  # [packages.tool.truewheel], of an sdist


@dataclasses.dataclass
class LockFile:
    path: str
    about: dict[str, Any]  # [tool.truewheel]
    files: list[LockedFile]


def read(path: str) -> LockFile:
    """A file that `write` wrote. Raises ShimError, which names it."""
    model = _model()
    try:
        with open(path, "rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ValueError("it is too long")
        table = toml.loads(data.decode("utf-8"))
        lock = model.Pylock.from_dict(table)
    except OSError as exc:
        raise ShimError(f"cannot read lock file '{path}': {exc.strerror}") from exc
    except (ValueError, model.PylockValidationError) as exc:
        raise ShimError(f"lock file '{path}': {one_line(str(exc))}") from exc
    about = (lock.tool or {}).get("truewheel")
    if not isinstance(about, dict):
        raise ShimError(f"lock file '{path}' was not written by truewheel: it does not lock what"
                        " builds need ('truewheel lock' writes one that does)")
    if about.get("format") != FORMAT:
        raise ShimError(f"lock file '{path}' has the format {about.get('format')!r}, and only"
                        f" {FORMAT} is known here")
    return LockFile(path, about, [_locked_file(path, package) for package in lock.packages])


def _locked_file(path: str, package: Any) -> LockedFile:
    files = [*(package.wheels or []), *([package.sdist] if package.sdist else [])]
    if len(files) != 1 or package.version is None:
        raise ShimError(f"lock file '{path}': {package.name}: one file and its version are needed")
    file = files[0]
    sha256 = str(file.hashes.get("sha256", "")).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ShimError(f"lock file '{path}': {package.name} has no sha256")
    name = str(file.filename)
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ShimError(f"lock file '{path}': '{name}' is no file name")
    own = (package.tool or {}).get("truewheel") or {}
    if package.sdist and not all(isinstance(own.get(key), str) for key in ("dir", "build-lock")):
        raise ShimError(f"lock file '{path}': {package.name} does not say what its build needs")
    where = file.url or _path_url(path, file.path)
    return LockedFile(project.canonical_name(package.name), str(package.version), name, where,
                      sha256, file.size, dict(own))


def _path_url(lock: str, path: str) -> str:
    from pathlib import Path

    return Path(os.path.abspath(os.path.join(os.path.dirname(lock), path))).as_uri()


def read_all(path: str) -> dict[str, LockFile]:
    """The lock itself, as "", and those of all builds, by the sdist's directory."""
    check_name(path)
    found = {"": read(path)}
    todo = [found[""]]
    while todo:
        for file in todo.pop().files:
            directory = file.own.get("dir", "")
            if not directory or directory in found:
                continue
            name = file.own["build-lock"]
            if not _NAME.fullmatch(name) or "/" in name:
                raise ShimError(f"lock file '{path}': '{name}' is no name of a lock file")
            lock = read(os.path.join(os.path.dirname(path), name))
            if lock.about.get("builds") != directory:
                raise ShimError(f"lock file '{lock.path}' is not for the build of {directory}")
            found[directory] = lock
            todo.append(lock)
    return found
