/*
 * What debug information says of where and how a file was compiled, for content/elf_read.h alone: the
 * compilation units' names, directories and producers, and the absolute paths of their line tables.
 * Damaged or missing debug information adds nothing. The same memory and threads.
 */
#pragma once

#include "content/elf_facts.h"

/* `elf` is libelf's Elf *. */
void elf_read_debug(void *elf, struct elf_facts *facts);
