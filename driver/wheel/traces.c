/* Finds the time of a build, and random numbers of it, in its wheel. */
#include "wheel/traces.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "wheel/wheel_zip.h"

enum { DAY_S = 86400, MINUTE_S = 60, MAX_DAYS = 3 };

static const uint64_t max_file = UINT64_C(64) << 20, max_wheel = UINT64_C(256) << 20;

/* A part of the data, from which on something is read. */
struct cursor {
    const char *at, *end;
};

/*
 * ----------------------------------------------------------------------------------- what is found
 */

/* The start of what was found, as far as it is one line of plain text. */
static char *excerpt(const char *at, const char *end)
{
    enum { MOST = 40 };
    size_t len = 0;

    while (at + len < end && len < MOST && isprint((unsigned char)at[len]) &&
           !strchr("\"'<>\\", at[len]))
        len++;
    while (len && at[len - 1] == ' ')
        len--;
    return xstrndup(at, len);
}

static void add(struct traces *traces, enum trace_kind kind, const char *file, char *text)
{
    if (traces->count >= MAX_TRACES) {
        free(text);
        return;
    }
    VEC_GROW(traces);
    traces->items[traces->count++] = (struct trace){kind, xstrdup(file), text};
}

/*
 * ------------------------------------------------------------------------------------------- times
 */

static bool overlaps(const struct trace_search *search, int64_t from, int64_t to)
{
    enum { FEW_S = 2 }; /* what a settled clock says in a build (preload/clock.h) */
    bool settled = search->settled && from <= search->settled + FEW_S && to >= search->settled;

    return from <= search->to && to >= search->from && !settled;
}

/* Two digits. */
static bool take_number(struct cursor *c, int most, int *ret)
{
    if (c->end - c->at < 2 || !isdigit((unsigned char)c->at[0]) ||
        !isdigit((unsigned char)c->at[1]))
        return false;
    *ret = (c->at[0] - '0') * 10 + (c->at[1] - '0');
    c->at += 2;
    return *ret <= most;
}

static void skip(struct cursor *c, const char *which, int most)
{
    while (most-- && c->at < c->end && *c->at && strchr(which, *c->at))
        c->at++;
}

/* HH:MM:SS, HH:MM, HHMMSS or HHMM, with what may stand between it and the date. */
static bool is_time_of_day(const struct trace_search *search, int64_t day, struct cursor c)
{
    int hours, minutes, seconds = -1;

    skip(&c, " T_-,", 2);
    if (!take_number(&c, 23, &hours))
        return false;
    skip(&c, ":-", 1);
    if (!take_number(&c, 59, &minutes))
        return false;
    skip(&c, ":-", 1);
    if (!take_number(&c, 60, &seconds))
        seconds = -1;
    int64_t from = day + hours * 3600 + minutes * MINUTE_S + (seconds < 0 ? 0 : seconds);
    return overlaps(search, from, seconds < 0 ? from + MINUTE_S - 1 : from);
}

/* A way to write a day. With `year`, the date is whole only with that behind it. */
struct day_form {
    char text[16];
    char year[16];
};

/* False: there are no more. The program never sets a locale, so months have their English names. */
static bool form_of_day(int64_t day, int which, struct day_form *ret)
{
    struct tm tm = {0};
    time_t time = (time_t)day;
    size_t size = sizeof(ret->text);

    *ret = (struct day_form){0};
    (void)gmtime_r(&time, &tm); /* fails for years that no int holds */
    switch (which) {
    case 0:
        return strftime(ret->text, size, "%Y-%m-%d", &tm);
    case 1:
        return strftime(ret->text, size, "%Y/%m/%d", &tm);
    case 2:
        return strftime(ret->text, size, "%Y%m%d", &tm);
    case 3:
        return strftime(ret->text, size, "%d %b %Y", &tm);
    case 4:
        return strftime(ret->text, size, "%b %e", &tm) &&
               strftime(ret->year, sizeof(ret->year), " %Y", &tm);
    default:
        return false;
    }
}

/* Whether the form at `at` is a trace: with a time of the build, or as the day alone. */
static bool is_trace(const struct trace_search *search, int64_t day, const struct day_form *form,
                     const char *at, const char *end)
{
    struct cursor behind = {at + strlen(form->text), end};

    if (is_time_of_day(search, day, behind))
        return true;
    if (!search->days)
        return false;
    size_t len = strlen(form->year); /* __DATE__: "Nov 25 2026" */
    return (size_t)(end - behind.at) >= len && memcmp(behind.at, form->year, len) == 0;
}

static char *find_form(const struct trace_search *search, int64_t day, const struct day_form *form,
                       const char *data, size_t len)
{
    const char *end = data + len, *at = data;

    while ((at = memmem(at, (size_t)(end - at), form->text, strlen(form->text)))) {
        bool whole = at == data || !isdigit((unsigned char)at[-1]);
        if (whole && is_trace(search, day, form, at, end))
            return excerpt(at, end);
        at++;
    }
    return NULL;
}

static char *find_date(const struct trace_search *search, const char *data, size_t len)
{
    int64_t day = search->from / DAY_S * DAY_S;
    struct day_form form;
    char *found = NULL;

    for (int days = 0; !found && day <= search->to && days < MAX_DAYS; days++, day += DAY_S)
        for (int which = 0; !found && form_of_day(day, which, &form); which++)
            found = find_form(search, day, &form, data, len);
    return found;
}

/* Ten digits in a row, or the first ten of more: of milliseconds and nanoseconds. */
static char *find_seconds(const struct trace_search *search, const char *data, size_t len)
{
    enum { DIGITS = 10 };
    char from[24], to[24];
    size_t common = 0;
    const char *end = data + len, *at = data;

    (void)snprintf(from, sizeof(from), "%lld", (long long)search->from);
    (void)snprintf(to, sizeof(to), "%lld", (long long)search->to);
    while (from[common] && from[common] == to[common])
        common++;
    while ((at = memmem(at, (size_t)(end - at), from, common))) {
        auto_free char *digits =
            xstrndup(at, (size_t)(end - at) < DIGITS ? (size_t)(end - at) : DIGITS);
        bool whole = strspn(digits, "0123456789") == DIGITS &&
                     (at == data || !isdigit((unsigned char)at[-1]));
        int64_t value = whole ? strtoll(digits, NULL, 10) : -1;
        if (overlaps(search, value, value))
            return excerpt(at, end);
        at++;
    }
    return NULL;
}

static uint32_t little_endian(const char *at)
{
    const unsigned char *bytes = (const unsigned char *)at;

    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static char *find_header(const struct trace_search *search, const char *name, const char *data,
                         size_t len)
{
    int64_t time = 0;

    if (len >= 10 && memcmp(data, "\x1f\x8b\x08", 3) == 0)
        time = little_endian(data + 4);
    else if (len >= 16 && str_ends(name, ".pyc") && little_endian(data + 4) == 0)
        time = little_endian(data + 8);
    return time && overlaps(search, time, time) ? xasprintf("%lld in its header", (long long)time)
                                                : NULL;
}

static char *find_time(const struct trace_search *search, const char *name, const char *data,
                       size_t len)
{
    char *found = find_header(search, name, data, len);

    if (!found)
        found = find_seconds(search, data, len);
    return found ? found : find_date(search, data, len);
}

/*
 * ------------------------------------------------------------------------------------------ chance
 */

enum { CHANCE_BYTES = 8 };

/* The start of a UUID of these bytes, whose version and variant are not of chance. */
static void format_uuid_start(const char *hex, char ret[15])
{
    (void)snprintf(ret, 15, "%.8s-%.4s-", hex, hex + 8);
}

static void decode(const char *hex, char ret[CHANCE_BYTES])
{
    for (int i = 0; i < CHANCE_BYTES; i++) {
        const char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        ret[i] = (char)strtoul(pair, NULL, 16);
    }
}

static char *find_chance(const struct trace_search *search, const char *data, size_t len)
{
    for (size_t i = 0; search->chance && i < search->chance->count; i++) {
        const char *hex = search->chance->items[i];
        char uuid[15], bytes[CHANCE_BYTES];
        const char *at;
        if (strlen(hex) < 2 * CHANCE_BYTES)
            continue;
        format_uuid_start(hex, uuid);
        decode(hex, bytes);
        if ((at = memmem(data, len, hex, 2 * CHANCE_BYTES)) ||
            (at = memmem(data, len, uuid, strlen(uuid))))
            return excerpt(at, data + len);
        if (memmem(data, len, bytes, sizeof(bytes)))
            return xasprintf("the bytes %.16s", hex);
    }
    return NULL;
}

/*
 * -------------------------------------------------------------------------------------------
 * wheels
 */

void traces_find(const struct trace_search *search, const char *name, const char *data, size_t len,
                 struct traces *traces)
{
    char *time = find_time(search, name, data, len), *chance = find_chance(search, data, len);

    if (time)
        add(traces, TRACE_CLOCK, name, time);
    if (chance)
        add(traces, TRACE_CHANCE, name, chance);
}

int traces_find_in_wheel(const struct trace_search *search, int fd, struct traces *traces,
                         struct err *err)
{
    auto_wheel_zip struct wheel_zip *zip = NULL;
    uint64_t sum = 0;
    size_t count;
    int ret = wheel_zip_open(fd, &zip, err);

    if (ret < 0)
        return ret;
    const struct wheel_entry *entries = wheel_zip_entries(zip, &count);
    for (size_t i = 0; i < count; i++) {
        auto_str struct str data = STR_INIT;
        if (entries[i].size > max_file || sum + entries[i].size > max_wheel ||
            str_ends(entries[i].name, ".dist-info/RECORD"))
            continue;
        sum += entries[i].size;
        if ((ret = wheel_zip_read(zip, &entries[i], max_file, &data, err)) < 0)
            return ret;
        traces_find(search, entries[i].name, data.buf, data.len, traces);
    }
    return 0;
}

void traces_release(struct traces *traces)
{
    for (size_t i = 0; i < traces->count; i++) {
        free(traces->items[i].file);
        free(traces->items[i].text);
    }
    free(traces->items);
    *traces = (struct traces){0};
}
