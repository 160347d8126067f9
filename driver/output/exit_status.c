/* The table of exit statuses, and the one that an error has. */
#include "output/exit_status.h"

#include "base/err.h"

const struct exit_row exit_table[] = {
    {EXIT_DONE, "done"},
    {EXIT_BUILD, "a build failed, or input is damaged; diff, check, verify, doctor, settings: "
                 "something was found"},
    {EXIT_USAGE, "the command line, an option, a requirement or a requirements file is wrong"},
    {EXIT_ENVIRONMENT, "this machine does not allow it; verify: a wheel cannot be rebuilt"},
    {EXIT_NOT_FOUND, "nothing satisfies a requirement, requirements conflict, a hash is another"},
    {EXIT_INDEX, "an index or a server could not be asked"},
    {EXIT_RESOURCE, "time, memory, disk or processes ran out"},
    {EXIT_DIFFERS, "a wheel that was built is not the one that it has to be (--locked)"},
};
const size_t exit_count = ARRAY_SIZE(exit_table);

static const struct {
    int code;
    enum exit_status status;
} statuses[] = {
    {0, EXIT_DONE},           {ERR_USAGE, EXIT_USAGE},         {ERR_BUILD, EXIT_BUILD},
    {ERR_FORMAT, EXIT_BUILD}, {ERR_NOT_FOUND, EXIT_NOT_FOUND}, {ERR_INDEX, EXIT_INDEX},
    {ENOSPC, EXIT_RESOURCE},  {ERR_TIMEOUT, EXIT_RESOURCE},    {ERR_RESOURCE, EXIT_RESOURCE},
    {EDQUOT, EXIT_RESOURCE},  {ERR_DIFFERS, EXIT_DIFFERS},
};

enum exit_status exit_status_of(int code)
{
    code = code < 0 ? -code : code;
    for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
        if (statuses[i].code == code)
            return statuses[i].status;
    return EXIT_ENVIRONMENT;
}

int exit_status_for_rules(int status)
{
    return status > EXIT_ENVIRONMENT && status < 128 ? EXIT_BUILD : status;
}
