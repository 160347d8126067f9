"""--depfile: make builds wheels anew when, and only when, what they were made of has changed."""

import os
import subprocess
from pathlib import Path
from typing import List

import pytest

from fixtures import samples
from fixtures.runner import Truewheel
from fixtures.sdist import Sdist, write_requirements

OLD, NEW = 1_000_000_000, 4_000_000_000  # long ago, and later than any wheel

pytestmark = pytest.mark.usefixtures("needs_make")


class Rule:
    """A depfile with a recipe added to it, and what make says of one of its targets."""

    def __init__(self, depfile: Path) -> None:
        self.cwd, self.text = depfile.parent, depfile.read_text()
        (self.cwd / "Makefile").write_text("-include rule.mk\n")
        rule, rest = self.text.split("\n\n", 1)
        (self.cwd / "rule.mk").write_text(f"{rule}\n\t@echo built\n\n{rest}")

    def is_current(self, target: Path) -> bool:
        command = ["make", "-rq", "-C", str(self.cwd), str(target)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert done.returncode in (0, 1), done.stderr
        return done.returncode == 0


def age(*paths: Path) -> None:
    """Everything there is was written long ago."""
    for path in paths:
        for top, _, names in os.walk(path):
            for name in names:
                os.utime(Path(top, name), (OLD, OLD), follow_symlinks=False)
            os.utime(top, (OLD, OLD))
        if path.is_file():
            os.utime(path, (OLD, OLD))


def assert_noticed(rule: Rule, target: Path, changed: Path) -> None:
    assert rule.is_current(target)
    os.utime(changed, (NEW, NEW))
    assert not rule.is_current(target), changed
    os.utime(changed, (OLD, OLD))
    assert rule.is_current(target)


def test_files_that_options_name(truewheel: Truewheel, links: Path) -> None:
    cwd, out = truewheel.world.cwd, truewheel.world.wheels
    samples.pure().write(links)
    (cwd / "pyproject.toml").write_text("[dependency-groups]\nmine = ['pure-one']\n")
    files = {
        "-r": write_requirements(cwd / "r.txt", "pure-one"),
        "-c": write_requirements(cwd / "c.txt", "pure-one<2"),
        "--build-constraint": write_requirements(cwd / "b.txt", "setuptools<999"),
        "--requirements-from-script": cwd / "script.py",
    }
    files["--requirements-from-script"].write_text("# /// script\n# dependencies = []\n# ///\n")
    options: List[object] = ["--group", "mine", "--constraint", files["-c"].as_uri()]
    for option, path in files.items():
        options += [option, path]
    truewheel.wheel("--depfile", "rule.d", *options)
    age(cwd, links)
    (wheel,) = out.glob("*.whl")
    os.utime(wheel, (OLD + 1, OLD + 1))
    rule = Rule(cwd / "rule.d")
    for path in [*files.values(), cwd / "pyproject.toml", *links.iterdir()]:
        assert_noticed(rule, wheel, path)
    files["-c"].unlink()
    assert not rule.is_current(wheel), "a file that is gone is a change, and no error"


def local_tree(truewheel: Truewheel, name: str) -> Path:
    tree = Sdist("tree-one").write_tree(truewheel.world.cwd / name)
    (tree / ".git").mkdir()
    (tree / ".git" / "HEAD").write_text("ref\n")
    (tree / "link").symlink_to("PKG-INFO")
    (tree / "nowhere").symlink_to("not there")
    return tree


def test_files_of_a_tree(truewheel: Truewheel) -> None:
    """Each of them, what came and what went, and nothing of version control."""
    tree = local_tree(truewheel, "tree")
    archive = samples.pure().write(truewheel.world.cwd)
    truewheel.wheel("--depfile", "rule.d", "./tree", f"./{archive.name}")
    age(truewheel.world.cwd)
    wheel = truewheel.world.wheels / "tree_one-1.0-py3-none-any.whl"
    os.utime(wheel, (OLD + 1, OLD + 1))
    rule = Rule(truewheel.world.cwd / "rule.d")
    inside = [tree / "PKG-INFO", tree / "tree_one" / "__init__.py", tree / "tree_one", archive]
    for path in inside:
        assert_noticed(rule, wheel, path)
    os.utime(tree / ".git" / "HEAD", (NEW, NEW))
    assert rule.is_current(wheel)
    (tree / "tree_one" / "more.py").touch()
    assert not rule.is_current(wheel)


@pytest.mark.parametrize("where", ["wheels", "."])
def test_what_is_written_into_the_tree_is_no_input(truewheel: Truewheel, where: str) -> None:
    """Else make would never be done."""
    tree = local_tree(truewheel, "tree")
    age(tree)
    truewheel.world.cwd = tree
    options = ["--depfile", "rule.d", "--json", "r.json", "--log-dir", "logs", "-w", where]
    for _ in range(2):
        truewheel("wheel", "--no-index", *options, ".")
        (wheel,) = (tree / where).glob("*.whl")
        rule = Rule(tree / "rule.d")
        assert rule.is_current(wheel)
        for name in ("r.json", "rule.d", "logs", ".whl"):
            assert name not in rule.text.split(":", 1)[1], name
        for name in ("Makefile", "rule.mk"):
            (tree / name).unlink()
    assert str(tree / "PKG-INFO") in rule.text


@pytest.mark.parametrize("letter", list(" #$:*?[]()&~\\'!@"))
def test_odd_names(truewheel: Truewheel, links: Path, letter: str) -> None:
    cwd = truewheel.world.cwd
    samples.pure().write(links)
    out = cwd / f"w{letter}s"
    file = write_requirements(cwd / f"r{letter}s.txt", "pure-one")
    truewheel.wheel("--depfile", "rule.d", "-r", file.name, wheels=out)
    age(cwd, links)
    (wheel,) = out.glob("*.whl")
    os.utime(wheel, (OLD + 1, OLD + 1))
    rule = Rule(cwd / "rule.d")
    assert_noticed(rule, wheel, file)
    file.unlink()
    assert not rule.is_current(wheel)


@pytest.mark.parametrize("letter, said", [("\n", "a newline"), (";", "';'"), ("=", "'='")])
def test_names_that_make_cannot_be_told(
    truewheel: Truewheel, links: Path, letter: str, said: str
) -> None:
    """Said before anything is built."""
    samples.pure().write(links)
    file = write_requirements(truewheel.world.cwd / f"r{letter}s.txt", "pure-one")
    result = truewheel.wheel("--depfile", "rule.d", "-r", file, code=2)
    assert f"make reads no name with {said}" in result.errors[0]
    assert "leave --depfile out" in result.err
    assert not result.names and not (truewheel.world.cwd / "rule.d").exists()


def test_such_a_name_inside_a_tree(truewheel: Truewheel) -> None:
    tree = local_tree(truewheel, "tree")
    (tree / "a;b").touch()
    result = truewheel.wheel("--depfile", "rule.d", "./tree", code=2)
    assert "a;b'" in result.errors[0]
    assert not (truewheel.world.cwd / "rule.d").exists()


def test_standard_input_is_said(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    pipe = truewheel.world.cwd / "pipe"
    os.mkfifo(pipe)
    shell = ["sh", "-c", 'echo pure-one >pipe & exec "$@"', "sh"]
    result = truewheel.wheel("--depfile", "rule.d", "-r", "pipe", prefix=shell, code=None)
    assert "--depfile leaves out 'pipe': it is no regular file" in result.err
