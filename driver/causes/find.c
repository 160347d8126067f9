/* Searches a log for the known causes of a failure, line by line. */
#include "causes/find.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 2000, SHOWN_MAX_BYTES = 300 };

/* One line as it is searched: without what sets colours, and not longer than anybody would read. */
struct line {
    char text[LINE_MAX_BYTES + 1];
    size_t len;
};

struct search {
    const struct cause_world *world;
    struct cause_found sure, probe, plain;
};

/* ---------------------------------------------------------------------------------------- lines */

/* Behind an escape sequence that sets colours and the like; p itself when there is none. */
static const char *skip_escape(const char *p, const char *end)
{
    if (end - p < 3 || p[0] != '\x1b' || p[1] != '[')
        return p;
    for (const char *q = p + 2; q < end; q++)
        if (isalpha((unsigned char)*q))
            return q + 1;
    return p;
}

static void read_line(const char *start, size_t len, struct line *line)
{
    const char *end = start + len;

    line->len = 0;
    for (const char *p = start; p < end && line->len < LINE_MAX_BYTES;) {
        const char *next = skip_escape(p, end);
        if (next == p)
            line->text[line->len++] = *p ? *p : ' ', p++;
        p = next > p ? next : p;
    }
    while (line->len && isspace((unsigned char)line->text[line->len - 1]))
        line->len--;
    line->text[line->len] = '\0';
}

static size_t line_len(const char *start, const char *end)
{
    const char *newline = memchr(start, '\n', (size_t)(end - start));

    return newline ? (size_t)(newline - start) : (size_t)(end - start);
}

/* What configure scripts, CMake, meson and setuptools compile to see whether it can be compiled. */
static bool is_trial(const struct line *line)
{
    static const char *const marks[] = {"conftest",     "_configtest",   "CMakeTmp",
                                        "CMakeScratch", "meson-private", "testfile.c",
                                        "sanitycheck",  "/tmp/tmp"};

    for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
        if (memmem(line->text, line->len, marks[i], strlen(marks[i])))
            return true;
    return str_starts(line->text, "-- "); /* CMake, of what it goes on without */
}

/* Whether the exception that ends before `at` was caught: then another one, behind it, is the cause. */
static bool was_caught(const char *at, const char *end)
{
    static const char sign[] = "During handling of the above exception";

    while (at < end && isspace((unsigned char)*at))
        at++;
    return (size_t)(end - at) >= sizeof(sign) - 1 && memcmp(at, sign, sizeof(sign) - 1) == 0;
}

/* ------------------------------------------------------------------------------------- conditions */

static bool is_removed_module(const char *name)
{
    static const char *const removed[] = {
        "imp",    "asyncore",  "asynchat",  "smtpd",   "aifc",           "audioop",
        "cgi",    "cgitb",     "chunk",     "crypt",   "imghdr",         "mailcap",
        "msilib", "nis",       "nntplib",   "pipes",   "sndhdr",         "spwd",
        "sunau",  "uu",        "telnetlib", "xdrlib",  "lib2to3",        "parser",
        "symbol", "formatter", "binhex",    "macpath", "dummy_threading"};

    for (size_t i = 0; i < ARRAY_SIZE(removed); i++)
        if (str_eq(removed[i], name))
            return true;
    return false;
}

/* "some_project.part" is of some-project. */
static bool is_module_of(const char *module, const char *project)
{
    size_t i = 0;

    for (; project[i]; i++) {
        char wanted = project[i] == '-' || project[i] == '.' ? '_' : project[i];
        if (tolower((unsigned char)module[i]) != tolower((unsigned char)wanted))
            return false;
    }
    return i && (!module[i] || module[i] == '.');
}

static bool holds(const struct cause *cause, const struct cause_world *world, const char *word)
{
    switch (cause->when) {
    case CAUSE_ALWAYS:
        return true;
    case CAUSE_OFFLINE:
        return world->offline;
    case CAUSE_PROGRAM:
        return word && package_of(THING_PROGRAM, word);
    case CAUSE_FOREIGN:
        return word && !is_module_of(word, world->project);
    case CAUSE_REMOVED:
        return word && is_removed_module(word);
    }
    return false;
}

/* ------------------------------------------------------------------------------------- searching */

static const char *id_of(const struct cause *cause, const char *word)
{
    const struct package *package =
        cause->when == CAUSE_PROGRAM ? package_of(THING_PROGRAM, word) : NULL;

    const char *own = package ? package_cause(package) : NULL;

    return own ? own : cause->id;
}

static char *shown(const char *text, size_t len)
{
    while (len && isspace((unsigned char)*text)) {
        text++;
        len--;
    }
    bool cut = len > SHOWN_MAX_BYTES;
    auto_free char *copy =
        xasprintf("%.*s%s", (int)(cut ? SHOWN_MAX_BYTES : len), text, cut ? "…" : "");
    str_make_line(copy);
    str_make_printable(copy, "");
    return steal(&copy);
}

static bool try_cause(const struct cause *cause, const struct line *line,
                      const struct cause_world *world, struct cause_found *ret_found)
{
    struct pattern_match match;

    for (size_t i = 0; i < CAUSE_SIGNS && cause->signs[i]; i++) {
        if (!pattern_matches(cause->signs[i], line->text, line->len, &match))
            continue;
        char *words[PATTERN_WORDS] = {0};
        for (size_t k = 0; k < PATTERN_WORDS; k++)
            words[k] =
                match.words[k].start ? xstrndup(match.words[k].start, match.words[k].len) : NULL;
        if (holds(cause, world, words[0])) {
            *ret_found = (struct cause_found){.cause = cause,
                                              .id = id_of(cause, words[0]),
                                              .line = shown(line->text, line->len),
                                              .at = SIZE_MAX};
            memcpy(ret_found->words, words, sizeof(words));
            return true;
        }
        for (size_t k = 0; k < PATTERN_WORDS; k++)
            free(words[k]);
    }
    return false;
}

/* One that is sure, or else one that is not. */
static bool look_at(const struct line *line, const struct cause_world *world,
                    struct cause_found *ret_found)
{
    const struct cause_table *const tables[] = {&causes_machine, &causes_python, &causes_native};

    for (int sure = 1; sure >= 0; sure--)
        for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
            for (size_t k = 0; k < tables[i]->count; k++) {
                const struct cause *row = &tables[i]->rows[k];
                if ((row->kind == CAUSE_SURE) == sure && try_cause(row, line, world, ret_found))
                    return true;
            }
    return false;
}

/* Takes found. True: the search is over. */
static bool keep(struct search *s, struct cause_found *found)
{
    if (found->cause->kind == CAUSE_LINE && s->plain.cause) {
        cause_found_release(found);
        return false;
    }
    struct cause_found *place = found->cause->kind == CAUSE_SURE    ? &s->sure
                                : found->cause->kind == CAUSE_PROBE ? &s->probe
                                                                    : &s->plain;
    cause_found_release(place);
    *place = *found;
    return found->cause->kind == CAUSE_SURE;
}

static void search_log(struct search *s, const struct str *log)
{
    const char *end = log->buf + log->len;
    struct line line;
    size_t len;

    for (const char *p = log->buf; p < end; p += len + 1) {
        struct cause_found found;
        len = line_len(p, end);
        read_line(p, len, &line);
        if (!line.len || is_trial(&line) || !look_at(&line, s->world, &found))
            continue;
        found.at = (size_t)(p - log->buf);
        const char *after = p + len < end ? p + len + 1 : end;
        if (found.cause->kind != CAUSE_LINE && was_caught(after, end))
            cause_found_release(&found);
        else if (keep(s, &found))
            return;
    }
}

/* Where the log says what the hook's exception says: its end. */
static size_t find_said(const struct str *log, const char *said)
{
    size_t len = strlen(said);
    const char *found = NULL, *end = log->buf + log->len;

    for (const char *p = log->buf; len && (p = memmem(p, (size_t)(end - p), said, len)); p++)
        found = p;
    while (found && found > log->buf && found[-1] != '\n')
        found--;
    return found ? (size_t)(found - log->buf) : SIZE_MAX;
}

/* That a program failed, or that there was an error: the log has why. */
static bool says_nothing(const char *message)
{
    static const char *const marks[] = {"exit status",    "exit code",      "CalledProcessError",
                                        "Error: command", "error: command", "ended with status",
                                        "SystemExit",     "sys.exit(",      "CompileError",
                                        "LinkError",      "failed with",    "returned non-zero"};

    for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
        if (strstr(message, marks[i]))
            return true;
    return false;
}

static bool find_in_message(const char *message, const struct str *log,
                            const struct cause_world *world, struct cause_found *ret_found)
{
    struct line line;

    read_line(message, strlen(message), &line);
    if (!look_at(&line, world, ret_found))
        return false;
    if (ret_found->cause->kind == CAUSE_LINE) {
        cause_found_release(ret_found);
        return false;
    }
    ret_found->at = find_said(log, message);
    return true;
}

void cause_find(const struct str *log, const char *message, const struct cause_world *world,
                struct cause_found *ret_found)
{
    struct search s = {.world = world, CAUSE_FOUND_INIT, CAUSE_FOUND_INIT, CAUSE_FOUND_INIT};

    if (find_in_message(message, log, world, ret_found))
        return;
    search_log(&s, log);
    struct cause_found *best = s.sure.cause ? &s.sure : s.probe.cause ? &s.probe : &s.plain;
    if (best != &s.plain || says_nothing(message)) {
        *ret_found = *best;
        *best = (struct cause_found)CAUSE_FOUND_INIT;
    }
    cause_found_release(&s.sure);
    cause_found_release(&s.probe);
    cause_found_release(&s.plain);
}

void cause_found_release(struct cause_found *found)
{
    free(found->line);
    for (size_t i = 0; i < PATTERN_WORDS; i++)
        free(found->words[i]);
    *found = (struct cause_found)CAUSE_FOUND_INIT;
}
