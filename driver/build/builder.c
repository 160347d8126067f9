/* Fresh names below the run directory, for whoever builds, resolves or fills an environment. */
#include "build/builder.h"

#include "base/io.h"

char *builder_new_name(struct builder *b, const char *what)
{
    return xasprintf("%s/%s-%u", b->dir, what, atomic_fetch_add(&b->next_dir, 1));
}

int builder_new_dir(struct builder *b, const char *what, char **ret_path, struct err *err)
{
    auto_free char *path = builder_new_name(b, what);

    int ret = make_dirs(path, 0700, err);
    if (ret == 0)
        *ret_path = steal(&path);
    return ret;
}

struct lock_place builder_lock_place(struct builder *b, const char *log)
{
    return (struct lock_place){
        .engine = &b->engine,
        .cancel = &b->cancel,
        .progress = b->progress,
        .log = log,
        .compiler = b->compiler ? b->compiler : "",
    };
}

bool builder_is_locked(const struct builder *b)
{
    return b->locked.done != NULL;
}
