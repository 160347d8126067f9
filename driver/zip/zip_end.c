/* Finds and reads the end record of an archive and, where it is needed, the zip64 one. */
#include "zip/zip_end.h"

#include <string.h>

#include "zip/zip_bytes.h"

/* Sizes without the comment, and signatures (APPNOTE.TXT, 4.3.14 to 4.3.16). */
enum { END_LEN = 22, END64_LEN = 56, LOCATOR64_LEN = 20, MAX_COMMENT = 65535 };
#define END_MAGIC 0x06054b50U
#define END64_MAGIC 0x06064b50U
#define LOCATOR64_MAGIC 0x07064b50U

static bool reaches_end(const uint8_t *tail, size_t len, size_t at)
{
    return get32(tail + at) == END_MAGIC && at + END_LEN + get16(tail + at + 20) == len;
}

/*
 * Python takes the last signature, so none may follow the record in its comment, not even one that is no
 * record; others take the first from the back whose comment reaches the end of the file.
 */
static int find_end(const uint8_t *tail, size_t len, size_t *ret_at, struct err *err)
{
    static const char magic[] = "PK\5\6";
    bool found = false;

    for (size_t at = len - END_LEN + 1; at-- > 0;) {
        if (!reaches_end(tail, len, at))
            continue;
        if (found)
            return zip_refuse(err, "it has two end records");
        *ret_at = at;
        found = true;
    }
    if (!found)
        return zip_refuse(err, "no end record at its end");
    const uint8_t *behind = tail + *ret_at + 4;
    if (*ret_at + END_LEN < len && memmem(behind, (size_t)(tail + len - behind), magic, 4))
        return zip_refuse(err, "its comment holds another end record");
    return 0;
}

static bool agrees(uint64_t value, uint64_t all_ones, uint64_t value64)
{
    return value == all_ones || value == value64;
}

/* What the old record says must be left to the zip64 one, or be the same. */
static int check_agreement(const uint8_t *record, const struct zip_end *end64, struct err *err)
{
    if (!agrees(get16(record + 4), UINT16_MAX, 0) || !agrees(get16(record + 6), UINT16_MAX, 0))
        return zip_refuse(err, "it is one of several disks");
    if (!agrees(get16(record + 8), UINT16_MAX, end64->count) ||
        !agrees(get16(record + 10), UINT16_MAX, end64->count) ||
        !agrees(get32(record + 12), UINT32_MAX, end64->size) ||
        !agrees(get32(record + 16), UINT32_MAX, end64->offset))
        return zip_refuse(err, "its end record contradicts the zip64 one");
    return 0;
}

static int read_locator(int fd, uint64_t record_at, uint64_t end64_at, struct err *err)
{
    uint8_t locator[LOCATOR64_LEN];
    int ret = zip_read_at(fd, locator, sizeof(locator), record_at - LOCATOR64_LEN, err);

    if (ret < 0)
        return ret;
    if (get32(locator) != LOCATOR64_MAGIC || get64(locator + 8) != end64_at)
        return zip_refuse(err, "its zip64 record is not where it should be");
    if (get32(locator + 4) || get32(locator + 16) > 1)
        return zip_refuse(err, "it is one of several disks");
    return 0;
}

static int read_end64(int fd, const uint8_t *record, uint64_t record_at, struct zip_end *end,
                      struct err *err)
{
    uint8_t record64[END64_LEN] = {0};

    if (record_at < LOCATOR64_LEN + END64_LEN)
        return zip_refuse(err, "its zip64 record is missing");
    uint64_t at = record_at - LOCATOR64_LEN - END64_LEN;
    int ret = read_locator(fd, record_at, at, err);
    if (ret == 0)
        ret = zip_read_at(fd, record64, sizeof(record64), at, err);
    if (ret < 0)
        return ret;
    if (get32(record64) != END64_MAGIC || get64(record64 + 4) != END64_LEN - 12 ||
        get64(record64 + 24) != get64(record64 + 32))
        return zip_refuse(err, "its zip64 record is damaged");
    if (get32(record64 + 16) || get32(record64 + 20))
        return zip_refuse(err, "it is one of several disks");
    *end = (struct zip_end){.at = at,
                            .count = get64(record64 + 32),
                            .size = get64(record64 + 40),
                            .offset = get64(record64 + 48)};
    return check_agreement(record, end, err);
}

/* A zip64 record that nothing refers to would be another reader's end record. */
static int refuse_locator(int fd, uint64_t record_at, struct err *err)
{
    uint8_t magic[4];

    if (record_at < LOCATOR64_LEN)
        return 0;
    int ret = zip_read_at(fd, magic, sizeof(magic), record_at - LOCATOR64_LEN, err);
    if (ret < 0)
        return ret;
    return get32(magic) == LOCATOR64_MAGIC ? zip_refuse(err, "a zip64 record without need") : 0;
}

static int read_record(int fd, const uint8_t *record, uint64_t at, struct zip_end *end,
                       struct err *err)
{
    *end = (struct zip_end){.at = at,
                            .count = get16(record + 10),
                            .size = get32(record + 12),
                            .offset = get32(record + 16)};
    if (end->count == UINT16_MAX || end->size == UINT32_MAX || end->offset == UINT32_MAX)
        return read_end64(fd, record, at, end, err);
    if (get16(record + 4) || get16(record + 6) || get16(record + 8) != end->count)
        return zip_refuse(err, "it is one of several disks");
    return refuse_locator(fd, at, err);
}

int zip_end_read(int fd, uint64_t file_size, struct zip_end *ret_end, struct err *err)
{
    size_t len = file_size < END_LEN + MAX_COMMENT ? (size_t)file_size : END_LEN + MAX_COMMENT;
    size_t at = 0;

    if (len < END_LEN)
        return zip_refuse(err, "it is too short");
    auto_free uint8_t *tail = xmalloc(len);
    int ret = zip_read_at(fd, tail, len, file_size - len, err);
    if (ret == 0)
        ret = find_end(tail, len, &at, err);
    if (ret == 0)
        ret = read_record(fd, tail + at, file_size - len + at, ret_end, err);
    if (ret == 0)
        ret_end->comment_len = get16(tail + at + 20);
    return ret;
}
