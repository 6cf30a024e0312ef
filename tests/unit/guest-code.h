/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/* A guest program, assembled by the host's assembler: from `name` up to `name`_end. */
#define GUEST(name, bits, text)                                                                 \
    extern const uint8_t name[], name##_end[];                                                  \
    __asm__(".pushsection .rodata\n.code" #bits "\n.globl " #name "\n" #name ":\n" text         \
            "\n.globl " #name "_end\n" #name "_end:\n.code64\n.popsection\n")
