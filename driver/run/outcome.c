/* What came of a run. */
#include "run/outcome.h"

#include <stdlib.h>

#include "base/vec.h"

void outcome_add_failure(struct outcome *outcome, struct err *err)
{
    VEC_GROW(&outcome->failures);
    struct err *failure = &outcome->failures.items[outcome->failures.count++];
    *failure = (struct err)ERR_INIT;
    err_move(failure, err);
}

void outcome_release(struct outcome *outcome)
{
    for (size_t i = 0; i < outcome->failures.count; i++)
        err_release(&outcome->failures.items[i]);
    free(outcome->failures.items);
    free(outcome->wheel_dir);
    json_decref(outcome->report);
    json_decref(outcome->lost);
    json_decref(outcome->others);
    run_record_release(&outcome->record);
    *outcome = (struct outcome){0};
}
