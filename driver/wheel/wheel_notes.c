/* Finds names in a wheel that other systems cannot have, or cannot tell apart. */
#include "wheel/wheel_notes.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Sentences beyond the limit are counted only: a hostile wheel has half a million names. */
struct notes {
    struct strv *out;
    size_t count;
};

static void add_note(struct notes *notes, char *text)
{
    if (notes->count++ < WHEEL_NOTES_MAX)
        strv_push_owned(notes->out, text);
    else
        free(text);
}

/* "aux", "AUX.tar.gz", "com1.py": the part before the first dot, blanks behind it left out. */
static bool is_device(const char *part, size_t len)
{
    static const char *const devices[] = {"con", "prn", "aux", "nul", "conin$", "conout$"};
    const char *dot = memchr(part, '.', len);
    size_t stem = dot ? (size_t)(dot - part) : len;

    while (stem && part[stem - 1] == ' ')
        stem--;
    for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
        if (strlen(devices[i]) == stem && strncasecmp(part, devices[i], stem) == 0)
            return true;
    return stem == 4 && (strncasecmp(part, "com", 3) == 0 || strncasecmp(part, "lpt", 3) == 0) &&
           part[3] >= '0' && part[3] <= '9';
}

/* Why Windows cannot have a part of a path, or NULL; owned by the caller. */
static char *windows_objects(const char *part, size_t len)
{
    size_t plain = strcspn(part, "<>:\"|?*");

    if (is_device(part, len))
        return xasprintf("'%.*s' is a device there", (int)len, part);
    if (plain < len)
        return xasprintf("it has a '%c'", part[plain]);
    if (part[len - 1] == '.' || part[len - 1] == ' ')
        return xasprintf("a part of it ends with '%c'", part[len - 1]);
    return NULL;
}

static void note_windows(struct notes *notes, const char *name)
{
    for (const char *part = name; *part;) {
        size_t len = strcspn(part, "/");
        auto_free char *why = windows_objects(part, len);
        if (why) {
            add_note(notes, xasprintf("'%s' cannot be installed on Windows: %s", name, why));
            return;
        }
        part += len + (part[len] == '/');
    }
}

static int compare_folded(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    int order = strcasecmp(x, y);

    return order ? order : strcmp(x, y);
}

static void note_twins(struct notes *notes, const char *const names[], size_t count)
{
    auto_free const char **folded = xmalloc((count + 1) * sizeof(*folded));

    for (size_t i = 0; i < count; i++)
        folded[i] = names[i];
    qsort(folded, count, sizeof(*folded), compare_folded);
    for (size_t i = 1; i < count; i++)
        if (strcasecmp(folded[i - 1], folded[i]) == 0)
            add_note(notes, xasprintf("'%s' and '%s' are one file on Windows and macOS",
                                      folded[i - 1], folded[i]));
}

void wheel_notes(const char *const names[], size_t count, struct strv *out)
{
    struct notes notes = {.out = out};

    for (size_t i = 0; i < count; i++)
        note_windows(&notes, names[i]);
    note_twins(&notes, names, count);
    if (notes.count > WHEEL_NOTES_MAX)
        strv_pushf(out, "%zu more names that other systems cannot have",
                   notes.count - WHEEL_NOTES_MAX);
}
