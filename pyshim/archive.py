"""Source archives: which members are refused, reading a few of them, unpacking all.

There is one implementation for every pip and every Python, because old Pythons have no
`tarfile.data_filter`, and old pips do not fix symlinks and times. The rules are pip's: a single
top-level directory is dropped, x bits decide between 0755 and 0644, a symlink in a zip is a plain
file. One rule is stricter: an absolute name, or one with `..`, is an error, where pip changes the
name. The format is recognised by content, since a URL need not end in `.tar.gz`.

`peek` reads the whole archive, so the resolver already finds corrupt and truncated ones. A chain of
symlinks that leads outside can only be seen on a real tree, so `unpack` refuses it.

How much may come out of an archive depends on its size (`max_unpacked`): no source becomes a
hundred times larger, but for one that is made for it.
"""

from __future__ import annotations

import bz2
import calendar
import gzip
import lzma
import os
import posixpath
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, cast

from pyshim import guards, tree
from pyshim.errors import SourceError

_PEEK_LIMIT = 8 << 20
_HEADER_LIMIT = 16 << 20  # of one header; tarfile takes it whole
_METADATA_LIMIT = 64 << 20  # of one file in *.dist-info


def max_unpacked(size: int) -> int:
    """The most bytes that an archive of `size` bytes may unpack to."""
    return min(16 << 30, max(1 << 30, 100 * size))


def _check_unpacked(total: int, size: int) -> None:
    if total > max_unpacked(size):
        raise SourceError(f"it unpacks to more than {max_unpacked(size) >> 20} MiB, which is too"
                          f" much for an archive of {size / (1 << 20):.1f} MiB")


@dataclass
class Member:
    """One entry. `kind` is file, dir, symlink or hardlink; `target` is where a link leads."""

    name: str
    kind: str
    executable: bool
    mtime: int
    target: str
    open: Callable[[], IO[bytes]]


@contextmanager
def _readable(shown: str) -> Iterator[None]:
    """Turns whatever the readers raise on bad input into a SourceError."""
    try:
        yield
    except SourceError:
        raise
    except EOFError as exc:
        raise SourceError(f"corrupt archive '{shown}': it ends too early") from exc
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError,
            gzip.BadGzipFile, NotImplementedError, RuntimeError, ValueError) as exc:
        raise SourceError(f"corrupt archive '{shown}': {exc}") from exc
    except OSError as exc:
        if exc.errno is None:  # this is how bz2 reports bad data
            raise SourceError(f"corrupt archive '{shown}': {exc}") from exc
        raise


class _Bounded:
    """A decompressed archive as tarfile reads it, as far as the limits allow."""

    def __init__(self, plain: IO[bytes], size: int) -> None:
        self._plain = plain
        self._size = size  # of the compressed file

    def read(self, count: int) -> bytes:
        if count > _HEADER_LIMIT:
            raise SourceError(f"it has a header of {count >> 20} MiB")
        data = self._plain.read(count)
        _check_unpacked(self._plain.tell(), self._size)
        return data

    def seek(self, position: int) -> int:
        _check_unpacked(position, self._size)
        return self._plain.seek(position)

    def tell(self) -> int:
        return self._plain.tell()


@contextmanager
def _members(raw: IO[bytes], name: str) -> Iterator[Iterator[Member]]:
    size = os.fstat(raw.fileno()).st_size
    magic = raw.read(6)
    raw.seek(0)
    if magic[:4] in (b"PK\x03\x04", b"PK\x05\x06") or (
        name.endswith(".zip") and zipfile.is_zipfile(raw)  # with other bytes before it
    ):
        raw.seek(0)
        with zipfile.ZipFile(raw) as zipped:
            _check_unpacked(sum(info.file_size for info in zipped.infolist()), size)
            yield _zip_members(zipped)
        return
    raw.seek(0)
    with _decompressed(raw, magic) as plain, tarfile.open(
        fileobj=cast("IO[bytes]", _Bounded(plain, size)), mode="r:", encoding="utf-8",
        errors="surrogateescape"
    ) as tar:
        yield _tar_members(tar)


@contextmanager
def _decompressed(raw: IO[bytes], magic: bytes) -> Iterator[IO[bytes]]:
    opened: IO[bytes]
    if magic[:2] == b"\x1f\x8b":
        opened = cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
    elif magic[:3] == b"BZh":
        opened = bz2.BZ2File(raw)
    elif magic == b"\xfd7zXZ\x00":
        opened = lzma.LZMAFile(raw)
    else:
        opened = raw
    try:
        yield opened
        if opened is not raw:
            _drain(opened, os.fstat(raw.fileno()).st_size)
    finally:
        if opened is not raw:
            opened.close()


def _drain(opened: IO[bytes], size: int) -> None:
    """Reads to the end, where the checksum is. Bytes behind it do not matter."""
    try:
        while opened.read(1 << 20):
            _check_unpacked(opened.tell(), size)
    except gzip.BadGzipFile as exc:
        if not str(exc).startswith("Not a gzipped file"):
            raise


def _zip_members(zipped: zipfile.ZipFile) -> Iterator[Member]:
    for info in zipped.infolist():
        mode = info.external_attr >> 16
        yield Member(
            name=info.filename,
            kind="dir" if info.filename.endswith("/") else "file",
            executable=stat.S_ISREG(mode) and bool(mode & 0o111),
            mtime=_zip_time(info),
            target="",
            open=lambda info=info: zipped.open(info),  # type: ignore[misc]
        )


def _zip_time(info: zipfile.ZipInfo) -> int:
    """Some zip writers leave the date out: zeros, which are no date. pip ignores dates."""
    try:
        return calendar.timegm((*info.date_time, 0, 0, 0))
    except ValueError:
        return tree.FIXED_TIME


def _tar_time(info: tarfile.TarInfo) -> int:
    """The time as an integer; a PAX header can hold "inf" and "nan" as well."""
    try:
        return int(info.mtime)
    except (OverflowError, ValueError):
        return tree.FIXED_TIME


def _tar_kind(info: tarfile.TarInfo) -> str:
    for kind, holds in (
        ("dir", info.isdir()), ("symlink", info.issym()), ("hardlink", info.islnk()),
        ("file", info.isfile() or info.issparse()),
    ):
        if holds:
            return kind
    raise SourceError(f"refused archive member '{info.name}': it is a device, pipe or unknown")


def _tar_members(tar: tarfile.TarFile) -> Iterator[Member]:
    def reader(info: tarfile.TarInfo) -> IO[bytes]:
        opened = tar.extractfile(info)
        assert opened is not None
        return opened

    for info in tar:
        kind = _tar_kind(info)
        yield Member(
            name=info.name,
            kind=kind,
            executable=bool(info.mode & 0o111),
            mtime=_tar_time(info),
            target=info.linkname if kind in ("symlink", "hardlink") else "",
            open=lambda info=info: reader(info),  # type: ignore[misc]
        )


def _check_name(name: str, what: str = "archive member") -> None:
    if name.startswith("/") or "\0" in name:
        raise SourceError(f"refused {what} '{name}': an absolute path")
    if ".." in name.split("/"):
        raise SourceError(f"refused {what} '{name}': it leads outside of the source with '..'")


def check_member(member: Member) -> None:
    """Refuses a member that leads out of the directory, as far as its names can tell."""
    _check_name(member.name)
    if member.kind == "hardlink":
        _check_name(member.target, f"hard link '{member.name}' to")
    if member.kind == "symlink":
        landing = posixpath.normpath(
            posixpath.join(posixpath.dirname(member.name), member.target))
        if member.target.startswith("/") or landing.split("/")[0] == "..":
            raise SourceError(
                f"refused archive member '{member.name}': a symbolic link to '{member.target}',"
                " outside of the source")


def _split(name: str) -> tuple[str, str]:
    """The first part of a name and the rest. As in pip, a backslash separates them too."""
    head, _, rest = name.partition("/")
    if "\\" in head:
        head, _, rest = name.partition("\\")
    return head, rest


def _common_top(names: list[str]) -> str | None:
    """The directory that holds everything, or None, by pip's rules."""
    tops = {_split(name)[0] for name in names}
    if len(tops) != 1:
        return None
    top = tops.pop()
    return top or None


def peek(raw: IO[bytes], name: str, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """Checks every member of the archive that was opened as `raw`; `name` is its file's name.

    Returns the contents of the files that are `wanted`, by name.

    Names are those below a single top-level directory. Only the end of the archive tells whether
    there is one, so `wanted` is asked for each name with and without its first part.
    """
    names: list[str] = []
    whole: dict[str, bytes] = {}
    below: dict[str, bytes] = {}  # emptied at a second top-level directory: memory stays bounded
    tops: set[str] = set()
    with _readable(name), _members(raw, name) as members:
        for member in members:
            check_member(member)
            names.append(member.name)
            top, rest = _split(member.name)
            tops.add(top)
            if len(tops) > 1:
                below.clear()
            if member.kind != "file":
                continue
            is_below = len(tops) == 1 and wanted(rest)
            if is_below or wanted(member.name):
                with member.open() as opened:
                    data = opened.read(_PEEK_LIMIT + 1)
                if len(data) > _PEEK_LIMIT:
                    raise SourceError(f"its '{member.name}' is larger than"
                                      f" {_PEEK_LIMIT >> 20} MiB")
                if is_below:
                    below[rest] = data
                if wanted(member.name):
                    whole[member.name] = data
    if not names:
        raise SourceError(f"archive '{name}' is empty")
    return whole if _common_top(names) is None else below


class _OtherTop(Exception):
    """There is more than one top-level directory."""


class _Unpacker:
    """Writes members below `root`. Nobody else may write there meanwhile."""

    def __init__(self, root: str, top: str | None) -> None:
        self._root = os.path.realpath(root)
        self._top = top
        self._dirs: dict[str, int] = {}

    def _destination(self, name: str) -> str:
        """The path for a member. Its directory must lie below the root, symlinks resolved."""
        if self._top is not None:
            top, name = _split(name)
            if top != self._top:
                raise _OtherTop
            _check_name(name)
        path = os.path.normpath(os.path.join(self._root, name))
        parent = path if path == self._root else os.path.dirname(path)
        self._check_inside(parent, name)
        return path

    def _check_inside(self, path: str, name: str) -> None:
        real = os.path.realpath(path)
        if real != self._root and not real.startswith(self._root + os.sep):
            raise SourceError(
                f"refused archive member '{name}': a symbolic link leads outside of the source")

    def add(self, member: Member) -> None:
        check_member(member)
        path = self._destination(member.name)
        if path == self._root:
            return
        os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
        if member.kind == "dir":
            self._add_dir(member, path)
            return
        if os.path.lexists(path):
            if os.path.isdir(path) and not os.path.islink(path):
                raise SourceError(f"refused archive member '{member.name}': it is there twice,"
                                  " as a directory and as a file")
            os.unlink(path)
        if member.kind == "symlink":
            self._check_inside(os.path.join(os.path.dirname(path), member.target), member.name)
            os.symlink(member.target, path)
            _set_mtime(path, member.mtime)
        elif member.kind == "hardlink":
            self._add_hardlink(member, path)
        else:
            self._add_file(member, path)

    def _add_dir(self, member: Member, path: str) -> None:
        if os.path.lexists(path) and not os.path.isdir(path):
            raise SourceError(f"refused archive member '{member.name}': it is there twice,"
                              " as a directory and as a file")
        self._check_inside(path, member.name)
        os.makedirs(path, 0o755, exist_ok=True)
        self._dirs[path] = member.mtime

    def _add_hardlink(self, member: Member, path: str) -> None:
        source = self._destination(member.target)
        if not os.path.lexists(source):
            raise SourceError(f"refused archive member '{member.name}': a hard link to"
                              f" '{member.target}', which is not in the archive before it")
        self._check_inside(source, member.target)
        os.link(source, path, follow_symlinks=False)

    def _add_file(self, member: Member, path: str) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with member.open() as source, open(os.open(path, flags, 0o644), "wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
            os.fchmod(out.fileno(), 0o755 if member.executable else 0o644)
        _set_mtime(path, member.mtime)

    def finish(self) -> None:
        """Sets the times of directories; before, each new file would change them again."""
        for directory, _, _ in os.walk(self._root, topdown=False):
            if directory in self._dirs:
                _set_mtime(directory, self._dirs[directory])
            elif not guards.is_off("unpack-times"):  # it has no member of its own
                _set_mtime(directory, tree.FIXED_TIME)


def _set_mtime(path: str, mtime: int) -> None:
    try:
        os.utime(path, (mtime, mtime), follow_symlinks=False)
    except (OverflowError, OSError, ValueError):
        os.utime(path, (tree.FIXED_TIME, tree.FIXED_TIME), follow_symlinks=False)


def _first_top(path: str) -> str | None:
    with open(path, "rb") as raw, _members(raw, path) as members:
        return next((_split(member.name)[0] or None for member in members), None)


def _unpack_all(path: str, root: str, top: str | None) -> None:
    unpacker = _Unpacker(root, top)
    with open(path, "rb") as raw, _members(raw, path) as members:
        for member in members:
            unpacker.add(member)
    unpacker.finish()


def unpack(path: str, root: str) -> None:
    """Unpacks the archive at `path` into the directory `root`. Raises SourceError.

    Assumes that all members lie in the first one's top-level directory, and starts again without
    it when they do not, which is rare.
    """
    os.makedirs(root, 0o755, exist_ok=True)
    with _readable(os.path.basename(path)):
        try:
            _unpack_all(path, root, _first_top(path))
        except _OtherTop:
            for name in os.listdir(root):
                _remove(os.path.join(root, name))
            _unpack_all(path, root, None)


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def check_wheel(path: str) -> None:
    """Refuses a wheel that pip could not read or unpack within reason. Raises SourceError.

    What cannot be opened is left for pip to report.
    """
    try:
        with zipfile.ZipFile(path) as wheel:
            entries = wheel.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return
    _check_unpacked(sum(entry.file_size for entry in entries), os.stat(path).st_size)
    for entry in entries:
        if ".dist-info/" in entry.filename and entry.file_size > _METADATA_LIMIT:
            raise SourceError(f"its '{entry.filename}' is larger than {_METADATA_LIMIT >> 20} MiB")
