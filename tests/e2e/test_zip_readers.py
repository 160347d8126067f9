"""
Zip archives of every kind of oddity: what truewheel takes, Python's zipfile must take too, and see
the same files with the same content. A wheel that shows one content to a checker and another to an
installer is an attack; what is odd may therefore be refused, but not read differently.
"""

import bz2
import hashlib
import io
import lzma
import os
import random
import resource
import struct
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest

from fixtures.asking import ask

SEED = 20250311
ROUNDS = int(os.environ.get("TRUEWHEEL_ROUNDS", "6000"))

LOCAL, CENTRAL, END, END64, LOCATOR = (
    b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\6\6", b"PK\6\7")
STORED, DEFLATED, BZIP2, LZMA, ZSTD = 0, 8, 12, 14, 93
ALL_32, ALL_64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF

Reading = Optional[Dict[str, List[Any]]]


def pack(data: bytes, method: int) -> bytes:
    if method == DEFLATED:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        return packer.compress(data) + packer.flush()
    if method == BZIP2:
        return bz2.compress(data)
    if method == LZMA:
        properties = struct.pack("<BI", 93, 1 << 16)
        filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16}]
        packed = lzma.compress(data, lzma.FORMAT_RAW, filters=filters)
        return struct.pack("<BBH", 9, 4, len(properties)) + properties + packed
    if method == ZSTD:  # one block that is not compressed, because few Pythons could do more
        block = (len(data) << 3 | 1).to_bytes(3, "little") + data
        return b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", len(data)) + block
    return data


def zip64_field(*values: int) -> bytes:
    return struct.pack("<HH", 1, 8 * len(values)) + b"".join(struct.pack("<Q", v) for v in values)


def unicode_path(name: bytes, raw: bytes) -> bytes:
    content = struct.pack("<BL", 1, zlib.crc32(raw)) + name
    return struct.pack("<HH", 0x7075, len(content)) + content


class Member:
    """One entry; `local` and `central` say which fields of which header are not the honest ones."""

    def __init__(self, name: bytes, data: bytes = b"", method: int = STORED, flags: int = 0):
        self.data, self.packed = data, pack(data, method)
        self.descriptor: Optional[bytes] = None
        self.behind = b""
        honest = {
            "version": {BZIP2: 46, LZMA: 63, ZSTD: 63}.get(method, 20),
            "flags": flags | (2 if method == LZMA else 0),
            "method": method, "time": 0, "date": 33, "crc": zlib.crc32(data),
            "packed": len(self.packed), "size": len(data), "name": name, "extra": b"",
        }
        self.local: Dict[str, Any] = dict(honest)
        self.central: Dict[str, Any] = dict(
            honest, made_by=0x314, comment=b"", disk=0, internal=0, attributes=0o100644 << 16,
            offset=None)

    def describe(self, form: str = "<4sLLL", **other: int) -> None:
        """A data descriptor in place of what the local header says."""
        values = {"crc": zlib.crc32(self.data), "packed": len(self.packed), "size": len(self.data)}
        values.update(other)
        numbers = [values["crc"], values["packed"], values["size"]]
        parts: List[Any] = [b"PK\7\x08"] if "4s" in form else []
        self.descriptor = struct.pack(form, *parts, *[n & ALL_32 for n in numbers])
        for header in (self.local, self.central):
            header["flags"] |= 8
        self.local.update(crc=0, packed=0, size=0)

    def common(self, h: Dict[str, Any]) -> bytes:
        return struct.pack(
            "<HHHHHLLLHH", h["version"], h["flags"], h["method"], h["time"], h["date"], h["crc"],
            h["packed"], h["size"], len(h["name"]), len(h["extra"]))

    def local_bytes(self) -> bytes:
        h = self.local
        head: bytes = LOCAL + self.common(h) + h["name"] + h["extra"]
        return head + self.packed + (self.descriptor or b"") + self.behind

    def central_bytes(self, offset: int) -> bytes:
        h = self.central
        head = CENTRAL + struct.pack("<H", h["made_by"]) + self.common(h) + struct.pack(
            "<HHHLL", len(h["comment"]), h["disk"], h["internal"], h["attributes"],
            offset if h["offset"] is None else h["offset"])
        names: bytes = h["name"] + h["extra"] + h["comment"]
        return head + names


class Archive:
    def __init__(self, members: List[Member]):
        self.members = members
        self.prefix = self.between = self.suffix = self.comment = b""
        self.zip64 = False
        self.end: Dict[str, int] = {}
        self.end64: Dict[str, int] = {}

    def make(self) -> bytes:
        body, directory = self.prefix, b""
        for member in self.members:
            directory += member.central_bytes(len(body))
            body += member.local_bytes()
        body += self.between
        end = {
            "disk": 0, "start": 0, "here": len(self.members), "count": len(self.members),
            "size": len(directory), "offset": len(body), "comment": len(self.comment),
        }
        tail = b""
        if self.zip64:
            tail = self.tail64({**end}, len(body) + len(directory))
            end.update(count=0xFFFF, here=0xFFFF, size=ALL_32, offset=ALL_32)
        end.update(self.end)
        tail += END + struct.pack("<HHHHLLH", *(
            end[k] for k in ("disk", "start", "here", "count", "size", "offset", "comment")))
        return body + directory + tail + self.comment + self.suffix

    def tail64(self, end: Dict[str, int], at: int) -> bytes:
        end.update(length=44, at=at, disks=1, locator_disk=0)
        end.update(self.end64)
        record = END64 + struct.pack(
            "<QHHLLQQQQ", end["length"], 45, 45, end["disk"], end["start"], end["here"],
            end["count"], end["size"], end["offset"])
        return record + LOCATOR + struct.pack("<LQL", end["locator_disk"], end["at"], end["disks"])


# The two readers. None: refused.


def reading_of(content: bytes) -> List[Any]:
    return [len(content), zlib.crc32(content), hashlib.sha256(content).hexdigest()]


def zipfile_sees(data: bytes) -> Reading:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                found = {}
                for info in archive.infolist():
                    if info.filename in found and not info.is_dir():
                        return None
                    content = archive.read(info)
                    found[info.filename] = [
                        info.file_size, info.CRC, hashlib.sha256(content).hexdigest()]
    except Exception:  # NotImplementedError, BadZipFile, zlib.error, UnicodeDecodeError, …
        return None
    return {name: value for name, value in found.items() if not name.endswith("/")}


def limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (96 << 20, 96 << 20))


def truewheel_sees(archives: List[bytes], limit: Optional[Callable[[], None]] = None) -> List[Any]:
    return ask("wheel-zip", [{"zip": data.hex()} for data in archives], limit)


def is_refused(answer: Any) -> bool:
    return list(answer) == ["error"] and isinstance(answer["error"], str)


def show(archives: List[Tuple[str, bytes]], at: int, tmp_path: Path) -> str:
    path = tmp_path / f"differs-{at}.whl"
    path.write_bytes(archives[at][1])
    return f"{archives[at][0]} ({path})"


def compare(
    archives: List[Tuple[str, bytes]], tmp_path: Path
) -> Tuple[int, int]:
    """How many were taken and how many refused; fails where the two see different files."""
    answers = truewheel_sees([data for _, data in archives])
    wrong, taken = [], 0
    for at, answer in enumerate(answers):
        if is_refused(answer):
            continue
        taken += 1
        if answer != zipfile_sees(archives[at][1]):
            wrong.append(show(archives, at, tmp_path))
    assert not wrong, f"{len(wrong)} of {len(archives)} differ, e.g. {wrong[:8]}"
    return taken, len(archives) - taken


# Honest archives: all of them are taken.

NAMES = [b"a.py", b"pkg/b.py", b"pkg/sub/c.so", b"a-1.dist-info/METADATA", b"pkg/caf\xc3\xa9.py"]
CONTENT = [b"", b"x", b"print('hello')\n" * 40, bytes(range(256)) * 9, b"{}\n"]


def plain(methods: Tuple[int, ...] = (STORED, DEFLATED)) -> Archive:
    members = []
    for i, name in enumerate(NAMES):
        flags = 0 if name.isascii() else 0x800
        members.append(Member(name, CONTENT[i % len(CONTENT)], methods[i % len(methods)], flags))
    return Archive(members)


def described(form: str) -> Archive:
    archive = plain()
    for member in archive.members:
        member.describe(form)
    return archive


def with_zip64_sizes() -> Archive:
    """As zipfile writes what it cannot measure beforehand (force_zip64)."""
    archive = plain()
    for member in archive.members:
        member.local["extra"] = zip64_field(len(member.data), len(member.packed))
        member.local.update(size=ALL_32, packed=ALL_32)
    member = archive.members[2]
    member.central["extra"] = zip64_field(len(member.data), len(member.packed))
    member.central.update(size=ALL_32, packed=ALL_32)
    return archive


def with_zip64_end() -> Archive:
    archive = plain()
    archive.zip64 = True
    return archive


def with_directories() -> Archive:
    archive = plain()
    archive.members.insert(0, Member(b"pkg/"))
    archive.members.append(Member(b"empty/", method=DEFLATED))
    return archive


def with_an_archive_inside() -> Archive:
    archive = plain()
    archive.members.insert(1, Member(b"pkg/inner.zip", plain().make()))
    archive.members.append(Member(b"last.zip", with_zip64_end().make()))
    return archive


def with_comments() -> Archive:
    archive = plain()
    archive.comment = b"made by hand PK\3\4 PK\1\2"
    archive.members[1].central["comment"] = b"an entry's own"
    return archive


def with_extra_fields() -> Archive:
    archive = plain()
    for member in archive.members:
        member.local["extra"] = b"UT\x09\0\3" + bytes(8)
        member.central["extra"] = b"UT\x05\0\3" + bytes(4) + b"ux\x0b\0\1\4" + bytes(9)
    return archive


def in_code_page_437() -> Archive:
    names = [b"m/" + bytes([c]) + b".py" for c in range(0x80, 0x100)]
    return Archive([Member(name, name) for name in names])


def from_zipfile(method: int, pipe: bool = False) -> bytes:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise io.UnsupportedOperation

    target = Pipe() if pipe else io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for i, name in enumerate(NAMES):
            archive.writestr(name.decode(), CONTENT[i % len(CONTENT)])
    return target.getvalue()


HONEST: Dict[str, Callable[[], bytes]] = {
    "plain": lambda: plain().make(),
    "descriptors": lambda: described("<4sLLL").make(),
    "descriptors without signature": lambda: described("<LLL").make(),
    "descriptors of zip64": lambda: described("<4sLQQ").make(),
    "zip64 sizes": lambda: with_zip64_sizes().make(),
    "zip64 end": lambda: with_zip64_end().make(),
    "directories": lambda: with_directories().make(),
    "an archive inside": lambda: with_an_archive_inside().make(),
    "comments": lambda: with_comments().make(),
    "extra fields": lambda: with_extra_fields().make(),
    "code page 437": lambda: in_code_page_437().make(),
    "zipfile, stored": lambda: from_zipfile(zipfile.ZIP_STORED),
    "zipfile, deflated": lambda: from_zipfile(zipfile.ZIP_DEFLATED),
    "zipfile, bzip2": lambda: from_zipfile(zipfile.ZIP_BZIP2),
    "zipfile, lzma": lambda: from_zipfile(zipfile.ZIP_LZMA),
    "zipfile, bzip2 into a pipe": lambda: from_zipfile(zipfile.ZIP_BZIP2, pipe=True),
    "zipfile, lzma into a pipe": lambda: from_zipfile(zipfile.ZIP_LZMA, pipe=True),
    "all methods": lambda: plain((STORED, DEFLATED, BZIP2, LZMA)).make(),
    "zipfile, deflated into a pipe": lambda: from_zipfile(zipfile.ZIP_DEFLATED, pipe=True),
}


@pytest.mark.parametrize("kind", HONEST)
def test_honest_archives_are_read(kind: str) -> None:
    data = HONEST[kind]()
    answer = truewheel_sees([data])[0]
    assert answer == zipfile_sees(data)
    assert len(answer) >= len(NAMES)


# Attacks: what is wrong in each is known, and each must be refused.


def evil() -> bytes:
    archive = plain()
    archive.members[0] = Member(NAMES[0], b"print('evil')\n")
    return archive.make()


def with_archive_in_comment() -> bytes:
    """A for who looks for an end record that reaches the end, B for who takes the last one."""
    inner = plain()
    inner.members[0] = Member(NAMES[0], b"print('evil')\n")
    outer = plain()
    outer.comment = inner.make()
    return outer.make()


def with_end_in_comment(other: bytes = b"") -> bytes:
    archive = plain()
    archive.comment = b"a" + END + other
    return archive.make()


def with_other_name(where: str) -> bytes:
    archive = plain()
    member = archive.members[1]
    getattr(member, where)["extra"] = unicode_path(b"pkg/evil.py", NAMES[1])
    return archive.make()


def with_field(field: str, value: int, *where: str) -> bytes:
    archive = plain()
    for header in where:
        getattr(archive.members[1], header)[field] = value
    return archive.make()


def with_flag(flag: int, *where: str) -> bytes:
    return with_field("flags", flag, *where)


def encrypted_by_aes() -> bytes:
    archive = plain()
    member = archive.members[1]
    for header in (member.local, member.central):
        header["flags"] |= 1
        header["method"] = 99
        header["extra"] = struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, STORED)
    return archive.make()


def with_lying_zip64(where: str) -> bytes:
    archive = with_zip64_sizes()
    member = archive.members[2]
    getattr(member, where)["extra"] = zip64_field(len(member.data) + 1, len(member.packed))
    return archive.make()


def without_zip64_field() -> bytes:
    archive = with_zip64_sizes()
    archive.members[2].local["extra"] = b""
    return archive.make()


def with_two_zip64_fields(where: str) -> bytes:
    archive = with_zip64_sizes()
    header = getattr(archive.members[2], where)
    header["extra"] += header["extra"]
    return archive.make()


def with_end64(**values: int) -> bytes:
    archive = with_zip64_end()
    archive.end64 = values
    return archive.make()


def with_end(zip64: bool = False, **values: int) -> bytes:
    archive = with_zip64_end() if zip64 else plain()
    archive.end = values
    return archive.make()


def with_cut_off_field(where: str) -> bytes:
    archive = plain()
    getattr(archive.members[1], where)["extra"] = b"UT\x40\0\1"
    return archive.make()


ATTACKS: Dict[str, Tuple[Callable[[], bytes], str]] = {
    "an archive in the comment": (with_archive_in_comment, "end record"),
    "an end record in the comment": (
        lambda: with_end_in_comment(bytes(18)), "end record"),
    "the signature alone in the comment": (with_end_in_comment, "end record"),
    "another name, in the directory": (lambda: with_other_name("central"), "second name"),
    "another name, in the header": (lambda: with_other_name("local"), "second name"),
    "patched data": (lambda: with_flag(0x20, "local", "central"), "patch"),
    "patched data, in the directory": (lambda: with_flag(0x20, "central"), ""),
    "patched data, in the header": (lambda: with_flag(0x20, "local"), ""),
    "encrypted": (lambda: with_flag(1, "local", "central"), "is encrypted"),
    "encrypted strongly": (lambda: with_flag(0x41, "local", "central"), "is encrypted"),
    "encrypted by AES": (encrypted_by_aes, "is encrypted"),
    "UTF-8 in one header": (lambda: with_flag(0x800, "local"), "contradicts"),
    "version 25.5": (lambda: with_field("version", 255, "local", "central"), "version 25.5"),
    "version 25.5, in the directory": (lambda: with_field("version", 255, "central"), "version"),
    "version 6.4": (lambda: with_field("version", 64, "local", "central"), "version 6.4"),
    "another disk": (lambda: with_field("disk", 1, "central"), "disks"),
    "sizes that lie, in the header": (lambda: with_lying_zip64("local"), "contradicts"),
    "sizes that lie, in the directory": (lambda: with_lying_zip64("central"), ""),
    "sizes that are nowhere": (without_zip64_field, "contradicts"),
    "two zip64 fields, in the header": (lambda: with_two_zip64_fields("local"), "twice"),
    "two zip64 fields, in the directory": (lambda: with_two_zip64_fields("central"), "twice"),
    "a field cut off, in the header": (lambda: with_cut_off_field("local"), "extra field"),
    "a field cut off, in the directory": (lambda: with_cut_off_field("central"), "extra field"),
    "zip64 on two disks": (lambda: with_end64(disks=2), "disks"),
    "zip64 on the second disk": (lambda: with_end64(locator_disk=1), "disks"),
    "zip64 directory on another disk": (lambda: with_end64(start=1), ""),
    "zip64 record elsewhere": (lambda: with_end64(at=4), "zip64 record"),
    "zip64 record of another length": (lambda: with_end64(length=45), "zip64 record"),
    "two counts": (lambda: with_end(True, count=4, here=4), "zip64"),
    "two sizes": (lambda: with_end(True, size=7), "zip64"),
    "two offsets": (lambda: with_end(True, offset=7), "zip64"),
    "zip64 end on another disk": (lambda: with_end(True, disk=1, start=1), "disks"),
    "one entry fewer": (lambda: with_end(count=4, here=4), ""),
    "two disks": (lambda: with_end(disk=1), ""),
}


@pytest.mark.parametrize("kind", ATTACKS)
def test_attacks_are_refused(kind: str) -> None:
    make, words = ATTACKS[kind]
    answer = truewheel_sees([make()])[0]
    assert is_refused(answer), f"taken: {answer}"
    assert words in answer["error"]


def test_readers_do_differ() -> None:
    """The control: Python sees the other archive, which is why it is refused."""
    read = zipfile_sees(with_archive_in_comment())
    assert read is not None and read == zipfile_sees(evil())
    assert read != zipfile_sees(plain().make())


# Methods that are neither stored nor deflated.


@pytest.mark.parametrize("method", [DEFLATED, BZIP2, LZMA])
def test_content_that_is_longer_than_it_says(method: int) -> None:
    """Zeros without end in little memory: unpacking stops where the size says."""
    data, archives = bytes(100 << 20), []
    member = Member(b"a", data, method)
    for size in (0, 10, len(data) - 1):
        for header in (member.local, member.central):
            header.update(size=size, crc=zlib.crc32(data[:size]))
        archives.append(Archive([member]).make())
    for answer in truewheel_sees(archives, limit_memory):
        assert answer == {"error": "'a': holds more bytes than it says"}


def test_memory_of_lzma() -> None:
    """A dictionary of 1 GiB is a matter of four bytes; one of 64 MiB, xz's largest, is taken."""
    answers = []
    for dictionary in (1 << 30, 64 << 20):
        member = Member(b"a", b"x" * 100, LZMA)
        member.packed = member.packed[:5] + struct.pack("<I", dictionary) + member.packed[9:]
        answers += truewheel_sees([Archive([member]).make()], limit_memory)
    assert answers[0] == {"error": "'a': needs 1024 MiB of memory to be unpacked"}
    assert answers[1] == {"a": reading_of(b"x" * 100)}


def test_zstd() -> None:
    """As far as libzip reads it: since 1.8, when it was built so. Python does since 3.14."""
    data = Archive([Member(b"a", b"x" * 100, ZSTD)]).make()
    answer = truewheel_sees([data])[0]
    if is_refused(answer):
        assert "'a': is compressed with zstd, which libzip 1." in answer["error"]
        assert "here does not read" in answer["error"]
        return
    assert answer == {"a": reading_of(b"x" * 100)}
    assert not hasattr(zipfile, "ZIP_ZSTANDARD") or answer == zipfile_sees(data)


def test_methods_that_python_does_not_read() -> None:
    for method in (1, 6, 9, 95, 97, 98):
        data = with_field("method", method, "local", "central")
        answer = truewheel_sees([data])[0]
        assert is_refused(answer)
        assert f"is compressed with method {method}, which Python does not read" in answer["error"]


# Anything: honest archives in which one to three things are off.

VALUES = [0, 1, 2, 4, 8, 20, 45, 63, 64, 255, 0x800, 0xFFFE, 0xFFFF]
LARGE_VALUES = VALUES + [0x7FFFFFFF, 0xFFFFFFFE, ALL_32]


def near(r: random.Random, value: int, large: bool = True) -> int:
    limit = ALL_32 if large else 0xFFFF
    choices = [value + 1, value - 1, value ^ (1 << r.randrange(16)), r.choice(
        LARGE_VALUES if large else VALUES)]
    return max(0, min(limit, r.choice(choices)))


def some_headers(r: random.Random, member: Member) -> List[Dict[str, Any]]:
    return r.choice([[member.local], [member.central], [member.local, member.central]])


def spoil_header(r: random.Random, archive: Archive) -> None:
    field = r.choice(["version", "flags", "method", "crc", "packed", "size", "time", "date"])
    for header in some_headers(r, r.choice(archive.members)):
        header[field] = near(r, header[field], field in ("crc", "packed", "size"))


def spoil_flag(r: random.Random, archive: Archive) -> None:
    bit = 1 << r.randrange(16)
    for header in some_headers(r, r.choice(archive.members)):
        header["flags"] ^= bit


def spoil_central(r: random.Random, archive: Archive) -> None:
    header = r.choice(archive.members).central
    field = r.choice(["made_by", "disk", "internal", "attributes", "comment", "offset"])
    if field == "comment":
        header[field] = r.choice([b"x", END + bytes(18), CENTRAL, bytes(300)])
    elif field == "offset":
        header[field] = r.choice([0, 1, 30, 60, ALL_32])
    elif field == "attributes":
        header[field] = r.choice([0, 0o100755, 0o120777, 0o40755, 0o755]) << 16
    else:
        header[field] = near(r, header[field], False)


def spoil_name(r: random.Random, archive: Archive) -> None:
    names = [b"", b"a.py", b"pkg", b"pkg/", b"/x", b"../x", b"a\\b", b"a\0b", b"\xff\xfe", b"\x82",
             b"caf\xc3\xa9", b"C:/x", b"aux", b"pkg//b", b"./a", b"PKG/B.py", b"\x01", b"\x7f"]
    for header in some_headers(r, r.choice(archive.members)):
        header["name"] = r.choice(names)


def spoil_extra(r: random.Random, archive: Archive) -> None:
    member = r.choice(archive.members)
    size, packed = len(member.data), len(member.packed)
    fields = [
        zip64_field(size, packed), zip64_field(size), zip64_field(size + 1, packed),
        zip64_field(packed, size), zip64_field(size, packed, 0), zip64_field(),
        unicode_path(b"evil.py", member.central["name"]), unicode_path(b"evil.py", b"other"),
        b"UT\x05\0\3" + bytes(4), b"\1\0\x20\0x", b"x", b"\0\0\0", b"\0\0\0\0", END + bytes(18),
    ]
    for header in some_headers(r, member):
        header["extra"] = r.choice([b"", header["extra"]]) + r.choice(fields)
        if r.random() < 0.4:
            header[r.choice(["size", "packed"])] = ALL_32
        if r.random() < 0.2:
            header.update(size=ALL_32, packed=ALL_32)


def spoil_descriptor(r: random.Random, archive: Archive) -> None:
    member = r.choice(archive.members)
    form = r.choice(["<4sLLL", "<LLL", "<4sLQQ", "<LQQ"])
    other = {r.choice(["crc", "packed", "size"]): r.randrange(1 << 32)}
    member.describe(form, **r.choice([{}, {}, other]))
    if r.random() < 0.2:
        member.local.update(size=len(member.data), packed=len(member.packed))


def spoil_layout(r: random.Random, archive: Archive) -> None:
    junk = r.choice([b"x", bytes(4), END + bytes(18), LOCAL + bytes(26), bytes(70000)])
    place = r.choice(["prefix", "between", "suffix", "behind"])
    if place == "behind":
        r.choice(archive.members).behind = junk
    else:
        setattr(archive, place, junk)


def spoil_comment(r: random.Random, archive: Archive) -> None:
    other = plain()
    other.members[0] = Member(NAMES[0], b"print('evil')\n")
    whole = other.make()
    end = END + struct.pack("<HHHHLLH", 0, 0, 5, 5, r.randrange(700), r.randrange(700), 0)
    archive.comment = r.choice(
        [b"", b"words"]) + r.choice([b"x", END, end, end + b"more", whole, LOCATOR + bytes(16)])
    if r.random() < 0.3:
        archive.end["comment"] = near(r, len(archive.comment), False)


def spoil_end(r: random.Random, archive: Archive) -> None:
    honest = {"disk": 0, "start": 0, "here": 5, "count": 5, "size": 300, "offset": 400}
    field = r.choice(list(honest))
    archive.end[field] = near(r, honest[field], field in ("size", "offset"))


def spoil_end64(r: random.Random, archive: Archive) -> None:
    archive.zip64 = True
    honest = {"disk": 0, "start": 0, "here": 5, "count": 5, "size": 300, "offset": 400,
              "length": 44, "at": 900, "disks": 1, "locator_disk": 0}
    field = r.choice(list(honest))
    if r.random() < 0.8:
        archive.end64[field] = near(r, honest[field])


def spoil_members(r: random.Random, archive: Archive) -> None:
    kind = r.randrange(4)
    if kind == 0:
        archive.members.append(r.choice(archive.members))
    elif kind == 1:
        member = Member(b"more.py", b"more")
        member.central["offset"] = 0
        archive.members.append(member)
    elif kind == 2:
        archive.members.append(Member(b"inner.zip", plain().make()))
    else:
        r.shuffle(archive.members)


def spoil_packed(r: random.Random, archive: Archive) -> None:
    member = r.choice(archive.members)
    at = r.randrange(len(member.packed) + 1)
    member.packed = r.choice([
        member.packed[:at], member.packed + b"more", member.packed[:at] + b"x" + member.packed[at:],
        member.packed[:at] + bytes([r.randrange(256)]) + member.packed[at + 1:]])
    for header in (member.local, member.central):
        if header["packed"]:
            header["packed"] = len(member.packed)


SPOILERS = [
    spoil_packed, spoil_header, spoil_flag, spoil_central, spoil_name, spoil_extra,
    spoil_descriptor, spoil_layout, spoil_comment, spoil_end, spoil_end64, spoil_members]
BASES: List[Callable[[], Archive]] = [
    plain, lambda: plain((STORED, DEFLATED, BZIP2, LZMA)), lambda: plain((BZIP2, LZMA)),
    lambda: described("<4sLLL"), with_zip64_sizes, with_zip64_end, with_directories,
    with_an_archive_inside, with_comments, with_extra_fields]
if hasattr(zipfile, "ZIP_ZSTANDARD"):
    BASES.append(lambda: plain((STORED, ZSTD)))


def random_archive(r: random.Random) -> Tuple[str, bytes]:
    archive = r.choice(BASES)()
    done = []
    for _ in range(r.choice([1, 1, 1, 2, 3])):
        spoil = r.choice(SPOILERS)
        spoil(r, archive)
        done.append(spoil.__name__)
    try:
        data = bytearray(archive.make())
    except struct.error:  # a field that does not hold so large a value
        return random_archive(r)
    if r.random() < 0.2:
        done.append("byte")
        data[r.randrange(len(data))] ^= 1 << r.randrange(8)
    return "+".join(done), bytes(data)


@pytest.mark.parametrize("part", range(4))
def test_odd_archives_are_read_alike(tmp_path: Path, part: int) -> None:
    r = random.Random(SEED + part)
    archives = [random_archive(r) for _ in range(ROUNDS // 4)]
    taken, refused = compare(archives, tmp_path)
    assert min(taken, refused) > ROUNDS // 80, (taken, refused)  # else it tests little
