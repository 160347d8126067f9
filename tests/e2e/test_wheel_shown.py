"""What of the machine a build is shown: what is allowed and what is named, and nothing else."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Iterator, List

import pytest

from fixtures import launch, samples
from fixtures.places import world_readable
from fixtures.probes import failed, probe
from fixtures.runner import Truewheel, World
from fixtures.runs import in_given_mode

pytestmark = pytest.mark.usefixtures("needs_namespaces")


@pytest.fixture
def toolchain(needs_root: None) -> Iterator[Path]:
    """In a place of its own, as in /opt: a program, and what it needs beside it."""
    path = Path(tempfile.mkdtemp(prefix="truewheel-test-", dir="/opt"))
    for name in ("bin/tool", "libexec/part", "lib/pkgconfig/x.pc"):
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\necho it works\n")
        file.chmod(0o755)
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def test_toolchains_are_shown_when_they_are_named(
    truewheel: Truewheel, links: Path, toolchain: Path
) -> None:
    read = {"part": f"open({str(toolchain / 'libexec/part')!r}).read()"}
    assert failed(probe(truewheel, links, read)["part"])
    for assignment in (
        f"CC=ccache {toolchain}/bin/tool -O2",
        f"CFLAGS=-O2 -I{toolchain}/lib",
        f"PKG_CONFIG_PATH=/usr/lib/pkgconfig:{toolchain}/lib/pkgconfig",
        f"PATH={toolchain}/bin:/usr/bin:/bin",
    ):
        found = probe(truewheel, links, read, "--env", assignment)
        assert "it works" in found["part"], assignment


def test_toolchains_behind_a_link_on_path(
    truewheel: Truewheel, links: Path, toolchain: Path, place: Path
) -> None:
    (place / "tool").symlink_to(toolchain / "bin/tool")
    read = {"part": f"open({str(toolchain / 'libexec/part')!r}).read()"}
    path = f"PATH={place}:/usr/bin:/bin"
    assert "it works" in probe(truewheel, links, read, "--env", path, "--bind", place)["part"]


def test_homes_are_not_shown_by_name(truewheel: Truewheel, links: Path) -> None:
    """A variable that names something there is warned of: without it the wheel may be another."""
    tool = truewheel.world.home / "bin" / "cc"
    tool.parent.mkdir()
    tool.write_text("")
    samples.pure().write(links)
    result = truewheel.wheel("pure-one", env={"CFLAGS": f"-B{tool.parent}"})
    assert f"do not see the path in CFLAGS={tool.parent}: --bind shows it" in result.err
    arguments = ["--bind", tool.parent, "pure-one"]
    result = truewheel.wheel(*arguments, env={"CFLAGS": f"-B{tool.parent}"})
    assert "do not see" not in result.err


def missing(path: object) -> str:
    return f"open({str(path)!r})"


def test_a_failure_names_what_is_not_shown(
    truewheel: Truewheel, links: Path, toolchain: Path
) -> None:
    samples.hooked("missing-one", "build_wheel", missing(toolchain / "lib/x")).write(links)
    assert "builds do not see" not in truewheel.wheel("missing-one", code=1).err
    samples.hooked("missing-one", "build_wheel", missing(toolchain / "bin/tool")).write(links)
    result = truewheel.wheel("missing-one", code=1)
    assert f"hint: builds do not see '{toolchain}/bin/tool'" in result.err, result.text
    assert f"--bind {toolchain} shows it" in result.err
    result = truewheel.wheel("--bind", toolchain, "missing-one")
    assert result.names


def test_no_build_can_ask_for_a_secret(truewheel: Truewheel, links: Path) -> None:
    """What it prints never makes a hint to show it something of a home."""
    secret = truewheel.world.home / ".netrc"
    secret.write_text("password geheim")
    samples.hooked("asking-one", "build_wheel", missing(secret)).write(links)
    result = truewheel.wheel("asking-one", code=1)
    assert "--bind" not in result.err, result.text


def test_what_a_bind_holds_of_secrets(truewheel: Truewheel, links: Path, place: Path) -> None:
    """Agents, tokens and truewheel's own files: hidden below what is shown."""
    names = {
        "SSH_AUTH_SOCK": "agent",
        "NETRC": "netrc",
        "PIP_CONFIG_FILE": "pip.ini",
        "KUBECONFIG": "kube",
        "AWS_SHARED_CREDENTIALS_FILE": "aws",
    }
    for name in names.values():
        (place / name).write_text("# geheim")
    (place / "data").write_text("shown")
    (place / "tmp").mkdir()
    env = {variable: str(place / name) for variable, name in names.items()}
    found = probe(
        truewheel,
        links,
        {
            "data": f"open({str(place / 'data')!r}).read()",
            "secrets": f"[n for n in glob.glob({str(place / '*')!r}) if b'geheim' in read(n)]",
            "files": f"[f for t, _, f in os.walk({str(place / 'tmp')!r}) if f]",
        },
        "--bind",
        place,
        env={**env, "TMPDIR": str(place / "tmp")},
    )
    assert found == {"data": "'shown'", "secrets": "[]", "files": "[]"}


def test_as_another_user(
    truewheel: Truewheel, links: Path, nobody: List[str], open_tmp: Path
) -> None:
    """An unprivileged caller's build has the caller's own rights: only the root keeps it out."""
    base = world_readable(open_tmp)
    base.chmod(0o1777)
    world = World(base / "world")
    secret = world.home / ".netrc"
    secret.write_text("password geheim")
    for top, names, files in os.walk(world.base):
        for path in [top, *(os.path.join(top, name) for name in names + files)]:
            os.chown(path, launch.NOBODY, launch.NOBODY)
    body = (
        f"assert not os.path.exists({str(secret)!r})\n"
        f"assert not os.path.exists('/etc/shadow') and not os.listdir('/opt')\n"
        f"assert sorted(os.listdir('/tmp')) == ['truewheel']"
    )
    sdists = base / "links"
    sdist = samples.hooked("looking-one", "build_wheel", body)
    sdist.backend = "import os\n" + sdist.backend
    sdist.write(sdists)
    chosen = in_given_mode(truewheel, "namespaces", Path("/tmp/truewheel"))
    chosen.links = world_readable(sdists)
    assert chosen.wheel("looking-one", prefix=nobody, world=world).names
