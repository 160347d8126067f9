"""
The normal form against an independent reading of docs/normal-form.md, done here with struct and
zlib, and against everything that makes wheels of equal content differ.
"""

import base64
import csv
import hashlib
import io
import os
import re
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest

NAME = "demo_pkg-1.0-py3-none-any.whl"
INFO = "demo_pkg-1.0.dist-info"
Files = Dict[str, Tuple[bytes, int]]

CONTENT: Files = {
    "demo_pkg/__init__.py": (b"VALUE = 1\n" * 40, 0o644),
    "demo_pkg/empty.py": (b"", 0o644),
    "demo_pkg/noise.bin": (
        bytes(hashlib.sha512(b"%d" % i).digest()[0] for i in range(5000)),
        0o644,
    ),
    'demo_pkg/caf\u00e9, "quoted".txt': ("\u00e9".encode(), 0o644),
    "demo_pkg/words.py": (
        b"".join(b"a%d = %d\n" % (i * i % 97, i * i % 977) for i in range(4000)),
        0o644,
    ),
    "demo_pkg-1.0.data/scripts/run": (b"#!python\nprint(1)\n", 0o755),
    f"{INFO}/METADATA": (b"Metadata-Version: 2.1\nName: demo-pkg\nVersion: 1.0\n", 0o644),
    f"{INFO}/WHEEL": (b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n", 0o644),
    f"{INFO}/licenses/LICENSE": (b"free\n", 0o644),
}

# Without the name of which truewheel warns.
PLAIN = {name: value for name, value in CONTENT.items() if '"' not in name}


def record_of(files: Files, line_end: str = "\n", info: str = INFO) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=line_end)
    for name, (data, _) in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        writer.writerow([name, f"sha256={digest}", len(data)])
    writer.writerow([f"{info}/RECORD", "", ""])
    return out.getvalue().encode()


def build(
    files: Optional[Files] = None,
    *,
    date: Tuple[int, int, int, int, int, int] = (2024, 5, 6, 7, 8, 10),
    method: int = zipfile.ZIP_DEFLATED,
    level: int = 6,
    umask: int = 0o022,
    line_end: str = "\n",
    comment: bytes = b"",
    extra: bytes = b"",
    system: int = 3,
    directories: bool = False,
    signature: bool = False,
    unseekable: bool = False,
) -> bytes:
    """A wheel as some tool or other would write it."""
    chosen = dict(CONTENT if files is None else files)
    listed = dict(chosen)
    if signature:
        chosen[f"{INFO}/RECORD.jws"] = (b"{}", 0o644)
    chosen[f"{INFO}/RECORD"] = (record_of(listed, line_end), 0o644)
    raw = io.BytesIO()
    target: Any = Unseekable(raw) if unseekable else raw
    with zipfile.ZipFile(target, "w") as wheel:
        if directories:
            for name in sorted({n.rsplit("/", 1)[0] + "/" for n in chosen}):
                info = zipfile.ZipInfo(name, date)
                info.external_attr = 0o40755 << 16 | 0x10
                wheel.writestr(info, b"")
        for name, (data, mode) in chosen.items():
            info = zipfile.ZipInfo(name, date)
            info.external_attr = (0o100000 | ((mode | 0o022) & ~umask)) << 16
            info.create_system = system
            info.extra = extra
            info.compress_type = method
            wheel.writestr(info, data, method, level)
        wheel.comment = comment
    return raw.getvalue()


class Unseekable(io.RawIOBase):
    """A pipe: zipfile then writes data descriptors."""

    def __init__(self, raw: io.BytesIO) -> None:
        self.raw = raw

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self.raw.write(data)

    def seekable(self) -> bool:
        return False


def expected(files: Files, info: str = INFO) -> bytes:
    """docs/normal-form.md, written a second time, with struct and zlib alone."""
    encoded = {name.encode(): value for name, value in files.items()}
    start = f"{info}/".encode()
    names = sorted(n for n in encoded if not n.startswith(start))
    names += sorted(n for n in encoded if n.startswith(start))
    ordered = {n.decode(): files[n.decode()] for n in names}
    ordered[f"{info}/RECORD"] = (record_of(ordered, info=info), 0o644)
    body, directory = b"", b""
    for text, (data, mode) in ordered.items():
        name = text.encode()
        packer = zlib.compressobj(6, zlib.DEFLATED, -15, 8)
        packed = packer.compress(data) + packer.flush() if data else b""
        common = struct.pack(
            "<HHHHHLLLHH",
            20 if data else 10,
            0 if text.isascii() else 0x800,
            8 if data else 0,
            0,
            33,
            zlib.crc32(data),
            len(packed),
            len(data),
            len(name),
            0,
        )
        attributes = (0o100755 if mode & 0o111 else 0o100644) << 16
        directory += b"PK\1\2\x3f\3" + common
        directory += struct.pack("<HHHLL", 0, 0, 0, attributes, len(body)) + name
        body += b"PK\3\4" + common + name + packed
    count = len(ordered)
    end = struct.pack("<LHHHHLLH", 0x06054B50, 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end


class Normalizer:
    def __init__(self, program: Path, directory: Path) -> None:
        self.program = program
        self.directory = directory
        self.count = 0

    def run(self, *arguments: str, **more: Any) -> "subprocess.CompletedProcess[str]":
        command = [str(self.program), "normalize", *arguments]
        return subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, **more
        )

    def put(self, data: bytes, name: str = NAME) -> Path:
        self.count += 1
        path = self.directory / str(self.count) / name
        path.parent.mkdir()
        path.write_bytes(data)
        return path

    def __call__(self, data: bytes, **more: Any) -> bytes:
        path = self.put(data)
        done = self.run(str(path), **more)
        assert done.returncode == 0, done.stderr
        result = path.read_bytes()
        assert done.stdout == f"{hashlib.sha256(result).hexdigest()}  {path}\n"
        return result


@pytest.fixture
def normalize(program: Path, tmp_path: Path) -> Normalizer:
    return Normalizer(program, tmp_path)


def is_reference_zlib() -> bool:
    """Whether Python's zlib is the reference one; with zlib-ng streams cannot be compared."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15, 8)
    data = b"".join(b"line %d\n" % (i * i % 977) for i in range(3000))
    digest = hashlib.sha256(packer.compress(data) + packer.flush()).hexdigest()
    return digest == "f7b6be325f874410d51a216665eb5001bb523e4a9eb3043474a0b1d0dacd7015"


def test_bytes_are_those_of_the_page(normalize: Normalizer) -> None:
    if not is_reference_zlib():
        pytest.skip("this Python's zlib is not the reference zlib")
    assert normalize(build()) == expected(CONTENT)


def test_known_wheel(normalize: Normalizer) -> None:
    """The same on every machine, whatever zlib Python has there."""
    known = "e15d3c8f98605cc4fdcfa1213ac3c1b33077124a719734acdfc9a984d1cec55e"
    assert hashlib.sha256(normalize(build())).hexdigest() == known


def test_known_answer(build_directory: Path, tmp_path: Path) -> None:
    """The digest by which truewheel tests its libraries, from this page and zlib alone."""
    tool = build_directory / "truewheel-test-tool"
    if not tool.exists():
        pytest.skip("truewheel-test-tool is not built (TRUEWHEEL_TESTS is OFF)")
    if not is_reference_zlib():
        pytest.skip("this Python's zlib is not the reference zlib")
    path, info = tmp_path / "known.whl", "known_wheel-1.0.dist-info"
    answer = subprocess.check_output([str(tool), "known-wheel", str(path)], text=True)
    files: Files = {}
    with zipfile.ZipFile(path) as wheel:
        for entry in wheel.infolist():
            if not entry.is_dir() and not entry.filename.startswith(f"{info}/RECORD"):
                files[entry.filename] = (wheel.read(entry), entry.external_attr >> 16)
    assert len(files) == 12
    assert hashlib.sha256(expected(files, info)).hexdigest() == answer.strip()


def test_another_libzip_is_refused(
    normalize: Normalizer, build_directory: Path, tmp_path: Path
) -> None:
    """Its archives are valid, but not those of the page: wheels would differ between machines."""
    library = build_directory / "tests" / "libtest-other_libzip.so"
    if not library.exists():
        pytest.skip("the library to preload is not built")
    data = build()
    path = normalize.put(data)
    for arguments in ([str(path)], ["--check", str(path)]):
        done = normalize.run(*arguments, env={**os.environ, "LD_PRELOAD": str(library)})
        assert (done.returncode, done.stdout) == (3, "")
        assert re.search(r"libzip \d+\.\d+\.\d+ does not write the normal form", done.stderr)
        assert "known to agree" in done.stderr
    assert path.read_bytes() == data and os.listdir(path.parent) == [NAME]


def shuffled() -> Files:
    return dict(reversed(list(CONTENT.items())))


VARIANTS: Dict[str, Callable[[], bytes]] = {
    "date": lambda: build(date=(1999, 1, 1, 0, 0, 0)),
    "umask 077": lambda: build(umask=0o077),
    "umask 002": lambda: build(umask=0o002),
    "level 9": lambda: build(level=9),
    "level 1": lambda: build(level=1),
    "stored": lambda: build(method=zipfile.ZIP_STORED),
    "bzip2": lambda: build(method=zipfile.ZIP_BZIP2),
    "lzma": lambda: build(method=zipfile.ZIP_LZMA),
    "comment": lambda: build(comment=b"made with love"),
    "made by DOS": lambda: build(system=0),
    "UT field": lambda: build(extra=b"UT\x05\x00\x01\x00\x00\x00\x00"),
    "order": lambda: build(shuffled()),
    "RECORD with CRLF": lambda: build(line_end="\r\n"),
    "directory entries": lambda: build(directories=True),
    "data descriptors": lambda: build(unseekable=True),
    "signed": lambda: build(signature=True),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_equal_content_becomes_equal_bytes(normalize: Normalizer, variant: str) -> None:
    other = VARIANTS[variant]()
    assert other != build()  # else the row tests nothing
    assert normalize(other) == normalize(build())


def test_other_content_stays_other(normalize: Normalizer) -> None:
    changed = dict(CONTENT)
    changed["demo_pkg-1.0.data/scripts/run"] = (CONTENT["demo_pkg-1.0.data/scripts/run"][0], 0o644)
    assert normalize(build(changed)) != normalize(build())


@pytest.mark.parametrize(
    "environment",
    [{"TZ": "Asia/Tokyo"}, {"TZ": "America/St_Johns"}, {"LC_ALL": "C"}, {"SOURCE_DATE_EPOCH": "1"}],
)
def test_environment_does_not_matter(normalize: Normalizer, environment: Dict[str, str]) -> None:
    reference = normalize(build())
    assert normalize(build(), env={**os.environ, **environment}) == reference


def test_threads_do_not_matter(normalize: Normalizer) -> None:
    files = dict(CONTENT)
    for i in range(300):
        files[f"demo_pkg/m{i}.py"] = (b"x = %d\n" % i * (i * i % 6000), 0o644)
    results = set()
    for jobs in ("1", "2", "7"):
        path = normalize.put(build(files))
        assert normalize.run("-j", jobs, str(path)).returncode == 0
        results.add(path.read_bytes())
    assert len(results) == 1


def test_a_preloaded_zlib_changes_nothing(
    normalize: Normalizer, build_directory: Path, python: Path
) -> None:
    library = build_directory / "tests" / "libtest-perturb_zlib.so"
    if not library.exists():
        pytest.skip("the library to preload is not built")
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    packing = (
        "import zlib; c = zlib.compressobj(6, 8, -15, 8); d = repr(list(range(9999))).encode();"
    )
    packing += "print((c.compress(d) + c.flush()).hex())"
    command = [str(python), "-c", packing]
    assert subprocess.check_output(command) != subprocess.check_output(command, env=environment)
    assert normalize(build(), env=environment) == normalize(build())


def test_file_system_without_directory_syncs(normalize: Normalizer, build_directory: Path) -> None:
    library = build_directory / "tests" / "libtest-no_dir_sync.so"
    if not library.exists():
        pytest.skip("the library to preload is not built")
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    assert normalize(build(), env=environment) == normalize(build())


def test_second_time_touches_nothing(normalize: Normalizer) -> None:
    path = normalize.put(build())
    assert normalize.run(str(path)).returncode == 0
    os.utime(path, ns=(10**18, 10**18))
    before = path.stat()
    assert normalize.run(str(path)).returncode == 0
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert os.listdir(path.parent) == [NAME]


def test_link_to_a_wheel_stays_one(normalize: Normalizer, tmp_path: Path) -> None:
    """The wheel that the link points to is normalised, or left alone; the link stays."""
    path = normalize.put(build())
    link = tmp_path / NAME
    link.symlink_to(path)
    for number in range(2):
        done = normalize.run(str(link))
        digest = hashlib.sha256(normalize(build())).hexdigest()
        assert (done.returncode, done.stdout) == (0, f"{digest}  {link}\n"), done.stderr
        assert link.is_symlink() and hashlib.sha256(path.read_bytes()).hexdigest() == digest
        assert number == 0 or path.stat().st_mtime_ns == 10**18
        os.utime(path, ns=(10**18, 10**18))
        assert os.listdir(path.parent) == [NAME]
    done = normalize.run(str(link), str(path))
    assert done.returncode == 2 and "two wheels would be written" in done.stderr


def test_output_directory(normalize: Normalizer, tmp_path: Path) -> None:
    data = build()
    path = normalize.put(data)
    out = tmp_path / "new" / "dir"
    assert normalize.run("-o", str(out), str(path)).returncode == 0
    assert path.read_bytes() == data
    os.utime(out / NAME, ns=(10**18, 10**18))
    assert normalize.run("-o", str(out), str(path)).returncode == 0
    assert (out / NAME).stat().st_mtime_ns == 10**18
    assert os.listdir(out) == [NAME]


def test_mode_of_the_file_stays(normalize: Normalizer) -> None:
    path = normalize.put(build())
    path.chmod(0o640)
    assert normalize.run(str(path)).returncode == 0
    assert path.stat().st_mode & 0o777 == 0o640


def test_check(normalize: Normalizer) -> None:
    good, bad = normalize.put(normalize(build(PLAIN))), normalize.put(build(PLAIN, level=9))
    data = bad.read_bytes()
    assert normalize.run("--check", str(good)).returncode == 0
    done = normalize.run("--check", "-q", str(good), str(bad))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[0] == f"truewheel: '{bad}': not in normal form"
    assert str(good) not in done.stderr
    assert bad.read_bytes() == data


def test_one_bad_wheel_does_not_stop_the_others(normalize: Normalizer) -> None:
    good, bad = normalize.put(build(PLAIN)), normalize.put(b"no wheel")
    done = normalize.run(str(bad), str(good))
    assert done.returncode == 1
    assert done.stderr == f"truewheel: '{bad}': not a plain zip archive: it is too short\n"
    assert str(good) in done.stdout
    assert normalize.run("--check", str(good)).returncode == 0


def names(*pairs: Tuple[str, bytes]) -> List[Tuple[zipfile.ZipInfo, bytes]]:
    return [(zipfile.ZipInfo(name), data) for name, data in pairs]


def appended(*members: Tuple[zipfile.ZipInfo, bytes]) -> bytes:
    raw = io.BytesIO(build())
    with zipfile.ZipFile(raw, "a") as wheel:
        for info, data in members:
            wheel.writestr(info, data)
    return raw.getvalue()


def without_record() -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as wheel:
        for name, (data, _) in CONTENT.items():
            wheel.writestr(name, data)
    return raw.getvalue()


def symlink() -> bytes:
    info = zipfile.ZipInfo("demo_pkg/link")
    info.external_attr = 0o120777 << 16
    return appended((info, b"/etc/passwd"))


def changed_after() -> bytes:
    """A wheel with a file that is not what RECORD says; the archive itself is fine."""
    files = dict(PLAIN)
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as wheel:
        for name, (data, _) in files.items():
            wheel.writestr(name, data + b"#" if name.endswith("__init__.py") else data)
        wheel.writestr(f"{INFO}/RECORD", record_of(files))
    return raw.getvalue()


OTHER_METADATA = b"Metadata-Version: 2.1\nName: demo-pkg\nVersion: 1.1\n"

BAD: Dict[str, Tuple[Callable[[], bytes], str]] = {
    "dotdot": (lambda: appended(*names(("../evil", b"x"))), "unsafe name '../evil'"),
    "absolute": (lambda: appended(*names(("/evil", b"x"))), "unsafe name '/evil'"),
    "backslash": (lambda: appended(*names(("p\\a.py", b"x"))), "unsafe name 'p\\a.py'"),
    "dot": (lambda: appended(*names(("./p/a.py", b"x"))), "unsafe name './p/a.py'"),
    "symlink": (symlink, "is a symbolic link"),
    "twice": (lambda: appended(*names(("a", b"1"), ("a", b"2"))), "'a' is there twice"),
    "file and directory": (
        lambda: appended(*names(("a", b"1"), ("a/b", b"2"))),
        "'a' is a file and a directory",
    ),
    "prefix": (lambda: b"#!/bin/sh\n" + build(), "not a plain zip archive"),
    "suffix": (lambda: build() + b"more", "not a plain zip archive"),
    "truncated": (lambda: build()[:-300], "not a plain zip archive"),
    "no RECORD": (without_record, f"has no '{INFO}/RECORD'"),
    "RECORD": (changed_after, "is not what was recorded: RECORD"),
    "METADATA": (
        lambda: build({**CONTENT, f"{INFO}/METADATA": (b"Name: demo-pkg\n", 0o644)}),
        "METADATA: no field 'Metadata-Version'",
    ),
    "another version in METADATA": (
        lambda: build({**CONTENT, f"{INFO}/METADATA": (OTHER_METADATA, 0o644)}),
        "METADATA says 'demo-pkg' '1.1', which is not of that name",
    ),
    "WHEEL": (
        lambda: build({**CONTENT, f"{INFO}/WHEEL": (b"Wheel-Version: 2.0\n", 0o644)}),
        "WHEEL: wheel format '2.0' is not known",
    ),
    "two dist-info": (
        lambda: appended(*names(("other-1.dist-info/WHEEL", b""))),
        "two .dist-info directories",
    ),
}


REMEDIES = {
    "backslash": "names in a wheel have '/' between their parts",
    "dot": "write the path without './'",
    "twice": "let one of them",
    "no RECORD": "no installer takes a wheel without RECORD",
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_refused_and_left_alone(normalize: Normalizer, kind: str) -> None:
    make, words = BAD[kind]
    data = make()
    path = normalize.put(data)
    done = normalize.run(str(path))
    assert (done.returncode, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    assert lines[0].startswith(f"truewheel: '{path}': ") and words in lines[0]
    assert REMEDIES.get(kind, "") in lines[-1]
    assert path.read_bytes() == data
    assert os.listdir(path.parent) == [NAME]


@pytest.mark.parametrize("name", ["Demo.Pkg-1.0.0-py3-none-any.whl", "demo_pkg-1-py3-none-any.whl"])
def test_name_fits_in_any_spelling(normalize: Normalizer, name: str) -> None:
    path = normalize.put(build(), name)
    assert normalize.run(str(path)).returncode == 0
    assert path.read_bytes() == normalize(build())


@pytest.mark.parametrize(
    "name", ["demo__pkg-1.0-py3-none-any.whl", "demo_pkg-soon-py3-none-any.whl"]
)
def test_name_is_one_that_pip_takes(normalize: Normalizer, name: str) -> None:
    done = normalize.run(str(normalize.put(build(), name)))
    assert done.returncode == 1
    assert f"'{name}' is not a wheel's name: its " in done.stderr


def test_name_must_fit(normalize: Normalizer) -> None:
    path = normalize.put(build(), "other-1.0-py3-none-any.whl")
    done = normalize.run(str(path))
    assert done.returncode == 1 and "not of that name" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--check", "-o", "x", "y.whl"], ["-j", "0", "y.whl"]])
def test_usage(normalize: Normalizer, arguments: List[str]) -> None:
    done = normalize.run(*arguments)
    assert done.returncode == 2 and done.stderr.startswith("truewheel: ")


def test_names_that_other_systems_cannot_have(normalize: Normalizer) -> None:
    """Told, not refused: the wheel may be for Linux alone. The content stays as it is."""
    odd = {"C:/x": b"1", "demo_pkg/aux.py": b"2", "demo_pkg/Words.py": b"3"}
    files = {**PLAIN, **{name: (data, 0o644) for name, data in odd.items()}}
    path = normalize.put(build(files))
    for arguments in (["-q", "--check"], [], ["--check"]):
        done = normalize.run(*arguments, str(path))
        assert done.returncode == (1 if arguments == ["-q", "--check"] else 0)
        assert [line for line in done.stderr.splitlines() if "warning" in line] == [
            f"truewheel: warning: '{path}': {text}"
            for text in (
                "'C:/x' cannot be installed on Windows: it has a ':'",
                "'demo_pkg/aux.py' cannot be installed on Windows: 'aux.py' is a device there",
                "'demo_pkg/Words.py' and 'demo_pkg/words.py' are one file on Windows and macOS",
            )
        ]
    with zipfile.ZipFile(path) as wheel:
        assert {name: wheel.read(name) for name in odd} == odd


def test_missing_file(normalize: Normalizer, tmp_path: Path) -> None:
    done = normalize.run(str(tmp_path / NAME))
    assert done.returncode == 3
    assert done.stderr == f"truewheel: cannot open '{tmp_path / NAME}': No such file or directory\n"


def test_two_wheels_for_one_place(normalize: Normalizer, tmp_path: Path) -> None:
    one, two = normalize.put(build()), normalize.put(build(level=1))
    done = normalize.run("-o", str(tmp_path / "out"), str(one), str(two))
    assert done.returncode == 2 and "two wheels would be written" in done.stderr


def test_pip_can_read_it(normalize: Normalizer, tmp_path: Path) -> None:
    path = normalize.put(build())
    assert normalize.run(str(path)).returncode == 0
    with zipfile.ZipFile(path) as wheel:
        assert wheel.testzip() is None
        found = {i.filename: wheel.read(i) for i in wheel.infolist()}
    record = found.pop(f"{INFO}/RECORD")
    assert found == {name: data for name, (data, _) in CONTENT.items()}
    assert {r[0] for r in csv.reader(io.StringIO(record.decode()))} == set(found) | {
        f"{INFO}/RECORD"
    }
