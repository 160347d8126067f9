/* Recognises dates and times. */
#include "content/dates.h"

#include <string.h>
#include <strings.h>

/* ---------------------------------------------------------------------------------- small pieces */

static char peek(const struct span *s, size_t at)
{
    return at < s->len ? s->text[at] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Between `least` and `most` digits, as many as there are; false when there are others. */
static bool take_number(const struct span *s, size_t *at, int least, int most, int *ret_value)
{
    int value = 0, count = 0;

    for (; count < most && is_digit(peek(s, *at + (size_t)count)); count++)
        value = value * 10 + (peek(s, *at + (size_t)count) - '0');
    if (count < least)
        return false;
    *at += (size_t)count;
    *ret_value = value;
    return true;
}

static bool take_char(const struct span *s, size_t *at, const char *any)
{
    char c = peek(s, *at);

    if (!c || !strchr(any, c))
        return false;
    (*at)++;
    return true;
}

/* One of the names, whole or its first three letters; its number from 1 on, or 0. */
static int take_name(const struct span *s, size_t *at, const char *const names[], size_t count)
{
    size_t len = 0;

    while (len < 10 && is_letter(peek(s, *at + len)))
        len++;
    for (size_t i = 0; i < count && len >= 3; i++) {
        if ((len == 3 || len == strlen(names[i])) &&
            strncasecmp(s->text + *at, names[i], len) == 0) {
            *at += len;
            return (int)i + 1;
        }
    }
    return 0;
}

static int take_month(const struct span *s, size_t *at)
{
    static const char *const months[] = {"january",   "february", "march",    "april",
                                         "may",       "june",     "july",     "august",
                                         "september", "october",  "november", "december"};

    return take_name(s, at, months, ARRAY_SIZE(months));
}

static bool take_weekday(const struct span *s, size_t *at)
{
    static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};

    if (!take_name(s, at, days, ARRAY_SIZE(days)))
        return false;
    (void)take_char(s, at, ",");
    return take_char(s, at, " ");
}

static bool is_day(const struct date_day *d)
{
    return d->year >= 1970 && d->year <= 2199 && d->month >= 1 && d->month <= 12 && d->day >= 1 &&
           d->day <= 31;
}

/* ----------------------------------------------------------------------------------------- times */

size_t date_match_time(const struct span *s, size_t at)
{
    size_t p = at;
    int hour, minute, second = 0, ignored;

    if (!take_number(s, &p, 1, 2, &hour) || !take_char(s, &p, ":") ||
        !take_number(s, &p, 2, 2, &minute))
        return 0;
    size_t before = p;
    if (take_char(s, &p, ":") && !take_number(s, &p, 2, 2, &second))
        p = before;
    before = p;
    if (take_char(s, &p, ".,") && !take_number(s, &p, 1, 9, &ignored))
        p = before;
    return hour < 24 && minute < 60 && second < 61 && !is_digit(peek(s, p)) ? p - at : 0;
}

/* "Z", "+01:00", " +0100", " UTC", " PM": behind a time. */
static size_t match_zone(const struct span *s, size_t at)
{
    static const char *const zones[] = {"Z",    " UTC", " GMT", " CET", " CEST", " EST", " EDT",
                                        " PST", " PDT", " AM",  " PM",  "UTC",   "GMT"};
    size_t p = at;
    int ignored;

    for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
        size_t len = strlen(zones[i]);
        if (at + len <= s->len && memcmp(s->text + at, zones[i], len) == 0 &&
            !is_letter(peek(s, at + len)))
            return len;
    }
    (void)take_char(s, &p, " ");
    if (!take_char(s, &p, "+-") || !take_number(s, &p, 2, 4, &ignored))
        return 0;
    size_t before = p;
    if (take_char(s, &p, ":") && !take_number(s, &p, 2, 2, &ignored))
        p = before;
    return p - at;
}

/* A separator and a time, and its zone. */
static size_t match_time_behind(const struct span *s, size_t at)
{
    size_t p = at;

    if (take_char(s, &p, "T_") || take_char(s, &p, " "))
        (void)take_char(s, &p, " ");
    size_t time = p > at ? date_match_time(s, p) : 0;
    return time ? p - at + time + match_zone(s, p + time) : 0;
}

/* ----------------------------------------------------------------------------------------- dates */

/* 2026-11-25, 2026/11/25, 20261125 */
static size_t match_numbers(const struct span *s, size_t at, struct date_day *day)
{
    size_t p = at;
    char separator = '\0';

    if (!take_number(s, &p, 4, 4, &day->year))
        return 0;
    if (take_char(s, &p, "-/"))
        separator = s->text[p - 1];
    if (!take_number(s, &p, 2, 2, &day->month) || (separator && !take_char(s, &p, "-/")) ||
        !take_number(s, &p, 2, 2, &day->day) || is_digit(peek(s, p)))
        return 0;
    return p - at;
}

/* Nov 25 2026, November 25, 2026, Nov 25 06:46:22 2026; without a year too */
static size_t match_month_first(const struct span *s, size_t at, struct date_day *day)
{
    size_t p = at;

    if (!(day->month = take_month(s, &p)) || !take_char(s, &p, " -"))
        return 0;
    (void)take_char(s, &p, " "); /* __DATE__ pads the day with a blank */
    if (!take_number(s, &p, 1, 2, &day->day) || is_digit(peek(s, p)))
        return 0;
    size_t end = p + match_time_behind(s, p);
    p = end;
    (void)take_char(s, &p, ",");
    if (take_char(s, &p, " -") && take_number(s, &p, 4, 4, &day->year) && !is_digit(peek(s, p)))
        return p - at;
    day->year = 0;
    return end - at;
}

/* 25 Nov 2026, 25-Nov-2026 */
static size_t match_day_first(const struct span *s, size_t at, struct date_day *day)
{
    size_t p = at;

    if (!take_number(s, &p, 1, 2, &day->day) || !take_char(s, &p, " -.") ||
        !(day->month = take_month(s, &p)) || !take_char(s, &p, " -.") ||
        !take_number(s, &p, 4, 4, &day->year) || is_digit(peek(s, p)))
        return 0;
    return p - at;
}

size_t date_match_day(const struct span *s, size_t at, struct date_day *ret_day)
{
    struct date_day day = {0};
    size_t p = at;

    if (is_letter(peek(s, p)) && !take_weekday(s, &p))
        p = at;
    size_t len = match_numbers(s, p, &day);
    if (!len)
        len = match_day_first(s, p, &day);
    if (!len)
        len = match_month_first(s, p, &day);
    if (!len || !is_day(&day))
        return 0;
    *ret_day = day;
    return p - at + len;
}

/* Seconds from 2009 to 2033, milliseconds of the same years. */
static size_t match_epoch(const struct span *s, size_t at)
{
    size_t len = 0;

    while (len < 17 && is_digit(peek(s, at + len)))
        len++;
    bool plausible = peek(s, at) == '1' && peek(s, at + 1) >= '2';
    if ((len != 10 && len != 13) || !plausible)
        return 0;
    size_t p = at + len + 1;
    if (peek(s, at + len) != '.' || !is_digit(peek(s, p)))
        return len;
    while (p - at < 30 && is_digit(peek(s, p)))
        p++;
    return p - at;
}

/* "Nov 25 06:46:22", as logs have it: no year. */
static size_t match_without_year(const struct span *s, size_t at)
{
    struct date_day day = {0};
    size_t p = at;

    if (!is_letter(peek(s, at)))
        return 0;
    if (!take_weekday(s, &p))
        p = at;
    size_t len = match_month_first(s, p, &day);
    return len && day.day >= 1 && day.day <= 31 ? p - at + len : 0;
}

size_t date_match(const struct span *s, size_t at)
{
    struct date_day day;
    size_t len = date_match_day(s, at, &day);

    if (len)
        return len + match_time_behind(s, at + len);
    len = match_without_year(s, at);
    if (!len && (len = date_match_time(s, at)))
        len += match_zone(s, at + len);
    return len ? len : match_epoch(s, at);
}
