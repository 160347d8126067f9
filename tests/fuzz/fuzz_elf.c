/* Any bytes as an ELF file: read in this process, and its facts read back. */
#include <string.h>

#include "content/elf_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    auto_elf_facts struct elf_facts facts = ELF_FACTS_INIT, back = ELF_FACTS_INIT,
                                    claimed = ELF_FACTS_INIT;
    auto_str struct str out = STR_INIT, again = STR_INIT;
    auto_err struct err err = ERR_INIT, ignored = ERR_INIT;

    /* What a reader that was taken over could send. */
    (void)elf_facts_parse((const char *)data, len, &claimed, &ignored);
    if (elf_read((const char *)data, len, &facts) < 0)
        return 0;
    elf_facts_write(&facts, &out);
    if (elf_facts_parse(out.buf, out.len, &back, &err) < 0)
        BUG("facts that were written are refused: %s", err.message);
    elf_facts_write(&back, &again);
    if (out.len != again.len || memcmp(out.buf, again.buf, out.len) != 0)
        BUG("facts change on their way");
    return 0;
}
