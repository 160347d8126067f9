"""Plays the driver for tests of pyshim: no sandbox, one job after the other.

Run as a program, so that no test's interpreter imports pip:

    python fake_driver.py JOB.json     (prints one JSON object)

JOB: pip, args, root, cwd, from_source, environ, environ_all (for the driver itself),
build_environ, metadata (answers, by job directory), build (false: only resolve). Each child is
forked, as the engine does it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from pyshim import entry  # noqa: E402
from pyshim.wire import Channel  # noqa: E402


class Child:
    """A forked job; iterate over its frames, answer with `send`."""

    def __init__(self, job: Callable[[dict[str, Any], int], int], request: dict[str, Any],
                 output: str) -> None:
        ours, theirs = socket.socketpair()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, 0)
            os.dup2(out, 1)
            os.dup2(out, 2)
            os._exit(job(request, theirs.fileno()))
        theirs.close()
        self.socket = ours
        self.channel = Channel(ours.fileno())

    def frames(self) -> Iterator[dict[str, Any]]:
        while (frame := self.channel.receive()) is not None:
            yield frame
        self.socket.close()
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def show(one: dict[str, str], src: str) -> None:
    """One of a source's trees, laid over those before it."""
    omit: set[str] = set()
    if "omit" in one:
        with open(one["omit"], "rb") as opened:
            omit = {os.path.join(one["host"], os.fsdecode(name))
                    for name in opened.read().split(b"\0") if name}
    shutil.copytree(
        one["host"], os.path.normpath(os.path.join(src, one["place"])), symlinks=True,
        dirs_exist_ok=True, ignore=lambda directory, names: [
            name for name in names if os.path.join(directory, name) in omit])


class BuildFailed(Exception):
    def __init__(self, frame: dict[str, Any]) -> None:
        super().__init__(frame["message"])
        self.frame = frame


class Driver:
    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.root: str = job["root"]
        self.log: str = os.path.join(self.root, "log")
        self.stagings = 0
        self.builds: dict[str, str] = {}
        os.makedirs(self.root, exist_ok=True)

    def staging(self) -> str:
        self.stagings += 1
        path = os.path.join(self.root, f"staging-{self.stagings}")
        os.makedirs(path)
        return path

    def resolve(self, args: list[str], purpose: str) -> dict[str, Any]:
        """Frames of the resolver; sdists are built when their metadata is wanted."""
        request = {"op": "resolve", "args": args, "staging": self.staging(), "purpose": purpose,
                   "cwd": self.job.get("cwd") or self.root, "environ": self.job.get("environ"),
                   "kept": os.path.join(self.root, "kept"), "inherited": [],
                   "from_source": purpose == "root" and self.job.get("from_source", False)}
        child = Child(entry.resolve, request, self.log)
        result: dict[str, Any] = {"sdists": {}, "phases": [], "warnings": [],
                                  "final": None, "options": None}
        for frame in child.frames():
            kind = frame["t"]
            if kind == "sdist":
                result["sdists"][frame["id"]] = frame
            elif kind == "want":
                child.channel.send(self.answer(result["sdists"][frame["id"]]))
            elif kind == "phase":
                result["phases"].append(frame["text"])
            elif kind == "warning":
                result["warnings"].append(frame["text"])
            elif kind == "options":
                result["options"] = frame
            else:
                result["final"] = frame
        result["status"] = child.status
        return result

    def answer(self, sdist: dict[str, Any]) -> dict[str, Any]:
        given = self.job.get("metadata", {})
        if sdist["dir"] in given:
            return {"t": "metadata", "id": sdist["id"], "text": given[sdist["dir"]]}
        try:
            return {"t": "metadata", "id": sdist["id"], "text": self.build(sdist)["metadata"]}
        except BuildFailed as exc:
            return {"t": "failed", "id": sdist["id"], "message": str(exc)}

    def environment(self, sdist: dict[str, Any], more: list[str]) -> str:
        """The hash of a build environment, which is made when it is not there."""
        wheels: list[str] = []
        requires = sdist["requires"] + more
        if sdist["isolated"] and requires:
            result = self.resolve([*sdist["finder_args"], "--", *requires], "build")
            if result["final"]["t"] != "done":
                raise BuildFailed(result["final"])
            for item in result["final"]["items"]:
                wheels.append(item["file"] if item["kind"] == "wheel" else
                              self.build(result["sdists"][item["id"]])["wheel"])
        digest = hashlib.sha256(repr((sdist["isolated"], sorted(
            hashlib.sha256(open(w, "rb").read()).hexdigest() for w in wheels))).encode())
        name = digest.hexdigest()[:16]
        final = os.path.join(self.root, "env", name)
        if not os.path.exists(final):
            staged = os.path.join(self.root, f"env-staging-{name}")
            os.makedirs(staged)
            request = {"op": "install", "wheels": wheels, "target": staged, "final": final,
                       "system_site": not sdist["isolated"]}
            frames = list(Child(entry.install, request, self.log).frames())
            if frames[-1]["t"] != "done":
                raise BuildFailed(frames[-1])
            os.makedirs(os.path.dirname(final), exist_ok=True)
            os.rename(staged, final)
        return name

    def build(self, sdist: dict[str, Any], more: tuple[str, ...] = ()) -> dict[str, Any]:
        if not more and sdist["dir"] in self.builds:
            return json.loads(self.builds[sdist["dir"]])  # type: ignore[no-any-return]
        job = os.path.join(self.root, sdist["dir"])
        env = self.environment(sdist, list(more))
        if os.path.exists(job):
            shutil.rmtree(job)
        os.makedirs(job)
        for one in sdist.get("trees", []):
            show(one, os.path.join(job, "src"))
        for name in ("tmp", "home", "out"):
            os.makedirs(os.path.join(job, name))
        frames = self.run_build(sdist, job, env, final=bool(more))
        last = frames[-1]
        if last["t"] == "missing":
            return self.build(sdist, tuple(last["requires"]))
        if last["t"] != "wheel":
            raise BuildFailed(last)
        done = {"wheel": os.path.join(job, "out", last["name"]), "frames": frames,
                "metadata": next(f["text"] for f in frames if f["t"] == "metadata")}
        self.builds[sdist["dir"]] = json.dumps(done)
        return done

    def run_build(self, sdist: dict[str, Any], job: str, env: str, final: bool
                  ) -> list[dict[str, Any]]:
        environ = {
            "PATH": f"{self.root}/env/{env}/bin:/usr/local/bin:/usr/bin:/bin",
            "HOME": f"{job}/home", "TMPDIR": f"{job}/tmp", "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "SOURCE_DATE_EPOCH": "315532800", "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1", **self.job.get("build_environ", {}),
        }
        fields = ("archive", "subdirectory", "expect", "backend", "backend_path", "config_settings")
        request = {"op": "build", "environ": environ, "requires_final": final,
                   "spec": {},
                   "job": os.path.join(self.root, sdist["dir"]),
                   "env": os.path.join(self.root, "env", env),
                   "source": {key: sdist[key] for key in fields if key in sdist}}
        frames = list(Child(entry.build, request, self.log).frames())
        return frames or [{"t": "error", "kind": "other", "phase": "", "message": "no frames"}]


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as opened:
        job = json.load(opened)
    entry.find_pip(job.get("pip", ""))
    hello = entry.preload()
    if job.get("environ_all"):
        os.environ.update(job["environ_all"])
    driver = Driver(job)
    result = driver.resolve(job["args"], "root")
    result["hello"] = hello
    result["wheels"] = {}
    if result["final"] and result["final"]["t"] == "done" and job.get("build", True):
        for item in result["final"]["items"]:
            try:
                path = item["file"] if item["kind"] == "wheel" else driver.build(
                    result["sdists"][item["id"]])["wheel"]
            except BuildFailed as exc:
                result["wheels"][item["name"]] = {"error": exc.frame}
                continue
            with open(path, "rb") as opened_wheel:
                digest = hashlib.sha256(opened_wheel.read()).hexdigest()
            result["wheels"][item["name"]] = {"path": path, "sha256": digest,
                                              "kind": item["kind"]}
    with open(driver.log, encoding="utf-8", errors="replace") as log:
        result["log"] = log.read()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
