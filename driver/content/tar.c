/* Reads tar archives. */
#include "content/tar.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"

/* Where the fields of a header are (POSIX.1-2017, pax, "ustar Interchange Format"). */
enum {
    BLOCK = 512,
    NAME = 0,
    MODE = 100,
    UID = 108,
    GID = 116,
    SIZE = 124,
    TIME = 136,
    CHECKSUM = 148,
    TYPE = 156,
    LINK = 157,
    MAGIC = 257,
    USER = 265,
    GROUP = 297,
    PREFIX = 345,
    MAX_EXTENSION = 1 << 20
};

/* What extended headers say of the next member, instead of its own header. */
struct extension {
    char *name, *link, *user, *group;
    int64_t time, uid, gid, size; /* -1: not said */
};

static void forget(struct extension *x)
{
    free(x->name);
    free(x->link);
    free(x->user);
    free(x->group);
    *x = (struct extension){.time = -1, .uid = -1, .gid = -1, .size = -1};
}

/* Octal digits, or a base-256 number when the first bit is set; -1 when it is neither. */
static int64_t tar_number(const char *field, size_t len)
{
    const uint8_t *p = (const uint8_t *)field;
    int64_t value = 0;
    size_t at = 0;

    if (p[0] & 0x80) {
        for (size_t i = 1; i < len; i++) {
            if (value >> 54)
                return -1;
            value = value << 8 | p[i];
        }
        return value;
    }
    while (at < len && p[at] == ' ')
        at++;
    size_t digits = at;
    for (; at < len && p[at] >= '0' && p[at] <= '7'; at++)
        value = value * 8 + (p[at] - '0');
    return at > digits ? value : -1;
}

static bool checksum_fits(const char *header)
{
    int64_t sum = 0, wanted = tar_number(header + CHECKSUM, 8);

    for (size_t i = 0; i < BLOCK; i++)
        sum += i >= CHECKSUM && i < CHECKSUM + 8 ? ' ' : (uint8_t)header[i];
    return sum == wanted;
}

static char *tar_text(const char *field, size_t len)
{
    return xstrndup(field, strnlen(field, len));
}

static char *tar_name(const char *h)
{
    size_t name = strnlen(h + NAME, 100), prefix = strnlen(h + PREFIX, 155);

    /* GNU's own format has other fields in the place of the prefix. */
    if (memcmp(h + MAGIC, "ustar", 6) != 0 || !prefix)
        return xstrndup(h + NAME, name);
    return xasprintf("%.*s/%.*s", (int)prefix, h + PREFIX, (int)name, h + NAME);
}

static void set_text(char **field, const char *text, size_t len)
{
    free(*field);
    *field = xstrndup(text, strnlen(text, len));
}

static void set_number(int64_t *field, const char *text, size_t len)
{
    auto_free char *digits = xstrndup(text, len);
    uint64_t value;

    digits[strcspn(digits, ".")] = '\0'; /* times have fractions */
    if (parse_u64(digits, 0, INT64_MAX, &value))
        *field = (int64_t)value;
}

static void set_keyword(struct extension *x, const char *key, size_t key_len, const char *value,
                        size_t len)
{
    auto_free char *name = xstrndup(key, key_len);

    if (strcmp(name, "path") == 0)
        set_text(&x->name, value, len);
    else if (strcmp(name, "linkpath") == 0)
        set_text(&x->link, value, len);
    else if (strcmp(name, "uname") == 0)
        set_text(&x->user, value, len);
    else if (strcmp(name, "gname") == 0)
        set_text(&x->group, value, len);
    else if (strcmp(name, "mtime") == 0)
        set_number(&x->time, value, len);
    else if (strcmp(name, "uid") == 0)
        set_number(&x->uid, value, len);
    else if (strcmp(name, "gid") == 0)
        set_number(&x->gid, value, len);
    else if (strcmp(name, "size") == 0)
        set_number(&x->size, value, len);
}

/* Records "LENGTH KEYWORD=VALUE\n"; what is damaged ends the reading. */
static void read_pax(struct extension *x, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t size = 0, p = at;
        for (; p < len && text[p] >= '0' && text[p] <= '9' && size <= len; p++)
            size = size * 10 + (size_t)(text[p] - '0');
        const char *key = text + p + 1;
        if (p >= len || text[p] != ' ' || size > len - at || at + size < p + 3)
            return;
        const char *end = text + at + size - 1; /* its newline */
        const char *equals = memchr(key, '=', (size_t)(end - key));
        if (!equals)
            return;
        set_keyword(x, key, (size_t)(equals - key), equals + 1, (size_t)(end - equals) - 1);
        at += size;
    }
}

/* True when the header was one that extends the next one. */
static bool read_extension(struct extension *x, const char *h, const char *data, size_t len)
{
    char type = h[TYPE];

    if (len > MAX_EXTENSION || (type != 'x' && type != 'g' && type != 'L' && type != 'K'))
        return false;
    if (type == 'x' || type == 'g')
        read_pax(x, data, len);
    else
        set_text(type == 'L' ? &x->name : &x->link, data, len);
    return true;
}

static int64_t choose(int64_t extended, int64_t own)
{
    return extended >= 0 ? extended : own;
}

static char *take(char **extended, const char *field, size_t len)
{
    return *extended ? steal(extended) : tar_text(field, len);
}

static void read_header(struct member *member, const char *h, struct extension *x)
{
    member->name = x->name ? steal(&x->name) : tar_name(h);
    member->link = take(&x->link, h + LINK, 100);
    member->user = take(&x->user, h + USER, 32);
    member->group = take(&x->group, h + GROUP, 32);
    member->time = choose(x->time, tar_number(h + TIME, 12));
    member->uid = choose(x->uid, tar_number(h + UID, 8));
    member->gid = choose(x->gid, tar_number(h + GID, 8));
    member->mode = tar_number(h + MODE, 8);
    member->type = h[TYPE] ? h[TYPE] : '0';
}

/* *at moves behind the member, or behind an extension of the next one. */
static int read_member(const char *bytes, size_t len, size_t *at, struct extension *x,
                       struct members *m, struct err *err)
{
    const char *h = bytes + *at;
    int64_t size =
        choose(h[TYPE] == 'x' || h[TYPE] == 'g' ? -1 : x->size, tar_number(h + SIZE, 12));

    if (!checksum_fits(h) || size < 0 || (uint64_t)size > len - *at - BLOCK)
        return err_set(err, ERR_FORMAT, "a member's header is damaged");
    const char *data = h + BLOCK;
    size_t padded = ((size_t)size + BLOCK - 1) / BLOCK * BLOCK;
    *at = padded > len - *at - BLOCK ? len : *at + BLOCK + padded;
    if (read_extension(x, h, data, (size_t)size))
        return 0;
    if (m->count >= MEMBERS_MAX)
        return err_set(err, ERR_FORMAT, "it has more than %d members", MEMBERS_MAX);
    struct member *member = members_add(m);
    read_header(member, h, x);
    member->bytes = data;
    member->len = (size_t)size;
    forget(x);
    return 0;
}

int tar_read(const char *bytes, size_t len, struct members *ret_members, struct err *err)
{
    auto_members struct members m = MEMBERS_INIT;
    struct extension x = {.time = -1, .uid = -1, .gid = -1, .size = -1};
    int ret = 0;

    /* A block that begins with a NUL is the end. */
    for (size_t at = 0; ret == 0 && at + BLOCK <= len && bytes[at];)
        ret = read_member(bytes, len, &at, &x, &m, err);
    forget(&x);
    if (ret < 0)
        return ret;
    *ret_members = m;
    m = (struct members)MEMBERS_INIT;
    return 0;
}
