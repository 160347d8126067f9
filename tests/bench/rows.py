"""The rows of the table: what is done, and beside what."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import material, memory
from .measure import Failed, Row, Step, call, time_pairs
from .peers import Peers

REAL = (
    "markupsafe", "pyyaml", "wrapt", "cffi", "psutil", "msgpack", "simplejson", "ujson", "regex",
    "multidict", "frozenlist", "yarl", "aiohttp", "greenlet", "zope-interface", "bitarray",
)  # fmt: skip
SMALL, PINNED, SETS = 40, 200, 300


@dataclass
class Bench:
    truewheel: Path
    peers: Peers
    place: Path  # everything that is made lies here
    pairs: int
    cached: Path  # sdists of real projects, kept from one bench to the next

    @property
    def processors(self) -> int:
        return len(os.sched_getaffinity(0))

    def directory(self, name: str) -> Path:
        path = self.place / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def fetch(self, kind: str, *names: str) -> Path:
        """From the index, once, of the versions of that day."""
        place = self.cached / kind
        for name in names:
            mark = place / f"{name}.there"
            if mark.exists():
                continue
            place.mkdir(parents=True, exist_ok=True)
            what = ["--no-binary", name] if kind == "sdists" else ["--only-binary", ":all:"]
            call([*self.peers.pip, "download", "--no-deps", "-d", place, *what, name])
            mark.touch()
        return place


def empty(*paths: Path) -> None:
    for path in paths:
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)


def restore(saved: Path, path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(saved, path, symlinks=True)


class _Three:
    """truewheel, pip and uv over one directory of archives, each with a cache and output."""

    def __init__(self, b: Bench, name: str, links: Path) -> None:
        self.b, self.links = b, links
        self.caches = {who: b.directory(f"{name}-{who}-cache") for who in ("ours", "pip", "uv")}
        self.outs = {who: b.directory(f"{name}-{who}-out") for who in ("ours", "pip", "uv")}

    def run(self, who: str, names: list[str]) -> None:
        b, cache, out = self.b, self.caches[who], self.outs[who]
        where = ["--no-index", "--find-links", self.links]
        if who == "ours":
            call([b.truewheel, "wheel", *where, "-w", out, *names], {"TRUEWHEEL_CACHE_DIR": cache})
        elif who == "pip":
            call([*b.peers.pip, "wheel", *where, "--cache-dir", cache, "-w", out, *names])
        else:
            call([b.peers.uv, "pip", "install", "--no-config", "--python", b.peers.python, *where,
                  "--cache-dir", cache, "--target", out, *names])

    def steps(self, names: list[str], prepare: Callable[[str], None]) -> dict[str, Step]:
        def step(who: str) -> Step:
            return Step(lambda: self.run(who, names), lambda: prepare(who))

        return {who: step(who) for who in self.caches}


def _small(b: Bench) -> tuple[Path, list[str]]:
    links = b.directory("links")
    names = [f"small{number}" for number in range(SMALL)]
    for name in [*names, "other"]:
        material.write_sdist(links, name)
    for path in b.fetch("wheels", "setuptools", "wheel").glob("*.whl"):
        shutil.copy(path, links)
    return links, names


def small_cold(b: Bench) -> Row:
    row = Row("small-cold", f"{SMALL} trivial sdists, all caches empty",
              {"pip": "at least 20 ×", "uv": "at least 6 ×"})
    links, names = _small(b)
    three = _Three(b, row.name, links)
    steps = three.steps(names, lambda who: empty(three.caches[who], three.outs[who]))
    time_pairs(row, steps, b.pairs)
    return row


def small_environments(b: Bench) -> Row:
    row = Row("small-environments", "the same, what builds need cached, wheels not",
              {"pip": "at least 25 ×", "uv": "at least 7 ×"})
    links, names = _small(b)
    three = _Three(b, row.name, links)
    saved = b.directory(f"{row.name}-saved")
    for who in three.caches:
        three.run(who, ["other"])
        restore(three.caches[who], saved / who)

    def prepare(who: str) -> None:
        empty(three.outs[who])
        restore(saved / who, three.caches[who])

    time_pairs(row, three.steps(names, prepare), b.pairs)
    return row


def small_again(b: Bench) -> Row:
    row = Row("small-again", "the same, a second run, all caches warm, not pinned",
              {"pip": "at least 5 ×", "uv": "at least 0.2 ×"})
    links, names = _small(b)
    three = _Three(b, row.name, links)
    time_pairs(row, three.steps(names, lambda who: None), b.pairs)
    return row


# ------------------------------------------------------------------------------------- compilers


def _compilers_seconds(b: Bench, sdists: list[Path]) -> float:
    """The CPU time of all compilers and linkers, in builds by plain pip with a compiler wrapped."""
    program, log = b.place / "floor", b.place / "floor.log"
    call(["cc", "-O2", "-o", program, Path(__file__).parent / "floor.c"])
    log.unlink(missing_ok=True)
    env = {"CC": f"{program} {log} gcc", "CXX": f"{program} {log} g++"}
    call([*b.peers.pip, "wheel", "--no-deps", "-w", b.directory("floor-out"), *sdists], env)
    lines = log.read_text().split() if log.exists() else []
    if not lines:
        raise Failed("no compiler was seen: there is no floor")
    return sum(float(line) for line in lines)


def _sdists(b: Bench, names: tuple[str, ...]) -> list[Path]:
    """One of each; a row that left one out would say nothing of what it names."""
    place = b.fetch("sdists", *names)
    found = {_project(path): path for path in sorted(place.glob("*.tar.gz"))}
    missing = [name for name in names if name.lower() not in found]
    if missing:
        raise Failed(f"no sdist was fetched of {', '.join(missing)}")
    return [found[name.lower()] for name in names]


def _project(sdist: Path) -> str:
    return re.sub(r"[-_.]+", "-", sdist.name.rsplit("-", 1)[0]).lower()


def _compiled(b: Bench, row: Row, sdists: list[Path], warm: bool) -> Row:
    cache, out = b.directory(f"{row.name}-cache"), b.directory(f"{row.name}-out")
    uv_cache, uv_out = b.directory(f"{row.name}-uv-cache"), b.directory(f"{row.name}-uv-out")

    def ours() -> None:
        again = ["--refresh", ":all:"] if warm else []
        call([b.truewheel, "wheel", "--no-deps", *again, "-w", out, *sdists],
             {"TRUEWHEEL_CACHE_DIR": cache})

    def build(sdist: Path) -> None:
        call([b.peers.uv, "build", "--wheel", "--no-config", "--python", b.peers.python,
              "--cache-dir", uv_cache, "--out-dir", uv_out, sdist])

    def uv() -> None:
        with ThreadPoolExecutor(b.processors) as pool:
            list(pool.map(build, sdists))

    def prepare(*paths: Path) -> None:
        empty(*([] if warm else paths))

    steps = {"ours": Step(ours, lambda: prepare(cache, out)),
             "uv": Step(uv, lambda: prepare(uv_cache, uv_out))}
    time_pairs(row, steps, b.pairs)
    floor = _compilers_seconds(b, sdists) / b.processors
    row.seconds["floor"] = [floor] * b.pairs
    row.notes.append("floor: the compilers' CPU time ÷ processors, measured once")
    return row


def real_cold(b: Bench) -> Row:
    sdists = _sdists(b, REAL)
    row = Row("real-cold", f"{len(sdists)} real C, C++ and Cython sdists, all caches empty",
              {"uv": "more than 1 ×", "floor": "at least 0.87 ×"})
    return _compiled(b, row, sdists, False)


def psutil_warm(b: Bench) -> Row:
    row = Row("psutil-warm", "psutil, its build environment cached",
              {"floor": "at most 0.15 s more"})
    return _compiled(b, row, _sdists(b, ("psutil",)), True)


# ---------------------------------------------------------------------------------------- pinned


def _pinned(b: Bench) -> tuple[Path, Path]:
    links, lines = b.directory("pinned-links"), []
    for number in range(PINNED):
        name = f"pinned{number}"
        path = material.write_wheel(links, name, {f"{name}.py": material.wordy(50_000, number)})
        lines.append(f"{name}==1.0 --hash=sha256:{material.sha256_of(path)}\n")
    listed = b.place / "pinned.txt"
    listed.write_text("".join(lines))
    return links, listed


def _pinned_step(b: Bench, links: Path, listed: Path, out: Path) -> Callable[[], None]:
    cache = b.directory("pinned-cache")
    words = [b.truewheel, "wheel", "--no-index", "--find-links", links, "-w", out, "-r", listed]
    return lambda: call(words, {"TRUEWHEEL_CACHE_DIR": cache})


def pinned_right(b: Bench) -> Row:
    row = Row("pinned-right", f"{PINNED} pinned and hashed, wheelhouse right already",
              {"uv": "less than 20 ms, and more than 1 ×"})
    links, listed = _pinned(b)
    target, cache = b.directory("pinned-uv"), b.directory("pinned-uv-cache")
    sync = [b.peers.uv, "pip", "sync", "--no-config", "--python", b.peers.python, "--no-index",
            "--find-links", links, "--cache-dir", cache, "--target", target, listed]
    steps = {"ours": Step(_pinned_step(b, links, listed, b.directory("pinned-house"))),
             "uv": Step(lambda: call(sync))}
    time_pairs(row, steps, b.pairs)
    return row


def _copy_and_hash(links: Path, out: Path) -> None:
    for path in sorted(links.iterdir()):
        data = path.read_bytes()
        hashlib.sha256(data).digest()
        (out / path.name).write_bytes(data)


def pinned_empty(b: Bench) -> Row:
    row = Row("pinned-empty", "the same into an empty wheelhouse", {"copying": "at least 0.83 ×"})
    links, listed = _pinned(b)
    out, copies = b.directory("pinned-new"), b.directory("pinned-copies")
    steps = {"ours": Step(_pinned_step(b, links, listed, out), lambda: empty(out)),
             "copying": Step(lambda: _copy_and_hash(links, copies), lambda: empty(copies))}
    time_pairs(row, steps, b.pairs)
    row.notes.append("copying: reading, hashing and writing the bytes, within one process")
    return row


# ------------------------------------------------------------------------------------ normal form


def _contents(wheel: Path) -> list[bytes]:
    with zipfile.ZipFile(wheel) as opened:
        return [opened.read(name) for name in opened.namelist()]


def normalize(b: Bench) -> Row:
    row = Row("normalize", "normalize of a wheel of 60 MB, 2,000 entries",
              {"zlib": "at least 1.82 ×"})
    wheel = material.big_wheel(b.directory("big"))
    contents, out = _contents(wheel), b.directory("big-out")

    def compress() -> None:
        for data in contents:
            zlib.compress(data, 6)

    steps = {
        "ours": Step(lambda: call([b.truewheel, "normalize", "-q", "-o", out, wheel]),
                     lambda: empty(out)),
        "zlib": Step(compress),
    }  # fmt: skip
    time_pairs(row, steps, b.pairs)
    row.notes.append(f"zlib: {zlib.ZLIB_RUNTIME_VERSION}, level 6, one thread, nothing read")
    return row


def _read_all(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        for name in opened.namelist():
            hashlib.sha256(opened.read(name)).digest()


def check(b: Bench) -> Row:
    row = Row("check", "normalize --check of that wheel in normal form",
              {"reading": "at least 0.77 × where a proof of the streams is stored"})
    wheel = material.big_wheel(b.directory("checked"))
    call([b.truewheel, "normalize", "-q", wheel])
    steps = {"ours": Step(lambda: call([b.truewheel, "normalize", "-q", "--check", wheel])),
             "reading": Step(lambda: _read_all(wheel))}
    time_pairs(row, steps, b.pairs)
    row.notes.append("reading: reading, inflating and hashing the entries by Python's zipfile")
    return row


# ---------------------------------------------------------------------------------------- memory


def _peaks(b: Bench, row: Row, links: Path, names: list[str]) -> Row:
    cache, out = b.place / "memory-cache", b.place / "memory-out"
    for _ in range(b.pairs):
        empty(cache, out)
        command = [b.truewheel, "wheel", "-j", 2, "--no-index", "--find-links", links, "-w", out]
        seen = memory.peaks([*command, *names], {"TRUEWHEEL_CACHE_DIR": cache})
        for name, value in seen.items():
            megabytes = name in ("driver", "engine", "ours")
            what = f"{name} MB" if megabytes else name
            row.others.setdefault(what, []).append(value / 1e6 if megabytes else value)
    row.notes.append("seen every 50 ms, shared pages in proportion")
    return row


def peak_memory(b: Bench) -> Row:
    row = Row("memory", f"peak memory, {SMALL} jobs on 2 slots",
              {"driver MB": "< 15", "engine MB": "< 80", "ours MB": "< 250"})
    links, names = _small(b)
    return _peaks(b, row, links, names)


def _with_sets(b: Bench, count: int) -> tuple[Path, list[str]]:
    """Sdists with a set of build requirements each."""
    links = b.directory(f"sets-{count}")
    for path in b.fetch("wheels", "setuptools", "wheel").glob("*.whl"):
        shutil.copy(path, links)
    for number in range(count):
        material.write_wheel(links, f"tool{number}", {f"tool{number}.py": b"X = 1\n"})
        material.write_sdist(links, f"own{number}", ("setuptools", f"tool{number}"))
    return links, [f"own{number}" for number in range(count)]


def sets_memory(b: Bench) -> Row:
    row = Row("memory-sets", "peak memory, 30 sets of build requirements",
              {"driver MB": "< 15", "engine MB": "< 80", "ours MB": "< 250"})
    return _peaks(b, row, *_with_sets(b, 30))


def sets_processes(b: Bench) -> Row:
    row = Row("processes", f"{SETS} sdists with {SETS} sets of build requirements",
              {"processes": "bounded by the slots"})
    return _peaks(b, row, *_with_sets(b, SETS))


ROWS: dict[str, Callable[[Bench], Row]] = {
    "small-cold": small_cold,
    "small-environments": small_environments,
    "small-again": small_again,
    "real-cold": real_cold,
    "psutil-warm": psutil_warm,
    "pinned-right": pinned_right,
    "pinned-empty": pinned_empty,
    "normalize": normalize,
    "check": check,
    "memory": peak_memory,
    "memory-sets": sets_memory,
    "processes": sets_processes,
}


def versions(b: Bench) -> dict[str, str]:
    def said(*words: object) -> str:
        done = subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, check=True)
        return done.stdout.decode().splitlines()[0]

    return {
        "truewheel": said(b.truewheel, "--version"),
        "pip": " ".join(said(*b.peers.pip, "--version").split()[:2]),
        "uv": said(b.peers.uv, "--version"),
        "Python": sys.version.split()[0],
        "kernel": os.uname().release,
        "compiler": said("cc", "--version"),
    }
