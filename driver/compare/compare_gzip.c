/* Compares gzip files. */
#include "compare/compare_gzip.h"

#include "base/str.h"
#include "content/gzip.h"
#include "compare/compressor.h"

enum { MAX_CONTENT = 256 << 20 };

static char *show_time(uint32_t seconds)
{
    return seconds ? context_show_time(seconds) : xstrdup("none");
}

/* RFC 1952, 2.3.1 */
static const char *system_name(uint8_t system)
{
    static const char *const names[] = {"FAT",  "Amiga",     "VMS",      "Unix", "VM/CMS",  "Atari",
                                        "HPFS", "Macintosh", "Z-System", "CP/M", "TOPS-20", "NTFS"};

    return system < ARRAY_SIZE(names) ? names[system] : system == 255 ? "unknown" : "another";
}

static void compare_headers(struct context *c, const char *where, const struct gzip *a,
                            const struct gzip *b)
{
    auto_free char *time_a = show_time(a->time), *time_b = show_time(b->time);
    auto_free char *flags_a = xasprintf("%u", a->extra_flags);
    auto_free char *flags_b = xasprintf("%u", b->extra_flags);

    comparison_add_values(c->out, CAUSE_GZIP_TIME, where, NULL, time_a, time_b);
    comparison_add_values(c->out, CAUSE_GZIP_NAME, where, "name", a->name, b->name);
    comparison_add_values(c->out, CAUSE_GZIP_NAME, where, "comment", a->comment, b->comment);
    comparison_add_values(c->out, CAUSE_GZIP_SYSTEM, where, "system", system_name(a->system),
                          system_name(b->system));
    comparison_add_values(c->out, CAUSE_GZIP_SYSTEM, where, "effort (XFL)", flags_a, flags_b);
}

static struct bytes stream_of(struct bytes file, const struct gzip *g)
{
    return (struct bytes){file.at + g->packed_at, g->packed_len};
}

static void compare_streams(struct context *c, const struct pair *pair, const struct gzip *a,
                            const struct gzip *b)
{
    const struct bytes content = {a->content.buf, a->content.len};
    struct compressor of_a = COMPRESSOR_INIT, of_b = COMPRESSOR_INIT;

    if (!a->single || !b->single)
        return;
    compressor_see(&of_a, stream_of(pair->a, a), content);
    compressor_see(&of_b, stream_of(pair->b, b), content);
    compressor_compare(c, pair->where, &of_a, &of_b);
}

static int compare_contents(struct context *c, const struct pair *pair, const struct gzip *a,
                            const struct gzip *b, struct err *err)
{
    auto_free char *inner = context_inner_name(pair->where, a->name ? a->name : "content");
    struct pair contents = {
        inner, {a->content.buf, a->content.len}, {b->content.buf, b->content.len}};

    if (!bytes_equal(contents.a, contents.b))
        return c->compare_inner(c, &contents, err);
    if (!bytes_equal(stream_of(pair->a, a), stream_of(pair->b, b)))
        compare_streams(c, pair, a, b);
    return 0;
}

int compare_gzip(struct context *c, const struct pair *pair, struct err *err)
{
    auto_gzip struct gzip a = GZIP_INIT, b = GZIP_INIT;

    if (gzip_read(pair->a.at, pair->a.len, MAX_CONTENT, &a, NULL) < 0 ||
        gzip_read(pair->b.at, pair->b.len, MAX_CONTENT, &b, NULL) < 0)
        return 0;
    compare_headers(c, pair->where, &a, &b);
    return compare_contents(c, pair, &a, &b, err);
}
