/* Compares ELF files. */
#include "compare/compare_elf.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "content/elf_look.h"
#include "compare/compare_bytes.h"
#include "compare/elf_lists.h"

/* ------------------------------------------------------------------------------------- sections */

struct sections {
    const struct pair *pair;
    const struct elf_facts *a, *b;
    size_t first;    /* of the findings about this file */
    size_t count;    /* sections that differ, the build id apart */
    bool build_id;   /* that one differs */
    struct str code; /* "name (N and M bytes)", … */
    struct str data;
    struct str debug;
    struct str linking; /* tables that the linker makes */
};

static struct bytes section_bytes(struct bytes file, const struct elf_section *s)
{
    if (!s || s->offset > file.len || s->size > file.len - s->offset)
        return (struct bytes){file.at, 0};
    return (struct bytes){file.at + s->offset, (size_t)s->size};
}

/* The n-th section of that name. */
static const struct elf_section *find_section(const struct elf_facts *f, const char *name, size_t n)
{
    for (size_t i = 0; i < f->sections.count; i++)
        if (str_eq(f->sections.items[i].name, name) && n-- == 0)
            return &f->sections.items[i];
    return NULL;
}

static size_t count_before(const struct elf_facts *f, size_t index)
{
    size_t count = 0;

    for (size_t i = 0; i < index; i++)
        count += str_eq(f->sections.items[i].name, f->sections.items[index].name);
    return count;
}

static bool is_debug(const char *name)
{
    return str_starts(name, ".debug") || str_starts(name, ".zdebug") ||
           str_starts(name, ".gnu_debug") || str_starts(name, ".gnu.debug") ||
           str_starts(name, ".stab");
}

/* Tables of names, addresses and versions: they follow from what is linked. */
static bool is_linking(const struct elf_section *s)
{
    switch (s->type) {
    case SHT_PROGBITS:
    case SHT_NOTE:
    case SHT_INIT_ARRAY:
    case SHT_FINI_ARRAY:
    case SHT_PREINIT_ARRAY:
        return str_starts(s->name, ".got") || str_starts(s->name, ".plt") ||
               str_starts(s->name, ".eh_frame") || str_starts(s->name, ".comment");
    default:
        return true;
    }
}

static void note_section(struct sections *s, const struct elf_section *section, struct bytes a,
                         struct bytes b)
{
    struct str *list = is_debug(section->name)          ? &s->debug
                       : is_linking(section)            ? &s->linking
                       : section->flags & SHF_EXECINSTR ? &s->code
                                                        : &s->data;

    s->count++;
    str_addf(list, "%s%s", list->len ? ", " : "", section->name);
    if (a.len == b.len)
        str_addf(list, " (%zu bytes)", a.len);
    else
        str_addf(list, " (%zu and %zu bytes)", a.len, b.len);
}

/* Read-only data has the literals of the source, among them what __FILE__ and __DATE__ became. */
static bool has_literals(const struct elf_section *s)
{
    return str_starts(s->name, ".rodata") || str_starts(s->name, ".data") ||
           str_eq(s->name, ".ltext") || str_starts(s->name, ".lrodata");
}

static void compare_section(struct context *c, struct sections *s,
                            const struct elf_section *section, struct bytes a, struct bytes b)
{
    if (bytes_equal(a, b))
        return;
    if (str_eq(section->name, ".note.gnu.build-id")) {
        s->build_id = true;
        return;
    }
    if (has_literals(section)) {
        struct pair part = {s->pair->where, a, b};
        (void)compare_strings(c, &part, section->name, CAUSE_FILE_MACRO);
    }
    note_section(s, section, a, b);
}

static void compare_sections(struct context *c, struct sections *s)
{
    for (size_t i = 0; i < s->a->sections.count; i++) {
        const struct elf_section *x = &s->a->sections.items[i];
        const struct elf_section *y = find_section(s->b, x->name, count_before(s->a, i));
        compare_section(c, s, x, section_bytes(s->pair->a, x), section_bytes(s->pair->b, y));
    }
    for (size_t i = 0; i < s->b->sections.count; i++) {
        const struct elf_section *y = &s->b->sections.items[i];
        if (!find_section(s->a, y->name, count_before(s->b, i)))
            compare_section(c, s, y, section_bytes(s->pair->a, NULL), section_bytes(s->pair->b, y));
    }
}

/* ------------------------------------------------------------------------------------- findings */

static void add_sections(struct context *c, const struct sections *s, enum cause cause,
                         const struct str *list, bool follows)
{
    if (list->len)
        comparison_add(c->out, &(struct finding_spec){.cause = cause,
                                                      .where = s->pair->where,
                                                      .part = list->buf,
                                                      .follows = follows});
}

static void add_build_id(struct context *c, const struct sections *s)
{
    comparison_add(c->out, &(struct finding_spec){.cause = CAUSE_BUILD_ID,
                                                  .where = s->pair->where,
                                                  .a = s->a->build_id,
                                                  .b = s->b->build_id});
}

/* Headers, padding, and what lies behind the sections. */
static void add_outside(struct context *c, const struct sections *s, bool follows)
{
    comparison_add(c->out, &(struct finding_spec){.cause = CAUSE_BYTES,
                                                  .where = s->pair->where,
                                                  .part = "outside of the sections",
                                                  .follows = follows});
}

static void add_findings(struct context *c, const struct sections *s)
{
    bool follows = comparison_explains(c->out, s->first);

    add_sections(c, s, CAUSE_CODE, &s->code, follows);
    add_sections(c, s, CAUSE_DATA, &s->data, follows || s->code.len);
    add_sections(c, s, CAUSE_DEBUG_INFO, &s->debug, follows || s->code.len);
    add_sections(c, s, CAUSE_DATA, &s->linking, follows || s->code.len || s->data.len);
    if (s->build_id && !s->count && c->out->findings.count == s->first)
        add_build_id(c, s);
    if (!s->build_id && !s->count)
        add_outside(c, s, follows);
}

static void add_cut(struct context *c, const char *where)
{
    comparison_add(c->out,
                   &(struct finding_spec){.cause = CAUSE_NOT_READ,
                                          .where = where,
                                          .part = "some: its lists are longer than is looked at",
                                          .follows = true});
}

static void compare_both(struct context *c, const struct pair *pair, const struct elf_facts *a,
                         const struct elf_facts *b)
{
    struct sections s = {.pair = pair,
                         .a = a,
                         .b = b,
                         .first = c->out->findings.count,
                         .code = STR_INIT,
                         .data = STR_INIT,
                         .debug = STR_INIT,
                         .linking = STR_INIT};

    compare_elf_facts(c, pair->where, a, b);
    compare_sections(c, &s);
    add_findings(c, &s);
    if (a->cut || b->cut)
        add_cut(c, pair->where);
    str_release(&s.code);
    str_release(&s.data);
    str_release(&s.debug);
    str_release(&s.linking);
}

static int not_read(struct context *c, const struct pair *pair, const struct err *cause)
{
    comparison_add(c->out, &(struct finding_spec){.cause = CAUSE_NOT_READ,
                                                  .where = pair->where,
                                                  .part = cause->message});
    return 0;
}

int compare_elf(struct context *c, const struct pair *pair, struct err *err)
{
    auto_elf_facts struct elf_facts a = ELF_FACTS_INIT, b = ELF_FACTS_INIT;
    auto_err struct err cause = ERR_INIT;
    int ret = elf_look(pair->a.at, pair->a.len, &a, &cause);

    if (ret == 0)
        ret = elf_look(pair->b.at, pair->b.len, &b, &cause);
    if (ret == -ERR_FORMAT || ret == -ERR_ENVIRONMENT)
        return not_read(c, pair, &cause);
    if (ret < 0) {
        err_move(err, &cause);
        return ret;
    }
    compare_both(c, pair, &a, &b);
    return 0;
}
