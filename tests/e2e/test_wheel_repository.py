"""
A local project and the repository around it: a build sees what pip's would, at stable paths, and
what it can see is in the key.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from fixtures import launch, samples
from fixtures.repositories import commit, git, looking, seen, wheel_record
from fixtures.runner import Truewheel, World

DESCRIBE = "ask('git', 'describe', '--tags', '--long', '--dirty')"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Neither above the home directory of the runs nor one that everybody may write to."""
    path = tmp_path / "around"
    path.mkdir()
    return path


def nobodys_world(place: Path) -> World:
    world = World(place / "world")
    subprocess.run(["chown", "-R", str(launch.NOBODY), str(world.base)], check=True)
    return world


# ----------------------------------------------------------------------- what lies around a project


def monorepo(place: Path, code: str) -> Path:
    """A project in a subdirectory, with a version beside it; committed and tagged."""
    looking("mono-one", code).write_tree(place / "python")
    (place / "VERSION").write_text("3.1\n")
    (place / ".gitignore").write_text("ignored*\nbuild-*\n")
    commit(place, "v3.1")
    return place / "python"


def test_project_reads_what_lies_above_it(in_mode: Truewheel, place: Path) -> None:
    """With files that git does not know yet, as pip has it, but not with those that it ignores."""
    code = (
        "seen.update(version=read('../VERSION'), new=read('../new'), there=os.listdir('..'),"
        f" own=read('ignored'), git={DESCRIBE})"
    )
    project = monorepo(place, code)
    (place / "new").write_text("new\n")
    (place / "ignored").write_text("secret\n")
    (place / "ignored-dir").mkdir()
    (project / "ignored").write_text("own\n")
    found = seen(in_mode.wheel(project))
    assert found == {
        "version": "3.1\n", "new": "new\n", "own": "own\n", "git": found["git"],
        "there": [".git", ".gitignore", "VERSION", "new", "python"],
    }
    assert found["git"].startswith("v3.1-0-g")


def test_bytes_are_those_of_the_repository_wherever_it_lies(
    in_mode: Truewheel, place: Path, tmp_path: Path
) -> None:
    """Two checkouts and a clone by pip: __FILE__ and debug information are the same."""
    samples.c_extension().write_tree(place / "first" / "deep" / "python")
    (place / "first" / "VERSION").write_text("3.1\n")
    commit(place / "first", "v3.1")
    other = tmp_path / "other place" / "second"
    other.parent.mkdir()
    git(place, "clone", "-q", place / "first", other)
    url = f"native-one @ git+{(place / 'first').as_uri()}@v3.1#subdirectory=deep/python"
    hashes = [
        in_mode.wheel(source, wheels=in_mode.world.base / f"out-{number}").hashes
        for number, source in enumerate(
            [place / "first" / "deep" / "python", other / "deep" / "python", url]
        )
    ]
    assert hashes[0] == hashes[1] == hashes[2] and len(hashes[0]) == 1


def test_project_at_the_top_of_its_repository_stays_where_it_was(
    truewheel: Truewheel, place: Path
) -> None:
    tree = looking("top-one", "seen['cwd'] = os.getcwd()").write_tree(place)
    alone = seen(truewheel.wheel(tree))
    commit(tree)
    assert seen(truewheel.wheel(tree, wheels=truewheel.world.base / "second")) == alone
    assert alone["cwd"].endswith("/top-one-1.0/src")


def test_path_of_a_project_in_its_repository(truewheel: Truewheel, place: Path) -> None:
    project = monorepo(place, "seen['cwd'] = os.getcwd()")
    assert seen(truewheel.wheel(project))["cwd"].endswith("/mono-one-1.0/src/python")


def test_bind_shows_what_git_ignores(truewheel: Truewheel, place: Path) -> None:
    project = monorepo(place, "seen['made'] = read('../ignored')")
    (place / "ignored").write_text("made\n")
    assert seen(truewheel.wheel("--bind", place, project))["made"] == "made\n"


def test_bind_shows_what_lies_around_where_there_is_no_repository(
    truewheel: Truewheel, place: Path
) -> None:
    project = looking("alone-one", "seen.update(v=read('../VERSION'), cwd=os.getcwd())")
    tree = project.write_tree(place / "sub" / "dir")
    (place / "sub" / "VERSION").write_text("3.1\n")
    without = seen(truewheel.wheel(tree))
    assert without["v"] == "FileNotFoundError" and without["cwd"].endswith("/src")
    found = seen(truewheel.wheel("--bind", place, tree, wheels=truewheel.world.base / "second"))
    assert found["v"] == "3.1\n" and found["cwd"].endswith("/src/sub/dir")


def test_project_in_a_directory_that_git_ignores(truewheel: Truewheel, place: Path) -> None:
    """As CMake makes one below build/: itself, and around it what git does not ignore."""
    (place / "VERSION").write_text("3.1\n")
    (place / ".gitignore").write_text("build/\n")
    commit(place, "v3.1")
    code = "seen.update(version=read('../../VERSION'), there=os.listdir('..'))"
    tree = looking("made-one", code).write_tree(place / "build" / "python")
    (place / "build" / "other").write_text("")
    assert seen(truewheel.wheel(tree)) == {"version": "3.1\n", "there": ["python"]}


def test_repository_of_the_home_directory_is_not_shown(truewheel: Truewheel) -> None:
    """Where somebody keeps his configuration in git, all of the home would be around a project."""
    home = truewheel.world.home
    code = "seen.update(key=read('../../key'), cwd=os.getcwd())"
    tree = looking("home-one", code).write_tree(home / "src" / "project")
    (home / "key").write_text("secret\n")
    commit(home)
    result = truewheel.wheel(tree)
    assert seen(result)["key"] == "FileNotFoundError"
    assert f"warning: file://{tree}: builds do not see the repository '{home}'" in result.err
    assert f"--bind {home} shows it" in result.err


def test_what_cannot_be_read_around_a_project_is_left_out(
    truewheel: Truewheel, open_tmp: Path, nobody: List[str]
) -> None:
    """The data of some service, say, that belongs to another user."""
    repository = open_tmp / "repository"
    tree = looking("closed-one", "seen['there'] = os.listdir('..')").write_tree(repository / "p")
    (repository / "data").mkdir(0o700)
    commit(repository)
    world = nobodys_world(open_tmp)
    result = truewheel.wheel("--no-index", tree, prefix=nobody, world=world)
    assert seen(result)["there"] == [".git", "p"]


def test_repository_that_another_user_put_around_a_project(
    truewheel: Truewheel, open_tmp: Path, needs_root: None
) -> None:
    """In /tmp, say, where everybody may make one: what else lies there is nothing for the build."""
    project = looking("victim-one", "seen['other'] = read('../other')")
    tree = project.write_tree(open_tmp / "project")
    (open_tmp / "other").write_text("other\n")
    commit(open_tmp)
    assert seen(truewheel.wheel(tree))["other"] == "other\n"
    open_tmp.chmod(0o1777)
    result = truewheel.wheel(tree)
    assert seen(result)["other"] == "FileNotFoundError"
    assert f"the repository '{open_tmp}' around it, because everybody may write to it" in result.err
    open_tmp.chmod(0o755)
    subprocess.run(["chown", "-R", str(launch.NOBODY), str(open_tmp / ".git")], check=True)
    result = truewheel.wheel(tree)
    assert seen(result)["other"] == "FileNotFoundError"
    assert "because it belongs to another user than the project" in result.err


def test_what_is_out_of_reach_is_named(truewheel: Truewheel, place: Path) -> None:
    """With the option that shows it: alone, and for what git ignores around it."""
    tree = looking("reach-one", "open('../VERSION')").write_tree(place / "project")
    result = truewheel.wheel(tree, code=1)
    assert "'../VERSION'" in result.errors[0]
    assert f"hint: builds see nothing above '{tree}'; --bind {place} shows what" in result.err
    (place / ".gitignore").write_text("VERSION\n")
    (place / "VERSION").write_text("3.1\n")
    commit(place)
    result = truewheel.wheel(tree, code=1)
    assert f"hint: builds see what git does not ignore in '{place}'" in result.err
    assert f"--bind {place} shows all of it" in result.err
    assert truewheel.wheel("--bind", place, tree).names


def test_large_repository(truewheel: Truewheel, place: Path) -> None:
    """
    Beyond 256 MiB it is overlaid, for users other than root: what git ignores is still not seen,
    and nothing is written to the tree.
    """
    project = monorepo(
        place,
        "seen.update(version=read('../VERSION'), there=os.listdir('..'), own=os.listdir('.'),"
        f" git={DESCRIBE})\n"
        "open('../VERSION', 'w').close()",
    )
    (place / "ignored-dir" / "below").mkdir(parents=True)
    for number in range(3):
        with open(place / f"data-{number}", "wb") as file:
            for _ in range(100):
                file.write(b"x" * (1 << 20))
    found = seen(truewheel.wheel(project))
    assert found["version"] == "3.1\n" and "ignored-dir" not in found["there"]
    assert "data-2" in found["there"] and "pyproject.toml" in found["own"]
    assert found["git"].startswith("v3.1-0-g")
    assert (place / "VERSION").read_text() == "3.1\n"


# ----------------------------------------------------------------------------- where .git points to


def submodule(place: Path, project: Path) -> Path:
    (place / "super").mkdir()
    commit(place / "super")
    git(place / "super", "submodule", "-q", "add", project, "sub")
    return place / "super" / "sub"


def worktree(place: Path, project: Path) -> Path:
    git(project, "worktree", "add", "-q", "--detach", place / "tree", "HEAD")
    return place / "tree"


def shared_clone(place: Path, project: Path) -> Path:
    git(place, "clone", "-q", "--shared", project, place / "shared")
    return place / "shared"


def shallow_clone(place: Path, project: Path) -> Path:
    git(place, "clone", "-q", "--depth", "1", project.as_uri(), place / "shallow")
    return place / "shallow"


def partial_clone(place: Path, project: Path) -> Path:
    git(project, "config", "uploadpack.allowFilter", "true")
    git(place, "clone", "-q", "--filter=tree:0", project.as_uri(), place / "partial")
    return place / "partial"


def packed_clone(place: Path, project: Path) -> Path:
    git(place, "clone", "-q", project, place / "packed")
    git(place / "packed", "gc", "-q")
    return place / "packed"


Make = Callable[[Path, Path], Path]
ALL_KINDS = [submodule, worktree, shared_clone, shallow_clone, partial_clone, packed_clone]

LOOK_AT_GIT = """
seen["describe"] = ask("git", "describe", "--tags", "--long", "--dirty")
seen["status"] = ask("git", "status", "--porcelain")
seen["log"] = ask("git", "log", "-1", "--format=%H %s")
seen["files"] = ask("git", "ls-files")
seen["kind"] = os.path.isdir(".git")
seen["text"] = []
for top, _, names in os.walk(".git"):
    for name in names:
        with open(os.path.join(top, name), "rb") as file:
            seen["text"].append(file.read().decode("latin-1"))
"""


def tagged(place: Path) -> Path:
    """A project, two commits old."""
    tree = looking("git-one", LOOK_AT_GIT).write_tree(place / "project")
    commit(tree)
    commit(tree, "v4.2")
    return tree


@pytest.mark.parametrize("make", ALL_KINDS)
def test_git_answers_as_outside(in_mode: Truewheel, place: Path, make: Make) -> None:
    """And a build finds no path of the machine in what it is shown."""
    tree = make(place, tagged(place))
    found = seen(in_mode.wheel(tree))
    assert found["describe"] == git(tree, "describe", "--tags", "--long", "--dirty")
    assert found["describe"].startswith("v4.2-0-g") and found["status"] == "" and found["kind"]
    assert found["log"] == git(tree, "log", "-1", "--format=%H %s")
    assert found["files"] == git(tree, "ls-files")
    assert not [text for text in found["text"] if str(place) in text]


def test_submodules_of_a_project(in_mode: Truewheel, place: Path) -> None:
    """As a clone by pip has them: git in the project does not take them for changed."""
    library = place / "library"
    library.mkdir()
    (library / "file").write_text("library\n")
    commit(library, "l1")
    code = LOOK_AT_GIT + "seen['sub'] = ask('git', '-C', 'sub', 'describe', '--tags', '--long')\n"
    tree = looking("super-one", code).write_tree(place / "project")
    commit(tree)
    git(tree, "submodule", "-q", "add", library, "sub")
    commit(tree, "v1")
    found = seen(in_mode.wheel(tree))
    assert found["status"] == "" and found["sub"].startswith("l1-0-g")
    (tree / "sub" / "file").write_text("changed\n")
    found = seen(in_mode.wheel(tree, wheels=in_mode.world.base / "second"))
    assert found["status"] == "M sub" and found["describe"].endswith("-dirty")


def test_change_is_a_change_in_the_build(truewheel: Truewheel, place: Path) -> None:
    tree = tagged(place)
    (tree / "look.py").write_text(LOOK_AT_GIT + "# changed\n")
    found = seen(truewheel.wheel(tree))
    assert found["describe"].endswith("-dirty") and found["status"] == "M look.py"


def test_what_the_user_ignores_and_filters_everywhere(truewheel: Truewheel, place: Path) -> None:
    """The user's own configuration of git lies in the home directory, which builds do not see."""
    world = truewheel.world
    (world.home / "ignore").write_text("*.swp\n")
    (world.home / ".gitconfig").write_text(
        f'[core]\n\texcludesFile = {world.home}/ignore\n[filter "up"]\n'
        "\tclean = tr a-z A-Z\n\tsmudge = cat\n"
    )
    tree = looking("filter-one", LOOK_AT_GIT).write_tree(place / "project")
    (tree / ".gitattributes").write_text("*.up filter=up\n")
    (tree / "file.up").write_text("text\n")
    config = ["-c", "filter.up.clean=tr a-z A-Z", "-c", "filter.up.smudge=cat"]
    git(tree, "init", "-q")
    git(tree, *config, "add", "-A")
    git(tree, *config, "commit", "-q", "-m", "one")
    git(tree, "tag", "v1")
    (tree / "x.swp").write_text("")
    found = seen(truewheel.wheel(tree))
    assert found["status"] == "" and not found["describe"].endswith("-dirty")


SECRET = "secret-name-of-a-branch"


def foreign(place: Path) -> Path:
    """A repository of the user's that has nothing to do with the project."""
    other = place / "other"
    other.mkdir()
    (other / "file").write_text("foreign\n")
    commit(other, SECRET)
    return other


def by_file(tree: Path, other: Path) -> None:
    (tree / ".git").write_text(f"gitdir: {other}/.git\n")


def by_link(tree: Path, other: Path) -> None:
    (tree / ".git").symlink_to(other / ".git")


def by_commondir(tree: Path, other: Path) -> None:
    shutil.copytree(other / ".git", tree / ".git")
    (tree / ".git" / "commondir").write_text(f"{other}/.git\n")


@pytest.mark.parametrize("point", [by_file, by_link, by_commondir])
def test_work_tree_that_takes_a_foreign_repository(
    truewheel: Truewheel, place: Path, point: Callable[[Path, Path], None]
) -> None:
    """Unpacked from anywhere, it would show its build whatever repository it names."""
    other = foreign(place)
    tree = looking("thief-one", "seen['tags'] = ask('git', 'tag')").write_tree(place / "thief")
    point(tree, other)
    result = truewheel.wheel(tree, code=1)
    (error,) = result.errors
    assert f"'{other}/.git'" in error or f"'{tree}/.git'" in error
    assert f"--bind {other}/.git shows it" in error
    bound = truewheel.wheel("--bind", other, "--bind", tree, tree)
    assert seen(bound)["tags"] == SECRET


def test_objects_of_a_foreign_repository(truewheel: Truewheel, place: Path) -> None:
    """Alternates may name any repository: only what the own history leads to comes along."""
    other = foreign(place)
    secret = git(other, "rev-parse", "HEAD:file")
    tree = tagged(place)
    (tree / ".git" / "objects" / "info" / "alternates").write_text(f"{other}/.git/objects\n")
    (tree / "look.py").write_text(
        f"seen['secret'] = ask('git', 'cat-file', '-p', '{secret}')\n"
        "seen['own'] = ask('git', 'cat-file', '-p', 'HEAD:PKG-INFO')\n"
    )
    assert git(tree, "cat-file", "-p", secret) == "foreign"
    found = seen(truewheel.wheel(tree))
    assert "foreign" not in found["secret"] and found["own"].startswith("Metadata-Version")


def test_index_that_is_a_link_to_a_secret(
    truewheel: Truewheel, place: Path, needs_namespaces: None
) -> None:
    """Whatever git makes of it, the file behind it is not copied."""
    tree = tagged(place)
    key = truewheel.world.home / "key"
    key.write_text("secret\n")
    for name in ("index", "shallow", "info/exclude", "packed-refs"):
        (tree / ".git" / name).unlink(missing_ok=True)
        (tree / ".git" / name).symlink_to(key)
    result = truewheel.wheel(tree, code=None)
    if result.code == 0:
        assert not [text for text in seen(result)["text"] if "secret" in text]


def test_nothing_is_run_that_a_repository_names(truewheel: Truewheel, place: Path) -> None:
    """Outside of the sandbox git is asked about trees that may come from anywhere."""
    tree = tagged(place)
    mark = place / "ran"
    run = f"touch {mark}; cat"
    for name in ("core.fsmonitor", "core.sshCommand", "core.pager", "diff.external",
                 "filter.x.clean", "filter.x.process", "core.alternateRefsCommand"):
        git(tree, "config", name, run)
    hooks = tree / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-index-change", "reference-transaction", "pre-commit", "post-checkout"):
        (hooks / name).write_text(f"#!/bin/sh\n{run}\n")
        (hooks / name).chmod(0o755)
    (tree / ".gitattributes").write_text("* filter=x\n")
    (tree / "PKG-INFO").touch()
    # Is the trap set? In the work tree itself it snaps.
    subprocess.run(["git", "status"], cwd=tree, stdout=subprocess.DEVNULL, check=False)
    assert mark.exists()
    mark.unlink()
    truewheel.wheel(tree)
    assert not mark.exists()


def test_no_credentials_of_the_configuration(truewheel: Truewheel, place: Path) -> None:
    """As CI leaves them there: a build that may use the network could use them."""
    tree = tagged(place)
    git(tree, "remote", "add", "origin", "https://user:geheim@example.org/x")
    git(tree, "config", "http.https://example.org/.extraheader", "AUTHORIZATION: basic geheim")
    assert not [text for text in seen(truewheel.wheel(tree))["text"] if "geheim" in text]


def test_repository_of_another_owner(
    truewheel: Truewheel, open_tmp: Path, nobody: List[str]
) -> None:
    """Outside git calls it dubious; in the build everything belongs to its user."""
    tree = looking("owner-one", f"seen['git'] = {DESCRIBE}").write_tree(open_tmp / "project")
    commit(tree, "v1")
    world = nobodys_world(open_tmp)
    result = truewheel.wheel("--no-index", tree, prefix=nobody, world=world)
    assert seen(result)["git"].startswith("v1-0-g")


def test_git_that_builds_do_not_see(truewheel: Truewheel, place: Path) -> None:
    result = truewheel.wheel("--env", "PATH=/nonexistent", tagged_pure(place))
    assert result.err.count("builds do not see the git on your PATH") == 1


def tagged_pure(place: Path) -> Path:
    tree = samples.pure().write_tree(place / "pure")
    commit(tree, "v1")
    return tree


def test_git_that_answers_otherwise_in_the_build(truewheel: Truewheel, place: Path) -> None:
    """A program that asks it for a version would go on with another one."""
    tree = tagged_pure(place)
    (tree / "bin").mkdir()
    (tree / "bin" / "git").write_text("#!/bin/sh\necho v9-0-gabcdef0\n")
    (tree / "bin" / "git").chmod(0o755)
    path = f"PATH={tree}/bin:/usr/bin:/bin"
    result = truewheel.wheel("--bind", tree / "bin", "--env", path, tree, code=1)
    (error,) = result.errors
    assert "git calls its commit another name in the sandbox than outside: 'v9-0-gabcdef0'" in error


# -------------------------------------------------------------------------------- key and record


def keyed(truewheel: Truewheel, tree: Path, number: int) -> Dict[str, Any]:
    report = truewheel.world.cwd / f"{number}.json"
    truewheel.wheel("--json", report, tree, wheels=truewheel.world.base / f"out-{number}")
    return wheel_record(report)


def retag(tree: Path) -> None:
    git(tree, "tag", "-d", "v1")
    git(tree, "tag", "v2")


def rename_branch(tree: Path) -> None:
    git(tree, "branch", "-m", "other")


def add_commit(tree: Path) -> None:
    commit(tree)


def unstage(tree: Path) -> None:
    git(tree, "rm", "-q", "--cached", "look.py")


@pytest.mark.parametrize("change", [retag, rename_branch, add_commit, unstage])
def test_what_a_build_sees_of_a_repository_is_in_the_key(
    truewheel: Truewheel, place: Path, change: Callable[[Path], None]
) -> None:
    """The files are the same: it is the part `repository` that differs, and it alone."""
    code = f"seen.update(git={DESCRIBE}, s=ask('git', 'status', '--porcelain=v2', '--branch'))"
    tree = looking("key-one", code).write_tree(place)
    commit(tree, "v1")
    first = keyed(truewheel, tree, 1)
    change(tree)
    second = keyed(truewheel, tree, 2)
    assert first["sha256"] != second["sha256"] and first["key"] != second["key"]
    before, after = first["inputs"], second["inputs"]
    differing = {name for name in before if before[name] != after[name]}
    assert differing == {"repository"}
    assert first["source"]["repository"] != second["source"]["repository"]
    assert first["source"]["sha256"] == second["source"]["sha256"]


def repack(tree: Path) -> None:
    git(tree, "gc", "-q", "--prune=now")


def forget(tree: Path) -> None:
    git(tree, "reflog", "expire", "--expire=now", "--all")
    shutil.rmtree(tree / ".git" / "logs")


def touch(tree: Path) -> None:
    for path in tree.glob("*"):
        os.utime(path, (1600000000, 1600000000))


def other_branch(tree: Path) -> None:
    git(tree, "branch", "unrelated")
    git(tree, "remote", "add", "origin", "https://example.org/x")


@pytest.mark.parametrize("change", [repack, forget, touch, other_branch])
def test_what_decides_nothing_is_not_in_the_key(
    truewheel: Truewheel, place: Path, change: Callable[[Path], None]
) -> None:
    tree = looking("same-one", LOOK_AT_GIT + "seen['text'] = ask('git', 'branch', '-a')\n")
    path = tree.write_tree(place)
    commit(path)
    commit(path, "v1")
    first = keyed(truewheel, path, 1)
    change(path)
    second = keyed(truewheel, path, 2)
    assert first["key"] == second["key"] and first["sha256"] == second["sha256"]


def test_record_names_the_commit(truewheel: Truewheel, place: Path) -> None:
    head = commit(looking("named-one", "").write_tree(place), "v1")
    found = keyed(truewheel, place, 1)["source"]["repository"]
    assert found == {
        "commit": head, "branch": "main", "describe": f"v1-0-g{head[:7]}", "dirty": False,
        "shallow": False, "sha256": found["sha256"],
    }
    (place / "look.py").write_text("pass\n")
    assert keyed(truewheel, place, 2)["source"]["repository"]["dirty"] is True
    git(place, "checkout", "-q", "--detach")
    assert keyed(truewheel, place, 3)["source"]["repository"]["branch"] == ""


def test_record_without_a_repository(truewheel: Truewheel, place: Path) -> None:
    found = keyed(truewheel, looking("none-one", "").write_tree(place), 1)
    assert "repository" not in found["source"] and found["inputs"]["repository"] == "none"


def test_tag_of_a_url(truewheel: Truewheel, place: Path) -> None:
    """What pip clones is a repository as well: another tag on the same commit is another source."""
    tree = looking("url-one", f"seen['git'] = {DESCRIBE}").write_tree(place)
    head = commit(tree, "v1")
    url = f"url-one @ git+{place.as_uri()}@{head}"
    report = truewheel.world.cwd / "first.json"
    truewheel.wheel("--json", report, url)
    git(tree, "tag", "-d", "v1")
    git(tree, "tag", "v2")
    other = truewheel.world.cwd / "second.json"
    result = truewheel.wheel("--json", other, url, wheels=truewheel.world.base / "second")
    assert seen(result)["git"].startswith("v2-0-g")
    assert wheel_record(report)["key"] != wheel_record(other)["key"]


def test_store_knows_the_tag(truewheel: Truewheel, place: Path) -> None:
    """A wheel in the store is found by its key: with another tag it is another wheel."""
    tree = looking("store-one", f"seen['git'] = {DESCRIBE}").write_tree(place)
    commit(tree, "v1")
    store = {"TRUEWHEEL_NO_CACHE": None, "XDG_CACHE_HOME": str(truewheel.world.base / "cache")}
    assert seen(truewheel.wheel(tree, env=store))["git"].startswith("v1-")
    retag(tree)
    result = truewheel.wheel(tree, env=store, wheels=truewheel.world.base / "second")
    assert seen(result)["git"].startswith("v2-")


def stored(truewheel: Truewheel, tree: Path, *options: str) -> List[str]:
    """Where the wheels of two runs with one store come from."""
    env = {"TRUEWHEEL_NO_CACHE": None, "XDG_CACHE_HOME": str(truewheel.world.base / "cache")}
    came = []
    for number in range(2):
        report = truewheel.world.cwd / f"{number}.json"
        out = truewheel.world.base / f"out-{number}"
        truewheel.wheel(*options, "--json", report, tree, wheels=out, env=env)
        came.append(wheel_record(report)["from"])
    return came


@pytest.mark.parametrize("edited", [False, True])
def test_tree_that_is_edited_while_it_is_built(
    truewheel: Truewheel, place: Path, edited: bool
) -> None:
    """What the build saw is not what was looked at for its key. Without a sandbox it can edit."""
    data = place / "project" / "data.txt"
    code = f"os.chmod({str(data)!r}, 0o644)" if edited else ""
    tree = looking("edited-one", code).write_tree(place / "project")
    data.write_text("one")
    second = "built" if edited else "store"
    assert stored(truewheel, tree, "--mode", "locked") == ["built", second]


@pytest.mark.parametrize("name", [".git", ".hg"])
def test_repository_that_is_shown_as_it_is(truewheel: Truewheel, place: Path, name: str) -> None:
    """Only of one that git can read all that is shown is in the key."""
    tree = samples.pure().write_tree(place / "project")
    if name == ".git":
        commit(tree, "v1")
    else:
        (tree / name).mkdir()
    assert stored(truewheel, tree) == ["built", "store" if name == ".git" else "built"]


@pytest.mark.parametrize("name", [".hg", ".svn"])
def test_other_version_control(truewheel: Truewheel, place: Path, name: str) -> None:
    """Its directory is shown as it is, from the top of the work tree on, and is in the key."""
    code = f"seen.update(state=read('../{name}/state'), version=read('../VERSION'))"
    tree = looking("other-one", code).write_tree(place / "sub")
    (place / name).mkdir()
    (place / name / "state").write_text("one")
    (place / "VERSION").write_text("3.1")
    first = keyed(truewheel, tree, 1)
    assert first["sha256"] == keyed(truewheel, tree, 2)["sha256"]
    (place / name / "state").write_text("two")
    second = keyed(truewheel, tree, 3)
    assert first["sha256"] != second["sha256"] and first["key"] != second["key"]
    assert json.dumps(first["source"]["repository"]) != json.dumps(second["source"]["repository"])
