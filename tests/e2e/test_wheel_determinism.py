"""Same requirements, same bytes; and plain pip as the control, which does not manage that."""

import ast
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Tuple

import pytest

from fixtures import launch, samples
from fixtures.places import open_directory, world_readable
from fixtures.plainpip import PlainPip
from fixtures.runner import Truewheel, World
from fixtures.runs import in_given_mode
from fixtures.sdist import write_all, write_requirements

NAMES = [sdist.name for sdist in samples.all_determinism()]
# Plain pip builds these differently each time: their content differs, not only dates.
CAPTURING = [
    "native_one", "temporary_one", "hashed_one", "capture_one", "header_user", "dynamic_one",
]  # fmt: skip


def contents(wheel: Path) -> Dict[str, bytes]:
    """The files of a wheel without their dates, modes and order; RECORD follows from the others."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/RECORD")]
        return {name: archive.read(name) for name in names}


def same_content(one: Path, other: Path, stem: str) -> bool:
    first, second = (next(iter(path.glob(f"{stem}-*.whl"))) for path in (one, other))
    return contents(first) == contents(second)


def test_control_plain_pip_differs(plain_pip: PlainPip, links: Path, tmp_path: Path) -> None:
    """
    If plain pip's wheels agree, the sdists capture nothing and every test below proves nothing.
    """
    write_all(links, *samples.all_determinism())
    one = plain_pip.wheel(tmp_path / "1", links, *NAMES)
    other = plain_pip.wheel(tmp_path / "2", links, *NAMES)
    assert set(one) == set(other)
    assert not [name for name in one if one[name] == other[name]]
    same = [stem for stem in CAPTURING if same_content(tmp_path / "1", tmp_path / "2", stem)]
    assert not same


def test_control_directory_order(
    plain_pip: PlainPip, links: Path, tmp_path: Path, on_disk: Path
) -> None:
    """With plain pip a backend sees the file system's order, and another order is another wheel."""
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK):
        pytest.skip("no tmpfs to compare with")
    samples.unsorted_listing().write(links)
    plain_pip.wheel(tmp_path / "1", links, "unsorted-one", env={"TMPDIR": str(on_disk)})
    plain_pip.wheel(tmp_path / "2", links, "unsorted-one", env={"TMPDIR": str(shared)})
    assert not same_content(tmp_path / "1", tmp_path / "2", "unsorted_one")


Baseline = Callable[[str], Dict[str, str]]


@pytest.fixture(scope="module")
def shared_base() -> Iterator[Path]:
    """Files that a second user may read."""
    before = os.umask(0o022)
    path = open_directory()
    write_all(path / "links", *samples.all_determinism(), samples.host())
    os.umask(before)
    yield path
    subprocess.run(["rm", "-rf", str(path)], check=True)


@pytest.fixture(scope="module")
def baseline(shared_base: Path, program: Path) -> Iterator[Baseline]:
    """The hashes of a first run in a mode; R is the same for all runs of this module."""
    known: Dict[str, Dict[str, str]] = {}
    root = open_directory() / "R"

    def get(mode: str) -> Dict[str, str]:
        if mode not in known:
            runner = Truewheel(program, World(shared_base / f"first-{mode}"), shared_base / "links")
            runner = in_given_mode(runner, mode, root)
            known[mode] = runner.wheel(*names_for(mode)).hashes
            runner.close()
        return known[mode]

    get.root = root  # type: ignore[attr-defined]
    yield get
    subprocess.run(["rm", "-rf", str(root.parent)], check=True)


def names_for(mode: str) -> List[str]:
    """The sdists for a mode. User and host are fixed in namespaces mode only."""
    return [*NAMES, "host-one"] if mode == "namespaces" else NAMES


@pytest.fixture
def again(truewheel: Truewheel, mode: str, baseline: Baseline, shared_base: Path) -> Truewheel:
    """A second run, in the mode of the baseline, at the same R."""
    chosen = in_given_mode(truewheel, mode, baseline.root)  # type: ignore[attr-defined]
    chosen.links = shared_base / "links"
    return chosen


def test_twice(again: Truewheel, mode: str, baseline: Baseline) -> None:
    assert again.wheel(*names_for(mode)).hashes == baseline(mode)


def test_other_checkout(again: Truewheel, mode: str, baseline: Baseline, tmp_path: Path) -> None:
    """The requirements, the index and the working directory lie elsewhere."""
    links = tmp_path / "some where" / "else"
    links.parent.mkdir()
    subprocess.run(["cp", "-r", str(again.links), str(links)], check=True)
    again.links = links
    required = write_requirements(tmp_path / "checkout" / "r.txt", *reversed(names_for(mode)))
    assert again.wheel("-r", required).hashes == baseline(mode)


ENVIRONMENTS: Dict[str, Dict[str, "str | None"]] = {
    "zone": {"TZ": "Asia/Tokyo"},
    "locale": {"LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE", "LANGUAGE": "fr"},
    "hash seed": {"PYTHONHASHSEED": "77"},
    "junk": {
        "EDITOR": "ed",
        "DISPLAY": ":7",
        "USER": "somebody",
        "PYTHONPATH": "/nonexistent",
        "PYTHONSTARTUP": "/x",
        "PYTHONOPTIMIZE": "2",
        "MAKEFLAGS": "-j3 --jobserver-auth=8,9",
        "MAKELEVEL": "2",
    },
}


@pytest.mark.parametrize("what", ENVIRONMENTS)
def test_environment(again: Truewheel, mode: str, baseline: Baseline, what: str) -> None:
    assert again.wheel(*names_for(mode), env=ENVIRONMENTS[what]).hashes == baseline(mode)


def test_home_and_tmpdir(again: Truewheel, mode: str, baseline: Baseline, tmp_path: Path) -> None:
    home, tmp = tmp_path / "other home", tmp_path / "other tmp"
    home.mkdir()
    tmp.mkdir()
    (home / ".pydistutils.cfg").write_text("[build_ext]\ndefine = FROM_HOME\n")
    env = {
        "HOME": str(home),
        "TMPDIR": str(tmp),
        "TMP": str(tmp),
        "XDG_CACHE_HOME": str(home / "c"),
    }
    assert again.wheel(*names_for(mode), env=env).hashes == baseline(mode)


@pytest.mark.parametrize("mask", ["077", "002"])
def test_umask(again: Truewheel, mode: str, baseline: Baseline, mask: str) -> None:
    result = again.wheel(*names_for(mode), prefix=launch.with_umask(mask))
    assert result.hashes == baseline(mode)


@pytest.mark.parametrize("jobs", ["1", "7"])
def test_jobs(again: Truewheel, mode: str, baseline: Baseline, jobs: str) -> None:
    assert again.wheel("-j", jobs, *names_for(mode)).hashes == baseline(mode)


def test_alone(again: Truewheel, mode: str, baseline: Baseline) -> None:
    """Neighbours in the batch do not matter."""
    for name in ("capture-one", "header-user", "temporary-one"):
        for file, digest in again.wheel(name, wheels=again.world.base / name).hashes.items():
            assert digest == baseline(mode)[file], file


def test_host_name(again: Truewheel, mode: str, baseline: Baseline) -> None:
    result = again.wheel(*names_for(mode), prefix=launch.with_host("elsewhere.example"))
    assert result.hashes == baseline(mode)


def test_processors(again: Truewheel, mode: str, baseline: Baseline) -> None:
    """Allowed to use one processor only."""
    result = again.wheel(*names_for(mode), prefix=["taskset", "-c", "0"])
    assert result.hashes == baseline(mode)


def test_other_user(
    again: Truewheel, mode: str, baseline: Baseline, nobody: List[str], open_tmp: Path
) -> None:
    """
    In locked mode the second user needs an R of the same name that is theirs: a /tmp of their own.
    """
    world = World(world_readable(open_tmp) / "world")
    subprocess.run(["chown", "-R", str(launch.NOBODY), str(world.base)], check=True)
    prefix = nobody
    if mode == "locked":
        root = again.build_root
        assert root
        prefix = launch.with_tmpfs(root.parent, "mode=1777") + nobody
    result = again.wheel(*names_for(mode), prefix=prefix, world=world)
    assert result.hashes == baseline(mode)


def test_all_at_once(
    again: Truewheel, mode: str, baseline: Baseline, tmp_path: Path, on_disk: Path
) -> None:
    env = {name: value for change in ENVIRONMENTS.values() for name, value in change.items()}
    env.update(HOME=str(on_disk), TMPDIR=str(on_disk))
    prefix = [*launch.with_host("all.example"), *launch.with_umask("077")]
    shuffled = names_for(mode)[3:] + names_for(mode)[:3]
    result = again.wheel("-j", "3", *shuffled, env=env, prefix=prefix)
    assert result.hashes == baseline(mode)


def test_modes_agree(baseline: Baseline, needs_namespaces: None) -> None:
    locked, namespaces = baseline("locked"), baseline("namespaces")
    assert {name: namespaces[name] for name in locked} == locked


def test_default_root(truewheel: Truewheel, links: Path, needs_namespaces: None) -> None:
    """Without --build-root the constant is /tmp/truewheel, in a sandbox: nothing is left there."""
    samples.capture().write(links)
    existed = os.path.lexists("/tmp/truewheel")
    result = truewheel.wheel("capture-one")
    seen = contents(result.wheels / result.names[0])["capture_one/captured.json"].decode()
    assert '"/tmp/truewheel/capture-one-1.0/src' in seen
    assert os.path.lexists("/tmp/truewheel") == existed


DWARF = ["DW_AT_comp_dir", "DW_AT_name"]


def dwarf(library: Path) -> List[Tuple[str, str]]:
    """(attribute, value) of the compile units, as readelf shows them."""
    text = subprocess.run(
        ["readelf", "--debug-dump=info", "--dwarf-depth=1", str(library)],
        stdout=subprocess.PIPE, text=True, check=True,
    ).stdout  # fmt: skip
    lines = [line for line in text.splitlines() if any(name in line for name in DWARF)]
    return [(line.split()[1], line.rsplit(": ", 1)[1].strip()) for line in lines]


def test_debug_information_names_the_stable_path(again: Truewheel, tmp_path: Path) -> None:
    result = again.wheel("native-one", "temporary-one", "header-user", "header-lib")
    for wheel in result.names:
        if "none-any" in wheel:
            continue
        with zipfile.ZipFile(result.wheels / wheel) as archive:
            library = next(name for name in archive.namelist() if name.endswith(".so"))
            archive.extract(library, tmp_path)
        found = dwarf(tmp_path / library)
        top = f"{again.build_root}/{wheel.split('-')[0].replace('_', '-')}-1.0/"
        assert {name for name, _ in found} == set(DWARF)
        assert all(value.startswith(top) for _, value in found), found
        data = (tmp_path / library).read_bytes()
        if wheel.startswith("header_user"):
            assert f"{again.build_root}/env/".encode() in data, "the header's path is stable too"


def test_order_is_sorted(again: Truewheel) -> None:
    result = again.wheel("unsorted-one")
    text = contents(result.wheels / result.names[0])["unsorted_one/order.py"].decode()
    orders = ast.literal_eval(text.partition("= ")[2])
    for kind, names in orders.items():
        assert names == sorted(names), kind
