"""Makes every Python of a build deterministic: temporary names, uuids, random, directory order.

What libc answers (clock, times of files, chance) is the guest library's: pyshim/world.py.

Backends make temporary directories with random names (meson-python, mypyc) and list directories
as the file system returns them; both get into wheels.

This file lies in the site-packages of every build environment, where a .pth file imports it at
each start of an interpreter: so it is small, lazy, needs nothing of truewheel, and runs on Python
3.8 and later.

Test hook: TRUEWHEEL_TEST_GUARDS_OFF=name,name in the environment switches guards off, of those in
_LATE and _AT_ONCE. Their names are also in pyshim/guards.py.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing itself would cost every start
if TYPE_CHECKING:
    from typing import Any

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789_"
_MASK = (1 << 64) - 1
_PROCESSORS = 4


def _mix(state: int) -> int:
    """One step of a 64-bit mixing function (splitmix64's finaliser)."""
    state = (state + 0x9E3779B97F4A7C15) & _MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
    return state ^ (state >> 31)


class _Stream:
    """64-bit numbers that depend on what this process does, and not on its pid or the time.

    A forked child gets other numbers than its parent, from the count of forks before it.
    """

    def __init__(self) -> None:
        self.seed: int | None = None
        self.forks = 0
        self.lineage = 0
        self.count = 0
        os.register_at_fork(before=self._before_fork, after_in_child=self._in_child)

    def _before_fork(self) -> None:
        self.forks += 1

    def _in_child(self) -> None:
        self.lineage = _mix(self.lineage ^ self.forks)
        self.seed = None
        self.forks = 0
        self.count = 0

    def _make_seed(self) -> int:
        try:
            directory = os.getcwd()
        except OSError:
            directory = ""
        state = self.lineage
        for text in [directory] + list(getattr(sys, "argv", [])):
            for byte in os.fsencode(str(text)) + b"\0":
                state = ((state ^ byte) * 0x100000001B3) & _MASK
        return _mix(state)

    def next(self, domain: int) -> int:
        if self.seed is None:
            self.seed = self._make_seed()
        self.count += 1
        return _mix(self.seed ^ _mix(self.count * 8 + domain))


_stream = _Stream()


def _guard_tempfile(module: Any) -> None:
    class DeterministicNames:
        """Replaces tempfile._RandomNameSequence. tempfile tries again when a name exists."""

        def __iter__(self) -> DeterministicNames:
            return self

        def __next__(self) -> str:
            number = _stream.next(1)
            letters = []
            for _ in range(8):
                number, index = divmod(number, len(_ALPHABET))
                letters.append(_ALPHABET[index])
            return "".join(letters)

    module._RandomNameSequence = DeterministicNames
    module._name_sequence = None


def _guard_uuid(module: Any) -> None:
    def number() -> int:
        return (_stream.next(2) << 64) | _stream.next(3)

    def maker(version: int) -> Any:
        def make(*_args: object, **_kwargs: object) -> Any:
            return module.UUID(int=number(), version=version)
        return make

    for version in (1, 4, 6, 7):
        name = "uuid%d" % version
        if hasattr(module, name):
            made = maker(version)
            made.__name__ = made.__qualname__ = name
            setattr(module, name, made)
    module.getnode = lambda: 0x010000000001


def _guard_random(module: Any) -> None:
    """Seeds the module's functions, which are not for secrets. random.Random() is unchanged."""
    def seed() -> None:
        module.seed(_stream.next(4))

    seed()
    os.register_at_fork(after_in_child=seed)  # runs after the module's own, which seeds by chance


def _guard_tarfile(module: Any) -> None:
    """Puts whole seconds into archives: below that, times of what a build makes are of chance."""
    original = module.TarFile.gettarinfo

    def gettarinfo(self: Any, *args: Any, **kwargs: Any) -> Any:
        info = original(self, *args, **kwargs)
        if info is not None:
            info.mtime = int(info.mtime)
        return info

    gettarinfo.__doc__ = original.__doc__
    module.TarFile.gettarinfo = gettarinfo


def _guard_processors(module: Any) -> None:
    """Fixes the number of processors, by which some builds divide their work and so their files."""
    def cpu_count() -> int:
        return _PROCESSORS

    def sched_getaffinity(_pid: int) -> set[int]:
        return set(range(_PROCESSORS))

    module.cpu_count = cpu_count
    if hasattr(module, "process_cpu_count"):  # 3.13
        module.process_cpu_count = cpu_count
    if hasattr(module, "sched_getaffinity"):
        module.sched_getaffinity = sched_getaffinity


class _SortedScan:
    """What os.scandir returns, with entries in the order of names."""

    def __init__(self, entries: Any) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> _SortedScan:
        return self

    def __next__(self) -> Any:
        return next(self._entries)

    def __enter__(self) -> _SortedScan:
        return self

    def __exit__(self, *_args: object) -> None:
        self.close()

    def close(self) -> None:
        self._entries = iter(())


def _name_of(entry: Any) -> Any:
    return entry.name


class _Replaced:
    """Replaces a function of os. It is no Python function, because pathlib before 3.11 keeps these
    functions as attributes of a class, where a Python function would become a method."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.__doc__ = real.__doc__
        self.__name__ = self.__qualname__ = real.__name__
        self.__module__ = "os"

    def __reduce__(self) -> str:
        return str(self.__name__)


class _Listdir(_Replaced):
    def __call__(self, path: Any = None) -> list[Any]:
        return sorted(self.real(path))


class _Scandir(_Replaced):
    def __call__(self, path: Any = None) -> _SortedScan:
        with self.real(path) as entries:
            return _SortedScan(sorted(entries, key=_name_of))


def _guard_listdir(module: Any) -> None:
    accessor: Any = getattr(sys.modules.get("pathlib"), "_NormalAccessor", None)
    for guard in (_Listdir(module.listdir), _Scandir(module.scandir)):
        if guard.real in module.supports_fd:
            module.supports_fd.add(guard)
        setattr(module, guard.__name__, guard)
        if hasattr(accessor, guard.__name__):
            setattr(accessor, guard.__name__, guard)


class _Access(_Replaced):
    """os.access, to which a compiler cache that is not to be used is no program.

    pyshim/tools.py has put a wrapper for it into PATH. Who only looks whether there is a cache
    (shutil.which) finds none, as on a machine without one.
    """

    def __call__(self, path: Any, mode: int, **how: Any) -> bool:
        if mode & os.X_OK and _is_skipped(path):
            return False
        return bool(self.real(path, mode, **how))


def _is_skipped(path: Any) -> bool:
    name = os.path.basename(path) if isinstance(path, (str, os.PathLike)) else ""
    if name not in ("ccache", "sccache"):
        return False
    places = os.environ.get("PATH", "").split(os.pathsep)
    ours = [place for place in places if os.path.exists(place + "/truewheel_tools.py")]
    return any(os.path.exists("%s/%s" % (place, name)) for place in ours)


def _guard_access(module: Any) -> None:
    guard = _Access(module.access)
    for known in (module.supports_dir_fd, module.supports_effective_ids,
                  module.supports_follow_symlinks):
        if guard.real in known:
            known.add(guard)
    module.access = guard


class _LateGuards:
    """Guards modules when they are imported. To import them here would slow every start."""

    def __init__(self, pending: dict[str, Any]) -> None:
        self.pending = pending
        self.looking = ""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Guards every spec: some callers only want to know whether the module is there, so the
        first one need not be the one that is imported.
        """
        guard = self.pending.get(name)
        if guard is None or name == self.looking:
            return None
        self.looking = name
        try:
            spec = self._find_elsewhere(name, path, target)
        finally:
            self.looking = ""
        if spec is not None and spec.loader is not None:
            self._after_exec(spec.loader, name, guard)
        return spec

    def _find_elsewhere(self, name: str, path: Any, target: Any) -> Any:
        for finder in sys.meta_path:
            if finder is not self and hasattr(finder, "find_spec"):
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    return spec
        return None

    @staticmethod
    def _after_exec(loader: Any, name: str, guard: Any) -> None:
        original = loader.exec_module

        def exec_module(module: Any) -> None:
            original(module)
            if module.__name__ == name:  # a loader may be shared by several modules
                guard(module)

        try:
            loader.exec_module = exec_module
        except AttributeError:
            pass  # it cannot be replaced: not a loader of the standard library's files


# Guards by name: of modules that are guarded when they are imported, and of os, which is there.
_LATE = {"tempfile": _guard_tempfile, "uuid": _guard_uuid, "random": _guard_random,
         "tarfile": _guard_tarfile}
_AT_ONCE = {"listdir": _guard_listdir, "compiler-caches": _guard_access,
            "processors": _guard_processors}


def _patch_compile(module: Any) -> None:
    """Commands of setuptools' build_ext run side by side (truewheel_compile)."""
    import truewheel_compile

    if module.__name__.endswith(".build_ext"):
        truewheel_compile.patch_build_ext(module)
    else:
        truewheel_compile.patch_compiler(module)


# As setuptools brings distutils along, and as Python before 3.12 does.
_COMPILE = tuple(
    "%s.%s" % (package, name) for package in ("setuptools._distutils", "distutils")
    for name in ("ccompiler", "unixccompiler", "compilers.C.base", "compilers.C.unix",
                 "command.build_ext"))


def _activate() -> None:
    off = os.environ.get("TRUEWHEEL_TEST_GUARDS_OFF", "").split(",")
    pending: dict[str, Any] = {}
    for name, guard in _LATE.items():
        if name in off:
            continue
        if name in sys.modules:
            guard(sys.modules[name])
        else:
            pending[name] = guard
    pending.update(dict.fromkeys(_COMPILE, _patch_compile))
    sys.meta_path.insert(0, _LateGuards(pending))
    for name, guard in _AT_ONCE.items():
        if name not in off:
            guard(os)


_activate()
