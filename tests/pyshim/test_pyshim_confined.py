"""What strangers wrote is read in a process with limits, and what is too much is refused."""

from __future__ import annotations

import gzip
import io
import os
import socket
import tarfile
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pyshim import archive, confined, project
from pyshim.confined import Limits
from pyshim.errors import ShimError, SourceError
from tests.pyshim.shim_sources import write_sdist, write_tree

SMALL = Limits(memory=128 << 20, processor_s=1, deadline_s=60)


def spin() -> dict[str, Any]:
    while True:
        pass


def fill() -> dict[str, Any]:
    held = [bytes(1 << 20) for _ in range(1024)]
    return {"held": len(held)}


def sleep() -> dict[str, Any]:
    time.sleep(1000)
    return {}


def connect() -> dict[str, Any]:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
    return {}


def read_a_file() -> dict[str, Any]:
    with open("/etc/hostname", encoding="utf-8") as opened:
        return {"text": opened.read()}


def die() -> dict[str, Any]:
    os._exit(0)


def test_the_result_comes_back() -> None:
    assert confined.run(lambda: {"text": "ä\udc80", "list": [1]}) == {
        "text": "ä\udc80", "list": [1]}


@pytest.mark.parametrize("work, said", [
    (spin, "within 1 seconds of a processor"),
    (fill, "128 MiB of memory"),
    (die, "cannot be read within"),
])
def test_limits(work: Any, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        confined.run(work, (), SMALL)


def test_the_deadline() -> None:
    """It is not the processor that is late."""
    with pytest.raises(SourceError, match="cannot be read within"):
        confined.run(sleep, (), Limits(deadline_s=0))


@pytest.mark.parametrize("work", [connect, read_a_file])
def test_nothing_can_be_opened(work: Any) -> None:
    with pytest.raises(ShimError, match="Too many open files"):
        confined.run(work)


def test_descriptors_are_closed(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    given = os.open(tmp_path, os.O_RDONLY)
    fds = {"socket": ours.fileno(), "given": given, "stdin": 0}
    said = confined.run(lambda: {name: _is_open(fd) for name, fd in fds.items()}, [given])
    assert said == {"socket": False, "given": True, "stdin": False}
    assert _is_open(ours.fileno())
    for fd in (given, ours.detach(), theirs.detach()):
        os.close(fd)


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def test_what_it_raises() -> None:
    def refuse() -> dict[str, Any]:
        raise SourceError("no source")

    with pytest.raises(SourceError, match="no source"):
        confined.run(refuse)
    with pytest.raises(ShimError, match="ZeroDivisionError"):
        confined.run(lambda: {"x": 1 // 0})


# Sources


def compressed(path: Path, plain_size: int, head: bytes) -> Path:
    """`head` and so many zeros, which make a small file."""
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write(head)
        for _ in range(plain_size >> 20):
            out.write(bytes(1 << 20))
    return path


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


def ordinary() -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        info = tarfile.TarInfo("foo-1.0/setup.py")
        tar.addfile(info)
    return raw.getvalue()[:512]


def test_a_file_that_unpacks_to_too_much(tmp_path: Path) -> None:
    path = compressed(tmp_path / "foo-1.0.tar.gz", 1100 << 20,
                      ordinary() + header("foo-1.0/zeros", 1100 << 20))
    for read in (project.from_archive, archive.unpack):
        with pytest.raises(SourceError, match="it unpacks to more than 1024 MiB"):
            read(str(path), str(tmp_path / "out") if read is archive.unpack else "")


def test_what_its_header_only_claims(tmp_path: Path) -> None:
    """Nothing is read for it."""
    path = compressed(tmp_path / "foo-1.0.tar.gz", 0,
                      ordinary() + header("foo-1.0/zeros", 1 << 40))
    with pytest.raises(SourceError, match="it unpacks to more than"):
        project.from_archive(str(path), "")


def test_zeros_behind_the_archive(tmp_path: Path) -> None:
    path = compressed(tmp_path / "foo-1.0.tar.gz", 1100 << 20, ordinary() + bytes(1024))
    with pytest.raises(SourceError, match="it unpacks to more than"):
        project.from_archive(str(path), "")


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_that_is_read_whole(tmp_path: Path, kind: bytes) -> None:
    path = compressed(tmp_path / "foo-1.0.tar.gz", 500 << 20,
                      ordinary() + header("x", 500 << 20, kind))
    with pytest.raises(SourceError, match="it has a header of 500 MiB"):
        project.from_archive(str(path), "")


def test_zips_that_unpack_to_too_much(tmp_path: Path) -> None:
    for name in ("foo-1.0.zip", "foo-1.0-py3-none-any.whl"):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
            zipped.writestr("foo-1.0/setup.py", "")
            with zipped.open("foo-1.0/zeros", "w", force_zip64=True) as out:
                for _ in range(1500):
                    out.write(bytes(1 << 20))
    with pytest.raises(SourceError, match="it unpacks to more than 1024 MiB"):
        project.from_archive(str(tmp_path / "foo-1.0.zip"), "")
    with pytest.raises(SourceError, match="it unpacks to more than 1024 MiB"):
        archive.check_wheel(str(tmp_path / "foo-1.0-py3-none-any.whl"))


def test_large_and_ordinary(tmp_path: Path) -> None:
    """A source of 64 MiB whose content is as hard to compress as most is no attack."""
    assert archive.max_unpacked(64 << 20) == 6400 << 20
    assert archive.max_unpacked(1) == 1 << 30 and archive.max_unpacked(1 << 40) == 16 << 30


@pytest.mark.parametrize("name", ["pyproject.toml", "PKG-INFO", "setup.py"])
def test_files_that_are_read_whole(tmp_path: Path, name: str) -> None:
    files = {"setup.py": "", "foo.py": "", name: "#" * (9 << 20)}
    path = write_sdist(tmp_path / "foo-1.0.tar.gz", files)
    with pytest.raises(SourceError, match=f"'(foo-1.0/)?{name}' is larger than 8 MiB"):
        project.from_archive(str(path), "")
    tree = write_tree(tmp_path / "tree", files)
    with pytest.raises(SourceError, match=f"its '{name}' is no file of up to 8 MiB"):
        project.from_tree(str(tree), "")


@pytest.mark.parametrize("what", ["/dev/zero", "fifo"])
def test_a_tree_whose_files_are_none(tmp_path: Path, what: str) -> None:
    tree = write_tree(tmp_path / "tree", {"setup.py": ""})
    if what == "fifo":
        os.mkfifo(tree / "pyproject.toml")
    else:
        (tree / "pyproject.toml").symlink_to(what)
    with pytest.raises(SourceError, match="its 'pyproject.toml' is no file"):
        project.from_tree(str(tree), "")


def test_a_pyproject_that_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading so many dotted keys takes a time that grows with their square."""
    monkeypatch.setattr(confined, "Limits", lambda: _Short())
    text = "[a]\n" + "".join(f"k{n}.x.y = 1\n" for n in range(200)) + \
        ".".join(f"k{n}" for n in range(200_000)) + " = 1\n"
    path = write_sdist(tmp_path / "foo-1.0.tar.gz", {"pyproject.toml": text})
    with pytest.raises(SourceError, match="cannot be read|nested too deeply"):
        project.from_archive(str(path), "")


class _Short(Limits):
    """One second of a processor, however large the archive is."""

    def __init__(self) -> None:
        super().__init__(memory=256 << 20, processor_s=1)

    def for_bytes(self, size: int) -> Limits:
        return self


def test_metadata_of_a_wheel_that_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "foo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("foo-1.0.dist-info/METADATA", bytes(65 << 20))
    with pytest.raises(SourceError, match="'foo-1.0.dist-info/METADATA' is larger than 64 MiB"):
        archive.check_wheel(str(path))
