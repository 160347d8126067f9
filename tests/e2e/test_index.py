"""An index of wheels: pip and uv install from it, and it has what lies in the wheelhouse."""

import html.parser
import os
import subprocess
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

import pytest

from fixtures import samples
from fixtures.index import Handler, Server
from fixtures.plainpip import PlainPip
from fixtures.runner import Truewheel, read_json
from fixtures.sdist import write_all
from fixtures.wheels import Wheel

JSON_TYPE = "application/vnd.pypi.simple.v1+json"


class JsonHandler(Handler):
    """As docs/index.md has a web server set up: JSON for who asks for it."""

    def do_GET(self) -> None:
        if self.path.endswith("/") and JSON_TYPE in self.headers.get("Accept", ""):
            self.path += "index.json"
        super().do_GET()

    def guess_type(self, path: "os.PathLike[str] | str") -> str:
        return JSON_TYPE if str(path).endswith("/index.json") else super().guess_type(path)


class Anchors(html.parser.HTMLParser):
    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: List[Dict[str, Optional[str]]] = []
        self.tags: List[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: List[Tuple[str, Optional[str]]]) -> None:
        self.tags.append(tag)
        if tag == "a":
            self.found.append(dict(attributes))


def anchors(index: Path, project: str) -> List[Dict[str, Optional[str]]]:
    return Anchors(index / "simple" / project / "index.html").found


def content(index: Path) -> Dict[str, bytes]:
    return {str(path.relative_to(index)): path.read_bytes()
            for path in sorted(index.rglob("*")) if path.is_file()}


def stamps(index: Path) -> Dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in index.rglob("*")}


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "public"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    return tmp_path / "house"


@pytest.fixture(params=["file", "http", "json"])
def index_url(request: pytest.FixtureRequest, index: Path) -> Iterator[str]:
    if request.param == "file":
        yield (index / "simple").as_uri() + "/"
        return
    index.mkdir()
    with Server(index, JsonHandler if request.param == "json" else Handler) as server:
        yield server.url + "simple/"
        asked = [path.rsplit("/", 1)[-1] for path in server.seen]
        assert ("index.json" in asked) == (request.param == "json")
        assert "base_dep-1.5-py3-none-any.whl.metadata" in asked
        assert asked.index("base_dep-1.5-py3-none-any.whl.metadata") < asked.index(
            "base_dep-1.5-py3-none-any.whl")


def test_pip_installs_from_it(
    truewheel: Truewheel, links: Path, plain_pip: PlainPip, index: Path, tmp_path: Path,
    index_url: str,
) -> None:
    write_all(links, *samples.extras_and_markers())
    truewheel.wheel("top-one[more]", "--index", index)
    site = tmp_path / "site"
    done = plain_pip.run("install", "--isolated", "--index-url", index_url, "--target", site,
                         "top-one[more]")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {"top_one", "base_dep", "linux_dep", "extra_dep", "deep_dep"} <= {
        path.name for path in site.iterdir()}


@pytest.mark.network
@pytest.mark.parametrize("scheme", ["file", "http"])
def test_uv_installs_from_it(
    truewheel: Truewheel, links: Path, index: Path, tmp_path: Path, uv: Path, python: Path,
    scheme: str,
) -> None:
    write_all(links, *samples.extras_and_markers())
    truewheel.wheel("top-one", "--index", index)
    with Server(index) as server:
        url = server.url + "simple/" if scheme == "http" else (index / "simple").as_uri() + "/"
        subprocess.run(
            [str(uv), "pip", "install", "--no-config", "--python", str(python), "--target",
             str(tmp_path / "site"), "--index-url", url, "top-one"],
            cwd=truewheel.world.cwd,
            env={**truewheel.world.environment(), "UV_CACHE_DIR": str(tmp_path / "uv-cache")},
            check=True,
        )
    assert {"top_one", "base_dep"} <= {path.name for path in (tmp_path / "site").iterdir()}


def test_a_changed_wheel_is_refused(
    truewheel: Truewheel, house: Path, index: Path, plain_pip: PlainPip, tmp_path: Path
) -> None:
    """The control: the hashes are looked at, of the wheel and of its metadata."""
    Wheel("plain-one").write(house)
    truewheel("index", house, index)
    url = (index / "simple").as_uri() + "/"
    page = index / "simple" / "plain-one" / "index.html"
    good = page.read_text()
    (anchor,) = anchors(index, "plain-one")
    for attribute in ("href", "data-core-metadata"):
        digest = str(anchor[attribute]).partition("sha256=")[2]
        page.write_text(good.replace(digest, "0" * 64))
        done = plain_pip.run(
            "download", "--isolated", "--index-url", url, "-d", tmp_path / attribute, "plain-one")
        assert done.returncode != 0 and "0" * 64 in done.stdout + done.stderr


# ------------------------------------------------------------------------------- what it says


def test_pages_say_what_wheels_say(truewheel: Truewheel, house: Path, index: Path) -> None:
    Wheel("Plain.One", "1.0", requires_python=">=3.8").write(house)
    Wheel("Plain.One", "1.0+local.1", dist="Plain.One").write(house)
    (house / "notes.txt").write_text("no wheel\n")
    truewheel("index", house, index)
    page = read_json(index / "simple" / "plain-one" / "index.json")
    assert page["meta"] == {"api-version": "1.1"} and page["name"] == "plain-one"
    assert page["versions"] == ["1.0", "1.0+local.1"]
    files = {file["filename"]: file for file in page["files"]}
    assert sorted(files) == sorted(path.name for path in house.glob("*.whl"))
    assert files["Plain.One-1.0-py3-none-any.whl"]["requires-python"] == ">=3.8"
    assert files["Plain.One-1.0+local.1-py3-none-any.whl"]["url"] == (
        "Plain.One-1.0%2Blocal.1-py3-none-any.whl")
    for name, file in files.items():
        copy = index / "simple" / "plain-one" / name
        assert copy.read_bytes() == (house / name).read_bytes()
        assert file["size"] == copy.stat().st_size and not copy.is_symlink()
    assert read_json(index / "simple" / "index.json")["projects"] == [{"name": "plain-one"}]
    assert [anchor["href"] for anchor in Anchors(index / "simple" / "index.html").found] == [
        "plain-one/"]


def test_html_and_json_say_the_same(truewheel: Truewheel, house: Path, index: Path) -> None:
    Wheel("plain-one", requires_python=">=3.8").write(house)
    truewheel("index", house, index)
    (anchor,) = anchors(index, "plain-one")
    (file,) = read_json(index / "simple" / "plain-one" / "index.json")["files"]
    assert anchor == {
        "href": f"{file['url']}#sha256={file['hashes']['sha256']}",
        "data-requires-python": file["requires-python"],
        "data-core-metadata": f"sha256={file['core-metadata']['sha256']}",
        "data-dist-info-metadata": f"sha256={file['core-metadata']['sha256']}",
    }


def test_metadata_cannot_write_html(truewheel: Truewheel, house: Path, index: Path) -> None:
    hostile = "\"'></a><script>alert(1)</script><a href=\"http://x/y-1-py3-none-any.whl"
    Wheel("plain-one", requires_python=hostile).write(house)
    truewheel("index", house, index)
    page = Anchors(index / "simple" / "plain-one" / "index.html")
    assert page.tags.count("a") == 1 and "script" not in page.tags
    assert page.found[0]["data-requires-python"] == hostile


# -------------------------------------------------------------------------------------- yanks


def find_links(directory: Path, page: Path, reason: str) -> Path:
    wheel = samples.write_wheel(directory, "yanked-one")
    page.write_text(f'<a href="{wheel.as_uri()}" data-yanked="{reason}">{wheel.name}</a>')
    return page


@pytest.mark.parametrize("reason", ["it &quot;breaks&quot; &lt;b&gt;", ""])
def test_yanks_are_kept(
    truewheel: Truewheel, index: Path, plain_pip: PlainPip, tmp_path: Path, reason: str
) -> None:
    page = find_links(tmp_path / "kept", tmp_path / "page.html", reason)
    truewheel.wheel("yanked-one==1.0", "--find-links", page, "--index", index)
    told = html.unescape(reason)
    for _ in range(2):
        assert anchors(index, "yanked-one")[0]["data-yanked"] == told
        (file,) = read_json(index / "simple" / "yanked-one" / "index.json")["files"]
        assert file["yanked"] == (told or True)
        # by the index that was there: nothing else knows of it now
        (index / "simple" / "index.json").unlink()
        truewheel("index", truewheel.world.wheels, index)
    url = (index / "simple").as_uri() + "/"
    download = ["download", "--isolated", "--index-url", url, "-d", tmp_path / "downloaded"]
    assert plain_pip.run(*download, "yanked-one").returncode != 0
    assert plain_pip.run(*download, "yanked-one==1.0").returncode == 0


def test_yanks_are_read_from_records_beside(
    truewheel: Truewheel, index: Path, tmp_path: Path
) -> None:
    page = find_links(tmp_path / "kept", tmp_path / "page.html", "why")
    truewheel.wheel("yanked-one==1.0", "--find-links", page, "--record-beside")
    truewheel("index", truewheel.world.wheels, index)
    assert anchors(index, "yanked-one")[0]["data-yanked"] == "why"
    (wheel,) = truewheel.world.wheels.glob("*.whl")
    Wheel("yanked-one").write(truewheel.world.wheels)  # another one of the same name
    assert wheel.read_bytes() != (tmp_path / "kept" / wheel.name).read_bytes()
    truewheel("index", truewheel.world.wheels, index)
    assert "data-yanked" not in anchors(index, "yanked-one")[0]


# --------------------------------------------------------------------------------- replacement


def test_it_is_what_lies_in_the_house(truewheel: Truewheel, house: Path, index: Path) -> None:
    for name in ("plain-one", "plain-two"):
        Wheel(name).write(house)
    assert truewheel("index", house, index).out == (
        f"Wrote {index}/simple: 2 wheels of 2 projects\n")
    before, first = stamps(index), content(index)
    assert truewheel("index", house, index).out.startswith("Left as it was ")
    assert stamps(index) == before
    (gone,) = house.glob("plain_two*")
    gone.unlink()
    truewheel("index", house, index)
    assert {name.split("/")[1] for name in content(index)} == {
        "plain-one", "index.html", "index.json"}
    kept = index / "simple" / "plain-one" / "plain_one-1.0-py3-none-any.whl"
    assert kept.stat().st_mtime_ns == before[str(kept)]
    Wheel("plain-two").write(house)
    truewheel("index", house, index)
    assert content(index) == first
    assert [path.name for path in index.iterdir()] == ["simple"]


def test_what_a_killed_run_has_left_is_removed(
    truewheel: Truewheel, house: Path, index: Path
) -> None:
    Wheel("plain-one").write(house)
    left = index / ".truewheel-index-1" / "plain-one"
    left.mkdir(parents=True)
    truewheel("index", house, index)
    assert [path.name for path in index.iterdir()] == ["simple"]


def test_two_at_once_leave_a_whole_one(truewheel: Truewheel, house: Path, index: Path) -> None:
    for number in range(20):
        Wheel(f"plain-{number}").write(house)
    index.mkdir()
    runs = [truewheel.start("index", house, index) for _ in range(4)]
    assert [run.finish(60).code for run in runs] == [0] * 4
    assert len(read_json(index / "simple" / "index.json")["projects"]) == 20
    assert [path.name for path in index.iterdir()] == ["simple"]


def test_modes_do_not_depend_on_the_umask(truewheel: Truewheel, house: Path, index: Path) -> None:
    Wheel("plain-one").write(house).chmod(0o600)
    old = os.umask(0o077)
    try:
        truewheel("index", house, index)
    finally:
        os.umask(old)
    modes = {path.stat().st_mode & 0o7777 for path in (index / "simple").rglob("*")
             if path.is_file()}
    assert modes == {0o644}
    assert (index / "simple" / "plain-one").stat().st_mode & 0o7777 == 0o755


# -------------------------------------------------------------------------------------- errors


def test_nothing_of_others_is_replaced(truewheel: Truewheel, house: Path, index: Path) -> None:
    Wheel("plain-one").write(house)
    (index / "simple").mkdir(parents=True)
    (index / "simple" / "index.html").write_text("<h1>mine</h1>\n")
    result = truewheel("index", house, index, code=2)
    assert "no index that truewheel has written" in result.err
    assert content(index) == {"simple/index.html": b"<h1>mine</h1>\n"}


@pytest.mark.parametrize("name, data", [
    ("broken_one-1.0-py3-none-any.whl", b"no zip"),
    ("<script>-1.0-py3-none-any.whl", b""),
    ("no wheel.whl", b""),
])
def test_a_broken_wheel_leaves_the_index_as_it_was(
    truewheel: Truewheel, house: Path, index: Path, name: str, data: bytes
) -> None:
    Wheel("plain-one").write(house)
    truewheel("index", house, index)
    before = stamps(index)
    (house / name).write_bytes(data)
    result = truewheel("index", house, index, code=1)
    assert name in result.err and len(result.err.splitlines()) == 1
    assert stamps(index / "simple") == {
        path: stamp for path, stamp in before.items() if path != str(index / "simple")}
    assert [path.name for path in index.iterdir()] == ["simple"]


def test_metadata_of_another_project_is_refused(
    truewheel: Truewheel, house: Path, index: Path
) -> None:
    path = Wheel("plain-one").write(house)
    path.rename(house / "other_one-1.0-py3-none-any.whl")
    result = truewheel("index", house, index, code=1)
    assert "other_one-1.0" in result.err and not (index / "simple").exists()


def test_wheel_says_first_what_cannot_be_written(
    truewheel: Truewheel, links: Path, index: Path
) -> None:
    write_all(links, samples.pure())
    result = truewheel.wheel("pure-one", "--index", "https://me@example.org/simple", code=2)
    assert "--index-url" in result.err and "built" not in result.err
    index.write_text("a file\n")
    result = truewheel.wheel("pure-one", "--index", index, code=3)
    assert "is no directory" in result.err and "built" not in result.err


@pytest.mark.parametrize("arguments", [[], ["one"], ["one", "two", "three"]])
def test_usage(truewheel: Truewheel, arguments: List[str]) -> None:
    assert "a directory of wheels" in truewheel("index", *arguments, code=2).err


def test_quiet(truewheel: Truewheel, house: Path, index: Path) -> None:
    Wheel("plain-one").write(house)
    result = truewheel("index", "-q", house, index)
    assert result.out == result.err == ""
