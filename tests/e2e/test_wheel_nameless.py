"""Sources whose name nobody knows before a build: decisions by name, and what they are called."""

import json
import subprocess
import zipfile
from pathlib import Path
from typing import Callable, Dict, Iterator

import pytest

from fixtures import hostile, samples
from fixtures.index import Server
from fixtures.runner import Truewheel, read_json
from fixtures.sdist import Sdist, write_all

BACKEND = """
import tinybackend, urllib.request
tinybackend.metadata = lambda: "Metadata-Version: 2.1\\nName: Net.Works\\nVersion: 1.0\\n"

def fetch():
    url = open("url").read()
    try:
        urllib.request.urlopen(url, timeout=10).read()
    except OSError as error:
        raise OSError("Network is unreachable: %s" % error)

"""
AT_THE_END = """
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    fetch()
    return tinybackend.build_wheel(wheel_directory)
"""
AT_ONCE = "fetch()\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "data").write_text("words")
    with Server(tmp_path / "served") as server:
        yield server


def nameless_tree(path: Path, backend: str, url: str = "") -> Path:
    """A project whose backend alone knows its name."""
    Sdist("net-works", backend=backend, files={"url": url}).write_tree(path)
    (path / "PKG-INFO").unlink()
    return path


def commit(tree: Path) -> str:
    git = ["git", "-C", str(tree), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *command], check=True)
    return f"git+{tree.as_uri()}"


def archive(tree: Path) -> str:
    path = tree.parent / "archive.tar.gz"
    subprocess.run(["tar", "-czf", path, "-C", tree.parent, tree.name], check=True)
    return str(path)


KINDS: Dict[str, Callable[[Path], str]] = {
    "tree": str,
    "editable": lambda tree: f"-e{tree}",
    "repository": commit,
    "archive": archive,
    "named": lambda tree: f"net_works @ {tree.as_uri()}",
    "egg": lambda tree: f"{commit(tree)}#egg=Net.Works",
}


@pytest.mark.parametrize("kind", KINDS)
def test_network_by_a_name_that_is_learned(
    truewheel: Truewheel, tmp_path: Path, server: Server, needs_namespaces: None, kind: str
) -> None:
    tree = nameless_tree(tmp_path / "project", BACKEND + AT_THE_END, f"{server.url}data")
    source = KINDS[kind](tree)
    refused = truewheel.wheel(source, code=1)
    assert "hint: builds have no network; --allow-network Net" in refused.err or kind in (
        "named", "egg",
    )  # fmt: skip
    truewheel.wheel("--allow-network", "other", source, code=1)
    assert not server.seen
    report = truewheel.world.base / "report.json"
    result = truewheel.wheel("--allow-network", "NET_works", source, "--json", report)
    assert result.names == ["net_works-1.0-py3-none-any.whl"] and server.seen == ["/data"]
    (wheel,) = read_json(report)["wheels"]
    assert wheel["inputs"]["network"] == "yes"
    again = result.err.count("is Net.Works, which --allow-network names: building it again")
    assert again == (0 if kind in ("named", "egg") else 1)
    assert "nothing of that name" not in result.err


TRIES = """
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    try:
        fetch()
        said = "yes"
    except OSError:
        said = "no"
    with open(spec()["package"] + "/network", "w") as file:
        file.write(said)
    return tinybackend.build_wheel(wheel_directory)
"""


def test_a_wheel_from_the_store_had_no_network(
    truewheel: Truewheel, tmp_path: Path, server: Server, needs_namespaces: None
) -> None:
    """What another run has built without it is not what --allow-network asks for."""
    tree = nameless_tree(tmp_path / "project", BACKEND + TRIES, f"{server.url}data")
    for number, (arguments, said) in enumerate(
        [([], b"no"), (["--allow-network", "net-works"], b"yes"), ([], b"no")]
    ):
        result = truewheel.wheel(*arguments, tree, wheels=truewheel.world.base / str(number))
        with zipfile.ZipFile(result.wheels / result.names[0]) as wheel:
            assert wheel.read("net_works/network") == said
    assert len(server.seen) == 1


def test_network_before_the_name_is_known(
    truewheel: Truewheel, tmp_path: Path, server: Server, needs_namespaces: None
) -> None:
    """The hint says how the user can name it, and that helps."""
    tree = nameless_tree(tmp_path / "project", BACKEND + AT_ONCE, f"{server.url}data")
    result = truewheel.wheel("--allow-network", "net-works", tree, code=1)
    named = f"NAME @ {tree.as_uri()}"
    assert f"--allow-network NAME '{named}' gives it to this one" in result.err
    named = named.replace("NAME", "net-works")
    assert truewheel.wheel("--allow-network", "net-works", named).names


def test_the_network_is_not_for_whoever_has_no_name(
    truewheel: Truewheel, tmp_path: Path, server: Server, needs_namespaces: None
) -> None:
    """Neither is it for what an sdist calls itself when it was asked for by another name."""
    backend = BACKEND + AT_THE_END
    liar = Sdist("net-works", backend=backend, files={"url": f"{server.url}data"})
    path = liar.write(tmp_path / "somewhere")
    path.rename(truewheel.links / "honest_one-1.0.tar.gz")
    result = truewheel.wheel("--allow-network", "net-works", "honest-one", code=4)
    assert not server.seen and "honest-one" in result.errors[0]


FAILING = """
def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    raise ValueError("boom")
"""


@pytest.mark.parametrize("kind", ["tree", "editable", "repository", "archive"])
def test_keep_going(truewheel: Truewheel, tmp_path: Path, kind: str) -> None:
    good = samples.pure().write_tree(tmp_path / "good")
    bad = nameless_tree(truewheel.world.cwd / "bad", FAILING)
    worse = nameless_tree(tmp_path / "worse", FAILING, "other content")
    report = truewheel.world.base / "report.json"
    sources = [KINDS[kind](bad), worse]
    result = truewheel.wheel("-k", "--json", report, *sources, good, code=1)
    assert result.names == ["pure_one-1.0-py3-none-any.whl"]
    record = read_json(report)
    assert [wheel["name"] for wheel in record["wheels"]] == ["pure-one"]
    assert len(record["failures"]) == len(result.errors) == 2
    said = "\n".join(result.errors)
    shown = {"repository": f"git+{bad.as_uri()}", "archive": "./archive.tar.gz"}.get(kind, "./bad")
    assert f"cannot build {shown}: metadata: ValueError: boom" in said
    assert f"cannot build {worse}: metadata: ValueError: boom" in said
    assert "cannot build source-" not in result.err and "source-" not in json.dumps(
        [failure["message"].partition(" (log: ")[0] for failure in record["failures"]]
    )


@pytest.mark.parametrize("kind", ["truncated", "garbage", "empty", "no-project"])
@pytest.mark.parametrize("given", ["by name", "by path"])
def test_keep_going_beside_a_broken_archive(
    truewheel: Truewheel, links: Path, tmp_path: Path, kind: str, given: str
) -> None:
    samples.pure().write(links)
    path = hostile.broken(kind, links if given == "by name" else tmp_path / "somewhere")
    source = "broken-one" if given == "by name" else path
    result = truewheel.wheel("--keep-going", source, "pure-one", code=1)
    assert result.names == ["pure_one-1.0-py3-none-any.whl"]
    (error,) = result.errors
    assert "broken" in error and "source-" not in error


def test_keep_going_where_another_one_needs_what_failed(
    truewheel: Truewheel, links: Path, tmp_path: Path
) -> None:
    """No version satisfies what it requires. The reason is said, not only the consequence."""
    bad = nameless_tree(tmp_path / "bad", FAILING)
    write_all(links, Sdist("user-one", requires=["net-works>=1"]), samples.pure())
    result = truewheel.wheel("-k", f"net-works @ {bad.as_uri()}", "user-one", "pure-one", code=1)
    assert "net-works>=1" in result.errors[0] and "ValueError: boom" in result.errors[0]
