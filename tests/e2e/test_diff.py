"""`truewheel diff`: the right cause for each planted difference, and nothing beside it."""

import json
import os
import py_compile
import shutil
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Dict, List, Set, Tuple

import pytest

from fixtures import samples
from fixtures.planted import METADATA, NAME, WORDS, Planted, gzipped, linked, tarred, zipped
from fixtures.runner import Truewheel, World

Pair = Tuple[Planted, Planted]

needs_gcc = pytest.mark.skipif(not shutil.which("gcc"), reason="needs gcc")


def with_file(name: str, a: bytes, b: bytes) -> Pair:
    return Planted({f"demo/{name}": a}), Planted({f"demo/{name}": b})


def text(a: str, b: str) -> Pair:
    return with_file("build_info.py", a.encode(), b.encode())


def option(**changes: Any) -> Pair:
    return Planted(), replace(Planted(), **changes)


FILES = {"one.txt": b"1\n", "two.txt": b"2\n"}
BACKWARDS = dict(reversed(list(FILES.items())))
LISTED = {f"demo/{name}.py": b"" for name in ("east", "north", "south", "west")}


def listing(*names: str) -> Planted:
    return Planted({**LISTED, "demo/all.txt": "\n".join(f"demo/{n}.py" for n in names).encode()})


# What differs, and every cause that is told, but those that follow from another.
PLANTED: Dict[str, Tuple[Pair, Set[str]]] = {
    # the zip archive
    "entry order": (option(order=(1, 0)), {"entry-order"}),
    "entry time": (option(date=(2024, 5, 6, 7, 8, 10)), {"entry-time"}),
    "mode": (option(modes={"demo/words.py": 0o664}), {"entry-mode"}),
    "execute bit": (option(modes={"demo/words.py": 0o755}), {"entry-mode"}),
    "extra field": (option(extra=b"\xfe\xca\x00\x00"), {"entry-extra"}),
    "system": (option(system=0), {"entry-creator"}),
    "archive comment": (option(comment=b"made at home"), {"comment"}),
    "directories": (option(directories=True), {"directory-entries"}),
    "stored": (option(method=0), {"entry-method"}),
    "level": (option(level=9), {"compression-level"}),
    "missing file": ((Planted({"demo/a.txt": b"a\n"}), Planted()), {"missing-file"}),
    # text
    "line ends": (text("a = 1\nb = 2\n", "a = 1\r\nb = 2\r\n"), {"line-ends"}),
    "date": (text("BUILT = '2026-11-24 10:11:12'\n", "BUILT = '2026-11-25 20:21:22'\n"),
             {"build-date"}),
    "seconds": (text("BUILT = 1795514000\n", "BUILT = 1795600123\n"), {"build-date"}),
    "__DATE__": (text('built "Nov 24 2026"\n', 'built "Nov 25 2026"\n'), {"build-date"}),
    "host": (text("HOST = 'red'\n", "HOST = 'blue'\n"), {"build-host"}),
    "user": (text("BUILD_USER = 'ann'\n", "BUILD_USER = 'bob'\n"), {"build-user"}),
    "user and host": (text("By ann@red.\n", "By bob@blue.\n"), {"build-user", "build-host"}),
    "path": (text("D = '/home/ann/demo/x'\n", "D = '/srv/build/demo/x'\n"), {"build-path"}),
    "temporary name": (text("D = '/tmp/pip-install-ab12cd34/x'\n",
                            "D = '/tmp/pip-install-zy98xw76/x'\n"), {"temporary-name"}),
    "hash seed": (text("NAMES = {'one', 'two', 'three'}\n", "NAMES = {'two', 'three', 'one'}\n"),
                  {"hash-order"}),
    "directory order": ((listing("east", "north", "south", "west"),
                         listing("west", "south", "east", "north")), {"directory-order"}),
    "random identifier": (text("ID = '6c7a4aa0-ee4e-4fd6-9a5b-0d0c1b4ba2c9'\n",
                               "ID = '0b2cfb3f-3a8f-4f0c-8b7a-3f9a5f8f7b1e'\n"), {"random-id"}),
    "address": (text("# <object at 0x7f12a4b3c5d0>\n", "# <object at 0x7fa81c2e9f40>\n"),
                {"memory-address"}),
    "unknown text": (text("COLOUR = 'red, mostly'\n", "COLOUR = 'pale blue'\n"), {"text"}),
    # metadata
    "summary": (option(metadata=METADATA.replace("a demo", "another demo")), {"metadata-field"}),
    "description": (option(metadata=METADATA + "More.\n"), {"description"}),
    "backend version": (option(generator="tests (1.1)"), {"backend-version"}),
    "backend": (option(generator="flit 3.9"), {"backend"}),
    "record form": (option(record_line_end="\r\n"), {"record-form"}),
    "record row": (option(record_omits="demo/words.py"), {"record-row"}),
    # archives inside
    "gzip time": (with_file("data.gz", gzipped(WORDS), gzipped(WORDS, 1795514000)), {"gzip-time"}),
    "gzip name": (with_file("data.gz", gzipped(WORDS), gzipped(WORDS, name="tmp1234")),
                  {"gzip-name"}),
    "tar time": (with_file("data.tar", tarred(FILES), tarred(FILES, 1795514000)), {"entry-time"}),
    "tar owner": (with_file("data.tar", tarred(FILES), tarred(FILES, user="ann")), {"entry-owner"}),
    "tar order": (with_file("data.tar", tarred(FILES), tarred(BACKWARDS)), {"entry-order"}),
    "tar.gz time": (with_file("data.tar.gz", gzipped(tarred(FILES)),
                              gzipped(tarred(FILES, 1795514000))), {"entry-time"}),
    "zip inside": (with_file("data.zip", zipped(FILES), zipped(FILES, 2024)), {"entry-time"}),
    "date in zip inside": (with_file("data.zip", zipped({"a": b"at 2026-11-24 10:11:12\n"}),
                                     zipped({"a": b"at 2026-11-25 20:21:22\n"})), {"build-date"}),
    # anything else
    "bytes": (with_file("data.bin", b"\0\1\2\3" * 9, b"\0\1\2\4" * 9), {"bytes"}),
}


def diff(truewheel: Truewheel, world: World, pair: Pair) -> Dict[str, Any]:
    """What is said of the one pair of wheels."""
    a, b = pair[0].write(world.base / "a"), pair[1].write(world.base / "b")
    result = truewheel("diff", "--json", a, b, code=None)
    said = json.loads(result.out)
    assert result.code == (0 if said["equal"] else 1), result.text
    assert len(said["wheels"]) == 1 and not result.err, result.text
    found: Dict[str, Any] = said["wheels"][0]
    return found


def causes(said: Dict[str, Any]) -> Set[str]:
    return {f["cause"] for f in said["findings"] if not f["follows"]}


@pytest.mark.parametrize("name", PLANTED)
def test_planted(truewheel: Truewheel, world: World, name: str) -> None:
    pair, expected = PLANTED[name]
    said = diff(truewheel, world, pair)
    assert causes(said) == expected, json.dumps(said, indent=1)


@pytest.mark.parametrize("name", PLANTED)
def test_nothing_planted(truewheel: Truewheel, world: World, name: str) -> None:
    """The control: the same wheel twice differs in nothing."""
    said = diff(truewheel, world, (PLANTED[name][0][1], PLANTED[name][0][1]))
    assert said["equal"] and said["same_content"] and not said["findings"]


# -------------------------------------------------------------------------------- the compressors


def test_another_compressor(truewheel: Truewheel, world: World,
                            monkeypatch: pytest.MonkeyPatch) -> None:
    """Huffman codes alone: no level of zlib's packs so."""
    a = Planted().write(world.base / "a")
    original = zlib.compressobj
    monkeypatch.setattr(
        zlib, "compressobj", lambda *_: original(6, zlib.DEFLATED, -15, 8, zlib.Z_HUFFMAN_ONLY)
    )
    b = Planted().write(world.base / "b")
    monkeypatch.undo()
    said = json.loads(truewheel("diff", "--json", a, b, code=1).out)["wheels"][0]
    assert causes(said) == {"compressor"}
    assert said["same_content"]


# ------------------------------------------------------------------------------------ compiled code


def compiled(directory: Path, source: str, shown: str, **changes: Any) -> bytes:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "m.py"
    path.write_text(source)
    os.utime(path, (1700000000, 1700000000))
    out = directory / "m.pyc"
    py_compile.compile(str(path), str(out), dfile=shown, doraise=True, **changes)
    return out.read_bytes()


def test_bytecode(truewheel: Truewheel, world: World) -> None:
    by_hash = py_compile.PycInvalidationMode.UNCHECKED_HASH
    source = "def f():\n    return 1\n"
    here = world.base / "c"
    plain = compiled(here, source, "m.py")
    later = bytearray(plain)
    later[8:12] = (1700000100).to_bytes(4, "little")
    cases = {
        "pyc-stamp": [bytes(later), compiled(here, source, "m.py", invalidation_mode=by_hash)],
        "pyc-path": [compiled(here, source, "/home/ann/m.py")],
        "pyc-code": [compiled(here, "def f():\n    return 1 + len('')\n", "m.py")],
        "pyc-python": [b"\xa7\x0d\r\n" if plain[:2] != b"\xa7\x0d" else b"\x6f\x0d\r\n"],
    }
    cases["pyc-python"][0] += plain[4:]
    for expected, others in cases.items():
        for other in others:
            said = diff(truewheel, world, with_file("m.pyc", plain, other))
            told = causes(said) - ({"pyc-stamp"} if expected == "pyc-code" else set())
            assert told == {expected}, json.dumps(said, indent=1)


# ---------------------------------------------------------------------------------------- libraries

ONE = "int one(int x) { return x + 1; }\n"
TWO = "int one(int);\nint two(int x) { return one(x) * 2; }\n"
SOURCES = {"one.c": ONE, "two.c": TWO}

Library = Callable[[Path, Path], Tuple[bytes, bytes]]


def in_two_directories(a: Path, b: Path) -> Tuple[bytes, bytes]:
    return linked(a, SOURCES, "-g"), linked(b, SOURCES, "-g")


def only_the_build_id(a: Path, b: Path) -> Tuple[bytes, bytes]:
    ids = ("-Wl,--build-id=0x" + "11" * 20, "-Wl,--build-id=0x" + "22" * 20)
    return linked(a, SOURCES, link=ids[:1]), linked(b, SOURCES, link=ids[1:])


def a_file_macro(a: Path, b: Path) -> Tuple[bytes, bytes]:
    sources = {"one.c": "const char *where(void) { return __FILE__; }\n"}
    return linked(a, sources), linked(b, sources)


def a_date(a: Path, b: Path) -> Tuple[bytes, bytes]:
    sources = {"one.c": "const char *when(void) { return DATE; }\n"}
    return (
        linked(a, sources, '-DDATE="Nov 24 2026 10:11:12"'),
        linked(b, sources, '-DDATE="Nov 25 2026 20:21:22"'),
    )


def a_compiler(a: Path, b: Path) -> Tuple[bytes, bytes]:
    data = linked(a, SOURCES)
    at = data.index(b"GCC: (")
    end = data.index(b"\0", at)
    return data, data[: end - 1] + (b"0" if data[end - 1 : end] != b"0" else b"1") + data[end:]


def objects_in_another_order(a: Path, b: Path) -> Tuple[bytes, bytes]:
    backwards = dict(reversed(list(SOURCES.items())))
    return linked(a, SOURCES), linked(b, backwards)


def stripped(a: Path, b: Path) -> Tuple[bytes, bytes]:
    return linked(a, SOURCES), linked(b, SOURCES, link=["-s"])


def a_needed_library(a: Path, b: Path) -> Tuple[bytes, bytes]:
    return linked(a, SOURCES), linked(b, SOURCES, link=["-Wl,--no-as-needed", "-lm"])


def an_rpath(a: Path, b: Path) -> Tuple[bytes, bytes]:
    return (
        linked(a, SOURCES, link=["-Wl,-rpath,/opt/one/lib"]),
        linked(b, SOURCES, link=["-Wl,-rpath,/opt/two/lib"]),
    )


def a_library_linked_in(a: Path, b: Path) -> Tuple[bytes, bytes]:
    return linked(a, SOURCES), linked(b, {**SOURCES, "extra.c": "int extra(void) { return 3; }\n"})


def flags(a: Path, b: Path) -> Tuple[bytes, bytes]:
    inside = f"-ffile-prefix-map={a}=.", f"-ffile-prefix-map={b}=."
    return (
        linked(a, SOURCES, "-g", inside[0]),
        linked(b, SOURCES, "-g", inside[1], "-fno-inline"),
    )


LIBRARIES: Dict[str, List[Library]] = {
    "debug-path": [in_two_directories],
    "build-id": [only_the_build_id],
    "file-macro": [a_file_macro],
    "build-date": [a_date],
    "compiler-version": [a_compiler],
    "compiler-flags": [flags],
    "link-order": [objects_in_another_order],
    "linked-in": [a_library_linked_in],
    "stripped": [stripped],
    "needed-library": [a_needed_library],
    "rpath": [an_rpath],
}


@needs_gcc
@pytest.mark.parametrize("cause", LIBRARIES)
def test_library(truewheel: Truewheel, world: World, cause: str) -> None:
    for make in LIBRARIES[cause]:
        a, b = make(world.base / "one", world.base / "other")
        said = diff(truewheel, world, with_file("_native.so", a, b))
        assert causes(said) == {cause}, json.dumps(said, indent=1)


def test_damaged_library(truewheel: Truewheel, world: World) -> None:
    """Headers that lie end in a finding, not in a crash."""
    head = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\xff" * 48
    said = diff(truewheel, world, with_file("_native.so", head + b"a" * 99, head + b"b" * 99))
    assert causes(said) & {"not-read", "bytes"}


# ----------------------------------------------------------------------------------------- records


def test_inputs(truewheel: Truewheel, links: Path, open_tmp: Path) -> None:
    """The records of two runs: another variable is an input that differs, and is told first."""
    samples.pure().write(links)
    wheels = []
    for flavour in ("sweet", "sour"):
        out = truewheel.world.cwd / flavour
        record = out / "pure_one-1.0-py3-none-any.whl.build.json"
        out.mkdir()
        truewheel.wheel(
            "pure-one", "--env", f"FLAVOUR={flavour}", "--json", record, wheels=out
        )
        wheels.append(next(out.glob("*.whl")))
    said = json.loads(truewheel("diff", "--json", *wheels).out)["wheels"][0]
    assert said["equal"] and said["inputs"] == "different"
    (finding,) = said["findings"]
    assert finding["cause"] == "input" and finding["part"] == "variable FLAVOUR"
    assert truewheel("diff", wheels[0], wheels[0]).out.splitlines()[0].startswith("equal: ")
    (truewheel.world.cwd / "sour" / "pure_one-1.0-py3-none-any.whl.build.json").unlink()
    said = json.loads(truewheel("diff", "--json", *wheels).out)["wheels"][0]
    assert said["inputs"] == "unknown"


# ------------------------------------------------------------------------------------- the command


def test_text_for_people(truewheel: Truewheel, world: World) -> None:
    pair = PLANTED["date"][0]
    a, b = pair[0].write(world.base / "a"), pair[1].write(world.base / "b")
    lines = truewheel("diff", a, b, code=1).out.splitlines()
    assert lines[0] == f"different: {a} and {b}"
    assert "  demo/build_info.py" in lines
    assert "  causes: build-date" in lines
    assert not [line for line in lines if "diffoscope" in line]
    assert truewheel("diff", "--quiet", a, b, code=1).out == ""
    assert truewheel("diff", a, a).out == f"equal: {a} and {a}\n"


def test_more_to_run(truewheel: Truewheel, world: World) -> None:
    pair = PLANTED["bytes"][0]
    a, b = pair[0].write(world.base / "a"), pair[1].write(world.base / "b")
    assert f"  more: diffoscope '{a}' '{b}'" in truewheel("diff", a, b, code=1).out.splitlines()


def test_directories(truewheel: Truewheel, world: World) -> None:
    one, two = world.base / "one", world.base / "two"
    Planted().write(one)
    Planted().write(two)
    Planted().write(one, "other-1.0-py3-none-any.whl")
    result = truewheel("diff", "--json", one, two, code=1)
    said = {Path(w["a"]).name: w for w in json.loads(result.out)["wheels"]}
    assert said[NAME]["equal"]
    assert causes(said["other-1.0-py3-none-any.whl"]) == {"missing-wheel"}
    (one / "other-1.0-py3-none-any.whl").unlink()
    assert truewheel("diff", one, two).out.startswith("equal: ")


@pytest.mark.parametrize("arguments", [(), ("a",), ("a", "b", "c"), ("none", "none")])
def test_bad_use(truewheel: Truewheel, arguments: Tuple[str, ...]) -> None:
    result = truewheel("diff", *arguments, code=None)
    assert result.code not in (0, 1) and len(result.errors) == 1, result.text


def test_every_cause_is_documented(truewheel: Truewheel) -> None:
    page = Path(__file__).parents[2].joinpath("docs", "diff.md").read_text()
    for line in truewheel("diff", "--list-causes").out.splitlines():
        assert f"`{line.split()[0]}`" in page
