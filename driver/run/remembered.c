/* Answers of earlier runs as JSON. */
#include "run/remembered.h"

#include <sys/stat.h>

#include "base/clock.h"
#include "base/fields.h"

#define FIELD(kind_, member_, optional_)                                                           \
    {                                                                                              \
        .name = #member_, .offset = offsetof(struct remembered, member_), .kind = FIELD_##kind_,   \
        .optional = (optional_)                                                                    \
    }

static const struct field fields[] = {
    FIELD(TEXT, asked, false),  FIELD(TEXT, began, false),       FIELD(BOOL, closed, false),
    FIELD(TEXT, mode, false),   FIELD(TEXT, machine, false),     FIELD(JSON, facts, false),
    FIELD(JSON, files, false),  FIELD(JSON, directories, false), FIELD(BYTES, wheel_dir, true),
    FIELD(JSON, record, false),
};

void remembered_release(struct remembered *r)
{
    fields_release(r, fields, ARRAY_SIZE(fields));
}

json_t *remembered_to_json(const struct remembered *r)
{
    return fields_write(r, fields, ARRAY_SIZE(fields));
}

int remembered_from_json(const json_t *json, struct remembered *ret, struct err *err)
{
    return fields_read(json, ret, fields, ARRAY_SIZE(fields), err);
}

json_t *remembered_file(struct digests *digests, const char *path, int64_t *newest_ns)
{
    char hex[SHA256_HEX];
    struct stat st;

    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
        digests_of_file(digests, path, hex, NULL) < 0)
        return json_null();
    int64_t changed_ns = timespec_ns(&st.st_ctim);
    if (changed_ns > *newest_ns)
        *newest_ns = changed_ns;
    return json_string(hex);
}
