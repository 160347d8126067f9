#include "work/claim.h"

int claim_take(struct run *run, const char *dir UNUSED, struct claim *ret, struct err *err)
{
    ret->fd = -1;
    if (run->mode != SANDBOX_LOCKED)
        return 0;
    return err_set(err, ERR_ENVIRONMENT, "locked mode is not there yet");
}

void claim_release(struct claim *claim)
{
    close_fd(&claim->fd);
}
