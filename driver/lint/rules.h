/*
 * What `truewheel check` looks for: rules with codes that stay, by theme. TW1: the archive; TW2: name and
 * tags; TW3: metadata; TW4: RECORD; TW5: what is installed; TW6: native code; TW7: traces of the build;
 * TW8: what PyPI refuses although installers take it. docs/check.md is made from this table.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"

enum lint_rule {
    LINT_ARCHIVE,
    LINT_DUPLICATE_NAME,
    LINT_UNSAFE_NAME,
    LINT_FILE_AND_DIRECTORY,
    LINT_SPECIAL_FILE,
    LINT_UNREADABLE_ENTRY,
    LINT_DAMAGED,
    LINT_CASE_TWINS,
    LINT_WINDOWS_NAME,
    LINT_MODE,
    LINT_NORMAL_FORM,

    LINT_FILE_NAME,
    LINT_DIST_INFO,
    LINT_IDENTITY,
    LINT_TAGS,
    LINT_ODD_TAG,
    LINT_PURELIB,
    LINT_BUILD_NUMBER,

    LINT_NO_METADATA,
    LINT_FIELD_MISSING,
    LINT_VERSION,
    LINT_REQUIRES_PYTHON,
    LINT_REQUIRES_DIST,
    LINT_EXTRA,
    LINT_CONTENT_TYPE,
    LINT_LICENSE_FILE,
    LINT_ENTRY_POINTS,

    LINT_NO_RECORD,
    LINT_RECORD_FORM,
    LINT_NOT_LISTED,
    LINT_LISTED_ONLY,
    LINT_WRONG_DIGEST,
    LINT_WEAK_DIGEST,

    LINT_EMPTY,
    LINT_COMMON_NAME,
    LINT_BYTECODE,
    LINT_TOP_INIT,
    LINT_NOT_IMPORTABLE,
    LINT_TOP_FILE,
    LINT_JUNK,
    LINT_DATA_DIRECTORY,
    LINT_COPY,

    LINT_NOT_PURE,
    LINT_MACHINE,
    LINT_LIBC,
    LINT_RPATH,
    LINT_NEEDED_PATH,
    LINT_MODULE_TAG,
    LINT_ELF,

    LINT_HOME_PATH,
    LINT_TEMPORARY_PATH,
    LINT_BUILD_PATH,
    LINT_IDENTIFIED,
    LINT_BUILD_DATE,

    LINT_PYPI_PLATFORM,
    LINT_PYPI_NAME,
    LINT_PYPI_LOCAL_VERSION,
    LINT_PYPI_DIRECT_REFERENCE,
    LINT_PYPI_ARCHIVE,
    LINT_PYPI_METADATA,
    LINT_PYPI_RATIO,
    LINT_RULE_COUNT
};

enum lint_severity { LINT_ERROR, LINT_WARNING, LINT_NOTE };

struct lint_rule_info {
    const char *code; /* "TW101" */
    const char *name; /* "archive" */
    enum lint_severity severity;
    bool by_default; /* looked for unless something else is selected */
    bool fixable;    /* the normal form has it not */
    const char *meaning;
    const char *remedy;
};

const struct lint_rule_info *lint_rule_info(enum lint_rule rule);
const char *lint_severity_name(enum lint_severity severity);

/* Which rules are looked for. */
struct lint_selection {
    bool on[LINT_RULE_COUNT];
};

/*
 * `select` and `ignore` are lists of codes, beginnings of codes ("TW4") or ALL, each item possibly several
 * with commas between. An empty `select` means the rules that are on by default. ERR_USAGE for one that
 * fits no rule.
 */
int lint_select(const struct strv *select, const struct strv *ignore,
                struct lint_selection *ret_selection, struct err *err);
