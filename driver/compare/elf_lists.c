/* Compares what two ELF files say of themselves. */
#include "compare/elf_lists.h"

#include <string.h>

#include "base/str.h"

enum { MOST_SHOWN = 12 };

/* Two files, and where the findings about them begin. */
struct elf_pair {
    struct context *c;
    const char *where;
    size_t first;
    const struct elf_facts *a, *b;
};

/* Symbols are others when other things are linked, or by another compiler. */
static bool is_consequence(const struct elf_pair *p, enum cause cause)
{
    bool may_follow =
        cause == CAUSE_SYMBOLS || cause == CAUSE_SYMBOL_ORDER || cause == CAUSE_SYMBOL_VERSION;

    return may_follow && comparison_explains(p->c->out, p->first);
}

static void add(const struct elf_pair *p, enum cause cause, const char *part, const char *a,
                const char *b)
{
    comparison_add(p->c->out, &(struct finding_spec){.cause = cause,
                                                     .where = p->where,
                                                     .part = part,
                                                     .a = a,
                                                     .b = b,
                                                     .follows = is_consequence(p, cause)});
}

static void compare_machine(const struct elf_pair *p)
{
    const char *of_a = elf_machine_name(p->a), *of_b = elf_machine_name(p->b);
    auto_free char *x = xasprintf("%s (%u, %u bits)", of_a ? of_a : "?", p->a->machine, p->a->bits);
    auto_free char *y = xasprintf("%s (%u, %u bits)", of_b ? of_b : "?", p->b->machine, p->b->bits);

    comparison_add_values(p->c->out, CAUSE_MACHINE, p->where, NULL, x, y);
}

/* ------------------------------------------------------------------------------------------ lists */

/* The items of a sorted list that another sorted list does not have. */
static void subtract(const struct strv *list, const struct strv *other, struct strv *out)
{
    for (size_t i = 0; i < list->count; i++)
        if (!strv_contains_sorted(other, list->items[i]) &&
            (!out->count || !str_eq(out->items[out->count - 1], list->items[i])))
            strv_push(out, list->items[i]);
}

/* "a, b, c and 4 more"; NULL for none. */
static char *show(const struct strv *list)
{
    struct str out = STR_INIT;

    if (!list->count)
        return NULL;
    for (size_t i = 0; i < list->count && i < MOST_SHOWN; i++)
        str_addf(&out, "%s%s", i ? ", " : "", list->items[i]);
    if (list->count > MOST_SHOWN)
        str_addf(&out, " and %zu more", list->count - MOST_SHOWN);
    return str_detach(&out);
}

struct list {
    const char *part;
    enum cause cause; /* of other items */
    enum cause order; /* of the same items in another order; CAUSE_COUNT: no matter */
};

static void compare_list(const struct elf_pair *p, const struct list *list, const struct strv *a,
                         const struct strv *b)
{
    auto_strv struct strv x = STRV_INIT, y = STRV_INIT, only_a = STRV_INIT, only_b = STRV_INIT;

    if (strv_equal(a, b))
        return;
    strv_extend(&x, a);
    strv_extend(&y, b);
    strv_sort(&x);
    strv_sort(&y);
    subtract(&x, &y, &only_a);
    subtract(&y, &x, &only_b);
    if (only_a.count || only_b.count) {
        auto_free char *of_a = show(&only_a), *of_b = show(&only_b);
        add(p, list->cause, list->part, of_a, of_b);
    } else if (list->order != CAUSE_COUNT) {
        auto_free char *of_a = show(a), *of_b = show(b);
        add(p, list->order, list->part, of_a, of_b);
    }
}

/* ------------------------------------------------------------------------------------- compilers */

/* "GNU C17 12.2.0 -O2 -g": the compiler's name and version, up to its first option. */
static void split_producers(const struct strv *producers, struct strv *compilers,
                            struct strv *flags)
{
    for (size_t i = 0; i < producers->count; i++) {
        const char *text = producers->items[i];
        const char *options = strstr(text, " -");
        size_t len = options ? (size_t)(options - text) : strlen(text);
        auto_free char *compiler = xstrndup(text, len);
        if (!strv_contains(compilers, compiler))
            strv_push(compilers, compiler);
        if (options && !strv_contains(flags, options + 1))
            strv_push(flags, options + 1);
    }
}

static void compare_compilers(const struct elf_pair *p)
{
    static const struct list comments = {".comment", CAUSE_COMPILER_VERSION, CAUSE_COUNT};
    static const struct list producers = {"DW_AT_producer", CAUSE_COMPILER_VERSION, CAUSE_COUNT};
    static const struct list options = {"DW_AT_producer", CAUSE_COMPILER_FLAGS, CAUSE_COUNT};
    auto_strv struct strv compilers_a = STRV_INIT, compilers_b = STRV_INIT;
    auto_strv struct strv flags_a = STRV_INIT, flags_b = STRV_INIT;

    compare_list(p, &comments, &p->a->comments, &p->b->comments);
    split_producers(&p->a->producers, &compilers_a, &flags_a);
    split_producers(&p->b->producers, &compilers_b, &flags_b);
    if (!p->a->has_debug_info || !p->b->has_debug_info)
        return;
    compare_list(p, &producers, &compilers_a, &compilers_b);
    compare_list(p, &options, &flags_a, &flags_b);
}

/* --------------------------------------------------------------------------- debug and symbols */

static void compare_debug(const struct elf_pair *p)
{
    static const struct list dirs = {"DW_AT_comp_dir", CAUSE_DEBUG_PATH, CAUSE_COUNT};
    static const struct list files = {"line table", CAUSE_DEBUG_PATH, CAUSE_COUNT};
    static const struct list units = {"compilation units", CAUSE_LINKED_IN, CAUSE_LINK_ORDER};
    size_t before = p->c->out->findings.count;

    if (!p->a->has_debug_info || !p->b->has_debug_info)
        return;
    compare_list(p, &dirs, &p->a->comp_dirs, &p->b->comp_dirs);
    if (p->c->out->findings.count == before)
        compare_list(p, &files, &p->a->files, &p->b->files);
    compare_list(p, &units, &p->a->units, &p->b->units);
}

static void compare_symbols(const struct elf_pair *p)
{
    static const struct list objects = {"objects", CAUSE_LINKED_IN, CAUSE_LINK_ORDER};
    static const struct list symbols = {"symbols", CAUSE_SYMBOLS, CAUSE_SYMBOL_ORDER};
    bool told = comparison_has(p->c->out, p->first, CAUSE_LINK_ORDER) ||
                comparison_has(p->c->out, p->first, CAUSE_LINKED_IN);

    if (p->a->has_symtab != p->b->has_symtab)
        return;
    if (!told)
        compare_list(p, &objects, &p->a->objects, &p->b->objects);
    compare_list(p, &symbols, &p->a->symbols, &p->b->symbols);
}

static void compare_stripped(const struct elf_pair *p)
{
    if (p->a->has_symtab != p->b->has_symtab)
        add(p, CAUSE_STRIPPED, "symbol table", p->a->has_symtab ? "there" : "removed",
            p->b->has_symtab ? "there" : "removed");
    if (p->a->has_debug_info != p->b->has_debug_info)
        add(p, CAUSE_STRIPPED, "debug information", p->a->has_debug_info ? "there" : "none",
            p->b->has_debug_info ? "there" : "none");
}

void compare_elf_facts(struct context *c, const char *where, const struct elf_facts *a,
                       const struct elf_facts *b)
{
    static const struct list needed = {"NEEDED", CAUSE_NEEDED_LIBRARY, CAUSE_LINK_ORDER};
    static const struct list versions = {"versions", CAUSE_SYMBOL_VERSION, CAUSE_COUNT};
    const struct elf_pair pair = {c, where, c->out->findings.count, a, b};

    compare_machine(&pair);
    compare_list(&pair, &needed, &a->needed, &b->needed);
    comparison_add_values(c->out, CAUSE_RPATH, where, "RPATH", a->rpath, b->rpath);
    comparison_add_values(c->out, CAUSE_RPATH, where, "RUNPATH", a->runpath, b->runpath);
    comparison_add_values(c->out, CAUSE_SONAME, where, NULL, a->soname, b->soname);
    comparison_add_values(c->out, CAUSE_SONAME, where, "interpreter", a->interpreter,
                          b->interpreter);
    compare_compilers(&pair);
    compare_debug(&pair);
    compare_stripped(&pair);
    compare_symbols(&pair);
    compare_list(&pair, &versions, &a->versions, &b->versions);
}
