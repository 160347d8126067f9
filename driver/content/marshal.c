/* Lays out marshal data as a tree. */
#include "content/marshal.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

enum { FLAG_REF = 0x80 };

struct reader {
    const uint8_t *at, *end;
    const struct marshal_code *code;
    struct marshal *tree;
    struct {
        uint32_t *items;
        size_t count;
        size_t cap;
    } refs;
    int depth;
    const char *failed; /* why */
};

/* Integers of a code object are told by their names: everything else is a value of its own. */
static bool is_plain_integer(const char *field)
{
    static const char *const names[] = {"argcount",  "posonlyargcount", "kwonlyargcount", "nlocals",
                                        "stacksize", "flags",           "firstlineno"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(names[i], field) == 0)
            return true;
    return false;
}

const struct marshal_code *marshal_code_of(int version)
{
    static const char *const fields38[] = {"argcount",       "posonlyargcount",
                                           "kwonlyargcount", "nlocals",
                                           "stacksize",      "flags",
                                           "code",           "consts",
                                           "names",          "varnames",
                                           "freevars",       "cellvars",
                                           "filename",       "name",
                                           "firstlineno",    "linetable"};
    static const char *const fields311[] = {
        "argcount", "posonlyargcount", "kwonlyargcount",  "stacksize",       "flags",    "code",
        "consts",   "names",           "localsplusnames", "localspluskinds", "filename", "name",
        "qualname", "firstlineno",     "linetable",       "exceptiontable"};
    static const struct marshal_code code38 = {fields38, ARRAY_SIZE(fields38)};
    static const struct marshal_code code311 = {fields311, ARRAY_SIZE(fields311)};

    if (version < 308 || version > 315)
        return NULL;
    return version < 311 ? &code38 : &code311;
}

static uint32_t fail(struct reader *r, const char *why)
{
    if (!r->failed)
        r->failed = why;
    return 0;
}

static const uint8_t *take(struct reader *r, size_t len)
{
    const uint8_t *p = r->at;

    if ((size_t)(r->end - p) < len) {
        (void)fail(r, "it is cut off");
        return NULL;
    }
    r->at += len;
    return p;
}

static uint32_t take_size(struct reader *r, size_t width)
{
    const uint8_t *p = take(r, width);
    uint32_t value = 0;

    for (size_t i = width; p && i-- > 0;)
        value = value << 8 | p[i];
    return value;
}

static uint32_t new_node(struct reader *r, char type)
{
    struct marshal *t = r->tree;

    if (t->count >= MARSHAL_MAX_NODES)
        return fail(r, "it has too many values");
    vec_grow((void **)&t->nodes, t->count, &t->cap, sizeof(*t->nodes));
    t->nodes[t->count] = (struct marshal_node){.type = type};
    return (uint32_t)t->count++;
}

static void set_bytes(struct reader *r, uint32_t node, size_t len)
{
    const uint8_t *p = take(r, len);

    if (p) {
        r->tree->nodes[node].bytes = (const char *)p;
        r->tree->nodes[node].len = len;
    }
}

static uint32_t read_value(struct reader *r);

/* Puts a child behind the last one. */
static bool append(struct reader *r, uint32_t parent, uint32_t *last, uint32_t child)
{
    if (!child)
        return false;
    if (*last)
        r->tree->nodes[*last].next = child;
    else
        r->tree->nodes[parent].first = child;
    *last = child;
    r->tree->nodes[parent].count++;
    return true;
}

static void read_children(struct reader *r, uint32_t node, uint32_t count)
{
    uint32_t last = 0;

    if (count > (size_t)(r->end - r->at)) { /* each has a byte at least */
        (void)fail(r, "it is cut off");
        return;
    }
    for (uint32_t i = 0; i < count && append(r, node, &last, read_value(r)); i++) {
    }
}

/* Keys and values up to a null. */
static void read_dict(struct reader *r, uint32_t node)
{
    uint32_t last = 0;

    while (r->at < r->end && *r->at != '0')
        if (!append(r, node, &last, read_value(r)))
            return;
    (void)take(r, 1);
}

static uint32_t read_integer(struct reader *r)
{
    uint32_t node = new_node(r, 'i');

    if (node)
        set_bytes(r, node, 4);
    return node;
}

static void read_code(struct reader *r, uint32_t node)
{
    uint32_t last = 0;

    for (size_t i = 0; i < r->code->count && !r->failed; i++) {
        uint32_t child = is_plain_integer(r->code->fields[i]) ? read_integer(r) : read_value(r);
        if (!append(r, node, &last, child))
            return;
    }
}

static void read_reference(struct reader *r, uint32_t node)
{
    uint32_t index = take_size(r, 4);

    if (r->failed || index >= r->refs.count)
        (void)fail(r, "a reference leads nowhere");
    else
        r->tree->nodes[node].first = r->refs.items[index];
}

static void read_long(struct reader *r, uint32_t node)
{
    const uint8_t *start = r->at;
    int64_t digits = (int32_t)take_size(r, 4);

    if (digits < 0)
        digits = -digits;
    if (!r->failed && (uint64_t)digits * 2 > (size_t)(r->end - r->at))
        (void)fail(r, "it is cut off");
    if (!r->failed) {
        r->at = start;
        set_bytes(r, node, 4 + (size_t)digits * 2);
    }
}

/* A complex number as text, of old versions: two strings. */
static void read_text_numbers(struct reader *r, uint32_t node, int count)
{
    const uint8_t *start = r->at;

    for (int i = 0; i < count; i++)
        (void)take(r, take_size(r, 1));
    if (!r->failed) {
        size_t len = (size_t)(r->at - start);
        r->at = start;
        set_bytes(r, node, len);
    }
}

static void read_body(struct reader *r, uint32_t node, char type)
{
    switch (type) {
    case 'N':
    case 'F':
    case 'T':
    case 'S':
    case '.':
        return;
    case 'i':
        set_bytes(r, node, 4);
        return;
    case 'I':
    case 'g':
        set_bytes(r, node, 8);
        return;
    case 'y':
        set_bytes(r, node, 16);
        return;
    case 'f':
        read_text_numbers(r, node, 1);
        return;
    case 'x':
        read_text_numbers(r, node, 2);
        return;
    case 'l':
        read_long(r, node);
        return;
    case 's':
    case 't':
    case 'u':
    case 'a':
    case 'A':
        set_bytes(r, node, take_size(r, 4));
        return;
    case 'z':
    case 'Z':
        set_bytes(r, node, take_size(r, 1));
        return;
    case ')':
        read_children(r, node, take_size(r, 1));
        return;
    case '(':
    case '[':
    case '<':
    case '>':
        read_children(r, node, take_size(r, 4));
        return;
    case ':':
        read_children(r, node, 3);
        return;
    case '{':
    case '}':
        read_dict(r, node);
        return;
    case 'c':
        read_code(r, node);
        return;
    case 'r':
        read_reference(r, node);
        return;
    default:
        (void)fail(r, "a value of an unknown type");
    }
}

static uint32_t read_value(struct reader *r)
{
    const uint8_t *p = take(r, 1);
    uint32_t node = p ? new_node(r, (char)(*p & ~FLAG_REF)) : 0;

    if (!node)
        return 0;
    if (*p & FLAG_REF) { /* numbered before what is in it */
        VEC_GROW(&r->refs);
        r->refs.items[r->refs.count++] = node;
    }
    if (++r->depth > MARSHAL_MAX_DEPTH)
        (void)fail(r, "it is nested too deeply");
    else
        read_body(r, node, (char)(*p & ~FLAG_REF));
    r->depth--;
    return r->failed ? 0 : node;
}

int marshal_parse(const char *bytes, size_t len, const struct marshal_code *code,
                  struct marshal *ret_marshal, struct err *err)
{
    auto_marshal struct marshal tree = MARSHAL_INIT;
    struct reader r = {.at = (const uint8_t *)bytes,
                       .end = (const uint8_t *)bytes + len,
                       .code = code,
                       .tree = &tree};

    (void)new_node(&r, '0'); /* number 0 is none */
    (void)read_value(&r);
    free(r.refs.items);
    if (!r.failed && r.at != r.end)
        (void)fail(&r, "bytes follow it");
    if (r.failed)
        return err_set(err, ERR_FORMAT, "damaged bytecode: %s", r.failed);
    *ret_marshal = tree;
    tree = (struct marshal)MARSHAL_INIT;
    return 0;
}

void marshal_release(struct marshal *m)
{
    free(m->nodes);
    *m = (struct marshal)MARSHAL_INIT;
}

/* A reference refers to what was numbered before it, and that is never a reference that has no value. */
uint32_t marshal_value(const struct marshal *m, uint32_t node)
{
    for (int i = 0; i < MARSHAL_MAX_DEPTH && m->nodes[node].type == 'r'; i++)
        node = m->nodes[node].first;
    return m->nodes[node].type == 'r' ? 0 : node;
}

char marshal_kind(const struct marshal_node *node)
{
    switch (node->type) {
    case 't':
    case 'u':
    case 'a':
    case 'A':
    case 'z':
    case 'Z':
        return 'u';
    case ')':
        return '(';
    default:
        return node->type;
    }
}
