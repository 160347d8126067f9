/* Reads all files of a wheel. */
#include "lint/lint_content.h"

#include <string.h>

#include "base/str.h"
#include "content/content.h"
#include "lint/lint_layout.h"
#include "lint/lint_native.h"
#include "lint/lint_record.h"
#include "lint/lint_traces.h"

struct pass {
    const struct subject *subject;
    struct record record;
    bool has_record;
    struct date_day build_day;
    uint8_t (*digests)[SHA256_BYTES];
};

static int look_into(const struct pass *p, const struct wheel_entry *entry,
                     const struct content *content, struct err *err)
{
    struct traced traced = {.name = entry->name,
                            .bytes = content->bytes,
                            .len = content->len,
                            .kind = content_kind(entry->name, content->bytes, content->len),
                            .build_day = p->build_day};
    int ret = 0;

    lint_traces(p->subject, &traced);
    if (content_is_native(traced.kind))
        ret = lint_native(p->subject, entry->name, traced.kind, content->bytes, content->len, err);
    return ret;
}

static int read_entry(const struct pass *p, const struct wheel_entry *entry,
                      uint8_t digest[SHA256_BYTES], struct err *err)
{
    auto_content struct content content = CONTENT_INIT;

    if (entry->size > CONTENT_MAX)
        return wheel_zip_sha256(p->subject->zip, entry, digest, err);
    int ret = content_load(p->subject->zip, entry, &content, err);
    if (ret < 0)
        return ret;
    sha256_of(content.bytes, content.len, digest);
    return look_into(p, entry, &content, err);
}

/* A file that is damaged is a finding; one that cannot be read at all is an error. */
static int check_entry(const struct pass *p, size_t index, struct err *err)
{
    const struct subject *s = p->subject;
    const struct wheel_entry *entry = &s->entries[index];
    auto_err struct err cause = ERR_INIT;
    int ret = read_entry(p, entry, p->digests[index], &cause);

    if (ret == -ERR_FORMAT) {
        lint_add(s->report, LINT_DAMAGED, NULL, "%s", cause.message); /* names the file */
        return 0;
    }
    if (ret < 0) {
        err_move(err, &cause);
        return ret;
    }
    if (p->has_record)
        lint_record_row(s, &p->record, entry, p->digests[index]);
    return 0;
}

int lint_content(const struct subject *s, struct err *err)
{
    auto_free uint8_t(*digests)[SHA256_BYTES] = xcalloc(s->count + 1, sizeof(*digests));
    struct pass p = {.subject = s, .build_day = lint_build_day(s), .digests = digests};
    int ret = 0;

    p.has_record = lint_record_read(s, &p.record);
    if (p.has_record)
        lint_record_names(s, &p.record);
    for (size_t i = 0; i < s->count && ret == 0; i++)
        ret = check_entry(&p, i, err);
    if (ret == 0)
        lint_copies(s, (const uint8_t(*)[SHA256_BYTES])digests);
    record_release(&p.record);
    return ret;
}
