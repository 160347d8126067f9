"""Git repositories: where one lies, what of it decides about a version, and a copy for a build.

The build gets a directory `.git` made anew, the same for a clone, a submodule and another work
tree: the commit, its branch, the tags, the index, and of the configuration what concerns files. So
what a build can see of a repository is what its digest covers, and neither remotes, nor other
branches, nor credentials in the configuration.

git itself is asked, outside of the sandbox, about repositories that may have been unpacked from
anywhere. So it never reads an index or compares files with the repository's own configuration,
which can name programs to run (`core.fsmonitor`, filters), and a `.git` file or link may not lead
to a repository that does not know of this work tree.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pyshim.errors import SourceError, one_line
from pyshim.tree import FIXED_TIME

STATUS = ("status", "--porcelain=v2", "-z", "--untracked-files=no", "--ignore-submodules=dirty")
DESCRIBE = ("describe", "--tags", "--long", "--always")

_MAX_FILE = 512 << 20
_TIMEOUT = 600  # seconds; a configuration may include a pipe that nobody writes to

# Which files git takes for changed or for ignored; no names of programs or files.
_SETTINGS = re.compile(
    r"core\.(filemode|symlinks|ignorecase|precomposeunicode|autocrlf|eol|sparsecheckout|"
    r"sparsecheckoutcone)|status\.showuntrackedfiles|diff\.ignoresubmodules|"
    r"submodule\.[^\n\]\"\\]+\.ignore|extensions\.objectformat")
_VALUE = re.compile(r"[A-Za-z0-9._+-]{0,40}")


class Unreadable(Exception):
    """git cannot read the repository, and so no program of the build could."""


class Elsewhere(SourceError):
    """The repository is at a path that the work tree has no right to name."""


@dataclass(frozen=True)
class Place:
    """A repository's directories: that of this work tree, and the one that all of them share."""

    work_tree: str
    own: str
    common: str


@dataclass
class Repository:
    """What a build is shown of a repository, and what it answers."""

    commit: str  # "" before the first one
    branch: str  # "" when HEAD names a commit
    describe: str
    status: bytes
    shallow: bool
    digest: str
    made: str  # the directory that becomes the build's .git
    objects: str  # a directory to show as its objects; "" when they are in `made`

    @property
    def dirty(self) -> bool:
        return bool(self.status)


# Where a repository lies


def find(work_tree: str, may_show: Callable[[str], bool]) -> Place | None:
    """The repository of this work tree; None when it has none.

    `may_show`: whether the user allowed to show this path whatever the repository says.
    """
    entry = os.path.join(work_tree, ".git")
    own = entry if os.path.isdir(entry) else _read_pointer(entry, "gitdir: ", work_tree)
    if not own or not _has_parts(own, ("HEAD",)):
        return None
    own = os.path.realpath(own)
    common = _read_pointer(os.path.join(own, "commondir"), "", own) or own
    common = os.path.realpath(common)
    if not _has_parts(common, ("objects", "refs")):
        return None
    place = Place(work_tree, own, common)
    inside = os.path.realpath(work_tree) + os.sep
    if not _knows_of(place) and not all(
            may_show(path) or path.startswith(inside) for path in (own, common)):
        raise Elsewhere(f"its '.git' leads to '{common}', a repository that does not name this work"
                        f" tree as its own; --bind {common} shows it nevertheless")
    return place


def is_work_tree(directory: str) -> bool:
    """Whether git would look for the repository here. Nothing is run."""
    entry = os.path.join(directory, ".git")
    if os.path.isdir(entry):
        return os.path.lexists(os.path.join(entry, "HEAD"))
    return bool(_read_pointer(entry, "gitdir: ", directory))


def _read_pointer(path: str, start: str, base: str) -> str:
    """The path in a file that names a directory, or ""."""
    text = os.fsdecode(read_regular(path, follow=True) or b"").rstrip("\r\n")
    if not text.startswith(start) or text == start or len(text) > 4096:
        return ""
    return os.path.join(base, text[len(start):])


def _has_parts(directory: str, names: tuple[str, ...]) -> bool:
    return all(os.path.lexists(os.path.join(directory, name)) for name in names)


def _knows_of(place: Place) -> bool:
    """Whether the repository lies in the work tree, or says itself that it belongs to it."""
    work_tree = os.path.realpath(place.work_tree)
    if place.own != place.common:
        if not place.own.startswith(os.path.join(place.common, "worktrees") + os.sep):
            return False
        back = _read_pointer(os.path.join(place.own, "gitdir"), "", place.own)
        return os.path.dirname(os.path.realpath(back)) == work_tree
    if place.own == os.path.join(work_tree, ".git"):
        return True
    back = _config_value(place, "core.worktree")
    return bool(back) and os.path.realpath(os.path.join(place.own, back)) == work_tree


def _config_value(place: Place, name: str) -> str:
    config = os.path.join(place.common, "config")
    try:
        return os.fsdecode(_run(["config", "--file", config, "--no-includes", "--get", name], "/")
                           ).rstrip("\n")
    except Unreadable:
        return ""


def read_regular(path: str, follow: bool = False) -> bytes | None:
    """A file's content, when it is a file and not too large. A link is not followed."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        fd = os.open(path, flags)
    except OSError:
        return None
    with open(fd, "rb") as opened:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MAX_FILE:
            return None
        return opened.read()


# Asking git


def _environ(**more: str) -> dict[str, str]:
    """The caller's environment without what names a repository, as in a hook of git's."""
    kept = {key: value for key, value in os.environ.items()
            if not key.startswith("GIT_") or key.startswith("GIT_CONFIG") or key == "GIT_EXEC_PATH"}
    return {**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", **more}


def _run(arguments: list[str], cwd: str, stdin: bytes = b"", **environ: str) -> bytes:
    program = shutil.which("git")
    if program is None:
        raise Unreadable("there is no git")
    try:
        done = subprocess.run([program, *arguments], cwd=cwd, env=_environ(**environ), check=False,
                              input=stdin, capture_output=True, timeout=_TIMEOUT)
    except OSError as exc:
        raise Unreadable(f"cannot run git: {exc.strerror}") from exc
    except subprocess.TimeoutExpired as exc:
        raise Unreadable(f"git does not end within {_TIMEOUT} s") from exc
    if done.returncode != 0:
        said = os.fsdecode(done.stderr).strip()
        full = os.strerror(errno.ENOSPC)
        if full in said:
            raise OSError(errno.ENOSPC, full)
        raise Unreadable(one_line(said or f"git ended with status {done.returncode}", 300))
    return done.stdout


def _of_repository(place: Place, *arguments: str) -> str:
    """Asks for refs and settings. Nothing that the configuration names is run for these."""
    said = _run(list(arguments), place.work_tree, GIT_DIR=place.own,
                GIT_WORK_TREE=place.work_tree)
    return os.fsdecode(said)


def _or_nothing(place: Place, *arguments: str) -> str:
    try:
        return _of_repository(place, *arguments).strip()
    except Unreadable:
        return ""


class Copy:
    """The directory that is made for a build, and git's answers about the work tree by it."""

    def __init__(self, place: Place, directory: str) -> None:
        self.place = place
        self.directory = directory
        self.state: list[str] = []  # what decides, one thing a line

    def ask(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """With the repository's objects and our settings; times are looked at to the nanosecond."""
        return _run(["-c", "core.checkStat=default", "-c", "core.trustctime=true", *arguments],
                    self.place.work_tree, stdin, GIT_DIR=self.directory,
                    GIT_WORK_TREE=self.place.work_tree,
                    GIT_OBJECT_DIRECTORY=os.path.join(self.place.common, "objects"))

    def write(self, name: str, data: bytes) -> None:
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
        with open(path, "xb") as out:
            out.write(data)

    def note(self, what: str, *values: str) -> None:
        self.state.append(" ".join((what, *values)))


def describe(place: Place, directory: str) -> Repository:
    """Makes `directory`, the build's .git, and says what is in it. Raises Unreadable."""
    copy = Copy(place, directory)
    for name in ("refs/heads", "refs/tags", "objects/info", "objects/pack", "info"):
        os.makedirs(os.path.join(directory, name), 0o755)
    branch = _or_nothing(place, "symbolic-ref", "-q", "HEAD")
    commit = _or_nothing(place, "rev-parse", "-q", "--verify", "HEAD")
    if not commit and not branch:
        raise Unreadable("its HEAD is neither a branch nor a commit")
    copy.write("HEAD", f"ref: {branch}\n".encode() if branch else f"{commit}\n".encode())
    copy.note("head", commit, branch)
    _copy_refs(copy, branch)
    _copy_settings(copy, commit)
    shallow = _copy_files(copy)
    described = os.fsdecode(copy.ask(*DESCRIBE)).strip() if commit else ""
    status = copy.ask(*STATUS) if commit else b""
    if commit:
        _keep_quiet_about_filtered(copy)
    copy.note("describe", described)
    copy.note("status", hashlib.sha256(status).hexdigest())
    objects = _objects(copy)
    _set_times(directory)
    return Repository(
        commit=commit, branch=branch.removeprefix("refs/heads/"), describe=described,
        status=status, shallow=shallow, made=directory, objects=objects,
        digest=hashlib.sha256(os.fsencode("\n".join(copy.state))).hexdigest())


def _copy_refs(copy: Copy, branch: str) -> None:
    """Tags, replacements and the branch: nothing else describes a commit."""
    wanted = ["refs/tags", "refs/replace", *([branch] if branch else [])]
    listed = _of_repository(copy.place, "for-each-ref", "--format=%(objectname) %(refname)",
                            "--sort=refname", *wanted)
    copy.write("packed-refs", b"# pack-refs with: sorted \n" + os.fsencode(listed))
    for line in listed.splitlines():
        copy.note("ref", line)


def _copy_settings(copy: Copy, commit: str) -> None:
    kept = sorted(dict(_kept_settings(copy.place)).items())  # of equal names the last one counts
    lines = ["[core]", "\tbare = false"]
    version = 1 if any(name.startswith("extensions.") for name, _ in kept) else 0
    lines += [f"\trepositoryFormatVersion = {version}"]
    # In a copy times and sizes of files are those of the work tree, inodes and the like are not.
    lines += ["\tcheckStat = minimal", "\ttrustctime = false"]
    if commit:  # by default git counts the objects in packs to know how many digits are enough
        digits = len(_of_repository(copy.place, "rev-parse", "--short", "HEAD").strip())
        lines += [f"\tabbrev = {digits}"]
        copy.note("abbrev", str(digits))
    for name, value in kept:
        section, _, rest = name.partition(".")
        subsection, _, key = rest.rpartition(".")
        lines += [f'[{section} "{subsection}"]' if subsection else f"[{section}]",
                  f"\t{key} = {value}"]
        copy.note("setting", name, value)
    copy.write("config", os.fsencode("\n".join(lines) + "\n"))


def _kept_settings(place: Place) -> Iterator[tuple[str, str]]:
    for item in _of_repository(place, "config", "--list", "-z").split("\0"):
        name, there, value = item.partition("\n")
        value = value if there else "true"
        if _SETTINGS.fullmatch(name) and _VALUE.fullmatch(value):
            yield name, value


def _copy_files(copy: Copy) -> bool:
    """The index, and what says which files are not looked at. Whether the history is cut off."""
    own, common = copy.place.own, copy.place.common
    for name in os.listdir(own):
        if name == "index" or name.startswith("sharedindex."):
            _copy_file(copy, own, name)
    _copy_file(copy, own, "info/sparse-checkout", noted=True)
    _copy_file(copy, common, "info/attributes", noted=True)
    excluded = (_users_excludes() + (read_regular(os.path.join(common, "info/exclude")) or b""))
    copy.write("info/exclude", excluded)
    copy.note("exclude", hashlib.sha256(excluded).hexdigest())
    return _copy_file(copy, common, "shallow", noted=True)


def _copy_file(copy: Copy, base: str, name: str, noted: bool = False) -> bool:
    data = None
    if os.path.realpath(os.path.join(base, os.path.dirname(name))).startswith(base):
        data = read_regular(os.path.join(base, name))
    if data is None:
        return False
    copy.write(name, data)
    if noted:
        copy.note(name, hashlib.sha256(data).hexdigest())
    return True


def _users_excludes() -> bytes:
    """What the user's own configuration ignores: a build sees no home, so it comes with the copy.

    Asked for outside of every repository: what a repository names here may be any file.
    """
    try:
        path = os.fsdecode(_run(["config", "--type=path", "--get", "core.excludesFile"], "/",
                                GIT_DIR="/nonexistent")).rstrip("\n")
    except Unreadable:
        home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
        path = os.path.join(home, "git", "ignore")
    data = read_regular(path, follow=True) or b""
    return data if not data or data.endswith(b"\n") else data + b"\n"


def _objects(copy: Copy) -> str:
    """The directory of objects; "" when those that are needed have been packed for the build.

    They are when some lie elsewhere: a repository may name the objects of any other, so only what
    its own history leads to is taken from there.
    """
    objects = os.path.join(copy.place.common, "objects")
    borrowed = any(os.path.lexists(os.path.join(objects, "info", name))
                   for name in ("alternates", "http-alternates"))
    links = [objects, *(os.path.join(objects, name) for name in ("info", "pack"))]
    if not borrowed and not any(map(os.path.islink, links)):
        return objects
    into = os.path.join(copy.directory, "objects", "pack", "pack")
    copy.ask("pack-objects", "-q", "--revs", "--all", "--indexed-objects",
             "--missing=allow-any", into)
    return ""


def _set_times(directory: str) -> None:
    """One time for all but the index: whether that is newer than a file decides what git does."""
    for above, _, files in os.walk(directory):
        for name in files:
            if name != "index":
                os.utime(os.path.join(above, name), (FIXED_TIME, FIXED_TIME))


def _keep_quiet_about_filtered(copy: Copy) -> None:
    """A build has other times of files, so git compares contents there, but not the user's filters.

    Files that are unchanged by these shall not count as changed.
    """
    said = copy.ask("check-attr", "-z", "--stdin", "filter",
                    stdin=copy.ask("ls-files", "-z")).split(b"\0")
    filtered = {path for path, value in zip(said[0::3], said[2::3])
                if value not in (b"unspecified", b"unset", b"set")}
    if filtered:
        filtered.difference_update(copy.ask("diff-files", "--name-only", "-z").split(b"\0"))
        copy.ask("update-index", "--assume-unchanged", "-z", "--stdin",
                 stdin=b"".join(name + b"\0" for name in sorted(filtered)))


def keep_quiet_about(found: Repository, work_tree: str, paths: set[bytes]) -> None:
    """Files that are other ones in the build shall not count as changed there."""
    if not paths:
        return
    copy = Copy(Place(work_tree, found.made, found.made), found.made)
    root = os.fsencode(work_tree)
    tracked = [name for name in copy.ask("ls-files", "-z").split(b"\0")
               if os.path.join(root, name) in paths]
    if tracked:
        copy.ask("update-index", "--assume-unchanged", "-z", "--stdin",
                 stdin=b"".join(name + b"\0" for name in tracked))


# What git ignores


def ignored(place: Place, directory: str) -> list[bytes]:
    """Paths that git ignores, by the copy in `directory`; of a directory as a whole only itself."""
    copy = Copy(place, directory)
    said = copy.ask("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
    root = os.fsencode(place.work_tree)
    return [os.path.join(root, name.rstrip(b"/")) for name in said.split(b"\0") if name]
