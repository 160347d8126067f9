/* Looks for what a build leaves in files. */
#include "lint/lint_traces.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/path.h"
#include "base/str.h"
#include "content/patterns.h"
#include "zip/zip_bytes.h"

enum { CENTRAL_LEN = 46, CENTRAL_TIME = 12, LONGEST_SHOWN = 160, NEAR = 40 };

/* ----------------------------------------------------------------------------------------- the day */

struct date_day lint_build_day(const struct subject *s)
{
    uint32_t newest = 0;

    for (size_t i = 0; i < s->layout.count; i++) {
        size_t at = s->layout.spans[i].name_at - CENTRAL_LEN + CENTRAL_TIME;
        uint32_t when = get32((const uint8_t *)s->layout.directory + at);
        newest = when > newest ? when : newest;
    }
    unsigned date = newest >> 16;
    struct date_day day = {1980 + (int)(date >> 9), (int)(date >> 5 & 15), (int)(date & 31)};
    /* The zip format's first day is what tools write that want no date. */
    return day.year == 1980 ? (struct date_day){0, 0, 0} : day;
}

static int64_t days_of(const struct date_day *d)
{
    struct tm tm = {.tm_year = d->year - 1900, .tm_mon = d->month - 1, .tm_mday = d->day};

    return (int64_t)timegm(&tm) / (24 * 60 * 60);
}

/* Archives have local times, files often UTC. */
static bool is_build_day(const struct traced *file, const struct date_day *day)
{
    int64_t apart = file->build_day.year ? days_of(day) - days_of(&file->build_day) : 1000;

    return apart >= -1 && apart <= 1;
}

/* ---------------------------------------------------------------------------------- kinds of file */

static bool is_compiled(enum content_kind kind)
{
    return content_is_native(kind) || kind == CONTENT_PYC || kind == CONTENT_AR;
}

static bool ends_in(const char *name, const char *const ends[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_ends(name, ends[i]))
            return true;
    return false;
}

/* Text that a build writes, with paths and names in it. */
static bool is_generated(const struct subject *s, const char *name)
{
    static const char *const ends[] = {".pc",
                                       ".cmake",
                                       ".la",
                                       ".mk",
                                       "/Makefile",
                                       "/config.h",
                                       "/config.py",
                                       "-config",
                                       "__config__.py",
                                       "_version.py",
                                       "/version.py",
                                       "/_build.py",
                                       "/build_info.py",
                                       "/_config.py",
                                       "buildinfo.py",
                                       ".d",
                                       "/SOURCES.txt",
                                       ".build.json"};
    const char *info = subject_info_file(s, name);

    if (info)
        return str_ends(info, ".json");
    return ends_in(name, ends, ARRAY_SIZE(ends)) || strstr(name, "_sysconfigdata") != NULL;
}

/* ------------------------------------------------------------------------------------------- paths */

enum path_kind { PATH_NONE, PATH_HOME, PATH_TEMPORARY, PATH_BUILD, PATH_KINDS };

static bool begins(const char *path, size_t len, const char *with)
{
    return len > strlen(with) && memcmp(path, with, strlen(with)) == 0;
}

/* Of users that documentation makes up. */
static bool is_made_up(const char *user, size_t len)
{
    static const char *const names[] = {"user", "username", "me",     "you",   "name", "foo", "bar",
                                        "USER", "someone",  "myuser", "alice", "bob",  "..."};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strlen(names[i]) == len && memcmp(names[i], user, len) == 0)
            return true;
    return !len;
}

static bool is_home(const char *path, size_t len)
{
    static const char *const roots[] = {"/home/", "/Users/", "/var/home/"};

    /* Where Alpine builds its packages: crt1.o, and whatever else gets linked in, is of there. */
    if (begins(path, len, "/home/buildozer/aports/"))
        return false;
    if (begins(path, len, "/root/"))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
        if (!begins(path, len, roots[i]))
            continue;
        const char *user = path + strlen(roots[i]);
        size_t left = len - strlen(roots[i]);
        const char *end = memchr(user, '/', left);
        return end && !is_made_up(user, (size_t)(end - user));
    }
    if (len > 10 && path[1] == ':' && (strncasecmp(path + 2, "\\Users\\", 7) == 0)) {
        const char *end = memchr(path + 9, '\\', len - 9);
        return end && !is_made_up(path + 9, (size_t)(end - path) - 9);
    }
    return false;
}

static bool has_random_part(const char *path, size_t len)
{
    for (size_t at = 1; at < len; at++)
        if ((path[at - 1] == '/' || path[at - 1] == '\\') &&
            pattern_match(PATTERN_TEMP, path, len, at))
            return true;
    return false;
}

static bool is_source(const char *path, size_t len)
{
    static const char *const ends[] = {".c",   ".cc",  ".cpp", ".cxx", ".h",   ".hpp", ".hh",
                                       ".rs",  ".pyx", ".pxd", ".f",   ".f90", ".go",  ".m",
                                       ".inl", ".tcc", ".S",   ".s",   ".cu",  ".cuh", ".py"};

    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        if (len > strlen(ends[i]) &&
            memcmp(path + len - strlen(ends[i]), ends[i], strlen(ends[i])) == 0)
            return true;
    return false;
}

static bool is_below_temporary(const char *path, size_t len)
{
    static const char *const roots[] = {"/tmp/", "/var/tmp/", "/private/tmp/", "/var/folders/",
                                        "/private/var/folders/"};

    for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
        if (begins(path, len, roots[i]))
            return true;
    return false;
}

/* Of the system, or of a compiler that comes with it: the same on many machines. */
static bool is_of_system(const char *path, size_t len)
{
    static const char *const roots[] = {"/usr/",     "/lib/",          "/lib64/",     "/etc/",
                                        "/bin/",     "/sbin/",         "/opt/",       "/dev/",
                                        "/proc/",    "/sys/",          "/var/",       "/System/",
                                        "/Library/", "/Applications/", "/nix/store/", "/rustc/"};

    for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
        if (begins(path, len, roots[i]))
            return true;
    return false;
}

static enum path_kind kind_of(const char *path, size_t len)
{
    if (has_random_part(path, len))
        return PATH_TEMPORARY;
    if (is_home(path, len))
        return PATH_HOME;
    if (!is_source(path, len))
        return PATH_NONE;
    if (is_below_temporary(path, len))
        return PATH_TEMPORARY;
    return is_of_system(path, len) ? PATH_NONE : PATH_BUILD;
}

/* The first path of a kind, and how many there are. */
struct found {
    size_t count, at, len;
};

static void note_paths(const struct traced *file, struct found found[PATH_KINDS])
{
    for (size_t at = 0; at < file->len; at++) {
        char c = file->bytes[at];
        bool may_begin = c == '/' || (at + 2 < file->len && file->bytes[at + 1] == ':' &&
                                      file->bytes[at + 2] == '\\');
        size_t len = may_begin ? pattern_match(PATTERN_PATH, file->bytes, file->len, at) : 0;
        if (!len)
            continue;
        struct found *f = &found[kind_of(file->bytes + at, len)];
        if (!f->count++) {
            f->at = at;
            f->len = len;
        }
        at += len - 1;
    }
}

static void report_path(const struct subject *s, const struct traced *file, enum lint_rule rule,
                        const struct found *f)
{
    bool whole = f->len <= LONGEST_SHOWN;

    if (!f->count)
        return;
    auto_free char *more = f->count > 1 ? xasprintf(" and %zu more", f->count - 1) : xstrdup("");
    lint_add(s->report, rule, file->name, "'%.*s%s'%s", (int)(whole ? f->len : LONGEST_SHOWN),
             file->bytes + f->at, whole ? "" : "…", more);
}

static void check_paths(const struct subject *s, const struct traced *file)
{
    struct found found[PATH_KINDS] = {{0, 0, 0}};

    note_paths(file, found);
    report_path(s, file, LINT_HOME_PATH, &found[PATH_HOME]);
    report_path(s, file, LINT_TEMPORARY_PATH, &found[PATH_TEMPORARY]);
    report_path(s, file, LINT_BUILD_PATH, &found[PATH_BUILD]);
}

/* ------------------------------------------------------------------------------------------- names */

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static void check_word(const struct subject *s, const struct traced *file, const char *word,
                       const char *what)
{
    size_t len = word ? strlen(word) : 0;
    const char *end = file->bytes + file->len;

    for (const char *p = file->bytes; len && (size_t)(end - p) >= len; p++) {
        p = memmem(p, (size_t)(end - p), word, len);
        if (!p)
            return;
        bool begins_word = p == file->bytes || !is_word_char(p[-1]);
        if (begins_word && (p + len == end || !is_word_char(p[len]))) {
            lint_add(s->report, LINT_IDENTIFIED, file->name, "the name of this %s, '%s'", what,
                     word);
            return;
        }
    }
}

/* ------------------------------------------------------------------------------------------- dates */

/* __DATE__: "Nov 25 2026", and __TIME__ beside it. */
static size_t match_macros(const struct traced *file, size_t at, struct date_day *day)
{
    const struct span text = {file->bytes, file->len};
    size_t len = date_match_day(&text, at, day);

    if (!len || (len != 11 && len != 10))
        return 0;
    for (size_t p = at + len; p < file->len && p < at + len + NEAR; p++)
        if (date_match_time(&text, p) == 8)
            return len;
    for (size_t p = at; p > 0 && at - p < NEAR; p--)
        if (date_match_time(&text, p - 1) == 8)
            return len;
    return 0;
}

static bool is_month(const char *p)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (size_t i = 0; i + 2 < sizeof(months); i += 3)
        if (memcmp(p, months + i, 3) == 0)
            return true;
    return false;
}

static void check_macros(const struct subject *s, const struct traced *file)
{
    struct date_day day;

    for (size_t at = 0; at + 11 <= file->len; at++) {
        if (file->bytes[at + 3] != ' ' || !is_month(file->bytes + at))
            continue;
        size_t len = match_macros(file, at, &day);
        if (!len)
            continue;
        lint_add(s->report, LINT_BUILD_DATE, file->name, "'%.*s', with a time (__DATE__, __TIME__)",
                 (int)len, file->bytes + at);
        return;
    }
}

/* A date with a time of day, of the day on which the wheel was made. */
static void check_text_dates(const struct subject *s, const struct traced *file)
{
    const struct span text = {file->bytes, file->len};
    struct date_day day;

    for (size_t at = 0; at < file->len; at++) {
        if (at && is_word_char(file->bytes[at - 1]))
            continue;
        size_t len = date_match_day(&text, at, &day);
        size_t whole = len ? date_match(&text, at) : 0;
        if (whole <= len || !is_build_day(file, &day))
            continue;
        lint_add(s->report, LINT_BUILD_DATE, file->name, "'%.*s'", (int)whole, file->bytes + at);
        return;
    }
}

static void check_gzip_date(const struct subject *s, const struct traced *file)
{
    struct date_day day;
    struct tm tm;
    time_t when = file->len >= 8 ? (time_t)get32((const uint8_t *)file->bytes + 4) : 0;

    if (!when || !gmtime_r(&when, &tm))
        return;
    day = (struct date_day){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
    if (is_build_day(file, &day))
        lint_add(s->report, LINT_BUILD_DATE, file->name, "its gzip header has %04d-%02d-%02d",
                 day.year, day.month, day.day);
}

void lint_traces(const struct subject *s, const struct traced *file)
{
    bool compiled = is_compiled(file->kind);
    bool generated = file->kind == CONTENT_TEXT && is_generated(s, file->name);

    if (file->kind == CONTENT_GZIP)
        check_gzip_date(s, file);
    if (file->kind == CONTENT_TEXT || compiled)
        check_word(s, file, s->identity->host, "machine");
    if (!compiled && !generated)
        return;
    check_paths(s, file);
    check_word(s, file, s->identity->user, "user");
    if (content_is_native(file->kind))
        check_macros(s, file);
    else if (generated && !strstr(file->name, "version.py")) /* those have the commit's date */
        check_text_dates(s, file);
}
