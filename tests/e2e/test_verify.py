"""`truewheel verify`: what is sound is proven, what is planted is found, with its cause."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any, Dict, List

import pytest

from fixtures import samples
from fixtures.index import Index
from fixtures.runner import Truewheel
from fixtures.sdist import Sdist
from fixtures.verifying import build, capturing, causes, gone, only, verify

# ----------------------------------------------------------------------------------- what is sound


def test_sound_wheels_are_proven(in_mode: Truewheel, links: Path) -> None:
    """The control of all that is planted below: the same way, and nothing is found."""
    samples.pure("planted-one").write(links)
    samples.c_extension().write(links)
    built = build(in_mode, "native-one")
    said = verify(in_mode, built.wheels, "--axes", "all")
    assert [wheel["verdict"] for wheel in said["wheels"]] == ["proven", "proven"]
    assert {"umask", "home", "work-filesystem"} <= set(said["changed"])
    shown = in_mode("verify", "--trust-record", built.wheels).out.splitlines()
    assert shown[-1] == "2 wheels: 2 proven" and shown[-2].startswith("changed: wall-clock, umask")
    assert not gone(in_mode)


def test_a_local_project_is_proven(truewheel: Truewheel, tmp_path: Path) -> None:
    project = samples.pure("planted-one").write_tree(tmp_path / "project")
    built = truewheel.wheel(project, "--record-beside")
    assert only(verify(truewheel, built.wheels))["verdict"] == "proven"
    (project / "planted_one/data.txt").write_text("other words\n")
    wheel = only(verify(truewheel, built.wheels, code=3))
    assert wheel["verdict"] == "not-rebuilt" and "source is another one now" in wheel["why"], wheel


def test_what_was_asked_for_is_asked_for_again(truewheel: Truewheel, links: Path) -> None:
    code = "os.environ['FLAVOUR'] + os.environ['CFLAGS'] + str(config_settings)"
    capturing(code).write(links)
    built = build(truewheel, "--env", "FLAVOUR=sweet", "-C", "a=b", env={"CFLAGS": "-DONE"})
    said = verify(truewheel, built.wheels, env={"CFLAGS": "-DTWO", "LDFLAGS": "-s"})
    assert only(said)["verdict"] == "proven"


def test_a_record_says_nothing_of_itself(truewheel: Truewheel, links: Path, tmp_path: Path) -> None:
    """A stranger's could have a program of his run: what is no default is given by the caller."""
    ran = tmp_path / "ran"
    compiler = tmp_path / "cc"
    compiler.write_text(f"#!/bin/sh\n: >{ran}\n")
    compiler.chmod(0o755)
    samples.pure("planted-one").write(links)
    built = build(truewheel, "--env", f"CC={compiler}")
    ran.unlink()
    result = truewheel("verify", built.wheels)
    assert result.out.endswith("1 wheel: 1 proven\n") and not ran.exists()
    verify(truewheel, built.wheels)  # with the option, which says so
    assert ran.exists()


def test_a_forgotten_option_is_named(truewheel: Truewheel, links: Path) -> None:
    capturing("os.environ.get('FLAVOUR')").write(links)
    built = build(truewheel, "--env", "FLAVOUR=sweet")
    result = truewheel("verify", built.wheels, code=1)
    assert "input" in result.out and "variable FLAVOUR" in result.out, result.text
    truewheel("verify", "--env", "FLAVOUR=sweet", built.wheels)


def test_nothing_comes_from_the_store(truewheel: Truewheel, links: Path,
                                      needs_namespaces: None) -> None:
    """The wheel that the store has is the one to be proven."""
    capturing("open('/proc/meminfo').read()").write(links)
    store = {"TRUEWHEEL_NO_CACHE": None}
    built = build(truewheel, env=store)
    assert "store" in build(truewheel, env=store).out
    before = sorted(truewheel.world.home.rglob("*.whl"))
    verify(truewheel, built.wheels, code=1, env=store)
    assert sorted(truewheel.world.home.rglob("*.whl")) == before


# --------------------------------------------------------------------------------- what is planted

# Name: what the build writes down, the options of both runs, and the causes.
OPEN: Dict[str, Any] = {
    "start of a process": ("open('/proc/self/stat').read().split()[21]", {"text"}),
    "file time below a second": ("(open('made', 'w').close(), os.stat('made').st_mtime_ns)",
                                 {"build-date", "text"}),
    "free memory": ("open('/proc/meminfo').read()", {"text"}),
    "monotonic clock": ("time.monotonic_ns()", {"build-date", "text"}),
}
REAL = {
    "date": ("time.strftime('%Y-%m-%d %H:%M:%S')", "seen.txt", "build-date"),
    "seconds": ("int(time.time())", "seen.txt", "build-date"),
    "uuid": ("uuid.UUID(bytes=os.urandom(16))", "seen.txt", "random-id"),
    "gzip time": ("gzip.compress(b'x' * 99)", "seen.gz", "gzip-time"),
    "temporary name": ("'/tmp/pip-install-%s/x' % os.urandom(4).hex()", "seen.txt",
                       "temporary-name"),
    "address": ("'<object at 0x7f%s>' % os.urandom(5).hex()", "seen.txt", "memory-address"),
}


@pytest.mark.parametrize("name", OPEN)
def test_what_gets_past_the_sandbox(truewheel: Truewheel, links: Path, name: str,
                                    needs_namespaces: None) -> None:
    code, expected = OPEN[name]
    capturing(code).write(links)
    built = build(truewheel, "--mode", "namespaces")
    wheel = only(verify(truewheel, built.wheels, "--axes", "all", code=1))
    assert wheel["verdict"] == "differs"
    assert causes(wheel) and causes(wheel) <= expected, wheel


@pytest.mark.parametrize("name", REAL)
def test_the_real_clock_and_chance(truewheel: Truewheel, links: Path, name: str) -> None:
    code, file, expected = REAL[name]
    capturing(code, file).write(links)
    built = build(truewheel, "--real-clock")
    assert causes(only(verify(truewheel, built.wheels, code=1))) == {expected}
    assert only(verify(truewheel, build(truewheel).wheels))["verdict"] == "proven"


# Axis: the guard that is off in both runs, what the build writes down, and the cause.
AXES = {
    "umask": ("umask", "oct(os.umask(0))", {"text"}),
    "hash-seed": ("hashseed", "sorted({'one', 'two', 'three', 'four'}, key=hash)", {"hash-order"}),
    "home": ("home", "'HOME = ' + os.environ['HOME']", {"build-path", "temporary-name"}),
    "tmpdir": ("tmpdir", "'TMPDIR = ' + os.environ['TMPDIR']", {"build-path", "temporary-name"}),
    "user": ("user", "'BUILD_USER = ' + os.environ.get('USER', 'nobody')", {"build-user"}),
    "timezone": ("timezone", "os.environ.get('TZ')", {"text"}),
    "locale": ("locale", "os.environ.get('LC_ALL')", {"text"}),
    "environment": ("env", "'SECOND_BUILD' in os.environ", {"text"}),
    "limits": ("limits", "__import__('resource').getrlimit(7)", {"text"}),
    "jobs": ("env", "os.environ.get('MAX_JOBS')", {"text"}),
    "processors": ("processors", "len(os.sched_getaffinity(0))", {"text"}),
}


@pytest.mark.parametrize("axis", AXES)
def test_an_axis_changes_what_it_says(truewheel: Truewheel, links: Path, axis: str) -> None:
    """With the guard off the axis alone makes the difference: it does change something."""
    guard, code, expected = AXES[axis]
    if axis == "processors" and len(os.sched_getaffinity(0)) < 2:
        pytest.skip("needs two processors")
    off = {"TRUEWHEEL_TEST_GUARDS_OFF": guard}
    capturing(code).write(links)
    built = build(truewheel, env=off)
    wheel = only(verify(truewheel, built.wheels, "--axes", axis, code=1, env=off))
    assert causes(wheel) & expected, wheel
    said = verify(truewheel, built.wheels, "--axes", "none", env=off)
    assert only(said)["verdict"] == "proven" and said["changed"] == []


def test_neighbours_are_changed(truewheel: Truewheel, links: Path) -> None:
    samples.pure("planted-one").write(links)
    samples.pure("other-one").write(links)
    built = build(truewheel, "other-one")
    orders = []
    for axis in ("none", "neighbours"):
        said = truewheel("verify", "--axes", axis, "-j", "1", built.wheels).err
        orders.append(re.findall("^built (.*) 1.0", said, re.M))
    assert orders[0] == orders[1][::-1] and len(orders[0]) == 2


def test_the_host_is_changed(truewheel: Truewheel, links: Path, needs_root: None,
                             needs_namespaces: None) -> None:
    off = {"TRUEWHEEL_TEST_GUARDS_OFF": "host"}
    capturing("'HOST = %r' % socket.gethostname()").write(links)
    built = build(truewheel, env=off)
    wheel = only(verify(truewheel, built.wheels, "--axes", "host", code=1, env=off))
    assert causes(wheel) == {"build-host"}
    said = verify(truewheel, built.wheels, "--axes", "none", env=off)
    assert only(said)["verdict"] == "proven"


# ------------------------------------------------------------------------------ wheels and records


def test_a_flipped_byte_is_found(truewheel: Truewheel, links: Path) -> None:
    samples.pure("planted-one").write(links)
    built = build(truewheel)
    path = next(built.wheels.glob("*.whl"))
    data = bytearray(path.read_bytes())
    data[40] ^= 1  # in the first entry
    path.write_bytes(data)
    wheel = only(verify(truewheel, built.wheels, code=1))
    assert wheel["verdict"] == "differs", wheel


def test_another_wheel_in_its_place_is_found(truewheel: Truewheel, links: Path) -> None:
    samples.pure("planted-one").write(links)
    built = build(truewheel)
    path = next(built.wheels.glob("*.whl"))
    samples.write_wheel(built.wheels, "other-one", "1.0")
    os.replace(built.wheels / "other_one-1.0-py3-none-any.whl", path)
    wheel = only(verify(truewheel, built.wheels, code=1))
    assert wheel["verdict"] == "differs" and "changed after it was built" in wheel["why"]


def test_the_record_of_a_run(truewheel: Truewheel, links: Path) -> None:
    """Wheels that the record does not name are not vouched for; a record alone is enough."""
    samples.pure("planted-one").write(links)
    samples.write_wheel(links, "some-wheel", "1.0")
    record = truewheel.world.cwd / "run.json"
    built = truewheel.wheel("planted-one", "some-wheel", "--json", record)
    said = verify(truewheel, built.wheels, "--record", record)
    assert sorted(wheel["verdict"] for wheel in said["wheels"]) == ["index", "proven"]
    stranger = built.wheels / "stranger-1.0-py3-none-any.whl"
    shutil.copy(next(built.wheels.glob("some*.whl")), stranger)
    said = verify(truewheel, built.wheels, "--record", record, code=3)
    assert said["by_file"][stranger.name]["why"].startswith("it has no record")
    shutil.rmtree(built.wheels)
    said = verify(truewheel, record, code=3)  # the index's wheel is not there to be looked at
    assert sorted(wheel["verdict"] for wheel in said["wheels"]) == ["not-rebuilt", "proven"]


def test_build_requirements_are_the_recorded_ones(truewheel: Truewheel, tmp_path: Path) -> None:
    """One from an index, one that the backend asks for and that is built; then a newer one."""
    index = Index(tmp_path / "index")
    files = tmp_path / "files"
    for sdist in (Sdist("asking", build_requires=["static-tool"], dynamic_requires=["made-tool"]),
                  Sdist("made-tool", "1.5", build_requires=["static-tool"])):
        index.add(sdist.write(files))
    samples.write_wheel(files, "static-tool", "1.0")
    old = index.add(files / "static_tool-1.0-py3-none-any.whl")
    for out, options in (("plain", ["--record-beside"]), ("locked", ["--lock", "pylock.toml"])):
        truewheel("wheel", "--isolated", "-i", index.file_url, "-w", out, *options, "asking")
    samples.write_wheel(files, "static-tool", "2.0")
    index.add(files / "static_tool-2.0-py3-none-any.whl")
    cwd = truewheel.world.cwd
    assert only(verify(truewheel, cwd / "plain"))["verdict"] == "proven"
    assert only(verify(truewheel, cwd / "pylock.toml"))["verdict"] == "proven"
    kept = old.read_bytes()
    old.write_bytes(kept + b"x")
    wheel = only(verify(truewheel, cwd / "plain", code=3))
    assert wheel["verdict"] == "not-rebuilt" and "static_tool-1.0" in wheel["why"]
    old.unlink()
    wheel = only(verify(truewheel, cwd / "plain", code=3))
    assert wheel["verdict"] == "not-rebuilt" and "static_tool-1.0" in wheel["why"]
    found = tmp_path / "found"
    found.mkdir()
    (found / old.name).write_bytes(kept)
    said = verify(truewheel, cwd / "plain", "--find-links", found)
    assert only(said)["verdict"] == "proven"


def test_one_lost_file_costs_one_wheel(truewheel: Truewheel, links: Path) -> None:
    samples.pure("planted-one").write(links)
    lost = samples.pure("lost-one").write(links)
    built = build(truewheel, "lost-one")
    lost.unlink()
    said = verify(truewheel, built.wheels, code=3)
    assert sorted(wheel["verdict"] for wheel in said["wheels"]) == ["not-rebuilt", "proven"]


def test_a_lock_that_does_not_hold(truewheel: Truewheel, tmp_path: Path) -> None:
    index = Index(tmp_path / "index")
    index.add(capturing("os.environ.get('FLAVOUR')").write(tmp_path / "files"))
    truewheel("lock", "--isolated", "-i", index.file_url, "--env", "FLAVOUR=sweet", "planted-one")
    wheel = only(verify(truewheel, truewheel.world.cwd / "pylock.toml", code=1))
    assert wheel["verdict"] == "differs" and "'variable FLAVOUR'" in wheel["why"]


def test_a_build_that_fails_the_second_time(truewheel: Truewheel, links: Path,
                                            tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    shown.mkdir()
    once = shown / "once"
    once.write_text("")
    body = f"assert os.path.getsize({str(once)!r}) == 0, 'not again'"
    samples.hooked("planted-one", "build_wheel", body).write(links)
    built = build(truewheel, "--bind", shown)
    once.write_text("x")
    wheel = only(verify(truewheel, built.wheels, code=3))
    assert wheel["verdict"] == "not-rebuilt" and "log" in wheel["why"]
    assert not gone(truewheel)


# ------------------------------------------------------------------------------------ the command


@pytest.mark.parametrize("arguments, said", [
    ([], "wants a directory of wheels"),
    (["--axes", "weather", "."], "there is no 'weather', but default, all, none, wall-clock"),
    (["."], "there is no wheel in '.'"),
    (["--record", "a", "b", "c"], "--record is of one directory"),
])
def test_wrong_usage(truewheel: Truewheel, arguments: List[str], said: str) -> None:
    result = truewheel("verify", *arguments, code=2)
    assert said in result.errors[0], result.text


def test_bad_records(truewheel: Truewheel) -> None:
    record = truewheel.world.cwd / "run.json"
    for text in ("", "{", "[]", "{}", '{"wheel": 1, "wheels": []}'):
        record.write_text(text)
        result = truewheel("verify", record, code=1)
        assert len(result.errors) == 1 and "run.json" in result.errors[0], result.text
    assert truewheel("verify", "missing.json", code=3).errors


CHANGES: Dict[str, Any] = {
    "requirement": lambda w: w["environment"]["requires"][0].update(file="../../../../strange"),
    "name": lambda w: w.update(name="planted-one\n--pre"),
    "version": lambda w: w.update(version="1.0\n--pre"),
    "place": lambda w: w["source"].update(url=w["source"]["url"] + "\n--pre"),
    "sdist": lambda w: w["source"].update(url=w["source"]["url"] + "%2f.."),
    "inputs": lambda w: w.update(inputs=[]),
    "settings": lambda w: w["source"].update(config_settings={"a": "b\n--pre"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_strange_records(truewheel: Truewheel, links: Path, change: str) -> None:
    """What a stranger's record says is neither a path nor an option."""
    samples.write_wheel(links, "static-tool", "1.0")
    Sdist("planted-one", build_requires=["static-tool"]).write(links)
    built = build(truewheel)
    record = next(built.wheels.glob("*.build.json"))
    said = json.loads(record.read_text())
    CHANGES[change](said["wheel"])
    record.write_text(json.dumps(said))
    before = sorted(truewheel.world.base.rglob("*"))
    wheel = only(verify(truewheel, built.wheels, code=3))
    why = "strange|names no|no inputs|newline"
    assert wheel["verdict"] == "not-rebuilt" and re.search(why, wheel["why"]), wheel
    after = [path for path in truewheel.world.base.rglob("*") if path not in before]
    assert [path for path in after if path.name[:4] not in ("out-", "err-")] == []


def test_a_record_does_not_use_the_keys(truewheel: Truewheel, links: Path) -> None:
    samples.pure("planted-one").write(links)
    built = build(truewheel)
    record = next(built.wheels.glob("*.build.json"))
    said = json.loads(record.read_text())
    said["wheel"]["source"]["url"] = "git+ssh://127.0.0.1:9/x"
    said["wheel"]["inputs"]["source"] = "tree " + said["wheel"]["source"]["sha256"]
    record.write_text(json.dumps(said))
    result = truewheel("verify", built.wheels, code=3)
    assert "comes by ssh" in result.out, result.text


def test_axes_are_listed(truewheel: Truewheel) -> None:
    lines = truewheel("verify", "--list-axes").out.splitlines()
    assert truewheel("verify", "--axes", "help").out.splitlines() == lines
    assert {"umask", "jobs", "wall-clock"} <= {line.split()[0] for line in lines}
    page = Path(__file__).resolve().parents[2] / "docs/verify.md"
    for line in lines:
        assert f"`{line.split()[0]}`" in page.read_text(), line
