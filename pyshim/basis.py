"""What a resolution rests on: the files and directories of this machine that pip has read for it.

The driver remembers an answer together with digests of these. While they stay the same, the same
answer may be given again without asking: for good where nothing else had a say (`closed`: no index,
or every requirement pinned by a hash), else only where the user asks for what is there (--offline).
"""

from __future__ import annotations

import os
import re
from typing import Any

from pyshim import seams
from pyshim.kept import opens_once, path_of

_VARIABLE = re.compile(rb"\$\{[A-Z0-9_]+\}")  # pip puts the environment's values in their places


class Basis:
    """Collected while pip runs; `describe` is the frame's field."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._directories: set[str] = set()
        self._why = ""

    def add_file(self, name: str) -> None:
        """A requirements or constraints file, a script, an archive; or the URL of one."""
        path = path_of(name)
        if not path:
            self._refuse(f"{seams.redact(name)} is not on this machine")
        elif opens_once(path):
            self._refuse(f"{path} can be read once only")
        else:
            self._files.add(os.path.abspath(path))

    def add_requirements(self, name: str) -> None:
        """A file in whose lines pip puts the values of variables."""
        self.add_file(name)
        if self._why:
            return  # a pipe is there for one reader
        try:
            with open(path_of(name), "rb") as opened:
                found = _VARIABLE.search(opened.read())
        except OSError:
            return  # pip says so
        if found:
            self._refuse(f"{name} has the variable {found[0].decode()}")

    def add_options(self, options: Any, finder: Any) -> None:
        """What pip's options and configuration name."""
        for path in seams.configuration_files(options):
            self._files.add(os.path.abspath(path))
        for name in getattr(options, "requirements_from_scripts", None) or []:
            self.add_file(name)
        for path, _group in getattr(options, "dependency_groups", None) or []:
            self.add_file(path)
        for place in finder.find_links:
            self._add_place(place)

    def _add_place(self, place: str) -> None:
        path = path_of(place)
        if path and os.path.isdir(path):
            self._directories.add(os.path.abspath(path))
        else:
            self._refuse(f"what {seams.redact(place)} lists may be anywhere")

    def _refuse(self, why: str) -> None:
        self._why = self._why or why

    def describe(self, options: Any, finder: Any) -> dict[str, Any]:
        """The field of the final frame."""
        indexed = bool(finder.index_urls)
        return {
            "closed": not indexed or bool(getattr(options, "require_hashes", False)),
            "why_not": self._why,
            "files": sorted(self._files),
            "directories": sorted(self._directories),
        }
