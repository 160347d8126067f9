"""`truewheel verify --published`: planted publications, and what is said of each."""

import base64
import hashlib
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional

import pytest

from fixtures.dated_index import DatedHandler, DatedIndex
from fixtures.index import Server
from fixtures.runner import Result, Truewheel
from fixtures.sdist import Content, Sdist, as_bytes, write_requirements

# Writes the versions of two build requirements, and where it was built, as backends do.
BACKEND = """
import importlib.metadata, tinybackend

def wheel_text():
    tool = importlib.metadata.version("hatchling")
    return ("Wheel-Version: 1.0\\nGenerator: hatchling %s\\nRoot-Is-Purelib: true\\n"
            "Tag: py3-none-any\\n" % tool)

def write_made():
    with open("demo/_made.py", "w") as out:
        out.write("HELPER = %r\\n" % importlib.metadata.version("helper"))

tinybackend.wheel_text = wheel_text
plain = tinybackend.build_wheel

def build_wheel(*arguments):
    write_made()
    return plain(*arguments)
"""
CODE = "ONE = 1\nTWO = 2\nWHERE = '/srv/build/demo'\n"
SDIST = Sdist("demo", build_requires=["hatchling", "helper"], package={"code.py": CODE},
              backend=BACKEND)


@dataclass
class Publication:
    """A wheel as its publisher made it: what an honest build of SDIST gives, and changes."""

    changes: Mapping[str, Content] = field(default_factory=dict)
    generator: str = "hatchling 1.0"
    metadata: str = SDIST.metadata()

    def files(self) -> Dict[str, bytes]:
        info = "demo-1.0.dist-info"
        found: Dict[str, Content] = {
            "demo/__init__.py": "__version__ = '1.0'\n",
            "demo/code.py": CODE,
            "demo/_made.py": "HELPER = '1.0'\n",
            **self.changes,
            f"{info}/METADATA": self.metadata,
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: {self.generator}\n"
                             "Root-Is-Purelib: true\nTag: py3-none-any\n",
        }
        return {name: as_bytes(content) for name, content in found.items()}

    def write(self, directory: Path) -> Path:
        """Stored, with today's times, in the order of the names: in no normal form."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / "demo-1.0-py3-none-any.whl"
        rows = ""
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in sorted(self.files().items()):
                digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
                rows += f"{name},sha256={digest.decode()},{len(data)}\n"
                archive.writestr(name, data)
            archive.writestr("demo-1.0.dist-info/RECORD",
                             rows + "demo-1.0.dist-info/RECORD,,\n")
        return path


class Place:
    """An index with build tools of three years, and what runs against it."""

    def __init__(self, truewheel: Truewheel, base: Path, server: Server) -> None:
        self.truewheel, self.base, self.server = truewheel, base, server
        self.index = DatedIndex(base / "index")

    def tool(self, name: str, version: str, uploaded: Optional[str]) -> None:
        info = f"{name}-{version}.dist-info"
        path = self.base / f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{info}/METADATA",
                             f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: tests\n"
                             "Root-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n"
                             f"{info}/RECORD,,\n")
        self.index.add(path, uploaded)

    def publish(self, publication: Publication, sdist: Optional[Sdist] = SDIST,
                uploaded: Optional[str] = "2020-06-01") -> None:
        self.index.add(publication.write(self.base / "out"), uploaded)
        if sdist:
            self.index.add(sdist.write(self.base / "out"), uploaded)

    def run(self, *arguments: object, code: Optional[int] = 0) -> Result:
        return self.truewheel("verify", "--isolated", "-i", f"{self.server.url}simple/",
                              *arguments, code=code)

    def ask(self, *arguments: object, code: int = 0) -> Dict[str, Any]:
        """What is said of the only wheel."""
        said = json.loads(self.run("--json", *arguments, code=code).out)
        (result,) = said["wheels"]
        assert said["counts"][result["verdict"]] == 1
        found: Dict[str, Any] = result
        return found


@pytest.fixture
def empty_place(truewheel: Truewheel, tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "index").mkdir()
    with Server(tmp_path / "index", DatedHandler) as server:
        yield Place(truewheel, tmp_path, server)


@pytest.fixture
def at(empty_place: Place) -> Place:
    for name in ("hatchling", "helper"):
        empty_place.tool(name, "1.0", "2020-01-01")
        empty_place.tool(name, "2.0", "2021-01-01")
    return empty_place


def test_an_honest_wheel_is_byte_equal(at: Place) -> None:
    """Only because the tool that it names is pinned, and the index is as it was."""
    at.publish(Publication())
    said = at.run("--published", "demo==1.0").out.splitlines()
    assert said == ["byte-equal       demo-1.0-py3-none-any.whl", "1 of 1 byte-equal (100.0 %)"]
    assert at.run("--published", "-q", "demo==1.0").out == ""
    result = at.ask("--published", "demo")
    assert result["as_of"] == "2020-06-02T12:00:00+00:00"
    assert result["constraints"] == ["hatchling==1.0"] and result["notes"] == []


def test_without_the_times_it_would_not_be(empty_place: Place) -> None:
    """The control: today's helper writes another file."""
    for name in ("hatchling", "helper"):
        empty_place.tool(name, "1.0", None)
        empty_place.tool(name, "2.0", None)
    empty_place.publish(Publication(), uploaded=None)
    result = empty_place.ask("--published", "demo==1.0", code=1)
    assert (result["verdict"], result["causes"]) == ("different", ["generated"])
    assert result["notes"] == ["the index does not tell when it was uploaded: no time limit"]


def test_the_generator_is_pinned(at: Place) -> None:
    """A publisher whose tool was not the newest of its day."""
    at.publish(Publication({"demo/_made.py": "HELPER = '2.0'\n"}), uploaded="2021-06-01")
    assert at.ask("--published", "demo==1.0")["constraints"] == ["hatchling==1.0"]


PLANTED = {
    "CRLF": (Publication({"demo/code.py": CODE.replace("\n", "\r\n")}), ["line-ends"]),
    "not in the sdist": (Publication({"demo/data.bin": b"\0\1"}), ["not-in-sdist"]),
    "in the sdist": (Publication({"tiny.json": "{}"}), ["not-installed"]),
    "generated": (Publication({"demo/_made.py": "HELPER = '9.9'\n"}), ["generated"]),
    "compiled": (Publication({"demo/__pycache__/code.cpython-38.pyc": b"x"}), ["generated"]),
    "local path": (
        Publication({"demo/code.py": CODE.replace("/srv/build", "/home/joe")}),
        ["build-path"],
    ),
    "other source": (Publication({"demo/code.py": "ONE = 11\n"}), ["other-source"]),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_planted_difference(at: Place, kind: str) -> None:
    publication, causes = PLANTED[kind]
    at.publish(publication)
    result = at.ask("--published", "demo==1.0", code=1)
    assert (result["verdict"], result["causes"]) == ("different", causes)
    assert result["but_for"] == list(publication.changes)


def test_another_tool_version(at: Place) -> None:
    at.publish(Publication(generator="hatchling 0.9"))
    result = at.ask("--published", "demo==1.0", code=1)
    assert (result["verdict"], result["causes"]) == ("metadata", ["tool-version"])
    assert result["but_for"] == ["WHEEL: Generator"]
    assert result["notes"] == ["not with hatchling 0.9"]
    shown = at.run("--published", "demo==1.0", code=1).out
    assert "equal but for    demo-1.0-py3-none-any.whl\n    WHEEL: Generator\n" in shown


def test_what_was_implied_before_it_existed(at: Place) -> None:
    at.tool("late", "1.0", "2021-01-01")
    sdist = Sdist("demo", build_requires=["hatchling", "helper<2", "late"],
                  package={"code.py": CODE}, backend=BACKEND)
    at.publish(Publication(), sdist)
    result = at.ask("--published", "demo==1.0")
    assert result["notes"] == ["build requirements of today, not of the upload"]


def test_older_setuptools_are_tried(empty_place: Place) -> None:
    backend = """
import importlib.metadata, tinybackend
text = tinybackend.metadata
tinybackend.metadata = lambda: text() + "Platform: %s\\n" % importlib.metadata.version("setuptools")
tinybackend.wheel_text = lambda: (
    "Wheel-Version: 1.0\\nGenerator: bdist_wheel (%s)\\nRoot-Is-Purelib: true\\n"
    "Tag: py3-none-any\\n" % importlib.metadata.version("wheel"))
"""
    for version in ("56.0.0", "58.1.0", "60.0.0"):
        empty_place.tool("setuptools", version, "2020-01-01")
    empty_place.tool("wheel", "0.36", "2020-01-01")
    empty_place.tool("wheel", "0.37", "2020-01-01")
    sdist = Sdist("demo", build_requires=["setuptools", "wheel"], backend=backend)
    publication = Publication(generator="bdist_wheel (0.36)",
                              metadata=sdist.metadata() + "Platform: 56.0.0\n")
    files = publication.files()
    publication.files = lambda: {  # type: ignore[method-assign]
        name: data for name, data in files.items() if name not in ("demo/code.py", "demo/_made.py")}
    empty_place.publish(publication, sdist)
    result = empty_place.ask("--published", "demo==1.0")
    assert result["constraints"] == ["wheel==0.36", "setuptools==56.0.0"]
    assert result["notes"] == [
        "setuptools 56.0.0 tried: the wheel does not name its version"]


def test_what_cannot_be_built(at: Place) -> None:
    at.publish(Publication(), Sdist("demo", backend="raise ValueError('broken')\n"))
    result = at.ask("--published", "demo==1.0", code=1)
    assert result["verdict"] == "not-built" and "demo" in result["why"]


def test_what_there_is_not(at: Place) -> None:
    at.publish(Publication(), sdist=None)
    assert at.ask("--published", "demo==1.0", code=1)["why"] == (
        "the index has no sdist of demo 1.0")
    assert at.ask("--published", "demo==3", code=1)["why"] == (
        "there is no wheel of demo==3 for this Python")
    said = at.run("--published", "demo @ https://example.org/x.whl", code=2)
    assert said.errors == ["truewheel: 'demo @ https://example.org/x.whl' is from a URL, and"
                           " nothing is published of it"]
    said = at.run("--published", "none-1.0-py3-none-any.whl", code=2)
    assert said.errors == ["truewheel: cannot read 'none-1.0-py3-none-any.whl': No such file or"
                           " directory"]
    assert "no requirement and no wheel is given" in at.run("--published", code=2).errors[0]


def test_options_of_the_other_question(truewheel: Truewheel) -> None:
    for arguments, option in ((["--published", "--axes", "all"], "--axes"),
                              (["--resume", "x", "."], "--resume"), (["-r", "x"], "--requirement")):
        assert option in truewheel("verify", *arguments, code=2).errors[0]


def test_a_flipped_byte_is_an_error(at: Place) -> None:
    at.publish(Publication())
    path = at.base / "index" / "files" / "demo-1.0-py3-none-any.whl"
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(bytes(data))
    result = at.ask("--published", "demo==1.0", code=1)
    assert result["verdict"] == "not-fetched"
    assert "is not the file that the index lists" in result["why"]


# -------------------------------------------------------------------------- wheels from elsewhere


def test_against_a_directory(at: Place) -> None:
    at.publish(Publication())
    theirs = at.base / "theirs"
    Publication({"demo/code.py": "evil = 1\n"}).write(theirs)
    for arguments in (["--against", theirs, "demo==1.0"], ["--against", theirs]):
        result = at.ask(*arguments, code=1)
        assert (result["verdict"], result["but_for"]) == ("different", ["demo/code.py"])
    assert at.ask("--published", "demo==1.0")["verdict"] == "equal"
    missing = at.ask("--against", theirs, "hatchling==1.0", code=1)
    assert missing["why"] == f"there is no wheel of hatchling==1.0 for this Python in {theirs}"


def test_against_another_index(at: Place, tmp_path: Path) -> None:
    at.publish(Publication(), uploaded="2020-06-01")
    other = DatedIndex(tmp_path / "other")
    other.add(Publication({"demo/code.py": "evil = 1\n"}).write(tmp_path / "evil"), "2020-07-01")
    with Server(other.root, DatedHandler) as server:
        result = at.ask("--against", f"{server.url}simple/", "demo==1.0", code=1)
    assert (result["verdict"], result["but_for"]) == ("different", ["demo/code.py"])
    assert result["url"].startswith(server.url)


def test_a_wheel_that_is_here(at: Place) -> None:
    at.publish(Publication())
    ours = Publication().write(at.base / "ours")
    assert at.ask("--published", ours)["notes"] == []
    Publication({"demo/code.py": "evil = 1\n"}).write(at.base / "ours")
    result = at.ask("--published", ours, code=1)
    assert result["notes"] == ["the index has another wheel of that name"]
    assert result["verdict"] == "different"


# -------------------------------------------------------------------------------- many, and again


def two(at: Place) -> List[object]:
    at.publish(Publication())
    return ["-r", write_requirements(
        at.base / "list.txt", "# two", "demo==1.0", "other ; python_version < '3'", "helper==1.0"),
        "--published"]


def test_a_list(at: Place) -> None:
    said = at.run(*two(at), code=1).out
    assert said == (
        "byte-equal       demo-1.0-py3-none-any.whl\n"
        "not to be had    helper==1.0\n"
        "    the index has no sdist of helper 1.0\n"
        "1 of 2 byte-equal (50.0 %), 1 not to be had\n")


def test_resume(at: Place) -> None:
    arguments, state = [*two(at), "--resume", at.base / "state.jsonl"], at.base / "state.jsonl"
    first = at.run(*arguments, code=1).out
    whole = state.read_text()
    assert [json.loads(line)["verdict"] for line in whole.splitlines()] == ["equal", "not-fetched"]
    at.server.seen.clear()
    assert at.run(*arguments, code=1).out == first
    assert at.server.seen == []
    state.write_text(whole[:-20])  # killed while it wrote
    assert at.run(*arguments, code=1).out == first
    assert [path for path in at.server.seen if "/demo" in path] == []
    assert state.read_text() == whole
    state.write_text("something else\n")
    assert at.run(*arguments, code=1).errors == [
        f"truewheel: line 1 of '{state}' is no result of verify --published"]


def test_what_could_not_be_fetched_is_asked_again(at: Place) -> None:
    arguments, state = [*two(at), "--resume", at.base / "state.jsonl"], at.base / "state.jsonl"
    file = at.base / "index" / "files" / "demo-1.0.tar.gz"
    data = file.read_bytes()
    file.unlink()
    assert "could not fetch 'demo-1.0.tar.gz'" in at.run(*arguments, code=1).out
    assert len(state.read_text().splitlines()) == 1
    file.write_bytes(data)
    assert "1 of 2 byte-equal" in at.run(*arguments, code=1).out
