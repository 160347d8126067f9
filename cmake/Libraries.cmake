# truewheel_libraries: everything the rooms without Python link.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(liblzma REQUIRED IMPORTED_TARGET liblzma)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(libcrypto REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(libseccomp REQUIRED IMPORTED_TARGET libseccomp)

# The reference zlib, from its archive: the bytes of a wheel are the bytes of this compressor, so whatever zlib the
# system loads, preloads or replaces later must not be able to change them.
find_path(TRUEWHEEL_ZLIB_INCLUDE zlib.h REQUIRED)
find_library(TRUEWHEEL_ZLIB_ARCHIVE libz.a)
if(NOT TRUEWHEEL_ZLIB_ARCHIVE)
    message(FATAL_ERROR "no libz.a: install zlib with its static library (Debian: zlib1g-dev, Fedora: zlib-static)")
endif()
file(STRINGS "${TRUEWHEEL_ZLIB_INCLUDE}/zlib.h" zlib_lines REGEX "#define (ZLIB_VERSION|ZLIBNG_VERSION|CF_|LIBDEFLATE)")
if(zlib_lines MATCHES "ZLIBNG|CF_")
    message(FATAL_ERROR "${TRUEWHEEL_ZLIB_INCLUDE}/zlib.h is not the reference zlib: its streams differ")
endif()
string(REGEX MATCH "ZLIB_VERSION \"([^\"]+)\"" matched "${zlib_lines}")
set(TRUEWHEEL_ZLIB_VERSION "${CMAKE_MATCH_1}")

add_library(truewheel_libraries INTERFACE)
target_include_directories(truewheel_libraries SYSTEM INTERFACE "${TRUEWHEEL_ZLIB_INCLUDE}")
target_link_libraries(truewheel_libraries INTERFACE
    "${TRUEWHEEL_ZLIB_ARCHIVE}" PkgConfig::libzip PkgConfig::liblzma PkgConfig::jansson PkgConfig::libcrypto
    PkgConfig::libseccomp Threads::Threads m)
message(STATUS "zlib ${TRUEWHEEL_ZLIB_VERSION}: ${TRUEWHEEL_ZLIB_ARCHIVE}")

# elfutils, by which `diff` and `check` look into ELF files. Everything else works without.
set(TRUEWHEEL_ELF "AUTO" CACHE STRING "look into ELF files: ON, OFF, or AUTO (when libelf and libdw are there)")
set(TRUEWHEEL_WITH_ELF OFF)
if(NOT TRUEWHEEL_ELF STREQUAL "OFF")
    pkg_check_modules(elfutils IMPORTED_TARGET libdw libelf)
    if(elfutils_FOUND)
        set(TRUEWHEEL_WITH_ELF ON)
        target_link_libraries(truewheel_libraries INTERFACE PkgConfig::elfutils)
        message(STATUS "elfutils ${elfutils_libdw_VERSION}: diff and check look into ELF files")
    elseif(TRUEWHEEL_ELF STREQUAL "AUTO")
        message(WARNING "diff and check will not look into ELF files: libdw and libelf are missing (Debian: libdw-dev, "
            "Fedora: elfutils-devel, Alpine: elfutils-dev, Arch: libelf)")
    else()
        message(FATAL_ERROR "TRUEWHEEL_ELF=ON needs libdw and libelf (Debian: libdw-dev, Fedora: elfutils-devel, Alpine: "
            "elfutils-dev, Arch: libelf); TRUEWHEEL_ELF=OFF builds without a look into ELF files")
    endif()
endif()
