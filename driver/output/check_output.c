/* Shows findings. */
#include "output/check_output.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* ----------------------------------------------------------------------------------------- lines */

static void print_text(const char *path, const struct lint_finding *f)
{
    const struct lint_rule_info *rule = lint_rule_info(f->rule);

    (void)printf("%s: %s %s: ", path, rule->code, lint_severity_name(rule->severity));
    if (f->where)
        (void)printf("%s: ", f->where);
    (void)printf("%s [%s]\n", f->message, rule->name);
}

/* GitHub's workflow commands: '%' and line ends are escaped, in properties ':' and ',' as well. */
static void print_escaped(const char *text, bool property)
{
    for (const char *p = text; *p; p++) {
        if (*p == '%' || *p == '\r' || *p == '\n' || (property && (*p == ':' || *p == ',')))
            (void)printf("%%%02X", (unsigned)(uint8_t)*p);
        else
            (void)putchar(*p);
    }
}

static void print_github(const char *path, const struct lint_finding *f)
{
    static const char *const commands[] = {"error", "warning", "notice"};
    const struct lint_rule_info *rule = lint_rule_info(f->rule);

    (void)printf("::%s file=", commands[rule->severity]);
    print_escaped(path, true);
    (void)printf(",title=%s %s::", rule->code, rule->name);
    if (f->where) {
        print_escaped(f->where, false);
        (void)printf(": ");
    }
    print_escaped(f->message, false);
    (void)printf("%%0A");
    print_escaped(rule->remedy, false);
    (void)putchar('\n');
}

void check_print(const char *path, const struct lint_report *report, enum check_format format,
                 bool quiet)
{
    for (size_t i = 0; i < report->findings.count; i++) {
        if (format == CHECK_GITHUB)
            print_github(path, &report->findings.items[i]);
        else
            print_text(path, &report->findings.items[i]);
    }
    if (!report->findings.count && format == CHECK_TEXT && !quiet)
        (void)printf("%s: ok\n", path);
}

/* ------------------------------------------------------------------------------------------ JSON */

static json_t *text_or_null(const char *text)
{
    json_t *string = text ? json_string(text) : json_null();

    return string ? string : json_string("(not UTF-8)");
}

static json_t *finding_to_json(const struct lint_finding *f)
{
    const struct lint_rule_info *rule = lint_rule_info(f->rule);

    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:b}", "code", rule->code, "name", rule->name,
                     "severity", lint_severity_name(rule->severity), "where",
                     text_or_null(f->where), "message", text_or_null(f->message), "fixable",
                     rule->fixable);
}

json_t *check_to_json(const char *path, const struct lint_report *report, bool fixed)
{
    json_t *findings = json_array();

    for (size_t i = 0; i < report->findings.count; i++)
        (void)json_array_append_new(findings, finding_to_json(&report->findings.items[i]));
    return json_pack("{s:o, s:b, s:o}", "wheel", text_or_null(path), "fixed", fixed, "findings",
                     findings);
}

/* ----------------------------------------------------------------------------------------- rules */

static const char *theme_of(const char *code)
{
    static const char *const themes[] = {"The archive",
                                         "Name and tags",
                                         "Metadata",
                                         "RECORD",
                                         "What is installed",
                                         "Native code",
                                         "Traces of the build",
                                         "What PyPI refuses, and installers take"};
    int theme = code[2] - '1';

    return theme >= 0 && (size_t)theme < ARRAY_SIZE(themes) ? themes[theme] : "Others";
}

static const char *traits(const struct lint_rule_info *rule)
{
    if (!rule->by_default)
        return rule->fixable ? ", only when selected, --fix mends it" : ", only when selected";
    return rule->fixable ? ", --fix mends it" : "";
}

void check_print_codes(void)
{
    for (int i = 0; i < LINT_RULE_COUNT; i++) {
        const struct lint_rule_info *rule = lint_rule_info((enum lint_rule)i);
        (void)printf("%s %-21s %s%s\n", rule->code, rule->name, lint_severity_name(rule->severity),
                     traits(rule));
    }
}

void check_print_rule(enum lint_rule rule)
{
    const struct lint_rule_info *info = lint_rule_info(rule);

    (void)printf("%s %s (%s%s)\n%s\n%s\n", info->code, info->name,
                 lint_severity_name(info->severity), traits(info), info->meaning, info->remedy);
}

void check_print_page(void)
{
    const char *theme = "";

    for (int i = 0; i < LINT_RULE_COUNT; i++) {
        const struct lint_rule_info *rule = lint_rule_info((enum lint_rule)i);
        if (!str_eq(theme, theme_of(rule->code))) {
            theme = theme_of(rule->code);
            (void)printf("# %s\n", theme);
        }
        check_print_rule((enum lint_rule)i);
        (void)printf("\n");
    }
}
