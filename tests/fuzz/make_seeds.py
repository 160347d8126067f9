"""Write the fuzzers' first inputs: `make_seeds.py DIR` makes DIR/<fuzzer>/*."""

import io
import sys
import zipfile
from pathlib import Path
from typing import Dict

INFO = "a-1.dist-info"
METADATA = b"Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Dist: b ; extra == 'x'\n\ntext\n"
WHEEL = b"Wheel-Version: 1.0\nGenerator: g\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
RECORD = b'a.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n"b,""c",,\r\n'


class Pipe(io.BytesIO):
    """A file that cannot seek, for which zipfile writes data descriptors."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise io.UnsupportedOperation


def wheel(method: int, pipe: bool = False, comment: bytes = b"") -> bytes:
    target = Pipe() if pipe else io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr("a.py", b"print('hello')\n" * 3)
        archive.writestr("pkg/", b"")
        archive.writestr("pkg/caf\u00e9.py", b"")
        archive.writestr(f"{INFO}/METADATA", METADATA)
        archive.writestr(f"{INFO}/WHEEL", WHEEL)
        archive.writestr(f"{INFO}/RECORD", b"")
        archive.comment = comment
    return target.getvalue()


SEEDS: Dict[str, Dict[str, bytes]] = {
    "fuzz_wheel_name": {
        "plain": b"a_b-1.0-py3-none-any.whl",
        "build": b"/x/A.b-1!2.0+l.1-2b-cp311.cp312-abi3-manylinux_2_17_x86_64.linux_x86_64.whl",
    },
    "fuzz_record": {"rows": RECORD},
    "fuzz_pep508": {
        "full": b"a.B[c,d] ==1.0.*,!=2!1a1.post2.dev3+x ; python_version in '3 4' and (extra=='x')",
        "url": b"a @ https://host/a.whl ; os_name not in \"nt\" or implementation_version ~= '1.2'",
        "version": b"v1!2.3rc4.post5.dev6+local.7",
    },
    "fuzz_meta": {"metadata": METADATA, "wheel": WHEEL, "folded": METADATA[:40] + b"\n  x\n"},
    "fuzz_wheel_zip": {
        "deflated": wheel(zipfile.ZIP_DEFLATED),
        "stored": wheel(zipfile.ZIP_STORED, comment=b"c"),
        "descriptors": wheel(zipfile.ZIP_DEFLATED, pipe=True),
        "bzip2": wheel(zipfile.ZIP_BZIP2),
        "lzma": wheel(zipfile.ZIP_LZMA),
    },
}


def main() -> None:
    for fuzzer, seeds in SEEDS.items():
        directory = Path(sys.argv[1], fuzzer)
        directory.mkdir(parents=True, exist_ok=True)
        for name, data in seeds.items():
            (directory / name).write_bytes(data)


if __name__ == "__main__":
    main()
