"""Parts of pyshim that need no pip and no child."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pyshim import archive, crates, install, metadata, tree, wire
from pyshim.errors import ShimError, SourceError
from tests.pyshim.shim_sources import write_sdist, write_tree

GUEST = Path(wire.__file__).parent / "guest"


def peek(path: Path, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    with open(path, "rb") as raw:
        return archive.peek(raw, path.name, wanted)


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


HOSTILE = [
    tarfile.TarInfo("foo-1.0/../../evil"),
    tarfile.TarInfo("/etc/evil"),
    link("foo-1.0/out", "/etc/passwd"),
    link("foo-1.0/out", "../../up"),
    link("foo-1.0/out", "/etc/passwd", tarfile.LNKTYPE),
    link("foo-1.0/out", "../x", tarfile.LNKTYPE),
    link("foo-1.0/fifo", "", tarfile.FIFOTYPE),
    link("foo-1.0/dev", "", tarfile.CHRTYPE),
]


@pytest.mark.parametrize("member", HOSTILE, ids=lambda m: f"{m.name}-{m.linkname}")
def test_hostile_members_are_refused_by_name(tmp_path: Path, member: tarfile.TarInfo) -> None:
    path = write_sdist(tmp_path / "foo-1.0.tar.gz", {"setup.py": ""}, members=(member,))
    with pytest.raises(SourceError, match="refused"):
        peek(path, lambda name: name == "setup.py")
    with pytest.raises(SourceError, match="refused"):
        archive.unpack(str(path), str(tmp_path / "out"))
    assert not (tmp_path / "evil").exists()


def test_a_chain_of_links_is_refused(tmp_path: Path) -> None:
    """Going by its name, each link alone stays inside."""
    evil = tarfile.TarInfo("foo-1.0/b/evil")
    members = (link("foo-1.0/d/e/a", "../.."), link("foo-1.0/b", "d/e/a/../.."), evil)
    path = write_sdist(tmp_path / "foo-1.0.tar.gz", {"d/e/f": ""}, members=members)
    (tmp_path / "in" / "src").mkdir(parents=True)
    with pytest.raises(SourceError, match="refused"):
        archive.unpack(str(path), str(tmp_path / "in" / "src"))
    assert not list(tmp_path.rglob("evil"))


def test_unpacked_files(tmp_path: Path) -> None:
    run_me = tarfile.TarInfo("foo-1.0/run")
    run_me.mode = 0o700
    members = (run_me, link("foo-1.0/alias", "run"),
               link("foo-1.0/hard", "foo-1.0/setup.py", tarfile.LNKTYPE))
    path = write_sdist(tmp_path / "foo-1.0.tar.gz", {"setup.py": "1", "a/b": "2"}, members=members)
    old = os.umask(0o077)
    try:
        archive.unpack(str(path), str(tmp_path / "out"))
    finally:
        os.umask(old)
    out = tmp_path / "out"
    assert sorted(os.listdir(out)) == ["a", "alias", "hard", "run", "setup.py"]
    assert (out / "run").stat().st_mode & 0o777 == 0o755
    assert (out / "setup.py").stat().st_mode & 0o777 == 0o644
    assert (out / "setup.py").stat().st_mtime == 1000000000
    assert os.readlink(out / "alias") == "run" and (out / "hard").read_text() == "1"


def test_times_are_not_those_of_unpacking(tmp_path: Path) -> None:
    """Of no file, directory or link, also of directories without a member of their own."""
    alias = link("foo-1.0/alias", "a")
    alias.mtime = 2000000000
    path = write_sdist(tmp_path / "foo-1.0.tar.gz", {"a/b/c": "1"}, members=(alias,))
    out = tmp_path / "out"
    archive.unpack(str(path), str(out))
    times = {name: (out / name).lstat().st_mtime for name in (".", "a", "a/b", "alias")}
    assert times == {".": 315532800, "a": 315532800, "a/b": 315532800, "alias": 2000000000}


@pytest.mark.parametrize("names, left", [
    (("top/a", "top/b/c"), ["a", "b"]),
    (("top/a", "other/b"), ["other", "top"]),
    (("top/", "a"), ["a", "top"]),
    (("top/a", "a"), ["a", "top"]),
    (("top/a", "top\\b"), ["a", "b"]),
])
def test_the_top_directory(tmp_path: Path, names: tuple[str, ...], left: list[str]) -> None:
    path, out = tmp_path / "x.tar", tmp_path / "out"
    with tarfile.open(path, "w") as tar:
        for name in names:
            info = tarfile.TarInfo(name.rstrip("/"))
            info.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            tar.addfile(info)
    archive.unpack(str(path), str(out))
    assert sorted(os.listdir(out)) == left
    found = peek(path, lambda name: name == "a")
    assert sorted(found) == (["a"] if "a" in left else [])


def test_what_is_kept_while_peeking_is_bounded(tmp_path: Path) -> None:
    """Thousands of top-level directories, each with a file that could be wanted."""
    path = tmp_path / "x.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for number in range(60):
            info = tarfile.TarInfo(f"top{number}/PKG-INFO")
            info.size = 8 << 20
            tar.addfile(info, io.BytesIO(bytes(info.size)))
    tracemalloc.start()
    try:
        assert peek(path, lambda name: name == "PKG-INFO") == {}
        assert tracemalloc.get_traced_memory()[1] < 60 << 20
    finally:
        tracemalloc.stop()


def test_odd_archives_that_pip_takes(tmp_path: Path) -> None:
    path = write_sdist(tmp_path / "foo-1.0.tar.gz", {"setup.py": "1"})
    path.write_bytes(path.read_bytes() + b"junk")
    assert peek(path, lambda n: n == "setup.py") == {"setup.py": b"1"}
    before = tmp_path / "before.zip"
    with zipfile.ZipFile(before, "w") as zipped:
        zipped.writestr("top/setup.py", "1")
    before.write_bytes(b"#!/bin/sh\n" + before.read_bytes())
    assert peek(before, lambda n: n == "setup.py") == {"setup.py": b"1"}
    endless = tarfile.TarInfo("late-1.0/late")
    endless.pax_headers = {"mtime": "inf"}
    path = write_sdist(tmp_path / "late-1.0.tar.gz", {"setup.py": "1"}, members=(endless,))
    archive.unpack(str(path), str(tmp_path / "late"))
    assert (tmp_path / "late" / "late").stat().st_mtime == 315532800


def test_zip_and_other_compressions(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as zipped:
        zipped.writestr(zipfile.ZipInfo("top/setup.py", (2000, 1, 1, 0, 0, 0)), "1")
    archive.unpack(str(tmp_path / "a.zip"), str(tmp_path / "zip"))
    assert (tmp_path / "zip" / "setup.py").stat().st_mtime == 946684800
    for mode in ("", "bz2", "xz"):
        path = tmp_path / f"no-ending-{mode}"
        with tarfile.open(path, f"w:{mode}") as tar:  # type: ignore[call-overload]
            info = tarfile.TarInfo("top/setup.py")
            info.size = 1
            tar.addfile(info, io.BytesIO(b"1"))
        assert peek(path, lambda n: n == "setup.py") == {"setup.py": b"1"}


def test_content_hash(tmp_path: Path) -> None:
    files = {"a/b": "1", "c": "2", ".git/HEAD": "x"}
    first = tree.content_sha256(str(write_tree(tmp_path / "one", files)))
    other = write_tree(tmp_path / "two", {**files, ".git/HEAD": "y"})
    os.utime(other / "c", (0, 0))
    os.chmod(other / "c", 0o600)
    assert tree.content_sha256(str(other)) == first
    os.chmod(other / "c", 0o700)
    assert tree.content_sha256(str(other)) != first


def test_frames() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire.Channel(ours.fileno()).send({"text": "a\0b\udc80ü"})
        assert wire.Channel(theirs.fileno()).receive() == {"text": "a?b\udc80ü"}
        with pytest.raises(wire.FrameTooLong):
            wire.encode({"text": "x" * wire.MAX_FRAME})
        with pytest.raises(wire.FrameTooLong):
            wire.Channel(ours.fileno(), most=1000).send({"text": "x" * 1000})
        ours.close()
        assert wire.Channel(theirs.fileno()).receive() is None


def test_metadata_is_read_with_its_repeated_fields() -> None:
    said = metadata.parse(
        "Metadata-Version: 2.2 \nName: foo\nVersion: 1.0\nDynamic: Requires-Dist\n"
        "Dynamic:license\nRequires-Dist: a\nrequires-dist: b; extra == 'x'\n\nName: in the text\n")
    assert (said.metadata_version, said.name, said.version) == ("2.2", "foo", "1.0")
    assert said.requires_dist == ("a", "b; extra == 'x'") and said.requires_python == ()
    assert said.dynamic == {"requires-dist", "license"} and said.lacks() == ""


@pytest.mark.parametrize("text, lacking", [
    ("", "Name"), ("no header", "Name"), ("Name: foo\n", "Version"), ("Version: 1\n", "Name"),
])
def test_what_metadata_lacks(text: str, lacking: str) -> None:
    assert metadata.parse(text).lacks() == lacking


def guarded(code: str, cwd: Path) -> str:
    code = f"import sys; sys.path.insert(0, {str(GUEST)!r}); import truewheel_determinism\n{code}"
    environ = {**os.environ, "TMPDIR": str(cwd), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, env=environ, check=True,
                          capture_output=True, text=True).stdout


def test_forks_get_names_of_their_own(tmp_path: Path) -> None:
    code = """
import os, tempfile
for _ in range(3):
    if os.fork() == 0:
        print(tempfile.mktemp(), flush=True); os._exit(0)
    os.wait()
print(tempfile.mktemp())
"""
    first = guarded(code, tmp_path)
    assert len(set(first.split())) == 4 and guarded(code, tmp_path) == first


@pytest.mark.parametrize("name", ["uuid", "tempfile", "random"])
def test_a_module_is_guarded_however_often_it_was_looked_for(tmp_path: Path, name: str) -> None:
    code = f"""
import importlib.util
for _ in range(3):
    assert importlib.util.find_spec({name!r})
import random, tempfile, uuid
print(random.random(), tempfile.mktemp(), uuid.uuid4())
"""
    assert guarded(code, tmp_path) == guarded(code, tmp_path)


def test_guards_keep_what_the_library_relies_on(tmp_path: Path) -> None:
    write_tree(tmp_path / "d", {"b": "", "a": "", "c/x": ""})
    code = """
import glob, os, pathlib, pickle, shutil, uuid
fd = os.open("d", os.O_RDONLY)
names = ["a", "b", "c"]
assert os.listdir("d") == os.listdir(fd) == [os.fsdecode(n) for n in os.listdir(b"d")] == names
with os.scandir(fd) as entries:
    assert [e.name for e in entries] == names
assert [os.path.basename(p) for p in glob.glob("d/*")] == names
assert [p.name for p in pathlib.Path("d").iterdir()] == names
assert pickle.loads(pickle.dumps(os.listdir)) is os.listdir
assert shutil.rmtree.avoids_symlink_attacks
assert uuid.uuid4().version == 4 and uuid.uuid1() != uuid.uuid1()
shutil.rmtree("d")
assert not os.path.exists("d")
"""
    guarded(code, tmp_path)


@pytest.mark.parametrize("said, cause", [
    ("error: failed to sync\n\nCaused by:\n  cannot ask\n\nCaused by:\n  no answer\n  at all\n",
     "cannot ask: no answer"),
    ("warning: old\nerror: failed to sync\n\nCaused by:\n  no answer\n", "no answer"),
    ("error: one\n\nCaused by:\n  first\nerror: the lock file needs to be updated\n",
     "the lock file needs to be updated"),
    ("rustup has no toolchain\n", "rustup has no toolchain"),
    ("", ""),
])
def test_cause_of_a_failed_fetch(said: str, cause: str) -> None:
    assert crates._cause(said) == cause


@pytest.mark.parametrize("jobs", [2, 3, 200])
def test_byte_code_does_not_depend_on_who_compiles_it(tmp_path: Path, jobs: int) -> None:
    def compiled(root: Path, processes: int) -> dict[str, bytes]:
        environment = install._Environment(str(root), "/final", False)
        environment.lay_out()
        for number in range(150):
            source = f"VALUE = {number}\n" * (number + 1)
            Path(environment.site, f"module_{number}.py").write_text(source)
        environment.compile(processes)
        return {path.name: path.read_bytes() for path in root.rglob("*.pyc")}

    alone = compiled(tmp_path / "alone", 1)
    assert len(alone) == 150
    assert compiled(tmp_path / "many", jobs) == alone


def test_a_lost_compiling_process_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = install._Environment(str(tmp_path / "env"), "/final", False)
    environment.lay_out()
    for number in range(100):
        Path(environment.site, f"module_{number}.py").touch()
    parent = os.getpid()

    def die(_path: str) -> None:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(environment, "_compile_file", die)
    with pytest.raises(ShimError, match="has died"):
        environment.compile(2)
