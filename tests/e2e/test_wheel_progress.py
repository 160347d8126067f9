"""What a person sees while it works, on a terminal and in a pipe."""

import errno
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path
from typing import Callable, List, Optional, Tuple

import pytest

from fixtures import samples
from fixtures.plainpip import PlainPip
from fixtures.process import wait_until
from fixtures.runner import Truewheel, snapshot
from fixtures.sdist import Sdist, write_all

ESCAPE = "\x1b"
COLOUR = re.compile(r"\x1b\[[0-9;]*[1-9][0-9;]*m")


def on_terminal(
    truewheel: Truewheel,
    *arguments: object,
    env: "Optional[dict[str, Optional[str]]]" = None,
    size: Tuple[int, int] = (24, 80),
    watch: Callable[[str], None] = lambda seen: None,
) -> str:
    """What a terminal of so many lines and columns gets to see; `watch` gets it as it comes."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    command = [str(truewheel.program)]
    command += [str(a) for a in truewheel.wheel_arguments(arguments, truewheel.world.wheels)]
    environment = truewheel.world.environment({"TERM": "xterm", **(env or {})})
    process = subprocess.Popen(
        command, cwd=truewheel.world.cwd, env=environment,
        stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal, start_new_session=True,
    )  # fmt: skip
    os.close(terminal)
    seen = b""
    while True:
        try:
            data = os.read(controller, 65536)
        except OSError as error:
            assert error.errno == errno.EIO  # the other end is closed
            break
        if not data:
            break
        seen += data
        watch(seen.decode(errors="replace"))
    os.close(controller)
    assert process.wait(60) in (0, 1)
    return seen.decode()


def left_on(size: Tuple[int, int], text: str) -> List[str]:
    """Every line that stands on such a terminal in the end, with those that have scrolled out."""
    pyte = pytest.importorskip("pyte")
    lines, columns = size
    screen = pyte.HistoryScreen(columns, lines, history=1000)
    pyte.Stream(screen).feed(text)
    scrolled = ["".join(row[i].data for i in range(columns)) for row in screen.history.top]
    return [line.rstrip() for line in [*scrolled, *screen.display] if line.strip()]


def slow(name: str = "slow-one") -> Sdist:
    """Builds long enough for progress to be drawn at least once."""
    return samples.hooked(name, "build_wheel", "time.sleep(1.5)")


def test_terminal_shows_a_line_per_job(truewheel: Truewheel, links: Path) -> None:
    write_all(links, slow(), slow("slow-two"))
    text = on_terminal(truewheel, "-j", "2", "slow-one", "slow-two")
    assert ESCAPE in text and COLOUR.search(text)
    drawn = [line for line in text.replace("\r", "\n").split("\n") if "slow-one" in line]
    assert any(re.search(r"wheel.*\d+(\.\d+)? ?s", line) for line in drawn), drawn
    assert re.search(r"\b\d+ (of|/) ?\d+", text), "a total line"


def test_a_warning_stays(truewheel: Truewheel, links: Path) -> None:
    """Above the lines that are drawn again and again, whole, however long it is."""
    write_all(links, slow(), samples.pure())
    size = (24, 60)
    text = on_terminal(truewheel, "pure-one[missing-extra]", "slow-one", size=size)
    assert text.count("\x1b[J") > 3, "it was drawn several times"
    seen = " ".join(left_on(size, text))
    assert "warning: pure-one 1.0 does not provide the extra 'missing-extra'" in seen
    assert "built slow-one 1.0" in seen


def test_more_jobs_than_the_terminal_has_lines(
    truewheel: Truewheel, links: Path, place: Path
) -> None:
    """Nothing of what was drawn is left where it scrolled out."""
    names = [f"meet-{number}" for number in range(8)]
    write_all(links, *(samples.meeting(name, place, len(names)) for name in names))
    shown = re.compile(r"8 running \(3 shown\)")

    def let_them_end(seen: str) -> None:
        """The builds wait for one more than they are: this, once all of them were drawn."""
        if shown.search(seen):
            (place / "seen").touch()

    size = (5, 60)
    arguments = ["-j", 8, "--bind", f"{place}:rw", *names]
    text = on_terminal(truewheel, *arguments, size=size, watch=let_them_end)
    left = left_on(size, text)
    assert sum(line.startswith("built meet-") for line in left) == 8, left
    assert not [line for line in left if re.search(r" {5}.*\ds$", line)], left
    assert shown.search(text)


def test_no_color(truewheel: Truewheel, links: Path) -> None:
    write_all(links, slow(), samples.failing())
    text = on_terminal(truewheel, "-k", "slow-one", "failing-one", env={"NO_COLOR": "1"})
    assert not COLOUR.search(text)
    coloured = on_terminal(truewheel, "-k", "slow-one", "failing-one", env={"NO_COLOR": ""})
    assert COLOUR.search(coloured), "an empty NO_COLOR counts as not set (no-color.org)"


def test_dumb_terminal(truewheel: Truewheel, links: Path) -> None:
    slow().write(links)
    assert ESCAPE not in on_terminal(truewheel, "slow-one", env={"TERM": "dumb"})


def test_quiet_terminal(truewheel: Truewheel, links: Path) -> None:
    slow().write(links)
    assert on_terminal(truewheel, "-q", "slow-one") == ""


def test_terminal_is_left_clean(truewheel: Truewheel, links: Path) -> None:
    """Whatever was drawn is taken back, the cursor is shown, the last line ends."""
    slow().write(links)
    text = on_terminal(truewheel, "slow-one")
    assert text.endswith("\n")
    assert text.count(f"{ESCAPE}[?25l") <= text.count(f"{ESCAPE}[?25h")


def test_pipe_gets_plain_lines(truewheel: Truewheel, links: Path) -> None:
    write_all(links, samples.pure(), samples.header_lib(), samples.header_user())
    result = truewheel.wheel("pure-one", "header-user")
    text = result.out + result.err
    assert ESCAPE not in text and "\r" not in text
    assert [line for line in result.err.splitlines() if "pure-one" in line]


def test_table(truewheel: Truewheel, links: Path) -> None:
    """Package, version, seconds, from where, sha256 of the wheel; then pip's words."""
    samples.pure().write(links)
    samples.write_wheel(links, "from-index")
    result = truewheel.wheel("pure-one", "from-index")
    lines = result.out.splitlines()
    assert sorted(lines[3:5]) == [f"Saved ./wheels/{name}" for name in result.names]
    assert lines[5:] == ["Successfully built pure-one"]
    rows = [line.split() for line in lines[:3]]
    assert rows[0] == ["package", "version", "seconds", "from", "sha256"]
    found = {row[0]: row[1:] for row in rows[1:]}
    assert found["pure-one"][0] == "1.0" and found["pure-one"][2] == "built"
    assert found["from-index"][2] == "index"
    assert {row[4] for row in rows[1:]} == set(result.hashes.values())


def test_pips_words(truewheel: Truewheel, links: Path, plain_pip: PlainPip) -> None:
    """Scripts look for them in pip's stdout."""
    for name in ("pure-one", "pure-two"):
        samples.pure(name).write(links)
    failing = samples.failing().write(links)
    out = truewheel.world.base / "elsewhere"
    result = truewheel.wheel("-k", "pure-one", "pure-two", "failing-one", wheels=out, code=1)
    assert f"Saved {out}/pure_two-1.0-py3-none-any.whl\n" in result.out
    assert result.out.endswith("\nSuccessfully built pure-one pure-two\n")
    failing.unlink()
    control = plain_pip.run("wheel", "--no-index", "-f", links, "pure-one", "pure-two")
    assert "\nSuccessfully built pure-one pure-two\n" in control.stdout
    again = truewheel("wheel", "--no-index", "-f", links, "pure-one")
    assert "\nSaved ./pure_one-1.0-py3-none-any.whl\n" in again.out


def test_failure_reads_well(truewheel: Truewheel, links: Path) -> None:
    samples.failing().write(links)
    logs = truewheel.world.base / "logs"
    result = truewheel.wheel("--log-dir", logs, "-q", "failing-one", code=1)
    lines = snapshot(result.err, truewheel.world).splitlines()
    assert lines[0] == (
        "truewheel: cannot build failing-one 1.0: wheel: RuntimeError: the reason is this"
        " (log: <world>/logs/failing-one-1.0.log)"
    )
    assert "  about to fail" in lines and len(lines) < 60


def test_closed_pipe_is_no_disaster(truewheel: Truewheel, links: Path) -> None:
    """`truewheel wheel … | head -1`: the wheels are delivered all the same."""
    write_all(links, *(samples.pure(f"pure-{number}") for number in range(4)))
    names = [f"pure-{number}" for number in range(4)]
    prefix: List[str] = ["sh", "-c", '"$@" 2>&1 | head -n 1; exit 0', "sh"]
    result = truewheel.wheel(*names, prefix=prefix)
    assert len(result.names) == 4


@pytest.mark.parametrize("columns", ["20", "0", "junk"])
def test_odd_widths(truewheel: Truewheel, links: Path, columns: str) -> None:
    slow("slow-" + "long" * 20).write(links)
    assert on_terminal(truewheel, "slow-" + "long" * 20, env={"COLUMNS": columns})


@pytest.mark.parametrize("size", [(24, 20), (24, 7), (24, 1), (3, 80), (1, 80), (0, 0)])
def test_small_terminals(truewheel: Truewheel, links: Path, size: Tuple[int, int]) -> None:
    """No line is drawn that the terminal breaks in two: it would not be taken back."""
    slow("slow-" + "long" * 20).write(links)
    text = on_terminal(truewheel, "slow-" + "long" * 20, size=size)
    frames = re.findall(r"\x1b\[2K([^\r\n]*)", text)
    assert all(len(line) < (size[1] or 80) for line in frames), frames
    if size[1] == 80:
        assert not [line for line in left_on(size, text) if "running" in line]


# ------------------------------------------------------------- what a build does, and for how long


def test_a_row_tells_what_the_build_is_at(truewheel: Truewheel, links: Path) -> None:
    body = "print('[3/70] compiling a.c\\nnote: of a.c', flush=True)\ntime.sleep(1.5)"
    samples.hooked("stepping-one", "build_wheel", body).write(links)
    text = on_terminal(truewheel, "stepping-one", size=(24, 120))
    assert re.search(r"stepping-one 1\.0 +building the wheel +\[3/70\] note: of a\.c +\d", text)


def test_what_a_build_prints_is_streamed(truewheel: Truewheel, links: Path) -> None:
    """Whole lines with the name of the package, whatever the pieces they come in."""
    body = "os.write(1, b'one ')\nos.write(1, b'line\\nsecond\\n')\nos.write(1, b'end')"
    samples.hooked("talking-one", "build_wheel", body).write(links)
    result = truewheel.wheel("-v", "talking-one")
    assert result.code == 0, result.text
    said = [line for line in result.err.splitlines() if line.startswith("talking-one 1.0 | ")]
    assert [line.split(" | ")[1] for line in said] == ["one line", "second", "end"]
    assert " | " not in truewheel.wheel("--no-cache", "talking-one").err


def test_a_long_build_is_heard_of(truewheel: Truewheel, links: Path, place: Path) -> None:
    """It ends once a person has been told twice that it still runs."""
    samples.meeting("long-one", place, 1).write(links)
    env = {"TRUEWHEEL_HEARTBEAT": "0.1"}
    run = truewheel.start_wheel("--bind", f"{place}:rw", "long-one", env=env)
    still = re.compile(r"^still at long-one 1\.0 after \d+ s \(wheel\)", re.M)
    wait_until(lambda: len(still.findall(run.read(1))) > 1, "two words about the build")
    (place / "enough").touch()
    assert run.finish(60).code == 0
    env["TRUEWHEEL_HEARTBEAT"] = "soon"
    wrong = truewheel.wheel("--bind", f"{place}:rw", "long-one", env=env)
    assert "TRUEWHEEL_HEARTBEAT='soon' is no number of seconds" in wrong.err


def test_groups_of_github(truewheel: Truewheel, links: Path) -> None:
    """What a build prints stands in a group, and cannot give the runner commands."""
    body = "print('::error::of nobody', flush=True)"
    write_all(links, samples.hooked("loud-one", "build_wheel", body))
    page = truewheel.world.base / "summary.md"
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}
    result = truewheel.wheel("-v", "loud-one", env=env)
    assert result.code == 0, result.text
    lines = result.err.splitlines()
    group = lines[lines.index("::group::output of loud-one 1.0") :]
    assert "::error::of nobody" in group[: group.index("::endgroup::")]
    assert [line for line in obeyed(lines) if "of nobody" in line] == []
    assert "::group::output of loud-one 1.0" in obeyed(lines)
    (row,) = [line for line in page.read_text().splitlines() if "loud-one" in line]
    assert row.startswith("| loud-one | 1.0 | built | `"), row


def obeyed(lines: List[str]) -> List[str]:
    """The commands that GitHub's runner would take."""
    stopped, taken = "", []
    for line in lines:
        if line.startswith("::stop-commands::"):
            stopped = line.split("::")[2]
        elif stopped and line == f"::{stopped}::":
            stopped = ""
        elif line.startswith("::") and not stopped:
            taken.append(line)
    return taken


def test_a_failure_gives_github_no_commands(truewheel: Truewheel, links: Path) -> None:
    samples.failing(body="print('::error::of nobody')\nraise RuntimeError('why')").write(links)
    result = truewheel.wheel("failing-one", code=1, env={"GITHUB_ACTIONS": "true"})
    lines = [line.strip() for line in result.err.splitlines()]
    assert "::error::of nobody" in lines
    assert obeyed(lines) == []
    assert "::stop-commands::" not in truewheel.wheel("failing-one", code=1).err


def test_sections_of_gitlab(truewheel: Truewheel, links: Path) -> None:
    samples.hooked("loud-one", "build_wheel", "print('loud', flush=True)").write(links)
    result = truewheel.wheel("-v", "loud-one", env={"GITLAB_CI": "true"})
    name = r"truewheel_output_of_loud-one_1\.0"
    start = re.search(rf"\x1b\[0Ksection_start:\d+:{name}\[collapsed=true\]", result.err)
    end = re.search(rf"\x1b\[0Ksection_end:\d+:{name}\n", result.err)
    assert start and end and "\nloud\n" in result.err[start.end() : end.start()]


def test_the_last_sentence(truewheel: Truewheel, links: Path) -> None:
    write_all(links, samples.pure(), Sdist("other-one"))
    env = {"TRUEWHEEL_NO_CACHE": None, "TRUEWHEEL_CACHE_DIR": str(truewheel.world.base / "store")}
    first = truewheel.wheel("pure-one", env=env)
    assert re.search(r"^1 wheel in \S+: 1 built; \d+\.\d s$", first.err, re.M), first.err
    second = truewheel.wheel("pure-one", "other-one", env=env)
    pattern = r"^2 wheels in \S+: 1 built, 1 from the store \(\d+\.\d s saved\), 1 as they were; "
    assert re.search(pattern, second.err, re.M), second.err
