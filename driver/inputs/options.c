/* The options of a run: what of them is owned. */
#include "inputs/options.h"

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
