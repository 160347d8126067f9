/* The facts of two ELF files, field by field: for compare_elf.c alone. */
#pragma once

#include "content/elf_facts.h"
#include "compare/context.h"

/* Adds findings for everything but the sections' bytes. */
void compare_elf_facts(struct context *c, const char *where, const struct elf_facts *a,
                       const struct elf_facts *b);
