/*
 * The reading itself, by libelf and libdw, in the calling process: for the child of
 * content/elf_look.h, and for the fuzzer. Memory is as much as the file makes them take. Not for two
 * threads at once.
 */
#pragma once

#include "content/elf_facts.h"

bool elf_read_supported(void);

/* 0, or -1 for what is no ELF file or a damaged one. *ret_facts is to be released either way. */
int elf_read(const char *bytes, size_t len, struct elf_facts *ret_facts);
