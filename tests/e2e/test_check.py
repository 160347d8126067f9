"""`truewheel check`: each planted fault is found by its code, and nothing else is."""

import json
import re
import shutil
import socket
import stat
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, List, Set, Tuple

import pytest

from fixtures.planted import INFO, METADATA, Planted, gzipped, linked
from fixtures.runner import Truewheel, World
from fixtures.wheels import member

ROOT = Path(__file__).parents[2]
MANYLINUX = "cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64"
BUILT = (2026, 11, 25, 20, 21, 22)


@dataclass
class Case:
    """A wheel with a fault, and how to look for it."""

    wheel: Planted
    name: str = ""
    arguments: Tuple[str, ...] = ()


def having(name: str, data: bytes = b"x = 1\n") -> Case:
    return Case(Planted({name: data}))


def with_metadata(line: str) -> Case:
    return Case(Planted(metadata=METADATA.replace("\n\n", f"\n{line}\n\n")))


def with_member(name: str, mode: int = stat.S_IFREG | 0o644) -> Case:
    return Case(Planted(members=[member(name, b"x = 1\n", mode)]))


def wheel_of(text: str) -> Case:
    return Case(Planted(wheel=text))


WHEEL = "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
LONG = b"".join(b"value_%d = %d\n" % (i, i) for i in range(40))

# By code. ELF files are made below.
PLANTED: Dict[str, List[Case]] = {
    "TW102": [with_member("demo/words.py")],
    "TW103": [with_member("../up.py"), with_member("/etc/x.py"), with_member("a\\b.py")],
    "TW104": [with_member("demo/words.py/inner.py")],
    "TW105": [with_member("demo/link.py", stat.S_IFLNK | 0o777)],
    "TW108": [having("demo/Words.py")],
    "TW109": [having("demo/aux.py"), having("demo/what?.txt")],
    "TW110": [Case(Planted(modes={"demo/words.py": 0o666})),
              Case(Planted(modes={"demo/words.py": 0o4755}))],
    "TW111": [Case(Planted(date=BUILT), arguments=("--select", "TW111"))],
    "TW201": [Case(Planted(), "demo-1.0.whl"), Case(Planted(), "demo-one-py3-none-any.whl")],
    "TW202": [Case(Planted(), "demo-1.1-py3-none-any.whl", ("--ignore", "TW203")),
              Case(Planted({"other-2.0.dist-info/METADATA": b"Name: other\n"}))],
    "TW203": [Case(Planted(metadata=METADATA.replace("1.0", "1.1")))],
    "TW204": [Case(Planted(), "demo-1.0-py2-none-any.whl")],
    "TW205": [Case(Planted(tag="py3-none-manylinux"), arguments=("--ignore", "TW8"))],
    "TW206": [wheel_of(WHEEL.replace("true", "perhaps"))],
    "TW207": [wheel_of(WHEEL + "Build: 7\n")],
    "TW301": [Case(Planted(omits=f"{INFO}/WHEEL"), arguments=("--ignore", "TW4"))],
    "TW302": [Case(Planted(metadata=METADATA.replace("Metadata-Version: 2.1\n", "")))],
    "TW303": [Case(Planted(metadata=METADATA.replace("Metadata-Version: 2.1",
                                                     "Metadata-Version: 9.7")))],
    "TW304": [with_metadata("Requires-Python: >=3.x!")],
    "TW305": [with_metadata("Requires-Dist: one two three")],
    "TW306": [with_metadata("Requires-Dist: one ; extra == 'unnamed'")],
    "TW307": [with_metadata("Description-Content-Type: text/html")],
    "TW308": [Case(Planted(metadata=METADATA.replace(
        "Metadata-Version: 2.1", "Metadata-Version: 2.4\nLicense-File: NOWHERE")))],
    "TW309": [having(f"{INFO}/entry_points.txt", b"[console_scripts]\nrun = demo\n")],
    "TW401": [Case(Planted(omits=f"{INFO}/RECORD"))],
    "TW402": [Case(Planted(replaced={f"{INFO}/RECORD": b'"a,b\n'}))],
    "TW403": [Case(Planted(record_omits="words.py"))],
    "TW404": [Case(Planted(record_adds="demo/gone.py,sha256=abc,3"))],
    "TW405": [Case(Planted(replaced={"demo/words.py": b"other = 1\n"}))],
    "TW406": [Case(Planted(record_omits="words.py", record_adds="demo/words.py,,"))],
    "TW502": [having("tests/__init__.py"), having("docs/index.txt"), having("build/x.py")],
    "TW503": [having("demo/__pycache__/x.cpython-311.pyc", b"\xa7\x0d\r\n" + bytes(12) + b"N")],
    "TW504": [having("__init__.py")],
    "TW505": [Case(Planted({"demo/not-so.py": b""}), arguments=("--select", "TW505"))],
    "TW506": [having("README.md"), having("setup.py")],
    "TW507": [having("demo/.DS_Store"), having("demo/x.py.swp")],
    "TW508": [having("demo-1.0.data/wherever/x"), having("other-1.0.data/scripts/x")],
    "TW509": [Case(Planted({"demo/long.py": LONG, "old_demo/long.py": LONG}))],
    "TW701": [having("demo/x.pc", b"prefix=/home/ann/demo/lib\n")],
    "TW702": [having("demo/__config__.py", b"P = '/tmp/build-env-ab12cd34/bin/python'\n")],
    "TW703": [Case(Planted({"demo/x.pc": b"s=/srv/checkout/demo/one.c\n"}),
                   arguments=("--select", "TW703"))],
    "TW704": [Case(Planted({"demo/x.txt": b"built on ferrari-gto.\n"}),
                   arguments=("--host", "ferrari-gto"))],
    "TW705": [Case(Planted({"demo/data.gz": gzipped(LONG, 1795638082)}, date=BUILT)),
              Case(Planted({"demo/build_info.py": b"T = '2026-11-25 20:21:22'\n"}, date=BUILT))],
    "TW801": [Case(Planted(tag="py3-none-linux_x86_64"))],
    "TW804": [with_metadata("Requires-Dist: one @ https://example.org/one.zip")],
    "TW805": [Case(Planted(method=zipfile.ZIP_BZIP2))],
    "TW806": [with_metadata("License-Expression: MIT\nLicense: MIT"),
              with_metadata("Classifier: Private :: Do Not Upload")],
    "TW807": [having("demo/zeros.bin", bytes(70 << 20))],
}


def check(truewheel: Truewheel, world: World, case: Case) -> List[Dict[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's of a name that is there twice
        path = case.wheel.write(world.base / "w", case.name)
    result = truewheel("check", "--json", *case.arguments, path, code=None)
    found: List[Dict[str, Any]] = json.loads(result.out)["wheels"][0]["findings"]
    assert result.code == (1 if found else 0), result.text
    return found


def codes(found: List[Dict[str, Any]]) -> Set[str]:
    return {finding["code"] for finding in found}


@pytest.mark.parametrize("code", PLANTED)
def test_planted(truewheel: Truewheel, world: World, code: str) -> None:
    for case in PLANTED[code]:
        found = check(truewheel, world, case)
        assert codes(found) == {code}, json.dumps(found, indent=1)


def test_nothing_planted(truewheel: Truewheel, world: World) -> None:
    assert check(truewheel, world, Case(Planted())) == []
    assert check(truewheel, world, Case(Planted(tag=MANYLINUX))) == []


def test_what_is_no_trace(truewheel: Truewheel, world: World) -> None:
    """Paths that are the same for everybody, and what documentation makes up."""
    for text in ("/usr/lib/x.c", "/home/user/x.c", "https://host/home/ann/x", "/home/buildozer/"
                 "aports/main/musl/src/musl-1.2.5"):
        wheel = Planted({"demo/x.pc": f"prefix={text}\n".encode()})
        assert check(truewheel, world, Case(wheel)) == [], text


def test_no_archive(truewheel: Truewheel, world: World) -> None:
    path = world.base / "demo-1.0-py3-none-any.whl"
    path.write_bytes(b"no archive")
    assert " TW101 error: " in truewheel("check", path, code=1).out
    good = Planted().write(world.base / "w")
    path.write_bytes(b"before" + good.read_bytes())
    assert " TW101 error: " in truewheel("check", path, code=1).out


def test_damaged(truewheel: Truewheel, world: World) -> None:
    path = Planted(method=0).write(world.base / "w")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"VALUE = 1\n", b"VALUE = 2\n"))
    found = json.loads(truewheel("check", "--json", path, code=1).out)["wheels"][0]["findings"]
    assert codes(found) == {"TW107"}


def test_encrypted(truewheel: Truewheel, world: World) -> None:
    path = Planted().write(world.base / "w")
    data = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + flags] |= 1
    path.write_bytes(data)
    assert " TW106 error: " in truewheel("check", path, code=1).out


def test_names_and_versions(truewheel: Truewheel, world: World) -> None:
    """Of wheels whose own directory is called otherwise."""
    for name, version, code in (("De.mo", "1.0", "TW802"), ("demo", "1.0+here", "TW803")):
        path = world.base / f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            info = f"{name}-{version}.dist-info"
            metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            archive.writestr("demo/__init__.py", "")
            archive.writestr(f"{info}/METADATA", metadata)
            archive.writestr(f"{info}/WHEEL", WHEEL)
            archive.writestr(f"{info}/RECORD", f"{info}/RECORD,,\n")
        result = truewheel("check", "--json", "--ignore", "TW4", path, code=1)
        assert codes(json.loads(result.out)["wheels"][0]["findings"]) == {code}, result.text


def test_empty(truewheel: Truewheel, world: World) -> None:
    path = world.base / "demo-1.0-py3-none-any.whl"
    whole = Planted().write(world.base / "w")
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            if name.startswith(INFO):
                new.writestr(name, old.read(name))
    result = truewheel("check", "--json", "--ignore", "TW4", path, code=1)
    assert codes(json.loads(result.out)["wheels"][0]["findings"]) == {"TW501"}


# ---------------------------------------------------------------------------------- native code

# The version of this symbol is that of glibc 2.34, which has it in libc itself.
NEW_GLIBC = (
    "int pthread_create(void *, void *, void *, void *);\n"
    "int one(void) { return pthread_create(0, 0, 0, 0); }\n"
)
SOURCE = {"one.c": "int one(int x) { return x + 1; }\n"}
Maker = Callable[[Path], bytes]


def patched(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + value.to_bytes(2, "little") + data[at + 2 :]


NATIVE: Dict[str, Maker] = {
    "TW601": lambda d: linked(d, SOURCE),
    "TW602": lambda d: patched(linked(d, SOURCE), 18, 183),  # e_machine: AArch64
    "TW603": lambda d: linked(d, {"one.c": NEW_GLIBC}),
    "TW604": lambda d: linked(d, SOURCE, link=["-Wl,-rpath,/opt/build/lib"]),
    "TW605": lambda d: linked(d, SOURCE, link=["-Wl,--no-as-needed", str(no_soname(d))]),
    "TW606": lambda d: linked(d, SOURCE),
    "TW607": lambda d: b"\x7fELF\x02\x01\x01" + bytes(9) + b"\xff" * 100,
    "TW701": lambda d: linked(d, SOURCE, "-g", "-ffile-prefix-map=%s=/home/ann/demo" % d),
    "TW702": lambda d: linked(d, SOURCE, "-g", "-ffile-prefix-map=%s=/tmp/tmpab12cd34" % d),
    "TW705": lambda d: linked(
        d, {"one.c": 'const char *when(void) { return "Nov 25 2026 20:21:22"; }\n'}
    ),
}


def no_soname(directory: Path) -> Path:
    path = directory / "beside" / "libbeside.so"
    path.parent.mkdir(parents=True)
    path.write_bytes(linked(path.parent, {"beside.c": "int beside;\n"}))
    return path


@pytest.mark.skipif(not shutil.which("gcc"), reason="needs gcc")
@pytest.mark.parametrize("code", NATIVE)
def test_native(truewheel: Truewheel, world: World, code: str) -> None:
    name = "demo/x.cpython-39-x86_64-linux-gnu.so" if code == "TW606" else "demo/x.so"
    tag = "py3-none-any" if code == "TW601" else MANYLINUX
    wheel = Planted({name: NATIVE[code](world.base / "build")}, tag=tag)
    ignored = ("--ignore", "TW603") if code != "TW603" else ()
    found = check(truewheel, world, Case(wheel, arguments=ignored))
    assert codes(found) == {code}, json.dumps(found, indent=1)


# ---------------------------------------------------------------------------------- the command


def test_a_line_for_each(truewheel: Truewheel, world: World) -> None:
    path = Planted({"demo/aux.py": b""}).write(world.base / "w")
    good = Planted(tag="py3-none-win_amd64").write(world.base / "w")
    result = truewheel("check", path, good, code=1)
    line, fine = result.out.splitlines()
    assert re.match(re.escape(f"{path}: TW109 warning: ") + r".*aux.* \[windows-name\]$", line)
    assert fine == f"{good}: ok"
    assert truewheel("check", "-q", good).out == ""
    everything = truewheel("check", world.base / "w", code=1).out.splitlines()
    assert sorted(everything) == sorted(result.out.splitlines())


def test_github(truewheel: Truewheel, world: World) -> None:
    path = Planted({"demo/100%/.DS_Store": b""}).write(world.base / "w")
    (line,) = truewheel("check", "--format", "github", path, code=1).out.splitlines()
    assert line.startswith(f"::warning file={path},title=TW507 junk::demo/100%25/.DS_Store: ")


def test_select_and_ignore(truewheel: Truewheel, world: World) -> None:
    path = Planted({"demo/aux.py": b"", "README": b""}).write(world.base / "w")

    def found(*arguments: str) -> Set[str]:
        result = truewheel("check", "--json", *arguments, path, code=None)
        return codes(json.loads(result.out)["wheels"][0]["findings"])

    assert found() == {"TW109", "TW506"}
    assert found("--ignore", "TW5") == {"TW109"}
    assert found("--select", "TW5,TW2") == {"TW506"}
    assert found("--ignore", "ALL") == set()
    assert "TW999" in truewheel("check", "--ignore", "TW999", path, code=None).err


def test_fix(truewheel: Truewheel, world: World) -> None:
    wheel = Planted(modes={"demo/words.py": 0o666}, record_omits="words.py", date=BUILT)
    path = wheel.write(world.base / "w")
    with zipfile.ZipFile(path) as archive:
        before = {name: archive.read(name) for name in archive.namelist()}
    result = truewheel("check", "--fix", path)
    assert result.out.splitlines()[0] == f"{path}: fixed"
    with zipfile.ZipFile(path) as archive:
        after = {name: archive.read(name) for name in archive.namelist()}
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] != after[name]] == [f"{INFO}/RECORD"]
    assert truewheel("check", "--select", "ALL", "--ignore", "TW7", path).out == f"{path}: ok\n"
    truewheel("normalize", "--check", path)


def test_fix_leaves_what_it_cannot_mend(truewheel: Truewheel, world: World) -> None:
    """Nor is a wheel touched in which there is nothing to mend."""
    wheel = Planted(replaced={"demo/words.py": b"other = 1\n"}, modes={"demo/words.py": 0o666})
    path = wheel.write(world.base / "w")
    before = path.read_bytes()
    result = truewheel("check", "--fix", path, code=1)
    assert path.read_bytes() == before and " TW405 error: " in result.out
    assert "cannot be fixed" in result.err
    path = Planted({"README": b""}).write(world.base / "v")
    before, when = path.read_bytes(), path.stat().st_mtime_ns
    truewheel("check", "--fix", path, code=1)
    assert path.read_bytes() == before and path.stat().st_mtime_ns == when


def test_host_name(truewheel: Truewheel, world: World) -> None:
    """This machine's own name, unless it is one that many have."""
    host = socket.gethostname()
    path = Planted({"demo/x.txt": f"on {host}.\n".encode()}).write(world.base / "w")
    result = truewheel("check", path, code=None)
    told = " TW704 warning: " in result.out
    assert told or len(host) < 4 or host in ("localhost", "debian", "ubuntu", "docker", "runner")
    assert " TW704 " not in truewheel("check", "--host", "elsewhere", path).out


@pytest.mark.parametrize("arguments", [(), ("none.whl",), ("--format", "xml", "none.whl"),
                                       ("--explain", "TW000")])
def test_bad_use(truewheel: Truewheel, arguments: Tuple[str, ...]) -> None:
    result = truewheel("check", *arguments, code=None)
    assert result.code not in (0, 1) and len(result.errors) == 1, result.text


# --------------------------------------------------------------------------------------- the rules


def rules(truewheel: Truewheel) -> List[List[str]]:
    page = truewheel("check", "--explain", "ALL").out
    blocks = [block.splitlines() for block in page.split("\n\n")]
    found = [[line for line in block if not line.startswith("# ")] for block in blocks]
    return [block for block in found if block]


def test_every_rule_is_documented(truewheel: Truewheel) -> None:
    page = (ROOT / "docs" / "check.md").read_text()
    for head, meaning, remedy in rules(truewheel):
        match = re.match(r"(TW\d+) (\S+) \((\w+)", head)
        assert match, head
        code, name, severity = match.groups()
        row = f"| {code} | `{name}` | {severity} | {meaning} | {remedy} |"
        assert row in page.replace("\\|", "|").replace("\\*", "*"), row


def test_every_rule_has_a_test(truewheel: Truewheel) -> None:
    elsewhere = {"TW101", "TW106", "TW107", "TW501", "TW802", "TW803"}
    tested = {*PLANTED, *NATIVE, *elsewhere}
    assert tested == {head.split()[0] for head, *_ in rules(truewheel)}
