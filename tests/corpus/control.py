"""The control: other front ends build each sdist twice, the same way both times."""

from __future__ import annotations

import datetime
import hashlib
import re
import shutil
import time
from pathlib import Path

from tests.perturb.builders import Builder
from tests.perturb.setting import Setting
from tests.perturb.world import World

from .entries import Entry
from .mirror import Mirror
from .results import Result


def twice(entry: Entry, builder: Builder, mirror: Mirror, sdist: Path, root: Path) -> Result:
    """Builds twice under the same setting: what differs, the front end varies itself."""
    result = Result(
        entry.requirement, entry.backend, builder.name, date=datetime.date.today().isoformat()
    )
    world, setting, out = World(root), Setting(), root / "out"
    for number in ("first", "second"):
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        world.prepare(setting)
        start = time.monotonic()
        for command in builder.command(setting, [sdist], out, mirror.index):
            done = world.run(setting, command, builder.environment)
            if done.returncode != 0:
                (root / f"{entry.name}-{builder.name}.log").write_text(done.stdout)
                result.failure = _last_line(done.stdout)
                return result
        result.seconds = round(time.monotonic() - start, 1)
        result.hashes[number] = _hash_of_the_wheel(out)
    return result


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return re.sub(r"https?://\S+", "URL", lines[-1])[:160] if lines else "no output"


def _hash_of_the_wheel(out: Path) -> str:
    (wheel,) = out.glob("*.whl")
    return hashlib.sha256(wheel.read_bytes()).hexdigest()
