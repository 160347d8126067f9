"""A build backend of one file: the package's Python files as they are, its C files compiled.

It reads `[project]` from pyproject.toml by hand, because tomllib is newer than the oldest Python it
has to run on.
"""

import base64
import hashlib
import pathlib
import re
import subprocess
import sys
import sysconfig
import zipfile
from typing import Dict, List, Mapping, Optional

Settings = Optional[Mapping[str, object]]


def project_field(name: str) -> str:
    text = pathlib.Path("pyproject.toml").read_text(encoding="utf-8")
    found = re.search(rf'^{name} = "([^"]+)"$', text, re.MULTILINE)
    if not found:
        raise ValueError(f"no {name} in pyproject.toml")
    return found.group(1)


def compile_extension(source: pathlib.Path) -> pathlib.Path:
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    target = source.with_name(source.stem + suffix)
    include = sysconfig.get_path("include")
    flags = ["-g", "-O2", "-fPIC", "-shared", "-I" + include]
    subprocess.run(["cc", *flags, str(source.resolve()), "-o", str(target)], check=True)
    return target


def wheel_tag(has_extensions: bool) -> str:
    if not has_extensions:
        return "py3-none-any"
    python = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    platform = re.sub(r"[-.]", "_", sysconfig.get_platform())
    return f"{python}-{python}-{platform}"


def record_line(name: str, data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}\n"


def package_files(package: str) -> List[pathlib.Path]:
    """The files of the package as they go into the wheel, extensions compiled."""
    files = []
    for path in pathlib.Path(package).rglob("*"):
        if path.suffix == ".c":
            files.append(compile_extension(path))
        elif path.suffix in (".py", ".pyi"):
            files.append(path)
    return files


def build_wheel(
    directory: str, settings: Settings = None, metadata_directory: Optional[str] = None
) -> str:
    name, version = project_field("name").replace("-", "_"), project_field("version")
    files = package_files(name)
    tag = wheel_tag(any(path.suffix == ".so" for path in files))
    info = f"{name}-{version}.dist-info"
    contents: Dict[str, bytes] = {path.as_posix(): path.read_bytes() for path in files}
    metadata = f"Metadata-Version: 2.1\nName: {project_field('name')}\nVersion: {version}\n"
    contents[f"{info}/METADATA"] = metadata.encode()
    pure = "true" if tag.endswith("any") else "false"
    contents[f"{info}/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: example_backend\n"
        f"Root-Is-Purelib: {pure}\nTag: {tag}\n"
    ).encode()
    record = "".join(record_line(member, data) for member, data in contents.items())
    contents[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    wheel = f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(pathlib.Path(directory, wheel), "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in contents.items():
            archive.writestr(member, data)
    return wheel
