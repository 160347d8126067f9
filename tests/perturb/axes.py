"""The axes: for each its two (or more) settings, and the guard that truewheel holds against it."""

from __future__ import annotations

from dataclasses import dataclass

from pyshim.guards import GUARDS

from .setting import Setting


@dataclass(frozen=True)
class Axis:
    """One thing that varies. ``settings[0]`` is the reference, the others are compared with it."""

    name: str
    about: str
    settings: tuple[Setting, ...]
    guards: tuple[str, ...]  # of pyshim/guards.py
    as_tree: bool = False  # required as a directory, not as an archive
    chance: bool = False  # plain pip differs even when nothing varies
    alone: bool = False  # means nothing when merged with the others
    exposed: tuple[str, ...] = ()  # directories that a build must reach to see it, guards off

    def __post_init__(self) -> None:
        for guard in self.guards:
            if guard not in GUARDS:
                raise ValueError(f"axis {self.name}: there is no guard '{guard}'")

    @property
    def capture(self) -> str:
        """The name of the function in ``sdist/captures.py``, also part of the sdist's name."""
        return self.name.replace("-", "_")


def _two(varied: Setting, reference: Setting | None = None) -> tuple[Setting, ...]:
    return (reference or Setting(), varied)


_JUNK = {
    "PERTURB_JUNK": "i-capture-the-environment",
    "EDITOR": "/usr/bin/emacs",
    "MAIL": "/var/mail/second",
    "LS_COLORS": "di=01;34",
    "SSH_AUTH_SOCK": "/run/nowhere",
    "PYTHONWARNINGS": "ignore",
}

# In the home, which is empty unless the setting is warm. pip has no use for the variable.
_WITH_STORE = ("TRUEWHEEL_NO_CACHE",)

AXES: tuple[Axis, ...] = (
    Axis(
        "umask",
        "022, 077, 002",
        (Setting(), Setting(umask=0o077), Setting(umask=0o002)),
        ("umask",),
    ),
    Axis("user", "root, another user and group", _two(Setting(user=12345)), ("user",)),
    Axis(
        "home",
        "HOME, and the cargo and rustup homes with it",
        _two(Setting(home="second-home", environment={"CARGO_HOME": "/nonexistent/cargo"})),
        ("home", "env"),
    ),
    Axis("tmpdir", "TMPDIR", _two(Setting(tmp="second-tmp")), ("tmpdir",)),
    Axis("cwd", "current directory", _two(Setting(cwd="second-cwd")), ("env",)),
    Axis(
        "location",
        "where the checkout lies",
        _two(Setting(sources="second-checkout")),
        ("stable-path",),
        as_tree=True,
    ),
    Axis(
        "checkout-umask",
        "022, 077 when the checkout was made",
        _two(Setting(tree_umask=0o077), Setting(tree_umask=0o022)),
        ("tree-modes",),
        as_tree=True,
    ),
    Axis(
        "unpack-time",
        "when the sdist was unpacked, on directories that it only implies",
        _two(Setting()),
        ("unpack-times",),
        chance=True,
        alone=True,
    ),
    Axis(
        "build-path",
        "the directory that a front end invents for each build",
        _two(Setting()),
        ("stable-path",),
        chance=True,
        alone=True,
    ),
    Axis(
        "random-names",
        "names that a backend makes up: tempfile, uuid",
        _two(Setting()),
        ("tempfile", "uuid", "random", "chance"),
        chance=True,
        alone=True,
    ),
    Axis(
        "hash-seed",
        "Python's hash seed",
        _two(
            Setting(environment={"PYTHONHASHSEED": "2"}),
            Setting(environment={"PYTHONHASHSEED": "1"}),
        ),
        ("hashseed",),
    ),
    Axis("host", "host name", _two(Setting(host="second-host")), ("host",)),
    Axis(
        "timezone",
        "GMT+12, GMT-14",
        _two(Setting(environment={"TZ": "GMT-14"}), Setting(environment={"TZ": "GMT+12"})),
        ("timezone",),
    ),
    Axis(
        "locale",
        "C.UTF-8, et_EE.UTF-8",
        _two(
            Setting(environment={"LC_ALL": "et_EE.UTF-8", "LANG": "et_EE.UTF-8", "LANGUAGE": "et"}),
            Setting(environment={"LC_ALL": "C.UTF-8"}),
        ),
        ("locale",),
    ),
    Axis(
        "clock",
        "398 days later",
        _two(Setting(preload=("perturb_clock",))),
        ("epoch", "clock"),
    ),
    Axis(
        "wall-clock",
        "now and 398 days later, as programs see it that ask for nothing but the time",
        _two(Setting(preload=("perturb_clock",))),
        ("clock",),
        chance=True,
        alone=True,
    ),
    Axis(
        "file-times",
        "when a build makes its files",
        _two(Setting()),
        ("files",),
        chance=True,
        alone=True,
    ),
    Axis(
        "tar-archives",
        "the same, below a second, in the archives that a Python writes",
        _two(Setting()),
        ("tarfile",),
        chance=True,
        alone=True,
    ),
    Axis(
        "random-numbers",
        "random bytes from the kernel, by its call and its files",
        _two(Setting()),
        ("chance",),
        chance=True,
        alone=True,
    ),
    Axis(
        "uptime",
        "how long the machine has run, from /proc",
        _two(Setting()),
        ("proc",),
        chance=True,
        alone=True,
    ),
    Axis(
        "environment",
        "variables that are nobody's input",
        _two(Setting(environment=_JUNK)),
        ("env",),
    ),
    Axis(
        "path-order",
        "two directories in PATH, one way and the other",
        _two(
            Setting(path_first=("tools-b", "tools-a")), Setting(path_first=("tools-a", "tools-b"))
        ),
        ("path",),
    ),
    Axis(
        "directory-order",
        "the order in which a directory lists its entries",
        _two(Setting(preload=("perturb_order",))),
        ("listdir",),
    ),
    Axis(
        "processors",
        "how many may be used",
        _two(Setting(cpus=1)),
        ("processors",),
    ),
    Axis(
        "processors-of-programs",
        "the same, for programs that ask nproc or use OpenMP",
        _two(Setting(cpus=1)),
        ("processors",),
    ),
    Axis(
        "limits",
        "of the stack and of open files",
        _two(Setting(limits=("--stack=4194304:", "--nofile=512:"))),
        ("limits",),
    ),
    Axis(
        "addresses",
        "address-space randomisation, on and off",
        _two(Setting(fixed_addresses=True)),
        ("aslr",),
        chance=True,
    ),
    Axis(
        "compiler-cache",
        "a machine with ccache and sccache, one without",
        _two(Setting(missing=("ccache", "sccache"))),
        ("compiler-caches",),
    ),
    Axis(
        "jobs",
        "-j and the variables that mean it",
        _two(
            Setting(
                environment={
                    "MAKEFLAGS": "-j7",
                    "CMAKE_BUILD_PARALLEL_LEVEL": "7",
                    "MAX_JOBS": "7",
                },
                options={"truewheel": ("-j", "4")},
            ),
            Setting(options={"truewheel": ("-j", "1")}),
        ),
        ("env",),
    ),
    Axis(
        "neighbours",
        "what is built beside it, and in which order",
        _two(Setting(neighbours=("neighbour",), options={"truewheel": ("-j", "1", "--no-ahead")})),
        ("home", "tmpdir"),
        exposed=("home", "tmp"),
    ),
    Axis(
        "mode",
        "namespaces, locked",
        _two(
            Setting(options={"truewheel": ("--mode", "locked")}),
            Setting(options={"truewheel": ("--mode", "namespaces")}),
        ),
        ("stable-path",),
        chance=True,
        alone=True,
    ),
    Axis("caches", "cold, warm", _two(Setting(warm=True)), ("home",), exposed=("home",)),
    Axis(
        "slots",
        "one, two: builds at once, and processors for them",
        _two(
            Setting(options={"truewheel": ("-j", "2")}),
            Setting(cpus=1, options={"truewheel": ("-j", "1")}),
        ),
        ("processors",),
        alone=True,
    ),
    Axis(
        "store-wheels",
        "cold, warm: the wheel is that of an earlier build",
        _two(Setting(unset=_WITH_STORE, warm=True), Setting(unset=_WITH_STORE)),
        ("tempfile", "uuid", "random", "chance"),
        chance=True,
        alone=True,
    ),
    Axis(
        "store-environments",
        "cold, warm: the build environment is an earlier build's, the wheel is built",
        _two(
            Setting(
                unset=_WITH_STORE, warm=True, options={"truewheel": ("--refresh", ":all:")}
            ),
            Setting(unset=_WITH_STORE),
        ),
        ("home",),
        alone=True,
        exposed=("home",),
    ),
    Axis(
        "zlib",
        "the system's zlib, another one through preload",
        _two(Setting(preload=("perturb_zlib",))),
        ("normal-form",),
    ),
    Axis("pip-version", "another pip", _two(Setting(old_pip=True)), ("runner",)),
    Axis(
        "work-filesystem",
        "ext4, tmpfs",
        _two(Setting(tmpfs_work=True)),
        ("listdir", "tmpfs"),
    ),
)

BY_NAME = {axis.name: axis for axis in AXES}


def everything() -> tuple[Setting, Setting]:
    """All axes at once: the reference, and everything different from it."""
    first, second = Setting(), Setting()
    for axis in AXES:
        if not axis.alone:
            first = first.merge(axis.settings[0])
            second = second.merge(axis.settings[-1])
    return first, second
