/* PEP 508 requirements: name, extras, versions or URL, marker. */
#include "wheel/pep508.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

void requirement_release(struct requirement *r)
{
    free(r->name);
    free(r->url);
    strv_release(&r->extras);
    specifier_set_release(&r->specifiers);
    marker_release(&r->marker);
    *r = (struct requirement)REQUIREMENT_INIT;
}

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t");
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A name starts with a letter or digit and does not end in '.' or '-'. NULL when there is none. */
static char *scan_name(const char **p)
{
    const char *start = *p, *end = start;

    if (!is_alnum(*start))
        return NULL;
    while (is_alnum(*end) || *end == '.' || *end == '_' || *end == '-')
        end++;
    while (end[-1] == '.' || end[-1] == '-')
        end--;
    *p = end;
    return xstrndup(start, (size_t)(end - start));
}

static int scan_extras(struct requirement *r, const char **p, struct err *err)
{
    if (**p != '[')
        return 0;
    *p = skip_blanks(*p + 1);
    for (bool more = **p != ']'; more;) {
        char *extra = scan_name(p);
        if (!extra)
            return err_set(err, ERR_FORMAT, "expected the name of an extra at '%s'", *p);
        strv_push_owned(&r->extras, extra);
        *p = skip_blanks(*p);
        more = **p == ',';
        if (more)
            *p = skip_blanks(*p + 1);
    }
    if (**p != ']')
        return err_set(err, ERR_FORMAT, "expected ']' at '%s'", *p);
    *p = skip_blanks(*p + 1);
    return 0;
}

/* Collects specifiers with commas between them; one comma may follow the last. */
static void scan_specifiers(const char **p, struct str *out)
{
    size_t len;

    while ((len = specifier_scan(*p)) > 0) {
        str_append(out, *p, len);
        *p = skip_blanks(*p + len);
        if (**p != ',')
            break;
        str_addch(out, ',');
        *p = skip_blanks(*p + 1);
    }
}

static int scan_versions(struct requirement *r, const char **p, struct err *err)
{
    auto_str struct str specifiers = STR_INIT;
    bool parenthesis = **p == '(';

    if (parenthesis)
        *p = skip_blanks(*p + 1);
    scan_specifiers(p, &specifiers);
    if (parenthesis && **p != ')')
        return err_set(err, ERR_FORMAT, "expected a version specifier or ')' at '%s'", *p);
    if (parenthesis)
        *p = skip_blanks(*p + 1);
    if (!specifier_set_parse(&r->specifiers, specifiers.buf))
        return err_set(err, ERR_FORMAT, "invalid version specifier '%s'", specifiers.buf);
    return 0;
}

/* The URL ends at a blank; a marker behind it needs that blank. */
static int scan_url(struct requirement *r, const char **p, struct err *err)
{
    *p = skip_blanks(*p + 1);
    size_t len = strcspn(*p, " \t");
    if (!len)
        return err_set(err, ERR_FORMAT, "expected a URL behind '@'");
    r->url = xstrndup(*p, len);
    *p = skip_blanks(*p + len);
    return 0;
}

static int scan_requirement(struct requirement *r, const char *p, struct err *err)
{
    p = skip_blanks(p);
    r->name = scan_name(&p);
    if (!r->name)
        return err_set(err, ERR_FORMAT, "expected a package name at '%s'", p);
    p = skip_blanks(p);
    int ret = scan_extras(r, &p, err);
    if (ret == 0)
        ret = *p == '@' ? scan_url(r, &p, err) : scan_versions(r, &p, err);
    if (ret == 0 && *p == ';') {
        p++;
        r->has_marker = true;
        ret = marker_scan(&r->marker, &p, err);
    }
    if (ret == 0 && *p)
        ret = err_set(err, ERR_FORMAT, "expected its end at '%s'", p);
    return ret;
}

int requirement_parse(struct requirement *r, const char *text, struct err *err)
{
    *r = (struct requirement)REQUIREMENT_INIT;
    int ret = scan_requirement(r, text, err);
    if (ret) {
        requirement_release(r);
        return err_wrap(err, "invalid requirement '%s'", text);
    }
    return 0;
}

int requirement_applies(const struct requirement *r, const struct marker_env *env,
                        const char *extra, bool *ret_applies, struct err *err)
{
    return marker_evaluate(&r->marker, env, extra, ret_applies, err);
}
