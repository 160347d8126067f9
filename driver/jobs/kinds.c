/* The code of an error, from the kind that a job gave it. */
#include "jobs/kinds.h"

#include "base/err.h"
#include "base/str.h"

static const struct {
    const char *kind;
    int code;
    const char *cause;
} kinds[] = {
    {"usage", ERR_USAGE, NULL},
    {"file", ERR_USAGE, NULL},
    {"machine", ERR_ENVIRONMENT, NULL},
    {"not-found", ERR_NOT_FOUND, "not-found"},
    {"conflict", ERR_NOT_FOUND, "conflict"},
    {"hash", ERR_NOT_FOUND, "hash"},
    {"network", ERR_INDEX, "index"},
};

int kind_to_code(const char *kind)
{
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (str_eq(kinds[i].kind, kind))
            return kinds[i].code;
    return ERR_BUILD;
}

const char *kind_to_cause(const char *kind)
{
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (str_eq(kinds[i].kind, kind))
            return kinds[i].cause;
    return NULL;
}
