"""Write the fuzzers' first inputs: `make_seeds.py DIR` makes DIR/<fuzzer>/*."""

import gzip
import io
import marshal
import sys
import tarfile
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


def tar(form: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name in ("a.txt", "d" * 120 + "/b.txt"):
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.uname = 6, 1, "ann"
            archive.addfile(info, io.BytesIO(b"hello\n"))
    return out.getvalue()


def ar() -> bytes:
    out = b"!<arch>\n"
    for name, data in (("//", b"a_long_name_of_a_file.o/\n"), ("/0", b"abc\n"), ("b.o/", b"xy")):
        out += f"{name:16}{0:<12}{0:<6}{0:<6}{644:<8}{len(data):<10}`\n".encode() + data
        out += b"\n" * (len(data) % 2)
    return out


def code() -> bytes:
    """The version of this Python, as fuzz_marshal.c counts them, and a module's code."""
    source = "def f(a, *b, **c):\n    return {1, 'x', b'y', 2.5, 3j, None}, (a, b), 1 << 70\n"
    version = bytes([max(0, min(7, sys.version_info[1] - 8))])
    return version + marshal.dumps(compile(source, "m.py", "exec"))


def elf() -> bytes:
    """Two sections, one of which has a compiler's words, and the other all names."""
    names = b"\0.comment\0 .shstrtab\0"  # a blank begins the name
    comment = b"GCC: (GNU) 12.2.0\0"
    body = 64
    table = body + len(comment) + len(names) + (-(len(comment) + len(names))) % 8

    def header(name: int, kind: int, at: int, size: int) -> bytes:
        numbers = (name, kind), (0, 0, at, size), (0, 0), (1, 0)
        widths = 4, 8, 4, 8
        return b"".join(
            n.to_bytes(w, "little") for group, w in zip(numbers, widths) for n in group
        )

    start = b"\x7fELF\x02\x01\x01" + bytes(9)
    for value, width in ((3, 2), (62, 2), (1, 4), (0, 8), (0, 8), (table, 8), (0, 4), (64, 2),
                         (0, 2), (0, 2), (64, 2), (3, 2), (2, 2)):
        start += value.to_bytes(width, "little")
    data = (start + comment + names).ljust(table, b"\0")
    return data + header(0, 0, 0, 0) + header(1, 1, body, len(comment)) + header(
        10, 3, body + len(comment), len(names)
    )


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
    "fuzz_archive": {
        "ustar": tar(tarfile.USTAR_FORMAT),
        "gnu": tar(tarfile.GNU_FORMAT),
        "pax": tar(tarfile.PAX_FORMAT),
        "ar": ar(),
        "gzip": gzip.compress(b"hello\n" * 9, mtime=0),
    },
    "fuzz_marshal": {"module": code()},
    "fuzz_elf": {"sections": elf(), "facts": b"machine=62\0bits=64\0needed=libc.so.6\0"},
    "fuzz_compare": {
        "date": b"\0at 2026-11-24 10:11:12\n\0at 2026-11-25 20:21:22\n",
        "path": b"\0in /home/ann/x/y.c\nz\n\0in /tmp/tmpabc123/y.c\r\nz\r\n",
        "nothing": b"\0\0one\ntwo\n",
        "order": b"\4{'one', 'two', 'three'}\0{'two', 'three', 'one'}",
        "metadata": b"\2" + METADATA + b"\0" + METADATA.replace(b"Version: 1", b"Version: 2"),
        "wheel": b"\3" + WHEEL + b"\0" + WHEEL.replace(b"g\n", b"h\n"),
    },
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
