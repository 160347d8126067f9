"""Make the example sdists: `make_sdists.py DIRECTORY`.

They bring their own build backend and need no build requirement, so they can be built on a machine
that reaches no index: one pure Python package, and one C extension that is compiled with debug
information and records `__FILE__`, which is what makes the wheels of a plain `pip wheel` differ
from build to build.
"""

import gzip
import io
import pathlib
import sys
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
EPOCH = 315532800


def add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    member.mtime = EPOCH
    archive.addfile(member, io.BytesIO(data))


def make_sdist(source: pathlib.Path, backend: bytes, target: pathlib.Path) -> pathlib.Path:
    """One sdist from the files of `source`, with the backend they share."""
    version = "1.0"
    base = f"{source.name}-{version}"
    path = target / f"{base}.tar.gz"
    with (
        open(path, "wb") as file,
        gzip.GzipFile("", "wb", 9, file, mtime=EPOCH) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for member in sorted(found for found in source.rglob("*") if found.is_file()):
            add(archive, f"{base}/{member.relative_to(source).as_posix()}", member.read_bytes())
        add(archive, f"{base}/backend/example_backend.py", backend)
        name = source.name.replace("_", "-")
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        add(archive, f"{base}/PKG-INFO", metadata.encode())
    return path


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: make_sdists.py DIRECTORY")
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    backend = (HERE / "example_backend.py").read_bytes()
    for source in sorted(p for p in HERE.iterdir() if p.is_dir() and p.name != "__pycache__"):
        make_sdist(source, backend, target)


if __name__ == "__main__":
    main()
