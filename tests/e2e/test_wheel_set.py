"""The set of wheels equals what `pip wheel` of the same pip leaves for the same input."""

import subprocess
from pathlib import Path
from typing import Callable, Dict, List

import pytest

from fixtures import samples
from fixtures.plainpip import PlainPip
from fixtures.runner import Truewheel
from fixtures.sdist import Sdist, write_all, write_requirements

# Requirements for find-links with extras, markers, several versions, and wheels beside sdists.
CASES: Dict[str, List[str]] = {
    "plain": ["top-one"],
    "extra": ["top-one[more]"],
    "two extras": ["top-one[more,other]"],
    "unknown extra": ["top-one[nothing-like-it]"],
    "pre-release": ["--pre", "base-dep"],
    "pinned pre-release": ["base-dep==2.0b1"],
    "no dependencies": ["--no-deps", "top-one[more]"],
    "specifier": ["base-dep<1.2,>=0.9"],
    "marker that holds": ["base-dep; python_version >= '3'"],
    "marker that does not": ["pure-one", "base-dep; python_version < '3'"],
    "same twice": ["base-dep>=1", "base-dep<1.2"],
    "backtracking": ["needs-old", "base-dep"],
    "wheel beside sdist": ["both-kinds"],
    "only binary": ["--only-binary", ":all:", "both-kinds"],
    "no binary": ["--no-binary", "both-kinds", "both-kinds"],
    "no binary at all": ["--no-binary", ":all:", "top-one", "both-kinds"],
    "prefer binary": ["--prefer-binary", "newer-sdist"],
    "newest": ["newer-sdist"],
    "odd name": ["Odd.Name_Of-It"],
    "requires-python": ["picky-one"],
    "in a file": ["-r", "requirements.txt"],
    "constraints": ["-c", "constraints.txt", "top-one[more]"],
    "static metadata": ["static-one"],
    "other version of a wheel": ["wheel-app"],
}


def fill(links: Path, cwd: Path) -> None:
    write_all(
        links,
        samples.pure(),
        *samples.extras_and_markers(),
        Sdist("needs-old", requires=["base-dep<1"]),
        Sdist("both-kinds"),
        Sdist("newer-sdist", "2.0"),
        Sdist("odd.name-of_it"),
        Sdist("picky-one", "1.0"),
        Sdist("picky-one", "2.0", requires_python=">=99"),
        Sdist("static-one", requires=["base-dep"], metadata_version="2.2"),
        Sdist("wheel-lib", "1.0"),
    )
    samples.write_wheel(links, "both-kinds")
    samples.write_wheel(links, "newer-sdist", "1.0")
    samples.write_wheel(links, "wheel-app", requires=("wheel-lib<2",))
    samples.write_wheel(links, "wheel-lib", "2.0")
    write_requirements(cwd / "requirements.txt", "-c constraints.txt", "top-one[more]", "pure-one")
    write_requirements(cwd / "constraints.txt", "base-dep==1.0")


@pytest.fixture
def compared(truewheel: Truewheel, plain_pip: PlainPip, links: Path) -> Callable[..., List[str]]:
    """Runs both and compares; gives the names."""
    fill(links, truewheel.world.cwd)
    plain_pip.scratch = truewheel.world.cwd

    def compare(*arguments: object) -> List[str]:
        plain = truewheel.world.base / "plain"
        expected = plain_pip.wheel(plain, links, *arguments)
        result = truewheel.wheel(*arguments)
        assert result.names == sorted(expected)
        for name in result.names:
            # What pip took as it was, truewheel takes as it was.
            wheel = links / name
            if wheel.exists() and (plain / name).read_bytes() == wheel.read_bytes():
                assert (result.wheels / name).read_bytes() == wheel.read_bytes(), name
        return result.names

    return compare


@pytest.mark.parametrize("case", CASES)
def test_same_set(compared: Callable[..., List[str]], case: str) -> None:
    assert compared(*CASES[case])


def test_same_set_from_paths_and_urls(compared: Callable[..., List[str]], tmp_path: Path) -> None:
    tree = Sdist("tree-one", requires=["base-dep"]).write_tree(tmp_path / "tree")
    archive = Sdist("archive-one", requires=["pure-one"]).write(tmp_path / "a")
    named = Sdist("named-one").write(tmp_path / "b")
    wheel = samples.write_wheel(tmp_path / "c", "wheel-one")
    names = compared(tree, archive, f"named-one @ {named.as_uri()}", wheel)
    assert len(names) == 6


def test_same_set_from_a_repository(compared: Callable[..., List[str]], tmp_path: Path) -> None:
    url = make_repository(tmp_path / "repository", Sdist("git-one", requires=["base-dep"]))
    assert len(compared(f"git-one @ {url}@first")) == 2


def make_repository(path: Path, sdist: Sdist) -> str:
    """A git repository with the tag `first`; its URL for pip."""
    sdist.write_tree(path)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(path)]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"], ["tag", "first"]):
        subprocess.run([*git, *command], check=True)
    return f"git+{path.as_uri()}"


def test_same_failure(truewheel: Truewheel, plain_pip: PlainPip, links: Path) -> None:
    """What pip refuses is refused: a conflict, and a version that is not there."""
    fill(links, truewheel.world.cwd)
    for arguments in (
        ["needs-old", "base-dep>=1"],
        ["base-dep==7"],
        ["--only-binary", ":all:", "pure-one"],
    ):
        done = plain_pip.run(
            "wheel",
            "--no-index",
            "--find-links",
            links,
            "-w",
            truewheel.world.base / "p",
            *arguments,
        )
        assert done.returncode == 1
        result = truewheel.wheel(*arguments, code=4)
        assert len(result.errors) == 1 and not result.names
