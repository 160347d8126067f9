/* Reads an ELF file's headers, sections, dynamic section, notes and symbols. */
#include "content/elf_read.h"

#include "config.h"

#if TRUEWHEEL_WITH_ELF

#include <gelf.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "content/elf_debug.h"

bool elf_read_supported(void)
{
    return true;
}

/* --------------------------------------------------------------------------------------- strings */

static char *copy_text(const char *text, size_t len)
{
    size_t most = len < ELF_MAX_STRING ? len : ELF_MAX_STRING;
    char *copy = xstrndup(text, strnlen(text, most));

    str_make_printable(copy, "");
    return copy;
}

static void add_text(struct elf_facts *f, struct strv *list, size_t most, const char *text)
{
    elf_facts_add(f, list, most, text, text ? ELF_MAX_STRING : 0);
}

static void set_text(char **field, const char *text)
{
    if (text && !*field)
        *field = copy_text(text, ELF_MAX_STRING);
}

/* -------------------------------------------------------------------------------------- sections */

struct section {
    Elf_Scn *scn;
    GElf_Shdr header;
    const char *name;
};

static void read_dynamic(Elf *elf, const struct section *s, struct elf_facts *f)
{
    Elf_Data *data = elf_getdata(s->scn, NULL);
    GElf_Dyn dyn;

    for (int i = 0; data && gelf_getdyn(data, i, &dyn) && dyn.d_tag != DT_NULL; i++) {
        const char *text = elf_strptr(elf, s->header.sh_link, dyn.d_un.d_val);
        if (dyn.d_tag == DT_NEEDED)
            add_text(f, &f->needed, ELF_MAX_LIST, text);
        else if (dyn.d_tag == DT_SONAME)
            set_text(&f->soname, text);
        else if (dyn.d_tag == DT_RPATH)
            set_text(&f->rpath, text);
        else if (dyn.d_tag == DT_RUNPATH)
            set_text(&f->runpath, text);
    }
}

static void read_versions_of(Elf *elf, const struct section *s, Elf_Data *data, size_t at,
                             const GElf_Verneed *need, struct elf_facts *f)
{
    const char *file = elf_strptr(elf, s->header.sh_link, need->vn_file);
    GElf_Vernaux aux;

    for (unsigned i = 0; i < need->vn_cnt && gelf_getvernaux(data, (int)at, &aux); i++) {
        const char *name = elf_strptr(elf, s->header.sh_link, aux.vna_name);
        if (file && name) {
            auto_free char *text = xasprintf("%.2000s %.2000s", file, name);
            add_text(f, &f->versions, ELF_MAX_LIST, text);
        }
        if (!aux.vna_next || aux.vna_next > data->d_size - at)
            return;
        at += aux.vna_next;
    }
}

static void read_versions(Elf *elf, const struct section *s, struct elf_facts *f)
{
    Elf_Data *data = elf_getdata(s->scn, NULL);
    GElf_Verneed need;
    size_t at = 0;

    while (data && !f->cut && gelf_getverneed(data, (int)at, &need)) {
        if (need.vn_aux <= data->d_size - at)
            read_versions_of(elf, s, data, at + need.vn_aux, &need, f);
        if (!need.vn_next || need.vn_next > data->d_size - at)
            return;
        at += need.vn_next;
    }
}

static void read_notes(const struct section *s, struct elf_facts *f)
{
    Elf_Data *data = elf_getdata(s->scn, NULL);
    size_t at = 0, name, desc;
    GElf_Nhdr note;

    while (data && (at = gelf_getnote(data, at, &note, &name, &desc)) > 0) {
        if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof("GNU") ||
            memcmp((char *)data->d_buf + name, "GNU", sizeof("GNU")) != 0 ||
            note.n_descsz > ELF_MAX_STRING / 2 || f->build_id)
            continue;
        f->build_id = xmalloc(2 * (size_t)note.n_descsz + 1);
        hex_encode((const uint8_t *)data->d_buf + desc, note.n_descsz, f->build_id);
    }
}

static void read_symbols(Elf *elf, const struct section *s, struct elf_facts *f)
{
    Elf_Data *data = elf_getdata(s->scn, NULL);
    GElf_Sym symbol;

    strv_release(&f->symbols); /* .symtab has what .dynsym has, and more */
    for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
        const char *name = elf_strptr(elf, s->header.sh_link, symbol.st_name);
        if (GELF_ST_TYPE(symbol.st_info) == STT_FILE)
            add_text(f, &f->objects, ELF_MAX_LIST, name);
        else if (symbol.st_shndx != SHN_UNDEF && name && *name)
            add_text(f, &f->symbols, ELF_MAX_SYMBOLS, name);
    }
}

/* Strings that follow one another, each ended by a NUL. */
static void read_comments(const struct section *s, struct elf_facts *f)
{
    Elf_Data *data = elf_getdata(s->scn, NULL);

    for (size_t at = 0; data && data->d_buf && at < data->d_size;) {
        const char *text = (const char *)data->d_buf + at;
        size_t len = strnlen(text, data->d_size - at);
        if (len)
            elf_facts_add(f, &f->comments, ELF_MAX_LIST, text, len);
        at += len + 1;
    }
}

static void read_string(const struct section *s, char **field)
{
    Elf_Data *data = elf_getdata(s->scn, NULL);

    if (data && data->d_buf && data->d_size && !*field)
        *field = copy_text(data->d_buf, data->d_size);
}

static void add_section(const struct section *s, struct elf_facts *f)
{
    const GElf_Shdr *h = &s->header;

    if (f->sections.count >= ELF_MAX_SECTIONS) {
        f->cut = true;
        return;
    }
    VEC_GROW(&f->sections);
    f->sections.items[f->sections.count++] = (struct elf_section){
        .name = copy_text(s->name, ELF_MAX_STRING),
        .offset = h->sh_offset,
        .size = h->sh_type == SHT_NOBITS || h->sh_type == SHT_NULL ? 0 : h->sh_size,
        .address = h->sh_addr,
        .flags = h->sh_flags,
        .type = h->sh_type};
}

static void read_section(Elf *elf, const struct section *s, struct elf_facts *f)
{
    add_section(s, f);
    if (s->header.sh_type == SHT_DYNAMIC)
        read_dynamic(elf, s, f);
    else if (s->header.sh_type == SHT_GNU_verneed)
        read_versions(elf, s, f);
    else if (s->header.sh_type == SHT_NOTE)
        read_notes(s, f);
    else if (s->header.sh_type == SHT_SYMTAB || (s->header.sh_type == SHT_DYNSYM && !f->has_symtab))
        read_symbols(elf, s, f);
    else if (strcmp(s->name, ".comment") == 0)
        read_comments(s, f);
    else if (strcmp(s->name, ".interp") == 0)
        read_string(s, &f->interpreter);
    else if (strcmp(s->name, ".gnu_debuglink") == 0)
        read_string(s, &f->debug_link);
    f->has_symtab = f->has_symtab || s->header.sh_type == SHT_SYMTAB;
    if (str_starts(s->name, ".debug_info") || str_starts(s->name, ".zdebug_info"))
        f->has_debug_info = true;
}

static int read_sections(Elf *elf, struct elf_facts *f)
{
    struct section s = {.scn = NULL};
    size_t names;

    if (elf_getshdrstrndx(elf, &names) < 0)
        return -1;
    while ((s.scn = elf_nextscn(elf, s.scn))) {
        if (!gelf_getshdr(s.scn, &s.header))
            return -1;
        s.name = elf_strptr(elf, names, s.header.sh_name);
        if (!s.name)
            s.name = "";
        read_section(elf, &s, f);
    }
    return 0;
}

static int read_file_header(Elf *elf, struct elf_facts *f)
{
    GElf_Ehdr header;

    if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
        return -1;
    f->machine = header.e_machine;
    f->type = header.e_type;
    f->bits = header.e_ident[EI_CLASS] == ELFCLASS64 ? 64 : 32;
    f->big_endian = header.e_ident[EI_DATA] == ELFDATA2MSB;
    return 0;
}

int elf_read(const char *bytes, size_t len, struct elf_facts *ret_facts)
{
    if (elf_version(EV_CURRENT) == EV_NONE)
        return -1;
    Elf *elf = elf_memory((char *)(uintptr_t)bytes, len); /* nothing here writes to it */
    if (!elf)
        return -1;
    int ret = read_file_header(elf, ret_facts);
    if (ret == 0)
        ret = read_sections(elf, ret_facts);
    if (ret == 0)
        elf_read_debug(elf, ret_facts);
    (void)elf_end(elf);
    return ret;
}

#else

bool elf_read_supported(void)
{
    return false;
}

int elf_read(const char *bytes UNUSED, size_t len UNUSED, struct elf_facts *ret_facts UNUSED)
{
    return -1;
}

#endif
