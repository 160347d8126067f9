"""``python3 -m tests.corpus``: real sdists, under all axes at once; a table at the end."""

from __future__ import annotations

import argparse
import datetime
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.perturb.__main__ import make_builder
from tests.perturb.world import World

from . import batch, causes, control, entries, page, roots
from .entries import Entry
from .mirror import Mirror
from .results import KEPT, Result, Results


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m tests.corpus", description=__doc__)
    parser.add_argument("name", nargs="*", help="projects (default: the whole list)")
    parser.add_argument("--list", type=Path, default=entries.LIST, help="another list of sdists")
    parser.add_argument("--ci", action="store_true", help="some of each backend, to fit CI's time")
    parser.add_argument("--light", action="store_true", help="without the heavy ones")
    parser.add_argument(
        "--builder", action="append", choices=["pip", "pip-pinned", "uv", "truewheel"]
    )
    parser.add_argument("--python", default=shutil.which("python3"))
    parser.add_argument("--pip", type=Path, help="directory that holds pip")
    parser.add_argument("--build", type=Path, default=Path("build"), help="truewheel's build")
    parser.add_argument("--cache", type=Path, default=Path("build/corpus"))
    parser.add_argument("--results", type=Path, help="default: results.json in the cache")
    parser.add_argument(
        "--page",
        action="store_true",
        help="only keep the results and write docs/REPRODUCIBILITY.md",
    )
    parser.add_argument("--roots", type=Path, help="only keep what tests/two-roots.sh printed")
    parser.add_argument("--again", action="store_true", help="also what has a result already")
    return parser.parse_args(argv)


def _chosen(arguments: argparse.Namespace) -> list[Entry]:
    found = entries.read(arguments.list)
    if arguments.name:
        found = [entry for entry in found if entry.name in arguments.name]
    if arguments.light or arguments.ci:
        found = [entry for entry in found if not entry.heavy]
    if arguments.ci:
        found = entries.some_of_each_backend(found)
    return found


def _control(
    name: str, chosen: list[Entry], arguments: argparse.Namespace, mirror: Mirror, results: Results
) -> None:
    builder = make_builder(name, arguments.python, arguments.pip, arguments.build)
    results.facts.update(page.facts(arguments.python, {name: list(builder.program)}))
    with tempfile.TemporaryDirectory(prefix="corpus-", dir="/var/tmp") as root:
        for entry in chosen:
            known = results.of(name).get(entry.requirement)
            if known and known.verdict != "failed" and not arguments.again:
                continue
            sdist = mirror.sdist(entry.name, entry.file, entry.sha256, arguments.cache / "sdists")
            result = control.twice(entry, builder, mirror, sdist.resolve(), Path(root).resolve())
            results.add(result)
            results.save()
            show(result)


def _truewheel(
    chosen: list[Entry], arguments: argparse.Namespace, mirror: Mirror, results: Results
) -> bool:
    """Builds the list under every setting; returns whether every wheel is identical in all runs."""
    builder = make_builder("truewheel", arguments.python, arguments.pip, arguments.build)
    results.facts.update(page.facts(arguments.python, {"truewheel": list(builder.program)}))
    found = {
        entry.requirement: Result(
            entry.requirement, entry.backend, "truewheel", date=datetime.date.today().isoformat()
        )
        for entry in chosen
    }
    runs, left_out = batch.runs(builder)
    for line in left_out:
        print(f"not varied: {line}")
    with tempfile.TemporaryDirectory(prefix="corpus-", dir="/var/tmp") as root:
        for run in runs:
            world = World(Path(root).resolve(), builder.needed())
            logs = arguments.cache / "logs"
            built = batch.build(run, chosen, builder, mirror.index, world, logs)
            for requirement, what in built.items():
                _note(found[requirement], run.name, what)
            _keep_wheels(world.root / "out", arguments.cache / "wheels" / run.name)
        for entry in chosen:
            if found[entry.requirement].verdict == "differs":
                why = causes.named(entry, builder, mirror.index, Path(root).resolve())
                found[entry.requirement].notes = why
    for result in found.values():
        results.add(result)
        show(result)
    results.save()
    return all(result.verdict == "identical" for result in found.values())


def _note(result: Result, run: str, what: batch.Built) -> None:
    if what.failure:
        result.failure = result.failure or f"{run}: {what.failure}"
        return
    result.hashes[run] = what.sha256
    result.seconds = result.seconds or round(what.seconds, 1)


def _keep_wheels(out: Path, target: Path) -> None:
    """Keeps wheels that differ, so that somebody can look for the difference."""
    target.mkdir(parents=True, exist_ok=True)
    for wheel in out.glob("*.whl"):
        shutil.copy(wheel, target)


def show(result: Result) -> None:
    print(
        f"{result.builder:10} {result.requirement:28} {result.backend:26} {result.seconds:7.1f}"
        f"  {result.verdict} {result.failure or result.notes}",
        flush=True,
    )


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _arguments(argv)
    arguments.cache.mkdir(parents=True, exist_ok=True)
    results = Results(arguments.results or arguments.cache / "results.json")
    if arguments.page:
        kept = Results(KEPT)
        kept.include(results)
        kept.save()
        page.write(kept)
        return 0
    chosen = _chosen(arguments)
    if arguments.roots:
        for result in roots.read(arguments.roots, chosen):
            results.add(result)
        results.save()
        return 0
    mirror = Mirror(arguments.cache / "index", arguments.python)
    identical = True
    try:
        for name in arguments.builder or ["truewheel"]:
            if name == "truewheel":
                identical = _truewheel(chosen, arguments, mirror, results)
            else:
                _control(name, chosen, arguments, mirror, results)
    finally:
        mirror.close()
    return 0 if identical else 1


if __name__ == "__main__":
    sys.exit(main())
