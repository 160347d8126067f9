/* From differences to a verdict. */
#include "published/judge.h"

#include <string.h>

#include "base/path.h"
#include "base/str.h"

static const struct row {
    const char *id, *text;
} rows[WHY_COUNT] = {
    [WHY_LINE_ENDS] = {"line-ends", "built from a checkout with CRLF line ends"},
    [WHY_NOT_IN_SDIST] = {"not-in-sdist", "it has files that are not in the sdist"},
    [WHY_NOT_INSTALLED] = {"not-installed",
                           "it has files of the sdist that this build does not install"},
    [WHY_EXTRA_FILE] = {"extra-file", "this build installs files that it does not have"},
    [WHY_GENERATED] = {"generated", "files that a build generates differ"},
    [WHY_OTHER_SOURCE] = {"other-source", "built from other sources than the sdist's"},
    [WHY_BUILD_PATH] = {"build-path", "a path of the publisher's machine is in it"},
    [WHY_BUILD_DATE] = {"build-date", "the time of the build is in it"},
    [WHY_PYTHON] = {"python", "built by another Python"},
    [WHY_NATIVE] = {"native", "compiled by other tools, or for another platform"},
    [WHY_HASH_ORDER] = {"hash-order", "the order of a set is in it (hash seed)"},
    [WHY_TAG] = {"tag", "its tags or its file's name were chosen by options of the build"},
    [WHY_TOOL_VERSION] = {"tool-version", "built by another version of the tools"},
    [WHY_ARCHIVE] = {"archive", "only the archive differs: modes of files"},
    [WHY_METADATA] = {"metadata", "other metadata, for a reason that cannot be told"},
};

const char *published_cause_id(enum published_cause cause)
{
    return rows[cause].id;
}

const char *published_cause_text(enum published_cause cause)
{
    return rows[cause].text;
}

const char *published_cause_find(const char *id)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (str_eq(rows[i].id, id))
            return rows[i].text;
    return NULL;
}

/* ------------------------------------------------------------------------------------- one finding */

/* The part of a file's name below *.dist-info; NULL for a file elsewhere. */
static const char *in_dist_info(const char *where)
{
    const char *slash = where ? strchr(where, '/') : NULL;
    static const char end[] = ".dist-info";
    size_t len = strlen(end);

    if (!slash || (size_t)(slash - where) < len || strncmp(slash - len, end, len) != 0)
        return NULL;
    return slash + 1;
}

/*
 * Whether the sdist has such a file: at that place, or below a directory that is not installed ("src").
 * Files of *.data are anywhere in an sdist.
 */
static bool is_in_sdist(const char *where, const struct strv *names)
{
    const char *first = strchr(where, '/');
    static const char data[] = ".data";
    bool moved = first && (size_t)(first - where) > strlen(data) &&
                 strncmp(first - strlen(data), data, strlen(data)) == 0;
    const char *name = moved ? path_base(where) : where;
    auto_free char *below = xasprintf("/%s", name);

    for (size_t i = 0; i < names->count; i++)
        if (str_eq(names->items[i], name) || str_ends(names->items[i], below))
            return true;
    return false;
}

static bool is_bytecode(const char *where)
{
    return str_ends(where, ".pyc") || str_ends(where, ".pyo");
}

static enum published_cause cause_of_missing(const struct finding *f, const struct strv *names)
{
    if (is_bytecode(f->where))
        return WHY_GENERATED;
    if (!f->a) /* the built one alone has it */
        return WHY_EXTRA_FILE;
    return is_in_sdist(f->where, names) ? WHY_NOT_INSTALLED : WHY_NOT_IN_SDIST;
}

/* What versions of tools decide, when it differs and nobody wrote it into the project. */
static bool is_of_tools(const char *field)
{
    static const char *const fields[] = {
        "Metadata-Version",
        "Platform",
        "License-File",
        "Dynamic",
        "Description-Content-Type",
        "Provides-Extra",
        "License",
        "Home-page",
        "Author",
        "Author-email",
        "Keywords",
        "Classifier",
        "License-Expression",
        "Maintainer",
        "Project-URL",
        "Requires-Dist",
        "Requires-Python",
        "Download-URL",
        "Summary",
        "Name",
    };

    for (size_t i = 0; field && i < ARRAY_SIZE(fields); i++)
        if (str_eq(fields[i], field))
            return true;
    return false;
}

static enum published_cause cause_in_dist_info(const struct finding *f, const char *name)
{
    switch (f->cause) {
    case CAUSE_LINE_ENDS:
        return WHY_LINE_ENDS;
    case CAUSE_HASH_ORDER:
    case CAUSE_LINE_ORDER:
        return str_eq(name, "METADATA") ? WHY_HASH_ORDER : WHY_TOOL_VERSION;
    case CAUSE_WHEEL_TAG:
        return WHY_TAG;
    case CAUSE_METADATA_FIELD:
        return is_of_tools(f->part) ? WHY_TOOL_VERSION : WHY_METADATA;
    default:
        return WHY_TOOL_VERSION;
    }
}

static enum published_cause cause_of_content(const struct finding *f, const struct strv *names)
{
    switch (f->cause) {
    case CAUSE_LINE_ENDS:
        return WHY_LINE_ENDS;
    case CAUSE_MISSING_FILE:
        return cause_of_missing(f, names);
    case CAUSE_BUILD_PATH:
    case CAUSE_TEMPORARY_NAME:
    case CAUSE_BUILD_HOST:
    case CAUSE_BUILD_USER:
    case CAUSE_DEBUG_PATH:
    case CAUSE_FILE_MACRO:
    case CAUSE_PYC_PATH:
        return WHY_BUILD_PATH;
    case CAUSE_BUILD_DATE:
    case CAUSE_GZIP_TIME:
    case CAUSE_PYC_STAMP:
        return WHY_BUILD_DATE;
    case CAUSE_PYC_PYTHON:
        return WHY_PYTHON;
    case CAUSE_HASH_ORDER:
        return WHY_HASH_ORDER;
    default:
        break;
    }
    if (f->cause >= CAUSE_MACHINE && f->cause <= CAUSE_DATA)
        return WHY_NATIVE;
    if (is_bytecode(f->where) || !is_in_sdist(f->where, names))
        return WHY_GENERATED;
    return WHY_OTHER_SOURCE;
}

/* --------------------------------------------------------------------------------------- all of them */

struct judging {
    bool seen[WHY_COUNT];
    bool content; /* something outside of *.dist-info differs */
    size_t count;
    const struct strv *names;
    struct result *result;
};

static void add_once(struct strv *list, const char *text)
{
    enum { MOST = 100 };

    if (list->count < MOST && !strv_contains(list, text))
        strv_push(list, text);
}

static void judge_file(struct judging *j, const struct finding *f)
{
    const char *inside = in_dist_info(f->where);

    if (inside) {
        auto_free char *field = f->part ? xasprintf("%s: %s", inside, f->part) : xstrdup(inside);
        j->seen[cause_in_dist_info(f, inside)] = true;
        add_once(&j->result->but_for, field);
        return;
    }
    enum published_cause cause = cause_of_content(f, j->names);
    j->seen[cause] = true;
    j->content = true;
    add_once(&j->result->but_for, f->where);
}

static void judge_finding(struct judging *j, const struct finding *f)
{
    if (f->follows || f->cause == CAUSE_RECORD_ROW || f->cause == CAUSE_INPUT)
        return;
    j->count++;
    if (f->where) {
        judge_file(j, f);
        return;
    }
    bool name = f->cause == CAUSE_FILE_NAME;
    j->seen[name ? WHY_TAG : WHY_ARCHIVE] = true;
    j->content = j->content || !name;
    add_once(&j->result->but_for, name ? "file name" : cause_text(f->cause));
}

size_t judge_differences(const struct comparison *comparison, const struct strv *names,
                         struct result *result)
{
    struct judging j = {.names = names, .result = result};

    strv_release(&result->causes);
    strv_release(&result->but_for);
    if (comparison->equal) {
        result->verdict = PUBLISHED_EQUAL;
        return 0;
    }
    for (size_t i = 0; i < comparison->findings.count; i++)
        judge_finding(&j, &comparison->findings.items[i]);
    for (size_t i = 0; i < WHY_COUNT; i++)
        if (j.seen[i])
            strv_push(&result->causes, rows[i].id);
    result->verdict = j.content ? PUBLISHED_DIFFERENT : PUBLISHED_METADATA;
    return j.count + comparison->left_out;
}
