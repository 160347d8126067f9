# What an engine reads at run time, laid out in the build tree as it will be installed: share/truewheel/{pyshim,pip}.

set(data_dir "${PROJECT_BINARY_DIR}/share/truewheel")
file(MAKE_DIRECTORY "${data_dir}")
file(CREATE_LINK "${PROJECT_SOURCE_DIR}/pyshim" "${data_dir}/pyshim" SYMBOLIC)
install(DIRECTORY pyshim DESTINATION share/truewheel
    FILES_MATCHING PATTERN "*.py" PATTERN "py.typed" PATTERN "__pycache__" EXCLUDE)

# Without an index there is no pinned pip; the engine then uses the interpreter's bundled one, and the next build tries
# again, because the stamp is still missing. A package has it, or is not made.
set(pip_stamp "${data_dir}/pip/.truewheel-${TRUEWHEEL_PIP_VERSION}")
set(get_pip "${PROJECT_SOURCE_DIR}/tools/fetch-pip")
set(get_pip_command "${get_pip}" "${TRUEWHEEL_PIP_VERSION}" "${TRUEWHEEL_PIP_SHA256}" "${data_dir}/pip" ${pythons})
if(TRUEWHEEL_PACKAGE STREQUAL "wheel")
    set(get_pip "${PROJECT_SOURCE_DIR}/cmake/copy_pip.py")
    set(get_pip_command "${Python3_EXECUTABLE}" -B "${get_pip}" "${TRUEWHEEL_PIP_VERSION}" "${TRUEWHEEL_PIP_CONTENT}"
        "${data_dir}/pip")
elseif(TRUEWHEEL_PACKAGE)
    list(INSERT get_pip_command 1 --required)
endif()
add_custom_command(
    OUTPUT "${pip_stamp}"
    COMMAND ${get_pip_command}
    DEPENDS "${get_pip}"
    COMMENT "pip ${TRUEWHEEL_PIP_VERSION}"
    VERBATIM)
add_custom_target(pinned_pip ALL DEPENDS "${pip_stamp}")
install(DIRECTORY "${data_dir}/pip" DESTINATION share/truewheel OPTIONAL)

if(NOT TRUEWHEEL_PACKAGE) # which has its own place for it
    install(FILES LICENSE DESTINATION share/doc/truewheel OPTIONAL)
endif()

# The manual pages: prose from docs/, options from the program's own help.
if(TARGET truewheel)
    set(manual_dir "${PROJECT_BINARY_DIR}/share/man/man1")
    set(manual_stamp "${PROJECT_BINARY_DIR}/generated/manual.stamp")
    file(MAKE_DIRECTORY "${manual_dir}")
    file(GLOB manual_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/*.1.in")
    add_custom_command(
        OUTPUT "${manual_stamp}"
        COMMAND "${first_python}" -I "${PROJECT_SOURCE_DIR}/tools/make_manual.py"
            "${PROJECT_SOURCE_DIR}/docs" $<TARGET_FILE:truewheel> ${PROJECT_VERSION} "${manual_dir}"
        COMMAND ${CMAKE_COMMAND} -E touch "${manual_stamp}"
        DEPENDS truewheel tools/make_manual.py ${manual_sources}
        COMMENT "manual pages"
        VERBATIM)
    add_custom_target(manual ALL DEPENDS "${manual_stamp}")
    if(NOT TRUEWHEEL_PACKAGE STREQUAL "deb") # where they are compressed
        install(DIRECTORY "${manual_dir}" DESTINATION share/man FILES_MATCHING PATTERN "*.1")
    endif()
endif()

# Completion for shells, each where the shell looks for it below a prefix.
if(TARGET truewheel)
    set(completions
        bash share/bash-completion/completions truewheel
        zsh share/zsh/site-functions _truewheel
        fish share/fish/vendor_completions.d truewheel.fish)
    set(completion_files "")
    while(completions)
        list(POP_FRONT completions shell directory name)
        set(completion "${PROJECT_BINARY_DIR}/${directory}/${name}")
        file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/${directory}")
        add_custom_command(
            OUTPUT "${completion}"
            COMMAND $<TARGET_FILE:truewheel> completion ${shell} > "${completion}.new"
            COMMAND ${CMAKE_COMMAND} -E rename "${completion}.new" "${completion}"
            DEPENDS truewheel
            COMMENT "completion for ${shell}"
            VERBATIM)
        if(TRUEWHEEL_PACKAGE STREQUAL "deb") # Debian's zsh looks elsewhere for what packages bring
            string(REPLACE zsh/site-functions zsh/vendor-completions directory ${directory})
        endif()
        install(FILES "${completion}" DESTINATION ${directory})
        list(APPEND completion_files "${completion}")
    endwhile()
    add_custom_target(completions ALL DEPENDS ${completion_files})
endif()
