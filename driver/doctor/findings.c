/* What was found out about a machine. */
#include "doctor/findings.h"

#include <stdlib.h>

#include "base/str.h"
#include "base/vec.h"

static char *format_line(const char *fmt, va_list ap)
{
    struct str text = STR_INIT;

    str_vaddf(&text, fmt, ap);
    char *line = str_detach(&text);
    str_make_line(line);
    return line;
}

struct finding *findings_add(struct findings *findings, const char *area, const char *name,
                             enum finding_state state, const char *fmt, ...)
{
    va_list ap;

    VEC_GROW(findings);
    struct finding *finding = &findings->items[findings->count++];
    va_start(ap, fmt);
    *finding = (struct finding){
        .area = area, .name = xstrdup(name), .text = format_line(fmt, ap), .state = state};
    va_end(ap);
    return finding;
}

void finding_set_remedy(struct finding *finding, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    free(finding->remedy);
    finding->remedy = format_line(fmt, ap);
    va_end(ap);
}

const char *finding_state_name(enum finding_state state)
{
    static const char *const names[] = {"ok", "warn", "missing"};

    return names[state];
}

bool finding_is_lacking(const struct finding *finding)
{
    return finding->needed && finding->state == FINDING_MISSING;
}

bool findings_lack_something(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        if (finding_is_lacking(&findings->items[i]))
            return true;
    return false;
}

void findings_release(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        free(findings->items[i].name);
        free(findings->items[i].text);
        free(findings->items[i].remedy);
    }
    free(findings->items);
    *findings = (struct findings){0};
}
