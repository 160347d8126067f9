"""Crates: finds the user's Rust toolchain, and fetches crates before a build, which is offline.

Before the hooks of a source with a Cargo.toml run, `cargo vendor` puts the crates of its lock file
into the job's own cargo home, R/<name>-<version>/cargo. It checks the hashes of the lock file. It
runs no code of the source: no build scripts, and no configuration from the source, since cargo
looks for that from its current directory upwards. The crates' paths depend neither on the user's
cargo home nor on the registry or mirror that they came from.
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


# In the resolver, which has the user's environment


def find_toolchain() -> dict[str, str] | None:
    """The toolchain whose cargo is first on PATH, as the field `crates` of a frame; or None."""
    cargo, rustc = shutil.which("cargo"), shutil.which("rustc")
    if cargo is None or rustc is None:
        return None
    try:  # `rustc` may be rustup's proxy, which knows the toolchain that it would start
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
    """The user's cargo configuration, as far as it says where crates come from."""
    home = os.environ.get("CARGO_HOME") or os.path.join(os.path.expanduser("~"), ".cargo")
    for name in ("config.toml", "config"):
        try:
            with open(os.path.join(home, name), encoding="utf-8") as opened:
                return _without_secrets(opened.read())
        except (OSError, ValueError):
            continue
    return ""


def _without_secrets(text: str) -> str:
    """Only [source], [registries], [http] and [net], and no credentials in them."""
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


# In the sandbox, which still has the network


def fetch(request: dict[str, Any], channel: Channel, root: str) -> None:
    """Vendors the crates of the source in `root`. A failure is sent; the build goes on."""
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
    """Whether it worked, and the configuration that cargo then needs, or why it did not."""
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
    """The last two causes of cargo's last error: what failed, and why."""
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
    """Tables of strings, numbers and booleans, which look the same in JSON and TOML."""
    lines = []
    for name in sorted(tables):
        lines += [f"[{name}]"]
        lines += [f"{key} = {json.dumps(tables[name][key])}" for key in sorted(tables[name])]
        lines += [""]
    return "\n".join(lines)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
