/*
 * Python's marshal format, as code objects are stored in (Python/marshal.c of CPython 3.8 to 3.15; its
 * version 4 and what 3.14 added). Nothing is executed or interpreted: the tree of values is laid out
 * for comparing.
 *
 * Hostile input: depth and number of values have limits, and every length is checked. Strings point
 * into the bytes, which must live as long. Any thread may read a tree that is parsed.
 */
#pragma once

#include "base/err.h"

enum { MARSHAL_MAX_DEPTH = 1000, MARSHAL_MAX_NODES = 4000000 };

/* A value. Its type is the letter that marshal.c writes, without the flag of a reference. */
struct marshal_node {
    char type;
    uint32_t next; /* the one behind it in the same container; 0: it is the last one */
    uint32_t
        first; /* of a container: the first one in it; of a reference 'r': the value; 0: none */
    uint32_t count;    /* in a container */
    const char *bytes; /* of a number or a string; for the integers in a code object, four bytes */
    size_t len;
};

struct marshal {
    struct marshal_node *nodes; /* nodes[1] is the value; nodes[0] is none */
    size_t count;
    size_t cap;
};

#define MARSHAL_INIT                                                                               \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_marshal __attribute__((cleanup(marshal_release)))

/* The fields of a code object, which are the children of a 'c', in the order of the file. */
struct marshal_code {
    const char *const *fields;
    size_t count;
};

/* The layout of a Python version (3.8: 308), or NULL for one that is not known. */
const struct marshal_code *marshal_code_of(int version);

/* ERR_FORMAT for what is no marshal data of that version. *ret_marshal is empty then. */
int marshal_parse(const char *bytes, size_t len, const struct marshal_code *code,
                  struct marshal *ret_marshal, struct err *err);
void marshal_release(struct marshal *m);

/* The value behind references; never an 'r' itself. */
uint32_t marshal_value(const struct marshal *m, uint32_t node);
/* Strings of all kinds, with or without interning, in one or two bytes of length: 's' and 'u' are left. */
char marshal_kind(const struct marshal_node *node);
