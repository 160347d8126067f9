/* Wheel file names: parsing, and the rules by which names and versions are equal. */
#include "wheel/wheel_name.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "wheel/pep440.h"

enum { MAX_NAME = 255, MIN_PARTS = 5, MAX_PARTS = 6 };

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_separator(char c)
{
    return c == '-' || c == '_' || c == '.';
}

/* The canonical form's next byte, for comparing without building it; 0 at the end. */
static char next_canonical(const char **at)
{
    const char *p = *at;
    char c = is_separator(*p) ? '-' : lower(*p);

    if (c == '-')
        while (is_separator(p[1]))
            p++;
    *at = *p ? p + 1 : p;
    return c;
}

char *wheel_dist_canonical(const char *dist)
{
    struct str out = STR_INIT;

    for (char c; (c = next_canonical(&dist));)
        str_addch(&out, c);
    return str_detach(&out);
}

bool wheel_dist_equal(const char *a, const char *b)
{
    for (;;) {
        char x = next_canonical(&a);
        if (x != next_canonical(&b))
            return false;
        if (!x)
            return true;
    }
}

bool wheel_dist_in_list(const struct strv *projects, const char *dist)
{
    for (size_t i = 0; i < projects->count; i++)
        if (wheel_dist_equal(projects->items[i], dist))
            return true;
    return false;
}

static char version_char(char c)
{
    return is_separator(c) ? '.' : lower(c);
}

static bool same_text(const char *a, const char *b)
{
    while (*a && version_char(*a) == version_char(*b)) {
        a++;
        b++;
    }
    return !*a && !*b;
}

/* In names of files and directories '_' may stand for the '-' of a version such as 1.0-1. */
static bool parse_version(struct pep440 *v, const char *text)
{
    if (pep440_parse(v, text))
        return true;
    auto_free char *unescaped = xstrdup(text);
    for (char *p = unescaped; *p; p++)
        if (*p == '_')
            *p = '-';
    return pep440_parse(v, unescaped);
}

bool wheel_version_equal(const char *a, const char *b)
{
    auto_pep440 struct pep440 x = PEP440_INIT, y = PEP440_INIT;
    bool is_a = parse_version(&x, a), is_b = parse_version(&y, b);

    if (is_a && is_b)
        return pep440_cmp(&x, &y) == 0;
    return is_a == is_b && same_text(a, b);
}

bool wheel_name_matches(const struct wheel_name *name, const char *dist, const char *version)
{
    return (!dist || wheel_dist_equal(name->dist, dist)) &&
           (!version || wheel_version_equal(name->version, version));
}

bool wheel_name_owns_dist_info(const struct wheel_name *name, const char *dir)
{
    static const char suffix[] = ".dist-info";

    if (!str_ends(dir, suffix))
        return false;
    /* A name may hold '-' here (old tools did not escape), a version too: try each of them. */
    auto_free char *stem = xstrndup(dir, strlen(dir) - (sizeof(suffix) - 1));
    for (char *dash = strchr(stem, '-'); dash; dash = strchr(dash + 1, '-')) {
        *dash = '\0';
        bool same = wheel_name_matches(name, stem, dash + 1);
        *dash = '-';
        if (same)
            return true;
    }
    return false;
}

static int check_part(const char *part, const char *extra, const char *what, struct err *err)
{
    if (!part[0])
        return err_set(err, ERR_FORMAT, "its %s is empty", what);
    if (!is_alnum(part[0]) && part[0] != '_')
        return err_set(err, ERR_FORMAT, "its %s starts with '%c'", what, part[0]);
    for (const char *p = part; *p; p++)
        if (!is_alnum(*p) && !strchr(extra, *p))
            return err_set(err, ERR_FORMAT, "its %s has a byte that may not be there", what);
    return 0;
}

/* A set of tags has none that is empty; an interpreter's is an identifier. */
static int check_tags(const char *set, const char *what, bool identifiers, struct err *err)
{
    for (const char *tag = set; tag; tag = strchr(tag, '.') ? strchr(tag, '.') + 1 : NULL) {
        if (!*tag || *tag == '.')
            return err_set(err, ERR_FORMAT, "its %s has an empty part", what);
        if (identifiers && *tag >= '0' && *tag <= '9')
            return err_set(err, ERR_FORMAT, "its %s starts with '%c'", what, *tag);
    }
    return 0;
}

static int check_identity(const char *dist, const char *version, struct err *err)
{
    auto_pep440 struct pep440 parsed = PEP440_INIT;

    if (strstr(dist, "__")) {
        int ret = err_set(err, ERR_FORMAT, "its project name has '__'");
        err_hint(err,
                 "in a wheel's name one '_' stands for each run of '-', '_' and '.' in the name "
                 "of the project");
        return ret;
    }
    if (!pep440_parse(&parsed, version))
        return err_set(err, ERR_FORMAT, "its version is none");
    return 0;
}

static int check_parts(char **parts, bool has_build, struct err *err)
{
    static const struct {
        const char *what, *extra;
    } rules[MAX_PARTS] = {
        {"project name", "._"}, {"version", "._+!"}, {"build tag", "._"},
        {"Python tag", "._"},   {"ABI tag", "._"},   {"platform tag", "._"},
    };

    for (size_t i = 0; i < MAX_PARTS; i++) {
        if (i == 2 && !has_build)
            continue;
        int ret = check_part(parts[i], rules[i].extra, rules[i].what, err);
        if (ret == 0 && i > 2)
            ret = check_tags(parts[i], rules[i].what, i == 3, err);
        if (ret < 0)
            return ret;
    }
    if (has_build && (parts[2][0] < '0' || parts[2][0] > '9'))
        return err_set(err, ERR_FORMAT, "its build tag does not start with a digit");
    return check_identity(parts[0], parts[1], err);
}

/* Cuts `stem` at its dashes into parts; the build tag's place is left out when it has five. */
static int split_parts(char *stem, char *parts[MAX_PARTS], bool *ret_has_build, struct err *err)
{
    size_t dashes = 0;

    for (const char *p = stem; *p; p++)
        dashes += *p == '-';
    if (dashes + 1 != MIN_PARTS && dashes + 1 != MAX_PARTS)
        return err_set(err, ERR_FORMAT, "it has %zu parts between '-', not 5 or 6", dashes + 1);
    *ret_has_build = dashes + 1 == MAX_PARTS;
    for (size_t i = 0; i < MAX_PARTS; i++) {
        if (i == 2 && !*ret_has_build)
            continue;
        parts[i] = strsep(&stem, "-");
    }
    return 0;
}

static int parse_stem(char *stem, struct wheel_name *ret_name, struct err *err)
{
    char *parts[MAX_PARTS] = {NULL};
    bool has_build = false;
    int ret = split_parts(stem, parts, &has_build, err);

    if (ret == 0)
        ret = check_parts(parts, has_build, err);
    if (ret < 0)
        return ret;
    *ret_name = (struct wheel_name){
        .dist = xstrdup(parts[0]),
        .version = xstrdup(parts[1]),
        .build = has_build ? xstrdup(parts[2]) : NULL,
        .python = xstrdup(parts[3]),
        .abi = xstrdup(parts[4]),
        .platform = xstrdup(parts[5]),
    };
    return 0;
}

int wheel_name_parse(const char *file, struct wheel_name *ret_name, struct err *err)
{
    const char *base = path_base(file);
    size_t len = strlen(base);
    int ret;

    if (len > MAX_NAME)
        return err_set(err, ERR_FORMAT, "not a wheel's name: longer than %d bytes", MAX_NAME);
    if (!str_ends(base, ".whl"))
        return err_set(err, ERR_FORMAT, "'%s' is not a wheel's name: no '.whl' at its end", base);
    auto_free char *stem = xstrndup(base, len - 4);
    ret = parse_stem(stem, ret_name, err);
    return ret < 0 ? err_wrap(err, "'%s' is not a wheel's name", base) : 0;
}

void wheel_name_release(struct wheel_name *name)
{
    free(name->dist);
    free(name->version);
    free(name->build);
    free(name->python);
    free(name->abi);
    free(name->platform);
    *name = (struct wheel_name)WHEEL_NAME_INIT;
}
