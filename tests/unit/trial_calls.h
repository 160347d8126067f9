/* The refused system calls from within a trial sandbox, of whatever mode. Header only. */
#pragma once

#include "refused_calls.h"
#include "trial.h"

/* Says which calls and families were not refused as they have to be. */
static inline int body_refused_calls(void *arg UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(attempts); i++)
        if (try_in_child(make_call, &attempts[i]) != attempts[i].refusal)
            say("%s ", attempts[i].name);
    for (size_t i = 0; i < ARRAY_SIZE(odd_families); i++)
        if (try_in_child(make_socket, &odd_families[i]) != EAFNOSUPPORT)
            say("%s ", odd_families[i].name);
    return 0;
}
