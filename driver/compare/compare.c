/* Compares two wheels. */
#include "compare/compare.h"

#include "base/io.h"
#include "base/sha256.h"
#include "base/str.h"
#include "base/vec.h"
#include "compare/compare_file.h"
#include "compare/compare_inputs.h"
#include "compare/compare_zip.h"

/* Content that differs is read as long as there is less than this of it. */
#define MAX_READ (UINT64_C(8) << 30)

static int compare_records(struct comparison *c, const struct compared_wheel *a,
                           const struct compared_wheel *b, struct err *err)
{
    char sha_a[SHA256_HEX], sha_b[SHA256_HEX];
    struct recorded of_a = {a->record, a->file, sha_a}, of_b = {b->record, b->file, sha_b};

    if (!a->record || !b->record)
        return 0;
    int ret = sha256_hex_fd(a->fd, sha_a, err);
    if (ret == 0)
        ret = sha256_hex_fd(b->fd, sha_b, err);
    if (ret == 0)
        compare_inputs(c, &of_a, &of_b, &c->inputs);
    return ret;
}

static void list_names(const struct side *a, const struct side *b, struct strv *names)
{
    for (size_t i = 0; i < a->count; i++)
        strv_push(names, a->files[i].entry->name);
    for (size_t i = 0; i < b->count; i++)
        strv_push(names, b->files[i].entry->name);
    strv_sort(names);
}

static int compare_content(struct comparison *out, struct side *a, struct side *b, struct err *err)
{
    auto_strv struct strv names = STRV_INIT;
    struct context c = {
        .out = out, .names = &names, .compare_inner = compare_file, .left = MAX_READ};

    list_names(a, b, &names);
    return compare_sides(&c, NULL, a, b, &out->same_content, err);
}

static int open_both(const struct compared_wheel *a, const struct compared_wheel *b,
                     struct side *side_a, struct side *side_b, struct err *err)
{
    int ret = side_open(a->fd, side_a, err);

    if (ret < 0)
        return err_wrap(err, "'%s'", a->file);
    ret = side_open(b->fd, side_b, err);
    return ret < 0 ? err_wrap(err, "'%s'", b->file) : 0;
}

int compare_wheels(const struct compared_wheel *a, const struct compared_wheel *b,
                   struct comparison *ret_comparison, struct err *err)
{
    auto_side struct side side_a = SIDE_INIT, side_b = SIDE_INIT;
    struct comparison *c = ret_comparison;

    *c = (struct comparison)COMPARISON_INIT;
    int ret = files_equal(a->fd, b->fd, &c->equal, err);
    if (ret == 0)
        ret = compare_records(c, a, b, err);
    if (ret == 0)
        comparison_add_values(c, CAUSE_FILE_NAME, NULL, NULL, a->file, b->file);
    c->same_content = c->equal;
    if (ret < 0 || c->equal)
        return ret;
    ret = open_both(a, b, &side_a, &side_b, err);
    return ret < 0 ? ret : compare_content(c, &side_a, &side_b, err);
}
