"""The install child: fills one build environment, which is a virtual environment made by hand.

It is written at `target` and used at `final`, so its files name `final`, never `target`. The same
wheels give the same files: they are installed in the order of their names, and every file gets one
fixed time, and mode 0755 or 0644.
"""

from __future__ import annotations

import os
import py_compile
import re
import sys
import sysconfig
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

from pyshim import archive, project, seams, tree
from pyshim.errors import ShimError, SourceError
from pyshim.greeting import base_executable
from pyshim.wire import Channel

_GUEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest")
_WORTH_A_FORK = 40  # source files: for fewer a further process takes longer than it saves
_OWN_MODULES = ("truewheel_determinism", "truewheel_compile")
ISOLATED = "truewheel-isolated = true\n"  # in pyvenv.cfg, where Python takes no notice of it
HOOKS = os.path.join("truewheel", "truewheel_hooks.py")


def python_name() -> str:
    return f"python{sys.version_info[0]}.{sys.version_info[1]}"


def site_packages(root: str) -> str:
    return os.path.join(root, "lib", python_name(), "site-packages")


def _script_names(text: str) -> list[str]:
    """The scripts of an entry_points.txt.

    Several pips read it with several parsers, which disagree about comments and brackets; a name
    that is a script to any of them is returned.
    """
    scripts = False
    names = []
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            scripts = line.strip("[] \t") in ("console_scripts", "gui_scripts")
        elif scripts and not line.startswith("#") and "=" in line:
            names.append(line.partition("=")[0].strip())
    return names


def _check_scripts(wheel: str) -> None:
    """Refuses a script whose name leads out of bin/: pip joins the two without a check.

    The wheel may come from a hostile sdist, and nothing here runs in a sandbox.
    """
    with zipfile.ZipFile(wheel) as opened:
        for member in opened.namelist():
            if not re.fullmatch(r"[^/]+\.dist-info/entry_points\.txt", member):
                continue
            for script in _script_names(opened.read(member).decode("utf-8", "replace")):
                if script in (".", "..") or "/" in script or "\0" in script:
                    raise ShimError(f"wheel '{os.path.basename(wheel)}' has an entry point whose"
                                    f" name is a path: '{script}'")


class _Environment:
    def __init__(self, target: str, final: str, system_site: bool, prefix: str = "") -> None:
        self.target = target
        self.final = final
        self.isolated = not system_site
        self.system_site = system_site and (not prefix or _sees_base(prefix))
        self.prefix = prefix  # of the virtual environment whose packages are seen as well, or ""
        self.site = site_packages(target)

    def lay_out(self) -> None:
        os.makedirs(self.site, 0o755)
        os.makedirs(os.path.join(self.target, "bin"), 0o755)
        os.symlink("lib", os.path.join(self.target, "lib64"))

    def _add_interpreter(self) -> None:
        binaries = os.path.join(self.target, "bin")
        os.symlink(base_executable(), os.path.join(binaries, "python"))
        for name in ("python3", python_name()):
            os.symlink("python", os.path.join(binaries, name))
        version = ".".join(str(part) for part in sys.version_info[:3])
        self._write("pyvenv.cfg", (
            f"home = {os.path.dirname(base_executable())}\n"
            f"include-system-site-packages = {'true' if self.system_site else 'false'}\n"
            f"version = {version}\n"
            f"executable = {base_executable()}\n"
            f"{ISOLATED if self.isolated else ''}"))

    def add_wheel(self, wheel: str) -> None:
        name, _ = seams.wheel_identity(os.path.basename(wheel))
        try:
            archive.check_wheel(wheel)
            _check_scripts(wheel)
            seams.install_wheel(name, wheel, {
                "platlib": self.site,
                "purelib": self.site,
                "headers": os.path.join(
                    self.target, "include", "site", python_name(), project.canonical_name(name)),
                "scripts": os.path.join(self.target, "bin"),
                "data": self.target,
            })
        except SourceError as exc:
            raise ShimError(f"wheel '{os.path.basename(wheel)}': {exc}") from exc
        except zipfile.BadZipFile as exc:
            raise ShimError(f"corrupt wheel '{os.path.basename(wheel)}': {exc}") from exc
        self._check_own_names(os.path.basename(wheel))

    def _check_own_names(self, wheel: str) -> None:
        """Refuses a wheel that has put something where the environment's own files will lie.

        Through its .data directory a wheel can write anywhere: a pyvenv.cfg of its own would switch
        the isolation off. Python looks for that file in bin/ first.
        """
        names = ["pyvenv.cfg", "truewheel", "bin/pyvenv.cfg", "bin/python", "bin/python3",
                 f"bin/{python_name()}"]
        below = os.path.relpath(self.site, self.target)
        names += [f"{below}/{name}" for name in os.listdir(self.site)
                  if name.startswith(_OWN_MODULES)]
        found = [name for name in names if os.path.lexists(os.path.join(self.target, name))]
        if not os.path.islink(os.path.join(self.target, "lib64")):
            found.append("lib64")
        if found:
            raise ShimError(f"wheel '{wheel}' has a file where the build environment has one of its"
                            f" own: '{found[0]}'")

    def add_own_files(self) -> None:
        """Adds the environment's files, after those of the wheels: the interpreter, the hook
        runner, and the module that each Python here imports at its start to become deterministic.
        """
        self._add_interpreter()
        os.mkdir(os.path.join(self.target, "truewheel"), 0o755)
        self._write(HOOKS, _read(os.path.join(_GUEST, "truewheel_hooks.py")))
        below = os.path.relpath(self.site, self.target)
        for name in _OWN_MODULES:
            self._write(os.path.join(below, f"{name}.py"),
                        _read(os.path.join(_GUEST, f"{name}.py")))
        self._write(os.path.join(below, "truewheel_determinism.pth"),
                    "import truewheel_determinism\n")
        if self.prefix:
            self._write(os.path.join(below, "truewheel_environment.pth"), "".join(
                f"import site; site.addsitedir({place!r})\n" for place in _packages(self.prefix)))

    def _write(self, name: str, text: str) -> None:
        with open(os.path.join(self.target, name), "w", encoding="utf-8") as out:
            out.write(text)

    def compile(self, jobs: int) -> None:
        """Compiles all sources, in up to `jobs` processes.

        The byte code is never checked against its source, which will not change. For setuptools
        this takes 0.45 s of processor time once and saves 0.3 s in every build.
        """
        sources = self._sources()
        shares = max(1, min(jobs, len(sources) // _WORTH_A_FORK))
        children = [_fork(self._compile_files, sources[n::shares]) for n in range(1, shares)]
        self._compile_files(sources[::shares])
        for child in children:
            if os.waitpid(child, 0)[1] != 0:
                raise ShimError("a process that compiled Python sources has died")

    def _sources(self) -> list[str]:
        """Largest first, so that every n-th of them is about an n-th of the work."""
        found = []
        for directory, names, files in os.walk(self.site):
            names[:] = [n for n in names if n not in ("tests", "test", "__pycache__")]
            found += [os.path.join(directory, n) for n in files if n.endswith(".py")]
        return sorted(found, key=lambda path: (-os.lstat(path).st_size, path))

    def _compile_files(self, paths: list[str]) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for path in paths:
                self._compile_file(path)

    def _compile_file(self, path: str) -> None:
        shown = os.path.join(self.final, os.path.relpath(path, self.target))
        try:
            py_compile.compile(
                path, dfile=shown, doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
        except (py_compile.PyCompileError, ValueError, RecursionError):
            pass  # a template, or for another Python; whoever imports it gets the error

    def set_modes_and_times(self) -> None:
        """Gives everything one time, and one of two modes."""
        for directory, names, files in os.walk(self.target, topdown=False):
            for name in files + names:
                path = os.path.join(directory, name)
                if not os.path.islink(path):
                    executable = os.stat(path).st_mode & 0o111
                    os.chmod(path, 0o755 if executable else 0o644)
                os.utime(path, (tree.FIXED_TIME, tree.FIXED_TIME), follow_symlinks=False)
        os.chmod(self.target, 0o755)
        os.utime(self.target, (tree.FIXED_TIME, tree.FIXED_TIME))


def _packages(prefix: str) -> list[str]:
    """Where a virtual environment has its packages: one directory, or two (lib64)."""
    places = {"base": prefix, "platbase": prefix}
    found = [sysconfig.get_path(name, "posix_prefix", places) for name in ("purelib", "platlib")]
    return list(dict.fromkeys(found))


def _sees_base(prefix: str) -> bool:
    """Whether the packages of its base interpreter are seen in a virtual environment."""
    try:
        text = _read(os.path.join(prefix, "pyvenv.cfg"))
    except OSError:
        return False
    return bool(re.search(r"^\s*include-system-site-packages\s*=\s*true\s*$", text,
                          re.MULTILINE | re.IGNORECASE))


def _fork(function: Callable[[list[str]], None], paths: list[str]) -> int:
    """Starts a process that runs `function(paths)`. Its status is 0 unless that raises."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        function(paths)
        status = 0
    finally:
        os._exit(status)


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as opened:
        return opened.read()


def install(request: dict[str, Any], channel: Channel) -> int:
    """Does one `install` request and sends `done`, or raises ShimError."""
    os.umask(0o022)
    environment = _Environment(
        os.path.abspath(request["target"]), request["final"], bool(request.get("system_site")),
        request.get("prefix") or "")
    environment.lay_out()
    # This is where every pip gets the shebang of scripts; only new ones take it as an argument.
    sys.executable = os.path.join(environment.final, "bin", "python")
    for wheel in sorted(request["wheels"], key=lambda path: (os.path.basename(path), path)):
        channel.send({"t": "phase", "text": f"unpacking {os.path.basename(wheel)}"})
        environment.add_wheel(wheel)
    environment.add_own_files()
    channel.send({"t": "phase", "text": "compiling"})
    environment.compile(int(request.get("jobs", 1)))
    channel.send({"t": "phase", "text": "modes and times"})
    environment.set_modes_and_times()
    channel.send({"t": "done"})
    return 0
