"""The resolver: what it hands over, what it chooses, and what it says when it cannot."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.pyshim.shim_sources import Run, source_files, write_sdist, write_tree, write_wheel


@pytest.fixture
def links(tmp_path: Path) -> Path:
    path = tmp_path / "links"
    path.mkdir()
    return path


def only_sdist(result: dict[str, Any]) -> dict[str, Any]:
    assert result["sdists"], result["final"]
    found: dict[str, Any] = result["sdists"]["1"]
    return found


def test_sdist_frame_and_items(run: Run, links: Path) -> None:
    sdist = write_sdist(links / "Foo.Bar-1.0.tar.gz", source_files(
        "Foo.Bar", "1.0", extra_metadata="Requires-Dist: leaf>=2"))
    write_wheel(links, "leaf", "2.1")
    result = run("foo-bar", "-w", "out")
    assert result["final"]["t"] == "done", result
    assert result["options"]["wheel_dir"].endswith("/out")
    frame = only_sdist(result)
    digest = hashlib.sha256(sdist.read_bytes()).hexdigest()
    assert (frame["name"], frame["version"], frame["dir"]) == ("foo-bar", "1.0", "foo-bar-1.0")
    assert frame["sha256"] == digest
    assert os.path.basename(frame["archive"]) == sdist.name
    assert (frame["backend"], frame["backend_path"]) == ("mini", ["backend"])
    assert frame["isolated"] and "metadata" not in frame
    assert "--no-index" in frame["finder_args"]
    by_name = {item["name"]: item for item in result["final"]["items"]}
    assert by_name["foo-bar"] == {"name": "foo-bar", "version": "1.0", "kind": "sdist", "id": 1}
    assert by_name["leaf"]["version"] == "2.1"
    with open(by_name["leaf"]["file"], "rb") as saved:
        assert saved.read() == (links / "leaf-2.1-py3-none-any.whl").read_bytes()
    installed = result["final"]["report"]["install"]
    assert sorted(entry["metadata"]["name"] for entry in installed) == ["Foo.Bar", "leaf"]


def test_static_metadata_needs_no_build(run: Run, links: Path) -> None:
    info = "Metadata-Version: 2.2\nName: foo\nVersion: 1.0\nRequires-Dist: leaf\nDynamic: License\n"
    write_sdist(links / "foo-1.0.tar.gz", source_files("foo", "1.0", PKG_INFO=info))
    write_wheel(links, "leaf", "2.1")
    result = run("foo", build=False)
    assert only_sdist(result)["metadata"] == info
    assert [i["name"] for i in result["final"]["items"]] == ["foo", "leaf"]


@pytest.mark.parametrize("info", [
    "Metadata-Version: 2.2\nName: foo\nVersion: 1.0\nDynamic: Requires-Dist\n",
    "Metadata-Version: 2.2\nName: foo\nVersion: 1.0\nDynamic: requires-python\n",
    "Metadata-Version: 2.2\nName: foo\nVersion: 1.0\nDynamic: Version\n",
    "Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n",
])
def test_dynamic_metadata_is_asked_for(run: Run, links: Path, info: str) -> None:
    write_sdist(links / "foo-1.0.tar.gz", source_files("foo", "1.0", PKG_INFO=info))
    answer = "Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n"
    result = run("foo", build=False, metadata={"foo-1.0": answer})
    assert "metadata" not in only_sdist(result)
    assert result["final"]["t"] == "done"


def test_no_pyproject_means_the_legacy_backend(run: Run, links: Path) -> None:
    write_sdist(links / "foo-1.0.tar.gz", {"setup.py": "raise SystemExit('never run here')"})
    answer = "Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n"
    frame = only_sdist(run("foo", build=False, metadata={"foo-1.0": answer}))
    assert frame["backend"] == "setuptools.build_meta:__legacy__"
    assert frame["requires"] == ["setuptools>=40.8.0"]


def test_from_source_reaches_the_top_level_alone(run: Run, links: Path) -> None:
    write_sdist(links / "foo-1.0.tar.gz", source_files("foo", "1.0", ["tool"]))
    write_wheel(links, "foo", "1.0")
    write_wheel(links, "tool", "3")
    result = run("foo", from_source=True)
    assert result["wheels"]["foo"]["kind"] == "sdist"
    arguments = only_sdist(result)["finder_args"]
    assert arguments[arguments.index("--no-binary") + 1] == ":none:"
    assert run("foo")["wheels"]["foo"]["kind"] == "wheel"


def test_a_tree_and_its_archive_get_the_same_directory(run: Run, tmp_path: Path,
                                                       links: Path) -> None:
    files = source_files("foo", "1.0")
    tree = write_tree(tmp_path / "somewhere", files)
    frame = only_sdist(run(str(tree)))
    assert frame["dir"] == "foo-1.0" and frame["trees"] == [
        {"host": str(tree), "place": ""}]
    assert only_sdist(run("-e", str(tree)))["dir"] == "foo-1.0"
    sdist = write_sdist(tmp_path / "odd.tar.gz", files)
    assert only_sdist(run(str(sdist)))["dir"] == "foo-1.0"


def test_a_nameless_tree_is_named_by_content(run: Run, tmp_path: Path) -> None:
    files = source_files("foo", "1.0")
    del files["PKG-INFO"]
    first = only_sdist(run(str(write_tree(tmp_path / "a", files))))
    second = only_sdist(run(str(write_tree(tmp_path / "b", files))))
    assert first["dir"] == second["dir"] == f"source-{first['sha256'][:16]}"


def test_vcs_checkout_is_kept_and_ours(run: Run, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "repo", source_files("foo", "1.0"))
    git = ["git", "-C", str(tree), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "x"], check=True)
    result = run(f"git+file://{tree}#egg=foo")
    assert result["final"]["t"] == "done", result["final"]
    frame = only_sdist(result)
    hosts = [one["host"] for one in frame["trees"]]
    assert hosts[0].startswith(str(tmp_path / "tw1" / "staging-1"))
    assert [one["place"] for one in frame["trees"]] == ["", ".git/objects", ""]
    assert all(os.path.isdir(host) for host in hosts)
    assert frame["repository"]["branch"] and frame["expect"]["git"]["describe"]
    assert result["wheels"]["foo"]["kind"] == "sdist"


def test_config_settings(run: Run, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "t", source_files("foo", "1.0"))
    frame = only_sdist(run("--config-settings", "key=value", str(tree)))
    assert frame["config_settings"] == {"key": "value"}


def test_build_constraints_travel(run: Run, tmp_path: Path, links: Path) -> None:
    write_wheel(links, "tool", "1")
    write_wheel(links, "tool", "2")
    constraints = tmp_path / "build-constraints.txt"
    constraints.write_text("tool<2\n")
    tree = write_tree(tmp_path / "t", source_files("foo", "1.0", ["tool"]))
    result = run("--build-constraint", constraints.name, str(tree))
    arguments = only_sdist(result)["finder_args"]
    assert arguments[arguments.index("-c") + 1] == str(constraints)
    assert "tool-1-py3" in result["log"] and "tool-2-py3" not in result["log"]


def test_configuration_for_the_root_does_not_reach_builds(run: Run, tmp_path: Path,
                                                          links: Path) -> None:
    write_wheel(links, "tool", "2")
    (tmp_path / "c.txt").write_text("tool<2\n")
    tree = write_tree(tmp_path / "t", source_files("foo", "1.0", ["tool"]))
    result = run(str(tree), environ={"PIP_CONSTRAINT": str(tmp_path / "c.txt"),
                                     "PIP_WHEEL_DIR": "elsewhere", "PIP_NO_DEPS": "1"})
    assert result["options"]["wheel_dir"] == str(tmp_path / "elsewhere")
    assert result["final"]["t"] == "done", result["final"]
    assert "path" in result["wheels"]["foo"], result["wheels"]


def failure(result: dict[str, Any]) -> tuple[str, str]:
    final = result["final"]
    assert final["t"] == "error", final
    assert "\n" not in final["message"]
    return final["kind"], final["message"]


def test_unknown_package(run: Run) -> None:
    kind, message = failure(run("nothing-of-that-name"))
    assert kind == "not-found" and "nothing-of-that-name" in message


def test_why_nothing_was_found(run: Run, links: Path) -> None:
    for number in range(12):
        write_wheel(links, "leaf", f"1.{number}")
    write_wheel(links, "leaf", "2.0", metadata="Requires-Python: >=4\n")
    kind, message = failure(run("leaf==3"))
    assert kind == "not-found" and "1.10, 1.11" in message and "1.3," not in message, message
    kind, message = failure(run("leaf", from_source=True))
    assert kind == "not-found" and "no sdist" in message and "--only-binary" in message, message


def test_why_a_version_was_ignored(run: Run, links: Path) -> None:
    page = links / "index.html"
    wheel = write_wheel(links, "leaf", "2.0")
    page.write_text(f'<a href="{wheel.name}" data-requires-python="&gt;=4">{wheel.name}</a>')
    kind, message = failure(run("leaf", "--no-index", "--find-links", page.as_uri(), bare=True))
    assert kind == "not-found" and "2.0 Requires-Python >=4" in message, message


def test_pips_warnings_are_passed_on(run: Run, links: Path) -> None:
    write_wheel(links, "leaf", "1")
    result = run("leaf[nothing]")
    assert result["final"]["t"] == "done"
    assert [w for w in result["warnings"] if "leaf 1 does not provide the extra 'nothing'" in w]


def test_unreachable_index(run: Run) -> None:
    kind, message = failure(run(
        "foo", "-i", "http://127.0.0.1:9/simple", "--retries", "0", "--no-cache-dir", bare=True))
    assert kind == "network" and "127.0.0.1" in message, message


def test_conflict(run: Run, links: Path) -> None:
    write_wheel(links, "a", "1", metadata="Requires-Dist: c<2\n")
    write_wheel(links, "b", "1", metadata="Requires-Dist: c>=2\n")
    write_wheel(links, "c", "1")
    write_wheel(links, "c", "2")
    frame = run("a", "b")["final"]
    assert failure({"final": frame}) == ("conflict", "conflicting requirements for c")
    first, second = sorted(frame["detail"].split("\n"))
    assert first.startswith("a 1 ") and first.endswith(" requires c<2")
    assert second.startswith("b 1 ") and second.endswith(" requires c>=2")


@pytest.mark.parametrize("text", ["good\nfoo bar\n", "good\n--no-such-option\n"])
def test_syntax_error_names_file_and_line(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "reqs.txt").write_text(text)
    kind, message = failure(run("-r", "reqs.txt"))
    assert kind == "file" and message.startswith("reqs.txt:2: "), message


def test_missing_file(run: Run) -> None:
    kind, message = failure(run("-r", "none.txt"))
    assert kind == "file" and "none.txt" in message


def test_bad_option(run: Run) -> None:
    kind, message = failure(run("--bogus"))
    assert kind == "usage" and "--bogus" in message
    assert failure(run())[0] == "usage"


def test_hash_mismatch(run: Run, tmp_path: Path, links: Path) -> None:
    wheel = write_wheel(links, "leaf", "1")
    wrong = "0" * 64
    (tmp_path / "reqs.txt").write_text(f"leaf==1 --hash=sha256:{wrong}\n")
    kind, message = failure(run("-r", "reqs.txt"))
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert kind == "hash" and wrong in message and right in message


def test_corrupt_and_truncated_sdists(run: Run, links: Path) -> None:
    whole = write_sdist(links / "foo-1.0.tar.gz", source_files("foo", "1.0")).read_bytes()
    for content in (whole[: len(whole) // 2], b"this is no archive\n" * 100, b""):
        (links / "foo-1.0.tar.gz").write_bytes(content)
        kind, message = failure(run("foo"))
        assert kind == "sdist" and "foo-1.0.tar.gz" in message, message


def test_neither_pyproject_nor_setup(run: Run, links: Path) -> None:
    write_sdist(links / "foo-1.0.tar.gz", {"README": "nothing"})
    kind, message = failure(run("foo"))
    assert kind == "sdist" and "neither 'setup.py' nor 'pyproject.toml'" in message


def test_a_failed_build_fails_the_resolution(run: Run, links: Path) -> None:
    write_sdist(links / "foo-1.0.tar.gz", source_files(
        "foo", "1.0", on_metadata="raise ValueError('broken on purpose')"))
    result = run("foo")
    assert failure(result) == ("metadata", "ValueError: broken on purpose")
    assert result["final"]["id"] == 1
