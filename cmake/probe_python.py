"""Print what an engine needs to know about the interpreter that runs this: one NAME=VALUE a line.

FindPython3 can look at one interpreter per project and prefers whatever library it finds first; a
tree with engines for several Pythons has to ask each interpreter itself.
"""

import os
import platform
import subprocess
import sys
import sysconfig


def program(version):
    """What `sys.executable` of an engine shall be: the full name, never a virtual environment's."""
    bindir = sysconfig.get_config_var("BINDIR") or ""
    named = os.path.join(bindir, "python" + version)
    for candidate in (named, getattr(sys, "_base_executable", "")):
        if candidate and os.access(candidate, os.X_OK):
            check = [candidate, "-I", "-c", "import sys; print(sys.base_prefix)"]
            found = subprocess.run(check, stdout=subprocess.PIPE, universal_newlines=True)
            if found.returncode == 0 and found.stdout.strip() == sys.base_prefix:
                return candidate
    return sys.executable


def library():
    """(the library to link, whether it is the static one); an empty path when there is none."""
    dirs = ("LIBDIR", "LIBPL")
    shared = [(name, place) for name in ("LDLIBRARY", "INSTSONAME") for place in dirs]
    for variable, place in shared + [("LIBRARY", "LIBPL"), ("LIBRARY", "LIBDIR")]:
        name = sysconfig.get_config_var(variable)
        path = os.path.join(sysconfig.get_config_var(place) or "", name or "")
        if name and os.path.isfile(path):
            return path, path.endswith(".a")
    return "", False


def main():
    version = "%d.%d" % sys.version_info[:2]
    path, static = library()
    include = sysconfig.get_path("include")
    print("version=" + version)
    print("full_version=" + platform.python_version())
    executable = program(version)
    facts = os.stat(executable)
    print("executable=" + executable)
    print("stamp=%d:%d" % (facts.st_size, facts.st_mtime))
    print("include=" + (include if os.path.isfile(os.path.join(include, "Python.h")) else ""))
    print("library=" + path)
    if static:
        flags = [sysconfig.get_config_var(n) or "" for n in ("LIBS", "SYSLIBS", "LINKFORSHARED")]
        print("link_flags=" + " ".join(flags))


main()
