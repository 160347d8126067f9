"""Rust: crates are fetched before the hooks and built offline, whosever cargo home it is."""

import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Optional

import pytest

from fixtures import rust
from fixtures.index import Server
from fixtures.plainpip import PlainPip
from fixtures.runner import Result, Truewheel, read_json
from fixtures.runs import in_given_mode
from fixtures.wheels import Wheel


@dataclass
class Rust:
    """A registry that is served, and who uses it."""

    crates: rust.Crates
    server: Server
    homes: Path

    def home(self, name: str) -> Path:
        return rust.cargo_home(self.homes / name, self.server.url)

    def asked(self) -> List[str]:
        """The crates that were downloaded since this was asked last."""
        seen = [path for path in self.server.seen if path.startswith("/crates/")]
        self.server.seen.clear()
        return seen


@pytest.fixture
def registry(open_tmp: Path) -> Iterator[Rust]:
    if not shutil.which("cargo") or not shutil.which("cc"):
        pytest.skip("no cargo (Debian: cargo) or no linker (Debian: gcc)")
    crates = rust.Crates(open_tmp / "registry")
    crates.add("voice", "1.0.0")
    crates.add("voice", "1.1.0")
    with Server(crates.root) as server:
        crates.serve(server.url)
        yield Rust(crates, server, open_tmp / "homes")


@dataclass
class Built:
    result: Result
    record: Dict[str, object]
    log: str


def build(
    truewheel: Truewheel, home: Path, *arguments: object, guards_off: Optional[str] = None
) -> Built:
    """Builds rusty-one for the user of a cargo home."""
    world = truewheel.world
    out = world.base / f"out-{home.name}"
    env = {**rust.environment(home), "TRUEWHEEL_TEST_GUARDS_OFF": guards_off}
    record, logs = out / "record.json", out / "logs"
    out.mkdir()
    options = ["--json", record, "--log-dir", logs, *arguments]
    result = truewheel.wheel(*options, "rusty-one", env=env, wheels=out / "wheels")
    wheels = read_json(record)["wheels"]
    return Built(result, wheels[0], (logs / "rusty-one-1.0.log").read_text())


def content(wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read("rusty_one/librusty.so")


def only_wheel(directory: Path) -> Path:
    (wheel,) = directory.glob("*.whl")
    return wheel


def test_locked(in_mode: Truewheel, mode: str, registry: Rust, links: Path) -> None:
    """The build has the crates of the lock file, not the newest, and nothing of the user's."""
    rust.sdist(registry.server.port, registry.crates.lock("1.0.0")).write(links)
    first = build(in_mode, registry.home("first"))
    assert registry.asked() == ["/crates/voice/1.0.0"]
    second = build(in_mode, registry.home("second-home"))
    assert first.result.hashes == second.result.hashes
    assert first.record["crates"] == second.record["crates"] == "locked"
    library = content(only_wheel(first.result.wheels))
    assert str(registry.homes).encode() not in library
    place = str(in_mode.build_root).encode() + b"/rusty-one-1.0/cargo/vendor/voice-1.0.0"
    assert place in library
    if mode == "namespaces":
        assert "the registry can be reached: False" in first.log


def test_plain_pip_differs(registry: Rust, links: Path, plain_pip: PlainPip) -> None:
    """The control: the user's cargo home is in the library."""
    rust.sdist(registry.server.port, registry.crates.lock("1.0.0")).write(links)
    found = []
    for name in ("first", "second-home"):
        out = plain_pip.scratch / name
        env = rust.environment(registry.home(name))
        plain_pip.wheel(
            out, links, "rusty-one", env={key: value for key, value in env.items() if value}
        )
        found.append(content(only_wheel(out)))
        assert str(registry.homes / name).encode() in found[-1]
    assert found[0] != found[1]


@pytest.mark.parametrize("guards_off", [None, "home"])
def test_crates_kept_by_the_user(
    truewheel: Truewheel,
    needs_namespaces: None,
    registry: Rust,
    links: Path,
    build_root: Path,
    guards_off: Optional[str],
) -> None:
    """Without the guard the caller's CARGO_HOME, bound into the build, leaves its path in it."""
    rust.sdist(registry.server.port, registry.crates.lock("1.0.0")).write(links)
    chosen = in_given_mode(truewheel, "namespaces", build_root)
    hashes = []
    for name in ("first", "second-home"):
        home = registry.crates.vendored(registry.homes / name, "1.0.0")
        built = build(chosen, home, "--bind", home, guards_off=guards_off)
        hashes.append(built.result.hashes)
        named = str(home).encode() in content(only_wheel(built.result.wheels))
        assert named == (guards_off is not None)
    assert (hashes[0] == hashes[1]) == (guards_off is None)
    assert not registry.asked()


def test_unlocked(in_mode: Truewheel, mode: str, registry: Rust, links: Path) -> None:
    """Without a lock file it has the newest crates; the record and a line say so."""
    rust.sdist(registry.server.port, None).write(links)
    built = build(in_mode, registry.home("first"))
    assert registry.asked() == ["/crates/voice/1.1.0"]
    assert built.record["crates"] == "unlocked"
    assert b"/rusty-one-1.0/cargo/vendor/voice-1.1.0" in content(only_wheel(built.result.wheels))
    assert re.search(r"rusty-one 1\.0: crates without a usable Cargo\.lock", built.result.err)
    if mode == "namespaces":
        assert "the registry can be reached: False" in built.log


def failure(truewheel: Truewheel, home: Path) -> Result:
    env = {**rust.environment(home), "CARGO_NET_RETRY": "0"}
    return truewheel.wheel("rusty-one", env=env, code=1)


def test_no_registry(in_mode: Truewheel, registry: Rust, links: Path) -> None:
    rust.sdist(registry.server.port, registry.crates.lock("1.0.0")).write(links)
    registry.server.shutdown()
    registry.server.server_close()
    result = failure(in_mode, registry.home("first"))
    (line,) = result.errors
    place = "truewheel: cannot build rusty-one 1.0: wheel: "
    assert line.startswith(f"{place}crates could not be fetched: failed to download")
    assert f"127.0.0.1:{registry.server.port}" in line and "connect" in line.lower()
    hint = "hint: crates are fetched before the hooks, with your cargo configuration and proxies"
    assert hint in result.err and "'cargo fetch'" in result.err
    assert not result.names


def test_wrong_checksum(truewheel: Truewheel, registry: Rust, links: Path) -> None:
    """The lock file is what counts, not what a registry sends."""
    rust.sdist(registry.server.port, registry.crates.lock("1.0.0", wrong=True)).write(links)
    result = failure(truewheel, registry.home("first"))
    (line,) = result.errors
    assert "crates could not be fetched: " in line
    assert "checksum for `voice v1.0.0` changed" in line


CHANGES_ITS_MANIFEST = """
def get_requires_for_build_wheel(config_settings=None):
    with open("Cargo.toml", "a") as file, open("registry-port") as port:
        file.write('evil = { git = "http://127.0.0.1:%s/geheim" }\\n' % port.read())
    return ["tool-lib"]
"""


def test_no_hook_points_cargo_anywhere(in_mode: Truewheel, registry: Rust, links: Path) -> None:
    """Crates are fetched anew when a backend has asked for more, but from the source as it came."""
    sdist = rust.sdist(registry.server.port, registry.crates.lock("1.0.0"))
    sdist.backend += CHANGES_ITS_MANIFEST
    sdist.write(links)
    Wheel("tool-lib").write(links)
    env = rust.environment(registry.home("me"))
    result = in_mode.wheel("rusty-one", code=None, env=env)
    assert registry.server.seen.count("/crates/voice/1.0.0") == 2, result.text
    assert not [path for path in registry.server.seen if "geheim" in path]


def test_no_source_configures_cargo(in_mode: Truewheel, registry: Rust, links: Path) -> None:
    """Its .cargo/config.toml counts for the hooks, which are offline, and not for the fetch."""
    sdist = rust.sdist(registry.server.port, registry.crates.lock("1.0.0"))
    text = f"""[source.crates-io]
replace-with = "evil"
[source.evil]
registry = "sparse+{registry.server.url}evil/"
"""
    sdist.files = {**sdist.files, ".cargo/config.toml": text}
    sdist.write(links)
    in_mode.wheel("rusty-one", code=None, env=rust.environment(registry.home("me")))
    assert "/crates/voice/1.0.0" in registry.server.seen
    assert not [path for path in registry.server.seen if path.startswith("/evil/")]
