"""Names, versions and .dist-info directories: the driver's answers against `packaging` and pip."""

import importlib
import io
import random
import zipfile
from typing import Any, List, Optional, Tuple

from fixtures.asking import ask, find_packaging

SEED = 20190109
PACKAGING = find_packaging()
utils = importlib.import_module(PACKAGING + ".utils")
version = importlib.import_module(PACKAGING + ".version")
pip_wheel = importlib.import_module("pip._internal.utils.wheel")


# Random input, with a fixed seed.

NAMES = ["foo", "Foo", "FOO_bar", "foo.bar", "foo-bar", "foo--bar", "foo__bar", "foo_.-bar", "u__x",
         "_foo", "foo_", "a", "A1", "zope.interface", "0install", "foo bar", "foo+bar", "caf\u00e9"]
VERSIONS = ["1.0", "1", "1.0.0", "01.0", "1.0.1", "1.0-1", "1.0_1", "1.0.post1", "1.0rc1",
            "1.0-rc1", "1.0_rc1", "1.0RC1", "1.0c1", "1.0+a.1", "1.0+a-1", "1.0+a_1", "1.0+A.01",
            "1!1.0", "v1.0", "1.0.dev0", "1.0dev", "2012d", "1.0-SNAPSHOT", "1.0+", "", "soon",
            "1.0 ", " 1.0", "1.0.*", "1..0", "2024.01.01", "2024.1.1"]
TAGS = ["py3-none-any", "py2.py3-none-any", "cp311-cp311-manylinux_2_17_x86_64.linux_x86_64",
        "py3-none", "py3-none-any-more", "py3..py2-none-any", ".py3-none-any", "3-none-any",
        "py3.2-none-any", "py3-none.-any", "py3-none-any.", "Py3-None-Any", "py3 -none-any",
        "py3-no+ne-any", "_py3-none-any"]
BUILDS = ["", "", "", "", "1-", "2b-", "b2-", "007-", "1.2_3-", "-"]


def random_file(r: random.Random) -> str:
    name, number = r.choice(NAMES), r.choice(VERSIONS)
    text = f"{name}-{number}-{r.choice(BUILDS)}{r.choice(TAGS)}.whl"
    if r.random() < 0.15:
        at = r.randrange(len(text))
        text = text[:at] + r.choice("-_.+!a1 ~\u00e9") + text[at + r.choice([0, 1]):]
    return text


def expected_file(text: str) -> Optional[List[Any]]:
    try:
        name, number, build, _ = utils.parse_wheel_filename(text)
    except utils.InvalidWheelFilename:
        return None
    parts = text[:-4].split("-")
    return [name, str(number), parts[2] if build else None, *parts[-3:]]


def is_allowed(text: str) -> bool:
    """
    What the specification of names and files allows: `packaging` takes more here, from which the
    driver makes paths, targets and lines of files: letters of other alphabets, names that begin
    with a dot, ABI and platform tags and builds of anything.
    """
    stem = text[:-4]
    plain = all(c.isascii() and (c.isalnum() or c in "-._+!") for c in stem)
    name, _, *rest = stem.split("-")
    return plain and name[:1] != "." and all(not set("+!") & set(p) for p in [name, *rest])


def test_file_names_are_read_alike() -> None:
    r = random.Random(SEED)
    texts = [random_file(r) for _ in range(20000)]
    answers = ask("names", [{"do": "file", "text": text} for text in texts])
    expected = [expected_file(t) if is_allowed(t) else None for t in texts]
    wrong = [x for x in zip(texts, answers, expected) if x[1] != x[2]]
    assert not wrong, f"{len(wrong)} of {len(texts)} differ, e.g. {wrong[:5]}"
    assert 1000 < sum(answer is not None for answer in answers) < 15000


def test_names_are_the_same_project_alike() -> None:
    r = random.Random(SEED + 1)
    names = NAMES + ["".join(r.choice("aAbB-_.") for _ in range(r.randrange(1, 6)))
                     for _ in range(400)]
    names = [name for name in names if name.isascii()]
    spellings = ask("names", [{"do": "name", "a": name} for name in names])
    assert spellings == [utils.canonicalize_name(name) for name in names]
    pairs = [(r.choice(names), r.choice(names)) for _ in range(20000)]
    answers = ask("names", [{"do": "names", "a": a, "b": b} for a, b in pairs])
    assert answers == [utils.canonicalize_name(a) == utils.canonicalize_name(b) for a, b in pairs]


def is_version(text: str) -> bool:
    try:
        version.Version(text)
    except version.InvalidVersion:
        return False
    return True


def test_versions_are_the_same_alike() -> None:
    """Where both are versions; texts that are none only have to be the same as themselves."""
    more = [f"{a}{b}" for a in ("1.0", "1.0.1", "1.1", "1!1.0", "2.0.0")
            for b in ("", ".0", "-1", ".1", "a1", ".a.1", "-dev", ".dev0", ".post1", "-r1", "+x",
                      "+x.1", "+x_1", "+1", "+01")]
    versions = VERSIONS + more
    pairs = [(a, b) for a in versions for b in versions]
    answers = ask("names", [{"do": "versions", "a": a, "b": b} for a, b in pairs])
    wrong = []
    for (a, b), answer in zip(pairs, answers):
        same = utils.canonicalize_version(a) == utils.canonicalize_version(b)
        if (answer != same) if is_version(a) and is_version(b) else (same and not answer):
            wrong.append((a, b, answer))
    assert not wrong, f"{len(wrong)} differ, e.g. {wrong[:8]}"


# .dist-info directories.

FILES = ["foo_bar-1.0-py3-none-any.whl", "Foo.Bar-1.0.0-py3-none-any.whl",
         "foo-1.0+a.b-py3-none-any.whl", "foo_bar-1.0.post1-1-py3-none-any.whl",
         "MarkupSafe-2.0rc1-py3-none-any.whl", "v2-1.0.0-py3-none-any.whl"]


def archive(names: List[str]) -> zipfile.ZipFile:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as wheel:
        for name in names:
            wheel.writestr(name, b"")
    return zipfile.ZipFile(target)


def pip_finds(names: List[str], project: str) -> Optional[str]:
    try:
        found: str = pip_wheel.wheel_dist_info_dir(archive(names), project)
    except Exception:  # UnsupportedWheel
        return None
    return found


def spell(r: random.Random, text: str) -> str:
    """The same name in another spelling: case, and each separator another one, or several."""
    out = ""
    for c in text:
        c = r.choice([c, c.lower(), c.upper()])
        out += r.choice(["-", "_", ".", "__", "_."]) if c in "-_." and r.random() < 0.5 else c
    return out


def spell_version(r: random.Random, text: str) -> str:
    public, _, local = text.partition("+")
    spelled = r.choice([public, public + ".0" if public.replace(".", "").isdigit() else public])
    if "post" in spelled:
        spelled = r.choice([spelled, "1.0-1", "1.0_1", "1.0.r1"])
    if "rc" in spelled:
        spelled = r.choice([spelled, "2.0-rc1", "2.0_rc1", "2.0c1", "2.0RC1"])
    return spelled + (r.choice(["+a.b", "+a_b", "+A-B"]) if local else "")


def test_spellings_of_directories_are_taken() -> None:
    """What differs in spelling alone is the wheel's own, for us and for pip."""
    r = random.Random(SEED + 2)
    rows: List[Tuple[str, str]] = []
    for _ in range(3000):
        file = r.choice(FILES)
        name, number = file.split("-")[:2]
        rows.append((file, f"{spell(r, name)}-{spell_version(r, number)}.dist-info"))
    answers = ask("names", [{"do": "directory", "text": f, "a": d} for f, d in rows])
    wrong = [row for row, answer in zip(rows, answers) if not answer]
    assert not wrong, f"{len(wrong)} refused, e.g. {wrong[:5]}"
    for file, directory in rows[:300]:
        name = utils.parse_wheel_filename(file)[0]
        assert pip_finds([f"{directory}/METADATA"], name) == directory


def is_named(directory: str, project: str, number: Any) -> bool:
    """At one of its dashes the directory's name divides into this project and this version."""
    parts = directory[: -len(".dist-info")].split("-")
    for at in range(1, len(parts)):
        name, written = "-".join(parts[:at]), "-".join(parts[at:])
        for text in (written, written.replace("_", "-")):
            if utils.canonicalize_name(name) == project and is_version(text):
                if version.Version(text) == number:
                    return True
    return False


def test_directories_that_pip_refuses_are_refused() -> None:
    r = random.Random(SEED + 3)
    rows = []
    for _ in range(8000):
        name, number = r.choice(NAMES), r.choice(VERSIONS)
        directory = r.choice([f"{name}-{number}.dist-info", f"{name}.dist-info", ".dist-info",
                              f"{name}{number}.dist-info", f"{name}-{number}.dist_info"])
        rows.append((r.choice(FILES), directory))
    answers = ask("names", [{"do": "directory", "text": f, "a": d} for f, d in rows])
    taken = 0
    for (file, directory), answer in zip(rows, answers):
        project, number, _, _ = utils.parse_wheel_filename(file)
        if answer:
            taken += 1
            assert pip_finds([f"{directory}/METADATA"], project) == directory, (file, directory)
            assert is_named(directory, project, number), (file, directory)
    assert taken > 20


def test_the_one_directory_is_found_alike() -> None:
    """Files and empty directories count, as they do for pip."""
    r = random.Random(SEED + 4)
    parts = ["foo-1.0.dist-info/METADATA", "foo-1.0.dist-info/WHEEL", "foo-1.0.dist-info/",
             "foo-2.0.dist-info/", "bar-1.0.dist-info/X", "bar.dist-info", ".dist-info/X",
             ".dist-info", "pkg/inner.dist-info/X", "foo/__init__.py", "foo-1.0.data/x",
             "foo-1.0.dist-info.txt", "FOO-1.0.DIST-INFO/X"]
    lists = [r.sample(parts, r.randrange(1, 5)) for _ in range(1500)]
    requests, kept = [], []
    for names in lists:
        if "foo-1.0.dist-info/METADATA" in names:
            data = archive(names).fp.getvalue()  # type: ignore[union-attr]
            requests.append({"zip": data.hex(), "dist-info": True})
            kept.append(names)
    for names, answer in zip(kept, ask("wheel-zip", requests)):
        found = pip_finds(names, "foo")
        assert answer == found or (found is None and "error" in answer), (names, answer)
