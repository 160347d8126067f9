"""The programs that are compared: how each is told to build sdists into a directory."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .setting import Setting

# Where a world has the libraries of Setting.preload (world.py).
PRELOADED = ("/etc/ld.so.preload", "/etc/perturb")


@dataclass(frozen=True)
class Builder:
    """A front end. ``offline`` keeps it from every index; else ``index`` is the only one."""

    name: str
    python: str
    program: tuple[str, ...]
    other_program: tuple[str, ...] = ()  # under Setting.old_pip
    older: Path | None = None  # a directory that holds another pip
    environment: dict[str, str] = field(default_factory=dict)

    def needed(self) -> list[Path]:
        """The directories of its programs, and those that links in them lead to."""
        words = (*self.program, *self.other_program)
        directories = [Path(word).resolve().parent for word in words if word.startswith("/")]
        shims = [place / "share" / "truewheel" / "pyshim" for place in directories]
        directories += [shim.resolve() for shim in shims if shim.is_symlink()]
        return list(dict.fromkeys(directories))

    def has_another(self) -> bool:
        """Whether the other program is there, and is another version."""
        said = {
            subprocess.run(
                [*program, "--version"], stdout=subprocess.PIPE, check=False
            ).stdout.split()[1]
            for program in (self.program, self.other_program)
            if program
        }
        return len(said) > 1

    def options(self, setting: Setting) -> list[str]:
        """What the setting means for this builder's command line."""
        options = list(setting.options.get(self.name, ()))
        if self.name == "truewheel" and setting.old_pip and self.older:
            options += ["--pip", str(self.older)]
        if self.name == "truewheel" and setting.preload:
            for path in PRELOADED:  # builds do not see what a machine preloads
                options += ["--bind", path]
        return options

    def command(
        self, setting: Setting, sources: Sequence[Path], out: Path, index: str = ""
    ) -> list[list[str]]:
        """The commands, one after the other, that build all the sources."""
        program = self.other_program if setting.old_pip and self.other_program else self.program
        where = ["--index-url", index] if index else ["--no-index"]
        options = [*where, *self.options(setting)]
        if self.name == "uv":
            common = [*program, "build", "--wheel", "--python", self.python, *options]
            return [[*common, "--out-dir", str(out), str(source)] for source in sources]
        if self.name == "truewheel":
            options += ["--from-source"] if index else []
        else:
            options += ["--no-cache-dir"]
        return [[*program, "wheel", "--no-deps", "-w", str(out), *options, *map(str, sources)]]


_PINNED = {
    "SOURCE_DATE_EPOCH": "315532800",
    "PYTHONHASHSEED": "0",
    "CFLAGS": "-g0",
    "CXXFLAGS": "-g0",
}


def pip(python: str, directory: Path | None, older: Path | None = None) -> Builder:
    """Plain pip: the one in a directory, or the interpreter's own."""
    return Builder("pip", python, _pip_program(python, directory), _pip_program(python, older))


def pip_pinned(python: str, directory: Path | None) -> Builder:
    """pip, with the variables that people set to get equal wheels."""
    return Builder("pip-pinned", python, _pip_program(python, directory), environment=_PINNED)


def uv(python: str, program: str = "") -> Builder | None:
    """uv build, when there is a uv."""
    found = program or shutil.which("uv")
    return Builder("uv", python, (found, "--quiet", "--no-cache", "--no-config")) if found else None


def truewheel(python: str, build: Path, older: Path | None = None) -> Builder:
    """The driver of a build directory; ``older``: another pip for its engine."""
    return Builder("truewheel", python, (str(build / "truewheel"),), older=older)


def _pip_program(python: str, directory: Path | None) -> tuple[str, ...]:
    return (python, str(directory / "pip")) if directory else (python, "-m", "pip")
