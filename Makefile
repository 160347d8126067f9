# What most people want; the build itself is CMake's (CMakeLists.txt, CMakePresets.json).
#
#   make                what is missing is installed, then build/truewheel
#   make wheelhouse     build the wheels of REQ from source into OUT
#   make check          every test and every lint; check-sanitize: the same code under sanitizers
#   make install        into DESTDIR/PREFIX
#
# PYTHON=python3.12 adds an engine for that interpreter to the build and uses it.

PYTHON ?= python3
REQ    ?= examples/requirements.txt
OUT    ?= wheelhouse
PREFIX ?= /usr/local
JOBS   ?=
BUILD  ?= build

.PHONY: all bootstrap configure wheelhouse check check-sanitize check-corpus lint bench install clean

all: configure
	@+tools/build $(BUILD) $(JOBS)

bootstrap:
	@tools/bootstrap build

configure: bootstrap
	@tools/configure $(BUILD) $(PYTHON)

install: all
	@DESTDIR='$(DESTDIR)' cmake --install $(BUILD) --prefix '$(PREFIX)' >$(BUILD)/install.log
	@echo "install: truewheel, its engines and its man page are below $(DESTDIR)$(PREFIX)"

clean:
	rm -rf build build-*
