"""``python3 -m tests.survey``: what of a public list is reproducible, and is what the index has.

Each project is built twice from its sdist, the second time under all axes at once, and its
published wheel is compared with what the sdist builds. Goes on where an earlier run with the same
--state was stopped; ``--page`` writes docs/SURVEY.md.
"""

from __future__ import annotations

import argparse
import datetime
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.corpus import batch, causes
from tests.corpus import page as corpus_page
from tests.corpus.entries import Entry
from tests.corpus.mirror import Mirror
from tests.corpus.results import Result, Results
from tests.perturb.__main__ import make_builder
from tests.perturb.builders import Builder
from tests.perturb.world import World

from . import page
from .survey import KEPT, Survey, read_list

CHUNK = 8  # builds of one run; what is known after each chunk is kept


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m tests.survey", description=__doc__)
    parser.add_argument("requirement", nargs="*", help="NAME==VERSION (default: the list)")
    parser.add_argument("--first", type=int, help="only so many of the list")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin nothing after")
    parser.add_argument("--only", choices=["twice", "published"])
    parser.add_argument("--python", default=shutil.which("python3"))
    parser.add_argument("--build", type=Path, default=Path("build"), help="truewheel's build")
    parser.add_argument("--state", type=Path, default=Path("build/survey"))
    parser.add_argument("--page", action="store_true", help="only keep it and write docs/SURVEY.md")
    return parser.parse_args(argv)


def _chunks(wanted: list[str], until: float) -> Iterator[list[str]]:
    for at in range(0, len(wanted), CHUNK):
        if time.monotonic() > until:
            return
        yield wanted[at:at + CHUNK]


# ------------------------------------------------------------------------------------ built twice


def find_entry(requirement: str, mirror: Mirror) -> Entry | None:
    """The sdist of a project, as the index lists it now; None where there is none."""
    name, version = requirement.split("==")
    try:
        files = json.loads(mirror.page(name))["files"]
    except (urllib.error.URLError, OSError):
        return None
    plain = f"{name}-{version}".replace("-", "_").replace(".", "_").lower()
    for ending in (".tar.gz", ".zip"):
        for file in files:
            stem = file["filename"].removesuffix(ending)
            if stem != file["filename"] and stem.replace("-", "_").replace(".", "_").lower() == \
                    plain:
                return Entry(requirement, file["filename"], file["hashes"]["sha256"], "?", False,
                             ())
    return None


def _build_chunk(found: list[Entry], builder: Builder, mirror: Mirror, state: Path,
                 results: Results) -> None:
    both = {entry.requirement: Result(entry.requirement, "?", "truewheel",
                                      date=datetime.date.today().isoformat()) for entry in found}
    with tempfile.TemporaryDirectory(prefix="survey-", dir="/var/tmp") as root:
        for run in batch.runs(builder)[0][:2]:  # as it comes, and under all axes
            world = World(Path(root).resolve(), builder.needed())
            for requirement, what in batch.build(
                    run, found, builder, mirror.index, world, state / "logs").items():
                result = both[requirement]
                result.failure = result.failure or what.failure
                result.hashes[run.name] = what.sha256
                result.seconds = result.seconds or round(what.seconds, 1)
        for entry in found:
            if both[entry.requirement].verdict == "differs":
                both[entry.requirement].notes = causes.named(
                    entry, builder, mirror.index, Path(root).resolve())
    for result in both.values():
        results.add(result)
        print(f"twice      {result.requirement:40} {result.verdict} {result.failure[:90]}"
              f"{result.notes}", flush=True)
    results.save()


def build_twice(wanted: list[str], arguments: argparse.Namespace, until: float) -> None:
    builder = make_builder("truewheel", arguments.python, None, arguments.build)
    results = Results(arguments.state / "twice.json")
    known = results.of("truewheel")
    mirror = Mirror(arguments.state / "index", arguments.python)
    try:
        for chunk in _chunks([text for text in wanted if text not in known], until):
            entries = {text: find_entry(text, mirror) for text in chunk}
            found = [entry for entry in entries.values() if entry]
            for text, entry in entries.items():
                if entry is None:
                    results.add(Result(text, "?", "truewheel", failure="no sdist"))
            if found:
                _build_chunk(found, builder, mirror, arguments.state, results)
    finally:
        mirror.close()


# -------------------------------------------------------------------------------------- published


def compare_published(wanted: list[str], arguments: argparse.Namespace, until: float) -> None:
    state = arguments.state / "published.jsonl"
    known = {json.loads(line)["asked"] for line in _lines(state)}
    for chunk in _chunks([text for text in wanted if text not in known], until):
        command = [str(arguments.build / "truewheel"), "verify", "--published", "-j", "1",
                   "--build-timeout", "600", "--resume", str(state), *chunk]
        done = subprocess.run(command, check=False)
        if done.returncode > 1:
            raise RuntimeError(f"truewheel verify ended with {done.returncode}")


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _arguments(argv)
    arguments.state.mkdir(parents=True, exist_ok=True)
    wanted = arguments.requirement or read_list()[:arguments.first]
    until = time.monotonic() + arguments.minutes * 60
    if not arguments.page:
        if arguments.only != "twice":
            compare_published(wanted, arguments, until)
        if arguments.only != "published":
            build_twice(wanted, arguments, until)
    survey = Survey.read(arguments.state, wanted)
    if arguments.page:
        builder = make_builder("truewheel", arguments.python, None, arguments.build)
        survey.facts = corpus_page.facts(arguments.python, {"truewheel": list(builder.program)})
        survey.facts["date"] = datetime.date.today().isoformat()
        survey.save(KEPT)
        page.write(survey)
    else:
        print(page.summary(survey))
    return 0


if __name__ == "__main__":
    sys.exit(main())
