# pythons: the interpreters that get an engine; TRUEWHEEL_DEFAULT_PYTHON: the version of the first one.

set(pythons ${TRUEWHEEL_PYTHONS})
if(NOT pythons)
    set(pythons ${TRUEWHEEL_PYTHON})
endif()
if(NOT pythons)
    # The python3 that a user would start, rather than the newest one that is somewhere on the machine.
    set(Python3_FIND_STRATEGY LOCATION)
    set(Python3_FIND_UNVERSIONED_NAMES FIRST)
    find_package(Python3 3.10 REQUIRED COMPONENTS Interpreter)
    set(pythons "${Python3_EXECUTABLE}")
endif()
list(GET pythons 0 first_python)
probe_python("${first_python}" first)
set(TRUEWHEEL_DEFAULT_PYTHON "${first_version}")

# TRUEWHEEL_PYTHONS_TABLE: version and interpreter of every engine, the default's first, as C initialisers.
set(TRUEWHEEL_PYTHONS_TABLE "")
foreach(python IN LISTS pythons)
    probe_python("${python}" each)
    string(APPEND TRUEWHEEL_PYTHONS_TABLE " \\\n    {\"${each_version}\", \"${each_executable}\"},")
endforeach()
