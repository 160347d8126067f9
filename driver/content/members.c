/* Members of archives: made and freed. */
#include "content/members.h"

#include <stdlib.h>

#include "base/vec.h"

struct member *members_add(struct members *m)
{
    VEC_GROW(m);
    m->items[m->count] = (struct member){.time = -1, .uid = -1, .gid = -1, .mode = -1, .type = '0'};
    return &m->items[m->count++];
}

void members_release(struct members *m)
{
    for (size_t i = 0; i < m->count; i++) {
        free(m->items[i].name);
        free(m->items[i].link);
        free(m->items[i].user);
        free(m->items[i].group);
    }
    free(m->items);
    *m = (struct members)MEMBERS_INIT;
}
