/* Facts about an ELF file: collected, freed, written and read. */
#include "content/elf_facts.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    const char *name;
    enum { NUMBER, FLAG, TEXT, LIST } kind;
    size_t offset;
    size_t most; /* items of a list */
};

#define ROW(kind_, field, most_)                                                                   \
    {                                                                                              \
#field, kind_, offsetof(struct elf_facts, field), most_                                    \
    }

static const struct row rows[] = {
    ROW(NUMBER, machine, 0),
    ROW(NUMBER, bits, 0),
    ROW(FLAG, big_endian, 0),
    ROW(NUMBER, type, 0),
    ROW(TEXT, build_id, 0),
    ROW(TEXT, soname, 0),
    ROW(TEXT, rpath, 0),
    ROW(TEXT, runpath, 0),
    ROW(TEXT, interpreter, 0),
    ROW(TEXT, debug_link, 0),
    ROW(LIST, needed, ELF_MAX_LIST),
    ROW(LIST, versions, ELF_MAX_LIST),
    ROW(LIST, comments, ELF_MAX_LIST),
    ROW(LIST, symbols, ELF_MAX_SYMBOLS),
    ROW(LIST, objects, ELF_MAX_LIST),
    ROW(FLAG, has_symtab, 0),
    ROW(FLAG, has_debug_info, 0),
    ROW(LIST, comp_dirs, ELF_MAX_LIST),
    ROW(LIST, producers, ELF_MAX_LIST),
    ROW(LIST, units, ELF_MAX_LIST),
    ROW(LIST, files, ELF_MAX_LIST),
    ROW(FLAG, cut, 0),
};

static void *field_of(struct elf_facts *f, const struct row *row)
{
    return (char *)f + row->offset;
}

static void write_text(struct str *out, const char *name, const char *value)
{
    str_addf(out, "%s=%s", name, value);
    str_addch(out, '\0');
}

static void write_row(struct str *out, const struct row *row, const void *field)
{
    char number[16];

    switch (row->kind) {
    case NUMBER:
        (void)snprintf(number, sizeof(number), "%" PRIu32, *(const uint32_t *)field);
        write_text(out, row->name, number);
        break;
    case FLAG:
        write_text(out, row->name, *(const bool *)field ? "1" : "0");
        break;
    case TEXT:
        if (*(char *const *)field)
            write_text(out, row->name, *(char *const *)field);
        break;
    case LIST:
        for (size_t i = 0; i < ((const struct strv *)field)->count; i++)
            write_text(out, row->name, ((const struct strv *)field)->items[i]);
        break;
    }
}

void elf_facts_write(const struct elf_facts *facts, struct str *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        write_row(out, &rows[i], (const char *)facts + rows[i].offset);
    for (size_t i = 0; i < facts->sections.count; i++) {
        const struct elf_section *s = &facts->sections.items[i];
        auto_free char *value =
            xasprintf("%" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx32 " %s", s->offset,
                      s->size, s->address, s->flags, s->type, s->name);
        write_text(out, "section", value);
    }
}

static bool read_section(struct elf_facts *f, const char *value)
{
    struct elf_section s = {0};
    int at = 0;

    if (f->sections.count >= ELF_MAX_SECTIONS ||
        sscanf(value, "%" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx32 "%n", &s.offset,
               &s.size, &s.address, &s.flags, &s.type, &at) != 5 ||
        value[at] != ' ')
        return false;
    s.name = xstrdup(value + at + 1); /* it may begin with a blank */
    VEC_GROW(&f->sections);
    f->sections.items[f->sections.count++] = s;
    return true;
}

static bool read_row(struct elf_facts *f, const struct row *row, const char *value)
{
    void *field = field_of(f, row);
    char *end;

    switch (row->kind) {
    case NUMBER:
        *(uint32_t *)field = (uint32_t)strtoul(value, &end, 10);
        return *value && !*end;
    case FLAG:
        *(bool *)field = *value == '1';
        return true;
    case TEXT:
        if (*(char **)field)
            return false;
        *(char **)field = xstrdup(value);
        return true;
    case LIST:
        if (((struct strv *)field)->count >= row->most)
            return false;
        strv_push(field, value);
        return true;
    }
    return false;
}

static bool read_fact(struct elf_facts *f, const char *text)
{
    size_t name = strcspn(text, "=");
    const char *value = text + name + 1;

    if (!text[name])
        return false;
    if (name == strlen("section") && memcmp(text, "section", name) == 0)
        return read_section(f, value);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (strlen(rows[i].name) == name && memcmp(text, rows[i].name, name) == 0)
            return read_row(f, &rows[i], value);
    return false;
}

int elf_facts_parse(const char *bytes, size_t len, struct elf_facts *ret_facts, struct err *err)
{
    auto_elf_facts struct elf_facts f = ELF_FACTS_INIT;

    for (size_t at = 0; at < len;) {
        size_t fact = strnlen(bytes + at, len - at);
        auto_free char *text = xstrndup(bytes + at, fact);
        str_make_printable(text, "");
        if (at + fact == len || !read_fact(&f, text))
            return err_set(err, ERR_FORMAT, "its reader did not say what it found");
        at += fact + 1;
    }
    *ret_facts = f;
    f = (struct elf_facts)ELF_FACTS_INIT;
    return 0;
}

void elf_facts_release(struct elf_facts *f)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        void *field = field_of(f, &rows[i]);
        if (rows[i].kind == TEXT)
            free_ptr(field);
        else if (rows[i].kind == LIST)
            strv_release(field);
    }
    for (size_t i = 0; i < f->sections.count; i++)
        free(f->sections.items[i].name);
    free(f->sections.items);
    *f = (struct elf_facts)ELF_FACTS_INIT;
}

void elf_facts_add(struct elf_facts *f, struct strv *list, size_t most, const char *text,
                   size_t len)
{
    if (!text)
        return;
    if (list->count >= most) {
        f->cut = true;
        return;
    }
    char *copy = xstrndup(text, strnlen(text, len < ELF_MAX_STRING ? len : ELF_MAX_STRING));
    str_make_printable(copy, "");
    strv_push_owned(list, copy);
}

const char *elf_machine_name(const struct elf_facts *f)
{
    static const struct {
        uint32_t machine;
        uint32_t bits;
        bool big_endian;
        const char *name;
    } names[] = {
        {EM_X86_64, 64, 0, "x86_64"},
        {EM_386, 32, 0, "i686"},
        {EM_AARCH64, 64, 0, "aarch64"},
        {EM_ARM, 32, 0, "armv7l"},
        {EM_PPC64, 64, 0, "ppc64le"},
        {EM_PPC64, 64, 1, "ppc64"},
        {EM_S390, 64, 1, "s390x"},
        {EM_RISCV, 64, 0, "riscv64"},
        {EM_LOONGARCH, 64, 0, "loongarch64"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (names[i].machine == f->machine && names[i].bits == f->bits &&
            names[i].big_endian == f->big_endian)
            return names[i].name;
    return NULL;
}
