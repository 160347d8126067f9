/* Looks at entry points. */
#include "lint/lint_entry_points.h"

#include <string.h>

#include "base/str.h"

enum { MAX_BYTES = 1 << 20, MAX_SEEN = 10000 };

static const char file_name[] = "entry_points.txt";

/* One line of the file, trimmed; the section that it stands in. */
struct line {
    const struct subject *subject;
    const char *section; /* "": none yet */
    char *text;
    struct strv *seen; /* "section name" of each entry, "section" of each section */
};

static char *trim(char *text)
{
    size_t len;

    text += strspn(text, " \t\r");
    len = strlen(text);
    while (len && strchr(" \t\r", text[len - 1]))
        text[--len] = '\0';
    return text;
}

static bool is_script_section(const char *section)
{
    return str_eq(section, "console_scripts") || str_eq(section, "gui_scripts");
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("_.-", c)) || (uint8_t)c >= 0x80;
}

/* A script's name becomes that of a file. */
static bool is_script_name(const char *name)
{
    for (const char *p = name; *p; p++)
        if (!is_name_char(*p))
            return false;
    return *name && !str_eq(name, ".") && !str_eq(name, "..");
}

/* "package.module:object.attribute [extra]" */
static bool is_script_target(const char *target)
{
    size_t module = strcspn(target, ": \t");
    const char *object = target + module;

    object += strspn(object, " \t");
    if (!module || *object != ':')
        return false;
    object += 1 + strspn(object + 1, " \t");
    return *object && !strchr("[:", *object);
}

static void refuse(const struct line *line, const char *why)
{
    lint_add(line->subject->report, LINT_ENTRY_POINTS, NULL, "%s: '%s': %s", file_name, line->text,
             why);
}

/* Python's configparser, which PyPI and pip use, takes nothing twice. */
static void see(const struct line *line, const char *name)
{
    auto_free char *key = xasprintf("%s %s", line->section, name);

    if (strv_contains(line->seen, key))
        refuse(line, "it is there twice");
    else if (line->seen->count < MAX_SEEN)
        strv_push(line->seen, key);
}

static void check_entry(const struct line *line)
{
    char *equals = strchr(line->text, '=');

    if (!*line->section || !equals) {
        refuse(line, equals ? "it stands in no section" : "there is no '='");
        return;
    }
    auto_free char *copy = xstrdup(line->text);
    copy[equals - line->text] = '\0';
    const char *name = trim(copy);
    see(line, name);
    if (!is_script_section(line->section))
        return;
    if (!is_script_name(name))
        refuse(line, "the script's name is none");
    else if (!is_script_target(trim(copy + (equals - line->text) + 1)))
        refuse(line, "the target is no 'module:function'");
}

/* Comments, empty lines and continuations, which begin with a blank, say nothing of their own. */
static bool is_silent(const char *raw)
{
    return !*raw || strchr("#;\r", *raw) || *raw == ' ' || *raw == '\t';
}

static void check_lines(const struct subject *s, char *text)
{
    auto_strv struct strv seen = STRV_INIT;
    struct line line = {.subject = s, .section = "", .seen = &seen};

    for (char *raw = text, *next; raw; raw = next) {
        next = strchr(raw, '\n');
        if (next)
            *next++ = '\0';
        if (is_silent(raw))
            continue;
        line.text = trim(raw);
        size_t len = strlen(line.text);
        if (line.text[0] != '[') {
            check_entry(&line);
        } else if (len < 3 || line.text[len - 1] != ']') {
            refuse(&line, "the section's name is none");
        } else {
            line.text[len - 1] = '\0';
            line.section = line.text + 1;
            see(&line, "");
        }
    }
}

void lint_entry_points(const struct subject *s)
{
    const struct wheel_entry *entry = subject_find_info(s, file_name);
    auto_str struct str text = STR_INIT;
    auto_err struct err cause = ERR_INIT;

    if (!entry)
        return;
    if (wheel_zip_read(s->zip, entry, MAX_BYTES, &text, &cause) < 0) {
        lint_add(s->report, LINT_ENTRY_POINTS, NULL, "%s", cause.message);
        return;
    }
    if (memchr(text.buf, '\0', text.len))
        lint_add(s->report, LINT_ENTRY_POINTS, NULL, "%s has a NUL byte", file_name);
    check_lines(s, text.buf);
}
