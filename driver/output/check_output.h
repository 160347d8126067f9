/* What people, programs and GitHub see of findings (lint/report.h). */
#pragma once

#include <jansson.h>

#include "lint/report.h"

enum check_format { CHECK_TEXT, CHECK_GITHUB, CHECK_JSON };

/* One line for each finding on stdout; "PATH: ok" for none, unless `quiet`. Text and GitHub alone. */
void check_print(const char *path, const struct lint_report *report, enum check_format format,
                 bool quiet);
/* A new object; docs/check.md says what is in it. */
json_t *check_to_json(const char *path, const struct lint_report *report, bool fixed);
/* All codes on stdout: for people one line each, or with meaning and remedy as docs/check.md has it. */
void check_print_codes(void);
void check_print_page(void);
/* One of them, at length. */
void check_print_rule(enum lint_rule rule);
