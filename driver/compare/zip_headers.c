/* Compares the headers of two zip archives. */
#include "compare/zip_headers.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "zip/zip_bytes.h"
#include "zip/zip_packed.h"
#include "compare/tally.h"

/* Fields of a central header (APPNOTE.TXT, 4.3.12). */
enum {
    MADE_BY = 4,
    VERSION = 6,
    FLAGS = 8,
    METHOD = 10,
    TIME = 12,
    NAME_LEN = 28,
    EXTRA_LEN = 30,
    COMMENT_LEN = 32,
    INTERNAL = 36,
    EXTERNAL = 38,
    NAME = 46
};

/* ---------------------------------------------------------------------------------------- fields */

static char *show_made_by(const uint8_t *h)
{
    static const char *const systems[] = {"FAT", "Amiga", "OpenVMS", "Unix"};
    unsigned system = h[MADE_BY + 1];
    const char *name = system < ARRAY_SIZE(systems) ? systems[system]
                       : system == 10               ? "Windows"
                       : system == 19               ? "macOS"
                                                    : "another system";

    return xasprintf("%s, zip %u.%u", name, h[MADE_BY] / 10U, h[MADE_BY] % 10U);
}

static char *show_version(const uint8_t *h)
{
    return xasprintf("%u.%u", h[VERSION] / 10U, h[VERSION] % 10U);
}

static char *show_flags(const uint8_t *h)
{
    return xasprintf("0x%04x", get16(h + FLAGS));
}

static char *show_method(const uint8_t *h)
{
    switch (get16(h + METHOD)) {
    case ZIP_METHOD_STORED:
        return xstrdup("stored");
    case ZIP_METHOD_DEFLATED:
        return xstrdup("deflated");
    case ZIP_METHOD_BZIP2:
        return xstrdup("bzip2");
    case ZIP_METHOD_LZMA:
        return xstrdup("LZMA");
    case ZIP_METHOD_ZSTD:
        return xstrdup("zstd");
    default:
        return xasprintf("method %u", get16(h + METHOD));
    }
}

static char *show_time(const uint8_t *h)
{
    unsigned time = get16(h + TIME), date = get16(h + TIME + 2);

    return xasprintf("%04u-%02u-%02u %02u:%02u:%02u", 1980 + (date >> 9), date >> 5 & 15, date & 31,
                     time >> 11, time >> 5 & 63, (time & 31) * 2);
}

static char *show_mode(const uint8_t *h)
{
    return xasprintf("0%o", get32(h + EXTERNAL) >> 16);
}

static char *show_attributes(const uint8_t *h)
{
    return xasprintf("internal 0x%04x, DOS 0x%04x", get16(h + INTERNAL), get16(h + EXTERNAL));
}

/* "0x5455 (9 bytes)" for each of them. */
static char *show_extra(const uint8_t *h)
{
    const uint8_t *extra = h + NAME + get16(h + NAME_LEN);
    size_t len = get16(h + EXTRA_LEN);
    struct str out = STR_INIT;

    for (size_t at = 0; at + 4 <= len && out.len < 200; at += 4 + (size_t)get16(extra + at + 2))
        str_addf(&out, "%s0x%04x (%u bytes)", at ? ", " : "", get16(extra + at),
                 get16(extra + at + 2));
    if (!out.len)
        str_add(&out, "none");
    return str_detach(&out);
}

static struct bytes comment_of(const uint8_t *h)
{
    const uint8_t *at = h + NAME + get16(h + NAME_LEN) + get16(h + EXTRA_LEN);

    return (struct bytes){(const char *)at, get16(h + COMMENT_LEN)};
}

static char *show_comment(const uint8_t *h)
{
    struct bytes comment = comment_of(h);

    return xstrndup(comment.at, comment.len);
}

static bool same_extra(const uint8_t *a, const uint8_t *b)
{
    struct bytes x = {(const char *)a + NAME + get16(a + NAME_LEN), get16(a + EXTRA_LEN)};
    struct bytes y = {(const char *)b + NAME + get16(b + NAME_LEN), get16(b + EXTRA_LEN)};

    return bytes_equal(x, y);
}

static bool same_comment(const uint8_t *a, const uint8_t *b)
{
    return bytes_equal(comment_of(a), comment_of(b));
}

/* A field of fixed size, or one with a comparison of its own. */
static const struct field {
    enum cause cause;
    const char *name;
    size_t at, len;
    bool (*same)(const uint8_t *a, const uint8_t *b);
    char *(*show)(const uint8_t *header);
} fields[] = {
    {CAUSE_ENTRY_TIME, "time", TIME, 4, NULL, show_time},
    {CAUSE_ENTRY_MODE, "mode", EXTERNAL + 2, 2, NULL, show_mode},
    {CAUSE_ENTRY_METHOD, "method", METHOD, 2, NULL, show_method},
    {CAUSE_ENTRY_FLAGS, "flags", FLAGS, 2, NULL, show_flags},
    {CAUSE_ENTRY_CREATOR, "creator", MADE_BY, 2, NULL, show_made_by},
    {CAUSE_ENTRY_CREATOR, "version needed", VERSION, 2, NULL, show_version},
    {CAUSE_ENTRY_EXTRA, "extra fields", 0, 0, same_extra, show_extra},
    {CAUSE_ENTRY_MODE, "attributes", INTERNAL, 4, NULL, show_attributes},
    {CAUSE_COMMENT, "comment", 0, 0, same_comment, show_comment},
};

static bool is_same(const struct field *f, const uint8_t *a, const uint8_t *b)
{
    return f->same ? f->same(a, b) : memcmp(a + f->at, b + f->at, f->len) == 0;
}

static void compare_field(struct context *c, const char *where, const struct field *f,
                          const struct side *a, const struct side *b,
                          const struct file_pairs *pairs)
{
    struct tally tally = {.cause = f->cause, .field = f->name};

    for (size_t i = 0; i < pairs->count; i++) {
        const struct file_pair *pair = &pairs->items[i];
        const uint8_t *x = side_header(a, pair->a->span), *y = side_header(b, pair->b->span);
        if (!is_same(f, x, y) && tally_count(&tally, pair->a->entry->name)) {
            tally.a = f->show(x);
            tally.b = f->show(y);
        }
    }
    tally_finish(&tally, c->out, where);
}

/* ----------------------------------------------------------------------------------------- order */

struct placed {
    const struct file_pair *pair;
    uint64_t in_a, in_b;
};

static int compare_in_a(const void *a, const void *b)
{
    uint64_t x = ((const struct placed *)a)->in_a, y = ((const struct placed *)b)->in_a;

    return (x > y) - (x < y);
}

/* `place`: where a file lies in the archive, or in the directory. */
static bool same_order(const struct file_pairs *pairs, uint64_t (*place)(const struct zip_span *),
                       const struct file_pair **ret_first)
{
    auto_free struct placed *placed = xcalloc(pairs->count + 1, sizeof(*placed));

    for (size_t i = 0; i < pairs->count; i++)
        placed[i] = (struct placed){&pairs->items[i], place(pairs->items[i].a->span),
                                    place(pairs->items[i].b->span)};
    if (pairs->count)
        qsort(placed, pairs->count, sizeof(*placed), compare_in_a);
    for (size_t i = 1; i < pairs->count; i++) {
        if (placed[i].in_b > placed[i - 1].in_b)
            continue;
        *ret_first = placed[i].pair;
        return false;
    }
    return true;
}

static uint64_t place_in_file(const struct zip_span *span)
{
    return span->header_at;
}

static uint64_t place_in_directory(const struct zip_span *span)
{
    return span->name_at;
}

static void compare_order(struct context *c, const char *where, const struct file_pairs *pairs)
{
    const struct file_pair *first = NULL;

    if (same_order(pairs, place_in_file, &first) && same_order(pairs, place_in_directory, &first))
        return;
    auto_free char *part = xasprintf("first: '%s'", first->a->entry->name);
    comparison_add(
        c->out, &(struct finding_spec){.cause = CAUSE_ENTRY_ORDER, .where = where, .part = part});
}

/* -------------------------------------------------------------------- directories and the comment */

static size_t count_directories(const struct side *side)
{
    return side->layout.count - side->count;
}

static void compare_directories(struct context *c, const char *where, const struct side *a,
                                const struct side *b)
{
    auto_free char *of_a = xasprintf("%zu", count_directories(a));
    auto_free char *of_b = xasprintf("%zu", count_directories(b));

    comparison_add_values(c->out, CAUSE_DIRECTORY_ENTRIES, where, NULL, of_a, of_b);
}

static int read_comment(const struct side *side, struct str *out, struct err *err)
{
    size_t len = side->layout.comment_len;

    str_reserve(out, len);
    int ret = zip_read_at(side->fd, out->buf, len, side->size - len, err);
    if (ret == 0) {
        out->len = len;
        out->buf[len] = '\0';
    }
    return ret;
}

static int compare_comments(struct context *c, const char *where, const struct side *a,
                            const struct side *b, struct err *err)
{
    auto_str struct str of_a = STR_INIT, of_b = STR_INIT;
    int ret = read_comment(a, &of_a, err);

    if (ret == 0)
        ret = read_comment(b, &of_b, err);
    if (ret == 0 &&
        !bytes_equal((struct bytes){of_a.buf, of_a.len}, (struct bytes){of_b.buf, of_b.len}))
        comparison_add(c->out, &(struct finding_spec){.cause = CAUSE_COMMENT,
                                                      .where = where,
                                                      .part = "of the archive",
                                                      .a = of_a.buf,
                                                      .b = of_b.buf});
    return ret;
}

int compare_zip_headers(struct context *c, const char *where, const struct side *a,
                        const struct side *b, const struct file_pairs *pairs, struct err *err)
{
    compare_order(c, where, pairs);
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        compare_field(c, where, &fields[i], a, b, pairs);
    compare_directories(c, where, a, b);
    return compare_comments(c, where, a, b, err);
}
