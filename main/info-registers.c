/* SPDX-License-Identifier: Apache-2.0 */
#include "main/info.h"

/*
 * A CPU's registers as numbers in expressions of the human monitor: $eax, $r8, $eip, $pc, $eflags, $cs, $cs.base
 *
 * Names are the reference's; those of general registers stand for all 64 bits, $pc for the linear address.
 */

#include "core/machine.h"
#include "cpu/state.h"

#include <stdlib.h>
#include <string.h>

static bool general(const struct x86_state *st, const char *name, uint64_t *val)
{
    static const char *const names[X86_GPRS] = {
        "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
    };

    if (!strcmp(name, "sp"))
        name = "esp";
    for (unsigned i = 0; i < X86_GPRS; i++)
        if (!strcmp(name, names[i])) {
            *val = st->gpr[i];
            return true;
        }
    return false;
}

static bool segment(const struct x86_state *st, const char *name, uint64_t *val)
{
    static const char names[X86_SREGS][3] = { "es", "cs", "ss", "ds", "fs", "gs" };

    for (unsigned i = 0; i < X86_SREGS; i++) {
        if (strncmp(name, names[i], 2))
            continue;
        if (!name[2])
            *val = st->seg[i].sel;
        else if (!strcmp(name + 2, ".base"))
            *val = st->seg[i].base;
        else if (!strcmp(name + 2, ".limit"))
            *val = st->seg[i].limit;
        else
            continue;
        return true;
    }
    return false;
}

static bool find(const struct x86_state *st, const char *name, uint64_t *val)
{
    if (!strcmp(name, "eip"))
        *val = st->rip;
    else if (!strcmp(name, "pc"))
        *val = st->seg[CS].base + st->rip;
    else if (!strcmp(name, "eflags"))
        *val = st->rflags;
    else
        return general(st, name, val) || segment(st, name, val);
    return true;
}

bool info_register(void *target, int64_t cpu, const char *name, uint64_t *val)
{
    struct info_cpu c;
    bool ok = info_cpu_fetch(target, cpu, &c);

    if (ok) {
        ok = find(c.st, name, val);
        free(c.st);
    }
    return ok;
}
