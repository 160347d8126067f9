"""Sources and wheels made in code, and a fake driver to run them through pyshim, offline."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

# A whole build backend: what it does is switched by files of the source.
BACKEND = '''
import os, sys, tempfile, uuid, zipfile

def _read(name, default=""):
    try:
        with open(name) as f:
            return f.read().strip()
    except FileNotFoundError:
        return default

def _metadata():
    return "Metadata-Version: 2.1\\nName: %s\\nVersion: %s\\n%s\\n" % (
        _read("name"), _read("version"), _read("extra-metadata"))

def get_requires_for_build_wheel(config_settings=None):
    exec(_read("on-requires"))
    return _read("dynamic-requires").split()

def _dist_info():
    return "%s-%s.dist-info" % (_read("name").replace("-", "_"), _read("version"))

def prepare_metadata_for_build_wheel(directory, config_settings=None):
    exec(_read("on-metadata"))
    os.mkdir(os.path.join(directory, _dist_info()))
    with open(os.path.join(directory, _dist_info(), "METADATA"), "w") as f:
        f.write(_metadata())
    return _dist_info()

def build_wheel(directory, config_settings=None, metadata_directory=None):
    exec(_read("on-wheel"))
    stem = "%s-%s" % (_read("name").replace("-", "_"), _read("version"))
    name = _read("wheel-name", stem + "-py3-none-any.whl")
    files = {_dist_info() + "/METADATA": _metadata(),
             _dist_info() + "/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n"
                                      "Tag: py3-none-any\\n",
             _dist_info() + "/RECORD": "",
             stem.split("-")[0] + "_facts.py": repr({
                 "cwd": os.getcwd(), "temp": tempfile.mkdtemp(), "uuid": str(uuid.uuid4()),
                 "list": os.listdir("."), "scan": [e.name for e in os.scandir(".")],
                 "settings": config_settings, "path": sys.path,
                 "metadata": metadata_directory, "argv": sys.argv,
                 "environ": dict(os.environ)})}
    with zipfile.ZipFile(os.path.join(directory, name), "w") as z:
        for key, text in files.items():
            z.writestr(zipfile.ZipInfo(key), text)
    return name
'''

PYPROJECT = """[build-system]
requires = {requires}
build-backend = "mini"
backend-path = ["backend"]
"""


def source_files(name: str, version: str, requires: list[str] | None = None,
                 **extra: str) -> dict[str, str]:
    """The files of a source with its own backend; a key `on_wheel` is the file `on-wheel`."""
    files = {
        "pyproject.toml": PYPROJECT.format(requires=json.dumps(requires or [])),
        "backend/mini.py": BACKEND, "name": name, "version": version,
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
    }
    for key, text in extra.items():
        files[key.replace("_", "-") if key != "PKG_INFO" else "PKG-INFO"] = text
    return files


def write_tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def write_sdist(path: Path, files: dict[str, str], top: str | None = None,
                members: tuple[tarfile.TarInfo, ...] = ()) -> Path:
    top = top if top is not None else path.name.removesuffix(".tar.gz")
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(f"{top}/{name}" if top else name)
            info.size = len(text.encode())
            info.mtime = 1000000000
            tar.addfile(info, io.BytesIO(text.encode()))
        for member in members:
            tar.addfile(member)
    return path


def write_wheel(directory: Path, name: str, version: str, files: dict[str, str] | None = None,
                metadata: str = "", entry_points: str = "") -> Path:
    info = f"{name}-{version}.dist-info"
    everything = {
        **(files or {}),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if entry_points:
        everything[f"{info}/entry_points.txt"] = entry_points
    everything[f"{info}/RECORD"] = "".join(f"{key},,\n" for key in everything)
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for key, text in everything.items():
            wheel.writestr(zipfile.ZipInfo(key), text)
    return path


def pips() -> list[str]:
    """Directories or wheels that hold pip, to try all tests with; "" is whichever is found."""
    return os.environ.get("TRUEWHEEL_TEST_PIPS", "").split(":")


Run = Callable[..., dict[str, Any]]


@pytest.fixture(params=pips(), ids=lambda p: os.path.basename(p) or "found")
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """Runs one resolution, with all its builds, in the fake driver; returns what was said."""
    count = 0

    def run_driver(*args: str, **job: Any) -> dict[str, Any]:
        nonlocal count
        count += 1
        (tmp_path / "links").mkdir(exist_ok=True)
        defaults = ["--no-index", "--no-cache-dir", "--find-links", str(tmp_path / "links")]
        if job.pop("bare", False):
            defaults = []
        spec = {"pip": request.param, "args": [*defaults, *args],
                "root": str(tmp_path / f"tw{job.pop('root', count)}"), "cwd": str(tmp_path), **job}
        path = tmp_path / f"job-{count}.json"
        path.write_text(json.dumps(spec))
        environ = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
        environ.update({"PIP_CONFIG_FILE": os.devnull,
                        "PYTHONWARNINGS": "ignore"})
        done = subprocess.run(
            [sys.executable, str(HERE / "fake_driver.py"), str(path)],
            capture_output=True, text=True, env=environ, check=False)
        assert done.returncode == 0, done.stderr
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    return run_driver


def facts(result: dict[str, Any], name: str) -> dict[str, Any]:
    """What the mini backend saw while it built `name`."""
    with zipfile.ZipFile(result["wheels"][name]["path"]) as wheel:
        text = wheel.read(f"{name.replace('-', '_')}_facts.py").decode()
    found: dict[str, Any] = eval(text)  # noqa: S307 - our own backend wrote it
    return found
