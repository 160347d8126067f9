"""Prints generated/guard_names.h: the names of pyshim/guards.py for driver/base/guard.c."""

import os
import runpy

here = os.path.dirname(os.path.abspath(__file__))
table = runpy.run_path(os.path.join(here, os.pardir, "pyshim", "guards.py"))

print("/* The guards, by name: generated from pyshim/guards.py. */")
print("#pragma once\n")
print('#define GUARDS_VARIABLE "%s"' % table["VARIABLE"])
print("#define GUARD_NAMES \\")
print(", \\\n".join('    "%s"' % name for name in [*table["GUARDS"], *table["ISOLATION"]]))
