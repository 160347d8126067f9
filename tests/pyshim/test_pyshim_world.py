"""What a build is told of the clock: where it starts, the files that the guest library reads."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyshim import world

DAYS = 1 << 20
FIRST = 315532800  # 1980-01-01


def source(place: Path, *times: float) -> str:
    root = place / "src"
    (root / "deep").mkdir(parents=True)
    for number, when in enumerate(times):
        file = root / "deep" / f"f{number}"
        file.touch()
        os.utime(file, ns=(0, int(when * 10**9)))
    for directory in (root / "deep", root):
        os.utime(directory, (0, 0))
    return str(root)


def test_the_newest_file_rounded_up(tmp_path: Path) -> None:
    assert world.newest(source(tmp_path, 1000, 3000.25, 2000)) == 3001


def test_a_dangling_link_has_a_time_of_its_own(tmp_path: Path) -> None:
    root = source(tmp_path, 1000)
    os.symlink("nowhere", os.path.join(root, "link"))
    os.utime(os.path.join(root, "link"), (2000, 2000), follow_symlinks=False)
    os.utime(root, (0, 0))
    assert world.newest(root) == 2000


@pytest.mark.parametrize(
    "asked, newest, archive, directory",
    [
        ("", 1700000000, 1700000001, FIRST + DAYS),
        ("315532800", 1700000000, 1700000001, FIRST + DAYS),
        ("1700000000", 1700000000, 1700000001, 1700000000),
        ("1800000000", 1700000000, 1800000000, 1800000000),
        ("1700000000", 5, 1700000000, 1700000000),
        ("", 5, FIRST + 1, FIRST + DAYS),
        ("yesterday", 5, FIRST + 1, FIRST + DAYS),
        ("-5", 5, FIRST + 1, FIRST + DAYS),
        ("99999999999", 5, 4102444800, 4102444800),
        ("1000000", 8000000000, 4102444800, FIRST + DAYS),
    ],
)
def test_where_the_clock_starts(
    tmp_path: Path, asked: str, newest: int, archive: int, directory: int
) -> None:
    root = source(tmp_path, newest)
    environ = {"SOURCE_DATE_EPOCH": asked} if asked else {}
    assert world.base_and_range(root, True, environ) == (archive, 1)
    assert world.base_and_range(root, False, environ) == (directory, DAYS)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "_BYTES", b"the library")


def entered(place: Path, guest: bool = True, settled: bool = True) -> tuple[dict[str, str], Path]:
    environ: dict[str, str] = {}
    job = place / "job"
    job.mkdir()
    world.World(str(job), guest, settled).enter(source(place, 1700000000), True, environ)
    return environ, job / "guest"


def test_its_files(tmp_path: Path, library: None) -> None:
    environ, guest = entered(tmp_path)
    assert sorted(os.listdir(guest)) == ["libtruewheel-guest.so", "notes", "tickets", "world"]
    assert (guest / "world").read_text() == \
        "clock files chance base=1700000001 range=1 patience=60\n"
    assert (guest / world.LIBRARY).read_bytes() == b"the library"
    assert environ == {"LD_PRELOAD": f"{guest}/{world.LIBRARY}",
                       "ASAN_OPTIONS": "verify_asan_link_order=0"}


def test_what_is_not_settled_is_noted(tmp_path: Path, library: None) -> None:
    assert (entered(tmp_path, settled=False)[1] / "world").read_text().startswith("noted base=")


def test_a_guard_that_is_off(
    tmp_path: Path, library: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUEWHEEL_TEST_GUARDS_OFF", "chance,files")
    assert (entered(tmp_path)[1] / "world").read_text().startswith("clock noted base=")


def test_no_library(tmp_path: Path, library: None) -> None:
    """The driver asks for none where its path could not stand in the loader's list."""
    environ, directory = entered(tmp_path, guest=False)
    assert environ == {} and not directory.exists()
    assert world.World(str(tmp_path), False, True).told()["clock"] == "real"


def test_what_was_told(tmp_path: Path, library: None) -> None:
    _, guest = entered(tmp_path)
    told = world.World(str(guest.parent), True, True)
    assert told.told() == {"t": "told", "clock": "settled", "start": 0, "chance": []}
    hexa = "00112233445566778899aabbccddeeff"
    with open(guest / "notes", "w", encoding="ascii") as out:
        out.write(f"chance {hexa}\nchance {hexa}\nchance 00\nchance zz\nclock ran\nrubbish\n")
    assert told.told() == {"t": "told", "clock": "ran", "start": 0, "chance": [hexa]}


def test_a_build_that_spoils_its_notes(tmp_path: Path, library: None) -> None:
    _, guest = entered(tmp_path)
    (guest / "notes").write_bytes(b"\xff\0" * 1000000)
    assert world.World(str(guest.parent), True, True).told()["chance"] == []
    (guest / "notes").unlink()
    (guest / "notes").mkdir()
    assert world.World(str(guest.parent), True, True).told()["clock"] == "settled"
    os.rmdir(guest / "notes")
    os.mkfifo(guest / "notes")
    assert world.World(str(guest.parent), True, True).told()["clock"] == "settled"
