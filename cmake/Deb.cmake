# The .deb, made by `make deb` (tools/make-deb): what dpkg and Debian's policy want to know, and CPack.

find_program(GZIP gzip REQUIRED)
set(deb_dir "${PROJECT_BINARY_DIR}/deb")
set(deb_doc share/doc/truewheel)
set(DEB_MAINTAINER "the authors of truewheel <truewheel@localhost>" CACHE STRING "who answers for the .deb")
file(MAKE_DIRECTORY "${deb_dir}")

# A pip of its own is in the package, with licenses of its own.
file(CONFIGURE OUTPUT "${deb_dir}/copyright" CONTENT
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: truewheel

Files: *
Copyright: 2026, the authors of truewheel
License: Apache-2.0

Files: /usr/share/truewheel/pip/*
Copyright: 2008-2026, the authors of pip and of what it vendors
License: Expat and others
 The text of each stands in /usr/share/truewheel/pip/pip-@TRUEWHEEL_PIP_VERSION@.dist-info/licenses.

License: Apache-2.0
 On Debian systems the text of the license is in /usr/share/common-licenses/Apache-2.0.
" @ONLY)
install(FILES "${deb_dir}/copyright" DESTINATION ${deb_doc})

# What lintian would say of what is meant so.
file(WRITE "${deb_dir}/lintian-overrides"
"# The pinned pip of the engines: a wheel's bytes must not depend on the pip of the machine. Its bytecode is made when
# the package is, never again (the sources are pinned too).
truewheel: package-installs-python-bytecode *
truewheel: package-installs-python-pycache-dir *
truewheel: unusual-interpreter *
# The library that builds preload lies with the data of the engines, and lets its pages be few.
truewheel: arch-dependent-file-in-usr-share *
truewheel: hardening-no-relro *
# A build's key has the versions of the packages that it reads; it asks dpkg's list, without starting dpkg.
truewheel: uses-dpkg-database-directly *
# Not a package of the Debian archive.
truewheel: initial-upload-closes-no-bugs *
truewheel: bogus-mail-host *
truewheel: bogus-mail-host-in-debian-changelog *
# The bytes of a wheel are those of this zlib, whatever the machine's is later (cmake/Libraries.cmake).
truewheel: embedded-library zlib *
")
install(FILES "${deb_dir}/lintian-overrides" DESTINATION share/lintian/overrides RENAME truewheel)

install(CODE "execute_process(COMMAND \"${GZIP}\" -9nc \"${PROJECT_SOURCE_DIR}/CHANGELOG.md\"
    OUTPUT_FILE \"${deb_dir}/changelog.gz\" COMMAND_ERROR_IS_FATAL ANY)
file(GLOB pages RELATIVE \"${manual_dir}\" \"${manual_dir}/*.1\")
file(REMOVE_RECURSE \"${deb_dir}/man1\")
file(MAKE_DIRECTORY \"${deb_dir}/man1\")
foreach(page IN LISTS pages)
    execute_process(COMMAND \"${GZIP}\" -9nc \"${manual_dir}/\${page}\"
        OUTPUT_FILE \"${deb_dir}/man1/\${page}.gz\" COMMAND_ERROR_IS_FATAL ANY)
endforeach()
string(TIMESTAMP date \"%a, %d %b %Y %H:%M:%S +0000\" UTC)
file(WRITE \"${deb_dir}/changelog.Debian\" \"truewheel (${PROJECT_VERSION}-1) unstable; urgency=medium\n
  * See changelog.gz.\n
 -- ${DEB_MAINTAINER}  \${date}\n\")
execute_process(COMMAND \"${GZIP}\" -9nc \"${deb_dir}/changelog.Debian\"
    OUTPUT_FILE \"${deb_dir}/changelog.Debian.gz\" COMMAND_ERROR_IS_FATAL ANY)")
install(FILES "${deb_dir}/changelog.gz" "${deb_dir}/changelog.Debian.gz" DESTINATION ${deb_doc})
install(DIRECTORY "${deb_dir}/man1" DESTINATION share/man)

# The engines run the interpreters that they were built for; dpkg-shlibdeps knows of the libraries alone.
set(deb_pythons "")
foreach(python IN LISTS pythons)
    probe_python("${python}" each)
    list(APPEND deb_pythons "python${each_version}")
endforeach()
list(JOIN deb_pythons ", " deb_needs)
list(TRANSFORM deb_pythons APPEND "-dev")
list(JOIN deb_pythons ", " deb_build_needs)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME truewheel)
set(CPACK_PACKAGE_CONTACT "${DEB_MAINTAINER}")
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "build Python wheels: the same bytes from the same inputs")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"truewheel does what `pip wheel` does, with pip's own resolver, but builds many
requirements at once, each where nobody else can see it, and so that the bytes
of a wheel depend on its inputs alone.")
set(CPACK_PACKAGING_INSTALL_PREFIX "${CMAKE_INSTALL_PREFIX}")
set(CPACK_PACKAGE_DIRECTORY "${deb_dir}")
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
    WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "${deb_needs}")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "gcc, g++, libc6-dev, ca-certificates, ${deb_build_needs}")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "git, cargo, patch")
include(CPack)
