/* Any bytes as the code of a compiled module; the first says of which Python. */
#include "content/marshal_diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const int versions[] = {308, 309, 310, 311, 312, 313, 314, 315};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    auto_marshal struct marshal tree = MARSHAL_INIT;
    auto_err struct err err = ERR_INIT;

    if (len < 2)
        return 0;
    const struct marshal_code *code = marshal_code_of(versions[data[0] % ARRAY_SIZE(versions)]);
    if (marshal_parse((const char *)data + 1, len - 1, code, &tree, &err) < 0)
        return 0;
    struct marshal_diff diff = {.a = &tree, .b = &tree, .code = code};
    marshal_diff_run(&diff);
    if (!diff.equal && !diff.gave_up)
        BUG("a tree differs from itself");
    marshal_diff_release(&diff);
    return 0;
}
