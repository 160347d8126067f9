"""Real sdists of every backend, under all axes at once (`make check-corpus`)."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.corpus import __main__ as corpus
from tests.corpus import causes, entries, page
from tests.corpus.results import KEPT, Results
from tests.perturb import sources
from tests.perturb.__main__ import make_builder

_BUILD = Path(os.environ.get("TRUEWHEEL_BUILD_DIR", "build")).resolve()
_PYTHON = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
LEAST_SDISTS, LEAST_BACKENDS = 12, 8


def test_the_choice_for_ci_is_wide_enough() -> None:
    chosen = entries.some_of_each_backend(entries.read())
    assert len(chosen) >= LEAST_SDISTS
    assert len({entry.backend for entry in chosen}) >= LEAST_BACKENDS


def test_the_page_is_that_of_the_results(tmp_path: Path) -> None:
    """docs/REPRODUCIBILITY.md is generated, not typed."""
    page.write(Results(KEPT), tmp_path / "page.md")
    assert (tmp_path / "page.md").read_text() == page.PAGE.read_text()


_STAMPING = {
    "PKG-INFO": b"Metadata-Version: 2.1\nName: stamping\nVersion: 1.0\n",
    "pyproject.toml": b"[build-system]\nrequires = []\n"
    b'build-backend = "backend"\nbackend-path = ["."]\n',
    "backend.py": b"""
import time, zipfile
def build_wheel(directory, config_settings=None, metadata_directory=None):
    name, info = "stamping-1.0-py3-none-any.whl", "stamping-1.0.dist-info/"
    with zipfile.ZipFile(directory + "/" + name, "w") as wheel:
        wheel.writestr("stamping.py", "BUILT = " + time.strftime("'%Y'"))
        wheel.writestr(info + "METADATA", open("PKG-INFO").read())
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "".join(f"{n},,\\n" for n in wheel.namelist()))
    return name
""",
}


@pytest.mark.corpus
@pytest.mark.root
@pytest.mark.timeout(900)
def test_a_build_that_stamps_the_time_is_named() -> None:
    """An sdist that differs by its own fault: trying each axis alone finds the cause."""
    if os.geteuid() != 0:
        pytest.skip("most axes need root")
    builder = dataclasses.replace(  # by a clock of its own every build would tell the same
        make_builder("truewheel", _PYTHON, None, _BUILD),
        environment={"TRUEWHEEL_TEST_GUARDS_OFF": "clock"})
    with tempfile.TemporaryDirectory(prefix="causes-", dir="/var/tmp") as name:
        root = Path(name).resolve()
        root.chmod(0o755)
        sdist = sources.packed("stamping-1.0", _STAMPING, root / "index" / "stamping")
        (sdist.parent / "index.html").write_text(f'<a href="{sdist.name}">{sdist.name}</a>')
        digest = hashlib.sha256(sdist.read_bytes()).hexdigest()
        entry = entries.Entry("stamping==1.0", sdist.name, digest, "backend", False, ())
        why = causes.named(entry, builder, (root / "index").as_uri(), root)
    assert why == "clock (stamping.py, stamping-1.0.dist-info/RECORD)"


@pytest.mark.corpus
@pytest.mark.network
@pytest.mark.timeout(3000)
def test_every_wheel_is_identical(capsys: pytest.CaptureFixture[str]) -> None:
    if os.environ.get("TRUEWHEEL_NETWORK") == "no":
        pytest.skip("no index can be reached")
    if not (_BUILD / "truewheel").exists():
        pytest.skip(f"{_BUILD}/truewheel has not been built")
    with capsys.disabled():
        print()
        chosen = entries.some_of_each_backend(entries.read(), _can_build)
        arguments = [entry.name for entry in chosen]
        arguments += ["--python", _PYTHON, "--build", str(_BUILD)]
        status = corpus.main([*arguments, "--cache", str(_BUILD / "corpus")])
    assert status == 0


def _can_build(entry: entries.Entry) -> bool:
    """Whether this machine can build an entry: some need a Rust toolchain, and crates to fetch."""
    return entry.backend != "maturin" or _crates_can_be_fetched()


@functools.cache
def _crates_can_be_fetched() -> bool:
    cargo = shutil.which("cargo")
    if cargo is None:
        print("not built: what needs Rust: there is no cargo")
        return False
    with tempfile.TemporaryDirectory() as crate:
        manifest = Path(crate) / "Cargo.toml"
        manifest.write_text(
            '[package]\nname = "probe"\nversion = "0.1.0"\nedition = "2021"\n'
            '[dependencies]\ncfg-if = "1"\n[lib]\npath = "probe.rs"\n'
        )
        (Path(crate) / "probe.rs").touch()
        command = [cargo, "fetch", "--quiet", "--manifest-path", str(manifest)]
        try:
            fetched = subprocess.run(command, timeout=120, check=False).returncode == 0
        except subprocess.TimeoutExpired:
            fetched = False
    if not fetched:
        print("not built: what needs Rust: no crate can be fetched")
    return fetched
