/* Entry points and scripts of a wheel, for the bin/ that Bazel expects. */
#include "bazel/scripts.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/path.h"
#include "base/str.h"
#include "base/vec.h"
#include "wheel/unpack.h"

enum { MAX_ENTRY_POINTS = 1 << 20, MAX_SCRIPT = 64 << 20 };

static const char console_scripts[] = "[console_scripts]";
static const char gui_scripts[] = "[gui_scripts]";
static const char for_python[] = "#!python"; /* how a script in a wheel asks for its interpreter */
static const char first_line[] = "#!/dev/null\n";

static char *trimmed(const char *text, size_t len)
{
    while (len && strchr(" \t\r", *text)) {
        text++;
        len--;
    }
    while (len && strchr(" \t\r", text[len - 1]))
        len--;
    return xstrndup(text, len);
}

/* "name = module:attribute [extras]" */
static json_t *parse_entry_point(const char *line)
{
    const char *equals = strchr(line, '=');

    if (!equals)
        return NULL;
    const char *value = equals + 1;
    size_t value_len = strcspn(value, "["), module_len = strcspn(value, ":[");
    bool has_attribute = value[module_len] == ':';
    auto_free char *name = trimmed(line, (size_t)(equals - line));
    auto_free char *module = trimmed(value, module_len);
    auto_free char *attribute =
        has_attribute ? trimmed(value + module_len + 1, value_len - module_len - 1) : xstrdup("");
    return json_pack("{s:s, s:s, s:s}", "name", name, "module", module, "attribute", attribute);
}

/* By the names of the entry points: the blanks and the '=' after a name do not count. */
static int compare_lines(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    auto_free char *x_name = trimmed(x, strcspn(x, "="));
    auto_free char *y_name = trimmed(y, strcspn(y, "="));
    int order = strcmp(x_name, y_name);

    return order ? order : strcmp(x, y);
}

/* The entry points of one section, sorted by name. */
static json_t *parse_section(const char *text, const char *section)
{
    auto_strv struct strv lines = STRV_INIT, scripts = STRV_INIT;
    json_t *array = json_array();
    bool wanted = false;

    strv_split(&lines, text, "\n");
    for (size_t i = 0; i < lines.count; i++) {
        char *line = trimmed(lines.items[i], strlen(lines.items[i]));
        if (line[0] == '[')
            wanted = str_starts(line, section);
        else if (wanted && line[0] && line[0] != '#' && line[0] != ';') {
            strv_push_owned(&scripts, line);
            continue;
        }
        free(line);
    }
    if (scripts.count)
        qsort(scripts.items, scripts.count, sizeof(*scripts.items), compare_lines);
    for (size_t i = 0; i < scripts.count; i++) {
        json_t *point = parse_entry_point(scripts.items[i]);
        if (point)
            json_array_append_new(array, point);
    }
    return array;
}

static int read_entry_points(struct wheel_zip *z, struct str *ret_text, struct err *err)
{
    bool found; /* if not, the text is empty */

    return wheel_zip_read_info(z, "entry_points.txt", MAX_ENTRY_POINTS, ret_text, &found, err);
}

int bazel_scripts_list(struct wheel_zip *z, json_t **ret_points, struct err *err)
{
    auto_str struct str text = STR_INIT;
    int ret = read_entry_points(z, &text, err);

    if (ret == 0)
        *ret_points = parse_section(text.buf, console_scripts);
    return ret;
}

/* ----------------------------------------------------------------------------------------- bin/ */

/*
 * Only of letters, digits, "_" and ".", so that it is nothing but a name where it is put in code.
 */
static bool is_dotted_name(const char *text)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";

    return text[0] && !text[strspn(text, letters)];
}

static int write_script(const json_t *point, int dirfd, struct strv *ret_written, struct err *err)
{
    auto_str struct str text = STR_INIT;
    const char *name = json_text(point, "name");
    const char *module = json_text(point, "module");
    const char *attribute = json_text(point, "attribute");

    if (!is_dotted_name(module) || !is_dotted_name(attribute))
        return 0; /* it cannot be called */
    if (!path_is_safe_member(name, strlen(name)) || strchr(name, '/'))
        return err_set(err, ERR_FORMAT, "its entry point '%s' is no file name", name);
    str_addf(&text,
             "%s# -*- coding: utf-8 -*-\nimport sys\n\nfrom %s import %.*s\n\n"
             "if __name__ == \"__main__\":\n    sys.exit(%s())\n",
             first_line, module, (int)strcspn(attribute, "."), attribute, attribute);
    auto_free char *path = path_join("bin", name);
    strv_push(ret_written, path);
    return wheel_unpack_text(dirfd, path, &text, true, err);
}

int bazel_scripts_write(struct wheel_zip *z, int dirfd, struct strv *ret_written, struct err *err)
{
    static const char *const sections[] = {console_scripts, gui_scripts};
    auto_str struct str text = STR_INIT;
    int ret = read_entry_points(z, &text, err);

    for (size_t s = 0; ret == 0 && s < ARRAY_SIZE(sections); s++) {
        json_t *points = parse_section(text.buf, sections[s]);
        const json_t *point;
        size_t i;
        json_array_foreach(points, i, point)
        {
            if (ret == 0)
                ret = write_script(point, dirfd, ret_written, err);
        }
        json_decref(points);
    }
    return ret;
}

/* -------------------------------------------------------------------------------- .data/scripts */

/* Enough to see whether a script is to be converted: most are not, and may be large programs. */
struct beginning {
    char bytes[sizeof(for_python) - 1];
    size_t len;
};

static int keep_beginning(void *arg, const void *bytes, size_t len, struct err *err)
{
    struct beginning *b = arg;
    size_t room = sizeof(b->bytes) - b->len;
    size_t n = len < room ? len : room;

    memcpy(b->bytes + b->len, bytes, n);
    b->len += n;
    return n < room ? 0 : err_set(err, ERR_CANCELLED, "enough");
}

static int read_beginning(struct wheel_zip *z, const struct wheel_entry *entry,
                          struct beginning *ret_beginning, struct err *err)
{
    auto_err struct err why = ERR_INIT;
    int ret = wheel_zip_stream(z, entry, keep_beginning, ret_beginning, &why);

    if (ret == -ERR_CANCELLED)
        return 0;
    if (ret < 0)
        err_move(err, &why);
    return ret;
}

int bazel_scripts_convert(struct wheel_zip *z, const struct wheel_entry *entry,
                          struct str *ret_text, struct err *err)
{
    auto_str struct str text = STR_INIT;
    struct beginning b = {.len = 0};
    int ret = read_beginning(z, entry, &b, err);

    if (ret < 0 || b.len < sizeof(b.bytes) || memcmp(b.bytes, for_python, b.len) != 0)
        return ret;
    ret = wheel_zip_read(z, entry, MAX_SCRIPT, &text, err);
    if (ret < 0)
        return ret;
    const char *end = memchr(text.buf, '\n', text.len);
    size_t skipped = end ? (size_t)(end + 1 - text.buf) : text.len;
    str_add(ret_text, first_line);
    str_append(ret_text, text.buf + skipped, text.len - skipped);
    return 0;
}
