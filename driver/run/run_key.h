/*
 * What a run was asked for, as a key: the options that have a say in what is built and how, the
 * directory that relative paths are seen from, and the variables that pip, the shim and this program read.
 * Not: where the wheels go, how many builds run at once, what is shown.
 *
 * It says nothing of the files that the options name: see run/remembered.h.
 */
#pragma once

#include "inputs/key.h"
#include "inputs/options.h"

void run_key(const struct wheel_options *options, char ret_hex[SHA256_HEX]);
