"""README.md: its commands, run as they stand there, give what it says."""

import os
import re
import subprocess
from pathlib import Path
from typing import Dict, List, Optional

import pytest

from fixtures import samples
from fixtures.documents import Block, read_blocks
from fixtures.programs import SOURCE
from fixtures.runner import World, index_access

PAGE = SOURCE / "README.md"


def block(name: str) -> Block:
    (found,) = [block for block in read_blocks(PAGE) if block.name == name]
    return found


@pytest.fixture
def tools(world: World) -> Path:
    """A directory for the programs that the README takes to be on PATH."""
    path = world.base / "on-path"
    path.mkdir()
    return path


def run(
    text: str, world: World, tools: Path, env: Optional[Dict[str, Optional[str]]] = None
) -> str:
    path = f"{tools}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-e", "-c", text],
        cwd=world.cwd,
        env=world.environment({**index_access(), "PATH": path, **(env or {})}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def shape(table: str) -> List[str]:
    """The lines, without what differs from machine to machine."""
    text = re.sub(r"\b[0-9a-f]{64}\b", "HASH", table)
    return re.sub(r" +[0-9]+\.[0-9](?= )", " TIME", text).splitlines()


def test_every_block_is_run() -> None:
    blocks = read_blocks(PAGE)
    expected = "plain-pip fresh make packages wheel rule/Makefile".split()
    assert [block.name for block in blocks] == expected
    assert len(blocks) == PAGE.read_text().count("\n```") / 2


@pytest.mark.network
def test_plain_pip_gives_two_hashes(world: World, tools: Path, bundled_pip: List[str]) -> None:
    (tools / "pip").write_text(f"#!/bin/sh\n{bundled_pip[2]}\n")
    (tools / "pip").chmod(0o755)
    hashes = run(block("plain-pip").commands, world, tools).split()
    assert len(hashes) == 2
    assert hashes[0] != hashes[1]


@pytest.mark.network
def test_what_you_get(world: World, tools: Path, program: Path) -> None:
    (tools / "truewheel").symlink_to(program)
    found = block("wheel")
    assert shape(run(found.commands, world, tools)) == shape(found.answer)


def test_the_rule_for_a_makefile(
    world: World, tools: Path, program: Path, links: Path, needs_make: None
) -> None:
    (tools / "truewheel").symlink_to(program)
    samples.pure().write(links)
    (world.cwd / "requirements.txt").write_text(f"--no-index\n--find-links {links}\npure-one\n")
    (world.cwd / "Makefile").write_text(block("rule/Makefile").text)
    assert "touch wheels/.done" in run("make -j2", world, tools)
    assert [path.name for path in world.wheels.glob("*.whl")] == ["pure_one-1.0-py3-none-any.whl"]
    assert "is up to date" in run("make -j2", world, tools)


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_from_a_clone_to_a_wheelhouse_to_an_installation(
    world: World, tools: Path, python: Path, links: Path, needs_make: None
) -> None:
    """Every command; but `make check`, which runs this test, with make -n."""
    env: Dict[str, Optional[str]] = {"PYTHON": str(python), "DESTDIR": str(world.base / "dest")}
    run(block("fresh").text.replace("<this repository>", str(SOURCE)), world, tools, env)
    clone = world.cwd / "truewheel"
    found = [path.name.partition("-")[0] for path in (clone / "wheelhouse").glob("*.whl")]
    assert {"psutil", "pytest"} <= set(found)

    samples.pure().write(links)
    (clone / "my").mkdir()
    (clone / "my" / "requirements.txt").write_text(f"--no-index\n--find-links {links}\npure-one\n")
    for line in block("make").text.replace("python3.12", str(python)).splitlines():
        asked = {"MAKEFLAGS": "n"} if line.startswith("make check") else {}
        output = run(f"cd truewheel && {line}", world, tools, {**env, **asked})
        assert "tools/check" in output or not asked
    assert (clone / "my" / "wheels" / "pure_one-1.0-py3-none-any.whl").exists()

    installed = world.base / "dest" / "usr" / "local" / "bin" / "truewheel"
    run(f"{installed} wheel --no-index -f {links} -w installed pure-one", world, tools)
    assert len(list((world.cwd / "installed").iterdir())) == 1
