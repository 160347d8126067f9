/* Text in HTML. */
#include "index/html.h"

#include "base/json.h"

static void add_char(struct str *out, char c)
{
    switch (c) {
    case '&':
        str_add(out, "&amp;");
        break;
    case '<':
        str_add(out, "&lt;");
        break;
    case '>':
        str_add(out, "&gt;");
        break;
    case '"':
        str_add(out, "&quot;");
        break;
    case '\'':
        str_add(out, "&#39;");
        break;
    default:
        if ((unsigned char)c < ' ' || c == 0x7f)
            str_add(out, "\xef\xbf\xbd");
        else
            str_addch(out, c);
    }
}

void html_add(struct str *out, const char *text)
{
    json_t *readable = json_readable(text);

    for (const char *p = json_string_value(readable); *p; p++)
        add_char(out, *p);
    json_decref(readable);
}
