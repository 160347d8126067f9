"""Builds that begin before the resolver asks for them, and wheels that are there before it ends."""

import shutil
import signal
from pathlib import Path
from typing import List

import pytest

from fixtures import index, process, samples
from fixtures.pips import some_pip
from fixtures.plainpip import PlainPip
from fixtures.runner import Truewheel
from fixtures.sdist import Sdist, write_all

assert some_pip  # fixture

# A hook that says that it is there, waits for others, and may fail or stay for ever.
BACKEND = """
import time, tinybackend

def meet(*steps):
    for step, what in steps:
        path = os.path.join({place!r}, what)
        if step == "say":
            open(path, "w").close()
        end = time.monotonic() + {seconds}
        while step == "await" and not os.path.exists(path):
            assert time.monotonic() < end, "nobody says " + what
            time.sleep(0.01)
        if step == "fail":
            raise RuntimeError(what)
        if step == "hang":
            time.sleep(3600)

def prepare_metadata_for_build_wheel(directory, config_settings=None):
    meet(*{metadata!r})
    return tinybackend.prepare_metadata_for_build_wheel(directory)

def build_wheel(directory, config_settings=None, metadata_directory=None):
    meet(*{wheel!r})
    return tinybackend.build_wheel(directory)
"""


class Meeting:
    """Makes sdists whose hooks meet at one place. They give up after some seconds."""

    def __init__(self, links: Path, place: Path) -> None:
        self.links, self.place, self.seconds = links, place, 60

    def add(self, name: str, version: str = "1.0", metadata: str = "", wheel: str = "",
            **more: object) -> None:
        """`metadata` and `wheel`: what each hook does: "say a, await b, fail c, hang d"."""
        steps = [[one.split() for one in text.split(", ") if one] for text in (metadata, wheel)]
        backend = BACKEND.format(place=str(self.place), seconds=self.seconds, metadata=steps[0],
                                 wheel=steps[1])
        Sdist(name, version, backend=backend, **more).write(self.links)  # type: ignore[arg-type]

    def await_file(self, path: Path) -> None:
        process.wait_until(path.exists, f"{path.name} is there")

    def say(self, what: str) -> None:
        (self.place / what).touch()

    @property
    def shown(self) -> List[str]:
        return ["--bind", f"{self.place}:rw"]


@pytest.fixture
def meeting(links: Path, place: Path) -> Meeting:
    return Meeting(links, place)


def wheel(name: str, version: str = "1.0") -> str:
    return f"{name}-{version}-py3-none-any.whl"


# --------------------------------------------------------------------------------------- beginning


@pytest.mark.parametrize("kind", ["named", "pinned", "archive", "tree"])
def test_all_that_is_named_begins(truewheel: Truewheel, meeting: Meeting, tmp_path: Path,
                                  kind: str) -> None:
    """Each metadata hook waits for the other one's."""
    other = tmp_path / "other"
    meeting.links = other if kind in ("archive", "tree") else meeting.links
    meeting.add("left", metadata="say left, await right")
    meeting.add("right", metadata="say right, await left")
    asked = [f"{name}==1.0" if kind == "pinned" else name for name in ("left", "right")]
    if kind in ("archive", "tree"):
        asked = [str(other / f"{name}-1.0.tar.gz") for name in asked]
    if kind == "tree":
        for archive in asked:
            shutil.unpack_archive(archive, tmp_path)
        asked = [str(tmp_path / "left-1.0"), str(tmp_path / "right-1.0")]
    result = truewheel.wheel("-j", "2", *meeting.shown, *asked)
    assert result.names == [wheel("left"), wheel("right")]


def test_all_that_is_named_begins_with(
    truewheel: Truewheel, some_pip: Path, meeting: Meeting
) -> None:
    """Each of the pips that truewheel works with."""
    meeting.add("left", metadata="say left, await right")
    meeting.add("right", metadata="say right, await left", requires=["below"])
    meeting.add("below")
    result = truewheel.wheel("--pip", some_pip, "-j", "2", *meeting.shown, "left", "right==1.0")
    assert result.names == [wheel("below"), wheel("left"), wheel("right")]


def test_one_after_the_other_without(truewheel: Truewheel, meeting: Meeting) -> None:
    """The control: then nobody comes to the meeting."""
    meeting.seconds = 3
    meeting.add("left", metadata="say left, await right")
    meeting.add("right", metadata="say right, await left")
    result = truewheel.wheel("-j", "2", "--no-ahead", *meeting.shown, "left", "right", code=1)
    assert "nobody says right" in result.err


def test_dependencies_begin_with_the_metadata(truewheel: Truewheel, meeting: Meeting) -> None:
    """The resolver waits for `first`, which waits for what `second` depends on."""
    meeting.add("first", metadata="await below")
    meeting.add("second", requires=["middle; python_version > '3'", "never; extra == 'x'"])
    meeting.add("middle", requires=["below"], metadata_version="2.2")
    meeting.add("below", metadata="say below")
    result = truewheel.wheel("-j", "2", *meeting.shown, "first", "second")
    assert result.names == [wheel(name) for name in ("below", "first", "middle", "second")]


def test_dependencies_of_wheels_begin(truewheel: Truewheel, meeting: Meeting) -> None:
    """pip pins `app` before it asks for the metadata of what it depends on, one after another."""
    samples.write_wheel(meeting.links, "app", requires=("left", "right"))
    meeting.add("left", metadata="say left, await right")
    meeting.add("right", metadata="say right, await left")
    assert len(truewheel.wheel("-j", "2", *meeting.shown, "app").names) == 3


def test_sources_are_fetched_once(truewheel: Truewheel, tmp_path: Path) -> None:
    there = index.Index(tmp_path / "index")
    for sdist in (samples.pure("one"), samples.pure("two"), Sdist("three", requires=["two"])):
        there.add(sdist.write(tmp_path))
    with index.Server(there.root) as server:
        truewheel("wheel", "-i", f"{server.url}simple/", "one", "two==1.0", "three")
        fetched = sorted(path for path in server.seen if path.endswith(".tar.gz"))
    assert fetched == [f"/files/{name}-1.0.tar.gz" for name in ("one", "three", "two")]


def test_error_tells_of_no_other_project(
    truewheel: Truewheel, some_pip: Path, tmp_path: Path
) -> None:
    """pip looks for `missing` and gives up; ahead of it `picky` was looked for, too."""
    there = index.Index(tmp_path / "index")
    there.add(samples.pure("picky").write(tmp_path), requires_python=">=99")
    with index.Server(there.root) as server:
        options = ["--pip", some_pip, "-i", f"{server.url}simple/"]
        result = truewheel("wheel", *options, "missing", "picky", code=4)
        alone = truewheel("wheel", *options, "picky", code=4)
    assert "ignored" not in result.err and "missing" in result.err
    assert "ignored" in alone.err


# ------------------------------------------------------------------------------------ wrong guesses


def test_wrong_guess_may_fail(truewheel: Truewheel, meeting: Meeting) -> None:
    """The newest `base` is begun for `quick`, and not what pip takes, which `slow` decides."""
    meeting.add("slow", requires=["base<2"], metadata="await begun")
    meeting.add("quick", requires=["base"])
    meeting.add("base", "1.0")
    meeting.add("base", "2.0", metadata="say begun, fail broken")
    result = truewheel.wheel("-j", "2", *meeting.shown, "slow", "quick")
    assert result.names == [wheel("base"), wheel("quick"), wheel("slow")]
    said = [line for line in result.unwarned if not line.startswith("building ")]
    assert (meeting.place / "begun").exists() and not said[4:], result.err


def test_wrong_guess_is_stopped(truewheel: Truewheel, meeting: Meeting) -> None:
    """It would keep one of two slots, and two wheels wait for each other."""
    meeting.add("base", "2.0", metadata_version="2.2", metadata="say begun, hang here")
    meeting.add("base", "1.0", metadata_version="2.2")
    meeting.add("needs-old", metadata_version="2.2", requires=["base<2"],
                wheel="say left, await right")
    meeting.add("last", metadata="await begun", wheel="say right, await left")
    result = truewheel.wheel("-j", "2", *meeting.shown, "base", "last", "needs-old")
    assert result.names == [wheel("base"), wheel("last"), wheel("needs_old")]


def test_wrong_guess_that_an_environment_needs(truewheel: Truewheel, meeting: Meeting) -> None:
    """It is stopped or not begun, and then wanted after all: as a build requirement."""
    meeting.add("base", "2.0", metadata_version="2.2")
    meeting.add("base", "1.0", metadata_version="2.2")
    meeting.add("needs-old", metadata_version="2.2", requires=["base<2"])
    Sdist("user-one", dynamic_requires=["base==2.0"]).write(meeting.links)
    result = truewheel.wheel("-j", "1", *meeting.shown, "base", "needs-old", "user-one")
    assert result.names == [wheel("base"), wheel("needs_old"), wheel("user_one")]


# ------------------------------------------------------------------------------- early publication


def test_pinned_wheel_is_there_before_the_end(truewheel: Truewheel, meeting: Meeting) -> None:
    meeting.add("quick")
    meeting.add("slow", metadata="await go")
    run = truewheel.start_wheel("-j", "2", *meeting.shown, "quick==1.0", "slow")
    meeting.await_file(truewheel.world.wheels / wheel("quick"))
    meeting.say("go")
    result = run.finish()
    assert result.code == 0 and result.names == [wheel("quick"), wheel("slow")], result.text
    assert [line.split()[0] for line in result.out.splitlines()[1:3]] == ["quick", "slow"]


def test_failure_keeps_what_was_delivered(truewheel: Truewheel, meeting: Meeting) -> None:
    meeting.add("quick")
    meeting.add("slow", metadata="await go, fail broken")
    run = truewheel.start_wheel("-j", "2", *meeting.shown, "quick==1.0", "slow")
    meeting.await_file(truewheel.world.wheels / wheel("quick"))
    meeting.say("go")
    result = run.finish()
    assert result.code == 1 and result.names == [wheel("quick")]
    assert "cannot build slow 1.0: metadata" in result.err
    said = f"truewheel: delivered before that, to '{result.wheels}': {wheel('quick')}"
    assert said in result.err.splitlines()


@pytest.mark.parametrize("asked", ["quick", "quick<2", "quick==1.*", "quick==1"])
def test_what_may_be_replaced_is_not_delivered(truewheel: Truewheel, meeting: Meeting,
                                               asked: str) -> None:
    """`quick==1` may still be 1.0 or 1.0+local."""
    for version in ("1.0", "1.0+local") if asked == "quick==1" else ("1.0",):
        meeting.add("quick", version, wheel="say built")
    meeting.add("slow", metadata="await built, fail broken")
    result = truewheel.wheel("-j", "2", *meeting.shown, asked, "slow", code=1)
    assert not result.names and "delivered" not in result.err


def test_interrupt_says_what_was_delivered(truewheel: Truewheel, meeting: Meeting) -> None:
    meeting.add("quick")
    meeting.add("slow", metadata="hang here")
    run = truewheel.start_wheel("-j", "2", *meeting.shown, "quick==1.0", "slow")
    meeting.await_file(truewheel.world.wheels / wheel("quick"))
    run.process.send_signal(signal.SIGINT)
    result = run.finish()
    assert result.code == 128 + signal.SIGINT and result.names == [wheel("quick")]
    assert f"delivered before that, to '{result.wheels}': {wheel('quick')}" in result.err


def test_nothing_early_that_is_not_delivered(truewheel: Truewheel, meeting: Meeting) -> None:
    """--only-deps: a pinned requirement is built for its metadata alone."""
    meeting.add("quick", wheel="say built", requires=["slow"])
    meeting.add("slow", metadata="await built, fail broken")
    result = truewheel.wheel("-j", "2", *meeting.shown, "--only-deps", "quick==1.0", code=1)
    assert not result.names


# ----------------------------------------------------------------------------------- the same set


def test_file_of_another_version(truewheel: Truewheel, plain_pip: PlainPip, links: Path) -> None:
    """pip goes on to the next file when the metadata is not of the version in the name."""
    write_all(links, Sdist("odd-one", "1.0"), Sdist("odd-one", "2.0"))
    (links / "odd_one-2.0.tar.gz").rename(links / "odd_one-3.0.tar.gz")
    expected = plain_pip.wheel(truewheel.world.base / "plain", links, "odd-one")
    assert truewheel.wheel("odd-one").names == sorted(expected) == [wheel("odd_one")]


def test_yanked(truewheel: Truewheel, plain_pip: PlainPip, links: Path, tmp_path: Path) -> None:
    """The newest is not begun, unless it is the only one of its pin."""
    pages = []
    for version in ("1.0", "2.0"):
        path = samples.pure("pulled", version).write(tmp_path)
        yanked = ' data-yanked="broken"' if version == "2.0" else ""
        pages.append(f'<a href="{path.as_uri()}"{yanked}>{path.name}</a>')
    page = tmp_path / "page.html"
    page.write_text("<!DOCTYPE html><html><body>" + "".join(pages) + "</body></html>")
    for asked, version in (("pulled", "1.0"), ("pulled==2.0", "2.0")):
        more = ["--find-links", page.as_uri(), asked]
        expected = plain_pip.wheel(truewheel.world.base / f"plain-{version}", links, *more)
        result = truewheel.wheel(*more, wheels=truewheel.world.base / version)
        assert result.names == sorted(expected) == [wheel("pulled", version)]
