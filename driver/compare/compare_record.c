/* Compares RECORD files. */
#include "compare/compare_record.h"

#include <string.h>

#include "base/str.h"
#include "wheel/record.h"
#include "compare/compare_text.h"

struct rows {
    const char *where;
    const struct strv *changed;
    size_t expected; /* rows that differ as their files do */
};

static char *show(const struct record_row *row)
{
    return row ? xasprintf("%s,%s", row->hash, row->size) : NULL;
}

static void compare_row(struct context *c, struct rows *rows, const char *path,
                        const struct record_row *a, const struct record_row *b)
{
    if (a && b && str_eq(a->hash, b->hash) && str_eq(a->size, b->size))
        return;
    if (strv_contains_sorted(rows->changed, path)) {
        rows->expected++;
        return;
    }
    auto_free char *of_a = show(a), *of_b = show(b);
    comparison_add(
        c->out,
        &(struct finding_spec){
            .cause = CAUSE_RECORD_ROW, .where = rows->where, .part = path, .a = of_a, .b = of_b});
}

/* Rows are sorted by path. */
static void compare_rows(struct context *c, struct rows *rows, const struct record *a,
                         const struct record *b)
{
    size_t i = 0, k = 0;

    while (i < a->count || k < b->count) {
        int order = i == a->count   ? 1
                    : k == b->count ? -1
                                    : strcmp(a->items[i].path, b->items[k].path);
        const char *path = order <= 0 ? a->items[i].path : b->items[k].path;
        const struct record_row *of_a = order <= 0 ? &a->items[i++] : NULL;
        const struct record_row *of_b = order >= 0 ? &b->items[k++] : NULL;
        compare_row(c, rows, path, of_a, of_b);
    }
}

static void add_expected(struct context *c, const struct rows *rows)
{
    auto_free char *part = xasprintf("%zu row%s", rows->expected, rows->expected == 1 ? "" : "s");

    comparison_add(c->out, &(struct finding_spec){.cause = CAUSE_RECORD_ROW,
                                                  .where = rows->where,
                                                  .part = part,
                                                  .follows = true});
}

static void add_form(struct context *c, const struct pair *pair)
{
    bool crlf_a = memchr(pair->a.at, '\r', pair->a.len),
         crlf_b = memchr(pair->b.at, '\r', pair->b.len);
    const char *part = crlf_a == crlf_b ? "order of the rows, or quotes" : "line ends";

    comparison_add(c->out, &(struct finding_spec){
                               .cause = CAUSE_RECORD_FORM, .where = pair->where, .part = part});
}

int compare_record(struct context *c, const struct pair *pair, struct err *err)
{
    auto_record struct record a = RECORD_INIT, b = RECORD_INIT;
    struct rows rows = {.where = pair->where, .changed = c->changed};
    size_t before = c->out->findings.count;

    if (record_parse(pair->a.at, pair->a.len, &a, NULL) < 0 ||
        record_parse(pair->b.at, pair->b.len, &b, NULL) < 0)
        return compare_text(c, pair, err);
    compare_rows(c, &rows, &a, &b);
    if (rows.expected)
        add_expected(c, &rows);
    if (c->out->findings.count == before)
        add_form(c, pair);
    return 0;
}
