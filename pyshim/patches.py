"""Changes to a source that the settings file asks for: patches, and files to add.

They are read where the source is described, which needs what they make of pyproject.toml and its
like, and travel as bytes to the build, which applies them in its sandbox before anything of the
source runs. patch(1) applies them, without fuzz: what does not fit is an error.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyshim import project, world
from pyshim.errors import SourceError, one_line

_MAX_BYTES = 6 << 20  # of all of a source's; they travel in one frame
_OPTIONS = ("-p1", "--forward", "--batch", "--fuzz=0", "--no-backup-if-mismatch",
            "--reject-file=-", "--get=0")


@dataclass(frozen=True)
class Patch:
    name: str  # for people, and in records
    data: bytes


@dataclass(frozen=True)
class AddedFile:
    place: str  # below the project's directory
    name: str  # as of a patch
    data: bytes
    executable: bool


@dataclass(frozen=True)
class Change:
    patches: Sequence[Patch] = field(default_factory=tuple)
    files: Sequence[AddedFile] = field(default_factory=tuple)

    def __bool__(self) -> bool:
        return bool(self.patches or self.files)

    def digests(self) -> dict[str, Any]:
        """What of it stands in the key and in records."""
        return {
            "patches": [{"name": one.name, "sha256": _sha256(one.data)} for one in self.patches],
            "add_files": [{"place": one.place, "name": one.name, "sha256": _sha256(one.data),
                           "executable": one.executable} for one in self.files],
        }

    def frame(self) -> dict[str, Any]:
        return {
            "patches": [{"name": one.name, "data": _encode(one.data)} for one in self.patches],
            "files": [{"place": one.place, "data": _encode(one.data),
                       "executable": one.executable} for one in self.files],
        }


def from_frame(value: Mapping[str, Any]) -> Change:
    return Change(
        [Patch(one["name"], base64.b64decode(one["data"])) for one in value["patches"]],
        [AddedFile(one["place"], "", base64.b64decode(one["data"]), bool(one["executable"]))
         for one in value["files"]])


def read(files: Sequence[str], added: Mapping[str, str], directory: str) -> Change:
    """The change that these patches and files make. Names are shown as seen from `directory`."""
    left = _MAX_BYTES
    found = []
    for path in files:
        data, _ = _read(path, left)
        left -= len(data)
        found.append(Patch(os.path.relpath(path, directory), data))
    more = []
    for place, path in added.items():
        data, executable = _read(path, left)
        left -= len(data)
        more.append(AddedFile(place, os.path.relpath(path, directory), data, executable))
    return Change(found, more)


def _read(path: str, left: int) -> tuple[bytes, bool]:
    try:
        with open(path, "rb") as opened:
            data = opened.read(left + 1)
            mode = os.fstat(opened.fileno()).st_mode
    except OSError as exc:
        raise SourceError(f"cannot read '{path}': {exc.strerror}") from exc
    if len(data) > left:
        raise SourceError(f"'{path}': the patches and files of one package are larger than"
                          f" {_MAX_BYTES >> 20} MiB")
    return data, bool(mode & stat.S_IXUSR)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


# ---------------------------------------------------------------------------- a few files of it


def changed_files(change: Change, files: Mapping[str, bytes | None], staging: str
                  ) -> dict[str, bytes | None]:
    """What the change makes of some files in the project's directory, by name; None: not there.

    The patches' other files are not there, so that whether all of them fit is told by the build.
    """
    result = dict(files)
    wanted = [one for one in change.patches if any(name.encode() in one.data for name in files)]
    if wanted:
        with tempfile.TemporaryDirectory(dir=staging) as directory:
            for name, data in files.items():
                if data is not None:
                    _write(os.path.join(directory, name), data)
            for one in wanted:
                _run(one, directory, os.environ.get("PATH", os.defpath))
            result = {name: _content(os.path.join(directory, name)) for name in files}
    for added in change.files:
        if added.place in result:
            result[added.place] = added.data
    return result


def _content(path: str) -> bytes | None:
    if not os.path.isfile(path) or os.path.islink(path):
        return None
    with open(path, "rb") as opened:
        return opened.read()


def _write(path: str, data: bytes) -> None:
    with open(path, "xb") as out:
        out.write(data)


# ------------------------------------------------------------------------------- the whole tree


def apply(change: Change, root: str, path: str) -> None:
    """Changes the source in `root`. `path` is where patch(1) is looked for. Raises SourceError.

    What is changed becomes one second newer than all else, as it would be by hand.
    """
    before = dict(_times(root))
    newest = world.newest(root)
    for one in change.patches:
        done = _run(one, root, path)
        print(done.stdout, end="", flush=True)
        if done.returncode:
            raise SourceError(f"the patch '{one.name}' does not apply: {_complaint(done.stdout)}")
    for added in change.files:
        _add(added, root)
    for name, when in list(_times(root)):
        if before.get(name) != when:
            os.utime(name, (newest + 1, newest + 1), follow_symlinks=False)


def _run(one: Patch, directory: str, path: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("patch", path=path)
    if not program:
        raise SourceError(f"the patch '{one.name}' cannot be applied: there is no program 'patch'"
                          " (Debian, Fedora, Alpine: the package patch)")
    done = subprocess.run(
        [program, *_OPTIONS], input=one.data, cwd=directory, check=False,
        env={"PATH": path, "LC_ALL": "C"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = done.stdout.decode("utf-8", "replace")
    if not done.returncode and not text.strip():
        return subprocess.CompletedProcess(done.args, 1, "it is empty")
    return subprocess.CompletedProcess(done.args, done.returncode, text)


def _complaint(said: str) -> str:
    """The line that says most; all of it is in the log."""
    lines = [line for line in said.splitlines() if line.strip()]
    for line in lines:
        if "FAILED" in line or "can't find file" in line or "malformed" in line \
                or "previously applied" in line or "Only garbage" in line:
            return one_line(line.rpartition("**** ")[2], 200)
    return one_line(lines[-1], 200) if lines else "patch(1) did not say why"


def _add(added: AddedFile, root: str) -> None:
    target = os.path.join(root, added.place)
    parent = os.path.dirname(target)
    try:
        os.makedirs(parent, 0o755, exist_ok=True)
        project.inside(root, os.path.dirname(added.place))
        if os.path.lexists(target):
            os.unlink(target)
        _write(target, added.data)
        os.chmod(target, 0o755 if added.executable else 0o644)
    except OSError as exc:
        raise SourceError(f"'{added.place}' cannot be added: {exc.strerror}") from exc


def _times(root: str) -> Iterator[tuple[str, tuple[int, int, int]]]:
    yield root, _stamp(os.stat(root))
    pending = [root]
    while pending:
        directory = pending.pop()
        with os.scandir(directory) as entries:
            for entry in entries:
                yield entry.path, _stamp(entry.stat(follow_symlinks=False))
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)


def _stamp(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_mtime_ns, found.st_size
