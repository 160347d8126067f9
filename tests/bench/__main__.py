"""
`python3 -m tests.bench BUILD-DIRECTORY [--rows NAME,NAME] [--pairs N]`: measures, and fails nothing
that is slow. A table on stdout; bench.json, bench.txt and bench.svg in the build directory.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from . import report
from .measure import Failed
from .peers import install
from .rows import ROWS, Bench, versions


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("build", type=Path)
    parser.add_argument("--rows", default=",".join(ROWS), help="separated by commas")
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    unknown = [name for name in options.rows.split(",") if name not in ROWS]
    if unknown:
        parser.error(f"no row '{unknown[0]}'; there are {', '.join(ROWS)}")
    if options.pairs < 1:
        parser.error("--pairs: at least 1")
    return options


def write(build: Path, result: report.Result) -> None:
    (build / "bench.json").write_text(json.dumps(result, indent=1, sort_keys=True) + "\n")
    (build / "bench.txt").write_text(report.text(result))
    (build / "bench.svg").write_text(report.svg(result))


def main() -> int:
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # cleans up
    build = options.build.resolve()
    result: report.Result = {"pairs": options.pairs, "rows": [], "failures": []}
    with tempfile.TemporaryDirectory(prefix="truewheel-bench-") as name:
        bench = Bench(build / "truewheel", install(build), Path(name), options.pairs,
                      build / "bench-material")
        result.update(versions=versions(bench), processors=bench.processors)
        for row in options.rows.split(","):
            print(f"bench: {row}", file=sys.stderr, flush=True)
            try:
                result["rows"].append(ROWS[row](bench).to_json())
            except (Failed, RuntimeError, OSError, subprocess.CalledProcessError) as why:
                result["failures"].append(f"{row}: not measured: {why}")
            write(build, result)  # what is measured stays, however the next row ends
    print(report.text(result), end="")
    return 1 if result["failures"] else 0


sys.exit(main())
