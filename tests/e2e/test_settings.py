"""The settings file: each key does what it says, is in key and record; errors name their line."""

from __future__ import annotations

import difflib
import importlib
import json
import os
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from fixtures import samples
from fixtures.programs import SOURCE
from fixtures.runner import Result, Truewheel, read_json
from fixtures.sdist import Sdist, write_all
from fixtures.wheels import Wheel

TELLING_BACKEND = r"""
import tinybackend

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    import importlib.metadata
    told = {"settings": config_settings, "environ": dict(os.environ),
            "installed": sorted(f"{d.metadata['Name']} {d.version}"
                                for d in importlib.metadata.distributions())}
    with open(spec()["package"] + "/told.json", "w") as file:
        json.dump(told, file, indent=1, sort_keys=True)
    return tinybackend.build_wheel(wheel_directory)
"""


def telling(name: str = "telling-one", **more: Any) -> Sdist:
    """Writes into its wheel what settings can change about its build."""
    return Sdist(name, backend=TELLING_BACKEND, **more)


class Settled:
    """Runs in a directory with a settings file."""

    def __init__(self, truewheel: Truewheel) -> None:
        self.truewheel = truewheel
        self.cwd = truewheel.world.cwd
        self.file = self.cwd / "truewheel.toml"
        self.record = self.cwd / "record.json"

    def write(self, text: str) -> None:
        self.file.write_text(text)

    def wheel(self, *arguments: object, **more: Any) -> Result:
        return self.truewheel.wheel("--json", self.record, *arguments, **more)

    def entry(self, name: str = "telling-one") -> dict[str, Any]:
        wheels = {item["name"]: item for item in read_json(self.record)["wheels"]}
        found: dict[str, Any] = wheels[name]
        return found

    def told(self, name: str = "telling-one") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.read("told.json", name))
        return found

    def read(self, file: str, name: str = "telling-one") -> str:
        (wheel,) = self.truewheel.world.wheels.glob(f"{name.replace('-', '_')}-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(f"{name.replace('-', '_')}/{file}").decode()

    def refused(self, text: str, name: str = "telling-one") -> str:
        """What is said of a settings file; nothing is built."""
        self.write(text)
        result = self.wheel(name, code=2)
        assert not result.names
        (error,) = result.errors
        return error.removeprefix("truewheel: ")


@pytest.fixture
def settled(truewheel: Truewheel, links: Path) -> Settled:
    telling().write(links)
    return Settled(truewheel)


def package(text: str, name: str = "telling-one") -> str:
    return f'[[package]]\nname = "{name}"\n{text}\n'


# ------------------------------------------------------------------------------------ each key


def build_tool(links: Path, *versions: str) -> None:
    for version in versions:
        Wheel("build-tool", version).write(links)


# A key and two values of it.
VALUES = {
    "env": ('{ SETTING_ONE = "1" }', '{ SETTING_ONE = "2" }'),
    "config-settings": ('{ level = "1" }', '{ level = ["1", "2"] }'),
    "build-requires": ('["build-tool<2"]', '["build-tool"]'),
    "replace-build-requires": ('["build-tool<2"]', '["build-tool"]'),
    "patches": ('["one.patch"]', '["one.patch", "two.patch"]'),
    "add-files": ('{ "telling_one/more.txt" = "one.txt" }',
                  '{ "telling_one/more.txt" = "two.txt" }'),
    "bind": ('["{place}"]', '["{place}", "{place}/below"]'),
    "network": ("false", "true"),
}
LIMITS = {"timeout": ("500", "600.5"), "memory": ('"3G"', '"4G"')}


def patch(file: str, old: str, new: str) -> str:
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{file}", f"b/{file}")
    return "".join(lines)


INIT = "__version__ = '1.0'\n"


@pytest.fixture
def beside(settled: Settled, links: Path, place: Path) -> Path:
    """What the values need."""
    build_tool(links, "1.0", "2.0")
    (place / "below").mkdir()
    cwd = settled.cwd
    (cwd / "one.patch").write_text(patch("telling_one/__init__.py", INIT, INIT + "ONE = 1\n"))
    (cwd / "two.patch").write_text(
        patch("telling_one/__init__.py", INIT + "ONE = 1\n", INIT + "ONE = 1\nTWO = 2\n"))
    (cwd / "one.txt").write_text("one\n")
    (cwd / "two.txt").write_text("two\n")
    return place


@pytest.mark.parametrize("key", VALUES)
def test_each_key_is_in_key_and_record(settled: Settled, beside: Path, key: str) -> None:
    """Equal settings, equal bytes and keys; other ones, another key."""
    seen = []
    for value in (VALUES[key][0], VALUES[key][0], VALUES[key][1]):
        settled.write(package(f"{key} = {value.replace('{place}', str(beside))}"))
        result = settled.wheel("telling-one")
        seen.append((result.hashes, settled.entry()["key"]))
        settings = settled.entry().get("settings", {})
        assert (key.replace("-", "_") in settings) == (value != "false")
    settled.file.unlink()
    settled.wheel("telling-one")
    assert "settings" not in settled.entry()
    without = settled.entry()["key"]
    assert seen[0] == seen[1]
    assert seen[0][1] != seen[2][1] != without
    assert (seen[0][1] != without) == (key != "network"), "network = false is nothing new"


@pytest.mark.parametrize("key", LIMITS)
def test_limits_are_in_the_record(settled: Settled, key: str) -> None:
    """No byte depends on how long a build may take: what was built is taken from the store."""
    keys = []
    for value in LIMITS[key]:
        settled.write(package(f"{key} = {value}"))
        settled.wheel("telling-one")
        (field,) = settled.entry()["settings"]
        assert field.startswith(key)
        keys.append(settled.entry()["key"])
    assert keys[0] == keys[1]


def test_environment(settled: Settled) -> None:
    """What is said of a package counts more than the command line, and that more than defaults."""
    settled.write('[defaults.env]\nA = "defaults"\nB = "defaults"\nC = "defaults"\n'
                  + package('env = { B = "package" }'))
    settled.wheel("--env", "A=line", "--env", "B=line", "telling-one")
    found = settled.told()["environ"]
    assert [found.get(name) for name in "ABC"] == ["line", "package", "defaults"]


def test_backend_settings(settled: Settled) -> None:
    settled.write('[defaults.config-settings]\na = "defaults"\nb = "defaults"\nc = "defaults"\n'
                  + package('config-settings = { b = "package", d = ["1", "2"] }'))
    settled.wheel("-C", "a=line", "-C", "b=line", "telling-one")
    assert settled.told()["settings"] == {
        "a": "line", "b": "package", "c": "defaults", "d": ["1", "2"]}


def test_build_requirements(settled: Settled, links: Path) -> None:
    """Added, constrained, and replaced."""
    build_tool(links, "1.0", "2.0", "3.0")
    Wheel("other-tool").write(links)
    telling(build_requires=["build-tool"]).write(links)
    for text, installed in (
        ('build-requires = ["other-tool"]', ["build-tool 3.0", "other-tool 1.0"]),
        ('build-constraints = ["build-tool<3"]', ["build-tool 2.0"]),
        ('build-constraints = ["build-tool<3"]\n' + package('build-constraints = ["build-tool<2"]'),
         ["build-tool 1.0"]),
        ('replace-build-requires = ["other-tool"]', ["other-tool 1.0"]),
        ("replace-build-requires = []", []),
    ):
        settled.write(package(text))
        settled.wheel("telling-one")
        assert settled.told()["installed"] == installed
    settled.write('[defaults]\nbuild-constraints = ["build-tool<2"]\n')
    settled.wheel("telling-one")
    assert settled.told()["installed"] == ["build-tool 1.0"]


def test_constraints_are_not_the_requirements(settled: Settled, links: Path) -> None:
    """They bind the one environment alone; a conflict names what wants it."""
    build_tool(links, "1.0", "2.0")
    write_all(links, telling(build_requires=["build-tool"]),
              telling("telling-two", build_requires=["build-tool"]))
    settled.write(package('build-constraints = ["build-tool<2"]'))
    settled.wheel("telling-one", "telling-two", "build-tool")
    assert settled.told()["installed"] == ["build-tool 1.0"]
    assert settled.told("telling-two")["installed"] == ["build-tool 2.0"]
    settled.write(package('build-constraints = ["build-tool>=7"]'))
    result = settled.wheel("telling-one", code=4)
    assert "the build constraint build-tool>=7 (settings)" in result.err, result.text


def test_entries_without_effect_are_named(settled: Settled, links: Path) -> None:
    """A misspelt name would have no other effect than that the build is another one."""
    telling().write(links)
    settled.write(package('env = { A = "1" }') + package('use = "source"', "only-chosen")
                  + "".join(package('env = { A = "1" }', f"other-{n}") for n in range(4)))
    said = settled.wheel("telling-one").err
    names = "other-0, other-1, other-2 and 1 more"
    assert f"settings of {names}: nothing of that name was built" in said
    assert "telling-one:" not in said and "only-chosen" not in said


def test_versions(settled: Settled, links: Path) -> None:
    telling(version="2.0").write(links)
    settled.write(package('version = "<2"\nenv = { A = "old" }') + package('env = { B = "all" }')
                  + package('version = ">=2"\nenv = { A = "new", B = "new" }'))
    for version, found in (("1.0", ["old", "all"]), ("2.0", ["new", "new"])):
        settled.wheel(f"telling-one=={version}", wheels=settled.cwd / version)
        (wheel,) = (settled.cwd / version).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            environ = json.loads(archive.read("telling_one/told.json"))["environ"]
        assert [environ.get(name) for name in "AB"] == found


def test_wheel_or_source(settled: Settled, links: Path) -> None:
    """As --only-binary and --no-binary of one project; those that name it count more."""
    Wheel("both-one").write(links)
    samples.pure("both-one").write(links)

    def origin(*options: str) -> str:
        settled.wheel(*options, "both-one")
        return str(settled.entry("both-one")["from"])

    assert origin() == "index"
    settled.write(package('use = "source"', "both-one"))
    assert origin() == "built"
    assert origin("--only-binary", "both-one") == "index"
    settled.write('[defaults]\nuse = "source"\n')
    assert origin() == "built"
    settled.write('[defaults]\nuse = "source"\n' + package('use = "wheel"', "both-one"))
    assert origin() == "index"
    settled.write(package('use = "wheel"'))
    assert "telling-one" in settled.wheel("telling-one", code=4).err


def test_another_source(settled: Settled, links: Path, place: Path) -> None:
    """It takes the place of what the index has of this version, and has to have its hash."""
    Wheel("telling-one").write(links)
    telling(version="2.0").write(links)
    other = telling(package={"other.txt": "other\n"})
    url = other.write(place).rename(place / "v1.tar.gz").as_uri()

    def source(digest: str) -> str:
        return package(f'version = "==1.0"\nsource = {{ url = "{url}", sha256 = "{digest}" }}\n')

    settled.write(source(other.sha256()))
    settled.wheel("telling-one<2")
    assert settled.read("other.txt") == "other\n"
    entry = settled.entry()
    assert entry["source"]["url"].partition("#")[0] == url
    assert entry["source"]["sha256"] == other.sha256()
    assert entry["settings"] == {"source": {"url": url, "sha256": other.sha256()}}
    settled.wheel("telling-one", wheels=settled.cwd / "newest")
    assert settled.entry()["version"] == "2.0" and "settings" not in settled.entry()
    settled.wheel("telling-one<2", "--only-binary", "telling-one")
    assert settled.entry()["from"] == "index"
    settled.write(source("0" * 64))
    assert "hash mismatch for telling-one<2" in settled.wheel("telling-one<2", code=4).err


def test_time(settled: Settled, links: Path) -> None:
    """A package may have more of it than all others, and less."""
    samples.hooked("slow-one", "build_wheel", "import time; time.sleep(60)").write(links)
    settled.write(package("timeout = 0.5", "slow-one"))
    result = settled.wheel("slow-one", "telling-one", "--build-timeout", "100", code=6)
    assert result.seconds < 50 and "slow-one" in result.err
    settled.write("[defaults]\ntimeout = 0.5\n")
    assert "slow-one" in settled.wheel("slow-one", code=6).err
    settled.write("[defaults]\ntimeout = 0.1\n" + package("timeout = 100"))
    settled.wheel("telling-one")


def test_memory(settled: Settled, links: Path) -> None:
    body = "held = [bytes([1]) * (8 << 20) for _ in range(20)]\nimport time; time.sleep(60)"
    samples.hooked("large-one", "build_wheel", body).write(links)
    settled.write(package('memory = "64M"', "large-one"))
    result = settled.wheel("large-one", code=6)
    assert "its settings allow 64 MiB" in result.err, result.text


def test_network(settled: Settled, links: Path, needs_namespaces: None) -> None:
    listing = "open(spec()['package'] + '/net.txt', 'w').write(os.readlink('/proc/self/ns/net'))"
    samples.hooked("net-one", "build_wheel", listing).write(links)
    own = os.readlink("/proc/self/ns/net")
    settled.wheel("net-one")
    assert settled.read("net.txt", "net-one") != own
    settled.write(package("network = true", "net-one"))
    settled.wheel("net-one")
    assert settled.read("net.txt", "net-one") == own


def test_bind(settled: Settled, links: Path, place: Path, needs_namespaces: None) -> None:
    (place / "data.txt").write_text("bound\n")
    body = f"""
from shutil import copy
with open(spec()["package"] + "/seen.txt", "w") as out:
    out.write(str(os.path.exists({str(place / 'data.txt')!r})))
"""
    write_all(links, samples.hooked("bind-one", "build_wheel", body),
              samples.hooked("bind-two", "build_wheel", body))
    settled.write(package(f'bind = ["{place}"]', "bind-one"))
    settled.wheel("bind-one", "bind-two")
    assert settled.read("seen.txt", "bind-one") == "True"
    assert settled.read("seen.txt", "bind-two") == "False"
    first = settled.entry("bind-one")["key"]
    (place / "data.txt").write_text("other\n" * 2)
    settled.wheel("bind-one")
    assert settled.entry("bind-one")["key"] != first, "its files are inputs"


# ------------------------------------------------------------------------------------- patches


def test_patches_of_a_directory(settled: Settled, links: Path) -> None:
    """Those of all versions first, then those of this one, then those that are named."""
    for directory, name in (("telling_one", "1.patch"), ("Telling.One-1.0.0", "0.patch"),
                            ("telling-one-2.0", "0.patch"), ("other-1.0", "0.patch")):
        (settled.cwd / "patches" / directory).mkdir(parents=True)
        (settled.cwd / "patches" / directory / name).write_text("no patch\n")
    steps = [INIT]
    files = ["patches/telling_one/1.patch", "patches/Telling.One-1.0.0/0.patch", "a.patch"]
    for number, file in enumerate(files):
        steps.append(f"{steps[-1]}STEP = {number}\n")
        (settled.cwd / file).write_text(patch("telling_one/__init__.py", *steps[-2:]))
    settled.write(package('patches = ["a.patch"]'))
    settled.wheel("telling-one")
    assert settled.read("__init__.py") == steps[-1]
    assert [one["name"] for one in settled.entry()["settings"]["patches"]] == files
    settled.write("")
    settled.wheel("telling-one")
    assert settled.read("__init__.py") == steps[-2]
    settled.file.unlink()
    settled.wheel("telling-one")
    assert settled.read("__init__.py") == INIT, "without a settings file they do not count"


def test_a_patch_of_the_project_file(settled: Settled, links: Path) -> None:
    """What it says after the patch counts: another build requirement, other dependencies."""
    build_tool(links, "1.0")
    sdist = telling(metadata_version="2.2")
    samples.pure("pure-one").write(links)
    sdist.write(links)
    old = sdist.content()["pyproject.toml"].decode()
    info = sdist.metadata()
    (settled.cwd / "a.patch").write_text(
        patch("pyproject.toml", old, old.replace("requires = []", 'requires = ["build-tool"]'))
        + patch("PKG-INFO", info, info + "Requires-Dist: pure-one\n"))
    settled.write(package('patches = ["a.patch"]'))
    result = settled.wheel("telling-one")
    assert settled.told()["installed"] == ["build-tool 1.0"]
    assert "pure_one-1.0-py3-none-any.whl" in result.names


def test_patches_of_a_local_project(settled: Settled, links: Path) -> None:
    tree = telling().write_tree(settled.cwd / "project")
    (settled.cwd / "a.patch").write_text(
        patch("telling_one/__init__.py", INIT, INIT + "ONE = 1\n"))
    settled.write(package('patches = ["a.patch"]'))
    settled.wheel("./project")
    assert settled.read("__init__.py") == INIT + "ONE = 1\n"
    assert (tree / "telling_one" / "__init__.py").read_text() == INIT, "the user's is as it was"


def test_a_patch_that_does_not_fit(settled: Settled) -> None:
    """Fuzz would let it in: two of its three lines of context are there."""
    old = "".join(f"{number}\n" for number in range(9))
    text = patch("telling_one/__init__.py", old, old.replace("4\n", "four\n"))
    (settled.cwd / "a.patch").write_text(text)
    settled.write(package('patches = ["a.patch"]'))
    result = settled.wheel("telling-one", code=1)
    assert "the patch 'a.patch' does not apply: Hunk #1 FAILED at" in result.err, result.text
    assert not result.names


def test_fuzz_is_refused(settled: Settled, links: Path) -> None:
    """The control: patch(1) by itself takes it."""
    lines = [f"# {number}\n" for number in range(9)]
    telling(package={"data.txt": "".join(["# changed\n", *lines[2:]])}).write(links)
    there = (settled.cwd / "telling_one")
    there.mkdir()
    (there / "data.txt").write_text("".join(["# changed\n", *lines[2:]]))
    changed = [*lines[:4], "# 4!\n", *lines[5:]]
    text = patch("telling_one/data.txt", "".join(lines), "".join(changed))
    (settled.cwd / "a.patch").write_text(text)
    assert subprocess.run(["patch", "-p1", "--dry-run", "-i", "a.patch"], cwd=settled.cwd,
                          check=False).returncode == 0
    settled.write(package('patches = ["a.patch"]'))
    result = settled.wheel("telling-one", code=1)
    assert "does not apply: Hunk #1 FAILED" in result.err, result.text


@pytest.mark.parametrize("text, why", [
    ("", "it is empty"), ("words\n", "Only garbage was found in the patch input"),
    (patch("missing.txt", "a\n", "b\n"), "can't find file to patch at input line 3"),
])
def test_what_is_no_patch(settled: Settled, text: str, why: str) -> None:
    (settled.cwd / "a.patch").write_text(text)
    settled.write(package('patches = ["a.patch"]'))
    assert f"the patch 'a.patch' does not apply: {why}" in \
        settled.wheel("telling-one", code=1).err


def test_without_patch(settled: Settled, links: Path, needs_namespaces: None) -> None:
    (settled.cwd / "a.patch").write_text(
        patch("telling_one/__init__.py", INIT, INIT + "ONE = 1\n"))
    settled.write(package('patches = ["a.patch"]\nenv = { PATH = "/nonexistent" }'))
    result = settled.wheel("telling-one", code=1)
    assert "there is no program 'patch'" in result.err, result.text


def test_patches_cannot_leave_the_source(settled: Settled, place: Path) -> None:
    """Neither upwards nor over a link; nor can files that are added."""
    (settled.cwd / "a.patch").write_text(patch("../../../outside.txt", "", "out\n"))
    settled.write(package('patches = ["a.patch"]'))
    assert settled.wheel("telling-one", code=1).err
    assert settled.refused(package('add-files = { "../x" = "a.patch" }')) == (
        "truewheel.toml:3: 'add-files' has '../x', which is no path below the source")


def test_files_to_add(settled: Settled) -> None:
    (settled.cwd / "files").mkdir()
    (settled.cwd / "files" / "a.txt").write_text("added\n")
    settled.write(package(
        'add-files = { "telling_one/new/a.txt" = "files/a.txt",'
        ' "telling_one/__init__.py" = "files/a.txt" }'))
    settled.wheel("telling-one")
    assert settled.read("new/a.txt") == settled.read("__init__.py") == "added\n"
    (added, _) = settled.entry()["settings"]["add_files"]
    assert added["place"] == "telling_one/__init__.py" and len(added["sha256"]) == 64


def test_times_of_what_was_changed(settled: Settled, links: Path) -> None:
    """They are not those of the patching: a build that writes them down is the same bytes."""
    body = """
import tinybackend
names = sorted(os.listdir(spec()["package"]))
with open(spec()["package"] + "/times.txt", "w") as out:
    for name in names:
        out.write("%s %r\\n" % (name, os.stat(spec()["package"] + "/" + name).st_mtime_ns))
"""
    samples.hooked("times-one", "build_wheel", body).write(links)
    (settled.cwd / "a.txt").write_text("added\n")
    (settled.cwd / "a.patch").write_text(
        patch("times_one/__init__.py", INIT, INIT + "ONE = 1\n"))
    settled.write(package(
        'patches = ["a.patch"]\nadd-files = { "times_one/a.txt" = "a.txt" }', "times-one"))
    found = [settled.wheel("times-one").hashes for _ in range(2)]
    assert found[0] == found[1]
    assert settled.read("times.txt", "times-one").splitlines()[1].startswith("a.txt 123456789")


# ------------------------------------------------------------------------------- where it lies


def env_of(name: str) -> str:
    return package(f'env = {{ WHERE = "{name}" }}')


def test_places(settled: Settled) -> None:
    """Beside the requirements file, else in the current directory; a named one before both."""
    sub = settled.cwd / "sub"
    sub.mkdir()
    (sub / "requirements.txt").write_text("telling-one\n")
    other = settled.cwd / "other.toml"
    other.write_text(env_of("other"))
    settled.write(env_of("here"))

    def where(*arguments: object, **env: str) -> Any:
        settled.wheel(*arguments, env=env)
        return settled.told()["environ"].get("WHERE")

    assert where("telling-one") == "here"
    assert where("-r", "sub/requirements.txt") is None
    (sub / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert where("-r", "sub/requirements.txt") is None
    (sub / "pyproject.toml").write_text(
        env_of("project").replace("[[package]]", "[[tool.truewheel.package]]"))
    assert where("-r", "sub/requirements.txt") == "project"
    (sub / "truewheel.toml").write_text(env_of("sub"))
    assert where("-r", "sub/requirements.txt") == "sub"
    assert where("--settings", other, "telling-one") == "other"
    assert where("telling-one", TRUEWHEEL_SETTINGS=str(other)) == "other"
    assert where("--no-settings", "telling-one", TRUEWHEEL_SETTINGS=str(other)) is None
    assert where("--settings", sub / "pyproject.toml", "telling-one") == "project"
    assert "cannot read 'none.toml'" in settled.wheel(
        "--settings", "none.toml", "telling-one", code=2).err
    (sub / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert "has no [tool.truewheel]" in settled.wheel(
        "--settings", sub / "pyproject.toml", "telling-one", code=2).err


def test_a_file_of_somebody_else(settled: Settled, needs_root: None) -> None:
    """What lies about in a directory does not patch what is built there; named, it is taken."""
    settled.write(env_of("planted"))
    os.chown(settled.file, 4711, 4711)
    result = settled.wheel("telling-one", code=2)
    assert "the settings 'truewheel.toml' belong to somebody else" in result.err
    settled.wheel("--settings", "truewheel.toml", "telling-one")
    settled.wheel("--no-settings", "telling-one")
    requirements = settled.cwd / "requirements.txt"
    requirements.write_text("telling-one\n")
    os.chown(requirements, 4711, 4711)
    settled.wheel("-r", "requirements.txt")
    assert settled.told()["environ"]["WHERE"] == "planted"


def test_a_file_that_everybody_may_change(settled: Settled) -> None:
    settled.write(env_of("open"))
    settled.file.chmod(0o666)
    assert "can be written to by everybody" in settled.wheel("telling-one", code=2).err


def test_only_the_commands_that_say_so(settled: Settled) -> None:
    """piptool and its like build what Bazel asks for, whatever lies in their directory."""
    settled.write("[defaults]\nnonsense = 1\n")
    assert "nonsense" in settled.wheel("telling-one", code=2).err
    links = settled.truewheel.links
    plain = ("--no-index", "--find-links", links, "telling-one")
    assert "nonsense" in settled.truewheel("lock", *plain, code=2).err
    settled.truewheel("piptool", "--help", code=None)


# --------------------------------------------------------------------------- names and versions


def test_a_name_that_only_the_build_says(settled: Settled, links: Path) -> None:
    """Settings that came too late are an error, not forgotten."""
    tree = telling().write_tree(settled.cwd / "project")
    (tree / "PKG-INFO").rename(tree / "telling_one" / "info")
    backend = tree / "build_backend" / "tinybackend.py"
    backend.write_text(backend.read_text().replace('"PKG-INFO"', '"telling_one/info"'))
    settled.wheel("./project")
    settled.write(env_of("late"))
    result = settled.wheel("./project", code=1)
    assert "only the build has said its name: require it as 'telling-one @ URL'" in result.err
    settled.wheel(f"telling-one @ {tree.as_uri()}")
    assert settled.told()["environ"]["WHERE"] == "late"
    settled.write(package('version = "<2"\nenv = { WHERE = "late" }'))
    result = settled.wheel(f"telling-one @ {tree.as_uri()}", code=1)
    assert "only the build has said its version" in result.err


def test_build_requirements_have_settings_too(settled: Settled, links: Path) -> None:
    telling("telling-tool").write(links)
    telling(build_requires=["telling-tool"]).write(links)
    settled.write(package('env = { WHERE = "tool" }', "telling-tool"))
    settled.wheel("telling-one")
    first = settled.entry()["environment"]["requires"][0]["sha256"]
    settled.write("")
    settled.wheel("telling-one")
    assert settled.entry()["environment"]["requires"][0]["sha256"] != first


# -------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("text, said", [
    ("a = \n", "truewheel.toml: Invalid value (at line 1, column 5)"),
    ("[[packages]]\n", "truewheel.toml:1: 'packages' is not known in settings; did you mean"
     " 'package'?"),
    ("\n[package]\nname = 'x'\n", "truewheel.toml:2: 'package' wants a list of tables:"
     " [[package]]"),
    (package("\n# words\npatchs = []"), "truewheel.toml:5: 'patchs' is not known in [[package]];"
     " did you mean 'patches'?"),
    (package("") + package("env = {}\nslots = 2"), "truewheel.toml:7: 'slots' is not known in"
     " [[package]]; known are name, version,"),
    ("[defaults]\npatches = []\n", "truewheel.toml:2: 'patches' is said of one package, not in"
     " [defaults]"),
    ("[[package]]\nversion = '<2'\n", "truewheel.toml:1: [[package]] wants the name of a project"),
    ("[[package]]\nname = '-x'\n", "truewheel.toml:2: [[package]] wants the name of a project"),
    (package("version = '2'"), "truewheel.toml:3: 'version' wants a specifier"),
    (package("version = '<2'\nuse = 'wheel'"), "truewheel.toml:4: 'use' is said of all versions"),
    (package("use = 'sdist'"), "truewheel.toml:3: 'use' wants \"wheel\" or \"source\""),
    (package("env = { 'A-B' = '1' }"), "truewheel.toml:3: 'env' has 'A-B', which is no name"),
    (package("[package.env]\nA = '1'\nB = 1"), "truewheel.toml:5: 'env' wants a text for B"),
    (package("config-settings = { a = 1 }"), "truewheel.toml:3: 'config-settings' wants a text or"),
    (package("build-requires = 'x'"), "truewheel.toml:3: 'build-requires' wants a list of texts"),
    (package("build-requires = [\n 'x',\n 'x y',\n]"), "truewheel.toml:3: 'build-requires' has"
     " 'x y', which is no requirement (PEP 508)"),
    (package("build-requires = ['x @ https://h/x.zip']"), "truewheel.toml:3: 'build-requires' has"
     " 'x @ https://h/x.zip', but build requirements of settings come from the index"),
    (package("build-constraints = ['x[y]<1']"), "truewheel.toml:3: 'build-constraints' has"
     " 'x[y]<1', but a constraint has no extras"),
    (package("source = { url = 'https://h/x.tar.gz', sha256 = '%s' }" % ("0" * 64)),
     "truewheel.toml:3: 'source' is said of one version of a package: version = \"==…\""),
    (package("version = '==1'\nsource = { url = 'https://h/x.tar.gz' }"), "truewheel.toml:4:"
     " 'source' wants { url = \"…\", sha256 = \"…\" }"),
    (package("version = '==1'\nsource = { url = 'x.zip', sha256 = '%s' }" % ("0" * 64)),
     "truewheel.toml:4: 'source' wants the URL of an sdist"),
    (package("version = '==1'\nsource = { url = 'file:///x.zip', sha256 = '0' }"),
     "truewheel.toml:4: 'source' wants a sha256"),
    (package("network = 1"), "truewheel.toml:3: 'network' wants true or false"),
    (package("bind = ['x']"), "truewheel.toml:3: 'bind' wants absolute paths, not 'x'"),
    (package("bind = ['/nonexistent']"), "truewheel.toml:3: 'bind' has '/nonexistent', which is"
     " not there"),
    (package("timeout = 0"), "truewheel.toml:3: 'timeout' wants a number of seconds"),
    (package("timeout = true"), "truewheel.toml:3: 'timeout' wants a number of seconds"),
    (package("memory = '1M'"), "truewheel.toml:3: 'memory' wants a size of at least 64M"),
    (package("patches = ['none.patch']"), "truewheel.toml:3: 'patches' has '"),
])
def test_errors_name_their_line(settled: Settled, text: str, said: str) -> None:
    assert settled.refused(text).startswith(said)


def test_a_line_among_many(settled: Settled) -> None:
    """Also where texts of several lines look like keys."""
    many = "".join(package(f"env = {{ A = '''\npatchs = 1\n[[package]]\n{number}''' }}")
                   for number in range(500))
    assert settled.refused(many + package("patchs = 1")).startswith("truewheel.toml:3003: 'patchs'")


# ------------------------------------------------------------------------------------ later runs


def test_a_change_is_seen_by_the_short_way(truewheel: Truewheel, links: Path) -> None:
    from test_recall import SHORT, settle

    telling().write(links)
    requirements = truewheel.world.cwd / "requirements.txt"
    requirements.write_text("telling-one\n")
    env = {"TRUEWHEEL_NO_CACHE": None, "TRUEWHEEL_CACHE_DIR": str(truewheel.world.base / "store")}
    cwd = truewheel.world.cwd

    def is_short() -> bool:
        settle()
        return SHORT in truewheel.wheel("-r", "requirements.txt", env=env).err

    changes = {
        "truewheel.toml": env_of("one"),
        "patches/telling-one-1.0/a.patch": patch("telling_one/__init__.py", INIT, INIT + "A = 1\n"),
        "patches/telling-one-1.0/b.patch": patch("telling_one/b.txt", "", "b\n"),
    }
    assert [is_short(), is_short()] == [False, True]
    for file, text in changes.items():
        (cwd / file).parent.mkdir(parents=True, exist_ok=True)
        (cwd / file).write_text(text)
        assert [is_short(), is_short()] == [False, True], file
    (cwd / "patches/telling-one-1.0/b.patch").write_text(
        patch("telling_one/b.txt", "", "B\n"))
    assert [is_short(), is_short()] == [False, True]
    (cwd / "truewheel.toml").unlink()
    assert [is_short(), is_short()] == [False, True]


def test_make_is_told(settled: Settled) -> None:
    """A Makefile's wheels depend on the settings, and on what those name."""
    (settled.cwd / "patches" / "other").mkdir(parents=True)
    (settled.cwd / "patches" / "other" / "a.patch").write_text("")
    (settled.cwd / "a.patch").write_text(
        patch("telling_one/__init__.py", INIT, INIT + "ONE = 1\n"))
    (settled.cwd / "a.txt").write_text("a\n")
    settled.write(package('patches = ["a.patch"]\nadd-files = { "telling_one/a" = "a.txt" }'))
    settled.wheel("--depfile", "wheels.d", "telling-one")
    rule = (settled.cwd / "wheels.d").read_text()
    for name in ("truewheel.toml", "a.patch", "a.txt", "patches", "patches/other/a.patch"):
        assert f"{settled.cwd / name} " in rule.replace("\n", " "), name
    settled.wheel("--no-settings", "--depfile", "wheels.d", "telling-one")
    assert "truewheel.toml" not in (settled.cwd / "wheels.d").read_text(), "the control"


# ------------------------------------------------------------------------------ lines to paste


def lines_to_paste(result: Result) -> str:
    """What is to stand in the file, as it is printed."""
    before, _, after = result.err.partition("in truewheel.toml:\n")
    assert after, result.text
    lines = []
    for line in after.splitlines():
        if not line.startswith("    "):
            break
        lines.append(line)
    return "".join(line + "\n" for line in lines)


def test_lines_mend_a_missing_variable(settled: Settled, links: Path) -> None:
    """Printed where a hint says it for the command line; pasted as they are, the build succeeds."""
    for text in ("plain words", 'a "b" \\c'):
        body = f"""
if os.environ.get("WITH_SNAPPY") != {text!r}:
    raise RuntimeError("set WITH_SNAPPY to go on")
"""
        samples.hooked("wanting-one", "build_wheel", body).write(links)
        env = {"WITH_SNAPPY": text}
        settled.write("")
        settled.write(lines_to_paste(settled.wheel("wanting-one", code=1, env=env)))
        settled.wheel("wanting-one", env=env)
    secret = settled.wheel("wanting-one", "--no-settings", code=1, env={"WANTING_ONE_KEY": "x"})
    assert "in truewheel.toml" not in secret.err


def test_lines_mend_a_missing_requirement(settled: Settled, links: Path) -> None:
    """Undeclared, or too new; what a build has printed cannot add another setting."""
    Wheel("build-tool", files={"build_tool.py": ""}).write(links)
    samples.hooked("asking-one", "build_wheel", "import build_tool").write(links)
    result = settled.wheel("asking-one", code=1)
    assert lines_to_paste(result).split("\n    ")[-1] == 'build-requires = ["build-tool"]\n'
    settled.write(lines_to_paste(result))
    settled.wheel("asking-one")
    settled.write("")
    body = "raise ImportError('No module named \\'x\\\"]; network = true\\'')"
    samples.hooked("hostile-one", "build_wheel", body).write(links)
    assert "in truewheel.toml" not in settled.wheel("hostile-one", code=1).err
    body = "raise ImportError('No module named \\'pkg_resources\\'')"
    samples.hooked("old-one", "build_wheel", body).write(links)
    result = settled.wheel("old-one", code=1)
    assert 'build-constraints = ["setuptools<82"]' in lines_to_paste(result)


def test_lines_mend_a_short_time(settled: Settled, links: Path) -> None:
    samples.hooked("slow-one", "build_wheel", "import time; time.sleep(3)").write(links)
    result = settled.wheel("--build-timeout", "2", "slow-one", code=6)
    assert lines_to_paste(result) == '    [[package]]\n    name = "slow-one"\n    timeout = 5\n'
    settled.write(lines_to_paste(result).replace("5", "60"))
    settled.wheel("--build-timeout", "2", "slow-one")


def test_lines_mend_a_missing_network(
    settled: Settled, links: Path, needs_namespaces: None
) -> None:
    body = """
if os.readlink("/proc/self/ns/net") != OWN:
    raise RuntimeError("Network is unreachable")
""".replace("OWN", repr(os.readlink("/proc/self/ns/net")))
    samples.hooked("net-one", "build_wheel", body).write(links)
    result = settled.wheel("net-one", code=1)
    assert "or in truewheel.toml" in result.err
    settled.write(lines_to_paste(result))
    settled.wheel("net-one")


# ------------------------------------------------------------------------------ settings check


CHECKED = """
[defaults]
timeout = 600

[[package]]
name = "telling-one"
version = "<2"
env = { A = "1" }

[[package]]
name = "tellign-one"
network = true
"""


def test_what_would_apply(settled: Settled) -> None:
    settled.write(CHECKED)
    for directory in ("telling-one", "telling-one-2.0"):
        (settled.cwd / "patches" / directory).mkdir(parents=True)
        (settled.cwd / "patches" / directory / "a.patch").write_text("")
    (settled.cwd / "requirements.txt").write_text("Telling.One==1.0\n./project\n")
    result = settled.truewheel("settings", "check", "-r", "requirements.txt", code=1)
    assert result.out == """\
defaults: timeout
truewheel.toml:5: telling-one<2: env
    applies to telling-one 1.0
truewheel.toml:10: tellign-one: network
    applies to nothing
patches/telling-one: a.patch
    applies to telling-one 1.0
patches/telling-one-2.0: a.patch
    applies to nothing
2 of these apply to nothing
"""
    result = settled.truewheel("settings", "check", "telling-one", "tellign-one")
    assert "applies to telling-one, if its version is one of these" in result.out
    assert "applies to nothing" not in result.out
    result = settled.truewheel("settings", "check")
    assert result.out.splitlines()[-1] == (
        "nothing is wrong with truewheel.toml; -r FILE or --record FILE tells what it would apply"
        " to")


def test_what_would_apply_to_a_record(settled: Settled, links: Path) -> None:
    build_tool(links, "1.0")
    telling(build_requires=["build-tool"]).write(links)
    settled.wheel("telling-one")
    settled.write(package("network = true") + package("network = true", "build-tool"))
    result = settled.truewheel("settings", "check", "--record", settled.record)
    assert "applies to telling-one 1.0" in result.out and "applies to build-tool 1.0" in result.out
    settled.write(package("netwrok = true"))
    result = settled.truewheel("settings", "check", "--record", settled.record, code=2)
    assert result.err.startswith("truewheel: truewheel.toml:3: 'netwrok' is not known")


@pytest.mark.parametrize("arguments, said", [
    ((), "settings wants check"),
    (("list",), "settings wants check, not list"),
    (("check", "--record", "truewheel.toml"), "'truewheel.toml' is no record of a run"),
    (("check", "--record", "none.json"), "cannot read 'none.json': No such file or directory"),
    (("check", "-r", "none.txt"), "Could not open requirements file"),
    (("check", "--settings", "none.toml"), "cannot read 'none.toml'"),
])
def test_wrong_command_lines(settled: Settled, arguments: Any, said: str) -> None:
    settled.write(CHECKED)
    assert said in settled.truewheel("settings", *arguments, code=2).err


def test_without_a_file(settled: Settled) -> None:
    assert "there is no settings file '" in settled.truewheel("settings", "check", code=2).err


# -------------------------------------------------------------------------------------- schema


def schema_problems(settings: Any) -> list[str]:
    module = importlib.import_module("jsonschema")
    schema = read_json(SOURCE / "docs" / "settings.schema.json")
    module.Draft202012Validator.check_schema(schema)
    return [error.message for error in module.Draft202012Validator(schema).iter_errors(settings)]


def test_the_schema_has_every_key(settled: Settled) -> None:
    """What pyshim knows, what the page has and what the schema has are the same."""
    code = (SOURCE / "pyshim" / "settings_file.py").read_text()
    tables = [code[code.index(f"{table}: dict"):].split("}")[0] for table in ("_SHARED", "_OWN")]
    known = [set(re.findall(r'^    "([a-z-]+)": _', table, re.MULTILINE)) for table in tables]
    schema = read_json(SOURCE / "docs" / "settings.schema.json")["properties"]
    assert set(schema["defaults"]["properties"]) == known[0]
    every = known[0] | known[1]
    assert set(schema["package"]["items"]["properties"]) == {"name", "version"} | every
    page = (SOURCE / "docs" / "settings.md").read_text()
    assert set(re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)) == every
    assert {*VALUES, *LIMITS, "build-constraints", "use", "source"} == every


@pytest.mark.parametrize("settings, right", [
    ({}, True),
    ({"defaults": {"timeout": 1.5, "memory": "4G"}, "package": [
        {"name": "x", "version": "<2", "env": {"A": ""}, "config-settings": {"a": ["b"]},
         "patches": ["a"], "add-files": {"a": "b"}, "bind": ["/x:rw"], "network": True}]}, True),
    ({"package": [{"name": "x", "use": "wheel"}]}, True),
    ({"package": [{"name": "x", "use": "wheel", "version": "<2"}]}, False),
    ({"package": [{"version": "<2"}]}, False),
    ({"package": [{"name": "x", "source": {"url": "https://h/x.zip", "sha256": "0" * 64}}]}, False),
    ({"package": [{"name": "x", "version": "==1",
                   "source": {"url": "https://h/x.zip", "sha256": "0" * 64}}]}, True),
    ({"package": [{"name": "-x"}]}, False),
    ({"packages": []}, False),
    ({"defaults": {"patches": []}}, False),
    ({"defaults": {"env": {"A-B": ""}}}, False),
    ({"defaults": {"timeout": 0}}, False),
    ({"defaults": {"bind": ["x"]}}, False),
])
def test_the_schema(settings: Any, right: bool) -> None:
    assert (schema_problems(settings) == []) == right
