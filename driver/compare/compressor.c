/* Tells the compressors of two archives apart. */
#include "compare/compressor.h"

#include "base/str.h"

enum { MOST_FILES = 200, MOST_BYTES = 32 << 20, MOST_FILE = 8 << 20 };

bool compressor_is_open(const struct compressor *c)
{
    return c->seen < MOST_FILES && c->looked_at < MOST_BYTES;
}

void compressor_see(struct compressor *c, struct bytes packed, struct bytes content)
{
    struct deflate_origin origin;

    if (!compressor_is_open(c) || content.len > MOST_FILE)
        return;
    deflate_origin_of(packed.at, packed.len, content.at, content.len, &origin);
    c->seen++;
    c->looked_at += content.len;
    c->makers[origin.maker]++;
    if (origin.maker == DEFLATE_BY_ZLIB) {
        c->levels &= origin.levels;
        c->mem_levels &= origin.mem_levels;
    }
}

/* One that is not the reference zlib may write some files like it; the other way round never. */
static enum deflate_maker maker_of(const struct compressor *c)
{
    enum deflate_maker found = DEFLATE_BY_UNKNOWN;

    if (c->makers[DEFLATE_BY_ZLIB] == c->seen)
        return DEFLATE_BY_ZLIB;
    if (c->makers[DEFLATE_BY_ZLIB] + c->makers[DEFLATE_BY_NOBODY] == c->seen)
        return c->makers[DEFLATE_BY_ZLIB] ? DEFLATE_BY_ZLIB : DEFLATE_BY_NOBODY;
    for (int m = DEFLATE_BY_ZLIB_NG; m < DEFLATE_MAKER_COUNT; m++)
        if (c->makers[m] && c->makers[m] >= c->makers[found])
            found = (enum deflate_maker)m;
    return c->makers[found] ? found : DEFLATE_BY_UNKNOWN;
}

/* The level that people choose, where several fit. */
static int level_of(uint16_t levels)
{
    static const int8_t order[] = {6, 9, 1, 5, 7, 8, 4, 3, 2};

    for (size_t i = 0; i < ARRAY_SIZE(order); i++)
        if (levels >> order[i] & 1)
            return order[i];
    return 0;
}

static char *describe(const struct compressor *c)
{
    enum deflate_maker maker = maker_of(c);

    switch (maker) {
    case DEFLATE_BY_ZLIB:
        if (!level_of(c->levels))
            return xstrdup("the reference zlib, at several levels");
        return xasprintf("the reference zlib, level %d%s", level_of(c->levels),
                         c->mem_levels & 1 << 8 ? "" : ", memLevel 9");
    case DEFLATE_BY_NOBODY:
        return xstrdup("not compressed (level 0)");
    case DEFLATE_BY_ZLIB_NG:
        return xstrdup("zlib-ng, or another zlib that is not the reference one");
    case DEFLATE_BY_FLATE2:
        return xstrdup("Rust's flate2 (maturin, uv)");
    case DEFLATE_BY_GO:
        return xstrdup("Go's compress/flate");
    case DEFLATE_BY_ISAL:
        return xstrdup("ISA-L");
    case DEFLATE_BY_LIBDEFLATE:
        return xstrdup("libdeflate, or another one that ends blocks where the content changes");
    default:
        return xstrdup("not the reference zlib");
    }
}

void compressor_compare(struct context *c, const char *where, const struct compressor *a,
                        const struct compressor *b)
{
    enum deflate_maker of_a = maker_of(a), of_b = maker_of(b);
    auto_free char *x = describe(a), *y = describe(b);
    enum cause cause = CAUSE_COMPRESSED_BYTES;

    if (of_a != of_b && a->seen && b->seen)
        cause = CAUSE_COMPRESSOR;
    else if (of_a == DEFLATE_BY_ZLIB && !str_eq(x, y))
        cause = CAUSE_COMPRESSION_LEVEL;
    if (of_a == DEFLATE_BY_NOBODY || of_b == DEFLATE_BY_NOBODY)
        cause = CAUSE_COMPRESSION_LEVEL;
    comparison_add(c->out, &(struct finding_spec){.cause = cause, .where = where, .a = x, .b = y});
}
