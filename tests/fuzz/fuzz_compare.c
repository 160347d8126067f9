/*
 * Two files of any bytes in two wheels, compared by what they seem to be: the first byte says how their
 * names end, a zero byte where the second file begins.
 */
#include <string.h>

#include "compare/compare_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* ELF files are not among them: they are read in other processes, by what another fuzzer feeds. */
static const char *const names[] = {
    "a.txt", "a.pyc", "a-1.dist-info/METADATA", "a-1.dist-info/WHEEL", "a.json", "a.gz",
    "a.tar", "a.bin"};

static void check_findings(const struct comparison *found)
{
    if (!found->findings.count)
        BUG("two files differ in nothing");
    for (size_t i = 0; i < found->findings.count; i++) {
        const struct finding *f = &found->findings.items[i];
        if (f->cause < 0 || f->cause >= CAUSE_COUNT)
            BUG("no such cause");
        if (f->a && strlen(f->a) > COMPARISON_MAX_VALUE + 8)
            BUG("a value is too long");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *text = (const char *)data + 1;
    const char *middle = len > 1 ? memchr(text, 0, len - 1) : NULL;
    auto_comparison struct comparison found = COMPARISON_INIT;
    auto_strv struct strv none = STRV_INIT;
    auto_err struct err err = ERR_INIT;

    if (!middle)
        return 0;
    /* The comparers may count on a NUL behind each file. */
    auto_free char *a = xstrndup(text, (size_t)(middle - text));
    size_t len_b = len - 2 - (size_t)(middle - text);
    auto_free char *b = xmalloc(len_b + 1);
    memcpy(b, middle + 1, len_b);
    b[len_b] = '\0';
    struct pair pair = {names[data[0] % ARRAY_SIZE(names)], {a, strlen(a)}, {b, len_b}};
    if (bytes_equal(pair.a, pair.b) || (len_b > 4 && memcmp(b, "\177ELF", 4) == 0))
        return 0;
    struct context c = {.out = &found,
                        .names = &none,
                        .changed = &none,
                        .compare_inner = compare_file,
                        .left = 1 << 20};
    if (compare_file(&c, &pair, &err) == 0)
        check_findings(&found);
    return 0;
}
