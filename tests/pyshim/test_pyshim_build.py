"""Builds: what hooks see, how requirements are found, and how backends fail."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pyshim import guards
from tests.pyshim.shim_sources import (
    BACKEND, Run, facts, source_files, write_sdist, write_tree, write_wheel)


def built_error(result: dict[str, Any], name: str = "foo") -> dict[str, Any]:
    """The build's error frame, of a resolution that went well."""
    assert result["final"]["t"] == "done", result["final"]
    error: dict[str, Any] = result["wheels"][name]["error"]
    assert "\n" not in error["message"]
    return error


def static_sdist(links: Path, **extra: str) -> None:
    """An sdist whose build the resolver does not need, so that its failure is the build's."""
    links.mkdir(exist_ok=True)
    info = "Metadata-Version: 2.2\nName: foo\nVersion: 1.0\n"
    write_sdist(links / "foo-1.0.tar.gz", source_files("foo", "1.0", [], PKG_INFO=info, **extra))


def test_two_builds_see_the_same(run: Run, tmp_path: Path) -> None:
    files = source_files("foo", "1.0", [], **{f"z{n}": "" for n in (3, 1, 2)})
    tree = write_tree(tmp_path / "t", files)
    seen = [facts(run(str(tree), root=7), "foo")]
    os.rename(tmp_path / "tw7", tmp_path / "before")
    seen.append(facts(run(str(tree), root=7), "foo"))
    assert seen[0] == seen[1]
    job = str(tmp_path / "tw7" / "foo-1.0")
    assert seen[0]["cwd"] == f"{job}/src"
    assert seen[0]["temp"].startswith(f"{job}/tmp/")
    assert seen[0]["list"] == seen[0]["scan"] == sorted(seen[0]["list"])
    assert not {"", job, f"{job}/src"} & set(seen[0]["path"])
    assert not any("truewheel/" in path for path in seen[0]["path"])


@pytest.mark.parametrize(("guard", "key"), [("tempfile", "temp"), ("uuid", "uuid")])
def test_guards_can_be_switched_off(run: Run, tmp_path: Path, guard: str, key: str) -> None:
    tree = write_tree(tmp_path / "t", source_files("foo", "1.0"))
    environ = {guards.VARIABLE: guard}
    seen = [facts(run(str(tree), build_environ=environ), "foo") for _ in range(2)]
    assert os.path.basename(seen[0][key]) != os.path.basename(seen[1][key])


def test_hooks_get_settings_and_the_prepared_metadata(run: Run, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "t", source_files("foo", "1.0"))
    seen = facts(run("--config-settings", "a=b", str(tree)), "foo")
    assert seen["settings"] == {"a": "b"}
    assert seen["metadata"].endswith("/foo-1.0.dist-info")


def test_metadata_from_the_wheel_where_there_is_no_hook(run: Run, tmp_path: Path) -> None:
    files = source_files("foo", "1.0")
    files["backend/mini.py"] += "\ndel prepare_metadata_for_build_wheel\n" \
                                "del get_requires_for_build_wheel\n"
    result = run(str(write_tree(tmp_path / "t", files)))
    assert facts(result, "foo")["metadata"] is None


def test_dynamic_requirements(run: Run, tmp_path: Path) -> None:
    write_wheel(tmp_path / "links", "tool", "2", {"tool.py": "X = 1\n"})
    tree = write_tree(tmp_path / "t", source_files(
        "foo", "1.0", dynamic_requires="tool>=2", on_wheel="import tool"))
    assert "path" in run(str(tree))["wheels"]["foo"]


def test_conflicting_dynamic_requirement(run: Run, tmp_path: Path) -> None:
    write_wheel(tmp_path / "links", "tool", "2")
    info = "Metadata-Version: 2.2\nName: foo\nVersion: 1.0\n"
    write_sdist(tmp_path / "links" / "foo-1.0.tar.gz", source_files(
        "foo", "1.0", ["tool"], PKG_INFO=info, dynamic_requires="tool<2"))
    error = built_error(run("foo"))
    assert error["kind"] == "requires" and "tool<2" in error["message"]


def test_environment_is_a_virtual_environment_at_its_final_place(run: Run, tmp_path: Path) -> None:
    write_wheel(tmp_path / "links", "tool", "2", {"tool.py": "def main(): print('ran')\n"},
                entry_points="[console_scripts]\ntool-run = tool:main\n")
    script = ("import subprocess, sys, sysconfig; assert sys.prefix != sys.base_prefix;"
              " assert sys.executable.startswith(sys.prefix), sys.executable;"
              " subprocess.run(['tool-run'], check=True)")
    tree = write_tree(tmp_path / "t", source_files("foo", "1.0", ["tool"], on_wheel=script))
    result = run(str(tree))
    assert "path" in result["wheels"]["foo"], result
    root = tmp_path / "tw1" / "env"
    found = [p for p in root.iterdir() if (p / "bin" / "tool-run").exists()]
    assert len(found) == 1
    first = (found[0] / "bin" / "tool-run").read_text().splitlines()[0]
    assert first == f"#!{found[0]}/bin/python"
    for path in found[0].rglob("*"):
        if not path.is_symlink():
            assert path.stat().st_mode & 0o777 in (0o644, 0o755)
            assert path.stat().st_mtime == 315532800
            if path.is_file() and path.suffix != ".pyc":
                assert b"env-staging" not in path.read_bytes(), path


def test_without_isolation_the_base_is_seen_and_nothing_asked(run: Run, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "t", source_files(
        "foo", "1.0", ["never-there"], dynamic_requires="never-there"))
    result = run("--no-build-isolation", str(tree))
    assert not result["sdists"]["1"]["isolated"]
    assert "path" in result["wheels"]["foo"], result["wheels"]


@pytest.mark.parametrize(("extra", "phase", "said"), [
    ({"on_requires": "raise ValueError('one\\ntwo')"}, "requires", "ValueError: one"),
    ({"on_metadata": "import os; os._exit(7)"}, "metadata", "status 7"),
    ({"on_wheel": "import os; os.kill(os.getpid(), 9)"}, "wheel", "SIGKILL"),
    ({"on_wheel": "sys.exit(3)"}, "wheel", "sys.exit(3)"),
    ({"on_wheel": "sys.exit('error: no gcc')"}, "wheel", "error: no gcc"),
    ({"on_wheel": "os.kill(os.getppid(), 9)"}, "wheel", "killed by signal 9"),
    ({"wheel_name": "foo.zip"}, "wheel", "foo.zip"),
    ({"on_wheel": "open(directory + '/x-1-py3-none-any.whl', 'w')"}, "wheel", "more than one"),
    ({"dynamic_requires": "!bad!"}, "requires", "!bad!"),
])
def test_failing_backends(run: Run, tmp_path: Path, extra: dict[str, str], phase: str,
                          said: str) -> None:
    static_sdist(tmp_path / "links", **extra)
    error = built_error(run("foo"))
    assert (error["kind"], error["phase"]) == ("backend", phase)
    assert said in error["message"]


@pytest.mark.parametrize("depth", [500, 900, 980, 985, 990, 995, 1000, 100000])
def test_deeply_nested_answers(run: Run, tmp_path: Path, depth: int) -> None:
    """Wherever on its way it can no longer be read, the build ends."""
    nested = (f"\ndef get_requires_for_build_wheel(config_settings=None):\n    value = 'x'\n"
              f"    for _ in range({depth}):\n        value = [value]\n    return value\n")
    static_sdist(tmp_path / "links", **{"backend/mini.py": BACKEND + nested})
    error = built_error(run("foo"))
    assert (error["kind"], error["phase"]) == ("backend", "requires")


def test_an_answer_by_the_backend_itself(run: Run, tmp_path: Path) -> None:
    """Its import knows the descriptor."""
    hostile = ("import os, struct\ndata = b'{\"a\":' + b'[' * 50000\n"
               "for fd in range(3, 30):\n    try:\n"
               "        os.write(fd, struct.pack('<I', len(data)) + data)\n"
               "    except OSError:\n        pass\n")
    static_sdist(tmp_path / "links", **{"backend/mini.py": hostile + BACKEND})
    error = built_error(run("foo"))
    assert error["kind"] == "backend" and "garbled" in error["message"]


def test_version_of_the_file_in_another_spelling(run: Run, tmp_path: Path) -> None:
    static_sdist(tmp_path / "links", wheel_name="Foo-1.0.0-py3-none-any.whl")
    result = run("foo")
    assert result["wheels"]["foo"]["path"].endswith("/Foo-1.0.0-py3-none-any.whl"), result["wheels"]


def test_no_wheel_written(run: Run, tmp_path: Path) -> None:
    files = source_files("foo", "1.0", PKG_INFO="Metadata-Version: 2.2\nName: foo\nVersion: 1.0\n")
    files["backend/mini.py"] += "\ndef build_wheel(*a): return 'foo-1.0-py3-none-any.whl'\n"
    (tmp_path / "links").mkdir()
    write_sdist(tmp_path / "links" / "foo-1.0.tar.gz", files)
    assert "wrote no wheel" in built_error(run("foo"))["message"]


def test_backend_that_cannot_be_imported(run: Run, tmp_path: Path) -> None:
    static_sdist(tmp_path / "links", **{"backend/mini.py": "import not_there_at_all"})
    error = built_error(run("foo"))
    assert error["kind"] == "backend" and "not_there_at_all" in error["message"]


def test_backend_must_come_from_its_path(run: Run, tmp_path: Path) -> None:
    files = source_files("foo", "1.0", PKG_INFO="Metadata-Version: 2.2\nName: foo\nVersion: 1.0\n")
    files["pyproject.toml"] = files["pyproject.toml"].replace('"mini"', '"json"')
    (tmp_path / "links").mkdir()
    write_sdist(tmp_path / "links" / "foo-1.0.tar.gz", files)
    assert "backend-path" in built_error(run("foo"))["message"]
