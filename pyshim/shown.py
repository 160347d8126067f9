"""What a build is shown of a source that is a directory, and where.

pip builds a local project where it lies. So a build may read `../VERSION`, ask git about the
repository around it, and follow links out of it. It is shown the same in the job directory:

    the project alone                          R/<dir>/src
    a project in a repository                  R/<dir>/src is the top of the work tree: all of the
                                               project, and what git does not ignore around it
    links to what lies beside it, and there    R/<dir>/src is the lowest directory that holds all
    is no repository                           of it: the project, and what the links lead to

Paths are then a function of what is shown, not of where it lies on this machine. What a link leads
to otherwise is not shown; the build child checks in the sandbox whether it can be seen there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pyshim import git, machine, tree, vcs
from pyshim.errors import SourceError
from pyshim.tree import Entry


_MAX_LINKS = 1000  # that are checked in the sandbox; the first one that leads nowhere is an error


@dataclass(frozen=True)
class Tree:
    """A directory of this machine, its place below R/<dir>/src, and what of it is left out."""

    host: bytes
    place: bytes
    omit: tuple[bytes, ...] = ()  # relative to `host`


@dataclass
class Shown:
    """The result: what the driver has to show, and what identifies it."""

    root: str  # becomes R/<dir>/src
    subdirectory: str  # where the project lies in it
    trees: list[Tree]
    sha256: str
    has: Callable[[str], bool]  # whether a file of this name is anywhere in it
    repository: dict[str, Any] | None
    expect: dict[str, Any] = field(default_factory=dict)  # what the build child checks
    # What the digests are of, since when; None: a build sees more than is in them.
    unchanged: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)


def look(project: str, staging: str, binds: list[str], own: str) -> Shown:
    """Looks at the local project in the directory `project`.

    `staging` is empty and stays. `own`: the directory of this run, which is no part of any source.
    """
    looking = _Look(os.path.realpath(project), staging, binds)
    looking.omitted.add(os.path.realpath(os.fsencode(own)))
    return looking.result()


def look_at_checkout(root: str, project: str, staging: str) -> Shown:
    """The same for a checkout that is ours: all of it is shown, whatever lies around it."""
    return _Look(os.path.realpath(project), staging, [], top=os.path.realpath(root)).result()


def _is_below(path: bytes, above: bytes) -> bool:
    return path == above or path.startswith(above.rstrip(b"/") + b"/")


def _home() -> bytes:
    return os.path.realpath(os.fsencode(os.path.expanduser("~")))


class _Look:
    def __init__(self, project: str, staging: str, binds: list[str], top: str = "") -> None:
        self.since_ns = time.time_ns()
        self.project = os.fsencode(project)
        self.staging = staging
        self.binds = [os.path.realpath(os.fsencode(bind)) for bind in binds]
        self.warnings: list[str] = []
        self.entries: dict[bytes, Entry] = {}
        self.omitted: set[bytes] = set()
        self.ignored: set[bytes] = set()
        self.repositories: dict[bytes, git.Repository] = {}
        self.unread: list[bytes] = []  # other directories of version control
        self.is_ours = bool(top)  # a checkout, which nobody else changes
        self.whole = self.is_ours  # nothing is left out
        self.top = os.fsencode(top) if top else self._find_top()
        self.parts: list[bytes] = []
        # Links in these have to lead somewhere. In a checkout none leads to anything of the user's.
        self.followed: list[bytes] = [] if top else [self.project]
        self.rewritten: dict[bytes, bytes] = {}
        self.outside: dict[bytes, bytes] = {}

    def result(self) -> Shown:
        try:
            self._add_part(self.top)
            self._follow_links()
            root = self._root()
            self._rewrite_links(root)
        except OSError as exc:
            if machine.is_full(exc):
                raise
            name = os.fsdecode(exc.filename or self.project)
            raise SourceError(f"cannot read '{name}': {exc.strerror}") from exc
        trees = self._trees(root)
        subdirectory = os.path.relpath(self.project, root)
        place = "" if subdirectory == b"." else os.fsdecode(subdirectory)
        names = {os.path.basename(path) for path in self.entries}
        return Shown(
            root=os.fsdecode(root), subdirectory=place, trees=trees,
            sha256=self._digest(root, place), has=lambda name: os.fsencode(name) in names,
            repository=self._repository(), expect=self._expect(root), warnings=self.warnings,
            unchanged=self._unchanged())

    # Around the project

    def _find_top(self) -> bytes:
        """The directory that is shown: the work tree around the project, or itself."""
        around = [bind for bind in self.binds
                  if bind != self.project and _is_below(self.project, bind)]
        if around:
            self.whole = True
            return min(around, key=len)
        at = self.project
        while not self._is_top(at):
            above = os.path.dirname(at)
            if above == at:
                return self.project
            at = above
        why = self._why_not(at) if at != self.project else ""
        if not why:
            return at
        self.warnings.append(f"builds do not see the repository '{os.fsdecode(at)}' around it,"
                             f" because {why}; --bind {os.fsdecode(at)} shows it")
        return self.project

    def _why_not(self, top: bytes) -> str:
        """Why the work tree `top` is not taken for the user's own, or ""."""
        owner, found = os.stat(self.project).st_uid, os.stat(top)
        vcs = next(path for name in sorted(tree.VCS_NAMES)
                   if os.path.lexists(path := os.path.join(top, os.fsencode(name))))
        if _is_below(_home(), top):
            return "the home directory is in it"
        if found.st_uid != owner or os.lstat(vcs).st_uid != owner:
            return "it belongs to another user than the project"
        return "everybody may write to it" if found.st_mode & stat.S_IWOTH else ""

    def _is_top(self, directory: bytes) -> bool:
        if any(os.path.isdir(os.path.join(directory, name)) for name in (b".hg", b".svn")):
            return True
        return git.is_work_tree(os.fsdecode(directory))

    def _may_show(self, path: str) -> bool:
        return any(_is_below(os.fsencode(path), bind) for bind in self.binds)

    # What is shown

    def _add_part(self, path: bytes) -> None:
        """Shows a directory or file with all that is in it, but for what git ignores around it."""
        self.parts.append(path)
        entry = tree.entry_of(path)
        if not stat.S_ISDIR(entry.mode):
            self.entries[path] = entry
            return
        self._enter(path)
        for entry in tree.entries(path, self._is_left_out):
            self.entries[entry.path] = entry
            if stat.S_ISDIR(entry.mode) and not tree.is_vcs(entry.path):
                self._enter(entry.path)

    def _is_left_out(self, path: bytes) -> bool:
        """Around the project also what cannot be read: nothing of it is needed in most cases."""
        if path in self.omitted:
            return True
        if _is_below(path, self.project) or _is_below(self.project, path) or self.whole:
            return False
        mode = os.lstat(path).st_mode
        wanted = os.R_OK | os.X_OK if stat.S_ISDIR(mode) else os.R_OK
        if stat.S_ISLNK(mode) or os.access(path, wanted):
            return False
        self.omitted.add(path)
        return True

    def _enter(self, directory: bytes) -> None:
        """Notes the repository of a directory, if it is a work tree, and what that ignores."""
        for name in (b".git", b".hg", b".svn"):
            entry = os.path.join(directory, name)
            if os.path.lexists(entry):
                self._add_repository(directory, entry)

    def _add_repository(self, directory: bytes, entry: bytes) -> None:
        place = self._find_repository(directory, entry)
        if place is None:
            self.unread.append(entry)
            return
        made = os.path.join(self.staging, f"git-{len(self.repositories)}")
        try:
            self.repositories[directory] = git.describe(place, made)
            ignored = git.ignored(place, made)
        except git.Unreadable as exc:
            self.repositories.pop(directory, None)
            shutil.rmtree(made, ignore_errors=True)
            self.unread.append(entry)
            if shutil.which("git"):
                self.warnings.append(f"git cannot read '{os.fsdecode(entry)}': {exc}")
            return
        self.ignored.update(ignored)
        if not self.whole and not _is_below(directory, self.project):
            for path in ignored:
                self._omit(path)

    def _find_repository(self, directory: bytes, entry: bytes) -> git.Place | None:
        if os.path.basename(entry) != b".git":
            return None
        try:
            return git.find(os.fsdecode(directory), self._may_show)
        except git.Elsewhere:
            if _is_below(self.project, directory):
                raise
            return None  # of something that only lies in the source: its .git is shown as it is

    def _omit(self, path: bytes) -> None:
        """Leaves out a path, but nothing of the project."""
        if _is_below(path, self.project):
            return
        if not _is_below(self.project, path):
            self.omitted.add(path)
            return
        for name in os.listdir(path):
            self._omit(os.path.join(path, name))

    def _admit(self, path: bytes) -> None:
        """Shows what was left out: not the other things beside it."""
        for above in [one for one in self.omitted if _is_below(path, one)]:
            self.omitted.discard(above)
            while above != path:
                self.entries[above] = tree.entry_of(above)
                inner = path[len(above) + 1:].split(b"/")[0]
                self.omitted.update(os.path.join(above, name) for name in os.listdir(above)
                                    if name != inner)
                above = os.path.join(above, inner)

    def _is_shown(self, path: bytes) -> bool:
        return path in self.entries or path in self.parts

    # Links

    def _follow_links(self) -> None:
        """Shows what the project's links lead to, as far as that may be shown."""
        done: set[bytes] = set()
        while True:
            links = [entry for entry in self.entries.values()
                     if entry.is_link and entry.path not in done and self._is_followed(entry.path)]
            if not links:
                return
            for link in links:
                done.add(link.path)
                target = os.path.realpath(link.path)
                if os.path.lexists(target) and not self._is_shown(target) \
                        and not _is_in_vcs(target):
                    self._reach(link, target)

    def _is_followed(self, path: bytes) -> bool:
        return any(_is_below(path, one) for one in self.followed)

    def _reach(self, link: Entry, target: bytes) -> None:
        if any(_is_below(target, part) for part in self.parts):
            self._admit(target)
        elif not self._is_in_reach(target):
            self.outside[link.path] = target
            return
        self.followed.append(target)
        self._add_part(target)

    def _is_in_reach(self, target: bytes) -> bool:
        """Whether a link of a project without a repository may show this.

        What lies beside the project is the user's as the project is, but not the home directory's
        own files, nor those in directories that everybody shares.
        """
        mode = os.stat(target).st_mode
        if self._has_repository() or _is_below(self.project, target) \
                or not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
            return False
        common = os.path.commonpath([self.project, target])
        home, owner = _home(), os.stat(self.project).st_uid
        at = os.path.dirname(self.project)
        while True:
            found = os.stat(at)
            if len(at) <= 1 or _is_below(home, at) or found.st_uid != owner \
                    or found.st_mode & stat.S_IWOTH:
                return False
            if at == common:
                break
            at = os.path.dirname(at)
        hidden = any(name.startswith(b".") for name in target[len(common):].split(b"/"))
        return not (hidden and _is_below(target, home))

    def _has_repository(self) -> bool:
        return self.top != self.project or self._own_repository() is not None \
            or any(os.path.dirname(path) == self.project for path in self.unread)

    def _root(self) -> bytes:
        return os.path.commonpath(
            [part if stat.S_ISDIR(os.lstat(part).st_mode) else os.path.dirname(part)
             for part in self.parts])

    def _rewrite_links(self, root: bytes) -> None:
        """Gives links another text where theirs leads astray in the job directory."""
        for link in [entry for entry in self.entries.values() if entry.is_link]:
            text = self._text_in_job(link, root)
            if text != link.text:
                self.rewritten[link.path] = text
                self.entries[link.path] = Entry(link.path, link.mode, text)

    def _text_in_job(self, link: Entry, root: bytes) -> bytes:
        directory = os.path.dirname(link.path)
        target = os.path.realpath(link.path)
        if link.path in self.outside:
            return target
        if not os.path.lexists(target) or not self._is_shown(target):
            return link.text
        at = os.path.normpath(os.path.join(directory, link.text))
        if not link.text.startswith(b"/") and _is_below(at, root) and self._is_shown(at) \
                and os.path.realpath(at) == target and not _climbs(link.text, directory, root):
            return link.text
        return os.path.relpath(target, directory)

    # The result

    def _trees(self, root: bytes) -> list[Tree]:
        """The parts, the objects of repositories, and what is made for the build, in this order."""
        made = os.path.join(os.fsencode(self.staging), b"made")
        trees = []
        for part in self._outermost_parts():
            place = os.path.relpath(part, root)
            if stat.S_ISDIR(os.lstat(part).st_mode):
                trees.append(Tree(part, b"" if place == b"." else place, self._omit_in(part)))
            else:
                _make_parent(os.path.join(made, place))
                shutil.copy2(part, os.path.join(made, place), follow_symlinks=False)
        for directory, found in self.repositories.items():
            git.keep_quiet_about(found, os.fsdecode(directory), set(self.rewritten))
            place = os.path.relpath(os.path.join(directory, b".git"), root)
            target = os.path.normpath(os.path.join(made, place))
            _make_parent(target)
            os.rename(os.fsencode(found.made), target)
            if found.objects:
                trees.append(Tree(os.fsencode(found.objects), os.path.normpath(
                    os.path.join(place, b"objects"))))
        for path, text in self.rewritten.items():
            target = os.path.join(made, os.path.relpath(path, root))
            _make_parent(target)
            os.symlink(text, target)
        return trees + ([Tree(made, b"")] if os.path.isdir(made) else [])

    def _outermost_parts(self) -> list[bytes]:
        return [part for part in self.parts
                if not any(other != part and _is_below(part, other) for other in self.parts)]

    def _omit_in(self, part: bytes) -> tuple[bytes, ...]:
        gone = [*self.omitted, *self.rewritten,
                *(os.path.join(directory, b".git") for directory in self.repositories)]
        return tuple(sorted(os.path.relpath(path, part) for path in gone
                            if path != part and _is_below(path, part)))

    def _digest(self, root: bytes, place: str) -> str:
        listed = sorted(self.entries.values(), key=lambda entry: entry.path.split(b"/"))
        digest = tree.digest(root, (entry for entry in listed if entry.path != root))
        if not place:
            return digest
        return hashlib.sha256(os.fsencode(f"{digest} {place}")).hexdigest()

    def _repository(self) -> dict[str, Any] | None:
        if not self.repositories and not self.unread:
            return None
        digest = hashlib.sha256()
        for directory, found in sorted(self.repositories.items()):
            name = os.path.relpath(directory, self.top)
            digest.update(b"git %d:%s %s\n" % (len(name), name, found.digest.encode()))
        for path in sorted(self.unread):
            name = os.path.relpath(path, self.top)
            digest.update(b"other %d:%s %s\n" % (len(name), name, vcs.digest(path).encode()))
        result: dict[str, Any] = {"sha256": digest.hexdigest()}
        own = self._own_repository()
        if own:
            result.update(commit=own.commit, branch=own.branch, describe=own.describe,
                          dirty=own.dirty, shallow=own.shallow)
        return result

    def _unchanged(self) -> dict[str, Any] | None:
        """A directory of version control that is shown as it is has more in it than its digest."""
        if self.unread:
            return None
        paths = [os.fsdecode(part) for part in self._outermost_parts()]
        return {"since_ns": self.since_ns, "paths": [] if self.is_ours else paths}

    def _own_repository(self) -> git.Repository | None:
        """The innermost one around the project."""
        around = [directory for directory in self.repositories
                  if _is_below(self.project, directory)]
        return self.repositories[max(around, key=len)] if around else None

    def _expect(self, root: bytes) -> dict[str, Any]:
        """What is true here and has to be true in the sandbox."""
        links = [{"path": os.fsdecode(os.path.relpath(path, root)), "target": os.fsdecode(target)}
                 for path, target in self.outside.items()
                 if not self._is_needless(path)]
        expect: dict[str, Any] = {"links": links[:_MAX_LINKS]}
        own = self._own_repository()
        if own and own.commit:
            expect["git"] = {"describe": own.describe,
                             "status": hashlib.sha256(own.status).hexdigest()}
        return expect

    def _is_needless(self, path: bytes) -> bool:
        """Whether no build takes the link for a part of the project."""
        if any(_is_below(path, one) for one in self.ignored):
            return True
        at = os.path.dirname(path)
        while _is_below(at, self.project):
            if os.path.join(at, b"pyvenv.cfg") in self.entries:
                return True
            at = os.path.dirname(at)
        return False


def _climbs(text: bytes, directory: bytes, root: bytes) -> bool:
    """Whether a relative link leaves the root on its way."""
    depth = len(directory[len(root):].strip(b"/").split(b"/")) if directory != root else 0
    for part in text.split(b"/"):
        depth += -1 if part == b".." else 0 if part in (b"", b".") else 1
        if depth < 0:
            return True
    return False


def _is_in_vcs(path: bytes) -> bool:
    """Whether it lies in a directory of version control, which are shown, but not looked into."""
    return any(tree.is_vcs(name) for name in path.split(b"/"))


def _make_parent(path: bytes) -> None:
    os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
