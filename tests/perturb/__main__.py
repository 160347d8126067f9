"""``python3 -m tests.perturb``: axes by name, for one builder or several, as a table."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import builders, compare, libraries
from .axes import AXES, BY_NAME, Axis
from .builders import Builder
from .world import World


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m tests.perturb", description=__doc__)
    parser.add_argument("--axis", action="append", choices=sorted(BY_NAME), help="default: all")
    parser.add_argument(
        "--builder",
        action="append",
        choices=["pip", "pip-pinned", "uv", "truewheel"],
        help="default: pip",
    )
    parser.add_argument("--baseline", action="store_true", help="vary nothing: build twice")
    parser.add_argument("--guards-off", action="store_true", help="with the axis's guards off")
    parser.add_argument("--python", default=shutil.which("python3"))
    parser.add_argument("--pip", type=Path, help="directory that holds pip")
    parser.add_argument("--build", type=Path, default=Path("build"), help="truewheel's build")
    parser.add_argument("--list", action="store_true", help="say what there is")
    parser.add_argument("-v", "--verbose", action="store_true", help="show a failed build's output")
    return parser.parse_args(argv)


def make_builder(name: str, python: str, pip: Path | None, build: Path) -> Builder:
    """The builder of that name; exits when the machine has none."""
    older = libraries.bundled_pip(python)
    if name == "pip":
        return builders.pip(python, pip, older)
    if name == "pip-pinned":
        return builders.pip_pinned(python, pip)
    if name == "uv":
        found = builders.uv(python)
        if not found:
            raise SystemExit("there is no uv")
        return found
    return builders.truewheel(python, build.resolve(), older)


def _verdict(axis: Axis, builder: Builder, world: World, arguments: argparse.Namespace) -> str:
    guards = axis.guards if arguments.guards_off else ()
    try:
        if arguments.baseline:
            same = compare.baseline(axis, builder, world).same
        else:
            same = compare.compare(axis, builder, world, guards).same
    except compare.Unavailable as why:
        return f"not tried: {why}"
    except compare.BuildFailed as failure:
        text = str(failure)
        return "FAILED\n" + text if arguments.verbose else "FAILED: " + text.splitlines()[0][-150:]
    return "same" if same else "differs"


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _arguments(argv)
    if arguments.list:
        for axis in AXES:
            print(f"{axis.name:16} {axis.about}  [{' '.join(axis.guards)}]")
        return 0
    chosen = [BY_NAME[name] for name in arguments.axis or BY_NAME]
    failed = False
    for name in arguments.builder or ["pip"]:
        builder = make_builder(name, arguments.python, arguments.pip, arguments.build)
        for axis in chosen:
            with tempfile.TemporaryDirectory(prefix="perturb-", dir="/var/tmp") as root:
                world = World(Path(root).resolve(), builder.needed())
                verdict = _verdict(axis, builder, world, arguments)
            failed = failed or verdict.startswith("FAILED")
            print(f"{builder.name:10} {axis.name:16} {verdict}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
