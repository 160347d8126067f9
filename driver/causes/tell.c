/* Fills in the sentences of a cause, and cuts the log around it. */
#include "causes/tell.h"

#include <ctype.h>
#include <string.h>

enum { LINES_BEFORE = 6, LINES_AFTER = 8, LINES_AT_END = 30, LINE_MAX_BYTES = 500 };

/* ------------------------------------------------------------------------------------- sentences */

static void add_packages(const struct cause_found *found, struct str *out)
{
    const struct cause *cause = found->cause;
    const char *of = cause->of ? cause->of : found->words[0];
    const struct package *package = of ? package_of(cause->thing, of) : NULL;

    if (!package)
        return;
    str_add(out, " (");
    package_describe(package, out);
    str_add(out, ")");
}

/* Most distributions are called as their module is; of these it is known that they are not. */
static void add_distribution(const char *module, struct str *out)
{
    static const char *const other[][2] = {{"yaml", "PyYAML"},
                                           {"PIL", "Pillow"},
                                           {"skbuild", "scikit-build"},
                                           {"mesonpy", "meson-python"},
                                           {"sklearn", "scikit-learn"},
                                           {"git", "GitPython"},
                                           {"cv2", "opencv-python"},
                                           {"attr", "attrs"},
                                           {"dateutil", "python-dateutil"},
                                           {"pbr", "pbr"},
                                           {"poetry", "poetry-core"},
                                           {"Crypto", "pycryptodome"},
                                           {"pkg_resources", "setuptools<82"}};
    size_t len = strcspn(module, ".");

    for (size_t i = 0; i < ARRAY_SIZE(other); i++)
        if (strlen(other[i][0]) == len && strncmp(other[i][0], module, len) == 0) {
            str_add(out, other[i][1]);
            return;
        }
    for (size_t i = 0; i < len; i++)
        str_addch(out, module[i] == '_' ? '-' : module[i]);
}

static void add_variable_part(const char *project, struct str *out)
{
    for (const char *p = project[0] ? project : "NAME"; *p; p++)
        str_addch(out, isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_');
}

static void add_allowed(const struct cause_world *world, struct str *out)
{
    if (world->project[0])
        str_add(out, world->project);
    else
        str_addf(out, "NAME 'NAME @ %s'", world->url);
}

static void add_known(char what, const struct cause_found *found, const struct cause_world *world,
                      struct str *out)
{
    const char *word = found->words[0] ? found->words[0] : "";

    if (what >= '1' && what < '1' + PATTERN_WORDS)
        str_add(out, found->words[what - '1'] ? found->words[what - '1'] : "?");
    else if (what == '0')
        str_add(out, found->line);
    else if (what == 'p')
        add_packages(found, out);
    else if (what == 'd')
        add_distribution(word, out);
    else if (what == 'n')
        str_add(out, world->project[0] ? world->project : "NAME");
    else if (what == 'N')
        add_variable_part(world->project, out);
    else if (what == 'v')
        str_add(out, world->version[0] ? world->version : "VERSION");
    else if (what == 'a')
        add_allowed(world, out);
    else
        BUG("placeholder %%%c of cause %s", what, found->cause->id);
}

static char *fill(const char *template, const struct cause_found *found,
                  const struct cause_world *world)
{
    struct str out = STR_INIT;

    for (const char *p = template; *p; p++)
        if (p[0] == '%' && p[1])
            add_known(*++p, found, world, &out);
        else
            str_addch(&out, *p);
    str_make_line(out.buf);
    return str_detach(&out);
}

char *cause_headline(const struct cause_found *found, const struct cause_world *world)
{
    return fill(found->cause->say, found, world);
}

char *cause_remedy(const struct cause_found *found, const struct cause_world *world)
{
    return found->cause->remedy ? fill(found->cause->remedy, found, world) : NULL;
}

/* A build may have printed anything, also what ends a string of TOML and begins another key. */
static bool is_name(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

    return word && word[0] && !word[strspn(word, plain)];
}

char *cause_setting(const struct cause_found *found, const struct cause_world *world)
{
    const char *setting = found->cause->setting;

    if (!setting || (strstr(setting, "%d") && !is_name(found->words[0])) ||
        (strstr(setting, "%v") && !world->version[0]))
        return NULL;
    return fill(setting, found, world);
}

/* ------------------------------------------------------------------------------------------- log */

static size_t back_lines(const struct str *log, size_t at, int lines)
{
    while (at && lines-- > 0) {
        at--;
        while (at && log->buf[at - 1] != '\n')
            at--;
    }
    return at;
}

static size_t add_line(const struct str *log, size_t at, bool marked, struct str *out)
{
    const char *start = log->buf + at;
    const char *newline = memchr(start, '\n', log->len - at);
    size_t len = newline ? (size_t)(newline - start) : log->len - at;

    str_add(out, marked ? "> " : "  ");
    str_append(out, start, len < LINE_MAX_BYTES ? len : LINE_MAX_BYTES);
    str_addch(out, '\n');
    return at + len + 1;
}

/* At most `most`. */
static int count_lines(const struct str *log, size_t at, int most)
{
    int count = 0;

    while (at < log->len && count < most) {
        const char *newline = memchr(log->buf + at, '\n', log->len - at);
        at = newline ? (size_t)(newline - log->buf) + 1 : log->len;
        count++;
    }
    return count;
}

/* Where the end is shown anyway, as much as would be shown of it alone. */
char *cause_excerpt(const struct str *log, size_t at)
{
    struct str out = STR_INIT;
    int behind = count_lines(log, at, LINES_AFTER + 2);
    int before = behind <= LINES_AFTER + 1 ? LINES_AT_END - behind : LINES_BEFORE;
    size_t next = back_lines(log, at, before);

    while (next < at)
        next = add_line(log, next, false, &out);
    for (int i = 0; i <= LINES_AFTER && next < log->len; i++)
        next = add_line(log, next, i == 0, &out);
    str_make_printable_bytes(out.buf, out.len, "\n\t");
    return str_detach(&out);
}
