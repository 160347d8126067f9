"""What is built and packed: sdists and wheels made here, and sdists of real projects."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import tarfile
import zipfile
from pathlib import Path

_SETUP = '[build-system]\nrequires = [{requires}]\nbuild-backend = "setuptools.build_meta"\n'


def write_sdist(links: Path, name: str, requires: tuple[str, ...] = ("setuptools",)) -> Path:
    """One module, built by setuptools."""
    quoted = ", ".join(f'"{item}"' for item in requires)
    project = f'[project]\nname = "{name}"\nversion = "1.0"\n'
    files = {
        "pyproject.toml": _SETUP.format(requires=quoted) + project,
        f"{name}.py": "VALUE = 1\n",
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
    }
    path = links / f"{name}-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for member, text in files.items():
            info = tarfile.TarInfo(f"{name}-1.0/{member}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


def _record_line(member: str, data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{member},sha256={digest},{len(data)}\n"


def write_wheel(directory: Path, name: str, files: dict[str, bytes]) -> Path:
    info = f"{name}-1.0.dist-info"
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\n"
        b"Tag: py3-none-any\n",
    }
    record = "".join(_record_line(member, data) for member, data in content.items())
    path = directory / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in content.items():
            archive.writestr(member, data)
        archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return path


def wordy(size: int, seed: int) -> bytes:
    """Text that deflates about as well as source code does."""
    chance = random.Random(seed)
    names = [f"name_{chance.randrange(10 ** 6)}" for _ in range(300)]
    lines = [
        f"    {chance.choice(names)} = {chance.choice(names)}({chance.random()})\n"
        for _ in range(max(50, size // 80))
    ]
    text = "".join(chance.choices(lines, k=size // 30 + 1)).encode()
    return text[:size]


def big_wheel(directory: Path, entries: int = 2000, total: int = 60_000_000) -> Path:
    files = {f"big/part_{n}.py": wordy(total // entries, n) for n in range(entries)}
    return write_wheel(directory, "big", files)


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
