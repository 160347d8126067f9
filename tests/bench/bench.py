"""How long things take: `bench.py BUILD-DIRECTORY`. Prints a table and fails nothing."""

import base64
import hashlib
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
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


def measure(what: str, step: Step, rounds: int = 5) -> None:
    try:
        taken = seconds(step, rounds)
    except subprocess.CalledProcessError as error:
        print(f"{what:52} failed with status {error.returncode}")
        return
    print(f"{what:52} {statistics.median(taken):9.3f} {min(taken):9.3f} {max(taken):9.3f}")


def make_wheel(path: pathlib.Path, files: int) -> None:
    """A wheel of many small modules."""
    record = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, data: bytes) -> None:
            archive.writestr(name, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(data)}\n")

        for number in range(files):
            add(f"many/module_{number}.py", f"VALUE = {number}\n".encode() * 100)
        add("many-1.0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: many\nVersion: 1.0\n")
        wheel = b"Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        add("many-1.0.dist-info/WHEEL", wheel)
        record.append("many-1.0.dist-info/RECORD,,\n")
        archive.writestr("many-1.0.dist-info/RECORD", "".join(record))


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: bench.py BUILD-DIRECTORY")
    truewheel = pathlib.Path(sys.argv[1]).resolve() / "truewheel"
    with tempfile.TemporaryDirectory(prefix="truewheel-bench-") as name:
        place = pathlib.Path(name)
        wheel = place / "many-1.0-py3-none-any.whl"
        make_wheel(wheel, 1000)
        sdists = place / "sdists"
        run(sys.executable, ROOT / "examples/sdists/make_sdists.py", sdists)
        local = ["--no-index", "--find-links", sdists, "--wheel-dir", place / "out"]
        local += ["--requirement", ROOT / "examples/sdists/requirements.txt"]
        print(f"{'seconds, on ' + str(len(os.sched_getaffinity(0))) + ' processors':52} "
              f"{'median':>9} {'least':>9} {'most':>9}")
        measure("truewheel --version", lambda: run(truewheel, "--version"), 20)
        measure("normalize a wheel of 1,000 files",
                lambda: run(truewheel, "normalize", "-o", place / "normal", wheel))
        measure("wheel: the two example sdists", lambda: run(truewheel, "wheel", *local))
        measure("wheel: the two example sdists, -j 1",
                lambda: run(truewheel, "wheel", "-j", "1", *local))
        plain = [sys.executable, "-m", "pip", "wheel", "--no-cache-dir", *local]
        measure("pip wheel: the two example sdists", lambda: run(*plain), 3)


main()
