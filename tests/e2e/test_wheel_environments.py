"""Build environments: what their wheels must not do, and what a backend must not ask for."""

import json
import os
from pathlib import Path

import pytest

from fixtures import samples
from fixtures.runner import Truewheel
from fixtures.sdist import Sdist, write_all
from fixtures.wheels import Wheel

INFO = "tool_one-1.0.dist-info/entry_points.txt"


def needing(links: Path, files: "dict[str, str]") -> None:
    """An sdist whose build requirement is a wheel with these files."""
    Wheel("tool-one", files={"tool_one.py": "def main(): pass\n", **files}).write(links)
    Sdist("needy-one", build_requires=["tool-one"]).write(links)


@pytest.mark.parametrize(
    "name",
    ["../evil", "{outside}", "x/../../../../../../../../../..{outside}", "..", ";/../../..{up}"],
)
@pytest.mark.parametrize("group", ["console_scripts", "gui_scripts"])
def test_scripts_stay_in_their_directory(
    truewheel: Truewheel, links: Path, tmp_path: Path, name: str, group: str
) -> None:
    """The name of an entry point is a path, in spellings on which parsers disagree."""
    outside = tmp_path / "outside"
    up = "/.." * 20 + str(outside)
    line = f"{name.format(outside=outside, up=up)} = tool_one:main"
    directory = "tool_one-1.0.data/data/bin/;/keep"
    needing(links, {INFO: f"[{group}]\n{line}\n", directory: "", directory.replace(";", "x"): ""})
    result = truewheel.wheel("needy-one", code=1)
    (error,) = result.errors
    assert "tool_one-1.0-py3-none-any.whl" in error
    assert "has an entry point whose name is a path" in error
    assert not outside.exists()


OPEN = "home = /usr/bin\ninclude-system-site-packages = true\n"
DATA = "tool_one-1.0.data"


@pytest.mark.parametrize(
    "name",
    [
        f"{DATA}/data/pyvenv.cfg",
        f"{DATA}/data/./pyvenv.cfg",
        f"{DATA}/data/bin/../pyvenv.cfg",
        f"{DATA}/data/bin/pyvenv.cfg",
        f"{DATA}/scripts/pyvenv.cfg",
        f"{DATA}/data/bin/python",
        f"{DATA}/scripts/python3",
        f"{DATA}/data/truewheel/truewheel_hooks.py",
        f"{DATA}/data/lib64",
        "truewheel_determinism.py",
        "truewheel_determinism/__init__.py",
        "truewheel_determinism.abi3.so",
        f"{DATA}/platlib/truewheel_compile.py",
        "an entry point",
    ],
)
def test_the_environments_own_files_are_its_own(
    in_mode: Truewheel, links: Path, name: str
) -> None:
    """A pyvenv.cfg of a build requirement would switch the isolation off."""
    files = {name: OPEN}
    if name == "an entry point":
        files = {INFO: "[console_scripts]\npython = tool_one:main\n"}
    needing(links, files)
    result = in_mode.wheel("needy-one", code=1)
    (error,) = result.errors
    assert "tool_one-1.0-py3-none-any.whl" in error, result.text
    own = "has a file where the build environment has one of its own"
    assert own in error or ".." in name or "/./" in name


def test_data_beside_them_is_installed(truewheel: Truewheel, links: Path) -> None:
    """The control: a file in the same directories that nobody needs."""
    needing(links, {f"{DATA}/data/etc/pyvenv.cfg": OPEN, f"{DATA}/scripts/python-config": "x"})
    assert truewheel.wheel("needy-one").names


def test_other_names_may_have_slashes(truewheel: Truewheel, links: Path) -> None:
    """Only scripts become files."""
    needing(links, {INFO: "[media.types]\ntext/html = tool_one:main\n[console_scripts]\n"
                          "# a/comment = x\ntool = tool_one:main\n"})
    assert truewheel.wheel("needy-one").names == ["needy_one-1.0-py3-none-any.whl"]


@pytest.mark.parametrize(
    "answer, said",
    [
        ("['r%d' % n for n in range(201)]", "asked for 201 build requirements"),
        ("['x' * 1025]", "which is no requirement"),
        ("['x @ file:///etc/passwd']", "a file of this machine"),
        ("['--index-url=http://127.0.0.1:1/']", "which is no requirement"),
        ("['fine', 7]", "did not return a list of strings"),
        ("itertools.repeat('x')", "is not JSON serializable"),
        ("'tool-one'", "did not return a list of strings"),
    ],
)
def test_what_a_backend_may_not_ask_for(
    truewheel: Truewheel, links: Path, answer: str, said: str
) -> None:
    body = f"import itertools\nreturn {answer}"
    samples.hooked("asking-one", "get_requires_for_build_wheel", body).write(links)
    result = truewheel.wheel("asking-one", code=1)
    (error,) = result.errors
    assert error.startswith("truewheel: cannot build asking-one 1.0: requires: ") and said in error


def test_a_backend_that_asks_for_none(truewheel: Truewheel, links: Path) -> None:
    """Not a list, but pip takes it for an empty one."""
    samples.hooked("asking-one", "get_requires_for_build_wheel", "return None").write(links)
    assert truewheel.wheel("asking-one").names == ["asking_one-1.0-py3-none-any.whl"]


def test_a_backend_that_always_wants_more(truewheel: Truewheel, links: Path) -> None:
    """The backend is asked a second time, in the larger environment, and never a third time."""
    for number in range(3):
        Wheel(f"more-{number}").write(links)
    body = (
        "import importlib.util as u\n"
        "return ['more-%d' % sum(u.find_spec('more_%d' % n) is not None for n in range(3))]"
    )
    samples.hooked("asking-one", "get_requires_for_build_wheel", body).write(links)
    result = truewheel.wheel("asking-one", code=1)
    (error,) = result.errors
    assert "still missing after they were installed" in error


def test_the_record_goes_into_a_device(truewheel: Truewheel, links: Path) -> None:
    """`--json /dev/…` writes to the device, through a link as well, and replaces neither."""
    samples.pure().write(links)
    link = truewheel.world.cwd / "record"
    link.symlink_to("/dev/null")
    truewheel.wheel("--json", link, "pure-one")
    assert link.is_symlink()
    pipe = truewheel.world.cwd / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        truewheel.wheel("--json", pipe, "pure-one")
        assert os.read(reader, 10).startswith(b"{") and pipe.is_fifo()
    finally:
        os.close(reader)


def test_the_record_goes_into_dev_null(
    truewheel: Truewheel, links: Path, needs_root: None, tmp_path: Path
) -> None:
    samples.pure().write(links)
    device = tmp_path / "null"
    try:
        os.mknod(device, 0o20666, os.makedev(1, 3))
    except OSError as error:
        pytest.skip(f"no device can be made here: {error}")
    truewheel.wheel("--json", device, "pure-one")
    assert device.is_char_device()


@pytest.mark.parametrize("option", ["--json", "--report", "--depfile"])
def test_what_goes_to_stdout_goes_where_stdout_is(
    truewheel: Truewheel, links: Path, option: str
) -> None:
    """`--json /dev/stdout >>f`, by a link of the test's own: the link stays, and what f had."""
    samples.pure().write(links)
    out, link = truewheel.world.cwd / "f", truewheel.world.cwd / "stdout"
    link.symlink_to("/proc/self/fd/1")
    out.write_text("before\n")
    append = ["sh", "-c", f'exec "$@" >>"{out}"', "sh"]
    truewheel.wheel("-q", option, link, "pure-one", prefix=append)
    assert link.is_symlink()
    before, rest = out.read_text().split("\n", 1)
    assert before == "before" and rest.startswith("{" if option != "--depfile" else "/"), rest


def test_json_on_stdout_is_alone_there(truewheel: Truewheel, links: Path) -> None:
    """Not by /dev/stdout itself: where this went wrong, root would lose it."""
    samples.pure().write(links)
    link = truewheel.world.cwd / "stdout"
    link.symlink_to("/proc/self/fd/1")
    json.loads(truewheel.wheel("--json", link, "pure-one").out)


@pytest.mark.parametrize(
    "where, url",
    [
        ("pyproject.toml", "file://{}"),
        ("pyproject.toml", "FILE://{}"),
        ("hook", "FILE://{}"),
        ("hook", "git+file://{}"),
        ("a dependency", "file://{}"),
    ],
)
def test_a_project_of_the_home_is_not_given(
    truewheel: Truewheel, links: Path, where: str, url: str
) -> None:
    """A source from elsewhere must not require a path below the home, which it cannot see."""
    private = Sdist("private-one").write_tree(truewheel.world.home / "private")
    asked = [f"private-one @ {url.format(private)}"]
    if where == "hook":
        Sdist("hostile-one", dynamic_requires=asked).write(links)
    elif where == "pyproject.toml":
        Sdist("hostile-one", build_requires=asked).write(links)
    else:
        Sdist("hostile-one", build_requires=["hostile-two"]).write(links)
        Sdist("hostile-two", requires=asked).write(links)
    result = truewheel.wheel("-v", "hostile-one", code=1)
    (error,) = result.errors
    assert "is a file of this machine" in error
    assert "private-one 1.0: starting" not in result.err


def test_a_path_may_name_paths(truewheel: Truewheel, links: Path, tmp_path: Path) -> None:
    """The user named the first one by its path, so it may require others by theirs."""
    leaf = Sdist("leaf-one").write(tmp_path / "leaf")
    helper = Sdist("helper-one", requires=[f"leaf-one @ {leaf.as_uri()}"]).write_tree(
        tmp_path / "helper")
    asked = [f"helper-one @ {helper.as_uri()}"]
    tree = Sdist("tree-one", build_requires=asked).write_tree(tmp_path / "tree")
    archive = Sdist("archive-one", dynamic_requires=asked).write(tmp_path)
    assert len(truewheel.wheel(tree, archive).names) == 2


def test_configured_links_do_not_pile_up(truewheel: Truewheel, links: Path, tmp_path: Path) -> None:
    """pip appends options to configured ones, in each resolution again: the list must not grow."""
    write_all(
        links,
        Sdist("top-one", build_requires=["middle-one"]),
        Sdist("middle-one", build_requires=["bottom-one"]),
        Sdist("other-one", build_requires=["bottom-one"]),
        Sdist("bottom-one"),
    )
    out = tmp_path / "out"
    env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links), "PIP_TRUSTED_HOST": "a.test b.test"}
    result = truewheel("wheel", "-v", "-w", out, "top-one", "other-one", env=env, wheels=out)
    assert result.err.count("bottom-one 1.0: starting") == 1, result.text


def test_circle_with_configured_links(truewheel: Truewheel, links: Path) -> None:
    write_all(
        links,
        Sdist("circle-one", build_requires=["circle-two"]),
        Sdist("circle-two", build_requires=["circle-one"]),
    )
    env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links)}
    result = truewheel("wheel", "circle-one", env=env, code=1, seconds=60)
    (error,) = result.errors
    assert "its build requirements need circle-one 1.0 itself, from source" in error
    assert "without --no-binary" not in result.err and "a wheel of one of them" in result.err
    env["PIP_NO_BINARY"] = ":all:"
    result = truewheel("wheel", "circle-one", env=env, code=1, seconds=60)
    assert "without --no-binary" in result.err
