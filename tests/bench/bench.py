"""
How long things take: `bench.py BUILD-DIRECTORY [SDIST...]`. Prints a table and fails nothing.

With sdists: how long wheels of these take, their build requirements from the configured index.
"""

import base64
import hashlib
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, List, Optional

ROOT = pathlib.Path(__file__).resolve().parents[2]
Step = Callable[[], None]


def run(*command: object, cwd: Optional[pathlib.Path] = None) -> None:
    words = [str(word) for word in command]
    subprocess.run(words, cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def seconds(step: Step, rounds: int) -> List[float]:
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        step()
        taken.append(time.perf_counter() - start)
    return taken


def row(what: str, values: List[float], unit: str) -> None:
    spread = f"{statistics.median(values):9.3f} {min(values):9.3f} {max(values):9.3f}"
    print(f"{what:58} {spread}  {unit}")


def measure(what: str, step: Step, rounds: int = 5) -> None:
    row(what, seconds(step, rounds), "s")


def against(what: str, ours: Step, peer: str, theirs: Step, rounds: int = 5) -> None:
    """Runs both in turn, A B A B, so that a change of the machine's speed hits both."""
    ours()  # caches warm for both
    theirs()
    mine, other = [], []
    for _ in range(rounds):
        mine += seconds(ours, 1)
        other += seconds(theirs, 1)
    row(what, mine, "s")
    row("  " + peer, other, "s")
    row("  ratio", [a / b for a, b in zip(mine, other)], "")


def make_wheel(path: pathlib.Path, files: int) -> None:
    """A wheel of many small modules."""
    name, version = path.name.split("-")[:2]
    info = f"{name}-{version}.dist-info"
    record = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(member: str, data: bytes) -> None:
            archive.writestr(member, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{member},sha256={digest},{len(data)}\n")

        for number in range(files):
            add(f"{name}/module_{number}.py", f"VALUE = {number}\n".encode() * 100)
        about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        add(f"{info}/METADATA", about.encode())
        wheel = b"Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        add(f"{info}/WHEEL", wheel)
        record.append(f"{info}/RECORD,,\n")
        archive.writestr(f"{info}/RECORD", "".join(record))


def recompress(source: pathlib.Path, target: pathlib.Path) -> None:
    """The least that a post-processor in Python does: it reads and writes everything, in order."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            new.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)


def extract(wheel: pathlib.Path, target: pathlib.Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(target)


def bench_wheels(truewheel: pathlib.Path, place: pathlib.Path) -> None:
    sdists = place / "sdists"
    run(sys.executable, ROOT / "examples/sdists/make_sdists.py", sdists)
    local = ["--no-index", "--find-links", sdists, "--wheel-dir", place / "out"]
    local += ["--requirement", ROOT / "examples/sdists/requirements.txt"]
    plain = [sys.executable, "-m", "pip", "wheel", "--no-cache-dir", *local]
    against("truewheel wheel, the example sdists",
            lambda: run(truewheel, "wheel", "--from-source", *local),
            "pip wheel", lambda: run(*plain))


def bench_sdists(truewheel: pathlib.Path, place: pathlib.Path, sdists: List[str]) -> None:
    """Every peer finds its build requirements in its own warm cache."""
    out = place / "out"
    words = ["wheel", "--no-deps", "--wheel-dir", out, *sdists]
    what = f"truewheel wheel, {len(sdists)} sdists"
    pip = [sys.executable, "-m", "pip", *words]
    against(what, lambda: run(truewheel, *words), "pip wheel", lambda: run(*pip), 3)
    program = shutil.which("uv")
    if not program:
        print("there is no uv to compare with")
        return

    def build(sdist: str) -> None:
        run(program, "build", "--wheel", "--no-config", "--python", sys.executable,
            "--out-dir", out, sdist)

    def all_at_once() -> None:
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            list(pool.map(build, sdists))

    against(what, lambda: run(truewheel, *words), "uv build, as many at once as processors",
            all_at_once, 3)


def bench_normal_form(truewheel: pathlib.Path, place: pathlib.Path, wheel: pathlib.Path) -> None:
    target = place / "python.whl"
    against("truewheel normalize, 1,000 files",
            lambda: run(truewheel, "normalize", "-o", place / "normal", wheel),
            "Python's zipfile, in process", lambda: recompress(wheel, target))


def bench_bazel(truewheel: pathlib.Path, place: pathlib.Path, wheel: pathlib.Path) -> None:
    unpacked = place / "unpacked"

    def whltool() -> None:
        shutil.rmtree(unpacked, ignore_errors=True)
        run(truewheel, "whltool", "--whl", wheel, "--requirements", "@p//:requirements.bzl",
            "--directory", unpacked)

    against("truewheel whltool, 1,000 files", whltool,
            "Python's zipfile, in process", lambda: extract(wheel, place / "extracted"))
    few, many = place / "few", place / "many"
    for directory, count in ((few, 1), (many, 100)):
        directory.mkdir()
        for number in range(count):
            make_wheel(directory / f"pkg{number}-1.0-py3-none-any.whl", 3)
    empty = place / "empty.txt"
    empty.write_text("pkg0\n")

    def piptool(directory: pathlib.Path) -> None:
        run(truewheel, "piptool", "--name", "p", "--input", empty, "--output",
            place / "requirements.bzl", "--directory", directory, "--extra_pip_args",
            f"--no-index --find-links {few}")

    against("truewheel piptool, 100 wheels in the directory", lambda: piptool(many),
            "the same with one wheel there", lambda: piptool(few))


def bench_all(truewheel: pathlib.Path, place: pathlib.Path) -> None:
    wheel = place / "many-1.0-py3-none-any.whl"
    make_wheel(wheel, 1000)
    measure("truewheel --version", lambda: run(truewheel, "--version"), 20)
    bench_wheels(truewheel, place)
    bench_normal_form(truewheel, place, wheel)
    bench_bazel(truewheel, place, wheel)


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("usage: bench.py BUILD-DIRECTORY [SDIST...]")
    truewheel = pathlib.Path(sys.argv[1]).resolve() / "truewheel"
    sdists = [os.path.abspath(name) for name in sys.argv[2:]]
    with tempfile.TemporaryDirectory(prefix="truewheel-bench-") as name:
        print(f"{'on ' + str(len(os.sched_getaffinity(0))) + ' processors':58} "
              f"{'median':>9} {'least':>9} {'most':>9}")
        if sdists:
            bench_sdists(truewheel, pathlib.Path(name), sdists)
        else:
            bench_all(truewheel, pathlib.Path(name))


main()
