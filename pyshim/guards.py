"""Guards: each thing that keeps a build from seeing what varies has a name. A test switches it off
by that name, to show that a wheel would differ without it.

The tables here are the only ones. The build makes generated/guard_names.h from it for
driver/base/guard.c, and the tests take their names from here. guest/truewheel_determinism.py runs
in builds, where there is no pyshim: it has its names itself, and tests/pyshim/test_pyshim_guards.py
compares them.
"""

from __future__ import annotations

import os

# Names, separated by commas. The driver refuses unknown ones before it starts anything, and passes
# the variable on to builds.
VARIABLE = "TRUEWHEEL_TEST_GUARDS_OFF"

# What each guard does while it is on, as it is for every user.
GUARDS = {
    "umask": "the umask of a build is 022",
    "user": "a build runs as a fixed user (namespaces mode)",
    "home": "HOME and CARGO_HOME are the job's",
    "tmpdir": "TMPDIR is the job's",
    "env": "only named variables reach a build",
    "path": "PATH is the environment's and the system's",
    "hashseed": "PYTHONHASHSEED is 0",
    "timezone": "TZ is UTC",
    "locale": "LC_ALL is C.UTF-8",
    "epoch": "SOURCE_DATE_EPOCH is set",
    "host": "the host name is fixed (namespaces mode)",
    "stable-path": "the job's directory is a function of the requirement",
    "tempfile": "temporary names in a Python of the build depend on what it does, not on chance",
    "uuid": "so do the UUIDs that a Python of the build makes",
    "random": "so do the functions of its module random",
    "tarfile": "a Python of the build writes whole seconds into tar archives",
    "listdir": "a Python of the build lists directories in the order of names",
    "tmpfs": "the job's directory lies in memory, where its order is a function of what was made"
             " in it (namespaces mode)",
    "processors": "a Python of the build, nproc and OpenMP see a fixed number of processors",
    "compiler-caches": "a compiler cache that nobody named is hidden, or skipped in locked and"
                       " mapped mode",
    "limits": "the limits of the stack and of open files are fixed",
    "unpack-times": "directories that an sdist only implies get a fixed time",
    "tree-modes": "the copy of a local tree has modes 0755 and 0644",
    "aslr": "address-space randomisation is off for programs of the build, where the machine"
            " allows it",
    "normal-form": "wheels leave in the normal form",
    "clock": "programs of a build see a clock of the build's own",
    "files": "they see times of files that agree with it",
    "chance": "they get random numbers that depend on what they do, not on chance",
    "proc": "files of /proc that say what is chance are fixed (namespaces mode)",
    "runner": "hooks are run by a runner of truewheel's own, not by pip's",
}


# Those that keep a build from reaching what it must not: no axis shows them, but an attack does, in
# tests/unit/test_sandbox*.c and tests/e2e.
ISOLATION = {
    "calls": "system calls that no build needs, and sockets of odd families, are refused",
    "env-check": "a build environment that a build has changed is noticed (locked and mapped mode)",
    "hidden": "the home, and what variables say that secrets and sockets are, are hidden below"
              " what a build is shown (namespaces mode)",
    "memory": "what the builds of a run use together is bounded, and the processes of each",
    "nesting": "a build cannot make namespaces of its own (namespaces mode)",
    "private": "other processes of the user cannot read or trace the driver, the engine, its"
               " children and the sandboxes' inits",
}


def is_off(name: str) -> bool:
    """Whether a test has switched this guard off."""
    if name not in GUARDS and name not in ISOLATION:
        raise LookupError(f"there is no guard '{name}'")
    return name in os.environ.get(VARIABLE, "").split(",")
