"""truewheel as packages: an sdist that pip installs, a .deb, and `make uninstall`."""

import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Dict, List, Set

import pytest

from fixtures import samples
from fixtures.programs import SOURCE
from fixtures.runner import Truewheel, World, index_access
from fixtures.sdist import wheel_hashes

BACKEND = re.findall(r'"(scikit-build-core[^"]*)"', (SOURCE / "pyproject.toml").read_text())
# What a checkout has and a copy of it needs.
IGNORED = shutil.ignore_patterns(".git", "build*", "wheelhouse*", "__pycache__", ".*_cache")

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(1800)]


def run(*command: str, cwd: Path, env: Dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def own_environment(home: Path) -> Dict[str, str]:
    found = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    found.update({name: value for name, value in index_access().items() if value is not None})
    return {**found, "HOME": str(home), "TMPDIR": str(home)}


def make_sdist(backend: Path, source: Path, target: Path, *settings: str) -> Path:
    """What `python -m build --sdist` makes."""
    code = (
        "import sys, scikit_build_core.build as backend\n"
        "settings = dict(word.split('=') for word in sys.argv[2:])\n"
        "print(backend.build_sdist(sys.argv[1], settings))\n"
    )
    command = [str(backend), "-c", code, str(target), *settings]
    return target / run(*command, cwd=source, env=own_environment(target)).split()[-1]


@pytest.fixture(scope="module")
def backend(
    python: Path, index_reachable: bool, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An interpreter that has the build backend."""
    if not index_reachable:
        pytest.skip("no package index is reachable")
    home = tmp_path_factory.mktemp("backend")
    env = own_environment(home)
    run(str(python), "-m", "venv", "venv", cwd=home, env=env)
    found = home / "venv" / "bin" / "python"
    run(str(found), "-m", "pip", "install", "-q", *BACKEND, cwd=home, env=env)
    return found


@pytest.fixture(scope="module")
def sdist(backend: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sdist(backend, SOURCE, tmp_path_factory.mktemp("sdist"))


def copy_at(path: Path, time: int) -> Path:
    shutil.copytree(SOURCE, path, ignore=IGNORED)
    for place, _, names in os.walk(path):
        for name in names:
            os.utime(Path(place) / name, (time, time))
    return path


def test_two_checkouts_give_one_sdist(backend: Path, tmp_path: Path) -> None:
    """Control: with the backend's `reproducible` switched off the times of the files show."""
    copies = [copy_at(tmp_path / f"copy-{time}", time) for time in (10**9, 10**9 + 5000)]
    equal: List[bytes] = []
    different: List[bytes] = []
    for number, copy in enumerate(copies):
        for name, settings, found in (
            ("on", "sdist.reproducible=true", equal),
            ("off", "sdist.reproducible=false", different),
        ):
            target = tmp_path / f"{name}-{number}"
            target.mkdir()
            found.append(make_sdist(backend, copy, target, settings).read_bytes())
    assert equal[0] == equal[1]
    assert different[0] != different[1]


def files_below(path: Path) -> Set[str]:
    return {str(found.relative_to(path)) for found in path.rglob("*") if not found.is_dir()}


def test_pip_installs_a_program_that_builds_and_takes_it_away(
    python: Path, sdist: Path, world: World, links: Path
) -> None:
    env = own_environment(world.tmp)
    venv, pip = world.base / "env", ["bin/python", "-B", "-m", "pip", "--no-input", "-q"]
    run(str(python), "-m", "venv", str(venv), cwd=world.cwd, env=env)
    run(*pip, "list", cwd=venv, env=env)
    before = files_below(venv)
    run(*pip, "install", "--no-cache-dir", str(sdist), cwd=venv, env=env)
    installed = files_below(venv)
    assert {"bin/truewheel", "share/man/man1/truewheel-wheel.1"} < installed
    assert "share/bash-completion/completions/truewheel" in installed
    assert any(name.startswith("libexec/truewheel/truewheel-engine-") for name in installed)

    samples.pure().write(links)
    found: List[Dict[str, str]] = []
    moved = world.base / "elsewhere"
    for place in (venv, moved):
        if place != venv:
            venv.rename(place)
        program = Truewheel(place / "bin" / "truewheel", world, links)
        target = world.base / f"wheels-{len(found)}"
        found.append(program.wheel("pure-one", wheels=target).hashes)
        program.close()
    assert found[0] == found[1] and len(found[0]) == 1

    asked = subprocess.run(
        [str(moved / "bin" / "truewheel"), "wheel", "--python", "3.99", "pure-one"],
        env=world.environment(), cwd=world.cwd, capture_output=True, text=True,
    )
    assert asked.returncode == 3
    assert "install truewheel in an environment of python3.99, too" in asked.stderr
    moved.rename(venv)
    assert files_below(venv) == installed, "runs leave nothing in the environment"
    run(*pip, "uninstall", "-y", "truewheel", cwd=venv, env=env)
    assert files_below(venv) == before


def test_it_builds_its_own_wheel(truewheel: Truewheel, sdist: Path, needs_namespaces: None) -> None:
    """At two paths: a random one in mapped mode, which is not hidden but mapped."""
    env = index_access()
    hashes = []
    for mode in ("namespaces", "mapped"):
        target = truewheel.world.base / f"own-{mode}"
        truewheel(
            "wheel", "--no-deps", "--mode", mode, "-w", target, sdist, env=env, seconds=1500
        )
        hashes.append(wheel_hashes(target))
    assert hashes[0] == hashes[1] and len(hashes[0]) == 1


def unpacked(sdist: Path, target: Path) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(target)
    (found,) = target.iterdir()
    return found


def test_two_directories_give_one_deb(
    sdist: Path, program: Path, build_directory: Path, world: World
) -> None:
    """Control: an ordinary build has its directory in the program."""
    assert str(build_directory).encode() in program.read_bytes()
    for needed in ("/usr/bin/dpkg-shlibdeps", "/usr/bin/python3"):
        if not Path(needed).exists():
            pytest.skip(f"no {needed} (Debian: dpkg-dev, python3-dev)")
    env = {**own_environment(world.tmp), "SOURCE_DATE_EPOCH": "1700000000"}
    packages = []
    for name in ("one", "another-place"):
        source = unpacked(sdist, world.base / name)
        run("tools/make-deb", "build-of-it", cwd=source, env=env)
        (package,) = (source / "build-of-it" / "deb").glob("*.deb")
        packages.append(package)
    first, second = (package.read_bytes() for package in packages)
    assert first == second

    names = run("dpkg-deb", "-c", str(packages[0]), cwd=world.cwd, env=env)
    assert "./usr/bin/truewheel\n" in names and "/man1/truewheel-wheel.1.gz\n" in names
    assert "/bash-completion/completions/truewheel\n" in names
    facts = run("dpkg-deb", "-f", str(packages[0]), "Depends", cwd=world.cwd, env=env)
    assert {"python3", "libpython3", "libzip4"} & set(re.findall(r"[a-z]+[0-9]*", facts))
    root = world.base / "root"
    run("dpkg-deb", "-x", str(packages[0]), str(root), cwd=world.cwd, env=env)
    for file in [root / "usr/bin/truewheel", *(root / "usr/libexec/truewheel").iterdir()]:
        assert str(world.base).encode() not in file.read_bytes()


def install(build: Path, prefix: Path, world: World, env: Dict[str, str]) -> Path:
    """What `make install` does; a source tree that remembers this alone."""
    source = world.base / f"source-{prefix.name}"
    (source / "build").mkdir(parents=True)
    for name in ("Makefile", "tools"):
        (source / name).symlink_to(SOURCE / name)
    command = ["cmake", "--install", str(build), "--prefix", str(prefix)]
    run(*command, cwd=world.cwd, env=env)
    shutil.move(str(build / "install_manifest.txt"), source / "build")
    return source


def test_make_uninstall(build_directory: Path, world: World, needs_make: None) -> None:
    for dest in ("", str(world.base / "dest")):
        env = {**own_environment(world.tmp), "DESTDIR": dest}
        prefix = world.base / f"prefix{len(dest)}"
        top = Path(f"{dest}{prefix}")
        source = install(build_directory, prefix, world, env)
        (top / "bin" / "other").write_text("")
        (top / "share" / "truewheel" / "mine").write_text("")

        words = ["make", "-s", "uninstall", f"PREFIX={prefix}", f"DESTDIR={dest}"]
        elsewhere = [*words[:3], f"PREFIX={prefix}/no", words[4]]
        assert "but: " + str(prefix) in refused(elsewhere, source, env)
        said = run(*words, cwd=source, env=env)
        assert f"uninstall: not ours, left: {top}/share/truewheel/mine" in said
        assert files_below(top) == {"bin/other", "share/truewheel/mine"}
        assert "nothing was installed from here" in refused(words, source, env)


def refused(command: List[str], cwd: Path, env: Dict[str, str]) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode != 0
    return done.stderr
