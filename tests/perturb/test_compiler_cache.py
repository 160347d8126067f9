"""A compiler cache that the user names hits every time, because paths are stable."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.perturb import compare
from tests.perturb.axes import Axis
from tests.perturb.builders import Builder
from tests.perturb.setting import Setting
from tests.perturb.world import World

_COMPILER = Axis("compiler", "not an axis: the sdist that compiles", (Setting(),), ())
_FILES = 5


def _setting(number: int, variables: dict[str, str], shown: Path) -> Setting:
    """Each build in a home, a directory and a place of its own."""
    options = ["--bind", f"{shown}:rw"]
    for name, value in variables.items():
        options += ["--env", f"{name}={value}"]
    return Setting(
        environment=variables,
        home=f"home-{number}",
        tmp=f"tmp-{number}",
        cwd=f"cwd-{number}",
        options={"truewheel": tuple(options)},
    )


def _ccache(cache: Path) -> dict[str, int]:
    said = subprocess.run(
        ["ccache", "--print-stats"],
        env={**os.environ, "CCACHE_DIR": str(cache)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    numbers = {line.split()[0]: int(line.split()[1]) for line in said.splitlines()}
    hits = numbers["direct_cache_hit"] + numbers["preprocessed_cache_hit"]
    return {"hits": hits, "misses": numbers["cache_miss"]}


def _builds_with_ccache(builder: Builder, root: Path) -> list[dict[str, int]]:
    cache = root / "ccache"
    cache.mkdir()
    cache.chmod(0o777)
    variables = {"CC": "ccache gcc", "CCACHE_DIR": str(cache), "CCACHE_UMASK": "000"}
    world, stats = World(root, builder.needed()), []
    for number in range(2):
        compare.build(_COMPILER, builder, _setting(number, variables, cache), world)
        stats.append(_ccache(cache))
    return stats


def test_ccache_misses_with_plain_pip(pip: Builder, root: Path) -> None:
    if not shutil.which("ccache"):
        pytest.skip("there is no ccache")
    first, second = _builds_with_ccache(pip, root)
    assert first["misses"] > 0
    assert second["misses"] > first["misses"] and second["hits"] == first["hits"]


def test_ccache_always_hits(truewheel: Builder, root: Path) -> None:
    if not shutil.which("ccache"):
        pytest.skip("there is no ccache")
    first, second = _builds_with_ccache(truewheel, root)
    assert first == {"hits": 0, "misses": _FILES}
    assert second == {"hits": _FILES, "misses": _FILES}


def test_sccache_always_hits(truewheel: Builder, root: Path) -> None:
    if not shutil.which("sccache"):
        pytest.skip("there is no sccache")
    cache = root / "sccache"
    cache.mkdir()
    cache.chmod(0o777)
    # Its server ends with each build, so only the build can ask it.
    ask = "umask 0; sccache --show-stats --stats-format json >$SCCACHE_DIR/stats;"
    ask += " sccache --stop-server"
    variables = {"CC": "sccache gcc", "SCCACHE_DIR": str(cache), "PERTURB_AFTER": ask}
    world, hits = World(root, truewheel.needed()), []
    for number in range(2):
        compare.build(_COMPILER, truewheel, _setting(number, variables, cache), world)
        counts = json.loads((cache / "stats").read_text())["stats"]["cache_hits"]["counts"]
        hits.append(sum(counts.values()))
        (cache / "stats").unlink()
        subprocess.run(["chmod", "-R", "a+rwX", str(cache)], check=True)
    assert hits == [0, _FILES]
