"""Locked mode: one build at a time has R/<dir>, however the one before it ended."""

import fcntl
import os
import re
import signal
from pathlib import Path
from typing import Iterator, List

import pytest

from fixtures import process, samples
from fixtures.runner import Running, Truewheel, World
from fixtures.runs import in_given_mode

END = 20.0

# Two that ignore every question, one in a session of its own, and never stop writing.
STUBBORN = r"""
import textwrap
code = textwrap.dedent('''
import os, signal, sys
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
if sys.argv[1:]:
    os.setsid()
print("writing", flush=True)
while True:
    try:
        with open("written", "w") as file:
            file.write("x")
    except OSError:
        pass
''')
subprocess.Popen([sys.executable, "-c", code, "setsid"])
subprocess.run([sys.executable, "-c", code])
"""

# The processes of the first run's build: only that run passes MARK on.
LOOK = r"""
for pid in os.listdir("/proc"):
    try:
        with open("/proc/" + pid + "/environ", "rb") as file:
            found = b"MARK" in file.read()
    except OSError:
        continue
    assert not (pid.isdigit() and found), "the first run's %s is alive" % pid
"""


@pytest.fixture
def locked(truewheel: Truewheel, build_root: Path) -> Truewheel:
    return in_given_mode(truewheel, "locked", build_root)


@pytest.fixture
def second_world(tmp_path: Path) -> World:
    return World(tmp_path / "second")


class Pair:
    """A first run that holds the lock and does not want to end, and a second one that waits."""

    def __init__(self, truewheel: Truewheel, links: Path, world: World) -> None:
        self.truewheel = truewheel
        self.given = f"TRUEWHEEL_TEST_FIRST={process.new_mark()}"
        for name, body in (("first", STUBBORN), ("second", LOOK.replace("MARK", self.given))):
            samples.hooked("same-one", "build_wheel", body).write(links / name)
        logs = truewheel.world.base / "logs"
        truewheel.links = links / "first"
        self.first = truewheel.start_wheel("--log-dir", logs, "--env", self.given, "same-one")
        self.wait_for(self.first, logs / "same-one-1.0.log", r"writing\s+writing")
        truewheel.links = links / "second"
        self.second = truewheel.start_wheel("same-one", world=world)
        err = Path(self.second.files[1].name)
        self.wait_for(self.second, err, rf"in use by pid {self.first.pid} ")

    @staticmethod
    def wait_for(run: Running, path: Path, pattern: str) -> None:
        def there() -> bool:
            assert run.process.poll() is None, run.result(-1).text
            return path.exists() and bool(re.search(pattern, path.read_text(errors="replace")))

        process.wait_until(there, f"{pattern!r} in {path}", 60)

    def trusted(self) -> List[int]:
        """The engine of the first run and what it forked, but not what runs the build."""
        marked = process.marked(self.truewheel.world.mark)
        environ = {pid: Path(f"/proc/{pid}/environ").read_bytes() for pid in marked}
        given = self.given.encode()
        return [pid for pid in marked if pid != self.first.pid and given not in environ[pid]]

    @property
    def lock(self) -> Path:
        assert self.truewheel.build_root
        return self.truewheel.build_root / ".lock" / "same-one-1.0"

    def first_has_it(self) -> bool:
        """Whether the first run has the lock: the lock file has the name of who has it."""
        with open(self.lock, "r+") as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read().startswith(f"pid {self.first.pid} ")
        return False


@pytest.fixture
def pair(locked: Truewheel, links: Path, second_world: World) -> Iterator[Pair]:
    pair = Pair(locked, links, second_world)
    yield pair
    if pair.first.process.poll() is None:
        pair.first.process.kill()
    process.wait_all_gone(locked.world.mark, END)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_second_never_sees_the_first(pair: Pair, number: signal.Signals) -> None:
    """What ends the first run's processes is stopped meanwhile, so the test needs no luck."""
    held_up = pair.trusted()
    assert len(held_up) >= 3, "the engine, the supervisor and the init"
    for pid in held_up:
        os.kill(pid, signal.SIGSTOP)
    pair.first.process.send_signal(number)
    pair.first.process.wait(END)
    if number == signal.SIGKILL:  # else the kernel has let them go on: their group is an orphan
        assert pair.first_has_it(), "the lock went with the driver"
    for pid in held_up:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass
    result = pair.second.finish(60)
    assert result.code == 0 and result.names, result.text
    assert not process.wait_all_gone(pair.truewheel.world.mark, END)


def has_pending(pid: int, number: signal.Signals) -> bool:
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^ShdPnd:\s*([0-9a-f]+)$", text, re.M)
    return bool(found and int(found.group(1), 16) & 1 << (number - 1))


def test_the_engine_lets_them_end(pair: Pair) -> None:
    """
    The engine asks the supervisor to end. If it killed supervisor and init, the tree would live on
    while the lock is free.
    """
    trusted = pair.trusted()
    engine = [pid for pid in trusted if process.parent(pid) == pair.first.pid]
    supervisor = [pid for pid in trusted if process.parent(pid) in engine]
    assert len(supervisor) == 1
    os.kill(supervisor[0], signal.SIGSTOP)
    pair.first.process.kill()
    process.wait_until(
        lambda: has_pending(supervisor[0], signal.SIGTERM), "the engine asks the supervisor"
    )
    assert pair.first_has_it()
    os.kill(supervisor[0], signal.SIGCONT)
    result = pair.second.finish(60)
    assert result.code == 0 and result.names, result.text


def test_killed_engine(pair: Pair) -> None:
    """The driver reports a failure; supervisor and init, which have the lock, end the tree."""
    engine = [pid for pid in pair.trusted() if process.parent(pid) == pair.first.pid]
    assert len(engine) == 1
    os.kill(engine[0], signal.SIGKILL)
    assert pair.first.finish(60).code == 1
    result = pair.second.finish(60)
    assert result.code == 0 and result.names, result.text


def test_a_waiting_run_can_be_stopped(pair: Pair) -> None:
    pair.second.process.send_signal(signal.SIGTERM)
    assert pair.second.finish(END).code == 128 + signal.SIGTERM
    assert pair.first.process.poll() is None and pair.first_has_it()


def test_waiting_for_an_environment(
    locked: Truewheel, links: Path, build_root: Path, second_world: World
) -> None:
    """Another run uses an environment that has to be made: said once, until --build-timeout."""
    samples.hooked("same-one", "build_wheel", STUBBORN).write(links)
    samples.pure().write(links)
    assert locked.wheel("pure-one").code == 0  # puts it there: another pid than those who share it
    logs = locked.world.base / "logs"
    first = locked.start_wheel("--log-dir", logs, "same-one")
    Pair.wait_for(first, logs / "same-one-1.0.log", r"writing\s+writing")
    [environment] = [path for path in (build_root / "env").iterdir() if path.name[0] != "."]
    environment.chmod(0o755)
    (environment / "planted").write_text("")
    result = locked.start_wheel("--build-timeout", "1", "pure-one", world=second_world).finish(60)
    assert result.code == 6 and not result.names, result.text
    said = f"waiting for {environment}: in use by pid {first.pid} "
    assert result.err.count("waiting for") == 1 and said in result.err, result.text
    assert re.search(rf"{environment}': the lock is still held by pid {first.pid} ", result.err)
