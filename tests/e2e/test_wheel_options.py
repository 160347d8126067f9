"""`truewheel wheel`: what each option does, and what the exit status says."""

import hashlib
import json
import os
import zipfile
from pathlib import Path
from typing import Any, List

import pytest

from fixtures import samples
from fixtures.index import Index, Server
from fixtures.runner import Truewheel, read_json
from fixtures.sdist import Sdist, write_all, write_requirements

OPTIONS = (
    """--requirement --constraint --wheel-dir --index-url --extra-index-url --find-links --no-index
--no-deps --no-binary --only-binary --prefer-binary --pre --require-hashes --config-settings
--build-constraint --no-build-isolation --report --from-source --jobs --build-timeout --keep-going
--timeout --log --json
--log-dir --allow-network --bind --build-root --env --mode --require-stable --python""".split()
)

SETTINGS_BACKEND = """
import tinybackend

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with open(spec()["package"] + "/settings.json", "w") as file:
        json.dump({"settings": config_settings, "flavour": os.environ.get("FLAVOUR")}, file)
    return tinybackend.build_wheel(wheel_directory)
"""


def settings_sdist(name: str = "settings-one") -> Sdist:
    return Sdist(name, backend=SETTINGS_BACKEND)


def member(wheel: Path, name: str) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(name)


def member_json(wheel: Path, name: str) -> Any:
    return json.loads(member(wheel, name))


def test_builds_a_wheel(in_mode: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    result = in_mode.wheel("pure-one")
    assert result.names == ["pure_one-1.0-py3-none-any.whl"]
    assert member(result.wheels / result.names[0], "pure_one/data.txt") == b"words\n"


@pytest.mark.parametrize("arguments", [["--help"], ["wheel", "--help"], ["--version"]])
def test_help_and_version(truewheel: Truewheel, arguments: List[str]) -> None:
    result = truewheel(*arguments)
    assert result.out and not result.err


def test_help_names_every_option(truewheel: Truewheel) -> None:
    text = truewheel("wheel", "--help").out
    assert not [option for option in OPTIONS if option not in text]
    assert not [line for line in text.splitlines() if len(line) > 100]


USAGE = {
    "unknown option": ["wheel", "--frobnicate", "x"],
    "unknown command": ["frobnicate"],
    "no requirement": ["wheel"],
    "missing value": ["wheel", "pure-one", "-w"],
    "jobs is a word": ["wheel", "-j", "many", "pure-one"],
    "jobs is zero": ["wheel", "-j", "0", "pure-one"],
    "negative timeout": ["wheel", "--build-timeout", "-1", "pure-one"],
    "unknown mode": ["wheel", "--mode", "magic", "pure-one"],
    "env without a value": ["wheel", "--env", "NAME", "pure-one"],
    "env without a name": ["wheel", "--env", "=x", "pure-one"],
    "env that is not UTF-8": ["wheel", "--env", "CFLAGS=-DX=\udcff", "pure-one"],
    "network for an empty name": ["wheel", "--allow-network", "", "pure-one"],
    "network for no name": ["wheel", "--allow-network", "./pure-one", "pure-one"],
    "relative build root": ["wheel", "--build-root", "relative/root", "pure-one"],
}


@pytest.mark.parametrize("what", USAGE)
def test_usage_errors(truewheel: Truewheel, what: str) -> None:
    result = truewheel(*USAGE[what], code=2)
    assert len(result.errors) == 1 and not result.out
    assert not list(truewheel.world.cwd.iterdir())


def test_wheel_directory_is_the_current_one(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    truewheel("wheel", "--no-index", "--find-links", links, "pure-one")
    assert [path.name for path in truewheel.world.cwd.glob("*.whl")] == [
        "pure_one-1.0-py3-none-any.whl"
    ]


def test_requirements_and_constraints_files(truewheel: Truewheel, links: Path) -> None:
    write_all(links, samples.pure(), *samples.extras_and_markers())
    first = write_requirements(
        truewheel.world.cwd / "a" / "first.txt", "-r ../second.txt", "base-dep"
    )
    write_requirements(truewheel.world.cwd / "second.txt", "pure-one  # a comment", "-c limits.txt")
    write_requirements(truewheel.world.cwd / "limits.txt", "base-dep<1.2")
    more = write_requirements(truewheel.world.cwd / "more.txt", "base-dep!=1.0")
    result = truewheel.wheel("-r", first)
    assert result.names == ["base_dep-1.0-py3-none-any.whl", "pure_one-1.0-py3-none-any.whl"]
    result = truewheel.wheel("-r", first, "-c", more, wheels=truewheel.world.base / "second")
    assert result.names == ["base_dep-0.9-py3-none-any.whl", "pure_one-1.0-py3-none-any.whl"]


@pytest.mark.parametrize("kind", ["file", "http", "extra"])
def test_index(truewheel: Truewheel, tmp_path: Path, kind: str) -> None:
    index = Index(tmp_path / "index")
    index.add(samples.pure().write(tmp_path / "made"))
    index.add(samples.write_wheel(tmp_path / "made", "from-index"))
    downloaded = (tmp_path / "made" / "from_index-1.0-py3-none-any.whl").read_bytes()
    with Server(index.root) as server:
        url = index.file_url if kind == "file" else server.url + "simple/"
        option = ["-i", url]
        if kind == "extra":
            option = ["-i", Index(tmp_path / "none").file_url, "--extra-index-url", url]
        out = truewheel.world.wheels
        result = truewheel("wheel", *option, "-w", out, "pure-one", "from-index", wheels=out)
    assert result.names == ["from_index-1.0-py3-none-any.whl", "pure_one-1.0-py3-none-any.whl"]
    # An index's wheel is never touched: its hash must hold.
    assert (out / "from_index-1.0-py3-none-any.whl").read_bytes() == downloaded


def test_requires_python_of_the_index(truewheel: Truewheel, tmp_path: Path) -> None:
    index = Index(tmp_path / "index")
    index.add(samples.pure(version="1.0").write(tmp_path / "made"))
    index.add(samples.pure(version="2.0").write(tmp_path / "made"), requires_python=">=99")
    out = truewheel.world.wheels
    result = truewheel("wheel", "-i", index.file_url, "-w", out, "pure-one", wheels=out)
    assert result.names == ["pure_one-1.0-py3-none-any.whl"]


def test_config_settings(truewheel: Truewheel, links: Path) -> None:
    write_all(links, settings_sdist(), settings_sdist("settings-two"))
    required = write_requirements(
        truewheel.world.cwd / "r.txt", 'settings-two --config-settings "--colour=blue"'
    )
    result = truewheel.wheel(
        "-C", "one=1", "--config-settings", "two=2", "settings-one", "-r", required
    )
    found = {
        name: member_json(result.wheels / f"{name}-1.0-py3-none-any.whl", f"{name}/settings.json")
        for name in ("settings_one", "settings_two")
    }
    assert found["settings_one"]["settings"] == {"one": "1", "two": "2"}
    assert found["settings_two"]["settings"].get("--colour") == "blue"


def test_env_is_given_by_name_only(truewheel: Truewheel, links: Path) -> None:
    settings_sdist().write(links)
    other = truewheel.world.base / "other"
    result = truewheel.wheel("settings-one", env={"FLAVOUR": "ambient"}, wheels=other)
    assert member_json(other / result.names[0], "settings_one/settings.json")["flavour"] is None
    result = truewheel.wheel("settings-one", "--env", "FLAVOUR=named")
    seen = member_json(result.wheels / result.names[0], "settings_one/settings.json")
    assert seen["flavour"] == "named"


def test_env_that_is_not_utf8(truewheel: Truewheel, links: Path) -> None:
    """It cannot be passed on, so truewheel says so: the build may differ without it."""
    samples.pure().write(links)
    scm = "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_PURE_ONE"
    result = truewheel.wheel("pure-one", env={"CFLAGS": "\udcff", scm: "\udcff", "CC": "cc"})
    warned = [line for line in result.err.splitlines() if "not UTF-8" in line]
    assert len(warned) == 2 and "CFLAGS" in warned[0] and scm in warned[1], result.text


@pytest.mark.parametrize("named", [False, True], ids=["cc", "named by CC"])
def test_compiler_of_the_record(
    truewheel: Truewheel, links: Path, open_tmp: Path, named: bool
) -> None:
    """The compiler in the record is the one on the PATH of builds."""
    samples.pure().write(links)
    program = open_tmp / ("my-cc" if named else "cc")
    program.write_text("#!/bin/sh\necho the compiler of the test\n")
    program.chmod(0o755)
    file = truewheel.world.cwd / "out.json"
    arguments = ["--env", f"PATH={open_tmp}:/usr/bin:/bin", "--json", file, "pure-one"]
    truewheel.wheel(*arguments, *(["--env", "CC=my-cc"] if named else []))
    assert read_json(file)["compiler"] == "the compiler of the test"


def test_build_constraint(truewheel: Truewheel, links: Path) -> None:
    """A constraint for the build requirements, not for what is asked for."""
    reader = """
import tinybackend
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    import header_lib
    with open(spec()["package"] + "/version.txt", "w") as file:
        file.write(header_lib.__version__)
    return tinybackend.build_wheel(wheel_directory)
"""
    user = Sdist("reader-one", build_requires=["header-lib"], backend=reader)
    write_all(links, user, samples.header_lib("1.0"), samples.header_lib("2.0"))
    limits = write_requirements(truewheel.world.cwd / "limits.txt", "header-lib<2")
    result = truewheel.wheel("--build-constraint", limits, "reader-one", "header-lib")
    built = result.wheels / "reader_one-1.0-py3-none-any.whl"
    assert member(built, "reader_one/version.txt") == b"1.0"
    assert "header_lib-2.0-py3-none-any.whl" in result.names


def test_require_hashes(truewheel: Truewheel, links: Path) -> None:
    sdist = samples.pure()
    sdist.write(links)
    good = write_requirements(
        truewheel.world.cwd / "good.txt", f"{sdist.pin} --hash=sha256:{sdist.sha256()}"
    )
    assert truewheel.wheel("--require-hashes", "-r", good).names
    plain = write_requirements(truewheel.world.cwd / "plain.txt", sdist.pin)
    other = truewheel.world.base / "other"
    result = truewheel.wheel("--require-hashes", "-r", plain, code=4, wheels=other)
    assert len(result.errors) == 1 and not result.names


def test_no_build_isolation(truewheel: Truewheel, links: Path) -> None:
    """The backend sees the interpreter's own packages, and what it needs is not fetched."""
    sdist = Sdist("settings-one", build_requires=["not-there-at-all"], backend=SETTINGS_BACKEND)
    sdist.write(links)
    result = truewheel.wheel("settings-one", code=4)
    assert "not-there-at-all" in result.err
    assert truewheel.wheel("--no-build-isolation", "settings-one").names


def test_from_source(truewheel: Truewheel, links: Path) -> None:
    """Every requirement from its sdist; a build requirement may still be a wheel."""
    wheel_only = samples.write_wheel(links, "tool-lib")
    user = Sdist("user-one", build_requires=["tool-lib"], requires=["base-dep"])
    write_all(links, user, Sdist("base-dep"))
    samples.write_wheel(links, "base-dep", "1.5")
    built = truewheel.wheel("--from-source", "user-one")
    assert built.names == ["base_dep-1.0-py3-none-any.whl", "user_one-1.0-py3-none-any.whl"]
    refused = truewheel.wheel(
        "--no-binary", ":all:", "user-one", code=4, wheels=wheel_only.parent / "o"
    )
    assert "tool-lib" in refused.err
    refused = truewheel.wheel("--from-source", "tool-lib", code=4, wheels=wheel_only.parent / "p")
    assert "tool-lib" in refused.err and len(refused.errors) == 1


def write_lock(path: Path, **files: List[Path]) -> Path:
    """A lock file of packages (version 1.0), each with the wheels and the sdist that are named."""
    lines = ["lock-version = '1.0'", "created-by = 'me'"]
    for package, archives in files.items():
        lines += ["[[packages]]", f"name = '{package.replace('_', '-')}'", "version = '1.0'"]
        for archive in sorted(archives, key=lambda file: file.suffix == ".whl"):
            wheel = archive.suffix == ".whl"
            digest = hashlib.sha256(archive.read_bytes()).hexdigest()
            lines += ["[[packages.wheels]]" if wheel else "[packages.sdist]"]
            lines += [f"name = '{archive.name}'", f"path = '{archive}'"]
            lines += [f"hashes = {{sha256 = '{digest}'}}"]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_from_source_with_a_lock_file(truewheel: Truewheel, tmp_path: Path) -> None:
    """pip chooses between an sdist and wheels as it reads the file."""
    both = [samples.pure("both-one").write(tmp_path), samples.write_wheel(tmp_path, "both-one")]
    lone = [samples.pure("lone-one").write(tmp_path)]
    lock = write_lock(truewheel.world.cwd / "pylock.toml", both_one=both, lone_one=lone)
    result = truewheel.wheel("-r", lock)
    assert result.err.count("built ") == 1 and len(result.names) == 2
    result = truewheel.wheel("--from-source", "-r", lock, wheels=truewheel.world.base / "s")
    assert result.err.count("built ") == 2 and len(result.names) == 2
    arguments = ["--from-source", "--only-binary", "both-one", "-r", lock]
    result = truewheel.wheel(*arguments, wheels=truewheel.world.base / "o")
    assert result.err.count("built ") == 1 and len(result.names) == 2


def test_from_source_with_a_wheel_that_is_locked_alone(
    truewheel: Truewheel, tmp_path: Path
) -> None:
    wheel = samples.write_wheel(tmp_path, "wheel-one")
    lock = write_lock(truewheel.world.cwd / "pylock.toml", wheel_one=[wheel])
    result = truewheel.wheel("--from-source", "-r", lock, code=1)
    assert "--only-binary wheel-one takes the wheel" in result.errors[0]


def test_from_source_says_which_wheels_are_taken_as_they_are(
    truewheel: Truewheel, tmp_path: Path
) -> None:
    wheel = samples.write_wheel(tmp_path, "wheel-one")
    result = truewheel.wheel("--from-source", wheel)
    assert result.names == [wheel.name]
    assert "--from-source: wheel-one was asked for as a wheel" in result.err


def test_report_is_pips(truewheel: Truewheel, links: Path) -> None:
    write_all(links, *samples.extras_and_markers())
    report = truewheel.world.cwd / "report.json"
    truewheel.wheel("--report", report, "top-one[more]")
    found = read_json(report)
    assert found["version"] == "1"
    names = [item["metadata"]["name"] for item in found["install"]]
    assert sorted(names) == ["base-dep", "deep-dep", "extra-dep", "linux-dep", "top-one"]
    asked = {item["metadata"]["name"]: item["requested"] for item in found["install"]}
    assert asked["top-one"] and not asked["base-dep"]


def test_json_names_what_was_done(truewheel: Truewheel, links: Path) -> None:
    write_all(links, samples.pure(), samples.header_lib(), samples.header_user())
    samples.write_wheel(links, "from-index")
    file = truewheel.world.cwd / "out.json"
    result = truewheel.wheel("--json", file, "pure-one", "from-index", "header-user")
    text = json.dumps(read_json(file))
    for name, digest in result.hashes.items():
        assert name in text and digest in text
    assert samples.pure().sha256() in text, "the sdist's hash is recorded"
    assert "header-lib" in text or "header_lib" in text, "the build requirements are recorded"


def test_json_to_stdout_is_alone_there(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    result = truewheel.wheel("--json", "-", "pure-one")
    assert "pure_one-1.0-py3-none-any.whl" in json.dumps(json.loads(result.out))


def test_json_says_what_failed(truewheel: Truewheel, links: Path) -> None:
    write_all(links, samples.pure(), samples.failing())
    file = truewheel.world.cwd / "out.json"
    truewheel.wheel("--json", file, "--keep-going", "pure-one", "failing-one", code=1)
    text = json.dumps(read_json(file))
    assert "failing-one" in text and "pure_one-1.0-py3-none-any.whl" in text


def test_log_dir(truewheel: Truewheel, links: Path) -> None:
    write_all(links, samples.hooked("loud-one", "build_wheel", "print('a line of the build')"))
    logs = truewheel.world.cwd / "logs"
    truewheel.wheel("--log-dir", logs, "loud-one")
    assert [path for path in logs.iterdir() if "loud" in path.name]
    assert any("a line of the build" in path.read_text() for path in logs.iterdir())


def test_pip_variables_reach_the_resolver(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    out = truewheel.world.base / "chosen"
    env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links), "PIP_WHEEL_DIR": str(out)}
    assert truewheel("wheel", "pure-one", env=env, wheels=out).names
    truewheel("wheel", "pure-one", code=4, env={"PIP_NO_INDEX": "1"})


def test_pip_conf_reaches_the_resolver(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    config = truewheel.world.home / ".config" / "pip" / "pip.conf"
    config.parent.mkdir(parents=True)
    config.write_text(f"[global]\nno-index = true\nfind-links = {links}\n")
    out = truewheel.world.wheels
    env = {"PIP_CONFIG_FILE": None}
    assert truewheel("wheel", "-w", out, "pure-one", env=env, wheels=out).names


HARMLESS = (
    "--progress-bar off --disable-pip-version-check --no-color --no-clean --no-input"
    " --require-virtualenv --use-pep517 --debug --exists-action i --no-require-hashes"
    " --all-releases :none: --use-deprecated legacy-certs"
).split()


def test_options_of_pip_that_scripts_pass(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    assert truewheel.wheel(*HARMLESS, "pure-one").names


def test_groups_and_scripts(truewheel: Truewheel, links: Path) -> None:
    write_all(links, samples.pure(), Sdist("leaf-one"), Sdist("top-one", requires=["pure-one"]))
    groups = "[dependency-groups]\nmine = ['leaf-one']\n"
    (truewheel.world.cwd / "pyproject.toml").write_text(groups)
    script = truewheel.world.cwd / "script.py"
    script.write_text("# /// script\n# dependencies = ['pure-one']\n# ///\n")
    depfile = truewheel.world.cwd / "rule.d"
    result = truewheel.wheel(
        "--group", "mine", "--requirements-from-script", script, "--depfile", depfile
    )
    assert result.names == ["leaf_one-1.0-py3-none-any.whl", "pure_one-1.0-py3-none-any.whl"]
    assert str(script) in depfile.read_text()
    only = truewheel.wheel("--only-deps", "top-one", wheels=truewheel.world.base / "only")
    assert only.names == ["pure_one-1.0-py3-none-any.whl"]


@pytest.mark.parametrize("where", ["pip.conf", "PIP_REQUIREMENT", "PIP_GROUP"])
def test_configured_requirements(truewheel: Truewheel, links: Path, where: str) -> None:
    """Requirements may come from pip's configuration alone."""
    samples.pure().write(links)
    file = write_requirements(truewheel.world.cwd / "r.txt", "pure-one")
    config = truewheel.world.base / "pip.conf"
    config.write_text(f"[wheel]\nrequirement = {file}\n")
    groups = "[dependency-groups]\nmine = ['pure-one']\n"
    (truewheel.world.cwd / "pyproject.toml").write_text(groups)
    given = {"pip.conf": ("PIP_CONFIG_FILE", str(config)), "PIP_GROUP": (where, "mine"),
             "PIP_REQUIREMENT": (where, str(file))}[where]
    assert truewheel.wheel(env=dict([given])).names == ["pure_one-1.0-py3-none-any.whl"]


def test_nothing_to_build(truewheel: Truewheel) -> None:
    result = truewheel.wheel(code=2)
    expected = "truewheel: nothing to build: name a requirement, or a file with -r"
    assert result.unwarned == [expected]


def test_pip_that_is_not_there(truewheel: Truewheel) -> None:
    result = truewheel.wheel("--pip", "/not/there", "pure-one", code=3)
    assert result.errors == [
        "truewheel: the engine did not start: pip was to be taken from '/not/there',"
        " which does not exist"
    ]


def test_very_many_jobs(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    result = truewheel.wheel("-j", "99999", "pure-one")
    assert result.names and "99999 builds at once are too many" in result.err


def test_network_for_nobody(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    names = ["--allow-network", "Pure.One", "--allow-network", "pure-on"]
    result = truewheel.wheel(*names, "pure-one")
    assert result.err.count("nothing of that name was built") == 1
    assert "--allow-network pure-on: " in result.err


def test_full_stdout(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    result = truewheel.wheel("pure-one", prefix=["sh", "-c", 'exec "$@" >/dev/full', "sh"], code=6)
    assert result.names and "cannot write to stdout" in result.errors[0]


def test_quiet_says_nothing(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    result = truewheel.wheel("-q", "pure-one")
    assert not result.err and not result.out


def test_verbose_says_more(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    normal = truewheel.wheel("pure-one")
    verbose = truewheel.wheel("-v", "pure-one", wheels=truewheel.world.base / "v")
    assert len(verbose.out + verbose.err) > len(normal.out + normal.err)


def test_no_empty_directory_for_nothing(truewheel: Truewheel, links: Path) -> None:
    result = truewheel.wheel("never-heard-of", code=4)
    assert not result.names
    assert not list(truewheel.world.tmp.iterdir()), "nothing of ours stays in TMPDIR"


def test_leaves_nothing_in_tmpdir(in_mode: Truewheel, links: Path) -> None:
    write_all(links, samples.pure(), samples.header_lib(), samples.header_user())
    in_mode.wheel("pure-one", "header-user")
    assert not list(in_mode.world.tmp.iterdir())


def test_python_names_an_engine(truewheel: Truewheel, links: Path, build_directory: Path) -> None:
    samples.pure().write(links)
    versions = [
        path.name.rsplit("-", 1)[1] for path in build_directory.glob("truewheel-engine-3.*")
    ]
    hashes = []
    for version in versions:
        out = truewheel.world.base / version
        hashes.append(truewheel.wheel("--python", version, "pure-one", wheels=out).hashes)
    assert all(one == hashes[0] for one in hashes)
    result = truewheel.wheel("--python", "3.1", "pure-one", code=3)
    assert len(result.errors) == 1 and "3.1" in result.errors[0]


def test_output_is_created_with_the_umask(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    before = os.umask(0o022)
    try:
        result = truewheel.wheel("pure-one")
    finally:
        os.umask(before)
    assert (result.wheels / result.names[0]).stat().st_mode & 0o777 == 0o644


def test_unchanged_output_keeps_its_time(truewheel: Truewheel, links: Path) -> None:
    """make and ninja stay quiet."""
    samples.pure().write(links)
    path = truewheel.wheel("pure-one").wheels / "pure_one-1.0-py3-none-any.whl"
    os.utime(path, (1_000_000_000, 1_000_000_000))
    truewheel.wheel("pure-one")
    assert path.stat().st_mtime == 1_000_000_000
