/* Looks at METADATA and WHEEL. */
#include "lint/lint_metadata.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "wheel/pep508.h"

enum { SUMMARY_MAX = 512 };

/* What bdist_wheel wrote for years: PEP 426, which was withdrawn. Installers take it. */
#define DRAFT "2.0"

/* ---------------------------------------------------------------------------------------- reading */

static bool read_fields(const struct subject *s, const char *file, struct meta_fields *ret_fields)
{
    auto_str struct str text = STR_INIT;
    auto_err struct err cause = ERR_INIT;
    int ret = wheel_zip_read_info(s->zip, file, META_MAX_BYTES, &text, NULL, &cause);

    if (ret == 0)
        ret = meta_fields_parse(text.buf, text.len, ret_fields, &cause);
    if (ret < 0)
        lint_add(s->report, LINT_NO_METADATA, NULL, "%s: %s", file, cause.message);
    return ret == 0;
}

static void check_present(const struct subject *s, const struct meta_fields *fields,
                          const char *file, const char *name)
{
    auto_strv struct strv values = STRV_INIT;

    meta_fields_get_all(fields, name, &values);
    if (values.count == 1 && *values.items[0])
        return;
    lint_add(s->report, LINT_FIELD_MISSING, NULL, "%s: %s is %s", file, name,
             values.count > 1    ? "there twice"
             : values.count == 1 ? "empty"
                                 : "missing");
}

void lint_read_metadata(struct subject *s)
{
    if (!s->dist_info)
        return;
    s->has_metadata = read_fields(s, "METADATA", &s->fields);
    s->has_info = read_fields(s, "WHEEL", &s->info);
    if (s->has_metadata) {
        check_present(s, &s->fields, "METADATA", "Metadata-Version");
        check_present(s, &s->fields, "METADATA", "Name");
        check_present(s, &s->fields, "METADATA", "Version");
    }
    if (s->has_info)
        check_present(s, &s->info, "WHEEL", "Wheel-Version");
}

/* --------------------------------------------------------------------------------------- versions */

static void check_versions(const struct subject *s)
{
    static const char *const known[] = {"1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5"};
    const char *metadata_version = meta_fields_get(&s->fields, "Metadata-Version");
    const char *version = meta_fields_get(&s->fields, "Version");
    auto_pep440 struct pep440 parsed = PEP440_INIT;
    bool is_known = !metadata_version;

    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        is_known = is_known || str_eq(metadata_version, known[i]);
    if (str_eq(metadata_version, DRAFT))
        lint_add(s->report, LINT_PYPI_METADATA, NULL,
                 "Metadata-Version " DRAFT " was never agreed on");
    else if (!is_known)
        lint_add(s->report, LINT_VERSION, NULL, "Metadata-Version '%s' is not known",
                 metadata_version);
    if (version && !pep440_parse(&parsed, version))
        lint_add(s->report, LINT_VERSION, NULL, "'%s' is no version", version);
}

static void check_requires_python(const struct subject *s)
{
    const char *text = meta_fields_get(&s->fields, "Requires-Python");
    auto_specifier_set struct specifier_set set = SPECIFIER_SET_INIT;

    if (text && !specifier_set_parse(&set, text))
        lint_add(s->report, LINT_REQUIRES_PYTHON, NULL, "'%s' cannot be read", text);
}

/* ----------------------------------------------------------------------------------- requirements */

static bool is_extra_name(const char *name)
{
    size_t len = strlen(name);
    const char *alnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    return len && strchr(alnum, name[0]) && strchr(alnum, name[len - 1]) &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

/* The extras that a marker compares with: extra == "tests". */
static void check_extras_of(const struct subject *s, const struct requirement *r,
                            const struct strv *extras)
{
    for (size_t i = 0; i < r->marker.count; i++) {
        const struct marker_node *node = &r->marker.items[i];
        bool is_extra = node->kind == MARKER_COMPARE && node->lhs.is_name &&
                        node->lhs.name == MARKER_EXTRA && !node->rhs.is_name;
        if (is_extra && str_eq(node->op, "==") && !wheel_dist_in_list(extras, node->rhs.text))
            lint_add(s->report, LINT_EXTRA, NULL,
                     "Requires-Dist '%s' is for the extra '%s', which Provides-Extra does not name",
                     r->name, node->rhs.text);
    }
}

static void check_requirement(const struct subject *s, const char *text, const struct strv *extras)
{
    auto_requirement struct requirement r = REQUIREMENT_INIT;
    auto_err struct err cause = ERR_INIT;

    if (requirement_parse(&r, text, &cause) < 0) {
        lint_add(s->report, LINT_REQUIRES_DIST, NULL, "Requires-Dist '%s': %s", text,
                 cause.message);
        return;
    }
    if (r.url)
        lint_add(s->report, LINT_PYPI_DIRECT_REFERENCE, NULL, "Requires-Dist '%s'", text);
    check_extras_of(s, &r, extras);
}

static void check_requirements(const struct subject *s)
{
    auto_strv struct strv requirements = STRV_INIT, extras = STRV_INIT;

    meta_fields_get_all(&s->fields, "Requires-Dist", &requirements);
    meta_fields_get_all(&s->fields, "Provides-Extra", &extras);
    for (size_t i = 0; i < extras.count; i++)
        if (!is_extra_name(extras.items[i]))
            lint_add(s->report, LINT_EXTRA, NULL, "Provides-Extra '%s' is no name",
                     extras.items[i]);
    for (size_t i = 0; i < requirements.count; i++)
        check_requirement(s, requirements.items[i], &extras);
}

/* ------------------------------------------------------------------------------------ description */

/* Whether a parameter of the content type is missing, or has one of these values. */
static bool parameter_is(const char *value, const char *name, const char *const allowed[],
                         size_t count)
{
    const char *at = strcasestr(value, name);

    if (!at)
        return true;
    at += strlen(name) + (at[strlen(name)] == '"');
    for (size_t i = 0; i < count; i++)
        if (strncasecmp(at, allowed[i], strlen(allowed[i])) == 0)
            return true;
    return false;
}

/* "text/markdown; charset=UTF-8; variant=GFM" */
static void check_content_type(const struct subject *s)
{
    static const char *const types[] = {"text/plain", "text/x-rst", "text/markdown"};
    static const char *const charsets[] = {"utf-8"}, *const variants[] = {"GFM", "CommonMark"};
    const char *value = meta_fields_get(&s->fields, "Description-Content-Type");
    size_t len = value ? strcspn(value, "; \t") : 0;
    bool known = false;

    if (!value)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        known = known || (strlen(types[i]) == len && strncasecmp(types[i], value, len) == 0);
    if (!known || !parameter_is(value, "charset=", charsets, ARRAY_SIZE(charsets)) ||
        !parameter_is(value, "variant=", variants, ARRAY_SIZE(variants)))
        lint_add(s->report, LINT_CONTENT_TYPE, NULL, "'%s'", value);
}

/* ------------------------------------------------------------------------------------------ PyPI */

/*
 * Fields and the Metadata-Version that has brought them. Not License-File, which setuptools wrote for years
 * before 2.4 and which uploads leave out.
 */
static const struct added {
    const char *field, *version;
} added[] = {
    {"Description-Content-Type", "2.1"}, {"Provides-Extra", "2.1"}, {"Dynamic", "2.2"},
    {"License-Expression", "2.4"},       {"Import-Name", "2.5"},    {"Import-Namespace", "2.5"}};

static void check_newer_fields(const struct subject *s)
{
    const char *version = meta_fields_get(&s->fields, "Metadata-Version");

    if (str_eq(version, DRAFT))
        return;
    for (size_t i = 0; version && i < ARRAY_SIZE(added); i++)
        if (meta_fields_get(&s->fields, added[i].field) && strcmp(version, added[i].version) < 0)
            lint_add(s->report, LINT_PYPI_METADATA, NULL,
                     "%s came with Metadata-Version %s; METADATA has %s", added[i].field,
                     added[i].version, version);
}

static size_t count_characters(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += ((uint8_t)*text & 0xc0) != 0x80;
    return count;
}

static void check_summary(const struct subject *s)
{
    const char *summary = meta_fields_get(&s->fields, "Summary");

    if (summary && count_characters(summary) > SUMMARY_MAX)
        lint_add(s->report, LINT_PYPI_METADATA, NULL, "Summary has more than %d characters",
                 SUMMARY_MAX);
}

static void check_classifiers(const struct subject *s)
{
    auto_strv struct strv classifiers = STRV_INIT;

    meta_fields_get_all(&s->fields, "Classifier", &classifiers);
    for (size_t i = 0; i < classifiers.count; i++)
        if (str_starts(classifiers.items[i], "Private ::"))
            lint_add(s->report, LINT_PYPI_METADATA, NULL, "Classifier '%s'", classifiers.items[i]);
}

static void check_license(const struct subject *s)
{
    if (meta_fields_get(&s->fields, "License") && meta_fields_get(&s->fields, "License-Expression"))
        lint_add(s->report, LINT_PYPI_METADATA, NULL, "License stands beside License-Expression");
}

/* PEP 639: at licenses/ of *.dist-info, from the Metadata-Version on that knows the field. */
static void check_license_files(const struct subject *s)
{
    const char *version = meta_fields_get(&s->fields, "Metadata-Version");
    auto_strv struct strv files = STRV_INIT;

    if (!version || strcmp(version, "2.4") < 0)
        return;
    meta_fields_get_all(&s->fields, "License-File", &files);
    for (size_t i = 0; i < files.count; i++) {
        auto_free char *name = xasprintf("licenses/%s", files.items[i]);
        if (!subject_find_info(s, name))
            lint_add(s->report, LINT_LICENSE_FILE, NULL, "License-File '%s' is not at '%s/%s'",
                     files.items[i], s->dist_info, name);
    }
}

void lint_metadata(const struct subject *s)
{
    if (!s->has_metadata)
        return;
    check_versions(s);
    check_requires_python(s);
    check_requirements(s);
    check_content_type(s);
    check_license_files(s);
    check_newer_fields(s);
    check_summary(s);
    check_classifiers(s);
    check_license(s);
}
