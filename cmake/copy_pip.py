"""Copy the pip of the build environment: `copy_pip.py VERSION SHA256 DIRECTORY`.

A package build has no network, so its pip is a build requirement (pyproject.toml), which whoever
builds has fetched. It is taken only when the content is the pinned one: SHA256 is the digest of a
line "SHA256 PATH" for each file that the wheel brought.
"""

import compileall
import hashlib
import os
import py_compile
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import Dict

# What installers add to a wheel's files.
ADDED = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")


def files_of(pip: metadata.Distribution) -> Dict[str, Path]:
    """The files of the wheel by their names in it."""
    tops = ("pip", f"pip-{pip.version}.dist-info")
    found = {}
    for file in pip.files or []:
        ours = file.parts[0] in tops and file.name not in ADDED and file.suffix != ".pyc"
        if ours:
            found[file.as_posix()] = Path(os.fspath(file.locate()))
    return found


def digest_of(files: Dict[str, Path]) -> str:
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()} {name}\n"
        for name, path in sorted(files.items())
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def copy(files: Dict[str, Path], target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    for name, path in files.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / name)
    compiled = compileall.compile_dir(
        target,
        quiet=1,
        stripdir=str(target),
        prependdir="pip",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        sys.exit("copy_pip: pip cannot be compiled")


def main() -> None:
    if len(sys.argv) != 4:
        sys.exit("usage: copy_pip.py VERSION SHA256 DIRECTORY")
    version, sha256, target = sys.argv[1:]
    try:
        pip = metadata.distribution("pip")
    except metadata.PackageNotFoundError:
        sys.exit(f"copy_pip: no pip in the build environment of {sys.executable}: pip=={version} "
                 "is a build requirement")
    if pip.version != version:
        sys.exit(f"copy_pip: the build environment has pip {pip.version}, and pip=={version} is "
                 "a build requirement")
    files = files_of(pip)
    found = digest_of(files)
    if found != sha256:
        sys.exit(f"copy_pip: the pip {version} of the build environment is not the pinned one: "
                 f"content {found}, expected {sha256}")
    copy(files, Path(target))
    (Path(target) / f".truewheel-{version}").touch()


main()
