"""A wrapper for make and ninja in a build, so that they share the processors with other builds.

    truewheel_tools.py REAL FIFO ARGUMENT...

starts the program REAL. FIFO is the build's own jobserver: it is empty at first, and gets the
tokens that are free (docs/jobserver.md). A program that was started for many jobs (`make -j8`,
`ninja`) runs as many as there are tokens. One that was not (`make`, whose Makefile may need the
order, `-j1`) runs unchanged.

Needs the standard library only, Python 3.8 or later; runs with `-I -S` and imports little, because
every call of make and ninja comes through here.
"""

from __future__ import annotations

import os
import re
import select
import signal
import sys

# `-kj4`: options of make that take no argument may stand before a j.
_MAKE_JOBS = re.compile(r"-([bBdeikmnLpqrRsStvw]*)j(\d*)\Z|--jobs(?:=(\d*))?\Z")
_NINJA_JOBS = re.compile(r"-(v?)j(\d*)\Z")
_NINJA_NO_BUILD = ("--version", "--help", "-h", "-n", "-t")
_JOBSERVER_NINJA = (1, 13)
# How long an old ninja waits for one more token. The driver gives one much sooner when one is free.
# Giving up too early costs time, nothing else.
_PATIENCE_MS = 50


def split_jobs(args: list[str], pattern: re.Pattern[str]) -> tuple[list[str], int | None]:
    """The arguments without -j, and the number of the last -j: 0 for no limit, None for no -j."""
    rest: list[str] = []
    jobs: int | None = None
    index = 0
    while index < len(args) and args[index] != "--":
        match = pattern.match(args[index])
        index += 1
        if match is None:
            rest.append(args[index - 1])
            continue
        groups = [group for group in match.groups()[1:] if group]
        number = groups[0] if groups else ""
        if not number and index < len(args) and args[index].isdigit():
            number = args[index]
            index += 1
        if match.group(1):
            rest.append("-" + match.group(1))
        jobs = int(number or 0)
    return rest + args[index:], jobs


def without_jobserver(flags: str) -> str:
    """MAKEFLAGS without jobs and jobserver. Behind ` -- ` there are variables, which stay."""
    options, dashes, variables = flags.partition(" -- ")
    kept = [word for word in options.split(" ")
            if word and not re.match(r"--jobserver-(auth|fds)=|-j\d*\Z|--jobs", word)]
    return " ".join(kept) + dashes + variables


def with_jobserver(flags: str, auth: str) -> str:
    options, dashes, variables = without_jobserver(flags).partition(" -- ")
    return f"{options} -j --jobserver-auth={auth}{dashes}{variables}"


def _make(real: str, fifo: str, args: list[str]) -> None:
    rest, jobs = split_jobs(args, _MAKE_JOBS)
    flags = os.environ.get("MAKEFLAGS", "")
    if jobs is not None and jobs != 1:
        # By descriptor: a make before 4.4 knows no fifo, and ends with an error at one.
        opened = os.open(fifo, os.O_RDWR)
        os.set_inheritable(opened, True)
        os.environ["MAKEFLAGS"] = with_jobserver(flags, f"{opened},{opened}")
        args = rest
    elif "=fifo:" in flags:  # from a ninja or cargo that runs this make
        os.environ["MAKEFLAGS"] = without_jobserver(flags)
    os.execv(real, [real] + args)


def _version(real: str) -> tuple[int, ...]:
    ours, theirs = os.pipe()
    child = os.posix_spawn(real, [real, "--version"], os.environ,
                           file_actions=[(os.POSIX_SPAWN_DUP2, theirs, 1)])
    os.close(theirs)
    with os.fdopen(ours, "rb") as opened:
        text = opened.read().decode("ascii", "replace")
    os.waitpid(child, 0)
    match = re.match(r"(\d+)\.(\d+)", text)
    return (int(match.group(1)), int(match.group(2))) if match else (0,)


def take_tokens(fifo: int, most: int) -> bytes:
    """Takes up to `most` tokens, as many as are free now."""
    poller = select.poll()
    poller.register(fifo, select.POLLIN)
    tokens = b""
    while len(tokens) < most and poller.poll(_PATIENCE_MS):
        try:
            tokens += os.read(fifo, 1)
        except BlockingIOError:
            pass  # another process has taken it
    return tokens


def _run(real: str, args: list[str]) -> int:
    """Runs the program, passes signals on to it; returns its status as wait() does."""
    child = os.posix_spawn(real, [real] + args, os.environ)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda which, _frame: os.kill(child, which))
    return os.waitpid(child, 0)[1]


def _exit_like(status: int) -> None:
    if os.WIFSIGNALED(status):
        signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    sys.exit(os.WEXITSTATUS(status))


def _run_with_tokens(real: str, fifo: str, args: list[str], jobs: int | None) -> None:
    """For a ninja without jobserver: takes tokens before it starts, returns them after its end."""
    processors = len(os.sched_getaffinity(0))
    wanted = jobs or processors + (1 if processors < 3 else 2)  # ninja's own rule
    opened = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    tokens = take_tokens(opened, wanted - 1)
    try:
        status = _run(real, [f"-j{1 + len(tokens)}"] + args)
    finally:
        os.write(opened, tokens)
    _exit_like(status)


def _ninja(real: str, fifo: str, args: list[str]) -> None:
    rest, jobs = split_jobs(args, _NINJA_JOBS)
    if jobs == 1 or any(word in _NINJA_NO_BUILD for word in args):
        os.execv(real, [real] + args)
    if _version(real) < _JOBSERVER_NINJA:
        _run_with_tokens(real, fifo, rest, jobs)
    os.environ["MAKEFLAGS"] = with_jobserver(os.environ.get("MAKEFLAGS", ""), f"fifo:{fifo}")
    os.execv(real, [real] + rest)


def main(argv: list[str]) -> None:
    real, fifo, args = argv[1], argv[2], argv[3:]
    run = _make if os.path.basename(real) in ("make", "gmake") else _ninja
    run(real, fifo, args)


if __name__ == "__main__":
    main(sys.argv)
