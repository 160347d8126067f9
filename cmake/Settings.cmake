# standard_settings and standard_warnings: what every target of the project is compiled with.

include(CheckCCompilerFlag)

set(TRUEWHEEL_SANITIZE "" CACHE STRING "sanitizers to build with: address,undefined or thread")
option(TRUEWHEEL_WERROR "warnings are errors" OFF)
option(TRUEWHEEL_COVERAGE "count which lines run" OFF)
option(TRUEWHEEL_HARDEN "stack protector, _FORTIFY_SOURCE, RELRO, PIE" ON)

add_library(standard_settings INTERFACE)
target_compile_definitions(standard_settings INTERFACE _GNU_SOURCE)
target_compile_options(standard_settings INTERFACE -fno-common -fno-strict-aliasing)
target_include_directories(standard_settings INTERFACE
    "${PROJECT_SOURCE_DIR}/driver" "${PROJECT_BINARY_DIR}/generated")
# What is linked statically (zlib) is ours alone: not exported, so no preloaded library can take its place.
target_link_options(standard_settings INTERFACE LINKER:--exclude-libs,libz.a LINKER:--as-needed)

# A package holds no path of the machine that it was built on.
if(TRUEWHEEL_PACKAGE)
    target_compile_options(standard_settings INTERFACE
        "-ffile-prefix-map=${PROJECT_SOURCE_DIR}=/usr/src/truewheel"
        "-ffile-prefix-map=${PROJECT_BINARY_DIR}=/usr/src/truewheel/build")
endif()

if(TRUEWHEEL_FUZZ)
    target_compile_options(standard_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(TRUEWHEEL_SANITIZE)
    target_compile_options(standard_settings INTERFACE
        -fsanitize=${TRUEWHEEL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(standard_settings INTERFACE -fsanitize=${TRUEWHEEL_SANITIZE})
elseif(TRUEWHEEL_COVERAGE)
    target_compile_options(standard_settings INTERFACE --coverage)
    target_compile_definitions(standard_settings INTERFACE TRUEWHEEL_COVERAGE=1)
    target_link_options(standard_settings INTERFACE --coverage)
elseif(TRUEWHEEL_HARDEN)
    target_compile_options(standard_settings INTERFACE
        -fstack-protector-strong -fstack-clash-protection
        $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE$<SEMICOLON>-D_FORTIFY_SOURCE=2>)
    target_link_options(standard_settings INTERFACE LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack)
    check_c_compiler_flag(-fcf-protection HAVE_CF_PROTECTION)
    if(HAVE_CF_PROTECTION)
        target_compile_options(standard_settings INTERFACE -fcf-protection)
    endif()
endif()

add_library(standard_warnings INTERFACE)
# A call whose failure does not matter is cast to void, with the reason; gcc warns of some of those nevertheless.
target_compile_options(standard_warnings INTERFACE
    -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
    -Wpointer-arith $<$<C_COMPILER_ID:Clang>:-Wno-format-nonliteral> -Wimplicit-fallthrough -Wno-unused-result -Werror=implicit-function-declaration -Werror=int-conversion $<$<BOOL:${TRUEWHEEL_WERROR}>:-Werror>)
