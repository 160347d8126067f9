"""What a build is told of clock, times of files and chance, as docs/REPRODUCIBILITY.md has it."""

import json
import os
import shutil
import time
import zipfile
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import pytest

from fixtures import samples
from fixtures.runner import Environment, Truewheel, read_json
from fixtures.sdist import MTIME, Sdist

# Name: an expression in the build. Without its guard each differs in every build.
CLOCK = {
    "time.time": "time.time()",
    "time.time_ns": "time.time_ns()",
    "datetime": "str(datetime.datetime.now()) + str(datetime.datetime.utcnow())",
    "strftime": "time.strftime('%c %s')",
    "gzip": "gzipped()",
    "date": "said('date', '+%s %N')",
    "shell": "said('sh', '-c', 'date; date +%s%N')",
    "load": "os.getloadavg()",
    "make": "said('make', '-s', '-f', makefile())",
}
FILES = {
    "modification": "os.stat('made').st_mtime_ns // 10**7",
    "directory": "os.stat('.').st_mtime_ns // 10**7",
    "change": "os.stat('made').st_ctime_ns",
    "access": "os.stat('tiny.json').st_atime_ns",
    "zip": "zipped()",
    "tar": "tarred()",
    "tar of a program": "said('sh', '-c', 'tar -c made | od -An -tx1')",
    "byte code": "compiled()",
    "stat of a program": "said('stat', '-c', '%Y %Z', 'made')",
}
CHANCE = {
    "os.urandom": "os.urandom(8).hex()",
    "secrets": "secrets.token_hex(8)",
    "Random()": "random.Random().random()",
    "SystemRandom": "random.SystemRandom().random()",
    "/dev/urandom": "open('/dev/urandom', 'rb').read(8).hex()",
    "mktemp -u": "said('mktemp', '-u')",
    "kernel's uuid": "open('/proc/sys/kernel/random/uuid').read()",
    "shell": "said('sh', '-c', 'head -c 8 /dev/urandom | od -An -tx1')",
}
PROC = {"uptime": "open('/proc/uptime').read()"}
# The same in every build without a guard of these, on a machine on which nothing else is done.
QUIET = {
    "id()": "id(object())", "thread": "threading.get_ident()", "hash()": "hash('x')",
    "boot": "open('/proc/sys/kernel/random/boot_id').read()",
}
# In namespaces mode only.
OWN = {"pid": "os.getpid()", "parent": "os.getppid()", "uid": "os.getuid()",
       "host": "socket.gethostname()", "shell": "said('sh', '-c', 'echo $$')"}
# What does not hold: the page says so.
OPEN = {
    "monotonic clock": "time.monotonic()", "processor time": "time.process_time_ns()",
    "mkstemp of the C library": "mkstemped()",
    "below a second": "os.stat('made').st_mtime_ns",
    "environment of its own": "subprocess.check_output(['/usr/bin/env', '-i', 'date', '+%s%N'])"
                              ".decode()",
}

BACKEND = """
import datetime, gzip, io, json, os, py_compile, random, secrets, socket, subprocess, tarfile, time
import threading, zipfile

def mkstemped():
    import ctypes
    name = ctypes.create_string_buffer(b"XXXXXX")
    ctypes.CDLL(None).mkstemp(name)
    return name.value.decode()

def said(*command):
    return subprocess.check_output(command).decode()

def gzipped():
    with gzip.open("made.gz", "wb") as out:
        out.write(b"x")
    with open("made.gz", "rb") as made:
        return made.read().hex()

def makefile():
    with open("Makefile", "w") as out:
        out.write("all:; @date +%s%N\\n")
    return "Makefile"

def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.write("made")
        archive.writestr("x", "y")
    return out.getvalue().hex()

def tarred():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.add("made")
    return out.getvalue().hex()

def compiled():
    with open("made.py", "w"):
        pass
    mode = py_compile.PycInvalidationMode.TIMESTAMP
    with open(py_compile.compile("made.py", "made.pyc", invalidation_mode=mode), "rb") as made:
        return made.read().hex()

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with open("made", "w"):
        pass
    with open("seen_one/seen.json", "w") as out:
        json.dump({name: eval(code) for name, code in EXPRESSIONS.items()}, out)
    return tinybackend.build_wheel(wheel_directory)
"""


def asking(expressions: Dict[str, str], name: str = "seen-one") -> Sdist:
    """Its wheel holds what the expressions were."""
    backend = f"import tinybackend\nEXPRESSIONS = {expressions!r}\n" + BACKEND
    return Sdist(name, backend=backend.replace("seen_one", name.replace("-", "_")))


def values(wheel: Path) -> Dict[str, Any]:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/seen.json"))
        found: Dict[str, Any] = json.loads(archive.read(name))
    return found


Ask = Callable[..., Dict[str, Any]]


@pytest.fixture
def ask(in_mode: Truewheel) -> Ask:
    """What a build sees; `record` gets the record of its wheel."""

    def run(expressions: Dict[str, str], *options: object, env: Optional[Environment] = None,
            record: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        asking(expressions).write(in_mode.links)
        path = in_mode.world.cwd / "record.json"
        shutil.rmtree(in_mode.world.wheels, ignore_errors=True)
        result = in_mode.wheel("seen-one", "--json", path, *options, env=env)
        if record is not None:
            record.update(read_json(path)["wheels"][0], said=result.err)
        return values(result.wheels / result.names[0])

    return run


def wait_for_other_time() -> None:
    """What tells whole seconds tells another one from now on; a zip archive counts in twos."""
    now = int(time.time()) // 2
    while int(time.time()) // 2 == now:
        time.sleep(0.01)


def usable(expressions: Dict[str, str]) -> Dict[str, str]:
    return {name: code for name, code in expressions.items()
            if name != "make" or shutil.which("make")}


@pytest.mark.parametrize(
    "guards, expressions",
    [("clock", CLOCK), ("files,tarfile", FILES), ("chance,random", CHANCE)],
    ids=["clock", "files", "chance"],
)
def test_it_is_settled(ask: Ask, guards: str, expressions: Dict[str, str]) -> None:
    expressions = usable(expressions)
    first = ask(expressions)
    time.sleep(0.02)  # the tick of the kernel's clock for files, in the control
    assert ask(expressions) == first
    # The control: without the guard nothing of it is the same.
    off = {"TRUEWHEEL_TEST_GUARDS_OFF": f"{guards},proc"}
    one = ask(expressions, env=off)
    wait_for_other_time()
    two = ask(expressions, env=off)
    assert [name for name in one if one[name] == two[name] and name != "load"] == []
    if os.getloadavg() != (0, 0, 0):
        assert one.get("load") != [0, 0, 0]


def test_it_is_the_same_in_both_modes(
    truewheel: Truewheel, needs_namespaces: None, build_root: Path
) -> None:
    """Also in the one that has no root file system of its own."""
    expressions = {**usable(CLOCK), **FILES, **CHANCE}
    for name in ("tar", "tar of a program"):  # they hold the user, who is another one
        del expressions[name]
    asking(expressions).write(truewheel.links)
    truewheel.build_root = build_root
    found = []
    for mode in ("namespaces", "locked"):
        truewheel.mode = mode
        result = truewheel.wheel("seen-one", wheels=truewheel.world.base / mode)
        found.append(values(result.wheels / result.names[0]))
    assert found[0] == found[1]


def test_files_of_proc(ask: Ask, in_mode: Truewheel) -> None:
    settled = [ask(PROC), ask(PROC)]
    off = {"TRUEWHEEL_TEST_GUARDS_OFF": "proc"}
    control = [ask(PROC, env=off), ask(PROC, env=off)]
    assert control[0] != control[1]
    assert (settled[0] == settled[1]) == (in_mode.mode == "namespaces")


def test_what_else_is_the_same(ask: Ask, in_mode: Truewheel) -> None:
    expressions = {**QUIET, **OWN} if in_mode.mode == "namespaces" else \
        {name: QUIET[name] for name in ("id()", "thread", "hash()")}
    assert ask(expressions) == ask(expressions)


def test_what_is_not_the_same(ask: Ask) -> None:
    """If one of these holds one day, the page is to be changed."""
    one, two = ask(OPEN), ask(OPEN)
    assert [name for name in one if one[name] == two[name]] == []


# --------------------------------------------------------------------------- where the clock starts

NOW = {"now": "int(time.time())", "date": "int(said('date', '+%s'))"}


def clock_of(found: Dict[str, Any]) -> int:
    (now,) = set(found.values())
    return int(now)


def test_behind_the_newest_file_of_an_archive(ask: Ask) -> None:
    assert clock_of(ask(NOW)) == MTIME + 1


def test_at_source_date_epoch(ask: Ask) -> None:
    assert clock_of(ask(NOW, env={"SOURCE_DATE_EPOCH": "1700000000"})) == 1700000000
    assert clock_of(ask(NOW, env={"SOURCE_DATE_EPOCH": "0"})) == MTIME + 1
    assert clock_of(ask(NOW, "--env", "SOURCE_DATE_EPOCH=1700000001")) == 1700000001


def test_of_a_directory_the_checkout_does_not_count(in_mode: Truewheel, tmp_path: Path) -> None:
    """Nor what times its files have: what is shown of them is a function of their content."""
    wheels = []
    for number, when in enumerate((1600000000, 1600000001)):
        tree = asking({**NOW, "files": "os.stat('tiny.json').st_mtime"}).write_tree(
            tmp_path / str(number) / "tree")
        for file in tree.rglob("*"):
            os.utime(file, (when, when))
        result = in_mode.wheel(tree, wheels=tmp_path / f"wheels{number}")
        wheels.append(values(result.wheels / result.names[0]))
    assert wheels[0]["now"] == wheels[0]["date"] == wheels[1]["now"] == 315532800 + (1 << 20)
    assert all(315532800 < found["files"] < found["now"] for found in wheels)


ORDER = """
newer = []
for name in sorted(os.listdir("order")):
    with open("order/made", "w"):
        pass
    newer.append(os.stat("order/made").st_mtime > os.stat("order/" + name).st_mtime)
stats = [os.stat("order/" + name).st_mtime for name in ("a", "b", "c")]
assert all(newer) and stats == sorted(set(stats)), stats
assert all(when < time.time() for when in stats)
"""


def test_of_a_directory_the_order_counts(in_mode: Truewheel, tmp_path: Path) -> None:
    """What was made from an older file there has to be made again: a minute is enough."""
    sdist = samples.hooked("ordered-one", "build_wheel", ORDER,
                           files={f"order/{name}": "" for name in "abc"})
    tree = sdist.write_tree(tmp_path / "tree")
    for number, name in enumerate("abc"):
        when = time.time() - 3600 + 10 * number
        os.utime(tree / "order" / name, (when, when))
    in_mode.wheel(tree)


# ------------------------------------------------------------------------------ what is not settled

LEAK = {"leak": "subprocess.check_output(['/usr/bin/env', '-i', 'date']).decode()"}
ENTROPY = {"leak": "os.urandom(16).hex()", "uuid": "str(uuid.UUID(bytes=os.urandom(16)))"}


def test_a_wheel_without_traces(ask: Ask) -> None:
    record: Dict[str, Any] = {}
    ask(NOW, record=record)
    assert record["clock"] == "settled" and "traces" not in record
    assert "holds" not in record["said"]


def test_a_trace_of_the_clock(ask: Ask) -> None:
    """A program that nobody reaches has asked for the time, and its answer is in the wheel."""
    record: Dict[str, Any] = {}
    ask(LEAK, record=record)
    (trace,) = record["traces"]
    assert (trace["what"], trace["file"]) == ("clock", "seen_one/seen.json")
    warnings = [line for line in record["said"].splitlines() if "holds" in line]
    assert len(warnings) == 1
    assert warnings[0].startswith(
        "truewheel: warning: seen-one 1.0: 'seen_one/seen.json' holds the time of its build (")


def test_the_real_clock(ask: Ask) -> None:
    record: Dict[str, Any] = {}
    found = ask({**NOW, "preloaded": "os.environ.get('LD_PRELOAD')"}, "--real-clock",
                record=record)
    assert abs(found["now"] - time.time()) < 120 and found["preloaded"] is None
    assert record["clock"] == "real" and record["traces"][0]["what"] == "clock"


def test_a_build_with_a_network(ask: Ask) -> None:
    """Certificates are valid by the real time, and keys must not be guessed."""
    record: Dict[str, Any] = {}
    expressions = {"leak": "os.urandom(16).hex()"}
    first = ask({**expressions, **NOW}, "--allow-network", "seen-one", record=record)
    assert abs(first["now"] - time.time()) < 120
    assert record["clock"] == "real"
    assert {trace["what"] for trace in record["traces"]} == {"clock", "chance"}
    assert ask({**expressions, **NOW}, "--allow-network", "seen-one") != first


def test_a_clock_that_had_to_go_on(ask: Ask) -> None:
    """The note that the library writes then (test_guest_library.py)."""
    record: Dict[str, Any] = {}
    note = "open(os.environ['LD_PRELOAD'].split(' ')[0].rpartition('/')[0] + '/notes', 'a')" \
           ".write('clock ran\\n')"
    ask({"note": note}, record=record)
    assert record["clock"] == "ran"


def test_it_is_stored_when_nothing_is_of_the_day(in_mode: Truewheel, tmp_path: Path) -> None:
    env = {"TRUEWHEEL_NO_CACHE": None, "TRUEWHEEL_CACHE_DIR": str(tmp_path / "store")}
    record = in_mode.world.cwd / "record.json"

    def clocks(expressions: Dict[str, str], *options: str) -> List[bool]:
        """Whether each of two runs takes the wheel from the store."""
        asking(expressions).write(in_mode.links)
        said = [in_mode.wheel("seen-one", "--json", record, *options, env=env).out
                for _ in range(2)]
        return ["cached" in text or "store" in text for text in said]

    assert clocks(NOW) == [False, True]
    assert clocks(LEAK) == [False, False]
    assert clocks({"now": "1"}, "--real-clock") == [False, False]


# ---------------------------------------------------------------------------------- the environment


def test_what_the_user_preloads_comes_second(ask: Ask) -> None:
    found = ask({"list": "os.environ['LD_PRELOAD']", "asan": "os.environ['ASAN_OPTIONS']", **NOW},
                "--env", "LD_PRELOAD=/nonexistent.so", "--env", "ASAN_OPTIONS=detect_leaks=0")
    first, second = found["list"].split(" ")
    assert first.endswith("/seen-one-1.0/guest/libtruewheel-guest.so")
    assert second == "/nonexistent.so"
    assert found["asan"] == "verify_asan_link_order=0:detect_leaks=0"
    assert found["now"] == MTIME + 1


@pytest.mark.parametrize("name", ["with blank", "with:colon"])
def test_a_place_that_the_loader_cannot_name(
    truewheel: Truewheel, tmp_path: Path, name: str
) -> None:
    """Mapped mode: there is no way to quote. It is said, and no key is that of a settled build."""
    place = tmp_path / name
    place.mkdir()
    asking({"now": "int(time.time())"}).write(truewheel.links)
    record = truewheel.world.cwd / "record.json"
    truewheel.mode = "mapped"
    told = truewheel.wheel("seen-one", "--json", record, env={"TMPDIR": str(place)})
    assert "the loader takes no library from" in told.err
    real = read_json(record)["wheels"][0]
    told = truewheel.wheel("seen-one", "--json", record)
    assert "the loader takes no library from" not in told.err
    settled = read_json(record)["wheels"][0]
    assert (real["clock"], settled["clock"]) == ("real", "settled")
    assert real["key"] != settled["key"]


def test_what_brings_an_old_libc_is_told_so(truewheel: Truewheel) -> None:
    body = "raise RuntimeError('x: version `GLIBC_2.99\\' not found" \
           " (required by /r/guest/libtruewheel-guest.so)')"
    samples.failing(body=body).write(truewheel.links)
    assert "--real-clock builds without it" in truewheel.wheel("failing-one", code=1).err
