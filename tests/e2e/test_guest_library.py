"""libtruewheel-guest.so, preloaded into programs without a build around them.

Each test has its control: the same program without the library, which sees what varies.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List, Optional, Sequence

import pytest

BASE = 1741091412  # 2025-03-04 12:30:12 UTC
NAME = "libtruewheel-guest.so"


class Guest:
    """A guest directory as pyshim/world.py makes it, and programs that run in its world."""

    def __init__(self, library: Path, place: Path, words: str = "clock files chance",
                 span: int = 1, patience: int = 60) -> None:
        self.place = place
        place.mkdir(parents=True)
        shutil.copy(library, place / NAME)
        (place / "tickets").write_bytes(bytes(4096 * 4))
        (place / "notes").write_bytes(b"")
        (place / "world").write_text(f"{words} base={BASE} range={span} patience={patience}\n")

    @property
    def preload(self) -> str:
        return str(self.place / NAME)

    def run(self, *command: object, preload: Optional[str] = None, check: bool = True,
            seconds: float = 60, **variables: str) -> str:
        """What it prints, standard error included."""
        env: Dict[str, str] = {"PATH": os.environ["PATH"], "TZ": "UTC", "LC_ALL": "C.UTF-8"}
        env.update(LD_PRELOAD=self.preload if preload is None else preload, **variables)
        return subprocess.run(
            [str(word) for word in command], env=env, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=check, timeout=seconds,
        ).stdout

    def plain(self, *command: object) -> str:
        """The control."""
        return self.run(*command, preload="")

    def notes(self) -> List[str]:
        return (self.place / "notes").read_text().splitlines()


@pytest.fixture
def library(build_directory: Path) -> Path:
    return build_directory / "share" / "truewheel" / NAME


@pytest.fixture
def guest(library: Path, tmp_path: Path) -> Guest:
    return Guest(library, tmp_path / "job" / "guest")


@pytest.fixture
def other(library: Path, tmp_path: Path) -> Guest:
    """A second build: the same world, made anew."""
    return Guest(library, tmp_path / "other")


def compiled(place: Path, source: str, *options: str, compiler: str = "cc") -> Path:
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler}")
    program = place / "program"
    command = [compiler, "-x", "c", "-", "-o", str(program), *options]
    done = subprocess.run(command, input=source, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode != 0:
        pytest.skip(f"cannot compile with {' '.join([compiler, *options])}: {done.stdout[-300:]}")
    return program


# ---------------------------------------------------------------------------------------- clock

CLOCKS = {
    "date": ["date", "+%s %N"],
    "python": [sys.executable, "-c", "import time, datetime\n"
               "print(time.time(), time.time_ns(), time.ctime(), datetime.datetime.now(),"
               " datetime.date.today(), time.strftime('%c'), time.gmtime())"],
    "shell": ["sh", "-c", "date -R; date +%s"],
    "awk": ["awk", "BEGIN { srand(); print srand() }"],
    "perl": ["perl", "-e", "print time, ' ', scalar localtime"],
    "gzip": ["sh", "-c", "echo x | gzip -c | od -An -tx1"],
}


@pytest.mark.parametrize("what", CLOCKS)
def test_the_clock_is_the_same(guest: Guest, other: Guest, what: str) -> None:
    command = CLOCKS[what]
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]}")
    assert guest.run(*command) == other.run(*command)


def test_control_the_clock_is_not_the_same(guest: Guest) -> None:
    first = guest.plain("date", "+%s %N")
    assert guest.plain("date", "+%s %N") != first
    assert abs(int(first.split()[0]) - time.time()) < 60


def test_it_starts_behind_the_files(guest: Guest) -> None:
    assert guest.run("date", "+%s").strip() == str(BASE)


def test_no_two_looks_are_equal(guest: Guest) -> None:
    code = "import time; print(all(time.time() < time.time() for _ in range(1000)))"
    assert guest.run(sys.executable, "-c", code) == "True\n"


def test_monotonic_clocks_are_real(guest: Guest) -> None:
    code = "import time; print(time.monotonic(), time.perf_counter())"
    monotonic, counter = map(float, guest.run(sys.executable, "-c", code).split())
    assert abs(monotonic - time.monotonic()) < 60 and abs(counter - time.perf_counter()) < 60


# What programs do to wait for a time. None of them may wait for ever.
LOOPS = {
    "sleeping": "t = time.time() + 0.6\nwhile time.time() < t: time.sleep(0.1)",
    "spinning": "t = time.time() + 1.5\nwhile time.time() < t: pass",
    "select": "t = time.time() + 0.6\n"
              "while time.time() < t: select.select([], [], [], t - time.time())",
    "poll": "t = time.time() + 0.6\np = select.poll()\nwhile time.time() < t: p.poll(100)",
    "epoll": "t = time.time() + 0.6\np = select.epoll()\nwhile time.time() < t: p.poll(0.1)",
    "queue": "t = time.time() + 0.6\nq = queue.Queue()\nwhile time.time() < t:\n"
             "    try: q.get(timeout=0.1)\n    except queue.Empty: pass",
    "event": "t = time.time() + 0.6\ne = threading.Event()\nwhile time.time() < t: e.wait(0.1)",
}


@pytest.mark.parametrize("how", LOOPS)
def test_who_waits_for_a_time_gets_there(guest: Guest, other: Guest, how: str) -> None:
    code = f"import queue, select, threading, time\n{LOOPS[how]}\nprint(time.time() >= t)"
    assert guest.run(sys.executable, "-c", code) == other.run(sys.executable, "-c", code)


def test_a_script_that_waits_by_date_gets_there(guest: Guest) -> None:
    """Each `date` is a process of its own, which cannot know how long the others waited."""
    script = "end=$(($(date +%s) + 20)); n=0\n" \
             "while [ $(date +%s) -lt $end ]; do n=$((n + 1)); [ $n -lt 2000 ] || exit 9; done"
    guest.run("sh", "-ec", script)


def test_a_wait_for_a_program_is_no_time(guest: Guest, other: Guest) -> None:
    """It takes a different number of turns each time."""
    code = "import subprocess, sys, time\ntime.time()\n" \
           "p = subprocess.Popen(['sleep', sys.argv[1]])\n" \
           "while p.poll() is None: time.sleep(0.05)\nprint(int(time.time()))"
    first = guest.run(sys.executable, "-c", code, "0.1")
    assert first == other.run(sys.executable, "-c", code, "2.5")


@pytest.mark.parametrize("patience", [0, 60])
def test_who_waits_by_other_means_gets_there_at_last(
    library: Path, tmp_path: Path, patience: int
) -> None:
    """
    Here by starting programs. What goes by meanwhile is of chance: it is noted. The control has the
    patience of every build, and is still waiting after as many turns.
    """
    guest = Guest(library, tmp_path / "guest", patience=patience)
    code = "import subprocess, time\nfor _ in range(10001): time.time()\n" \
           "t = time.time() + 0.5\nfor n in range(100):\n" \
           "    if time.time() > t: break\n    subprocess.call(['sleep', '0.02'])\n" \
           "print(time.time() > t)"
    assert guest.run(sys.executable, "-c", code) == f"{patience == 0}\n"
    assert guest.notes() == (["clock ran"] if patience == 0 else [])


WAITS = r"""
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <threads.h>
#include <time.h>

static struct timespec later(clockid_t clock)
{
    struct timespec at;
    clock_gettime(clock, &at);
    at.tv_nsec += 300000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

int main(void)
{
    struct timespec before, after, at;
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, taken = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    sem_t semaphore;
    cnd_t cnd;
    mtx_t mtx;
#define TIMED(call) \
    clock_gettime(CLOCK_MONOTONIC, &before); \
    at = later(CLOCK_REALTIME); \
    call; \
    clock_gettime(CLOCK_MONOTONIC, &after); \
    printf("%.1f ", after.tv_sec - before.tv_sec + (after.tv_nsec - before.tv_nsec) / 1e9)

    sem_init(&semaphore, 0, 0);
    cnd_init(&cnd);
    mtx_init(&mtx, mtx_timed);
    mtx_lock(&mtx);
    pthread_mutex_lock(&mutex);
    pthread_mutex_lock(&taken);
    pthread_rwlock_wrlock(&lock);
    TIMED(pthread_cond_timedwait(&cond, &mutex, &at));
    TIMED(sem_timedwait(&semaphore, &at));
    TIMED(pthread_mutex_timedlock(&taken, &at));
    TIMED(cnd_timedwait(&cnd, &mtx, &at));
    TIMED(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, NULL));
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&cond, &monotonic);
    TIMED(at = later(CLOCK_MONOTONIC); pthread_cond_timedwait(&cond, &mutex, &at));
    return 0;
}
"""


def test_deadlines_are_translated(guest: Guest, tmp_path: Path) -> None:
    """The kernel knows its own time only: without it these return at once, in 2025."""
    program = compiled(tmp_path, WAITS, "-pthread")
    assert guest.plain(program) == "0.3 " * 6
    assert guest.run(program) == "0.3 " * 6


def test_a_deadline_of_the_real_clock_is_left_alone(guest: Guest, tmp_path: Path) -> None:
    source = WAITS.replace("clock_gettime(clock, &at);", "syscall(SYS_clock_gettime, clock, &at);")
    source = "#include <sys/syscall.h>\n#include <unistd.h>\n" + source
    assert guest.run(compiled(tmp_path, source, "-D_GNU_SOURCE", "-pthread")) == "0.3 " * 6


# ---------------------------------------------------------------------------------------- files


def shown(guest: Guest, *files: Path) -> List[int]:
    code = "import os, sys; print(*[os.stat(f).st_mtime_ns for f in sys.argv[1:]])"
    return [int(word) for word in guest.run(sys.executable, "-c", code, *files).split()]


def test_the_source_has_its_times(guest: Guest, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.touch()
    os.utime(old, (1234567890, 1234567890))
    assert shown(guest, old) == [1234567890 * 10**9]


def test_what_the_build_makes_has_one_second(guest: Guest, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.touch()
    assert shown(guest, made)[0] // 10**9 == BASE
    said = guest.run("stat", "-c", "%X %Y %Z", made)
    assert said == f"{BASE} {BASE} {BASE}\n"
    assert guest.plain("stat", "-c", "%Y", made) != f"{BASE}\n"  # the control


@pytest.mark.parametrize("span, apart", [(1, 5.0), (1 << 20, 0.001)])
def test_the_order_is_kept(library: Path, tmp_path: Path, span: int, apart: float) -> None:
    """
    From long ago to the end of a build of days. The first range is for archives, whose own files
    are all before it; the second for directories, of whose files one may be made of the other.
    """
    guest = Guest(library, tmp_path / "guest", span=span)
    start = (guest.place / "world").stat().st_mtime_ns
    second = 10**9
    times = [1234567890 * second, (BASE - span) * second]
    for age in (365 * 86400, 86400, 3600, 60):
        times += [start - age * second, start - int((age - apart) * second)]
    for age in (0, 1, 60, 3600, 86400):
        times += [start + age * second, start + int((age + 0.1) * second)]
    files = []
    for number, when in enumerate(sorted(times)):
        files.append(tmp_path / f"f{number}")
        files[-1].touch()
        os.utime(files[-1], ns=(when, when))
    seen = shown(guest, *files)
    assert seen == sorted(seen) and len(set(seen)) == len(seen)
    assert seen[:2] == times[:2] and seen[-1] < BASE * second + second // 2


def test_what_was_there_before_is_shown_the_same_in_each_build(
    library: Path, tmp_path: Path
) -> None:
    """Compiler caches remember when the compiler was installed."""
    old = tmp_path / "old"
    old.touch()
    os.utime(old, (1780000000, 1780000000))
    first = Guest(library, tmp_path / "guest")
    os.utime(first.place / "world", (1790000000, 1790000000))
    assert shown(first, old) == shown(Guest(library, tmp_path / "other"), old)
    assert shown(first, old)[0] // 10**9 == BASE - 1


def test_python_files_of_the_system_keep_their_times(guest: Guest, tmp_path: Path) -> None:
    """Else each start of an interpreter finds the byte code of its library out of date."""
    module = tmp_path / "lib" / "module_of_test.py"
    module.parent.mkdir()
    module.write_text("X = 1\n")
    os.utime(module, (1780000000, 1780000000))
    assert shown(guest, module) == [1780000000 * 10**9]
    command = [sys.executable, "-v", "-c", "import module_of_test"]
    guest.plain("env", f"PYTHONPATH={module.parent}", *command)
    said = guest.run(*command, PYTHONPATH=str(module.parent))
    assert "matches" in said and "code object from" in said and "bytecode is stale" not in said


def test_close_times_are_told_apart(guest: Guest, tmp_path: Path) -> None:
    """As the kernel does: by a tick of 4 ms, at the most, through the first hours of a build."""
    start = (guest.place / "world").stat().st_mtime_ns
    for after in (0, 10, 600, 7200):
        files = []
        for number in range(3):
            files.append(tmp_path / f"f{number}")
            files[-1].touch()
            when = start + after * 10**9 + number * 4 * 10**6
            os.utime(files[-1], ns=(when, when))
        assert len(set(shown(guest, *files))) == 3


def test_a_copy_that_keeps_its_time_keeps_what_is_shown(guest: Guest, tmp_path: Path) -> None:
    made, copy = tmp_path / "made", tmp_path / "copy"
    made.touch()
    guest.run("cp", "-p", made, copy)
    assert shown(guest, made) == shown(guest, copy)


MAKEFILE = """
out: middle ; cp middle out; echo made-out
middle: source ; cp source middle; echo made-middle
"""


def test_make_works(guest: Guest, tmp_path: Path, needs_make: None) -> None:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / "source").write_text("x")

    def make() -> List[str]:
        said = guest.run("make", "-s", "-C", tmp_path)
        assert "skew" not in said and "future" not in said
        return [line for line in said.splitlines() if line.startswith("made")]

    assert make() == ["made-middle", "made-out"]
    assert make() == []
    os.utime(tmp_path / "source")  # is the newest now, by less than a second
    assert make() == ["made-middle", "made-out"]
    (tmp_path / "out").unlink()
    assert make() == ["made-out"]


def test_no_file_is_of_the_future(guest: Guest, tmp_path: Path) -> None:
    """meson refuses to go on when one is."""
    code = "import os, sys, time\nopen('made', 'w')\n" \
           "print(all(os.stat(f).st_mtime < time.time() for f in ('made', '.', sys.executable)))"
    assert guest.run("sh", "-c", f"cd {tmp_path}; exec {sys.executable} -c \"$1\"", "sh", code) \
        == "True\n"


@pytest.mark.parametrize("archiver", [["tar", "-c", "--format=posix"], ["zip", "-q", "-"]])
def test_archives_are_the_same(
    guest: Guest, other: Guest, tmp_path: Path, archiver: Sequence[str]
) -> None:
    if not shutil.which(archiver[0]):
        pytest.skip(f"no {archiver[0]}")
    line = f"cd {tmp_path} && rm -rf d && mkdir d && echo x >d/f && {' '.join(archiver)} d/f"
    if archiver[0] == "tar":  # names, in such an archive, the process that wrote it
        line += " --pax-option=exthdr.name=%d/PaxHeaders/%f"
    line += " | od -An -tx1"
    assert guest.run("sh", "-ec", line) == other.run("sh", "-ec", line)
    assert guest.plain("sh", "-ec", line) != guest.plain("sh", "-ec", f"sleep 2; {line}")


# --------------------------------------------------------------------------------------- chance

RANDOM = {
    "mktemp": ["mktemp", "-u"],
    "urandom": ["sh", "-c", "head -c 16 /dev/urandom | od -An -tx1"],
    "random": ["sh", "-c", "od -An -N 16 -tx1 /dev/random"],
    "redirected": ["sh", "-c", "od -An -N 8 -tx1 </dev/urandom"],
    "uuid": ["cat", "/proc/sys/kernel/random/uuid"],
    "shuf": ["shuf", "-i", "1-100"],
    "python": [sys.executable, "-c", "import os, random, secrets, uuid\n"
               "print(os.urandom(8), secrets.token_hex(), uuid.uuid4(), random.random(),"
               " random.Random().random(), random.SystemRandom().random(),"
               " open('/dev/urandom', 'rb').read(8))"],
}


@pytest.mark.parametrize("what", RANDOM)
def test_chance_is_the_same(guest: Guest, other: Guest, what: str) -> None:
    command = RANDOM[what]
    first = guest.run(*command)
    assert first == other.run(*command)
    assert guest.plain(*command) != first != ""  # the control
    assert guest.run(*command) != first  # the next process of a build gets other numbers


def test_processes_do_not_get_the_same_numbers(guest: Guest, other: Guest) -> None:
    """Not the next one, nor a fork, nor the fork of a fork."""
    code = "import os\nos.urandom(1)\nprint(os.urandom(8).hex(), flush=True)\n" \
           "for _ in range(3):\n    if not os.fork():\n" \
           "        print(os.urandom(8).hex(), flush=True)\n" \
           "        if not os.fork():\n            print(os.urandom(8).hex(), flush=True)\n" \
           "            os._exit(0)\n        os.wait()\n        os._exit(0)\n    os.wait()\n" \
           "print(os.urandom(8).hex())"
    first = guest.run(sys.executable, "-c", code).split()
    second = guest.run(sys.executable, "-c", code).split()
    assert len(set(first + second)) == 16
    assert other.run(sys.executable, "-c", code).split() == first


def test_numbers_are_spread(guest: Guest) -> None:
    """No bit is the same in all, and a quarter of a million bytes compress to nothing less."""
    code = "import os, zlib; b = os.urandom(1 << 18); print(len(zlib.compress(b)) > len(b),"\
           " abs(sum(bin(x).count('1') for x in b) / len(b) - 4) < 0.02)"
    assert guest.run(sys.executable, "-c", code) == "True True\n"


def test_a_device_ends(guest: Guest) -> None:
    assert guest.run("sh", "-c", "cat /dev/urandom | wc -c").strip() == str(1 << 20)


def test_other_files_are_opened_as_ever(guest: Guest, tmp_path: Path) -> None:
    code = "import os, sys\nos.umask(0)\n" \
           "fd = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY, 0o640)\n" \
           "print(oct(os.fstat(fd).st_mode), os.get_inheritable(fd)," \
           " os.get_inheritable(os.open('/dev/urandom', os.O_RDONLY)))"
    said = guest.run(sys.executable, "-c", code, tmp_path / "new")
    assert said == "0o100640 False False\n"
    with pytest.raises(subprocess.CalledProcessError):
        guest.run("cat", tmp_path / "missing")


# ---------------------------------------------------------------------------------------- notes


def test_what_is_not_settled_is_noted(library: Path, tmp_path: Path) -> None:
    guest = Guest(library, tmp_path / "guest", "noted")
    said = guest.run(sys.executable, "-c", "import os; print(os.urandom(16).hex(), os.urandom(4))")
    assert f"chance {said.split()[0]}" in guest.notes()
    assert abs(int(guest.run("date", "+%s")) - time.time()) < 60


def test_nothing_is_noted_of_what_is_settled(guest: Guest) -> None:
    guest.run(sys.executable, "-c", "import os, time; os.urandom(16); time.time()")
    assert guest.notes() == []


def test_without_its_world_it_does_nothing(guest: Guest) -> None:
    (guest.place / "world").unlink()
    assert abs(int(guest.run("date", "+%s")) - time.time()) < 60


def test_another_preloaded_library_stays(guest: Guest, tmp_path: Path) -> None:
    """In the list before ours and behind it, separated by either of the two characters."""
    source = "int sleep_at_all; unsigned sleep(unsigned s) { return s; }"
    made = compiled(tmp_path, source, "-shared", "-fPIC")
    for preload in (f"{made}:{guest.preload}", f"{guest.preload} {made}"):
        assert guest.run("date", "+%s", preload=preload) == f"{BASE}\n"


# ------------------------------------------------------------------------------- other programs

PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(void)
{
    char *volatile text = malloc(32);
    snprintf(text, 32, "%ld", (long)time(NULL));
    puts(text);
    free(text);
    return 0;
}
"""


@pytest.mark.parametrize(
    "compiler, options",
    [
        ("cc", ["-fsanitize=undefined"]),
        ("cc", ["-fsanitize=address"]),
        ("clang", ["-fsanitize=address"]),
        ("cc", ["-m32"]),
        ("cc", ["-static"]),
        ("musl-gcc", []),
    ],
    ids=lambda value: value if isinstance(value, str) else "".join(value) or "plain",
)
def test_other_programs_run(
    guest: Guest, tmp_path: Path, compiler: str, options: List[str]
) -> None:
    """Those that it does not reach see the real clock: they are named in the documentation."""
    program = compiled(tmp_path, PROGRAM, *options, compiler=compiler)
    said = guest.run(program, ASAN_OPTIONS="verify_asan_link_order=0").splitlines()
    reached = options not in (["-m32"], ["-static"])
    assert (said[-1] == str(BASE)) == reached
    if options != ["-m32"]:  # there the loader says that it leaves the library out
        assert len(said) == 1


def test_a_program_with_an_environment_of_its_own_is_not_reached(guest: Guest) -> None:
    said = guest.run("env", "-i", "date", "+%s")
    assert abs(int(said) - time.time()) < 60
