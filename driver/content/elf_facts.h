/*
 * What an ELF file says of itself: where it runs, what it needs, how it was compiled and where, its
 * sections and symbols. content/elf_look.h fills them in.
 *
 * All strings are owned, have no control characters, and are cut where they are longer than
 * ELF_MAX_STRING. Lists keep the file's order, and each has a bound; `cut` says that one was reached.
 * Any thread, but for one that adds.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

enum {
    ELF_MAX_STRING = 4096,
    ELF_MAX_ONCE = 2000, /* of a list that has each string once */
    ELF_MAX_SECTIONS = 4096,
    ELF_MAX_SYMBOLS = 400000,
    ELF_MAX_LIST = 20000
};

struct elf_section {
    char *name;
    uint64_t offset, size; /* in the file; size 0 for .bss and the like */
    uint64_t address;
    uint64_t flags; /* SHF_… */
    uint32_t type;  /* SHT_… */
};

struct elf_facts {
    uint32_t machine; /* EM_… */
    uint32_t bits;    /* 32 or 64 */
    bool big_endian;
    uint32_t type; /* ET_… */

    char *build_id; /* hexadecimal; NULL: none. So are the next ones */
    char *soname;
    char *rpath;
    char *runpath;
    char *interpreter; /* of a program */
    char *debug_link;  /* .gnu_debuglink: a file's name */
    struct strv needed;
    struct strv versions; /* "libc.so.6 GLIBC_2.17" of each symbol version that is needed */
    struct strv comments; /* of .comment: the compilers' words */

    struct strv symbols; /* names of defined symbols, of .symtab or, without that, of .dynsym */
    struct strv objects; /* names of source files in .symtab, in the order of linking */
    bool has_symtab;
    bool has_debug_info;

    struct strv comp_dirs; /* DW_AT_comp_dir, each once */
    struct strv producers; /* DW_AT_producer, each once: compiler and flags */
    struct strv units;     /* DW_AT_name of each compilation unit */
    struct strv files; /* directories and files of the line tables that are absolute, each once */

    struct {
        struct elf_section *items;
        size_t count;
        size_t cap;
    } sections;
    bool cut;
};

#define ELF_FACTS_INIT                                                                             \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_elf_facts __attribute__((cleanup(elf_facts_release)))

/*
 * Adds a text of the file, of at most ELF_MAX_STRING bytes, unless the list is full; NULL is ignored.
 * Lists and bounds are those above.
 */
void elf_facts_add(struct elf_facts *f, struct strv *list, size_t most, const char *text,
                   size_t len);
void elf_facts_release(struct elf_facts *f); /* accepts empty ones */

/* "x86_64", …: the name of a machine as platform tags spell it, or NULL. */
const char *elf_machine_name(const struct elf_facts *f);

/*
 * Facts as bytes, from the process that reads a file to the one that wants to know: each fact is
 * "name=value" and a NUL. What arrives was written by a process that a hostile file may have taken
 * over, so it is checked like any other input: ERR_FORMAT for what elf_facts_write cannot have
 * written, and *ret_facts is empty.
 */
void elf_facts_write(const struct elf_facts *f, struct str *out);
int elf_facts_parse(const char *bytes, size_t len, struct elf_facts *ret_facts, struct err *err);
