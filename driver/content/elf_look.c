/* Reads an ELF file in a process of its own. */
#include "content/elf_look.h"

#include "base/io.h"
#include "content/elf_read.h"
#include "content/guarded.h"

static const struct guarded_limits limits = {
    .memory_bytes = UINT64_C(2) << 30, .seconds = 60, .max_output = 128 << 20};

struct request {
    const char *bytes;
    size_t len;
};

static int read_in_child(void *arg, int out_fd)
{
    const struct request *request = arg;
    struct elf_facts facts = ELF_FACTS_INIT; /* not freed: the process ends */
    struct str out = STR_INIT;

    if (elf_read(request->bytes, request->len, &facts) < 0)
        return -1;
    elf_facts_write(&facts, &out);
    return write_full(out_fd, out.buf, out.len);
}

bool elf_look_supported(void)
{
    return elf_read_supported();
}

int elf_look(const char *bytes, size_t len, struct elf_facts *ret_facts, struct err *err)
{
    struct request request = {bytes, len};
    auto_str struct str out = STR_INIT;

    if (!elf_look_supported())
        return err_set(err, ERR_ENVIRONMENT,
                       "this truewheel was built without elfutils (libelf, libdw)");
    int ret = guarded_run(read_in_child, &request, &limits, &out, err);
    return ret < 0 ? ret : elf_facts_parse(out.buf, out.len, ret_facts, err);
}
