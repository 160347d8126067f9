"""The build child: runs the hooks of one source, inside the sandbox.

It is a fork of the engine that has entered the sandbox. It unpacks the source, starts the build
environment's own Python once (guest/truewheel_hooks.py), and has it call the hooks in one source
tree, in pip's order:

    get_requires_for_build_wheel -> prepare_metadata_for_build_wheel -> build_wheel

The driver trusts nothing that is sent from here: the source's code could send it as well.
"""

from __future__ import annotations

import importlib
import os
import shutil
import stat
import subprocess
import sys
import traceback
import zipfile
from typing import Any

from pyshim import (
    archive, crates, expectation, guards, install, installed, metadata, patches, project, tools,
    world,
)
from pyshim.errors import ShimError, SourceError, one_line
from pyshim.wire import Channel, ChannelClosed


_MAX_METADATA = 2 << 20  # characters; the driver reads no frame above 8 MiB from a sandbox


class BuildFailure(ShimError):
    """A failure in a phase of the build. `kind` is that of the protocol's `error` frame."""

    def __init__(self, phase: str, kind: str, message: str) -> None:
        super().__init__(message)
        self.phase = phase
        self.kind = kind


class _Backend:
    """The interpreter that runs the hooks, and the pipes to it."""

    def __init__(self, python: str, runner: str, cwd: str, environ: dict[str, str]) -> None:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        try:
            self._process = subprocess.Popen(
                [python, runner, str(theirs_in), str(theirs_out)],
                cwd=cwd, env=environ, stdin=subprocess.DEVNULL,
                pass_fds=(theirs_in, theirs_out))
        except OSError as exc:
            raise BuildFailure("requires", "other", f"cannot start '{python}': {exc}") from exc
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self._channel = Channel(ours_in, ours_out)

    def ask(self, phase: str, request: dict[str, Any]) -> dict[str, Any]:
        try:
            self._channel.send(request)
            answer = self._channel.receive()
        except ChannelClosed as exc:
            raise self._describe_death(phase) from exc
        except (ShimError, OSError, ValueError, RecursionError, MemoryError) as exc:
            raise BuildFailure(phase, "backend", f"the backend garbled its answer: {exc}") from exc
        if answer is None:
            raise self._describe_death(phase)
        if not answer.get("ok"):
            raise BuildFailure(phase, "backend", one_line(str(answer.get("message", ""))))
        return answer

    def _describe_death(self, phase: str) -> BuildFailure:
        status = self._process.wait()
        said = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        return BuildFailure(phase, "backend", f"the backend's interpreter {said}")

    def hook(self, phase: str, name: str, *args: Any, **kwargs: Any) -> tuple[bool, Any]:
        """Whether the backend has the hook, and what it returned."""
        answer = self.ask(phase, {"op": "hook", "name": name, "args": args, "kwargs": kwargs})
        return not answer.get("missing"), answer.get("result")


class _Build:
    def __init__(self, request: dict[str, Any], channel: Channel) -> None:
        self.channel = channel
        self.source: dict[str, Any] = request["source"]
        self.environ: dict[str, str] = request["environ"]
        if guards.is_off("runner"):
            self.environ["PEP517_RUNNER"] = str(importlib.import_module("pip").__version__)
        self.requires_final = bool(request.get("requires_final"))
        self.job: str = request["job"]
        self.env: str = request["env"]
        self.out = os.path.join(self.job, "out")
        self._changed = os.path.join(self.job, "changed")
        self.settings = self.source.get("config_settings") or None
        self.phase = "unpack"
        self.world = world.World(
            self.job, bool(request.get("guest")), bool(request["spec"].get("settled")))
        self.isolated = _is_isolated(self.env)
        self.checked = not self.isolated and bool(self.source.get("check_requires"))

    def run(self) -> int:
        root = self._source_root()
        backend = self._start_backend(root)
        if self.isolated and not self._has_requires(backend):
            return 0
        if self.checked:
            self._check_installed(self._ask_requires(backend))
        self._build_wheel(backend, self._prepare_metadata(backend))
        return 0

    def _start_phase(self, phase: str) -> None:
        self.phase = phase
        self.channel.send({"t": "phase", "phase": phase})

    def unpack(self) -> str:
        """Unpacks the source, unless the fetch has done that; returns the tree's root."""
        self._start_phase("unpack")
        src = os.path.join(self.job, "src")
        os.makedirs(src, 0o755, exist_ok=True)
        if self.source.get("archive") and not os.listdir(src):
            archive.unpack(self.source["archive"], src)
        return src

    def change(self, src: str) -> None:
        """Applies what the settings want changed."""
        if self.source.get("change"):
            root = project.inside(src, self.source.get("subdirectory") or "")
            patches.apply(patches.from_frame(self.source["change"]), root, self.environ["PATH"])

    def change_for_fetch(self, src: str) -> bool:
        """The same before the build; leaves it a file that says why it failed, or that it did not.
        """
        failed = ""
        try:
            self.change(src)
        except SourceError as exc:
            failed = str(exc)
        if self.source.get("change"):
            with open(self._changed, "x", encoding="utf-8") as out:
                out.write(failed)
        return not failed

    def _was_changed(self) -> bool:
        """Whether a fetch has applied it. Raises SourceError when it could not."""
        if not os.path.exists(self._changed):
            return False
        with open(self._changed, encoding="utf-8") as opened:
            failed = opened.read()
        os.unlink(self._changed)
        if failed:
            raise SourceError(failed)
        return True

    def _source_root(self) -> str:
        src = self.unpack()
        root = project.inside(src, self.source.get("subdirectory") or "")
        if self._was_changed():
            return root
        expect = self.source.get("expect") or {}
        warning = expectation.check(src, root, expect, self.environ)
        if warning and not self.requires_final:  # else it was said before
            self.channel.send({"t": "warning", "text": warning})
        self.change(src)
        return root

    def _start_backend(self, root: str) -> _Backend:
        self.phase = "requires"
        self.channel.send({"t": "phase", "phase": "interpreter"})
        for name in ("tmp", "home", "out"):
            os.makedirs(os.path.join(self.job, name), 0o755, exist_ok=True)
        tools.write_wrappers(self.job, self.env, self.environ, self.source.get("config_settings"))
        self.world.enter(
            os.path.join(self.job, "src"), bool(self.source.get("archive")), self.environ)
        for path in self.source.get("backend_path") or []:
            project.inside(root, path)
        self.backend = _Backend(
            os.path.join(self.env, "bin", "python"), os.path.join(self.env, install.HOOKS),
            root, self.environ)
        if not self.isolated:
            self._report_installed()
        answer = self.backend.ask("requires", {
            "op": "load", "backend": self.source["backend"],
            "backend_path": self.source.get("backend_path") or []})
        self.search_path = [str(path) for path in answer.get("path", [])]
        self._start_phase("requires")
        return self.backend

    def _report_installed(self) -> None:
        """Sends what is installed, before an import of the backend can run the source's code."""
        answer = self.backend.ask("requires", {"op": "path"})
        self.installed = installed.distributions([str(path) for path in answer.get("path", [])])
        self.channel.send({"t": "installed", "distributions": [
            {"name": dist.name, "version": dist.version}
            for _, dist in sorted(self.installed.items())]})
        if self.checked:
            self._check_installed(self.source.get("requires") or [])

    def _check_installed(self, wanted: list[str]) -> None:
        """--check-build-dependencies, also for the requirements that the backend's hook returns."""
        unmet = _compare(wanted, self.installed)
        if unmet:
            raise BuildFailure("requires", "installed", "what the interpreter has installed does"
                               f" not meet the build requirements: {unmet}")

    def _ask_requires(self, backend: _Backend) -> list[str]:
        """The build requirements that the backend's hook returns."""
        there, wanted = backend.hook(
            "requires", "get_requires_for_build_wheel", self.settings)
        wanted = wanted if there and wanted is not None else []  # as pip: None means no requirements
        if not isinstance(wanted, (list, tuple)) or not all(isinstance(w, str) for w in wanted):
            raise BuildFailure("requires", "backend",
                               "get_requires_for_build_wheel did not return a list of strings")
        return list(wanted)

    def _has_requires(self, backend: _Backend) -> bool:
        """Whether all are there. If not, `missing` has been sent, and this child is done."""
        missing = _find_missing(self._ask_requires(backend), self.search_path)
        if missing and self.requires_final:
            raise BuildFailure("requires", "requires", "build requirements are still missing"
                               f" after they were installed: {', '.join(missing)}")
        if missing:
            self.channel.send({"t": "missing", "requires": missing})
        return not missing

    def _prepare_metadata(self, backend: _Backend) -> str | None:
        """The prepared dist-info directory; None when the backend cannot prepare one."""
        self._start_phase("metadata")
        place = os.path.join(self.job, "tmp", "truewheel-metadata")
        os.makedirs(place, 0o755)
        there, name = backend.hook(
            "metadata", "prepare_metadata_for_build_wheel", place, self.settings)
        if not there:
            return None
        if not _is_basename(name):
            raise BuildFailure("metadata", "backend", "prepare_metadata_for_build_wheel did not"
                               f" return the name of a directory but {name!r}")
        directory = os.path.join(place, name)
        try:
            with open(os.path.join(directory, "METADATA"), encoding="utf-8",
                      errors="surrogateescape", newline="") as opened:
                self._report_metadata(opened.read())
        except OSError as exc:
            raise BuildFailure("metadata", "backend",
                               f"the backend wrote no '{name}/METADATA': {exc.strerror}") from exc
        return directory

    def _report_metadata(self, text: str) -> None:
        if len(text) > _MAX_METADATA:
            raise BuildFailure("metadata", "backend", "the backend's METADATA is longer than"
                               f" {_MAX_METADATA >> 20} MiB")
        self.built = metadata.parse(text)
        if self.built.lacks():
            raise BuildFailure(
                "metadata", "backend", f"the backend's metadata lacks {self.built.lacks()}")
        self.channel.send({"t": "metadata", "text": text})

    def _build_wheel(self, backend: _Backend, dist_info: str | None) -> None:
        self._start_phase("wheel")
        there, name = backend.hook("wheel", "build_wheel", self.out, self.settings, dist_info)
        if not there:
            raise BuildFailure("wheel", "backend", "the backend has no build_wheel hook")
        self._check_wheel(name)
        if dist_info is None:
            self._report_metadata(_metadata_of_wheel(os.path.join(self.out, name)))
        self.channel.send(self.world.told())
        self.channel.send({"t": "wheel", "name": name})

    def _check_wheel(self, name: object) -> None:
        if not _is_basename(name) or not str(name).endswith(".whl"):
            raise BuildFailure("wheel", "backend",
                               f"build_wheel did not return the name of a wheel but {name!r}")
        entries = os.listdir(self.out) if os.path.isdir(self.out) else []
        there = sorted(entry for entry in entries if entry.endswith(".whl"))
        if name not in there:
            raise BuildFailure("wheel", "backend",
                               f"the backend wrote no wheel where it named '{name}'")
        if len(there) > 1:
            raise BuildFailure("wheel", "backend",
                               f"the backend wrote more than one wheel: {', '.join(there)}")
        if not stat.S_ISREG(os.lstat(os.path.join(self.out, str(name))).st_mode):
            raise BuildFailure("wheel", "backend", f"'{name}' is not a regular file")


def _is_basename(name: object) -> bool:
    return isinstance(name, str) and name not in ("", ".", "..") and "/" not in name \
        and "\0" not in name


def _is_isolated(env: str) -> bool:
    """Whether the environment sees no packages but those that were installed into it."""
    try:
        with open(os.path.join(env, "pyvenv.cfg"), encoding="utf-8") as opened:
            return install.ISOLATED in opened.read()
    except OSError as exc:
        raise BuildFailure("requires", "other",
                           f"the build environment cannot be read: {exc}") from exc


def _metadata_of_wheel(path: str) -> str:
    try:
        with zipfile.ZipFile(path) as wheel:
            for name in wheel.namelist():
                if name.count("/") == 1 and name.endswith(".dist-info/METADATA"):
                    return wheel.read(name).decode("utf-8", "surrogateescape")
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as exc:
        raise BuildFailure("wheel", "backend", f"the backend's wheel is corrupt: {exc}") from exc
    raise BuildFailure("wheel", "backend", "the backend's wheel holds no METADATA")


def _compare(wanted: list[str], found: dict[str, installed.Distribution]) -> installed.Unmet:
    try:
        return installed.compare(wanted, found)
    except installed.NoRequirement as exc:
        raise BuildFailure("requires", "backend",
                           f"the backend asks for '{exc}', which is no requirement") from exc


def _find_missing(wanted: list[str], search_path: list[str]) -> list[str]:
    """The requirements that the environment lacks, in the order given.

    Raises BuildFailure for one that it has in a version that does not match, as pip does.
    """
    unmet = _compare(wanted, installed.distributions(search_path))
    for text, found in unmet.conflicting:
        raise BuildFailure("requires", "requires", f"the backend asks for '{text}', but its"
                           f" other build requirements brought {found.name} {found.version}")
    return unmet.missing


def build(request: dict[str, Any], channel: Channel) -> int:
    """Does one `build` request, and sends its last frame. Returns 0 when nothing failed."""
    if not guards.is_off("umask"):
        os.umask(0o022)
    job = None
    try:
        job = _Build(request, channel)
        return job.run()
    except BuildFailure as exc:
        phase, kind, message = exc.phase, exc.kind, str(exc)
    except SourceError as exc:
        phase, kind, message = "unpack", "sdist", str(exc)
    except OSError as exc:  # a full disk, a limit
        traceback.print_exc()
        phase = job.phase if job else "unpack"
        kind, message = "other", f"{type(exc).__name__}: {exc}"
    said = one_line(message)
    if said.endswith("..."):  # the driver logs the frame's message; this one was cut
        print(message, file=sys.stderr, flush=True)
    channel.send({"t": "error", "phase": phase, "kind": kind, "message": said})
    return 1


def fetch(request: dict[str, Any], channel: Channel) -> int:
    """Unpacks the source and fetches its crates. A failure is left for `build` to report."""
    os.umask(0o022)
    job = _Build(request, channel)
    try:
        root = job.unpack()
    except SourceError:
        shutil.rmtree(os.path.join(job.job, "src"), ignore_errors=True)
        return 1
    if not job.change_for_fetch(root):
        return 1
    crates.fetch(request, channel, root)
    return 0
