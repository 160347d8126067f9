"""
Timeouts, signals, a killed driver, failed builds: nothing is left running, half-written or locked.
"""

import fcntl
import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import List

import pytest

from fixtures import launch, process, samples
from fixtures.runner import Result, Running, Truewheel
from fixtures.sdist import Sdist, wheel_names, write_all

# Generous, for slow machines; the promise of a second is checked by the driver's own deadline.
END = 20.0


def log_has(run: Running, logs: Path, text: str) -> None:
    """Waits until a log of the run holds `text`."""

    def there() -> bool:
        assert run.process.poll() is None, run.result(-1).text
        return any(text in path.read_text(errors="replace") for path in logs.glob("*"))

    process.wait_until(there, f"{text!r} in a log", 60)


def hang(truewheel: Truewheel, *arguments: object, text: str = "hanging") -> Running:
    """A run that is in the middle of its work."""
    logs = truewheel.world.base / "logs"
    run = truewheel.start_wheel("--log-dir", logs, *arguments)
    log_has(run, logs, text)
    return run


def assert_nothing_left(truewheel: Truewheel, seconds: float = END) -> None:
    left = process.wait_all_gone(truewheel.world.mark, seconds)
    assert not left, process.command_lines(left)
    assert not [path for path in truewheel.world.wheels.glob("*") if path.suffix != ".whl"]
    assert not [path for path in truewheel.world.wheels.glob(".*")]


def assert_locks_are_free(truewheel: Truewheel) -> None:
    root = truewheel.build_root
    for path in [path for path in root.rglob("*lock*") if path.is_file()] if root else []:
        with open(path, "r+") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def failure_line(result: Result, name: str) -> str:
    lines = [line for line in result.errors if name in line]
    assert len(lines) == 1, result.text
    return lines[0]


@pytest.mark.parametrize("who", ["the hook", "a grandchild of its own session"])
def test_timeout_kills_the_tree(in_mode: Truewheel, links: Path, who: str) -> None:
    body = samples.SETSID if "grandchild" in who else ""
    samples.hanging(body=body).write(links)
    run = in_mode.start_wheel("--build-timeout", "2", "hanging-one")
    result = run.finish(60)
    assert result.code == 6
    assert failure_line(result, "hanging-one").endswith(": not done after 2 seconds: stopped")
    assert_nothing_left(in_mode)
    assert_locks_are_free(in_mode)


@pytest.mark.parametrize(
    "hook", ["get_requires_for_build_wheel", "prepare_metadata_for_build_wheel"]
)
def test_timeout_in_other_hooks(truewheel: Truewheel, links: Path, hook: str) -> None:
    samples.hanging(hook=hook).write(links)
    result = truewheel.start_wheel("--build-timeout", "2", "hanging-one").finish(60)
    assert result.code == 6 and failure_line(result, "hanging-one")
    assert_nothing_left(truewheel)


def test_timeout_is_per_package(truewheel: Truewheel, links: Path) -> None:
    """The timeout is each package's own; with --keep-going the others are delivered."""
    write_all(links, samples.hanging(), samples.pure())
    run = truewheel.start_wheel("--build-timeout", "3", "--keep-going", "hanging-one", "pure-one")
    result = run.finish(60)
    assert result.code == 6 and result.names == ["pure_one-1.0-py3-none-any.whl"]


def test_a_daemon_does_not_outlive_its_build(in_mode: Truewheel, links: Path) -> None:
    """The hook returns, its grandchild stays behind: the wheel is fine and the grandchild dies."""
    samples.hooked("daemon-one", "build_wheel", samples.SETSID).write(links)
    result = in_mode.start_wheel("daemon-one").finish(60)
    assert result.code == 0 and result.names
    assert_nothing_left(in_mode)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT])
def test_signals_stop_everything(in_mode: Truewheel, links: Path, number: signal.Signals) -> None:
    write_all(links, samples.hanging(body=samples.SETSID), samples.pure())
    run = hang(in_mode, "-j", "2", "hanging-one", "pure-one")
    run.process.send_signal(number)
    result = run.finish(END)
    assert result.code == 128 + number
    assert_nothing_left(in_mode)
    assert_locks_are_free(in_mode)


def test_signal_to_the_whole_group(truewheel: Truewheel, links: Path) -> None:
    """As the terminal's Ctrl-C does it: every process of the foreground group gets it."""
    samples.hanging().write(links)
    run = hang(truewheel, "hanging-one")
    os.killpg(run.pid, signal.SIGINT)
    assert run.finish(END).code == 128 + signal.SIGINT
    assert_nothing_left(truewheel)


FOREGROUND = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[2:], preexec_fn=os.setpgrp)
with open(sys.argv[1] + "/pid", "w") as file:
    file.write(str(child.pid))
sys.exit(child.wait())
"""


def test_stop_and_continue(truewheel: Truewheel, links: Path, tmp_path: Path) -> None:
    """As Ctrl-Z does it: in a process group that is not orphaned, or it would not stop."""
    gate = tmp_path / "gate"
    gate.mkdir(mode=0o755)
    samples.hooked("slow-one", "build_wheel", f"""
print('waiting', flush=True)
while not os.path.exists({str(gate / 'open')!r}):
    time.sleep(0.05)
""").write(links)
    logs = tmp_path / "logs"
    arguments = truewheel.wheel_arguments(
        ["slow-one", "--log-dir", logs, "--bind", gate], truewheel.world.wheels)
    run = truewheel.start(*arguments, prefix=[sys.executable, "-c", FOREGROUND, str(tmp_path)])
    log_has(run, logs, "waiting")
    pid = int((tmp_path / "pid").read_text())

    def state() -> str:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]

    os.kill(pid, signal.SIGTSTP)
    process.wait_until(lambda: state() == "T", "it stops", 20)
    (gate / "open").touch()
    os.kill(pid, signal.SIGCONT)
    assert run.finish(60).names == ["slow_one-1.0-py3-none-any.whl"]


def test_signal_while_resolving(truewheel: Truewheel, links: Path) -> None:
    samples.hanging(hook="prepare_metadata_for_build_wheel").write(links)
    run = hang(truewheel, "hanging-one")
    run.process.terminate()
    assert run.finish(END).code == 128 + signal.SIGTERM
    assert_nothing_left(truewheel)


def test_more_signals_while_ending(truewheel: Truewheel, links: Path) -> None:
    """However late the last one comes, the status is that of the first."""
    samples.hanging(body=samples.SETSID).write(links)
    run = hang(truewheel, "hanging-one")
    while run.process.poll() is None:
        run.process.send_signal(signal.SIGTERM)
    assert run.finish(END).code == 128 + signal.SIGTERM
    assert_nothing_left(truewheel)


def engine_of(run: Running) -> int:
    (engine,) = [pid for pid in process.marked(run.world.mark) if process.parent(pid) == run.pid]
    return engine


def test_signal_with_a_stopped_engine(truewheel: Truewheel, links: Path) -> None:
    samples.hanging().write(links)
    run = hang(truewheel, "hanging-one")
    os.kill(engine_of(run), signal.SIGSTOP)
    run.process.send_signal(signal.SIGINT)
    assert run.finish(END).code == 128 + signal.SIGINT
    assert_nothing_left(truewheel)


def test_signal_while_the_engine_takes_no_requests(
    truewheel: Truewheel, links: Path, place: Path
) -> None:
    """It is stopped, and requests are waiting for room in its socket."""
    body = (
        f"place = {str(place)!r}\nopen(place + '/there', 'w').close()\n"
        "while not os.path.exists(place + '/go'):\n    time.sleep(0.01)"
    )
    names = [f"static-{number}" for number in range(6)]
    first = samples.hooked("first-one", "prepare_metadata_for_build_wheel", body)
    write_all(links, first, *(Sdist(name, metadata_version="2.2") for name in names))
    large = ["--env", "LARGE=" + "x" * 120_000, "--bind", f"{place}:rw"]
    run = truewheel.start_wheel("-v", "-j", "8", *large, "first-one", *names)
    process.wait_until((place / "there").exists, "the first build has begun", 60)
    os.kill(engine_of(run), signal.SIGSTOP)
    (place / "go").touch()
    process.wait_until(lambda: len(re.findall(r"static-\d 1.0: starting", run.read(1))) == 6,
                       "the others have begun", 60)
    run.process.send_signal(signal.SIGINT)
    assert run.finish(END).code == 128 + signal.SIGINT
    assert_nothing_left(truewheel)


def test_three_signals(in_mode: Truewheel, links: Path) -> None:
    """They end it at once; the status is that of the first which was read."""
    samples.hanging(body=samples.SETSID).write(links)
    run = hang(in_mode, "hanging-one")
    os.kill(engine_of(run), signal.SIGSTOP)
    sent = [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT]
    for number in sent:
        run.process.send_signal(number)
    assert run.finish(END).code in [128 + number for number in sent]
    assert_nothing_left(in_mode)
    assert_locks_are_free(in_mode)


@pytest.mark.parametrize("who", ["hook", "setsid"])
def test_killed_driver_leaves_no_process(in_mode: Truewheel, links: Path, who: str) -> None:
    body = samples.SETSID if who == "setsid" else ""
    samples.hanging(body=body).write(links)
    run = hang(in_mode, "hanging-one", text="grandchild" if body else "hanging")
    assert len(process.marked(in_mode.world.mark)) > 1
    run.process.kill()
    run.process.wait()
    assert_nothing_left(in_mode)
    assert_locks_are_free(in_mode)


def test_after_a_killed_driver_the_next_run_works(in_mode: Truewheel, links: Path) -> None:
    """What a killed run left at the stable path does not get into the next wheel."""
    first = links / "first"
    samples.hanging("same-one", body="open('left-over', 'w').close()").write(first)
    in_mode.links = first
    run = hang(in_mode, "same-one")
    run.process.kill()
    run.process.wait()
    assert not process.wait_all_gone(in_mode.world.mark, END)
    in_mode.links = links
    body = "assert not os.path.exists('left-over'), os.listdir('.')"
    samples.hooked("same-one", "build_wheel", body).write(links)
    assert in_mode.wheel("same-one").names


def test_killed_engine_is_said(truewheel: Truewheel, links: Path) -> None:
    """Somebody (the kernel, when memory is short) kills the engine: an error, not a hang."""
    samples.hanging().write(links)
    run = hang(truewheel, "hanging-one")
    marked = process.marked(truewheel.world.mark)
    engines: List[int] = [pid for pid in marked if process.parent(pid) == run.pid]
    assert engines, "the driver has no child"
    for pid in engines:
        os.kill(pid, signal.SIGKILL)
    result = run.finish(END)
    assert result.code not in (0, None) and len(result.errors) >= 1
    assert_nothing_left(truewheel)


FAILURES = {
    "exception": "print('about to fail')\nraise RuntimeError('the reason is this')",
    "exit": "print('about to fail', flush=True)\nsys.exit('the reason is this')",
    "os._exit": "print('about to fail', flush=True)\nprint('the reason is this', flush=True)\n"
    "os._exit(7)",
    "signal": "print('about to fail', flush=True)\nprint('the reason is this', flush=True)\n"
    "os.kill(os.getpid(), signal.SIGSEGV)",
}


@pytest.mark.parametrize("how", FAILURES)
@pytest.mark.parametrize(
    "hook", ["get_requires_for_build_wheel", "prepare_metadata_for_build_wheel", "build_wheel"]
)
def test_failure_is_explained(truewheel: Truewheel, links: Path, hook: str, how: str) -> None:
    """Package, phase, cause, log and its last lines."""
    samples.failing(hook=hook, body=FAILURES[how]).write(links)
    result = truewheel.wheel("failing-one", code=1)
    line = failure_line(result, "failing-one")
    phase = {"get": "requires", "prepare": "metadata", "build": "wheel"}[hook.split("_")[0]]
    assert phase in line, line
    assert "the reason is this" in result.err
    assert "about to fail" in result.err, "the log's last lines are shown"
    log = re.search(r"(/\S+\.log)", result.err)
    assert log and "about to fail" in Path(log.group(1)).read_text()
    assert not result.names


@pytest.mark.parametrize("sdist", [samples.no_wheel(), samples.two_wheels()])
def test_what_we_find_ourselves_is_said_once(
    truewheel: Truewheel, links: Path, sdist: Sdist
) -> None:
    """An error of our own is not shown again among the log's last lines. The log has it once."""
    sdist.write(links)
    logs = truewheel.world.base / "logs"
    result = truewheel.wheel("--log-dir", logs, sdist.name, code=1)
    said = failure_line(result, sdist.name).partition(": wheel: ")[2].partition(" (log: ")[0]
    assert said.startswith("the backend wrote ")
    assert result.err.count(said) == 1, result.text
    assert (logs / f"{sdist.name}-1.0.log").read_text().count(said) == 1


def test_failure_of_a_compiler_is_shown(truewheel: Truewheel, links: Path) -> None:
    write_all(links, samples.c_extension("fine-one"))
    broken = samples.c_extension("broken-c")
    broken.extensions = {"native": "int f( { this is not C"}
    broken.write(links)
    result = truewheel.wheel("broken-c", code=1)
    assert "error:" in result.err and "native.c" in result.err
    assert failure_line(result, "broken-c")


def test_a_log_that_is_gone_leaves_no_directory(
    truewheel: Truewheel, links: Path, place: Path
) -> None:
    sdist = samples.meeting("failing-one", place, others=1)
    sdist.backend = sdist.backend.replace("    return ", "    raise ValueError('told to')\n    ")
    sdist.write(links)
    run = truewheel.start_wheel("--bind", f"{place}:rw", "failing-one")
    process.wait_until((place / "failing-one").exists, "the build is there", 60)
    [log] = truewheel.world.tmp.glob("truewheel-run-*/log/*.log")
    log.unlink()
    (place / "go").touch()
    result = run.finish()
    assert result.code == 1 and "told to" in result.err, result.text
    assert not list(truewheel.world.tmp.iterdir()), result.text


def test_keep_going_delivers_the_others(in_mode: Truewheel, links: Path) -> None:
    more = [samples.pure(f"pure-{number}") for number in range(3)]
    write_all(links, samples.failing(), *more, samples.failing("failing-two"))
    names = [sdist.name for sdist in more]
    result = in_mode.wheel("--keep-going", "failing-one", *names, "failing-two", code=1)
    assert result.names == [f"pure_{number}-1.0-py3-none-any.whl" for number in range(3)]
    assert failure_line(result, "failing-one") and failure_line(result, "failing-two")


def test_without_keep_going_finished_wheels_stay(truewheel: Truewheel, links: Path) -> None:
    """
    A wheel is published as soon as it is done: a neighbour that hangs and is stopped loses nothing.
    """
    write_all(links, samples.hanging(), samples.pure())
    run = hang(truewheel, "-j", "2", "pure-one", "hanging-one")
    process.wait_until(lambda: bool(wheel_names(run.wheels)), "the finished wheel is published", 60)
    run.process.terminate()
    result = run.finish(END)
    assert result.names == ["pure_one-1.0-py3-none-any.whl"]


def test_a_failed_build_requirement_is_named(truewheel: Truewheel, links: Path) -> None:
    write_all(links, samples.failing("header-lib"), samples.header_user())
    result = truewheel.wheel("header-user", code=1)
    assert "header-lib" in result.err and "header-user" in result.err
    assert "the reason is this" in result.err


def test_loud_build(in_mode: Truewheel, links: Path) -> None:
    """100 MB of output go to the log, not to memory and not to the terminal."""
    samples.loud(100).write(links)
    logs = in_mode.world.base / "logs"
    result = in_mode.wheel("--log-dir", logs, "loud-one")
    assert result.names and len(result.err) < 100_000
    assert sum(path.stat().st_size for path in logs.iterdir()) < 200_000_000


def test_loud_failure_shows_the_end_only(truewheel: Truewheel, links: Path) -> None:
    lines = "print('x' * 5_000_000)\nfor n in range(100000): print('line', n)\n"
    body = lines + "raise RuntimeError('why')"
    samples.failing(body=body).write(links)
    result = truewheel.wheel("failing-one", code=1)
    assert "why" in result.err and len(result.err) < 50_000


def test_output_is_made_harmless(truewheel: Truewheel, links: Path) -> None:
    """A build cannot drive the terminal of the one who sees its last lines."""
    text = "print('\\x1b]0;owned\\x07\\x1b[2J\\x9b31m bell\\x07 \\r overwritten')\n"
    body = text + "raise RuntimeError('why')"
    samples.failing(body=body).write(links)
    result = truewheel.wheel("failing-one", code=1)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]", result.err)


def test_closed_stdin_and_output(truewheel: Truewheel, links: Path) -> None:
    """Started with nothing open (cron, some build systems)."""
    samples.pure().write(links)
    prefix = launch.script("exec 0<&- 1>&- 2>&-")
    assert truewheel.wheel("pure-one", prefix=prefix).names


def test_ends_when_its_work_is_done(truewheel: Truewheel, links: Path) -> None:
    """A grandchild that keeps the output open does not keep truewheel."""
    samples.hooked("daemon-one", "build_wheel", samples.SETSID).write(links)
    started = time.monotonic()
    assert truewheel.wheel("daemon-one", seconds=60).names
    assert time.monotonic() - started < 60
