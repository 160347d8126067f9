/* What a run came to, in one sentence. */
#include "output/summary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "display/ci.h"

struct counts {
    size_t built, stored, index;
    double saved; /* seconds that those from the store once took */
};

static struct counts count(const struct run_record *record)
{
    struct counts counts = {0};

    for (size_t i = 0; i < record->wheels.count; i++) {
        const struct record_item *item = &record->wheels.items[i];
        if (!item->build) {
            counts.index++;
        } else if (item->from_store) {
            counts.stored++;
            counts.saved += item->build->seconds;
        } else {
            counts.built++;
        }
    }
    return counts;
}

static void add_part(struct str *out, size_t number, const char *text)
{
    if (number)
        str_addf(out, "%s%zu %s", out->len ? ", " : "", number, text);
}

static char *describe(const struct outcome *outcome, int64_t ms)
{
    const struct run_record *record = &outcome->record;
    const struct counts counts = count(record);
    auto_free char *dir = xstrdup(outcome->wheel_dir);
    auto_str struct str parts = STR_INIT;
    struct str out = STR_INIT;

    add_part(&parts, counts.built, "built");
    add_part(&parts, counts.stored, "from the store");
    if (counts.stored)
        str_addf(&parts, " (%.1f s saved)", counts.saved);
    add_part(&parts, counts.index, "from the index");
    add_part(&parts, outcome->unchanged, "as they were");
    add_part(&parts, outcome->failures.count, "failed");
    str_make_line(dir);
    str_addf(&out, "%zu wheel%s in %s: %s; %.1f s", record->wheels.count,
             record->wheels.count == 1 ? "" : "s", dir, parts.buf, (double)ms / 1000);
    return str_detach(&out);
}

void summary_print(const struct outcome *outcome, int64_t ms)
{
    if (!outcome->record.wheels.count)
        return;
    auto_free char *text = describe(outcome, ms);
    (void)fprintf(stderr, "%s\n", text);
}

/* ------------------------------------------------------------------------------- a step's page */

/* What is no part of a table's syntax, nor of HTML. */
static void add_cell(struct str *out, const char *text)
{
    str_add(out, "| ");
    for (; *text; text++) {
        if (strchr("|\\`<>&*_[]", *text))
            str_addch(out, '\\');
        str_addch(out, (unsigned char)*text < ' ' ? '?' : *text);
    }
    str_addch(out, ' ');
}

static void add_table(struct str *out, const struct run_record *record)
{
    enum { MOST_ROWS = 1000 }; /* a page has at most 1 MiB */

    str_add(out, "| package | version | from | sha256 |\n|---|---|---|---|\n");
    for (size_t i = 0; i < record->wheels.count && i < MOST_ROWS; i++) {
        const struct record_item *item = &record->wheels.items[i];
        add_cell(out, item->name);
        add_cell(out, item->version);
        add_cell(out, record_item_origin(item));
        str_addf(out, "| `%.16s` |\n", item->sha256);
    }
}

static int append(const char *path, const struct str *text)
{
    auto_close int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);

    return fd < 0 ? -errno : write_full(fd, text->buf, text->len);
}

void summary_add_to_step(const struct outcome *outcome, int64_t ms)
{
    const char *path = ci_find() == CI_GITHUB ? ci_summary_file() : NULL;
    auto_str struct str page = STR_INIT;

    if (!path || !outcome->record.wheels.count)
        return;
    auto_free char *sentence = describe(outcome, ms);
    str_addf(&page, "### truewheel\n\n%s\n\n", sentence);
    add_table(&page, &outcome->record);
    int ret = append(path, &page);
    if (ret < 0)
        log_warn("cannot add to the step's summary '%s': %s", path, strerror(-ret));
}
