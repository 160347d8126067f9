# generated/guard_names.h: pyshim/guards.py has the one table of guards, C gets their names from it.

set(guards_maker "${PROJECT_SOURCE_DIR}/cmake/make_guards.py")
execute_process(
    COMMAND "${first_python}" -I -B "${guards_maker}"
    OUTPUT_VARIABLE guards_header
    COMMAND_ERROR_IS_FATAL ANY)
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/generated/guard_names.h" CONTENT "@guards_header@" @ONLY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    "${guards_maker}" "${PROJECT_SOURCE_DIR}/pyshim/guards.py")
