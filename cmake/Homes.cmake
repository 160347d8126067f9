# home_prefix, home_build: where a copy of `truewheel` that lies alone finds its engine (driver/jobs/engine_place.h). A
# package knows nothing of the machine that it was built on: an environment may be anywhere, a .deb is below its prefix.

set(home_prefix "${CMAKE_INSTALL_PREFIX}")
set(home_build "${PROJECT_BINARY_DIR}")
if(TRUEWHEEL_PACKAGE)
    set(home_build "")
endif()
if(TRUEWHEEL_PACKAGE STREQUAL "wheel")
    set(home_prefix "")
endif()
