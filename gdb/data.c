/* SPDX-License-Identifier: Apache-2.0 */
#include "gdb/protocol.h"

/*
 * Registers and memory
 *
 * Reference: GDB's manual, "Packets": g, G, p, P, m, M.  Sizes must be right: a register or a piece of memory is
 * written whole or not at all.
 */

#include "cpu/state.h"
#include "gdb/regs.h"

enum { MEMORY_MOST = GDB_PACKET / 2 };

static void state_get(struct gdb_session *s, struct x86_state *st)
{
    gdb_ops(s)->state_get(s->target, s->cpu, st);
}

static void state_put(struct gdb_session *s, const struct x86_state *st)
{
    gdb_ops(s)->state_put(s->target, s->cpu, st);
}

void gdb_cmd_regs_get(struct gdb_session *s, struct gdb_args *a)
{
    uint8_t bytes[GDB_REG_BYTES];
    struct x86_state st;

    (void)a;
    state_get(s, &st);
    for (unsigned n = 0; n < GDB_REGS; n++)
        gdb_reply_hex(s, bytes, gdb_reg_get(s->target, s->cpu, &st, n, bytes));
}

void gdb_cmd_regs_set(struct gdb_session *s, struct gdb_args *a)
{
    uint8_t bytes[GDB_REGS][GDB_REG_BYTES];
    struct x86_state st;

    for (unsigned n = 0; n < GDB_REGS; n++)
        gdb_args_bytes(a, bytes[n], gdb_reg_bytes(n));
    if (!gdb_args_end(a)) {
        gdb_reply_error(s, GDB_EINVAL);
        return;
    }
    state_get(s, &st);
    for (unsigned n = 0; n < GDB_REGS; n++)
        gdb_reg_set(s->target, s->cpu, &st, n, bytes[n]);
    state_put(s, &st);
    gdb_reply(s, "OK");
}

void gdb_cmd_reg_get(struct gdb_session *s, struct gdb_args *a)
{
    uint64_t n = gdb_args_hex(a);
    uint8_t bytes[GDB_REG_BYTES];
    struct x86_state st;

    if (!gdb_args_end(a) || n >= GDB_REGS) {
        gdb_reply_error(s, GDB_EFAULT);
        return;
    }
    state_get(s, &st);
    gdb_reply_hex(s, bytes, gdb_reg_get(s->target, s->cpu, &st, (unsigned)n, bytes));
}

/* A register that is not there is left alone, as by the reference. */
void gdb_cmd_reg_set(struct gdb_session *s, struct gdb_args *a)
{
    uint64_t n = gdb_args_hex(a);
    uint8_t bytes[GDB_REG_BYTES];
    struct x86_state st;

    gdb_args_expect(a, '=');
    if (!a->bad && n >= GDB_REGS) {
        gdb_reply(s, "OK");
        return;
    }
    if (!a->bad)
        gdb_args_bytes(a, bytes, gdb_reg_bytes((unsigned)n));
    if (!gdb_args_end(a)) {
        gdb_reply_error(s, GDB_EINVAL);
        return;
    }
    state_get(s, &st);
    gdb_reg_set(s->target, s->cpu, &st, (unsigned)n, bytes);
    state_put(s, &st);
    gdb_reply(s, "OK");
}

/* "ADDR,LENGTH"; false: malformed, or more than a packet holds. */
static bool range(struct gdb_args *a, uint64_t *addr, size_t *n)
{
    uint64_t len;

    *addr = gdb_args_hex(a);
    gdb_args_expect(a, ',');
    len = gdb_args_hex(a);
    *n = len;
    return !a->bad && len <= MEMORY_MOST;
}

void gdb_cmd_mem_get(struct gdb_session *s, struct gdb_args *a)
{
    uint8_t bytes[MEMORY_MOST];
    uint64_t addr;
    size_t n;

    if (!range(a, &addr, &n) || !gdb_args_end(a))
        gdb_reply_error(s, GDB_EINVAL);
    else if (gdb_ops(s)->read(s->target, s->cpu, s->physical, addr, bytes, n) < 0)
        gdb_reply_error(s, GDB_EFAULT);
    else
        gdb_reply_hex(s, bytes, n);
}

void gdb_cmd_mem_set(struct gdb_session *s, struct gdb_args *a)
{
    uint8_t bytes[MEMORY_MOST];
    bool fits;
    uint64_t addr;
    size_t n;

    fits = range(a, &addr, &n);
    gdb_args_expect(a, ':');
    if (fits)
        gdb_args_bytes(a, bytes, n);
    if (!fits || !gdb_args_end(a))
        gdb_reply_error(s, GDB_EINVAL);
    else if (gdb_ops(s)->write(s->target, s->cpu, s->physical, addr, bytes, n) < 0)
        gdb_reply_error(s, GDB_EFAULT);
    else
        gdb_reply(s, "OK");
}
