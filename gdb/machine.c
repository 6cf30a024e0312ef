/* SPDX-License-Identifier: Apache-2.0 */
#include "gdb/machine.h"

/*
 * A machine as a debugger's target (see target.h)
 *
 * Memory is what the vCPU sees: through its page tables, with its APIC's page and, in SMM, SMRAM.  Devices are read
 * and written like memory, in naturally aligned pieces.  ROM is not written to: its code may be decoded already, and
 * nobody would notice.
 *
 * Invariant: state and memory are touched while the machine stands, or on the vCPU's own thread.
 */

#include "core/accel.h"
#include "core/machine.h"
#include "cpu/state.h"
#include "cpu/walk.h"
#include "lib/bits.h"
#include "lib/epoch.h"
#include "lib/log.h"

#include <errno.h>
#include <string.h>

static struct machine *machine_of(struct gdb_target *t)
{
    return ((struct gdb_machine *)t)->cfg.machine;
}

static struct vcpu *vcpu_of(struct gdb_target *t, unsigned cpu)
{
    return machine_of(t)->vcpus[cpu];
}

static bool running(struct gdb_target *t)
{
    return machine_running(machine_of(t));
}

static void halt(struct gdb_target *t)
{
    machine_stop(machine_of(t), RUN_PAUSED, NULL);
}

static int go(struct gdb_target *t, const enum debug_go *plan, unsigned step)
{
    return running(t) ? 0 : machine_debug_start(machine_of(t), plan, step, NULL);
}

static void kill_process(struct gdb_target *t)
{
    log_warn("terminated by the debugger");
    machine_request_quit(machine_of(t), 0);
}

static void fetch(struct vcpu *cpu, void *st)
{
    cpu->machine->accel->ops->vcpu_get(cpu, st);
}

static void store(struct vcpu *cpu, void *st)
{
    cpu->machine->accel->ops->vcpu_put(cpu, st);
}

static void state_get(struct gdb_target *t, unsigned cpu, struct x86_state *st)
{
    vcpu_call(vcpu_of(t, cpu), fetch, st);
}

static void state_put(struct gdb_target *t, unsigned cpu, const struct x86_state *st)
{
    vcpu_call(vcpu_of(t, cpu), store, (void *)st);      /* store() does not change it */
}

static bool halted(struct gdb_target *t, unsigned cpu)
{
    struct x86_state st;

    if (!machine_of(t)->accel->halts_inside)
        return vcpu_of(t, cpu)->halted;
    state_get(t, cpu, &st);
    return st.halted;
}

static uint8_t cr8_get(struct gdb_target *t, unsigned cpu)
{
    const struct vcpu *c = vcpu_of(t, cpu);

    return c->intc ? c->intc->tpr_get(c->intc_opaque) : 0;
}

static void cr8_put(struct gdb_target *t, unsigned cpu, uint8_t cr8)
{
    const struct vcpu *c = vcpu_of(t, cpu);

    if (c->intc)
        c->intc->tpr_set(c->intc_opaque, cr8);
}

/* Memory. */

static bool is_rom(struct address_space *as, uint64_t gpa)
{
    const struct flat_range *r;
    bool rom;

    epoch_enter();
    r = view_find(epoch_load(as->view), gpa, NULL);
    rom = r && r->host && !r->writable;
    epoch_leave();
    return rom;
}

static int read_pieces(struct address_space *as, uint64_t gpa, uint8_t *buf, uint64_t n)
{
    uint64_t val;

    for (unsigned size; n; gpa += size, buf += size, n -= size) {
        size = bits_piece(gpa, n, 8);
        if (address_space_read(as, gpa, size, &val, NULL) != MEM_OK)
            return -EFAULT;
        memcpy(buf, &val, size);
    }
    return 0;
}

static int write_pieces(struct address_space *as, uint64_t gpa, const uint8_t *buf, uint64_t n)
{
    for (unsigned size; n; gpa += size, buf += size, n -= size) {
        uint64_t val = 0;

        size = bits_piece(gpa, n, 8);
        memcpy(&val, buf, size);
        if (is_rom(as, gpa) || address_space_write(as, gpa, size, val, NULL) != MEM_OK)
            return -EFAULT;
    }
    return 0;
}

static bool table_read(void *opaque, uint64_t gpa, void *buf, unsigned bytes)
{
    return !read_pieces(opaque, gpa, buf, bytes);
}

/* Bytes from *gpa on that are mapped in one piece, up to n; 0: not mapped. */
static uint64_t mapped(const struct x86_state *st, struct address_space *as, uint64_t addr, uint64_t n, uint64_t *gpa)
{
    const struct walk_memory memory = { table_read, as };
    uint64_t more;

    if (!cpu_walk(st, &memory, addr, gpa, &more))
        return 0;
    if (!st->a20 && !st->smm) {         /* line 20 says nothing; what it says of changes with each MiB */
        *gpa &= ~(1ull << 20);
        more = more < (~addr & 0xfffff) ? more : ~addr & 0xfffff;
    }
    return more < n - 1 ? more + 1 : n;
}

static int each_piece(struct gdb_target *t, unsigned cpu, uint64_t addr, uint8_t *buf, uint64_t n, bool write)
{
    struct address_space *as = vcpu_as(vcpu_of(t, cpu));
    struct x86_state st;
    uint64_t gpa;
    int r = 0;

    state_get(t, cpu, &st);
    for (uint64_t size; n && !r; addr += size, buf += size, n -= size) {
        size = mapped(&st, as, addr, n, &gpa);
        if (!size)
            return -EFAULT;
        r = write ? write_pieces(as, gpa, buf, size) : read_pieces(as, gpa, buf, size);
    }
    return r;
}

static int mem_read(struct gdb_target *t, unsigned cpu, bool physical, uint64_t addr, void *buf, size_t n)
{
    if (n && n - 1 > ~addr)
        return -EFAULT;
    return physical ? read_pieces(vcpu_as(vcpu_of(t, cpu)), addr, buf, n) : each_piece(t, cpu, addr, buf, n, false);
}

static int mem_write(struct gdb_target *t, unsigned cpu, bool physical, uint64_t addr, const void *buf, size_t n)
{
    if (n && n - 1 > ~addr)
        return -EFAULT;
    return physical ? write_pieces(vcpu_as(vcpu_of(t, cpu)), addr, buf, n)
                    : each_piece(t, cpu, addr, (uint8_t *)buf, n, true);        /* only read from */
}

/* A debugger that left a running machine takes its breakpoints along. */
static int points(struct gdb_target *t, const struct debug_point *list, unsigned n)
{
    struct machine *m = machine_of(t);
    bool runs = machine_running(m);
    int r;

    if (runs)
        machine_stop(m, RUN_PAUSED, NULL);
    r = machine_debug_points(m, list, n, NULL);
    if (runs)
        machine_start(m, NULL);
    return r;
}

static void monitor(struct gdb_target *t, const char *line, void (*put)(void *opaque, const char *text, size_t n),
                    void *opaque)
{
    const struct gdb_config *cfg = &((struct gdb_machine *)t)->cfg;

    cfg->monitor(cfg->opaque, line, put, opaque);
}

static const struct gdb_target_ops ops_mute = {
    .running = running, .halt = halt, .go = go, .kill = kill_process, .halted = halted, .state_get = state_get,
    .state_put = state_put, .cr8_get = cr8_get, .cr8_put = cr8_put, .read = mem_read, .write = mem_write,
    .points = points,
};
static const struct gdb_target_ops ops = {
    .running = running, .halt = halt, .go = go, .kill = kill_process, .halted = halted, .state_get = state_get,
    .state_put = state_put, .cr8_get = cr8_get, .cr8_put = cr8_put, .read = mem_read, .write = mem_write,
    .points = points, .monitor = monitor,
};

void gdb_machine_init(struct gdb_machine *g, const struct gdb_config *cfg)
{
    *g = (struct gdb_machine){ .target = { cfg->monitor ? &ops : &ops_mute, cfg->machine->n_vcpus }, .cfg = *cfg };
}

enum gdb_signal gdb_machine_signal(const struct machine *m)
{
    switch (m->run_state) {
    case RUN_DEBUG: return GDB_SIGNAL_TRAP;
    case RUN_PAUSED: return GDB_SIGNAL_INT;
    case RUN_SHUTDOWN: return GDB_SIGNAL_QUIT;
    case RUN_IO_ERROR: return GDB_SIGNAL_IO;
    case RUN_WATCHDOG: return GDB_SIGNAL_ALRM;
    case RUN_INTERNAL_ERROR: return GDB_SIGNAL_ABRT;
    case RUN_FINISH_MIGRATE: return GDB_SIGNAL_XCPU;
    default: return GDB_SIGNAL_UNKNOWN;
    }
}
