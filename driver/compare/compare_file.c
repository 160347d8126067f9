/* Compares files by what they are. */
#include "compare/compare_file.h"

#include "base/path.h"
#include "base/str.h"
#include "content/kind.h"
#include "compare/compare_bytes.h"
#include "compare/compare_elf.h"
#include "compare/compare_fields.h"
#include "compare/compare_gzip.h"
#include "compare/compare_members.h"
#include "compare/compare_pyc.h"
#include "compare/compare_text.h"
#include "compare/compare_zip.h"

static bool is_header_file(const char *where)
{
    auto_free char *dir = path_dir(where);

    return str_ends(dir, ".dist-info") && compare_fields_reads(path_base(where));
}

static compare_fn *comparer_of(const char *where, enum content_kind kind)
{
    switch (kind) {
    case CONTENT_TEXT:
        return is_header_file(where) ? compare_fields : compare_text;
    case CONTENT_ELF:
        return compare_elf;
    case CONTENT_PYC:
        return compare_pyc;
    case CONTENT_GZIP:
        return compare_gzip;
    case CONTENT_ZIP:
        return compare_zip;
    case CONTENT_TAR:
        return compare_tar;
    case CONTENT_AR:
        return compare_ar;
    default:
        return compare_bytes;
    }
}

static bool is_archive(enum content_kind kind)
{
    return kind == CONTENT_GZIP || kind == CONTENT_ZIP || kind == CONTENT_TAR || kind == CONTENT_AR;
}

int compare_file(struct context *c, const struct pair *pair, struct err *err)
{
    enum content_kind kind = content_kind(pair->where, pair->a.at, pair->a.len);
    size_t before = c->out->findings.count, left_out = c->out->left_out;
    int ret = 0;

    /* An empty file is of the other's kind. */
    if (!pair->a.len)
        kind = content_kind(pair->where, pair->b.at, pair->b.len);
    else if (pair->b.len && content_kind(pair->where, pair->b.at, pair->b.len) != kind)
        kind = CONTENT_BINARY;
    bool opens = is_archive(kind);
    c->depth += opens;
    if (!opens || context_may_read(c, pair->a.len + pair->b.len))
        ret = comparer_of(pair->where, kind)(c, pair, err);
    c->depth -= opens;
    bool silent = c->out->findings.count == before && c->out->left_out == left_out;
    return ret == 0 && silent ? compare_bytes(c, pair, err) : ret;
}
