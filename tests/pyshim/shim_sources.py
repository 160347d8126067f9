"""Sources and wheels made in code, for the tests of pyshim."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


Run = Callable[..., dict[str, Any]]


def facts(result: dict[str, Any], name: str) -> dict[str, Any]:
    """What the mini backend saw while it built `name`."""
    with zipfile.ZipFile(result["wheels"][name]["path"]) as wheel:
        text = wheel.read(f"{name.replace('-', '_')}_facts.py").decode()
    found: dict[str, Any] = eval(text)  # noqa: S307 - our own backend wrote it
    return found
