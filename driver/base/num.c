/* Numbers from text, checked. */
#include "base/num.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value)
{
    char *end;

    if (!isdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || *end || value < min || value > max)
        return false;
    *ret_value = value;
    return true;
}

bool parse_int(const char *text, int min, int max, int *ret_value)
{
    bool negative = text[0] == '-';
    uint64_t magnitude;

    if (!parse_u64(text + negative, 0, INT_MAX, &magnitude))
        return false;
    int value = negative ? -(int)magnitude : (int)magnitude;
    if (value < min || value > max)
        return false;
    *ret_value = value;
    return true;
}

bool parse_size(const char *text, uint64_t *ret_bytes)
{
    static const char units[] = "KMGT";
    size_t digits = strspn(text, "0123456789");
    const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;
    int shift = unit ? 10 * (int)(unit - units + 1) : 0;
    auto_free char *number = xstrndup(text, digits);

    if (text[digits] && (!unit || text[digits + 1]))
        return false;
    if (!parse_u64(number, 0, UINT64_MAX >> shift, ret_bytes))
        return false;
    *ret_bytes <<= shift;
    return true;
}

bool parse_seconds_ms(const char *text, int64_t *ret_ms)
{
    char *end;

    if (!isdigit((unsigned char)text[0]) && text[0] != '.')
        return false;
    for (const char *p = text; *p; p++)
        if (!isdigit((unsigned char)*p) && *p != '.')
            return false;
    errno = 0;
    double value = strtod(text, &end);
    if (errno || *end || end == text || value > 366.0 * 86400)
        return false;
    *ret_ms = (int64_t)llround(value * 1000);
    return true;
}
