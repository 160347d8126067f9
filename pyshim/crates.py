"""Crates: the Rust toolchain of the user, and the fetch that comes before an offline build.

A source with a Cargo.toml is built without network. What its lock file names is vendored before
the hooks run, into the job's own cargo home (R/<name>-<version>/cargo), by `cargo vendor`: it runs
no code of the source (neither build scripts nor a configuration below it: cargo looks for that
from its current directory upwards), checks the hashes of the lock, and leaves the crates at paths
that depend neither on the user's cargo home nor on which registry or mirror they came from.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import Any

from pyshim import toml
from pyshim.errors import one_line
from pyshim.wire import Channel

MANIFEST = "Cargo.toml"
LOCK = "Cargo.lock"
_SECRET = frozenset({"token", "secret-key", "credential-provider"})
_SKIPPED = frozenset({".git", ".hg", ".svn", "node_modules", "target", "vendor", "__pycache__"})


# In the resolver, with the user's environment


def toolchain() -> dict[str, str] | None:
    """{"sysroot", "bin", "config", "toolchain"} of the cargo that the user would get; None without one."""
    cargo, rustc = shutil.which("cargo"), shutil.which("rustc")
    if cargo is None or rustc is None:
        return None
    try:  # rustup's proxies tell which toolchain stands behind them
        sysroot = os.path.realpath(_ask(rustc, "--print", "sysroot"))
        version = _ask(rustc, "-vV")
    except (OSError, subprocess.SubprocessError):
        return None
    binaries = os.path.join(sysroot, "bin")
    if not os.access(os.path.join(binaries, "cargo"), os.X_OK):
        binaries = os.path.dirname(os.path.realpath(cargo))
    return {"sysroot": sysroot, "bin": binaries, "config": _user_config(), "toolchain": version}


def _ask(*command: str) -> str:
    done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          check=True, timeout=120)
    return os.fsdecode(done.stdout.strip())


def _user_config() -> str:
    """The user's registries and mirrors; credentials stay where they are."""
    home = os.environ.get("CARGO_HOME") or os.path.join(os.path.expanduser("~"), ".cargo")
    for name in ("config.toml", "config"):
        try:
            with open(os.path.join(home, name), encoding="utf-8") as opened:
                return _without_secrets(opened.read())
        except (OSError, ValueError):
            continue
    return ""


def _without_secrets(text: str) -> str:
    """Where crates come from, and nothing else: [source], [registries], [http], [net]."""
    table = toml.loads(text)
    kept: dict[str, dict[str, Any]] = {}
    for group in ("source", "registries"):
        for name, values in dict(table.get(group, {})).items():
            kept[f"{group}.{json.dumps(name)}"] = values
    for group in ("http", "net"):
        kept[group] = table.get(group, {})
    return _as_toml({name: {key: value for key, value in dict(values).items()
                            if isinstance(value, (str, bool, int)) and key not in _SECRET}
                     for name, values in kept.items()})


def tree_has_manifest(root: str) -> bool:
    return bool(_directories_with(root, MANIFEST))


# In the sandbox, before the hooks, with the network


def fetch(request: dict[str, Any], channel: Channel, root: str) -> None:
    """Vendors what the source in `root` needs; what fails is said and left to the build."""
    channel.send({"t": "phase", "phase": "fetch"})
    home = os.path.join(request["job"], "cargo")
    config = os.path.join(home, "config.toml")
    _write(config, str(request["fetch"].get("config", "")))
    sources: dict[str, dict[str, str]] = {}
    states: list[str] = []
    message = ""
    for directory in _outermost(_directories_with(root, MANIFEST)):
        locked = os.path.exists(os.path.join(directory, LOCK))
        done, said = _vendor(request, home, directory, locked)
        if not done and locked:
            locked = False
            done, said = _vendor(request, home, directory, locked)
        if done:
            sources.update(_sources(said))
        else:
            message = said
        states.append("failed" if not done else "locked" if locked else "unlocked")
    state = next(s for s in ("failed", "unlocked", "locked") if s in states or s == "locked")
    tables: dict[str, dict[str, Any]] = {"net": {"offline": True}}
    tables.update((f"source.{json.dumps(name)}", values) for name, values in sources.items())
    _write(config, _as_toml(tables))
    channel.send({"t": "crates", "state": state, "message": one_line(message, 500)})


def _directories_with(root: str, name: str) -> list[str]:
    found = []
    for directory, below, files in os.walk(root):
        below[:] = sorted(d for d in below if d not in _SKIPPED)
        if name in files:
            found.append(directory)
    return found


def _outermost(directories: list[str]) -> list[str]:
    kept: list[str] = []
    for directory in sorted(directories):
        if not any(directory.startswith(k + os.sep) for k in kept):
            kept.append(directory)
    return kept


def _vendor(request: dict[str, Any], home: str, directory: str, locked: bool) -> tuple[bool, str]:
    """(True, the configuration that cargo wants) or (False, its last words)."""
    command = ["cargo", "vendor", "--respect-source-config", "--versioned-dirs", "--no-delete",
               "--manifest-path", os.path.join(directory, MANIFEST), os.path.join(home, "vendor")]
    if locked:
        command.insert(2, "--locked")
    environ: dict[str, str] = request["fetch"]["environ"]
    print("+", " ".join(command), flush=True)
    try:
        ran = subprocess.run(command, cwd=home, env=environ, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             executable=shutil.which("cargo", path=environ["PATH"]) or "cargo")
    except OSError as exc:
        return False, f"cannot run cargo: {exc.strerror}"
    said = ran.stderr.decode("utf-8", "replace")
    print(said, end="", flush=True)
    if ran.returncode != 0:
        return False, _cause(said) or f"cargo ended with status {ran.returncode}"
    return True, ran.stdout.decode("utf-8", "replace")


def _cause(said: str) -> str:
    """What cargo gives as the last error's innermost causes: what failed, and why."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [number for number, line in enumerate(lines) if line.startswith("error")]
    last = lines[errors[-1]:] if errors else lines[-1:]
    causes = [after for line, after in zip(last, last[1:]) if line == "Caused by:"]
    return ": ".join(causes[-2:] or last[:1]).removeprefix("error: ")


def _sources(text: str) -> dict[str, dict[str, str]]:
    try:
        table = toml.loads(text).get("source", {})
    except ValueError:
        return {}
    return {name: {k: v for k, v in source.items() if isinstance(v, str)}
            for name, source in table.items() if isinstance(source, dict)}


def _as_toml(tables: dict[str, dict[str, Any]]) -> str:
    """Tables of strings, numbers and booleans; JSON writes those as TOML does."""
    lines = []
    for name in sorted(tables):
        lines += [f"[{name}]"]
        lines += [f"{key} = {json.dumps(tables[name][key])}" for key in sorted(tables[name])]
        lines += [""]
    return "\n".join(lines)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
