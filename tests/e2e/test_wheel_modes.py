"""The modes, and attacks on R by a second, unprivileged user."""

import json
import os
import re
import subprocess
import zipfile
from pathlib import Path
from typing import List

import pytest

from fixtures import launch, samples
from fixtures.places import world_readable
from fixtures.runner import Result, Truewheel, World, read_json
from fixtures.runs import in_given_mode
from fixtures.sdist import write_all
from fixtures.wheels import Wheel

VICTIM = "precious"


def run_as_nobody(command: str) -> None:
    change = ["setpriv", f"--reuid={launch.NOBODY}", f"--regid={launch.NOBODY}", "--clear-groups"]
    subprocess.run([*change, "sh", "-ec", command], check=True)


@pytest.fixture
def shared(open_tmp: Path) -> Path:
    """A directory like /tmp: everybody's, and sticky."""
    open_tmp.chmod(0o1777)
    return open_tmp


@pytest.fixture
def locked(truewheel: Truewheel, shared: Path, links: Path) -> Truewheel:
    samples.capture().write(links)
    return in_given_mode(truewheel, "locked", shared / "R")


def refused(result: Result, root: Path) -> None:
    assert result.code == 3 and len(result.errors) == 1, result.text
    assert str(root) in result.errors[0]
    assert not result.names


def everything(root: Path) -> List[str]:
    found = subprocess.run(
        ["find", str(root), "-printf", "%p %y %m %U\n"], stdout=subprocess.PIPE, text=True
    )
    return sorted(found.stdout.splitlines())


class TestSquattedRoot:
    """Another user made R first: it is refused, links are not followed, nothing is written."""

    def attack(self, locked: Truewheel, command: str) -> None:
        root = locked.build_root
        assert root
        run_as_nobody(command.replace("R", str(root)))
        before = everything(root.parent)
        refused(locked.wheel("capture-one", code=3), root)
        assert everything(root.parent) == before

    def test_directory_of_another(self, locked: Truewheel, needs_root: None) -> None:
        self.attack(locked, "mkdir R")

    def test_open_directory_of_another(self, locked: Truewheel, needs_root: None) -> None:
        self.attack(locked, "mkdir R; chmod 777 R")

    def test_link_to_a_directory_of_ours(self, locked: Truewheel, needs_root: None) -> None:
        assert locked.build_root
        victim = locked.build_root.parent / VICTIM
        victim.mkdir(0o755)
        self.attack(locked, f"ln -s {victim} R")
        assert not list(victim.iterdir())

    def test_dangling_link(self, locked: Truewheel, needs_root: None) -> None:
        assert locked.build_root
        victim = locked.build_root.parent / VICTIM
        self.attack(locked, f"ln -s {victim} R")
        assert not os.path.lexists(victim)

    def test_file(self, locked: Truewheel, needs_root: None) -> None:
        self.attack(locked, "echo x > R")

    def test_fifo(self, locked: Truewheel, needs_root: None) -> None:
        self.attack(locked, "mkfifo R")

    def test_mapped_is_the_way_out(self, locked: Truewheel, needs_root: None, links: Path) -> None:
        """Without namespaces, and with R another user's, it builds, warns, and reports it."""
        run_as_nobody(f"mkdir {locked.build_root}")
        locked.mode = "mapped"
        report = locked.world.cwd / "r.json"
        result = locked.wheel("--json", report, "capture-one")
        assert result.names
        assert re.search(r"mapped|not stable", result.err)
        paths = read_json(report)["paths"]
        assert paths["mode"] == "mapped" and paths["stable"] is False

    def test_require_stable(self, locked: Truewheel, needs_root: None) -> None:
        run_as_nobody(f"mkdir {locked.build_root}")
        locked.mode = "mapped"
        refused_line = locked.wheel("--require-stable", "capture-one", code=3)
        assert len(refused_line.errors) == 1


class TestRootOfOurs:
    """R is our own, but R or what is in it is not as it must be."""

    def test_writable_for_others(self, locked: Truewheel) -> None:
        """Others could write there: it is refused, or made safe and emptied."""
        root = locked.build_root
        assert root
        root.mkdir()
        root.chmod(0o777)
        result = locked.wheel("capture-one", code=None)
        if result.code == 0:
            assert not root.stat().st_mode & 0o022
        else:
            refused(result, root)

    def test_link_in_place_of_the_job_directory(self, locked: Truewheel) -> None:
        root = locked.build_root
        assert root
        victim = root.parent / VICTIM
        victim.mkdir()
        (victim / "file").write_text("x")
        root.mkdir(0o700)
        (root / "capture-one-1.0").symlink_to(victim)
        locked.wheel("capture-one", code=None)
        assert [path.name for path in victim.iterdir()] == ["file"]

    def test_link_in_place_of_a_lock(self, locked: Truewheel) -> None:
        """A lock file is opened without following: the target is neither truncated nor locked."""
        root = locked.build_root
        assert root
        locked.wheel("capture-one")
        locks = [path for path in root.rglob("*lock*") if path.is_file()]
        assert locks
        victim = root.parent / VICTIM
        for path in locks:
            victim.write_text("precious words")
            path.unlink()
            path.symlink_to(victim)
            locked.wheel("capture-one", code=None, wheels=locked.world.base / "again")
            assert victim.read_text() == "precious words"
            path.unlink()

    def test_permissions_of_what_is_made(self, locked: Truewheel) -> None:
        locked.wheel("capture-one")
        root = locked.build_root
        assert root and not root.stat().st_mode & 0o022
        for path in root.iterdir():
            assert not path.stat().st_mode & 0o022, path

    def test_source_is_gone_afterwards(self, locked: Truewheel) -> None:
        """What a build leaves is not there for the next one, nor for whoever looks."""
        locked.wheel("capture-one")
        assert locked.build_root
        left = [line for line in everything(locked.build_root) if "tiny.json" in line]
        assert not left


def test_squatter_cannot_touch_namespaces(
    truewheel: Truewheel, shared: Path, links: Path, needs_root: None, needs_namespaces: None
) -> None:
    """With namespaces R is a mount of our own: what lies there outside does not matter."""
    samples.capture().write(links)
    root = shared / "R"
    run_as_nobody(f"mkdir {root}; chmod 777 {root}; ln -s /etc {root}/capture-one-1.0")
    before = everything(root)
    chosen = in_given_mode(truewheel, "namespaces", root)
    assert chosen.wheel("capture-one").names
    assert everything(root) == before


def test_auto_takes_namespaces(truewheel: Truewheel, links: Path, needs_namespaces: None) -> None:
    samples.capture().write(links)
    report = truewheel.world.cwd / "r.json"
    truewheel.wheel("--json", report, "capture-one")
    assert read_json(report)["paths"] == {
        "mode": "namespaces",
        "stable": True,
        "root": "/tmp/truewheel",
    }


@pytest.fixture
def deny(build_directory: Path) -> List[str]:
    """A prefix under which making namespaces is forbidden, as in many containers."""
    for tool in (build_directory / "tests" / "deny-ns", build_directory / "deny-ns"):
        if tool.exists():
            return [str(tool)]
    tool = build_directory / "truewheel-test-tool"
    if tool.exists():
        probe = subprocess.run(
            [str(tool), "deny-ns", "true"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        if probe.returncode == 0:
            return [str(tool), "deny-ns"]
    pytest.skip("the test tool that forbids namespaces is not built")


class TestWithoutNamespaces:
    def test_auto_takes_locked(
        self, truewheel: Truewheel, deny: List[str], links: Path, build_root: Path
    ) -> None:
        samples.capture().write(links)
        report = truewheel.world.cwd / "r.json"
        arguments = ["--json", report, "--build-root", build_root, "capture-one"]
        result = truewheel.wheel(*arguments, prefix=deny)
        assert result.names
        assert read_json(report)["paths"]["mode"] == "locked"

    def test_namespaces_by_name_are_refused(
        self, truewheel: Truewheel, deny: List[str], links: Path
    ) -> None:
        samples.capture().write(links)
        result = truewheel.wheel("--mode", "namespaces", "capture-one", prefix=deny, code=3)
        assert len(result.errors) == 1 and "namespace" in result.errors[0]

    def test_same_bytes(
        self,
        truewheel: Truewheel,
        deny: List[str],
        links: Path,
        build_root: Path,
        needs_namespaces: None,
    ) -> None:
        write_all(links, *samples.all_determinism())
        names = [sdist.name for sdist in samples.all_determinism()]
        arguments = ["--build-root", build_root, *names]
        first = truewheel.wheel(*arguments).hashes
        assert (
            truewheel.wheel(*arguments, prefix=deny, wheels=truewheel.world.base / "o").hashes
            == first
        )

    def test_squatted_root_means_mapped(
        self, truewheel: Truewheel, deny: List[str], links: Path, shared: Path, needs_root: None
    ) -> None:
        samples.capture().write(links)
        run_as_nobody(f"mkdir {shared / 'R'}")
        report = truewheel.world.cwd / "r.json"
        arguments = ["--build-root", shared / "R", "capture-one"]
        result = truewheel.wheel("--json", report, *arguments, prefix=deny)
        assert result.names and "mapped" in result.err
        assert read_json(report)["paths"] == {
            "mode": "mapped",
            "stable": False,
            "root": str(shared / "R"),
        }
        result = truewheel.wheel("--require-stable", *arguments, prefix=deny, code=3)
        assert len(result.errors) == 1


class TestLoss:
    """Isolation is given up where the machine forbids it, and nowhere else; and never silently."""

    WORDS = "builds are not isolated"

    @pytest.fixture
    def used_up(self) -> List[str]:
        """A prefix: a machine of which a neighbour has the only user namespace."""
        neighbour = "unshare -U sh -c 'echo there >&3; exec sleep 1000' 3>$told </dev/null &"
        prefix = ["unshare", "-Ur"] + launch.script(
            "echo 1 >/proc/sys/user/max_user_namespaces",
            "told=$(mktemp -u)",
            "mkfifo $told",
            neighbour,
            "read -r line <$told",
            "rm $told",
        )
        if not launch.can("unshare", "-Ur"):
            pytest.skip("namespaces are forbidden here")
        return prefix

    def test_namespaces_used_up(
        self, truewheel: Truewheel, used_up: List[str], links: Path, build_root: Path
    ) -> None:
        """A hostile neighbour cannot bring anybody to build without a sandbox."""
        samples.capture().write(links)
        arguments = ["--build-root", build_root, "capture-one"]
        result = truewheel.start_wheel(*arguments, prefix=used_up).finish()
        assert result.code == 3 and not result.names, result.text
        assert len(result.errors) == 1 and "user namespace" in result.errors[0]
        assert "hint: namespaces are used up" in result.err and "--mode locked" in result.err
        by_name = truewheel.start_wheel("--mode", "locked", *arguments, prefix=used_up).finish()
        assert by_name.names and self.WORDS in by_name.err

    def test_every_run_says_it_once(
        self, truewheel: Truewheel, deny: List[str], links: Path, build_root: Path
    ) -> None:
        write_all(links, samples.capture(), samples.pure())
        arguments = ["--build-root", build_root, "capture-one", "pure-one"]
        result = truewheel.wheel(*arguments, prefix=deny)
        assert result.err.count(self.WORDS) == 1, result.text
        assert "namespace: Operation not permitted" in result.err

    @pytest.mark.parametrize("name", ["locked", "mapped"])
    def test_said_when_it_was_asked_for(
        self, truewheel: Truewheel, links: Path, build_root: Path, name: str
    ) -> None:
        samples.capture().write(links)
        result = in_given_mode(truewheel, name, build_root).wheel("capture-one")
        assert result.err.count(f"{self.WORDS} (--mode {name})") == 1, result.text

    def test_not_said_in_a_sandbox(
        self, truewheel: Truewheel, links: Path, needs_namespaces: None
    ) -> None:
        samples.capture().write(links)
        assert self.WORDS not in truewheel.wheel("--require-sandbox", "capture-one").err

    def test_require_sandbox(
        self, truewheel: Truewheel, deny: List[str], links: Path, build_root: Path
    ) -> None:
        samples.capture().write(links)
        arguments = ["--require-sandbox", "--build-root", build_root, "capture-one"]
        result = truewheel.wheel(*arguments, prefix=deny, code=3)
        assert len(result.errors) == 1 and "--require-sandbox" in result.errors[0]
        for name in ("locked", "mapped"):
            result = truewheel.wheel("--mode", name, *arguments, code=2)
            assert len(result.errors) == 1 and f"--mode {name}" in result.errors[0]


class TestPoison:
    """Without a sandbox a build can write to the environment that the next one imports from."""

    EVIL = (
        "import tool_one\n"
        "top = os.path.dirname(tool_one.__file__)\n"
        "os.chmod(top, 0o755)\n"
        "os.chmod(tool_one.__file__, 0o644)\n"
        "open(tool_one.__file__, 'w').write('WORD = \"poison\"\\n')\n"
        "for name in glob.glob(top + '/__pycache__/tool_one.*'):\n"
        "    os.chmod(top + '/__pycache__', 0o755)\n"
        "    os.unlink(name)"
    )
    READ = "import tool_one\nopen(spec()['package'] + '/word.py', 'w').write(tool_one.WORD)"

    @pytest.fixture(params=["locked", "mapped"])
    def open_mode(
        self, request: pytest.FixtureRequest, truewheel: Truewheel, links: Path, build_root: Path
    ) -> Truewheel:
        Wheel("tool-one", files={"tool_one.py": "WORD = 'good'\n"}).write(links)
        for name, body in (("evil-one", self.EVIL), ("victim-one", self.READ)):
            sdist = samples.hooked(name, "build_wheel", body, build_requires=["tool-one"])
            sdist.backend = "import glob, os\n" + sdist.backend
            sdist.write(links)
        return in_given_mode(truewheel, str(request.param), build_root)

    def word_of_victim(self, result: Result) -> str:
        wheel = result.wheels / "victim_one-1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel) as archive:
            return archive.read("victim_one/word.py").decode()

    def test_nobody_builds_with_it(self, open_mode: Truewheel) -> None:
        # --no-ahead: one after the other, in this order
        arguments = ["-k", "-j", "1", "--no-ahead", "--no-cache", "evil-one", "victim-one"]
        result = open_mode.wheel(*arguments, code=None)
        assert result.code == 1 and not result.names, result.text
        assert len(result.errors) == 2
        for line in result.errors:
            assert re.search(r"the build environment '\S+' was changed while builds used it", line)
        off = {"TRUEWHEEL_TEST_GUARDS_OFF": "env-check"}
        assert self.word_of_victim(open_mode.wheel(*arguments, env=off)) == "poison"

    def test_the_next_run_has_a_clean_one(self, open_mode: Truewheel) -> None:
        open_mode.wheel("-k", "--no-cache", "evil-one", code=1)
        result = open_mode.wheel("--no-cache", "victim-one")
        assert self.word_of_victim(result) == "good"


def test_mapped_maps_what_it_can(truewheel: Truewheel, links: Path, build_root: Path) -> None:
    """A C extension's paths are the canonical ones, wherever it was really built."""
    samples.c_extension().write(links)
    chosen = in_given_mode(truewheel, "mapped", build_root)
    first = chosen.wheel("native-one")
    second = chosen.wheel("native-one", wheels=chosen.world.base / "second")
    assert first.hashes == second.hashes


def test_second_user_at_the_same_time(
    truewheel: Truewheel, links: Path, nobody: List[str], open_tmp: Path
) -> None:
    """In locked mode R belongs to the first user; the second one builds in mapped mode."""
    samples.capture().write(links)
    base = world_readable(open_tmp)
    base.chmod(0o1777)
    first = in_given_mode(truewheel, "locked", base / "R")
    first.wheel("capture-one")
    before = everything(base / "R")
    world = World(base / "world")
    subprocess.run(["chown", "-R", str(launch.NOBODY), str(world.base)], check=True)
    sdists = base / "links"
    samples.capture().write(sdists)
    first.links = world_readable(sdists)
    result = first.wheel("capture-one", code=3, prefix=nobody, world=world)
    refused(result, base / "R")
    assert everything(base / "R") == before


def test_umask_that_takes_the_owners_rights(
    truewheel: Truewheel, links: Path, nobody: List[str], open_tmp: Path, mode: str
) -> None:
    """It builds, and nothing stays that its owner, and no later run, could remove."""
    samples.pure().write(links)
    base = world_readable(open_tmp)
    base.chmod(0o1777)
    world = World(base / "world")
    subprocess.run(["chown", "-R", str(launch.NOBODY), str(world.base)], check=True)
    chosen = in_given_mode(truewheel, mode, base / "R")
    chosen.links = world_readable(samples.pure().write(base / "links").parent)
    result = chosen.wheel("pure-one", prefix=[*nobody, *launch.with_umask("0777")], world=world)
    assert result.names == ["pure_one-1.0-py3-none-any.whl"]
    assert not list(world.tmp.iterdir())


def test_report_names_the_mode(in_mode: Truewheel, links: Path) -> None:
    samples.capture().write(links)
    report = in_mode.world.cwd / "r.json"
    in_mode.wheel("--json", report, "capture-one")
    assert json.dumps(in_mode.mode) in report.read_text()
