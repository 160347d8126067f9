/* Walks two trees of bytecode. */
#include "content/marshal_diff.h"

#include <string.h>

#include "base/str.h"

static const struct marshal_node *value(const struct marshal *m, uint32_t node)
{
    return &m->nodes[marshal_value(m, node)];
}

static bool is_container(char kind)
{
    return strchr("([{}<>:c", kind) != NULL;
}

/* False, and the walk ends, when it has gone too far. */
static bool enter(struct marshal_diff *w)
{
    if (w->steps++ > MARSHAL_MAX_STEPS || w->depth > MARSHAL_MAX_DEPTH)
        w->gave_up = true;
    w->depth++;
    return !w->gave_up;
}

static bool same(struct marshal_diff *w, uint32_t a, uint32_t b);

static bool same_children(struct marshal_diff *w, const struct marshal_node *x,
                          const struct marshal_node *y)
{
    uint32_t p = x->first, q = y->first;
    bool equal = enter(w);

    /* What is not looked at counts as equal: the caller knows that the walk gave up. */
    for (; p && q && equal; p = w->a->nodes[p].next, q = w->b->nodes[q].next)
        equal = same(w, p, q);
    w->depth--;
    return equal || w->gave_up;
}

static bool same(struct marshal_diff *w, uint32_t a, uint32_t b)
{
    const struct marshal_node *x = value(w->a, a), *y = value(w->b, b);
    char kind = marshal_kind(x);

    w->steps++;
    if (kind != marshal_kind(y) || x->count != y->count)
        return false;
    if (is_container(kind))
        return same_children(w, x, y);
    return x->len == y->len && (!x->len || memcmp(x->bytes, y->bytes, x->len) == 0);
}

/* Each value of one set is in the other: sets have no value twice. */
static bool same_set(struct marshal_diff *w, const struct marshal_node *x,
                     const struct marshal_node *y)
{
    if (x->count != y->count || x->count > 1000)
        return false;
    for (uint32_t p = x->first; p; p = w->a->nodes[p].next) {
        uint32_t q = y->first;
        while (q && w->steps < MARSHAL_MAX_STEPS && !same(w, p, q))
            q = w->b->nodes[q].next;
        if (!q)
            return false;
    }
    return true;
}

static void add_string(struct lines *list, const struct marshal_node *node)
{
    VEC_GROW(list);
    list->items[list->count++] = (struct line){node->bytes ? node->bytes : "", node->len};
}

static const struct marshal_node *field(const struct marshal *m, const struct marshal_code *code,
                                        const struct marshal_node *object, const char *name)
{
    uint32_t child = object->first;

    for (size_t i = 0; child && i < code->count; i++, child = m->nodes[child].next)
        if (str_eq(code->fields[i], name))
            return value(m, child);
    return NULL;
}

static char *name_of(const struct marshal_diff *w, const struct marshal_node *object)
{
    const struct marshal_node *name = field(w->a, w->code, object, "name");

    if (!name || marshal_kind(name) != 'u' || name->len > 200)
        return xstrdup("?");
    char *text = xstrndup(name->bytes ? name->bytes : "", name->len);
    str_make_printable(text, "");
    return text;
}

static void add_function(struct marshal_diff *w, const char *fields)
{
    struct str text = STR_INIT;

    if (w->functions.count >= MARSHAL_MAX_FOUND)
        return;
    for (size_t i = 0; i < w->names.count; i++)
        str_addf(&text, "%s%s", i ? "." : "", w->names.items[i]);
    str_addf(&text, ": %s", fields);
    strv_push_owned(&w->functions, str_detach(&text));
}

static bool walk(struct marshal_diff *w, uint32_t a, uint32_t b);

/* False when something differs that has not been noted. */
static bool walk_children(struct marshal_diff *w, const struct marshal_node *x,
                          const struct marshal_node *y)
{
    uint32_t p = x->first, q = y->first;

    if (x->count != y->count)
        return false;
    bool noted = enter(w);
    for (; p && q && !w->gave_up; p = w->a->nodes[p].next, q = w->b->nodes[q].next)
        noted = walk(w, p, q) && noted;
    w->depth--;
    return noted;
}

static bool walk_field(struct marshal_diff *w, const char *name, uint32_t a, uint32_t b)
{
    const struct marshal_node *x = value(w->a, a), *y = value(w->b, b);

    if (same(w, a, b))
        return true;
    w->equal = false;
    if (str_eq(name, "filename")) {
        if (!w->path_a) {
            w->path_a = x;
            w->path_b = y;
        }
        return true;
    }
    return str_eq(name, "consts") && walk_children(w, x, y);
}

static void walk_code(struct marshal_diff *w, const struct marshal_node *x,
                      const struct marshal_node *y)
{
    auto_str struct str differing = STR_INIT;
    uint32_t p = x->first, q = y->first;

    strv_push_owned(&w->names, name_of(w, x));
    for (size_t i = 0; p && q && i < w->code->count; i++) {
        if (!walk_field(w, w->code->fields[i], p, q))
            str_addf(&differing, "%s%s", differing.len ? ", " : "", w->code->fields[i]);
        p = w->a->nodes[p].next;
        q = w->b->nodes[q].next;
    }
    if (differing.len)
        add_function(w, differing.buf);
    free_ptr(&w->names.items[--w->names.count]);
}

/* Notes what differs below two values; false when it cannot say more than that they do. */
static bool walk(struct marshal_diff *w, uint32_t a, uint32_t b)
{
    const struct marshal_node *x = value(w->a, a), *y = value(w->b, b);
    char kind = marshal_kind(x);

    if (same(w, a, b))
        return true;
    w->equal = false;
    if (kind != marshal_kind(y))
        return false;
    if (kind == 'c') {
        walk_code(w, x, y);
        return true;
    }
    if (kind == 'u' && w->strings_a.count < MARSHAL_MAX_FOUND) {
        add_string(&w->strings_a, x);
        add_string(&w->strings_b, y);
        return true;
    }
    if ((kind == '<' || kind == '>') && same_set(w, x, y)) {
        w->reordered = true;
        return true;
    }
    return kind == '(' && walk_children(w, x, y);
}

void marshal_diff_run(struct marshal_diff *w)
{
    w->equal = true;
    if (!walk(w, 1, 1) && !w->functions.count)
        add_function(w, "the module's value");
}

void marshal_diff_release(struct marshal_diff *w)
{
    lines_release(&w->strings_a);
    lines_release(&w->strings_b);
    strv_release(&w->functions);
    strv_release(&w->names);
}
