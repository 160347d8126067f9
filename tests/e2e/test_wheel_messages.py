"""What is said when something cannot be done: one line, with both sides and their places."""

from pathlib import Path
from typing import List

import pytest

from fixtures import samples
from fixtures.runner import Truewheel, clean
from fixtures.sdist import Sdist, write_requirements


@pytest.mark.parametrize(
    "text, said",
    [
        ("FILE:///not/there", "the scheme of a file's URL is 'file', in lower case"),
        ("x @ FILE:///not/there", "the scheme of a file's URL is 'file', in lower case"),
        ("x @ ./project", "a file is written as file:///home/me/file"),
        ("x@/home/me", "a file is written as file:///home/me/file"),
        ("file://host/x", "non-local file URIs are not supported"),
        ("x @ http://[::1/x", "Invalid IPv6 URL"),
        ("x @ git+gopher://host/x", "No connection adapters were found"),
        ("x @ http://host:99999999/x", "not a valid host or port"),
    ],
)
@pytest.mark.parametrize("where", ["argument", "file"])
def test_a_url_that_cannot_be_read(
    truewheel: Truewheel, text: str, said: str, where: str
) -> None:
    """pip asserts, or says that it needs an adapter; nobody asks whether an index is reachable."""
    arguments: List[object] = [text]
    if where == "file":
        arguments = ["-r", write_requirements(truewheel.world.cwd / "r.txt", text)]
    result = truewheel.wheel(*arguments, code=2)
    line = clean(result)
    assert "cannot read '" in line and said in line
    assert len(result.err.splitlines()) == 1, result.text


def test_pips_markup_is_not_shown(truewheel: Truewheel) -> None:
    url = "http://127.0.0.1:9/pure_one-1.0.tar.gz"
    result = truewheel.wheel(url, code=5, env={"PIP_RETRIES": "0"})
    assert "Failed to connect to 127.0.0.1 while fetching http://" in clean(result)


@pytest.mark.parametrize(
    "text", ["evil\u202elive", "a\u200bb", "x\u2066y", "\x1b[31mred", "\x9b1m"]
)
def test_a_build_cannot_change_what_is_shown(
    truewheel: Truewheel, links: Path, text: str
) -> None:
    """Neither by its output nor by its message."""
    code = f"print({text!r}, flush=True)\nraise ValueError({text!r})"
    samples.hooked("loud-one", "build_wheel", code).write(links)
    result = truewheel.wheel("loud-one", code=1)
    assert "ValueError" in result.errors[0]
    assert not set("\u202e\u200b\u2066\x1b\x9b") & set(result.err)


@pytest.mark.parametrize("where", ["hook", "wheel", "sdist"])
def test_metadata_without_end(truewheel: Truewheel, links: Path, where: str) -> None:
    """More than the protocol between the processes takes."""
    head = "Metadata-Version: 2.2\\nName: long-one\\nVersion: 1.0\\n\\n"
    backend = f"import tinybackend\ntinybackend.metadata = lambda: '{head}' + 'x' * 9_000_000\n"
    if where == "wheel":
        backend += "del prepare_metadata_for_build_wheel\n"
    files = {}
    if where == "sdist":
        requires = [f"lib-{number} @ http://host/{'x' * 1000}" for number in range(7900)]
        files = {
            "pyproject.toml": f"[build-system]\nrequires = {requires}\n",
            "PKG-INFO": head.replace("\\n", "\n") + "x" * 8_000_000,
        }
    Sdist("long-one", backend=backend, files=files).write(links)
    line = clean(truewheel.wheel("long-one", code=1))
    assert "METADATA is longer than 2 MiB" in line or "PKG-INFO are too long" in line


def test_very_many_build_requirements(truewheel: Truewheel, links: Path) -> None:
    """The message about them has a few."""
    wanted = [f"lib-{number:04}" for number in range(1000)]
    Sdist("wants-one", build_requires=wanted).write(links)
    line = clean(truewheel.wheel("wants-one", code=4))
    assert len(line) < 1000 and "lib-0000, lib-0001" in line and " more)" in line


def test_an_output_directory_that_is_gone(truewheel: Truewheel, links: Path) -> None:
    code = """
import shutil
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    shutil.rmtree(wheel_directory)
    return "gone_one-1.0-py3-none-any.whl"
"""
    Sdist("gone-one", backend=code).write(links)
    result = truewheel.wheel("gone-one", code=1)
    assert "the backend wrote no wheel" in clean(result) and "Traceback" not in result.err


@pytest.mark.parametrize(
    "arguments, sides",
    [
        (["top-one", "-c", "c.txt"],
         ["top-one 1.0 ", "requires base-dep>=1.5", "the constraint base-dep==1.0 (c.txt:2)"]),
        (["base-dep", "-c", "none.txt"],
         ["the user requested base-dep\n", "the constraint base-dep==7 (none.txt:1)"]),
        (["-r", "r.txt", "top-one"],
         ["the user requested base-dep<1.2 (r.txt:1)", "requires base-dep>=1.5"]),
        (["-r", "r.txt", "top-one", "-c", "c.txt"],
         ["base-dep<1.2 (r.txt:1)", "requires base-dep>=1.5", "base-dep==1.0 (c.txt:2)"]),
        (["-r", "nested.txt", "base-dep"],
         ["requested base-dep\n", "base-dep==7 (", "none.txt:1)"]),
        (["needy-one", "--build-constraint", "c.txt"],
         ["build requirement base-dep>=1.5", "build constraint base-dep==1.0 (", "c.txt:2)"]),
    ],
)  # fmt: skip
def test_a_conflict_names_its_sides_and_their_places(
    truewheel: Truewheel, links: Path, arguments: List[object], sides: List[str]
) -> None:
    for version in ("1.0", "1.5"):
        samples.write_wheel(links, "base-dep", version)
    samples.write_wheel(links, "top-one", requires=("base-dep>=1.5",))
    Sdist("needy-one", build_requires=["base-dep>=1.5"]).write(links)
    cwd = truewheel.world.cwd
    write_requirements(cwd / "c.txt", "# limits", "base-dep==1.0")
    write_requirements(cwd / "none.txt", "base-dep==7")
    write_requirements(cwd / "r.txt", "base-dep<1.2")
    write_requirements(cwd / "nested.txt", "-c none.txt")
    result = truewheel.wheel(*arguments, code=4)
    assert clean(result).endswith("conflicting requirements for base-dep"), result.text
    assert "https://pip.pypa.io" not in result.err
    said = [line for line in result.err.splitlines() if line.startswith("  ")]
    assert len(said) >= 2 and [s for s in sides if s not in "\n".join([*said, ""])] == []


@pytest.mark.parametrize("where", ["argument", "file"])
def test_a_caret_stands_where_pip_has_put_it(truewheel: Truewheel, where: str) -> None:
    arguments: List[object] = ["some-one=1"]
    if where == "file":
        arguments = ["-r", write_requirements(truewheel.world.cwd / "r.txt", "some-one=1")]
    lines = truewheel.wheel(*arguments, code=2).err.splitlines()
    assert "Invalid requirement: 'some-one=1'" in lines[0] and len(lines) == 4, lines
    assert ("r.txt:1: " in lines[0]) == (where == "file")
    assert lines[1].strip() == "some-one=1" and lines[2].strip() == "^"
    assert lines[2].index("^") == lines[1].index("=")
    assert lines[3] == "  Hint: = is not a valid operator. Did you mean == ?"


def test_hashes_that_are_missing_stand_one_a_line(truewheel: Truewheel, links: Path) -> None:
    samples.write_wheel(links, "base-dep")
    samples.write_wheel(links, "other-dep")
    path = write_requirements(truewheel.world.cwd / "r.txt", "base-dep==1.0", "other-dep==1.0")
    result = truewheel.wheel("--require-hashes", "-r", path, code=4)
    said = [line for line in result.err.splitlines() if line.startswith("  ")]
    assert said and all(" --hash=sha256:" in line for line in said), result.text


@pytest.mark.parametrize("option", ["-r", "-c", "--build-constraint"])
def test_a_missing_file_by_its_url(truewheel: Truewheel, links: Path, option: str) -> None:
    """It is not the index that cannot be reached."""
    Sdist("needy-one", build_requires=["pure-one"]).write(links)
    samples.write_wheel(links, "pure-one")
    result = truewheel.wheel(option, "file:///not/there.txt", "needy-one", code=2)
    assert "cannot open 'file:///not/there.txt': No such file or directory" in clean(result)
    assert "is the index reachable" not in result.err


@pytest.mark.parametrize("arguments", [["pre-one"], ["-r", "r.txt"], ["user-one"]])
def test_only_final_is_said(truewheel: Truewheel, links: Path, arguments: List[object]) -> None:
    samples.write_wheel(links, "pre-one", "1.0a1")
    samples.write_wheel(links, "user-one", requires=("pre-one",))
    write_requirements(truewheel.world.cwd / "r.txt", "pre-one==1.0a1")
    line = clean(truewheel.wheel(*arguments, "--only-final", "pre-one", code=4))
    assert "(versions: 1.0a1; --only-final takes no pre-releases)" in line
    assert "(r.txt:1)" in line or arguments[0] != "-r"


def test_a_loop_of_links(truewheel: Truewheel) -> None:
    (truewheel.world.cwd / "a").symlink_to("b")
    (truewheel.world.cwd / "b").symlink_to("a")
    tree = Sdist("looped-one").write_tree(truewheel.world.cwd / "looped")
    (tree / "pyproject.toml").unlink()
    (tree / "pyproject.toml").symlink_to("pyproject.toml")
    (tree / "setup.py").write_text("")
    for arguments, code in ((["-r", "a"], 2), (["-c", "a", "x"], 2), (["./looped"], 1)):
        result = truewheel.wheel(*arguments, code=code)
        assert "Too many levels of symbolic links" in clean(result)
        assert len(result.err.splitlines()) == 1, result.text
