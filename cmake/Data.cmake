# What an engine reads at run time, laid out in the build tree as it will be installed: share/truewheel/{pyshim,pip}.

set(data_dir "${PROJECT_BINARY_DIR}/share/truewheel")
file(MAKE_DIRECTORY "${data_dir}")
file(CREATE_LINK "${PROJECT_SOURCE_DIR}/pyshim" "${data_dir}/pyshim" SYMBOLIC)
install(DIRECTORY pyshim DESTINATION share/truewheel
    FILES_MATCHING PATTERN "*.py" PATTERN "py.typed" PATTERN "__pycache__" EXCLUDE)

# Without an index there is no pinned pip; the engine then uses the interpreter's bundled one, and the next build tries
# again, because the stamp is still missing.
set(pip_stamp "${data_dir}/pip/.truewheel-${TRUEWHEEL_PIP_VERSION}")
add_custom_command(
    OUTPUT "${pip_stamp}"
    COMMAND "${PROJECT_SOURCE_DIR}/tools/fetch-pip" "${TRUEWHEEL_PIP_VERSION}" "${TRUEWHEEL_PIP_SHA256}"
        "${data_dir}/pip" ${pythons}
    DEPENDS "${PROJECT_SOURCE_DIR}/tools/fetch-pip"
    COMMENT "pip ${TRUEWHEEL_PIP_VERSION}"
    VERBATIM)
add_custom_target(pinned_pip ALL DEPENDS "${pip_stamp}")
install(DIRECTORY "${data_dir}/pip" DESTINATION share/truewheel OPTIONAL)

install(FILES LICENSE DESTINATION share/doc/truewheel OPTIONAL)

# The manual page: prose from docs/, options from the program's own help.
if(TARGET truewheel)
    set(manual "${PROJECT_BINARY_DIR}/share/man/man1/truewheel.1")
    file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/share/man/man1")
    add_custom_command(
        OUTPUT "${manual}"
        COMMAND "${first_python}" -I "${PROJECT_SOURCE_DIR}/tools/make_manual.py"
            "${PROJECT_SOURCE_DIR}/docs/truewheel.1.in" $<TARGET_FILE:truewheel> ${PROJECT_VERSION} > "${manual}.new"
        COMMAND ${CMAKE_COMMAND} -E rename "${manual}.new" "${manual}"
        DEPENDS truewheel tools/make_manual.py docs/truewheel.1.in
        COMMENT "truewheel.1"
        VERBATIM)
    add_custom_target(manual ALL DEPENDS "${manual}")
    install(FILES "${manual}" DESTINATION share/man/man1)
endif()
