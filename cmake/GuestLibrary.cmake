# libtruewheel-guest.so, which builds preload into their programs (driver/preload). Needs libc alone,
# runs in programs of any kind, and its bytes are an input of builds: so no sanitizer, no fortified
# functions, no debug information.

include(CheckLinkerFlag)

file(GLOB guest_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/driver/preload/*.c")
add_library(truewheel-guest MODULE ${guest_sources})
target_link_libraries(truewheel-guest PRIVATE standard_warnings ${CMAKE_DL_LIBS})
target_include_directories(truewheel-guest PRIVATE "${PROJECT_SOURCE_DIR}/driver")
target_compile_definitions(truewheel-guest PRIVATE _GNU_SOURCE)
target_compile_options(truewheel-guest PRIVATE -O2 -g0 -U_FORTIFY_SOURCE -fno-stack-protector)
# Every program of a build loads it: as few pages and as few symbols to look up as can be.
check_linker_flag(C LINKER:-z,noseparate-code HAVE_NOSEPARATE_CODE)
target_link_options(truewheel-guest PRIVATE
    LINKER:--as-needed LINKER:-z,lazy LINKER:-z,norelro LINKER:-z,noexecstack LINKER:-Bsymbolic
    LINKER:--build-id=none LINKER:-s $<$<BOOL:${HAVE_NOSEPARATE_CODE}>:LINKER:-z,noseparate-code>)
set_target_properties(truewheel-guest PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${data_dir}")
install(TARGETS truewheel-guest LIBRARY DESTINATION share/truewheel)
