/* Reads where and how a file was compiled from its debug information. */
#include "content/elf_debug.h"

#include "config.h"

#if TRUEWHEEL_WITH_ELF

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <string.h>

#include "base/path.h"

static void add_once(struct elf_facts *f, struct strv *list, const char *text)
{
    if (text && !strv_contains(list, text))
        elf_facts_add(f, list, ELF_MAX_ONCE, text, ELF_MAX_STRING);
}

static const char *text_of(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;

    return dwarf_attr(die, name, &attribute) ? dwarf_formstring(&attribute) : NULL;
}

static void add_absolute(struct elf_facts *f, const char *path)
{
    if (path && *path == '/')
        add_once(f, &f->files, path);
}

static void read_line_table(Dwarf_Die *die, struct elf_facts *f)
{
    const char *const *dirs;
    Dwarf_Files *files;
    size_t count, dir_count;

    if (dwarf_getsrcfiles(die, &files, &count) != 0)
        return;
    if (dwarf_getsrcdirs(files, &dirs, &dir_count) != 0)
        return;
    for (size_t i = 0; i < dir_count && !f->cut; i++)
        add_absolute(f, dirs[i]);
}

/* Two builds in different directories have the same units: the name counts, its directory is a path. */
static void read_unit_name(Dwarf_Die *die, struct elf_facts *f)
{
    const char *name = text_of(die, DW_AT_name);

    if (!name)
        return;
    const char *base = path_base(name);
    elf_facts_add(f, &f->units, ELF_MAX_LIST, base, strlen(base));
    auto_free char *dir = path_dir(name);
    add_absolute(f, dir);
}

static void read_unit(Dwarf_Die *die, struct elf_facts *f)
{
    read_unit_name(die, f);
    add_once(f, &f->comp_dirs, text_of(die, DW_AT_comp_dir));
    add_once(f, &f->producers, text_of(die, DW_AT_producer));
    read_line_table(die, f);
}

void elf_read_debug(void *elf, struct elf_facts *f)
{
    Dwarf *dwarf = f->has_debug_info ? dwarf_begin_elf(elf, DWARF_C_READ, NULL) : NULL;
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;

    if (!dwarf)
        return;
    while (!f->cut && dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0)
        read_unit(&die, f);
    (void)dwarf_end(dwarf);
}

#else

void elf_read_debug(void *elf UNUSED, struct elf_facts *f UNUSED)
{
}

#endif
