"""Makes a ``Setting`` true for one command: directories, environment, and a chain of programs.

A world is one directory. What a setting does not vary lies at the same path in every run, and is
made afresh for each, so that two runs of equal settings can be equal.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import libraries
from .setting import Setting

_USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What is needed to reach an index. No bytes depend on it.
_KEPT = ("PIP_CERT", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "SSL_CERT_FILE", "RUSTUP_TOOLCHAIN")


class World:
    """One directory in which builds happen under settings."""

    def __init__(self, root: Path, needed: Sequence[Path] = ()) -> None:
        """``needed``: what must stay visible when ``/tmp`` is another file system."""
        self.root = root
        self.needed = tuple(needed)
        root.mkdir(parents=True, exist_ok=True)
        root.chmod(0o755)

    def place(self, setting: Setting, what: str) -> Path:
        """The directory that is the home (or tmp, cwd, sources) under a setting."""
        return self.root / (getattr(setting, what) or what)

    def prepare(self, setting: Setting, keep: bool = False) -> None:
        """Empty directories, owned by whoever the build runs as; ``keep``: only what is missing."""
        owner = setting.user if setting.user is not None else os.geteuid()
        for what in ("home", "tmp", "cwd"):
            place = self.place(setting, what)
            if not keep:
                shutil.rmtree(place, ignore_errors=True)
            place.mkdir(exist_ok=True)
            place.chmod(0o777)  # the build may run as another user
            os.chown(place, owner, owner if setting.user is not None else os.getegid())
        for letter in "ab":
            tool = self.root / f"tools-{letter}" / "perturb-tool"
            tool.parent.mkdir(exist_ok=True)
            tool.write_text(f"#!/bin/sh\necho {letter}\n", encoding="ascii")
            tool.chmod(0o755)

    def environment(self, setting: Setting, extra: Mapping[str, str] = {}) -> dict[str, str]:
        """The whole environment of the command."""
        path = [str(self.root / name) for name in setting.path_first]
        environment = {
            "PATH": ":".join([*path, *_toolchain_path(), _USUAL_PATH]),
            "HOME": str(self.place(setting, "home")),
            "TMPDIR": str(self.place(setting, "tmp")),
            "PWD": str(self.place(setting, "cwd")),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            # What a store returned would be compared with itself.
            "TRUEWHEEL_NO_CACHE": "1",
            # Seen by a cargo that fetches, not by builds: tests/preload/perturb_clock.c
            "CARGO_HTTP_USER_AGENT": "cargo (truewheel's tests)",
        }
        rustup = Path(os.environ.get("RUSTUP_HOME", os.path.expanduser("~/.rustup")))
        if rustup.is_dir():
            environment["RUSTUP_HOME"] = str(rustup)
        environment.update({name: os.environ[name] for name in _KEPT if name in os.environ})
        environment.update(extra)
        environment.update(setting.environment)
        if "LC_ALL" in setting.environment:
            environment["LOCPATH"] = str(libraries.locales())
        if setting.preload_variable:
            files = [str(libraries.preload(name)) for name in setting.preload_variable]
            environment["LD_PRELOAD"] = " ".join(files)
        for name in setting.unset:
            environment.pop(name, None)
        return environment

    def command(self, setting: Setting, command: Sequence[str]) -> list[str]:
        """The command behind everything that makes the setting true."""
        spaces = ["--uts"] if setting.host else []
        if setting.needs_mounts():
            spaces.append("--mount")
        chain = ["unshare", *spaces, "--"] if spaces else []
        chain += ["/bin/sh", "-ec", "\n".join(self._script(setting)), "sh"]
        if setting.limits:
            chain += ["prlimit", *setting.limits]
        if setting.fixed_addresses:
            chain += ["setarch", "-R"]
        if setting.cpus:
            usable = sorted(os.sched_getaffinity(0))[: setting.cpus]
            chain += ["taskset", "-c", ",".join(map(str, usable))]
        if setting.user is not None:
            chain += [
                "setpriv",
                f"--reuid={setting.user}",
                f"--regid={setting.user}",
                "--clear-groups",
            ]
        return [*chain, *command]

    def _script(self, setting: Setting) -> list[str]:
        lines = []
        if setting.host:
            lines.append(f"hostname {shlex.quote(setting.host)}")
        if setting.preload:
            lines += self._preload_lines(setting.preload)
        if setting.tmpfs_work:
            lines += self._tmpfs_lines("/tmp", "1777")
            place = shlex.quote(str(self.place(setting, "tmp")))
            lines.append(f"mount -t tmpfs -o mode=1777 tmpfs {place}")
        for program in filter(None, map(shutil.which, setting.missing)):
            lines.append(f"mount --bind /dev/null {shlex.quote(os.path.realpath(program))}")
        if setting.user is not None:
            lines += self._opened_lines()
        lines.append(f"cd {shlex.quote(str(self.place(setting, 'cwd')))}")
        if setting.umask is not None:
            lines.append(f"umask {setting.umask:04o}")
        lines.append('exec "$@"')
        return lines

    def _preload_lines(self, names: Sequence[str]) -> list[str]:
        """
        Into every process, whatever its environment: /etc/ld.so.preload of a private /etc. They lie
        there as well, so that a sandbox can be told to show them.
        """
        files = [libraries.preload(name) for name in names]
        there = " ".join(f"/etc/perturb/{file.name}" for file in files)
        etc = shlex.quote(str(self.root / "etc"))
        return [
            f"rm -rf {etc}; mkdir -p {etc}/upper {etc}/work",
            "mount -t overlay overlay"
            f" -o lowerdir=/etc,upperdir={etc}/upper,workdir={etc}/work /etc",
            "mkdir -p /etc/perturb",
            f"cp {' '.join(shlex.quote(str(file)) for file in files)} /etc/perturb",
            f"echo {shlex.quote(there)} >/etc/ld.so.preload",
        ]

    def _tmpfs_lines(self, target: str, mode: str) -> list[str]:
        """An empty tmpfs over a directory, with what is needed below it bound back."""
        inside = [p for p in (*self.needed, self.root, libraries.place()) if _below(p, target)]
        lines = []
        keep = "/mnt"
        for number, path in enumerate(inside):
            if number == 0:
                lines += [f"mount -t tmpfs tmpfs {keep}"]
            lines += [
                f"mkdir {keep}/{number}",
                f"mount --bind {shlex.quote(str(path))} {keep}/{number}",
            ]
        lines.append(f"mount -t tmpfs -o mode={mode} tmpfs {shlex.quote(target)}")
        for number, path in enumerate(inside):
            quoted = shlex.quote(str(path))
            lines += [f"mkdir -p {quoted}", f"mount --bind {keep}/{number} {quoted}"]
        return lines

    def _opened_lines(self) -> list[str]:
        """Opens what is needed below root's home to the user of the build."""
        home = os.path.expanduser("~")
        if os.stat(home).st_mode & 0o005 == 0o005:
            return []
        paths = [path for path in _below_home() if path.exists()]
        world = World(self.root, [*self.needed, *paths])
        return world._tmpfs_lines(home, "755")

    def run(
        self, setting: Setting, command: Sequence[str], extra: Mapping[str, str] = {}
    ) -> subprocess.CompletedProcess[str]:
        """Runs it to its end; its whole output in one text."""
        return subprocess.run(
            self.command(setting, command),
            env=self.environment(setting, extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )


def _toolchain_path() -> list[str]:
    """Where a Rust toolchain's commands lie, when they are not in the usual places."""
    cargo = shutil.which("cargo")
    directory = os.path.dirname(cargo) if cargo else ""
    return [directory] if directory and directory not in _USUAL_PATH.split(":") else []


def _below_home() -> list[Path]:
    home = Path.home()
    return [home / name for name in (".pyenv", ".rustup", ".cargo")]


def _below(path: Path, target: str) -> bool:
    return str(path) != target and str(path).startswith(target.rstrip("/") + "/")
