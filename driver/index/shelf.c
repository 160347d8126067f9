/* The pages of an index. */
#include "index/shelf.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/vec.h"
#include "index/html.h"

#define API_VERSION "1.1"

void shelf_release(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->count; i++) {
        struct shelf_file *file = &shelf->items[i];
        free(file->name);
        free(file->project);
        free(file->version);
        free(file->requires_python);
        free(file->yanked);
    }
    free(shelf->items);
    *shelf = (struct shelf)SHELF_INIT;
}

static int compare_files(const void *a, const void *b)
{
    const struct shelf_file *x = a, *y = b;
    int order = strcmp(x->project, y->project);

    return order ? order : strcmp(x->name, y->name);
}

void shelf_sort(struct shelf *shelf)
{
    qsort(shelf->items, shelf->count, sizeof(*shelf->items), compare_files);
}

size_t shelf_project_end(const struct shelf *shelf, size_t first)
{
    size_t end = first;

    while (end < shelf->count && str_eq(shelf->items[end].project, shelf->items[first].project))
        end++;
    return end;
}

/* ---------------------------------------------------------------------------------------- HTML */

static void add_head(struct str *out, const char *title)
{
    str_add(out, "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta name=\"pypi:repository-version\" content=\"" API_VERSION "\">\n" SHELF_MARK
                 "\n<title>");
    html_add(out, title);
    str_add(out, "</title>\n</head>\n<body>\n");
}

static void add_attribute(struct str *out, const char *name, const char *value)
{
    if (!value)
        return;
    str_addf(out, " %s=\"", name);
    html_add(out, value);
    str_addch(out, '"');
}

/* A relative link. Some servers read '+' as a blank: it is quoted, too. */
static char *make_link(const char *name)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_~";
    struct str out = STR_INIT;

    for (; *name; name++)
        if (strchr(plain, *name))
            str_addch(&out, *name);
        else
            str_addf(&out, "%%%02X", (unsigned)(unsigned char)*name);
    return str_detach(&out);
}

/* data-dist-info-metadata is what data-core-metadata was called first; old pips know only that. */
static void add_anchor(struct str *out, const struct shelf_file *file)
{
    auto_free char *link = make_link(file->name);
    auto_free char *target = xasprintf("%s#sha256=%s", link, file->sha256);
    auto_free char *metadata = xasprintf("sha256=%s", file->metadata_sha256);

    str_add(out, "<a");
    add_attribute(out, "href", target);
    add_attribute(out, "data-requires-python", file->requires_python);
    add_attribute(out, "data-core-metadata", metadata);
    add_attribute(out, "data-dist-info-metadata", metadata);
    add_attribute(out, "data-yanked", file->yanked);
    str_addch(out, '>');
    html_add(out, file->name);
    str_add(out, "</a><br>\n");
}

void shelf_project_html(const struct shelf *shelf, size_t first, size_t end, struct str *out)
{
    add_head(out, shelf->items[first].project);
    for (size_t i = first; i < end; i++)
        add_anchor(out, &shelf->items[i]);
    str_add(out, "</body>\n</html>\n");
}

void shelf_root_html(const struct shelf *shelf, struct str *out)
{
    add_head(out, "Simple index");
    for (size_t i = 0; i < shelf->count; i = shelf_project_end(shelf, i)) {
        const char *project = shelf->items[i].project;
        auto_free char *link = make_link(project);
        str_addf(out, "<a href=\"%s/\">", link);
        html_add(out, project);
        str_add(out, "</a><br>\n");
    }
    str_add(out, "</body>\n</html>\n");
}

/* ---------------------------------------------------------------------------------------- JSON */

static json_t *new_page(void)
{
    return json_pack("{s:{s:s}}", "meta", "api-version", API_VERSION);
}

static void add_page(json_t *page, struct str *out)
{
    auto_free char *text = json_dumps(page, JSON_INDENT(1) | JSON_SORT_KEYS);

    str_addf(out, "%s\n", text);
    json_decref(page);
}

static json_t *describe_file(const struct shelf_file *file)
{
    auto_free char *link = make_link(file->name);
    json_t *object =
        json_pack("{s:o, s:s, s:{s:s}, s:{s:s}, s:I}", "filename", json_readable(file->name), "url",
                  link, "hashes", "sha256", file->sha256, "core-metadata", "sha256",
                  file->metadata_sha256, "size", (json_int_t)file->size);

    if (file->requires_python)
        (void)json_object_set_new(object, "requires-python", json_readable(file->requires_python));
    if (file->yanked)
        (void)json_object_set_new(object, "yanked",
                                  file->yanked[0] ? json_readable(file->yanked) : json_true());
    return object;
}

static json_t *list_versions(const struct shelf *shelf, size_t first, size_t end)
{
    auto_strv struct strv versions = STRV_INIT;

    for (size_t i = first; i < end; i++)
        if (!strv_contains(&versions, shelf->items[i].version))
            strv_push(&versions, shelf->items[i].version);
    strv_sort(&versions);
    return json_from_strings(&versions);
}

void shelf_project_json(const struct shelf *shelf, size_t first, size_t end, struct str *out)
{
    json_t *page = new_page(), *files = json_array();

    for (size_t i = first; i < end; i++)
        (void)json_array_append_new(files, describe_file(&shelf->items[i]));
    (void)json_object_set_new(page, "name", json_readable(shelf->items[first].project));
    (void)json_object_set_new(page, "versions", list_versions(shelf, first, end));
    (void)json_object_set_new(page, "files", files);
    add_page(page, out);
}

void shelf_root_json(const struct shelf *shelf, struct str *out)
{
    json_t *page = new_page(), *projects = json_array();

    for (size_t i = 0; i < shelf->count; i = shelf_project_end(shelf, i))
        (void)json_array_append_new(
            projects, json_pack("{s:o}", "name", json_readable(shelf->items[i].project)));
    (void)json_object_set_new(page, "projects", projects);
    add_page(page, out);
}
