/* The width of text on a terminal. */
#include "display/columns.h"

#include <langinfo.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/str.h"

static locale_t utf8;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Stays until the end of the process. */
static void make_locale(void)
{
    utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* The columns of the character at *text, which moves behind it. */
static size_t take_character(const char **text)
{
    mbstate_t state = {0};
    wchar_t wide;
    size_t len = mbrtowc(&wide, *text, strlen(*text), &state);
    int width = len && len < (size_t)-2 ? wcwidth(wide) : -1;

    if (width < 0) {
        (*text)++;
        return 1;
    }
    *text += len;
    return (size_t)width;
}

static size_t measure(const char *text, size_t limit, size_t *ret_bytes)
{
    const char *at = text;
    size_t sum = 0;

    while (*at) {
        const char *next = at;
        size_t width = take_character(&next);
        if (sum + width > limit)
            break;
        sum += width;
        at = next;
    }
    *ret_bytes = (size_t)(at - text);
    return sum;
}

static size_t measure_in_locale(const char *text, size_t limit, size_t *ret_bytes)
{
    (void)pthread_once(&once, make_locale);
    locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
    size_t sum = measure(text, limit, ret_bytes);

    if (before)
        (void)uselocale(before);
    return sum;
}

size_t columns_of(const char *text)
{
    size_t bytes;

    return measure_in_locale(text, (size_t)-1, &bytes);
}

size_t columns_fitting(const char *text, size_t columns)
{
    size_t bytes;

    (void)measure_in_locale(text, columns, &bytes);
    return bytes;
}

bool columns_show_utf8(void)
{
    locale_t user = newlocale(LC_CTYPE_MASK, "", (locale_t)0);

    if (!user)
        return false;
    bool shown = str_eq(nl_langinfo_l(CODESET, user), "UTF-8");
    freelocale(user);
    return shown;
}
