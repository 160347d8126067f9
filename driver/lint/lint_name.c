/* Looks at the name of a wheel and its tags. */
#include "lint/lint_name.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "lint/platform.h"

/* ------------------------------------------------------------------------------------- file name */

/* PyPI takes a project's name in its normal form, with '_' for '-', and nothing else. */
static char *normal_spelling(const char *dist)
{
    char *name = wheel_dist_canonical(dist);

    for (char *p = name; *p; p++)
        if (*p == '-')
            *p = '_';
    return name;
}

static bool is_python_tag(const char *tag)
{
    static const char *const known[] = {"py", "cp", "pp", "ip", "jy", "graalpy"};
    size_t letters = strspn(tag, "abcdefghijklmnopqrstuvwxyz");

    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (strlen(known[i]) == letters && memcmp(known[i], tag, letters) == 0)
            return tag[letters] && strspn(tag + letters, "0123456789") == strlen(tag + letters);
    return false;
}

/* "none", "abi3", "abi3t", "cp311", "cp313t", "cp27mu", "pypy39_pp73", "graalpy230_310_native" */
static bool is_abi_tag(const char *tag)
{
    return str_eq(tag, "none") || str_eq(tag, "abi3") || str_eq(tag, "abi3t") ||
           (str_starts(tag, "cp") && strspn(tag + 2, "0123456789") >= 2) ||
           str_starts(tag, "pypy") || str_starts(tag, "graalpy");
}

static void check_tag_forms(const struct subject *s, const char *set, bool (*is_form)(const char *),
                            const char *what)
{
    auto_strv struct strv tags = STRV_INIT;

    subject_split(set, &tags);
    for (size_t i = 0; i < tags.count; i++)
        if (!is_form(tags.items[i]))
            lint_add(s->report, LINT_ODD_TAG, NULL, "'%s' is no %s tag", tags.items[i], what);
}

static void check_platforms(const struct subject *s)
{
    auto_strv struct strv platforms = STRV_INIT;

    subject_split(s->name.platform, &platforms);
    for (size_t i = 0; i < platforms.count; i++) {
        if (!platform_is_known(platforms.items[i]))
            lint_add(s->report, LINT_ODD_TAG, NULL, "'%s' is no platform tag", platforms.items[i]);
        else if (!platform_is_for_pypi(platforms.items[i]))
            lint_add(s->report, LINT_PYPI_PLATFORM, NULL, "platform tag '%s'", platforms.items[i]);
    }
}

static void check_spelling(const struct subject *s)
{
    auto_free char *normal = normal_spelling(s->name.dist);

    if (!str_eq(normal, s->name.dist))
        lint_add(s->report, LINT_PYPI_NAME, NULL, "the file's name begins with '%s', not '%s'",
                 s->name.dist, normal);
    if (strchr(s->name.version, '+'))
        lint_add(s->report, LINT_PYPI_LOCAL_VERSION, NULL, "version '%s'", s->name.version);
}

void lint_file_name(struct subject *s)
{
    auto_err struct err cause = ERR_INIT;

    s->has_name = wheel_name_parse(s->file, &s->name, &cause) == 0;
    if (!s->has_name) {
        lint_add(s->report, LINT_FILE_NAME, NULL, "%s", cause.message);
        return;
    }
    check_tag_forms(s, s->name.python, is_python_tag, "Python");
    check_tag_forms(s, s->name.abi, is_abi_tag, "ABI");
    check_platforms(s);
    check_spelling(s);
}

/* -------------------------------------------------------------------------------------- dist-info */

void lint_dist_info(struct subject *s)
{
    auto_err struct err cause = ERR_INIT;

    if (wheel_zip_dist_info(s->zip, &s->dist_info, &cause) < 0) {
        lint_add(s->report, LINT_DIST_INFO, NULL, "%s", cause.message);
        s->dist_info = NULL;
        return;
    }
    if (!s->has_name)
        return;
    auto_free char *expected = xasprintf("%s-%s.dist-info", s->name.dist, s->name.version);
    if (!wheel_name_owns_dist_info(&s->name, s->dist_info))
        lint_add(s->report, LINT_DIST_INFO, NULL, "holds '%s', which is not of the file's name",
                 s->dist_info);
    else if (!str_eq(expected, s->dist_info))
        lint_add(s->report, LINT_PYPI_NAME, NULL, "holds '%s', not '%s'", s->dist_info, expected);
}

/* --------------------------------------------------------------------------------------- identity */

static void check_names(const struct subject *s)
{
    const char *name = meta_fields_get(&s->fields, "Name");
    const char *version = meta_fields_get(&s->fields, "Version");

    if (!s->has_name || !s->has_metadata || !name || !version)
        return;
    if (!wheel_dist_equal(name, s->name.dist))
        lint_add(s->report, LINT_IDENTITY, NULL, "METADATA has the name '%s'", name);
    if (!wheel_version_equal(version, s->name.version))
        lint_add(s->report, LINT_IDENTITY, NULL, "METADATA has the version '%s'", version);
}

/* All combinations of the three sets, as WHEEL lists them one by one. */
static void expand_tags(const char *python, const char *abi, const char *platform, struct strv *out)
{
    auto_strv struct strv pythons = STRV_INIT, abis = STRV_INIT, platforms = STRV_INIT;
    enum { MOST = 10000 };

    subject_split(python, &pythons);
    subject_split(abi, &abis);
    subject_split(platform, &platforms);
    for (size_t i = 0; i < pythons.count; i++)
        for (size_t k = 0; k < abis.count; k++)
            for (size_t l = 0; l < platforms.count && out->count < MOST; l++)
                strv_pushf(out, "%s-%s-%s", pythons.items[i], abis.items[k], platforms.items[l]);
}

/* Some tools write compressed sets there too: "py2.py3-none-any". */
static void expand_line(const char *tag, struct strv *out)
{
    const char *abi = strchr(tag, '-'), *platform = abi ? strchr(abi + 1, '-') : NULL;

    if (!platform) {
        strv_push(out, tag);
        return;
    }
    auto_free char *first = xstrndup(tag, (size_t)(abi - tag));
    auto_free char *second = xstrndup(abi + 1, (size_t)(platform - abi) - 1);
    expand_tags(first, second, platform + 1, out);
}

static bool includes(const struct strv *list, const char *tag)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcasecmp(list->items[i], tag) == 0)
            return true;
    return false;
}

static void check_tags(const struct subject *s)
{
    auto_strv struct strv lines = STRV_INIT, written = STRV_INIT, named = STRV_INIT;

    meta_fields_get_all(&s->info, "Tag", &lines);
    for (size_t i = 0; i < lines.count; i++)
        expand_line(lines.items[i], &written);
    expand_tags(s->name.python, s->name.abi, s->name.platform, &named);
    if (!written.count)
        lint_add(s->report, LINT_TAGS, NULL, "WHEEL has no Tag");
    for (size_t i = 0; i < written.count; i++)
        if (!includes(&named, written.items[i]))
            lint_add(s->report, LINT_TAGS, NULL, "WHEEL has the tag '%s', the file's name has not",
                     written.items[i]);
    for (size_t i = 0; i < named.count && written.count; i++)
        if (!includes(&written, named.items[i]))
            lint_add(s->report, LINT_TAGS, NULL, "the file's name has the tag '%s', WHEEL has not",
                     named.items[i]);
}

static void check_purelib(const struct subject *s)
{
    const char *value = meta_fields_get(&s->info, "Root-Is-Purelib");

    if (!value)
        lint_add(s->report, LINT_PURELIB, NULL, "WHEEL has no Root-Is-Purelib");
    else if (strcasecmp(value, "true") != 0 && strcasecmp(value, "false") != 0)
        lint_add(s->report, LINT_PURELIB, NULL, "Root-Is-Purelib is '%s'", value);
}

static void check_build(const struct subject *s)
{
    const char *build = meta_fields_get(&s->info, "Build");

    if (build && (!s->name.build || !str_eq(build, s->name.build)))
        lint_add(s->report, LINT_BUILD_NUMBER, NULL, "WHEEL has build '%s', the file's name has %s",
                 build, s->name.build ? s->name.build : "none");
}

void lint_identity(const struct subject *s)
{
    check_names(s);
    if (!s->has_info)
        return;
    check_purelib(s);
    if (!s->has_name)
        return;
    check_tags(s);
    check_build(s);
}
