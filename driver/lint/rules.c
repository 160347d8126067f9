/* The rules: codes, meanings and remedies. */
#include "lint/rules.h"

#include <string.h>

#include "base/str.h"

#define RULE(id, code_, name_, severity_, fixable_, meaning_, remedy_)                             \
    [LINT_##id] = {.code = code_,                                                                  \
                   .name = name_,                                                                  \
                   .severity = LINT_##severity_,                                                   \
                   .by_default = LINT_##severity_ != LINT_NOTE,                                    \
                   .fixable = fixable_,                                                            \
                   .meaning = meaning_,                                                            \
                   .remedy = remedy_}

static const struct lint_rule_info rules[LINT_RULE_COUNT] = {
    RULE(ARCHIVE, "TW101", "archive", ERROR, false,
         "The file is not a plain zip archive: readers can see different files in it, or none. "
         "PyPI and truewheel refuse it.",
         "Build the wheel anew with a current tool; nothing may be put before, behind or "
         "between the files of an archive."),
    RULE(DUPLICATE_NAME, "TW102", "duplicate-name", ERROR, false,
         "A name is in the archive twice. Installers keep one of the two files; PyPI refuses it.",
         "Two rules of the project's configuration bring the file, such as a package and a list "
         "of data files: let one of them."),
    RULE(UNSAFE_NAME, "TW103", "unsafe-name", ERROR, false,
         "A name leads out of the directory that is installed to, or cannot be shown: absolute, "
         "with '..', '.', '//', a backslash or a control character.",
         "Write the path with '/', relative and plain, in the project's configuration."),
    RULE(FILE_AND_DIRECTORY, "TW104", "file-and-directory", ERROR, false,
         "A name is a file and a directory at once: one of them cannot be installed.",
         "Rename one of the two."),
    RULE(SPECIAL_FILE, "TW105", "special-file", ERROR, false,
         "The archive holds a symbolic link or another special file. Installers write its "
         "target as text, or refuse the wheel.",
         "Put the file itself into the project, or make the link when the program starts."),
    RULE(UNREADABLE_ENTRY, "TW106", "unreadable-entry", ERROR, false,
         "A file is encrypted, or packed in a way that Python's zipfile does not read.",
         "Pack files by deflate, or store them."),
    RULE(DAMAGED, "TW107", "damaged", ERROR, false,
         "A file does not unpack to the size and checksum that the archive says, or to far more "
         "than a wheel holds.",
         "Fetch or build the wheel again."),
    RULE(CASE_TWINS, "TW108", "case-twins", WARNING, false,
         "Two names differ in the case of letters alone: on Windows and macOS they are one file.",
         "Rename one of the two."),
    RULE(WINDOWS_NAME, "TW109", "windows-name", WARNING, false,
         "Windows cannot have a file of that name: a device (aux, con, com1), one of <>:\"|?*, "
         "or a dot or blank at the end. Not looked for in wheels of another platform.",
         "Rename the file, or leave it out."),
    RULE(MODE, "TW110", "mode", WARNING, true,
         "Files are writable for everybody, or run as another user (set-uid), by the modes in "
         "the archive. pip does not keep them, unzip and other installers do. Not looked for in "
         "wheels for Windows.",
         "Build with umask 022. 'truewheel normalize' or --fix sets the modes."),
    RULE(NORMAL_FORM, "TW111", "normal-form", NOTE, true,
         "The wheel is not in truewheel's normal form: another build of the same content has "
         "other bytes.",
         "'truewheel normalize' or --fix rewrites it; its content stays the same."),

    RULE(FILE_NAME, "TW201", "file-name", ERROR, false,
         "The file's name is not one of a wheel: NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl. "
         "pip does not take it.",
         "Do not rename wheels; build it anew."),
    RULE(DIST_INFO, "TW202", "dist-info", ERROR, false,
         "There is no *.dist-info directory, or more than one, or it is of another project or "
         "version than the file's name.",
         "Do not rename wheels; remove build/ before building again."),
    RULE(IDENTITY, "TW203", "identity", ERROR, false,
         "METADATA has another name or version than the file's name. pip refuses the wheel.",
         "Do not rename wheels; the version is set in one place of the project."),
    RULE(TAGS, "TW204", "tags", ERROR, false, "The tags in WHEEL are not those of the file's name.",
         "'python -m wheel tags' changes both."),
    RULE(ODD_TAG, "TW205", "odd-tag", WARNING, false,
         "A tag is of no form that installers know: they never find the wheel to be compatible.",
         "Let the build backend choose the tags."),
    RULE(PURELIB, "TW206", "purelib", ERROR, false,
         "Root-Is-Purelib in WHEEL is missing, or neither 'true' nor 'false': installers "
         "disagree on where the files go.",
         "Build with a current backend."),
    RULE(BUILD_NUMBER, "TW207", "build-number", WARNING, false,
         "The build number in WHEEL is not that of the file's name.",
         "'python -m wheel tags --build' changes both."),

    RULE(NO_METADATA, "TW301", "no-metadata", ERROR, false,
         "METADATA or WHEEL is missing, or cannot be read.", "Build with a current backend."),
    RULE(FIELD_MISSING, "TW302", "field-missing", ERROR, false,
         "A field that every wheel must have is missing, empty or there twice: "
         "Metadata-Version, Name, Version; Wheel-Version.",
         "Build with a current backend."),
    RULE(VERSION, "TW303", "version", ERROR, false,
         "The version is none by PEP 440, or Metadata-Version is not known.",
         "Give the project a version such as 1.2.3, 1.2.3rc1 or 1.2.3.post1."),
    RULE(REQUIRES_PYTHON, "TW304", "requires-python", ERROR, false,
         "Requires-Python cannot be read (PEP 440): pip refuses the wheel.",
         "Write it like '>=3.9' or '>=3.9,<4'."),
    RULE(REQUIRES_DIST, "TW305", "requires-dist", ERROR, false,
         "A requirement cannot be read (PEP 508): pip refuses the wheel.",
         "Write it like 'name[extra] >=1.0,<2; python_version < \"3.11\"'."),
    RULE(EXTRA, "TW306", "extra", WARNING, false,
         "A requirement is for an extra that Provides-Extra does not name, or an extra's name "
         "is none: nobody can ask for it.",
         "Name the extra in the project's optional dependencies."),
    RULE(CONTENT_TYPE, "TW307", "content-type", ERROR, false,
         "Description-Content-Type is none that PyPI shows: text/plain, text/x-rst or "
         "text/markdown, in UTF-8.",
         "Correct it in the project's configuration ('readme')."),
    RULE(LICENSE_FILE, "TW308", "license-file", ERROR, false,
         "A License-File that METADATA names is not in the wheel (PEP 639). PyPI refuses it.",
         "Correct 'license-files' in the project's configuration."),
    RULE(ENTRY_POINTS, "TW309", "entry-points", ERROR, false,
         "entry_points.txt cannot be read, or a script's name or target is none. PyPI refuses "
         "it, pip makes no script.",
         "Write entry points like 'name = package.module:function'."),

    RULE(NO_RECORD, "TW401", "no-record", ERROR, false,
         "There is no RECORD. No installer takes the wheel, nor does PyPI.",
         "Build with a current backend; after changing a wheel use 'python -m wheel pack'."),
    RULE(RECORD_FORM, "TW402", "record-form", ERROR, false,
         "RECORD cannot be read as a list of files.",
         "Build with a current backend; after changing a wheel use 'python -m wheel pack'."),
    RULE(NOT_LISTED, "TW403", "not-listed", ERROR, true,
         "A file is not in RECORD: nobody checks or uninstalls it. PyPI warns, and has "
         "announced to refuse it.",
         "'truewheel normalize' or --fix writes RECORD anew, if the file is meant to be there."),
    RULE(
        LISTED_ONLY, "TW404", "listed-only", ERROR, true,
        "RECORD lists a file that is not there. PyPI warns, and has announced to refuse it.",
        "'truewheel normalize' or --fix writes RECORD anew, if the file is not meant to be there."),
    RULE(WRONG_DIGEST, "TW405", "wrong-digest", ERROR, false,
         "A file is not the one that RECORD lists: its digest or size differs. The wheel was "
         "changed after it was made.",
         "Find out who changed it. 'python -m wheel unpack' and 'pack' write RECORD anew."),
    RULE(WEAK_DIGEST, "TW406", "weak-digest", WARNING, true,
         "A file's row in RECORD has no digest, or one by an algorithm that is not allowed "
         "(md5, sha1).",
         "'truewheel normalize' or --fix writes RECORD anew."),

    RULE(EMPTY, "TW501", "empty", WARNING, false, "The wheel installs nothing but its metadata.",
         "Correct the list of packages in the project's configuration. A project that only has "
         "requirements ignores this."),
    RULE(COMMON_NAME, "TW502", "common-name", WARNING, false,
         "A directory such as tests, docs, build or src is installed beside the packages of all "
         "other projects, and overwrites theirs.",
         "Leave it out in the project's configuration ('exclude'), or move it into the package."),
    RULE(BYTECODE, "TW503", "bytecode", WARNING, false,
         "The wheel has compiled Python (.pyc, __pycache__), which is of one version of Python, "
         "has the time or path of its source in it, and is made at installation anyway.",
         "Leave it out: 'global-exclude *.py[cod]' in MANIFEST.in, or remove it before building."),
    RULE(TOP_INIT, "TW504", "top-init", WARNING, false,
         "__init__.py is installed beside all packages, where it makes a package of none.",
         "Correct where packages are looked for in the project's configuration."),
    RULE(NOT_IMPORTABLE, "TW505", "not-importable", NOTE, false,
         "A module cannot be imported by its path: a part of it is no identifier.",
         "Rename it, unless it is loaded in another way."),
    RULE(TOP_FILE, "TW506", "top-file", WARNING, false,
         "A file that is no module is installed beside all packages (README, LICENSE, "
         "setup.cfg, …), and overwrites those of others.",
         "Leave it out, or move it into the package. Licenses belong to 'license-files'."),
    RULE(JUNK, "TW507", "junk", WARNING, false,
         "The wheel has files of version control, editors, caches or operating systems (.git, "
         ".DS_Store, .swp, .pytest_cache, …).",
         "Leave them out in the project's configuration."),
    RULE(DATA_DIRECTORY, "TW508", "data-directory", ERROR, false,
         "A *.data directory is of another name than the wheel, or has a part that installers "
         "do not know (purelib, platlib, headers, scripts, data).",
         "Build with a current backend."),
    RULE(COPY, "TW509", "copy", WARNING, false,
         "A file is there twice, below different top-level names: what a renamed package, or "
         "build/, leaves.",
         "Remove build/ and the old package, then build again."),

    RULE(NOT_PURE, "TW601", "not-pure", ERROR, false,
         "A wheel for any platform has an extension module or a shared library.",
         "Build it with the tag of its platform; the backend does so for ext_modules."),
    RULE(MACHINE, "TW602", "machine", ERROR, false,
         "An extension module or library is for another processor or system than the platform tag.",
         "Build it on, or cross-compile it for, the platform of the tag."),
    RULE(LIBC, "TW603", "libc", ERROR, false,
         "A file needs a newer glibc than the manylinux tag promises, or the other C library.",
         "Build in the manylinux or musllinux image of the tag, or let auditwheel choose the tag."),
    RULE(RPATH, "TW604", "rpath", ERROR, false,
         "A file looks for libraries in an absolute directory (RPATH, RUNPATH), which is that "
         "of the machine that built it, and belongs to somebody else on others.",
         "Link with $ORIGIN, or let auditwheel repair the wheel."),
    RULE(NEEDED_PATH, "TW605", "needed-path", ERROR, false,
         "A file needs a library by an absolute path.",
         "Link by -l, with a library that has a soname."),
    RULE(MODULE_TAG, "TW606", "module-tag", ERROR, false,
         "An extension module is for another Python than the wheel's tag, by its name: it is "
         "never imported.",
         "Remove build/ before building for another Python."),
    RULE(ELF, "TW607", "elf", WARNING, false, "An ELF file cannot be read.",
         "Build it again; if it is test data, ignore this."),

    RULE(HOME_PATH, "TW701", "home-path", WARNING, false,
         "The path of somebody's home directory is in a file: the name of who built it, and "
         "other bytes for whoever builds again.",
         "Build at a path that is the same everywhere (truewheel does), or map it: "
         "-ffile-prefix-map, --remap-path-prefix."),
    RULE(TEMPORARY_PATH, "TW702", "temporary-path", WARNING, false,
         "The random name of a temporary directory is in a file: other bytes at each build.",
         "Build at a path that is the same everywhere (truewheel does), or map it: "
         "-ffile-prefix-map, --remap-path-prefix."),
    RULE(BUILD_PATH, "TW703", "build-path", NOTE, false,
         "The absolute path of a checkout or build directory is in a file.",
         "Build at a path that is the same everywhere (truewheel does), or map it: "
         "-ffile-prefix-map, --remap-path-prefix."),
    RULE(IDENTIFIED, "TW704", "identified", WARNING, false,
         "The name of this machine or of this user is in a file.",
         "Do not write it down in the build; -ffile-prefix-map for paths."),
    RULE(BUILD_DATE, "TW705", "build-date", WARNING, false,
         "The time of the build is in a file: other bytes at each build.",
         "Take the time from SOURCE_DATE_EPOCH (compilers do so for __DATE__), or leave it out."),

    RULE(PYPI_PLATFORM, "TW801", "pypi-platform", WARNING, false,
         "PyPI refuses wheels of this platform: linux_x86_64 says nothing about the C library.",
         "auditwheel repair gives it a manylinux or musllinux tag. Ignore TW8 for other indexes."),
    RULE(PYPI_NAME, "TW802", "pypi-name", WARNING, false,
         "PyPI refuses file names and *.dist-info directories that do not spell the project in "
         "its normal form (lower case, '_' for '-', '_' and '.').",
         "Build with a current backend. Ignore TW8 for other indexes."),
    RULE(PYPI_LOCAL_VERSION, "TW803", "pypi-local-version", WARNING, false,
         "PyPI refuses local versions (1.0+local).",
         "Publish without it. Ignore TW8 for other indexes."),
    RULE(PYPI_DIRECT_REFERENCE, "TW804", "pypi-direct-reference", WARNING, false,
         "PyPI refuses requirements that name an address (name @ https://…).",
         "Require a version. Ignore TW8 for other indexes."),
    RULE(PYPI_ARCHIVE, "TW805", "pypi-archive", WARNING, true,
         "PyPI refuses archives with data descriptors, comments on files, and files that are "
         "neither deflated nor stored.",
         "'truewheel normalize' or --fix rewrites the archive."),
    RULE(PYPI_METADATA, "TW806", "pypi-metadata", WARNING, false,
         "PyPI refuses Metadata-Version 2.0, a field that is newer than Metadata-Version, "
         "License beside License-Expression, a summary of more than 512 characters, and the "
         "classifier 'Private ::'.",
         "Build with a current backend; correct the project's configuration."),
    RULE(
        PYPI_RATIO, "TW807", "pypi-ratio", WARNING, false,
        "PyPI refuses wheels that unpack to more than 64 MiB and to more than 50 times their size.",
        "Leave out what is empty or generated."),
};

const struct lint_rule_info *lint_rule_info(enum lint_rule rule)
{
    return &rules[rule];
}

const char *lint_severity_name(enum lint_severity severity)
{
    static const char *const names[] = {"error", "warning", "note"};

    return names[severity];
}

/* -------------------------------------------------------------------------------------- selecting */

/* How many rules a code, or the beginning of one, stands for; those get the value. */
static size_t switch_rules(const char *code, bool value, struct lint_selection *selection)
{
    bool all = strcmp(code, "ALL") == 0;
    size_t count = 0;

    for (int i = 0; i < LINT_RULE_COUNT; i++) {
        if (!all && !str_starts(rules[i].code, code))
            continue;
        selection->on[i] = value;
        count++;
    }
    return count;
}

static int switch_all(const struct strv *lists, bool value, struct lint_selection *selection,
                      struct err *err)
{
    auto_strv struct strv codes = STRV_INIT;

    for (size_t i = 0; i < lists->count; i++)
        strv_split(&codes, lists->items[i], ", ");
    for (size_t i = 0; i < codes.count; i++) {
        if (switch_rules(codes.items[i], value, selection))
            continue;
        int ret =
            err_set(err, ERR_USAGE, "no check has a code that begins with '%s'", codes.items[i]);
        err_hint(err, "truewheel check --list-codes prints them");
        return ret;
    }
    return 0;
}

int lint_select(const struct strv *select, const struct strv *ignore,
                struct lint_selection *ret_selection, struct err *err)
{
    struct lint_selection selection = {{false}};
    int ret = 0;

    if (select->count)
        ret = switch_all(select, true, &selection, err);
    else
        for (int i = 0; i < LINT_RULE_COUNT; i++)
            selection.on[i] = rules[i].by_default;
    if (ret == 0)
        ret = switch_all(ignore, false, &selection, err);
    if (ret == 0)
        *ret_selection = selection;
    return ret;
}
