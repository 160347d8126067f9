/* A list of source directories as JSON, and the checks that need no file. */
#include "sandbox/tree_list.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/path.h"
#include "base/vec.h"

static char *dup_or_null(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static struct sandbox_tree *add(struct sandbox_trees *trees)
{
    VEC_GROW(trees);
    struct sandbox_tree *tree = &trees->items[trees->count++];
    *tree = (struct sandbox_tree){0};
    return tree;
}

static int read_tree(const json_t *json, struct sandbox_tree *tree, struct err *err)
{
    tree->host = json_bytes_in(json, "host");
    tree->place = json_bytes_in(json, "place");
    tree->omit = json_bytes_in(json, "omit");
    if (!tree->host || !path_is_normal(tree->host))
        return err_set(err, ERR_PROTOCOL, "a tree without a 'host'");
    if (!tree->place || (tree->place[0] && !path_is_inner(tree->place)))
        return err_set(err, ERR_PROTOCOL, "a tree without a 'place'");
    if (tree->omit && !path_is_normal(tree->omit))
        return err_set(err, ERR_PROTOCOL, "a tree with a wrong 'omit'");
    return 0;
}

int sandbox_trees_from_json(const json_t *json, struct sandbox_trees *ret_trees, struct err *err)
{
    const json_t *item;
    size_t i;

    json_array_foreach(json, i, item)
    {
        int ret = read_tree(item, add(ret_trees), err);
        if (ret < 0)
            return ret;
    }
    return 0;
}

json_t *sandbox_trees_to_json(const struct sandbox_trees *trees)
{
    json_t *list = json_array();

    for (size_t i = 0; i < trees->count; i++) {
        const struct sandbox_tree *tree = &trees->items[i];
        json_t *json = json_pack("{s:o, s:o}", "host", json_bytes(tree->host), "place",
                                 json_bytes(tree->place));
        if (tree->omit)
            (void)json_object_set_new(json, "omit", json_bytes(tree->omit));
        (void)json_array_append_new(list, json);
    }
    return list;
}

void sandbox_trees_copy(struct sandbox_trees *to, const struct sandbox_trees *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct sandbox_tree *tree = &from->items[i];
        *add(to) = (struct sandbox_tree){
            .host = xstrdup(tree->host),
            .place = xstrdup(tree->place),
            .omit = dup_or_null(tree->omit),
        };
    }
}

void sandbox_trees_release(struct sandbox_trees *trees)
{
    for (size_t i = 0; i < trees->count; i++) {
        free(trees->items[i].host);
        free(trees->items[i].place);
        free(trees->items[i].omit);
    }
    free(trees->items);
    *trees = (struct sandbox_trees){0};
}
