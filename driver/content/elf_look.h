/*
 * Reads an ELF file by libelf and libdw (elfutils) in a process of its own, with limits
 * (content/guarded.h): a wheel's author chose every byte of it.
 */
#pragma once

#include "content/elf_facts.h"

/* Whether this program can: it was built with elfutils. */
bool elf_look_supported(void);

/*
 * Forks: for a process with one thread. ERR_FORMAT when the file is damaged or its reader failed,
 * ERR_ENVIRONMENT when this program was built without elfutils.
 */
int elf_look(const char *bytes, size_t len, struct elf_facts *ret_facts, struct err *err);
