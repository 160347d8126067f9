"""Files of the caller that can be read once only: pipes, and what has its name from a descriptor
(/dev/stdin, /dev/fd/5).

The resolver of the user's requirements has the caller's descriptors, those of build requirements
have not, and a pipe is empty when it was read. So the first one keeps a copy of each such file that
the others will need, in a directory of the run. A copy is named by a digest of the file's name.
"""

from __future__ import annotations

import hashlib
import os
import stat
import urllib.parse
import urllib.request

# Variables that name files which every resolver reads.
_VARIABLES = ("PIP_CONFIG_FILE", "PIP_CERT", "PIP_CLIENT_CERT", "REQUESTS_CA_BUNDLE",
              "CURL_CA_BUNDLE", "SSL_CERT_FILE", "NETRC")
_LINKS = 40  # as many as the kernel follows


class KeptFiles:
    """The copies, in one directory; `is_first` is whether this process may make them."""

    def __init__(self, directory: str, is_first: bool) -> None:
        self._directory = directory
        self._is_first = is_first
        self._names: dict[str, str] = {}  # by the copies' paths

    def keep(self, name: str) -> str:
        """The path to read instead of `name`, a path or file URL: of a copy where one is needed."""
        path = path_of(name)
        if not path:
            return name
        copy = self._copy_of(path)
        if self._is_first and not os.path.exists(copy) and opens_once(path):
            _copy(path, copy)
        if os.path.exists(copy):
            self._names[copy] = name
            return copy
        return name

    def find(self, name: str) -> str:
        """The same, where the copy has been made, if it had to be."""
        path = path_of(name)
        copy = self._copy_of(path) if path else ""
        return copy if copy and os.path.exists(copy) else name

    def is_lost(self, name: str) -> bool:
        """Whether `name` means another file here than for the caller, or none."""
        path = path_of(name)
        return not self._is_first and bool(path) and _through_descriptor(path)

    def keep_variables(self) -> None:
        """Lets the variables that name files name the copies."""
        for variable in _VARIABLES:
            value = os.environ.get(variable)
            if value and value != os.devnull:
                os.environ[variable] = self.keep(value)

    def shown(self, text: str) -> str:
        """`text` with the names of the files in the place of those of their copies."""
        for copy, name in self._names.items():
            text = text.replace(copy, name)
        return text

    def _copy_of(self, path: str) -> str:
        digest = hashlib.sha256(os.fsencode(os.path.abspath(path))).hexdigest()
        return os.path.join(self._directory, digest[:16])


def opens_once(path: str) -> bool:
    """Whether a second process that opens `path` would not read what the first one has read."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    if stat.S_ISDIR(mode):
        return False
    return not stat.S_ISREG(mode) or _through_descriptor(path)


def _through_descriptor(path: str) -> bool:
    """Whether the file has its name from a descriptor: a link leads through /proc/…/fd to it."""
    for _ in range(_LINKS):
        path = os.path.join(os.path.realpath(os.path.dirname(os.path.abspath(path))),
                            os.path.basename(path))
        if path.startswith("/proc/"):
            return True
        if not os.path.islink(path):
            return False
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    return False


def path_of(name: str) -> str:
    """The path that a path or a file URL names; "" for other URLs."""
    if name[:5].lower() == "file:":
        return urllib.request.url2pathname(urllib.parse.urlsplit(name).path)
    return "" if "://" in name else name


def _copy(source: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), 0o700, exist_ok=True)
    with open(source, "rb") as opened:
        data = opened.read()
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)
