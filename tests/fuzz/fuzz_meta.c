/* Any bytes as METADATA and as WHEEL. */
#include "wheel/meta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    auto_metadata struct metadata m = METADATA_INIT;
    auto_wheel_info struct wheel_info w = WHEEL_INFO_INIT;
    auto_err struct err err = ERR_INIT;

    if (metadata_parse((const char *)data, len, &m, &err) == 0 && (!m.name[0] || !m.version[0]))
        BUG("an empty name or version");
    (void)wheel_info_parse((const char *)data, len, &w, &err);
    return 0;
}
