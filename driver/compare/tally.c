/* Counts files that differ in a field. */
#include "compare/tally.h"

bool tally_count(struct tally *t, const char *name)
{
    if (t->count++)
        return false;
    t->first = xstrdup(name);
    return true;
}

void tally_finish(struct tally *t, struct comparison *c, const char *where)
{
    if (t->count) {
        auto_free char *part =
            t->count == 1 ? xasprintf("%s of '%s'", t->field, t->first)
                          : xasprintf("%s of %zu files, first '%s'", t->field, t->count, t->first);
        comparison_add(c,
                       &(struct finding_spec){
                           .cause = t->cause, .where = where, .part = part, .a = t->a, .b = t->b});
    }
    free_ptr(&t->first);
    free_ptr(&t->a);
    free_ptr(&t->b);
    t->count = 0;
}
