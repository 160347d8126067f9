/* The options of a run: what of them is owned. */
#include "inputs/options.h"

#include <string.h>

#include "base/str.h"

void wheel_options_release(struct wheel_options *options)
{
    strv_release(&options->pip_args);
    strv_release(&options->build_constraints);
    strv_release(&options->allow_network);
    strv_release(&options->refresh);
    strv_release(&options->allow_url);
    strv_release(&options->binds);
    strv_release(&options->env);
}

char *wheel_bind_path(const char *bind, bool *ret_writable)
{
    bool writable = str_ends(bind, ":rw");
    size_t mode = writable || str_ends(bind, ":ro") ? 3 : 0;

    if (ret_writable)
        *ret_writable = writable;
    return xstrndup(bind, strlen(bind) - mode);
}
