/* What the engine is, without starting it. */
#include "run/engine_state.h"

#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "jobs/engine_place.h"
#include "inputs/listing.h"

/* Each by itself: in a build directory the shim is a link, and a listing follows none. */
static int add_data(const char *dir, json_t *state, struct err *err)
{
    auto_close int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_strv struct strv names = STRV_INIT;
    static const char *const skip[] = {"__pycache__", NULL};
    char hex[SHA256_HEX];
    int ret =
        fd < 0 ? err_errno(err, errno, "cannot open '%s'", dir) : list_dir(fd, 0, &names, err);

    for (size_t i = 0; ret == 0 && i < names.count; i++) {
        auto_free char *path = path_join(dir, names.items[i]);
        ret = listing_digest(path, skip, hex, err);
        (void)json_object_set_new(state, names.items[i], json_string(hex));
    }
    return ret;
}

static int add_all(const struct engine_place *place, const struct wheel_options *options,
                   struct digests *digests, json_t *state, struct err *err)
{
    char hex[SHA256_HEX];
    int ret = digests_of_file(digests, place->engine, hex, err);

    if (ret < 0)
        return ret;
    (void)json_object_set_new(state, "engine", json_string(place->engine));
    (void)json_object_set_new(state, "sha256", json_string(hex));
    ret = options->pip ? listing_digest(options->pip, NULL, hex, err) : 0;
    if (ret == 0 && options->pip)
        (void)json_object_set_new(state, "named pip", json_string(hex));
    return ret == 0 ? add_data(place->data, state, err) : ret;
}

int engine_state(const char *python, const struct wheel_options *options, struct digests *digests,
                 json_t **ret_state, struct err *err)
{
    struct engine_place place = {0};
    int ret = engine_place_find(python, &place, err);

    *ret_state = json_object();
    if (ret == 0)
        ret = add_all(&place, options, digests, *ret_state, err);
    engine_place_release(&place);
    return ret;
}
