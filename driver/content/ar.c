/* Reads ar archives, with the long names of GNU. */
#include "content/ar.h"

#include <string.h>

enum { AR_MAGIC = 8, AR_HEADER = 60 };

/* Digits, padded by blanks; -1 for a field of blanks. */
static int64_t ar_number(const char *field, size_t len, int base)
{
    int64_t value = 0;
    size_t at = 0;

    for (; at < len && field[at] >= '0' && field[at] < '0' + base; at++)
        value = value * base + (field[at] - '0');
    return at ? value : -1;
}

/* "name/", "/12" for a name in the table of long ones, "name" of BSD. */
static char *ar_name(const char *field, const char *table, size_t table_len)
{
    size_t len = 16;

    if (field[0] == '/' && field[1] >= '0' && field[1] <= '9') {
        size_t at = (size_t)ar_number(field + 1, 15, 10);
        const char *end = at < table_len ? memchr(table + at, '\n', table_len - at) : NULL;
        if (!end)
            return xstrdup("?");
        len = (size_t)(end - table) - at;
        return xstrndup(table + at, len && end[-1] == '/' ? len - 1 : len);
    }
    while (len > 1 && field[len - 1] == ' ')
        len--;
    if (len > 1 && field[len - 1] == '/' && field[0] != '/')
        len--;
    return xstrndup(field, len);
}

int ar_read(const char *bytes, size_t len, struct members *ret_members, struct err *err)
{
    auto_members struct members m = MEMBERS_INIT;
    const char *table = "";
    size_t table_len = 0;

    for (size_t at = AR_MAGIC; at + AR_HEADER <= len;) {
        const char *h = bytes + at;
        int64_t size = ar_number(h + 48, 10, 10);
        if (memcmp(h + 58, "`\n", 2) != 0 || size < 0 || (size_t)size > len - at - AR_HEADER)
            return err_set(err, ERR_FORMAT, "a member's header is damaged");
        if (m.count >= MEMBERS_MAX)
            return err_set(err, ERR_FORMAT, "it has more than %d members", MEMBERS_MAX);
        if (memcmp(h, "// ", 3) == 0) {
            table = h + AR_HEADER;
            table_len = (size_t)size;
        }
        struct member *member = members_add(&m);
        member->name = ar_name(h, table, table_len);
        member->time = ar_number(h + 16, 12, 10);
        member->uid = ar_number(h + 28, 6, 10);
        member->gid = ar_number(h + 34, 6, 10);
        member->mode = ar_number(h + 40, 8, 8);
        member->bytes = h + AR_HEADER;
        member->len = (size_t)size;
        at += AR_HEADER + (size_t)size + (size & 1);
    }
    *ret_members = m;
    m = (struct members)MEMBERS_INIT;
    return 0;
}
