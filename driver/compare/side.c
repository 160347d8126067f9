/* Opens one of two archives that are compared. */
#include "compare/side.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "zip/zip_bytes.h"

enum { CENTRAL_LEN = 46 };

const uint8_t *side_header(const struct side *side, const struct zip_span *span)
{
    return (const uint8_t *)side->layout.directory + span->name_at - CENTRAL_LEN;
}

int side_read_packed(const struct side *side, const struct wheel_entry *entry, struct str *out,
                     struct err *err)
{
    size_t len = (size_t)entry->packed_size;

    str_reserve(out, len);
    int ret = zip_read_at(side->fd, out->buf + out->len, len, entry->packed_at, err);
    if (ret < 0)
        return ret;
    out->len += len;
    out->buf[out->len] = '\0';
    return 0;
}

/* "a-1.0.dist-info/WHEEL" is the same file as "a-1.1.dist-info/WHEEL", and so with "a-1.0.data". */
static char *key_of(const struct side *side, const char *name)
{
    size_t stem = side->dist_info ? strlen(side->dist_info) - strlen(".dist-info") : 0;

    if (!stem || strncmp(name, side->dist_info, stem) != 0)
        return xstrdup(name);
    const char *rest = name + stem;
    return str_starts(rest, ".dist-info/") || str_starts(rest, ".data/") ? xasprintf("*%s", rest)
                                                                         : xstrdup(name);
}

static int compare_places(const void *a, const void *b)
{
    uint64_t x = (*(const struct zip_span *const *)a)->data_at;
    uint64_t y = (*(const struct zip_span *const *)b)->data_at;

    return (x > y) - (x < y);
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct side_file *)a)->key, ((const struct side_file *)b)->key);
}

static const struct zip_span *find_span(struct zip_span **spans, size_t count, uint64_t data_at)
{
    struct zip_span wanted = {.data_at = data_at};
    const struct zip_span *key = &wanted;
    struct zip_span **found =
        bsearch(&key, spans, count, sizeof(struct zip_span *), compare_places);

    if (!found)
        BUG("an entry without a header");
    return *found;
}

static void list_files(struct side *side)
{
    const struct wheel_entry *entries = wheel_zip_entries(side->zip, &side->count);
    size_t spans = side->layout.count;
    auto_free struct zip_span **by_place = xmalloc((spans + 1) * sizeof(struct zip_span *));

    for (size_t i = 0; i < spans; i++)
        by_place[i] = &side->layout.spans[i];
    qsort(by_place, spans, sizeof(struct zip_span *), compare_places);
    side->files = xcalloc(side->count + 1, sizeof(*side->files));
    for (size_t i = 0; i < side->count; i++)
        side->files[i] =
            (struct side_file){.key = key_of(side, entries[i].name),
                               .entry = &entries[i],
                               .span = find_span(by_place, spans, entries[i].packed_at)};
    if (side->count)
        qsort(side->files, side->count, sizeof(*side->files), compare_files);
}

int side_open(int fd, struct side *ret_side, struct err *err)
{
    auto_side struct side side = {.fd = fd};
    struct stat st;
    int ret = wheel_zip_open(fd, &side.zip, err);

    if (ret == 0)
        ret = zip_layout_read(fd, WHEEL_MAX_ENTRIES, &side.layout, err);
    if (ret < 0)
        return ret;
    if (fstat(fd, &st) < 0)
        return err_errno(err, errno, "cannot read");
    side.size = (uint64_t)st.st_size;
    (void)wheel_zip_dist_info(side.zip, &side.dist_info, NULL); /* other archives have none */
    list_files(&side);
    *ret_side = side;
    side = (struct side)SIDE_INIT;
    return 0;
}

void side_release(struct side *side)
{
    for (size_t i = 0; side->files && i < side->count; i++)
        free(side->files[i].key);
    free(side->files);
    zip_layout_release(&side->layout);
    wheel_zip_close(side->zip);
    *side = (struct side)SIDE_INIT;
}
