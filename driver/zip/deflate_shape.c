/* Counts blocks and symbols of a deflate stream. */
#include "zip/deflate_shape.h"

#include <string.h>

enum { MAX_BITS = 15, LITERALS = 288, DISTANCES = 32, END_OF_BLOCK = 256 };

struct reader {
    const uint8_t *at, *end;
    uint64_t bits;
    unsigned count;
    bool failed; /* the stream was too short, or is none */
};

/* A canonical Huffman code: how many codes of each length, and the symbols in order. */
struct code {
    uint16_t counts[MAX_BITS + 1];
    uint16_t symbols[LITERALS];
};

static void fill(struct reader *r)
{
    while (r->count <= 56 && r->at < r->end) {
        r->bits |= (uint64_t)*r->at++ << r->count;
        r->count += 8;
    }
}

static unsigned take(struct reader *r, unsigned n)
{
    if (r->count < n)
        fill(r);
    if (r->count < n) {
        r->failed = true;
        return 0;
    }
    unsigned value = (unsigned)(r->bits & ((UINT64_C(1) << n) - 1));
    r->bits >>= n;
    r->count -= n;
    return value;
}

static void build(struct code *code, const uint8_t *lengths, unsigned count)
{
    uint16_t offsets[MAX_BITS + 2] = {0};

    memset(code->counts, 0, sizeof(code->counts));
    for (unsigned i = 0; i < count; i++)
        code->counts[lengths[i]]++;
    code->counts[0] = 0;
    for (unsigned bits = 1; bits <= MAX_BITS; bits++)
        offsets[bits + 1] = (uint16_t)(offsets[bits] + code->counts[bits]);
    for (unsigned i = 0; i < count; i++)
        if (lengths[i])
            code->symbols[offsets[lengths[i]]++] = (uint16_t)i;
}

static unsigned decode(struct reader *r, const struct code *code)
{
    int value = 0, first = 0, index = 0;

    for (unsigned bits = 1; bits <= MAX_BITS && !r->failed; bits++) {
        int count = code->counts[bits];
        value |= (int)take(r, 1);
        if (value - first < count)
            return code->symbols[index + value - first];
        index += count;
        first = (first + count) << 1;
        value <<= 1;
    }
    r->failed = true;
    return END_OF_BLOCK;
}

/* Of the symbols from 257 on: the length of the match. */
static unsigned take_length(struct reader *r, unsigned symbol)
{
    static const uint16_t base[] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                    31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
    unsigned index = symbol - END_OF_BLOCK - 1;

    if (index >= ARRAY_SIZE(base)) {
        r->failed = true;
        return 0;
    }
    unsigned extra = index < 8 || index == 28 ? 0 : index / 4 - 1;
    return base[index] + take(r, extra);
}

static unsigned take_distance(struct reader *r, unsigned symbol)
{
    if (symbol >= 30) {
        r->failed = true;
        return 0;
    }
    if (symbol < 4)
        return symbol + 1;
    unsigned extra = symbol / 2 - 1;
    return ((2 + symbol % 2) << extra) + 1 + take(r, extra);
}

/* What one block stands for. */
struct block {
    uint64_t symbols, size;
    unsigned farthest;
};

static void read_symbols(struct reader *r, const struct code *literals,
                         const struct code *distances, struct block *block)
{
    unsigned symbol;

    while (!r->failed && (symbol = decode(r, literals)) != END_OF_BLOCK) {
        block->symbols++;
        block->size++;
        if (symbol < END_OF_BLOCK)
            continue;
        block->size += take_length(r, symbol) - 1U;
        unsigned distance = take_distance(r, decode(r, distances));
        if (distance > block->farthest)
            block->farthest = distance;
    }
}

static void read_stored(struct reader *r, struct block *block)
{
    (void)take(r, r->count % 8);
    unsigned len = take(r, 16), complement = take(r, 16);

    if (r->failed || (len ^ complement) != 0xffff) {
        r->failed = true;
        return;
    }
    block->size = len;
    for (; len && r->count; len--)
        (void)take(r, 8);
    if ((size_t)(r->end - r->at) < len)
        r->failed = true;
    else
        r->at += len;
}

static void read_fixed(struct reader *r, struct block *block)
{
    uint8_t lengths[LITERALS], flat[DISTANCES];
    struct code literals, distances;

    for (unsigned i = 0; i < LITERALS; i++)
        lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    memset(flat, 5, sizeof(flat));
    build(&literals, lengths, LITERALS);
    build(&distances, flat, DISTANCES);
    read_symbols(r, &literals, &distances, block);
}

/* The run of lengths that symbols 16 to 18 of the code lengths' code stand for. */
static unsigned take_run(struct reader *r, unsigned symbol)
{
    if (symbol == 16)
        return 3 + take(r, 2);
    return symbol == 17 ? 3 + take(r, 3) : 11 + take(r, 7);
}

static void read_lengths(struct reader *r, const struct code *code, uint8_t *lengths,
                         unsigned count)
{
    for (unsigned i = 0; i < count && !r->failed;) {
        unsigned symbol = decode(r, code);
        if (symbol < 16) {
            lengths[i++] = (uint8_t)symbol;
            continue;
        }
        unsigned run = symbol <= 18 ? take_run(r, symbol) : 0;
        uint8_t value = symbol == 16 && i ? lengths[i - 1] : 0;
        if (!run || run > count - i || (symbol == 16 && !i)) {
            r->failed = true;
            return;
        }
        memset(lengths + i, value, run);
        i += run;
    }
}

static void read_dynamic(struct reader *r, struct block *block)
{
    static const uint8_t order[] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                    11, 4,  12, 3, 13, 2, 14, 1, 15};
    uint8_t lengths[LITERALS + DISTANCES] = {0}, first[19] = {0};
    struct code of_lengths, literals, distances;
    unsigned literal_count = take(r, 5) + 257, distance_count = take(r, 5) + 1;
    unsigned count = take(r, 4) + 4;

    if (literal_count > LITERALS)
        r->failed = true;
    for (unsigned i = 0; i < count; i++)
        first[order[i]] = (uint8_t)take(r, 3);
    if (r->failed)
        return;
    build(&of_lengths, first, ARRAY_SIZE(first));
    read_lengths(r, &of_lengths, lengths, literal_count + distance_count);
    build(&literals, lengths, literal_count);
    build(&distances, lengths + literal_count, distance_count);
    read_symbols(r, &literals, &distances, block);
}

static bool read_block(struct reader *r, struct deflate_shape *shape, struct block *block)
{
    bool last = take(r, 1);
    unsigned kind = take(r, 2);

    *block = (struct block){0};
    shape->last_is_fixed = kind == 1;
    if (kind == 0) {
        shape->stored++;
        read_stored(r, block);
        shape->flushed = shape->flushed || (!last && !block->size);
    } else if (kind == 1) {
        shape->fixed++;
        read_fixed(r, block);
    } else if (kind == 2) {
        shape->dynamic++;
        read_dynamic(r, block);
    } else {
        r->failed = true;
    }
    return last;
}

bool deflate_shape_read(const void *bytes, size_t len, struct deflate_shape *ret_shape)
{
    struct reader r = {.at = bytes, .end = (const uint8_t *)bytes + len};
    struct deflate_shape shape = {.regular = true};
    struct block block = {0};
    bool last = false;

    for (uint64_t i = 0; !last && !r.failed; i++) {
        last = read_block(&r, &shape, &block);
        if (i == 0)
            shape.symbols = block.symbols;
        if (!last && (!block.symbols || block.symbols != shape.symbols))
            shape.regular = false;
        if (last && i == 0)
            shape.regular = false;
        if (block.farthest > shape.farthest)
            shape.farthest = block.farthest;
    }
    shape.last_size = block.size;
    if (r.failed || r.at != r.end || r.count >= 8)
        return false;
    *ret_shape = shape;
    return true;
}
