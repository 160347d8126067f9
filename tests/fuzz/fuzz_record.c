/* Any bytes as RECORD: what parses can be written and parsed again, with the same paths. */
#include "wheel/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t digest[SHA256_BYTES];
    auto_record struct record one = RECORD_INIT, two = RECORD_INIT;
    auto_err struct err err = ERR_INIT;
    auto_str struct str text = STR_INIT;

    if (record_parse((const char *)data, len, &one, &err) < 0)
        return 0;
    for (size_t i = 0; i < one.count; i++) {
        (void)record_check(&one.items[i], digest, 7, NULL, &err);
        record_write_row(&text, one.items[i].path, digest, i);
    }
    if (record_parse(text.buf, text.len, &two, NULL) < 0 || two.count != one.count)
        BUG("cannot read what was written");
    for (size_t i = 0; i < one.count; i++)
        if (!record_find(&two, one.items[i].path))
            BUG("a path was lost");
    return 0;
}
