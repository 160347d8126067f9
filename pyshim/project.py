"""Reads a source, without running any of its code.

From pyproject.toml and PKG-INFO, and from whether there is a setup.py, it finds the build backend
and its requirements (PEP 517 and 518, the same for every pip), the metadata when that is static
(PEP 643), and the name of the job directory. The source is an archive or a directory.
"""

from __future__ import annotations

import codecs
import importlib
import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import IO, Any

from pyshim import archive, confined, crates, metadata, references, toml
from pyshim.errors import SourceError
from pyshim.metadata import Metadata

LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
DEFAULT_REQUIRES = ["setuptools>=40.8.0"]

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_DYNAMIC_STOPS = frozenset(
    {"name", "version", "requires-dist", "provides-extra", "requires-python"})
_MAX_DIR = 180
_MAX_FILE = 8 << 20


def packaging(module: str) -> Any:
    return importlib.import_module(f"pip._vendor.packaging.{module}")


def canonical_name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def normal_version(version: str) -> str:
    """The version in its normal form (PEP 440); "" for a text that is none."""
    try:
        return str(packaging("version").Version(version))
    except ValueError:
        return ""


def pinned_version(specifier: str) -> str:
    """The only version that a specifier allows, in its normal form; "" when there are others."""
    text = specifier.strip()
    if not text.startswith("==") or text.startswith("===") or text.endswith(".*"):
        return ""
    return normal_version(text[2:].strip())


def is_same_version(one: str, other: str) -> bool:
    """Under PEP 440, to which 1.0 and 1.0.0 are one; texts that are no versions as they are."""
    canonical = packaging("utils").canonicalize_version
    return bool(canonical(one) == canonical(other))


@dataclass
class Project:
    """A project as its files describe it. Plain values only: they come out of another process."""

    name: str = ""  # canonical, or "" when the source does not give it
    version: str = ""  # normal, or ""
    static_text: str | None = None  # PKG-INFO, when PEP 643 promises that every build has it
    requires: list[str] = field(default_factory=list)
    backend: str = LEGACY_BACKEND
    backend_path: list[str] = field(default_factory=list)
    has_crates: bool = False
    # The direct references in its own lists of dependencies: PKG-INFO's, and [project]'s.
    listed: list[list[str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)  # of its setup.py and setup.cfg: those with URLs

    def identity(self) -> tuple[str, str]:
        return self.name, self.version

    def static_metadata(self, by_file: tuple[str, str] = ("", "")) -> str | None:
        """PKG-INFO, when it is static and of the name and version in the file's name (`by_file`).

        None otherwise. Then the backend is asked, as pip does.
        """
        if by_file[0] and by_file != self.identity():
            return None
        return self.static_text


def _identity(said: Metadata, pyproject: dict[str, Any]) -> tuple[str, str]:
    """Canonical name and normal version, from PKG-INFO or [project]. Each may be ""."""
    name: object = said.name
    version: object = said.version
    if not (is_name(name) and normal_version(said.version)):
        table = _table(pyproject, "project")
        name, version = table.get("name"), table.get("version")
    if not is_name(name):
        return "", ""
    text = version if isinstance(version, str) else ""
    return canonical_name(str(name)), normal_version(text) if text else ""


def _is_static(said: Metadata) -> bool:
    """Whether PEP 643 promises that every build has these dependencies, and pip can read them."""
    match = re.fullmatch(r"(\d+)\.(\d+)", said.metadata_version)
    if match is None or (int(match[1]), int(match[2])) < (2, 2):
        return False
    if not is_name(said.name) or not normal_version(said.version):
        return False
    return not said.dynamic & _DYNAMIC_STOPS and is_readable(said)


def is_readable(said: Metadata) -> bool:
    """Whether pip can read the fields that it resolves by."""
    requirement = packaging("requirements").Requirement
    try:
        for text in said.requires_dist:
            requirement(text)
        for text in said.requires_python:
            packaging("specifiers").SpecifierSet(text)
    except ValueError:  # InvalidRequirement and InvalidSpecifier are both
        return False
    return len(said.requires_python) < 2


def _table(above: dict[str, Any], key: str) -> dict[str, Any]:
    found = above.get(key)
    return found if isinstance(found, dict) else {}


def _listed(said: Metadata, pyproject: dict[str, Any]) -> list[list[str]]:
    """The direct references among the dependencies that PKG-INFO and that [project] lists."""
    table = _table(pyproject, "project")
    optional = _table(table, "optional-dependencies")
    lists = [table.get("dependencies"), *optional.values()]
    of_table = [text for texts in lists if isinstance(texts, list) for text in texts]
    return [references.direct(texts) for texts in (said.requires_dist, of_table)]


def _words(data: bytes | None) -> list[str]:
    """The words of a file that may be, or end in, a URL."""
    text = (data or b"").decode("utf-8", "replace")
    return [word for word in re.split(r"""[\s"']+""", text) if "://" in word]


def is_name(name: object) -> bool:
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def _below(subdirectory: str, name: str) -> str:
    return f"{subdirectory.strip('/')}/{name}" if subdirectory.strip("/") else name


_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "PKG-INFO")


def import_all() -> None:
    """Imports what reads a project: where that happens nothing can be opened, and so imported."""
    for module in ("requirements", "specifiers", "utils", "version"):
        packaging(module)
    toml.reader()
    codecs.lookup("cp437")  # of names in zip files


# What settings make of the files above; None stands for one that is not there.
Changing = Callable[[Mapping[str, bytes | None]], dict[str, bytes | None]]


def from_archive(path: str, subdirectory: str, change: Changing | None = None) -> Project:
    """Reads an archive, checking all its members, in a process of its own. Raises SourceError."""
    import_all()
    with open(path, "rb") as raw:
        limits = confined.Limits().for_bytes(os.fstat(raw.fileno()).st_size)
        name = os.path.basename(path)
        if not change:
            return Project(**confined.run(
                lambda: asdict(_read_archive(raw, name, subdirectory)), [raw.fileno()], limits))
        found = confined.run(
            lambda: _as_text(_peek(raw, name, subdirectory)[0]), [raw.fileno()], limits)
    return _make_changed(_as_bytes(found), change)


def _as_text(files: Mapping[str, bytes | None]) -> dict[str, str | None]:
    return {name: data if data is None else data.decode("latin-1") for name, data in files.items()}


def _as_bytes(files: Mapping[str, str | None]) -> dict[str, bytes | None]:
    return {name: data if data is None else data.encode("latin-1") for name, data in files.items()}


def _make_changed(files: Mapping[str, bytes | None], change: Changing) -> Project:
    """What a changed source would say of itself is no promise: its build is asked."""
    changed = change(files)
    return Project(**confined.run(lambda: asdict(_make("changed", changed))))


def _read_archive(raw: IO[bytes], name: str, subdirectory: str) -> Project:
    files, has_manifest = _peek(raw, name, subdirectory)
    project = _make("archive", files)
    project.has_crates = has_manifest
    return project


def _peek(raw: IO[bytes], name: str, subdirectory: str) -> tuple[dict[str, bytes | None], bool]:
    """The files that describe a project, and whether there is a manifest of crates."""
    names = [_below(subdirectory, file) for file in _FILES]
    manifests: list[str] = []

    def wanted(member: str) -> bool:
        if member.rpartition("/")[2] == crates.MANIFEST:
            manifests.append(member)
        return member in names

    found = archive.peek(raw, name, wanted)
    return {file: found.get(_below(subdirectory, file)) for file in _FILES}, bool(manifests)


def from_tree(root: str, subdirectory: str, change: Changing | None = None) -> Project:
    """Reads a directory; what is in its files, in a process of its own. Raises SourceError."""
    project_root = inside(root, subdirectory)
    files = {name: _read_file(os.path.join(project_root, name)) for name in _FILES}
    import_all()
    if change:
        return _make_changed(files, change)
    project = Project(**confined.run(lambda: asdict(_make("tree", files))))
    project.has_crates = crates.tree_has_manifest(root)
    return project


def _read_file(path: str) -> bytes | None:
    """A file of a tree; None when there is none. It may be a link to anything: it is read once."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    with open(fd, "rb") as opened:
        mode = os.fstat(fd).st_mode
        if stat.S_ISDIR(mode):
            return None
        data = opened.read(_MAX_FILE + 1) if stat.S_ISREG(mode) else b""
    if not stat.S_ISREG(mode) or len(data) > _MAX_FILE:
        raise SourceError(f"its '{os.path.basename(path)}' is no file of up to"
                          f" {_MAX_FILE >> 20} MiB")
    return data


def inside(root: str, subdirectory: str) -> str:
    """The path `root`/`subdirectory`. SourceError unless it is a directory inside of `root`."""
    path = os.path.normpath(os.path.join(root, subdirectory))
    real, real_root = os.path.realpath(path), os.path.realpath(root)
    if real != real_root and not real.startswith(real_root + os.sep):
        raise SourceError(f"subdirectory '{subdirectory}' leads outside of the source")
    if not os.path.isdir(real):
        raise SourceError(f"the source has no directory '{subdirectory}'")
    return path


def _make(kind: str, files: Mapping[str, bytes | None]) -> Project:
    raw = files["pyproject.toml"]
    if raw is None and files["setup.py"] is None:
        raise SourceError("does not appear to be a Python project: neither 'setup.py' nor"
                          " 'pyproject.toml' found")
    pyproject = _parse_pyproject(raw) if raw is not None else {}
    info = (files["PKG-INFO"] or b"").decode("utf-8", "replace")
    said = metadata.parse(info)
    project = Project(*_identity(said, pyproject), listed=_listed(said, pyproject),
                      words=_words(files["setup.py"]) + _words(files["setup.cfg"]))
    if kind == "archive" and info and _is_static(said):
        project.static_text = info
    _read_build_system(project, pyproject)
    return project


def _parse_pyproject(raw: bytes) -> dict[str, Any]:
    try:
        return toml.loads(raw.decode("utf-8"))
    except ValueError as exc:  # TOMLDecodeError and UnicodeDecodeError are both
        raise SourceError(f"pyproject.toml cannot be read: {exc}") from exc
    except RecursionError as exc:
        raise SourceError("pyproject.toml cannot be read: it is nested too deeply") from exc


def _read_build_system(project: Project, pyproject: dict[str, Any]) -> None:
    """PEP 518: without [build-system] the legacy backend; with it, `requires` is mandatory."""
    table = pyproject.get("build-system")
    if table is None:
        project.requires = list(DEFAULT_REQUIRES)
        return
    if not isinstance(table, dict):
        raise SourceError("pyproject.toml: [build-system] is not a table")
    if "requires" not in table:
        raise SourceError("pyproject.toml: [build-system] lacks the mandatory key 'requires'")
    project.requires = _strings(table["requires"], "requires")
    for requirement in project.requires:
        _check_requirement(requirement)
    backend = table.get("build-backend", LEGACY_BACKEND)
    if not isinstance(backend, str) or not backend.strip():
        raise SourceError("pyproject.toml: 'build-backend' is not a string")
    project.backend = backend
    project.backend_path = _strings(table.get("backend-path", []), "backend-path")
    for path in project.backend_path:
        if os.path.isabs(path) or ".." in os.path.normpath(path).split(os.sep):
            raise SourceError(f"pyproject.toml: backend-path '{path}' is outside of the source")


def _strings(value: object, key: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise SourceError(f"pyproject.toml: '{key}' of [build-system] is not a list of strings")
    return list(value)


def _check_requirement(text: str) -> None:
    requirements = packaging("requirements")
    try:
        requirements.Requirement(text)
    except requirements.InvalidRequirement as exc:
        raise SourceError(
            f"pyproject.toml: [build-system] has an invalid requirement '{text}'") from exc


_ENDINGS = re.compile(r"\.(?:tar(?:\.(?:gz|bz2|xz|lzma|z))?|tgz|tbz|txz|tlz|zip)$", re.IGNORECASE)


def identity_of_file(name: str) -> tuple[str, str]:
    """Canonical name and normal version from an sdist's file name, or both ""."""
    stem = _ENDINGS.sub("", name)
    project, _, version = stem.rpartition("-")
    normal = normal_version(version)
    if stem == name or not normal or not is_name(project):
        return "", ""
    return canonical_name(project), normal


def stable_dir(name: str, version: str, content_sha256: str) -> str:
    """The name of a source's job directory, which depends on the source alone."""
    if not name:
        return f"source-{content_sha256[:16]}"
    result = f"{name}-{version or content_sha256[:16]}"
    if len(result) > _MAX_DIR or re.fullmatch(r"[A-Za-z0-9._+!-]+", result) is None:
        return f"source-{content_sha256[:16]}"
    return result
