/* Compares files as bytes, and the strings in them. */
#include "compare/compare_bytes.h"

#include "base/vec.h"
#include "compare/compare_text.h"

enum { SHORTEST = 6, MOST_STRINGS = 500000, MOST_FOR_STRINGS = 64 << 20 };

static bool is_printable(char c)
{
    return (c >= ' ' && c <= '~') || c == '\t' || (uint8_t)c >= 0xa0;
}

void find_strings(struct bytes bytes, struct lines *ret_strings)
{
    struct lines found = LINES_INIT;

    for (size_t at = 0; at < bytes.len && found.count < MOST_STRINGS; at++) {
        size_t start = at;
        while (at < bytes.len && is_printable(bytes.at[at]))
            at++;
        if (at - start < SHORTEST)
            continue;
        VEC_GROW(&found);
        found.items[found.count++] = (struct line){bytes.at + start, at - start};
    }
    *ret_strings = found;
}

bool compare_strings(struct context *c, const struct pair *pair, const char *part,
                     enum cause path_cause)
{
    auto_lines struct lines a = LINES_INIT, b = LINES_INIT;
    struct string_lists lists = {
        .where = pair->where, .part = part, .a = &a, .b = &b, .path_cause = path_cause};

    find_strings(pair->a, &a);
    find_strings(pair->b, &b);
    return compare_string_lists(c, &lists);
}

static size_t first_difference(struct bytes a, struct bytes b)
{
    size_t at = 0;

    while (at < a.len && at < b.len && a.at[at] == b.at[at])
        at++;
    return at;
}

static size_t count_differences(struct bytes a, struct bytes b)
{
    size_t count = 0;

    for (size_t i = 0; i < a.len && i < b.len; i++)
        count += a.at[i] != b.at[i];
    return count;
}

static void add_extent(struct context *c, const struct pair *pair, bool follows)
{
    auto_free char *part = xasprintf("from byte %zu on", first_difference(pair->a, pair->b));
    size_t count = count_differences(pair->a, pair->b);
    bool same_size = pair->a.len == pair->b.len;
    auto_free char *a = same_size ? xasprintf("%zu of %zu bytes differ", count, pair->a.len)
                                  : xasprintf("%zu bytes", pair->a.len);
    auto_free char *b = same_size ? NULL : xasprintf("%zu bytes", pair->b.len);

    comparison_add(c->out, &(struct finding_spec){.cause = CAUSE_BYTES,
                                                  .where = pair->where,
                                                  .part = part,
                                                  .a = a,
                                                  .b = b,
                                                  .follows = follows});
}

int compare_bytes(struct context *c, const struct pair *pair, struct err *err UNUSED)
{
    size_t before = c->out->findings.count;

    if (pair->a.len <= MOST_FOR_STRINGS && pair->b.len <= MOST_FOR_STRINGS)
        (void)compare_strings(c, pair, "strings", CAUSE_BUILD_PATH);
    add_extent(c, pair, comparison_explains(c->out, before));
    return 0;
}
