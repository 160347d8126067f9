/* Compares compiled Python modules. */
#include "compare/compare_pyc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "content/pyc.h"
#include "compare/compare_text.h"
#include "content/marshal_diff.h"

/* -------------------------------------------------------------------------------------- header */

/* Frees the values. */
static void add_field(struct context *c, const struct pair *pair, enum cause cause,
                      const char *part, char *a, char *b)
{
    comparison_add(c->out, &(struct finding_spec){
                               .cause = cause, .where = pair->where, .part = part, .a = a, .b = b});
    free(a);
    free(b);
}

static char *show_python(const struct pyc *p)
{
    if (!p->version)
        return xasprintf("magic number %u", p->magic);
    return xasprintf("Python %d.%d (magic number %u)", p->version / 100, p->version % 100,
                     p->magic);
}

static char *show_digest(const struct pyc *p)
{
    char hex[2 * sizeof(p->digest) + 1];

    hex_encode(p->digest, sizeof(p->digest), hex);
    return xstrdup(hex);
}

static char *show_flags(uint32_t flags)
{
    return xasprintf("%s%s (%" PRIu32 ")", flags & PYC_BY_HASH ? "by hash" : "by time",
                     flags & PYC_CHECK_SOURCE ? ", checked" : "", flags);
}

static void compare_headers(struct context *c, const struct pair *pair, const struct pyc *a,
                            const struct pyc *b)
{
    if (a->magic != b->magic)
        add_field(c, pair, CAUSE_PYC_PYTHON, NULL, show_python(a), show_python(b));
    if (a->flags != b->flags)
        add_field(c, pair, CAUSE_PYC_STAMP, "flags", show_flags(a->flags), show_flags(b->flags));
    if ((a->flags ^ b->flags) & PYC_BY_HASH)
        return;
    if (a->time != b->time)
        add_field(c, pair, CAUSE_PYC_STAMP, "mtime", context_show_time(a->time),
                  context_show_time(b->time));
    if (a->size != b->size)
        add_field(c, pair, CAUSE_PYC_STAMP, "source size", xasprintf("%" PRIu32, a->size),
                  xasprintf("%" PRIu32, b->size));
    if (memcmp(a->digest, b->digest, sizeof(a->digest)) != 0)
        add_field(c, pair, CAUSE_PYC_STAMP, "source hash", show_digest(a), show_digest(b));
}

/* ---------------------------------------------------------------------------------------- code */

static char *show_string(const struct marshal_node *node)
{
    char *text = xstrndup(node->bytes ? node->bytes : "", node->len < 1000 ? node->len : 1000);

    str_make_printable(text, "");
    return text;
}

static void add_functions(struct context *c, const struct pair *pair, const struct marshal_diff *w,
                          bool follows)
{
    auto_str struct str detail = STR_INIT;

    for (size_t i = 0; i < w->functions.count; i++)
        str_addf(&detail, "%s\n", w->functions.items[i]);
    comparison_add(c->out,
                   &(struct finding_spec){.cause = CAUSE_PYC_CODE,
                                          .where = pair->where,
                                          .part = w->gave_up ? "not all was compared" : NULL,
                                          .detail = detail.len ? detail.buf : NULL,
                                          .follows = follows});
}

static void add_findings(struct context *c, const struct pair *pair, const struct marshal_diff *w,
                         bool follows)
{
    struct string_lists strings = {.where = pair->where,
                                   .part = "constants",
                                   .a = &w->strings_a,
                                   .b = &w->strings_b,
                                   .path_cause = CAUSE_BUILD_PATH,
                                   .follows = follows};
    bool told = true;

    if (w->path_a)
        add_field(c, pair, CAUSE_PYC_PATH, "co_filename", show_string(w->path_a),
                  show_string(w->path_b));
    if (w->reordered)
        comparison_add(c->out, &(struct finding_spec){.cause = CAUSE_HASH_ORDER,
                                                      .where = pair->where,
                                                      .part = "a frozenset"});
    if (w->strings_a.count)
        told = compare_string_lists(c, &strings);
    if (w->functions.count || w->gave_up || !told)
        add_functions(c, pair, w, follows);
}

static int compare_code(struct context *c, const struct pair *pair, const struct pyc *header,
                        bool follows)
{
    auto_marshal struct marshal a = MARSHAL_INIT, b = MARSHAL_INIT;
    const struct marshal_code *code = marshal_code_of(header->version);
    const struct bytes x = {pair->a.at + PYC_HEADER, pair->a.len - PYC_HEADER};
    const struct bytes y = {pair->b.at + PYC_HEADER, pair->b.len - PYC_HEADER};

    if (bytes_equal(x, y))
        return 0;
    if (!code || marshal_parse(x.at, x.len, code, &a, NULL) < 0 ||
        marshal_parse(y.at, y.len, code, &b, NULL) < 0) {
        comparison_add(c->out, &(struct finding_spec){.cause = CAUSE_PYC_CODE,
                                                      .where = pair->where,
                                                      .part = "not read: damaged, or of an unknown "
                                                              "Python",
                                                      .follows = follows});
        return 0;
    }
    struct marshal_diff walk = {.a = &a, .b = &b, .code = code};
    marshal_diff_run(&walk);
    if (walk.equal && !walk.gave_up)
        comparison_add(c->out,
                       &(struct finding_spec){.cause = CAUSE_PYC_REFERENCES, .where = pair->where});
    else
        add_findings(c, pair, &walk, follows);
    marshal_diff_release(&walk);
    return 0;
}

/* "pkg/__pycache__/x.cpython-311.pyc" comes from "pkg/x.py". */
static bool source_differs(const struct context *c, const char *where)
{
    const char *inner = strstr(where, "!/");
    const char *name = path_base(where);
    const char *cache = strstr(where, "__pycache__/");
    size_t stem = strcspn(name, ".");
    const char *end = cache ? cache : name;
    auto_free char *source = xasprintf("%.*s%.*s.py", (int)(end - where), where, (int)stem, name);

    return strv_contains_sorted(c->changed, inner ? source + (inner + 2 - where) : source);
}

int compare_pyc(struct context *c, const struct pair *pair, struct err *err UNUSED)
{
    struct pyc a, b;

    if (pyc_read(pair->a.at, pair->a.len, &a, NULL) < 0 ||
        pyc_read(pair->b.at, pair->b.len, &b, NULL) < 0)
        return 0;
    compare_headers(c, pair, &a, &b);
    /* Another Python compiles to something else altogether. */
    return a.version == b.version ? compare_code(c, pair, &a, source_differs(c, pair->where)) : 0;
}
