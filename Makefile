# What most people want; the build itself is CMake's (CMakeLists.txt, CMakePresets.json).
#
#   make                 installs what is missing, then builds build/truewheel
#   make wheelhouse      wheels of REQ, all built from source, in OUT
#   make check           every test and every lint
#   make check-sanitize  the same code under AddressSanitizer, UndefinedBehaviorSanitizer and ThreadSanitizer
#   make check-pythons   end-to-end tests with every other Python that the machine has
#   make check-corpus    real sdists of many projects, built twice (needs an index and time)
#   make survey          a list of popular projects: built twice, and compared with the index (takes hours)
#   make bench           how long things take beside pip and uv (needs an index and time)
#   make install         into DESTDIR and PREFIX; make uninstall removes it again
#   make deb             a package for this Debian or Ubuntu, with an engine for its python3
#
# PYTHON=python3.12 adds an engine for that interpreter to the build, and uses it.

PYTHON ?= python3
REQ    ?= examples/requirements.txt
OUT    ?= wheelhouse
PREFIX ?= /usr/local
JOBS   ?=
BENCH  ?=
SURVEY ?=

export PYTHON

.PHONY: all wheelhouse check check-sanitize check-pythons check-corpus survey lint format bench install uninstall deb clean

all:
	@tools/bootstrap build
	@tools/configure build '$(PYTHON)'
	@tools/build build $(JOBS)

wheelhouse: all
	+@tools/wheelhouse build '$(PYTHON)' '$(REQ)' '$(OUT)' $(JOBS)

check:
	@tools/check build '$(PYTHON)'

check-sanitize:
	@tools/check-sanitize '$(PYTHON)'

check-pythons:
	@tools/check-pythons '$(PYTHON)'

check-corpus: all
	@tools/check-corpus build '$(PYTHON)'

survey: all
	@'$(PYTHON)' -m tests.survey --build build $(SURVEY)
	@'$(PYTHON)' -m tests.survey --build build --page

lint: all
	@tools/lint build "$$(tools/test-venv build '$(PYTHON)')"

format:
	@git ls-files '*.[ch]' | xargs clang-format-14 -i

bench: all
	@'$(PYTHON)' -m tests.bench build $(BENCH)

install: all
	@cmake -DCMAKE_INSTALL_PREFIX='$(PREFIX)' build >build/install.log
	@tools/build build $(JOBS)
	@DESTDIR='$(DESTDIR)' cmake --install build --prefix '$(PREFIX)' >>build/install.log
	@echo "install: truewheel is below $(DESTDIR)$(PREFIX)"

uninstall:
	@DESTDIR='$(DESTDIR)' tools/uninstall build '$(PREFIX)'

deb:
	@PYTHON=/usr/bin/python3 tools/bootstrap build deb
	@tools/make-deb build-deb $(JOBS)

clean:
	rm -rf build build-*
