/* Shows comparisons. */
#include "output/diff_output.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* ----------------------------------------------------------------------------------------- text */

static void print_value(char mark, const char *value)
{
    (void)printf("      %c %s\n", mark, value);
}

static void print_detail(const char *detail)
{
    for (const char *line = detail; *line;) {
        size_t len = strcspn(line, "\n");
        (void)printf("      %.*s\n", (int)len, line);
        line += len + (line[len] == '\n');
    }
}

static void print_finding(const struct finding *f)
{
    (void)printf("    %s: %s%s", cause_id(f->cause), cause_text(f->cause),
                 f->follows ? " (follows from the above)" : "");
    (void)printf(f->part ? ": %s\n" : "\n", f->part);
    if (f->detail) {
        print_detail(f->detail);
        return;
    }
    if (f->a)
        print_value('-', f->a);
    if (f->b)
        print_value('+', f->b);
}

static void print_findings(const struct comparison *c)
{
    const struct finding *before = NULL;

    for (size_t i = 0; i < c->findings.count; i++) {
        const struct finding *f = &c->findings.items[i];
        if (!before || !str_eq(before->where, f->where))
            (void)printf("  %s\n", f->where                  ? f->where
                                   : f->cause == CAUSE_INPUT ? "(inputs of the build)"
                                                             : "(the wheel)");
        print_finding(f);
        before = f;
    }
    if (c->left_out)
        (void)printf("  and %zu more differences\n", c->left_out);
}

void diff_list_causes(const struct comparison *c, struct str *out)
{
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        if (comparison_tells(c, (enum cause)cause))
            str_addf(out, "%s%s", out->len ? ", " : "", cause_id((enum cause)cause));
}

static bool is_vague(const struct comparison *c)
{
    for (size_t i = 0; i < c->findings.count; i++)
        if (cause_is_vague(c->findings.items[i].cause) && !c->findings.items[i].follows)
            return true;
    return c->left_out;
}

static void print_summary(const struct shown_diff *shown)
{
    const struct comparison *c = shown->comparison;
    auto_str struct str causes = STR_INIT;

    diff_list_causes(c, &causes);
    (void)printf("  causes: %s\n", causes.len ? causes.buf : "not told");
    if (c->inputs == COMPARISON_INPUTS_EQUAL)
        (void)printf("  inputs: all that the records name are the same\n");
    if (c->same_content && !c->equal)
        (void)printf("  content: the same; 'truewheel normalize' makes the wheels equal\n");
    if (is_vague(c) && !shown->is_gone)
        (void)printf("  more: diffoscope '%s' '%s'\n", shown->a, shown->b);
}

void diff_print(const struct shown_diff *shown)
{
    const struct comparison *c = shown->comparison;

    if (!shown->a || !shown->b) {
        (void)printf("only one: %s\n", shown->a ? shown->a : shown->b);
        return;
    }
    (void)printf("%s: %s and %s\n", c->equal ? "equal" : "different", shown->a, shown->b);
    print_findings(c);
    if (!c->equal)
        print_summary(shown);
}

void diff_print_causes(void)
{
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        (void)printf("%-20s %s%s\n", cause_id((enum cause)cause), cause_text((enum cause)cause),
                     cause_is_vague((enum cause)cause) ? " (why is not told)" : "");
}

/* ----------------------------------------------------------------------------------------- JSON */

/* Values come from files and need not be UTF-8. */
static json_t *text_or_null(const char *text)
{
    json_t *string = text ? json_string(text) : json_null();

    return string ? string : json_string("(not UTF-8)");
}

static json_t *finding_to_json(const struct finding *f)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b}", "cause", cause_id(f->cause),
                     "text", cause_text(f->cause), "where", text_or_null(f->where), "part",
                     text_or_null(f->part), "a", text_or_null(f->a), "b", text_or_null(f->b),
                     "detail", text_or_null(f->detail), "follows", f->follows);
}

static const char *inputs_name(enum comparison_inputs inputs)
{
    static const char *const names[] = {[COMPARISON_INPUTS_UNKNOWN] = "unknown",
                                        [COMPARISON_INPUTS_EQUAL] = "equal",
                                        [COMPARISON_INPUTS_DIFFER] = "different"};

    return names[inputs];
}

json_t *diff_to_json(const struct shown_diff *shown)
{
    const struct comparison *c = shown->comparison;
    json_t *findings = json_array();

    for (size_t i = 0; i < c->findings.count; i++)
        (void)json_array_append_new(findings, finding_to_json(&c->findings.items[i]));
    return json_pack("{s:o, s:o, s:b, s:b, s:s, s:o, s:I}", "a", text_or_null(shown->a), "b",
                     text_or_null(shown->b), "equal", c->equal, "same_content", c->same_content,
                     "inputs", inputs_name(c->inputs), "findings", findings, "left_out",
                     (json_int_t)c->left_out);
}
