/* Appends to the notes of a build. */
#include "preload/notes.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "preload/world.h"

enum { LEAST_BYTES = 8, MOST_BYTES = 16, MOST_NOTES = 64 };

/* In one write, so that lines of several processes do not mix. If it fails, there is no note. */
static void append(const char *line, size_t len)
{
    int fd = world_open("notes", O_WRONLY | O_APPEND);

    if (fd < 0)
        return;
    if (write(fd, line, len) < 0)
        (void)0;
    (void)close(fd);
}

void note_clock_ran(void)
{
    static const char line[] = "clock ran\n";

    append(line, sizeof(line) - 1);
}

void note_chance(const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    static atomic_uint count;
    char line[sizeof("chance ") + 2 * MOST_BYTES + 1] = "chance ";
    char *at = line + strlen(line);

    if (len < LEAST_BYTES || !world_get()->noted || atomic_fetch_add(&count, 1) >= MOST_NOTES)
        return;
    for (size_t i = 0; i < len && i < MOST_BYTES; i++) {
        unsigned char byte = ((const unsigned char *)bytes)[i];
        *at++ = digits[byte >> 4];
        *at++ = digits[byte & 15];
    }
    *at++ = '\n';
    append(line, (size_t)(at - line));
}
