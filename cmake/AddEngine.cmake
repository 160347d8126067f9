# add_engine(PYTHON): the engine executable for one interpreter, `truewheel-engine-X.Y`.
# Everything that it must agree on with the interpreter is asked from the interpreter (probe_python.py).

function(probe_python python ret_prefix)
    execute_process(
        COMMAND "${python}" -I "${PROJECT_SOURCE_DIR}/cmake/probe_python.py"
        OUTPUT_VARIABLE output
        RESULT_VARIABLE status
        OUTPUT_STRIP_TRAILING_WHITESPACE
    )
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "cannot run '${python}': ${status}")
    endif()
    foreach(name IN ITEMS version full_version executable stamp include library link_flags)
        set(value "")
        if(output MATCHES "(^|\n)${name}=([^\n]*)")
            set(value "${CMAKE_MATCH_2}")
        endif()
        set(${ret_prefix}_${name} "${value}" PARENT_SCOPE)
    endforeach()
endfunction()

function(add_engine python)
    probe_python("${python}" py)
    if(NOT py_include OR NOT py_library)
        message(FATAL_ERROR "'${python}' (Python ${py_version}) has no headers or no libpython: "
            "install its development package (Debian: python${py_version}-dev)")
    endif()
    set(target "truewheel-engine-${py_version}")
    if(TARGET ${target})
        message(FATAL_ERROR "two interpreters of version ${py_version} in TRUEWHEEL_PYTHONS")
    endif()
    add_executable(${target} ${engine_sources})
    target_include_directories(${target} SYSTEM PRIVATE "${py_include}")
    target_compile_definitions(${target} PRIVATE
        TRUEWHEEL_ENGINE_PYTHON="${py_executable}"
        TRUEWHEEL_ENGINE_VERSION="${py_version}")
    target_link_libraries(${target} PRIVATE
        standard_settings standard_warnings truewheel_core "${py_library}")
    if(py_link_flags)
        separate_arguments(flags UNIX_COMMAND "${py_link_flags}")
        target_link_libraries(${target} PRIVATE ${flags})
    endif()
    # A Python outside the system's library path (pyenv, /opt) is found where it was linked, wherever the engine is.
    set_target_properties(${target} PROPERTIES INSTALL_RPATH_USE_LINK_PATH TRUE ENABLE_EXPORTS TRUE)
    install(TARGETS ${target} DESTINATION libexec/truewheel)
    message(STATUS "engine for Python ${py_version}: ${py_executable}, ${py_library}")
endfunction()
