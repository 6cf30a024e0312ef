/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/ops.h"

/*
 * The software CPU as an accelerator ("tcg"): binds the interpreter to a machine
 *
 * Memory comes from the vCPU's own address space, page by page; every change of that map flushes the
 * vCPU's TLBs inside an exclusive section before the commit returns, so no host address outlives the
 * view that it came from.  Descriptors of code pages hang from the RAM blocks, made when a block is first met.
 * Invariant: a vCPU's env is touched by its own thread, or while it is parked, apart from `kick`.
 */

#include "accel/soft/block.h"
#include "accel/soft/exclusive.h"
#include "accel/soft/mmu.h"
#include "accel/soft/mode.h"
#include "accel/soft/smc.h"
#include "accel/soft/soft.h"
#include "core/machine.h"
#include "cpu/model.h"
#include "lib/epoch.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct soft_accel {
    struct accel accel;
    struct soft soft;
};

/* What hangs from a vCPU; it hears of changes of both its maps. */
struct soft_vcpu {
    struct env *env;
    struct vcpu *cpu;
    struct soft_listener {
        struct map_listener map;
        struct soft_vcpu *v;
        struct address_space *as;
    } listener[2];
    unsigned port_hint;
};

static _Thread_local struct env *this_env;

static struct soft *soft_of(const struct machine *m)
{
    return &((struct soft_accel *)m->accel)->soft;
}

static struct env *env_of(const struct vcpu *cpu)
{
    return ((struct soft_vcpu *)cpu->accel)->env;
}

/* Code descriptors of RAM blocks. */

struct code_pages { struct soft *soft; uint64_t pages; struct soft_page_code page[]; };

static size_t code_bytes(uint64_t pages)
{
    return sizeof(struct code_pages) + pages * sizeof(struct soft_page_code);
}

static void code_written(struct ram_block *b, uint64_t off, uint64_t len)
{
    struct code_pages *c = b->code;

    while (len) {
        unsigned at = off % SOFT_PAGE, n = len < SOFT_PAGE - at ? len : SOFT_PAGE - at;

        if (c->page[off / SOFT_PAGE].granules)
            soft_phys_written(c->soft, &c->page[off / SOFT_PAGE], at, n);
        off += n;
        len -= n;
    }
}

static void code_free(struct ram_block *b)
{
    struct code_pages *c = b->code;

    block_flush_all(c->soft);           /* blocks know the pages that they were made of, and are found by their place */
    b->code = NULL;
    b->code_free = NULL;
    b->code_written = NULL;
    munmap(c, code_bytes(c->pages));
}

/* Sparse, like the RAM that it describes. */
static struct code_pages *code_new(struct soft *s, struct ram_block *b)
{
    uint64_t pages = b->size / SOFT_PAGE;
    struct code_pages *c =
        mmap(NULL, code_bytes(pages), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (c == MAP_FAILED)
        return NULL;
    c->soft = s;
    c->pages = pages;
    return c;
}

static struct soft_page_code *code_of(struct soft *s, struct ram_block *b, uint64_t off)
{
    struct code_pages *c = epoch_load(b->code);

    if (!c) {
        pthread_mutex_lock(&s->lock);
        if (!b->code) {
            c = code_new(s, b);
            b->code_free = code_free;
            b->code_written = code_written;
            epoch_publish(b->code, (void *)c);
        }
        c = b->code;
        pthread_mutex_unlock(&s->lock);
    }
    return c ? &c->page[off / SOFT_PAGE] : NULL;
}

/* The bus. */

static bool logged_clean(const struct ram_block *b, uint64_t off)
{
    for (unsigned c = 0; c < DIRTY_CLIENTS; c++)
        if (b->dirty[c] && !dirty_get(b, c, off))
            return true;
    return false;
}

static void bus_page(void *opaque, uint64_t gpa, struct soft_page *page)
{
    struct soft_vcpu *v = opaque;
    const struct flat_range *r;

    *page = (struct soft_page){ 0 };
    epoch_enter();
    r = view_find(epoch_load(vcpu_as(v->cpu)->view), gpa, &v->cpu->mmio_hint);
    if (r && r->host && r->first <= gpa && r->last - gpa >= SOFT_PAGE - 1) {
        struct ram_block *b = r->region->block;
        uint64_t off = r->region->block_offset + r->offset + (gpa - r->first);

        page->host = r->host + (gpa - r->first);
        page->writable = r->writable && !(ram_logged(b) && logged_clean(b, off));
        if (r->writable)
            page->code = code_of(v->env->soft, b, off);
    }
    epoch_leave();
}

static uint64_t bus_read(void *opaque, uint64_t gpa, unsigned size)
{
    struct soft_vcpu *v = opaque;
    uint64_t val = 0;

    address_space_read(vcpu_as(v->cpu), gpa, size, &val, &v->cpu->mmio_hint);
    return val;
}

static void bus_write(void *opaque, uint64_t gpa, unsigned size, uint64_t val)
{
    struct soft_vcpu *v = opaque;

    address_space_write(vcpu_as(v->cpu), gpa, size, val, &v->cpu->mmio_hint);
}

static uint64_t bus_in(void *opaque, uint16_t port, unsigned size)
{
    struct soft_vcpu *v = opaque;
    uint64_t val = 0;

    address_space_read(&v->cpu->machine->io_as, port, size, &val, &v->port_hint);
    return val;
}

static void bus_out(void *opaque, uint16_t port, unsigned size, uint64_t val)
{
    struct soft_vcpu *v = opaque;

    address_space_write(&v->cpu->machine->io_as, port, size, val, &v->port_hint);
}

static bool bus_irq_pending(void *opaque)
{
    struct vcpu *cpu = ((struct soft_vcpu *)opaque)->cpu;

    return cpu->intc && cpu->intc->pending(cpu->intc_opaque);
}

static int bus_irq_take(void *opaque)
{
    struct vcpu *cpu = ((struct soft_vcpu *)opaque)->cpu;

    return cpu->intc ? cpu->intc->take(cpu->intc_opaque) : -1;
}

static uint8_t bus_tpr_get(void *opaque)
{
    struct vcpu *cpu = ((struct soft_vcpu *)opaque)->cpu;

    return cpu->intc ? cpu->intc->tpr_get(cpu->intc_opaque) : 0;
}

static void bus_tpr_set(void *opaque, uint8_t tpr)
{
    struct vcpu *cpu = ((struct soft_vcpu *)opaque)->cpu;

    if (cpu->intc)
        cpu->intc->tpr_set(cpu->intc_opaque, tpr);
}

static bool bus_apic_msr_read(void *opaque, uint32_t msr, uint64_t *val)
{
    struct vcpu *cpu = ((struct soft_vcpu *)opaque)->cpu;

    return cpu->intc && cpu->intc->msr_read(cpu->intc_opaque, msr, val);
}

static bool bus_apic_msr_write(void *opaque, uint32_t msr, uint64_t val)
{
    struct vcpu *cpu = ((struct soft_vcpu *)opaque)->cpu;

    return cpu->intc && cpu->intc->msr_write(cpu->intc_opaque, msr, val);
}

static uint64_t bus_tsc(void *opaque)
{
    return machine_tsc(((struct soft_vcpu *)opaque)->cpu->machine);
}

static void bus_cpuid(void *opaque, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    enum { APIC_BASE = 0x1b, APIC_ENABLED = 1 << 11 };
    struct soft_vcpu *v = opaque;
    struct cpuid_live live = { .apic_id = v->cpu->apic_id,
                               .osxsave = v->env->x.cr4 & CR4_OSXSAVE,
                               .xcr0 = v->env->x.xcr0 };
    uint64_t base;

    live.apic_enabled = bus_apic_msr_read(v, APIC_BASE, &base) && base & APIC_ENABLED;
    cpuid_query(v->cpu->model, &live, leaf, subleaf, out);
}

static void bus_shutdown(void *opaque)
{
    struct vcpu *cpu = ((struct soft_vcpu *)opaque)->cpu;

    LOG(LOG_CPU_RESET, "CPU %u: triple fault", cpu->index);
    machine_request_reset(cpu->machine, CAUSE_GUEST_RESET);
}

/* The other view is there already; whoever calls this flushes. */
static void bus_smm_changed(void *opaque, bool smm)
{
    vcpu_set_smm(((struct soft_vcpu *)opaque)->cpu, smm);
}

static const struct soft_bus bus = {
    .page = bus_page, .read = bus_read, .write = bus_write, .in = bus_in, .out = bus_out,
    .irq_pending = bus_irq_pending, .irq_take = bus_irq_take, .tpr_get = bus_tpr_get, .tpr_set = bus_tpr_set,
    .apic_msr_read = bus_apic_msr_read, .apic_msr_write = bus_apic_msr_write, .tsc = bus_tsc, .cpuid = bus_cpuid,
    .shutdown = bus_shutdown, .smm_changed = bus_smm_changed,
};

/* The map. */

static void map_nothing(struct map_listener *l, const struct flat_range *r)
{
    (void)l;
    (void)r;
}

static void map_nothing_begin(struct map_listener *l)
{
    (void)l;
}

/* A vCPU that is in the other map remembers nothing of this one: it flushed when it changed over, which it cannot
 * do inside the section. */
static void map_commit(struct map_listener *map)
{
    const struct soft_listener *l = (struct soft_listener *)map;
    struct soft_vcpu *v = l->v;

    if (this_env)
        soft_exclusive_begin(this_env);
    else
        soft_exclusive_begin_foreign(v->env->soft);
    if (vcpu_as(v->cpu) == l->as)
        mmu_flush_all(v->env);
    if (this_env)
        soft_exclusive_end(this_env);
    else
        soft_exclusive_end_foreign(v->env->soft);
}

/* vCPUs. */

static void env_model_set(struct env *e, const struct cpu_config *c)
{
    const uint32_t *w = c->model.words;

    e->cpuid_1c = w[WORD_1_ECX];
    e->cpuid_1d = w[WORD_1_EDX];
    e->cpuid_7b = w[WORD_7_EBX];
    e->cpuid_81c = w[WORD_80000001_ECX];
    e->cpuid_81d = w[WORD_80000001_EDX];
    e->cpuid_max = c->model.level;
    e->phys_bits = c->model.phys_bits;
}

static void listen(struct soft_vcpu *v, unsigned n, struct address_space *as)
{
    v->listener[n] = (struct soft_listener){
        .map = { .begin = map_nothing_begin, .add = map_nothing, .del = map_nothing, .commit = map_commit },
        .v = v, .as = as,
    };
    address_space_listen(as, &v->listener[n].map);
}

static int soft_vcpu_init(struct vcpu *cpu, struct error **err)
{
    struct soft_vcpu *v = calloc(1, sizeof(*v));
    struct soft *s = soft_of(cpu->machine);
    int r;

    assert(v);
    v->cpu = cpu;
    v->env = mmap(NULL, sizeof(struct env), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (v->env == MAP_FAILED) {
        free(v);
        return error_set_host(err, -ENOMEM, "-smp", T("CPU %u", cpu->index));
    }
    v->env->soft = s;
    v->env->bus = &bus;
    v->env->bus_opaque = v;
    v->env->index = cpu->index;
    env_model_set(v->env, cpu->model);
    cpu->accel = v;
    r = mmu_init(v->env);
    if (r < 0)
        return error_set_host(err, r, "-smp", T("CPU %u", cpu->index));
    s->vcpus[s->n_vcpus++] = v->env;
    soft_reset(v->env);
    listen(v, 0, &cpu->as);
    listen(v, 1, &cpu->smm_as);
    return 0;
}

/* No vCPU runs.  One that failed to be made is in no list. */
static void env_forget(const struct env *e)
{
    struct soft *s = e->soft;
    unsigned at = 0;

    while (at < s->n_vcpus && s->vcpus[at] != e)
        at++;
    if (at == s->n_vcpus)
        return;
    for (s->n_vcpus--; at < s->n_vcpus; at++)
        s->vcpus[at] = s->vcpus[at + 1];
}

static void soft_vcpu_fini(struct vcpu *cpu)
{
    struct soft_vcpu *v = cpu->accel;

    env_forget(v->env);
    for (unsigned n = 0; n < 2; n++)
        if (v->listener[n].as)
            address_space_unlisten(v->listener[n].as, &v->listener[n].map);
    mmu_fini(v->env);
    munmap(v->env, sizeof(struct env));
    free(v);
    cpu->accel = NULL;
}

static void soft_vcpu_run(struct vcpu *cpu)
{
    struct env *e = env_of(cpu);

    this_env = e;
    atomic_fetch_and(&e->kick, ~(uint32_t)KICK_EXIT);
    if (cpu->requests & ~(uint32_t)VCPU_IRQ)
        return;
    e->x.halted = 0;
    if (!e->shutdown)
        soft_run(e);
    if (e->debugger.stop.why != DEBUG_NOTHING) {
        vcpu_debug_stopped(cpu, &e->debugger.stop);
        e->debugger.stop.why = DEBUG_NOTHING;
    }
    if (e->x.halted || e->shutdown)
        cpu->halted = true;
}

static void soft_vcpu_kick(struct vcpu *cpu, uint32_t requests)
{
    uint32_t bits = (requests & VCPU_IRQ ? KICK_IRQ : 0) | (requests & ~(uint32_t)VCPU_IRQ ? KICK_EXIT : 0);

    atomic_fetch_or(&env_of(cpu)->kick, bits);
}

static bool soft_vcpu_has_event(struct vcpu *cpu)
{
    struct env *e = env_of(cpu);

    if (e->shutdown)
        return false;
    return (e->x.nmi_pending && !e->x.nmi_masked) || e->x.smi_pending ||
           (e->eflags & FLAG_IF && cpu->intc && cpu->intc->pending(cpu->intc_opaque));
}

/* INIT and SIPI change what a commit of the map on another vCPU flushes, so they count as guest code.  False: the
 * vCPU is parked and this is the home loop, so nobody commits. */
static bool change_begin(struct vcpu *cpu)
{
    if (!cpu->started || !pthread_equal(cpu->thread.id, pthread_self()))
        return false;
    this_env = env_of(cpu);
    soft_enter(this_env);
    return true;
}

static void change_end(struct vcpu *cpu, bool entered)
{
    if (entered)
        soft_exit(env_of(cpu));
}

static void soft_vcpu_reset(struct vcpu *cpu, bool init)
{
    struct env *e = env_of(cpu);
    bool entered = change_begin(cpu);

    if (init) {
        soft_init_signal(e);
    } else {
        soft_reset(e);
        debugger_apply(e->soft);        /* all are parked; a machine that wakes up goes on without run_state */
    }
    vcpu_set_smm(cpu, e->x.smm);
    e->shutdown = false;
    e->x.wait_sipi = !cpu->bsp;
    e->x.halted = !cpu->bsp;
    change_end(cpu, entered);
}

static void soft_vcpu_sipi(struct vcpu *cpu, uint8_t vector)
{
    bool entered = change_begin(cpu);

    env_of(cpu)->x.wait_sipi = 1;       /* the vCPU's own mark decides; after a load ours may lack it */
    soft_sipi(env_of(cpu), vector);
    env_of(cpu)->x.wait_sipi = 0;
    env_of(cpu)->x.halted = 0;
    change_end(cpu, entered);
}

static void soft_vcpu_inject(struct vcpu *cpu, uint32_t requests)
{
    struct env *e = env_of(cpu);

    if (requests & VCPU_NMI)
        e->x.nmi_pending = 1;
    if (requests & VCPU_SMI)
        e->x.smi_pending = 1;
    atomic_fetch_or(&e->kick, KICK_IRQ);
}

static void soft_vcpu_a20(struct vcpu *cpu, bool on)
{
    struct env *e = env_of(cpu);
    bool entered = change_begin(cpu);

    e->x.a20 = on;
    mmu_flush_all(e);
    change_end(cpu, entered);
}

static void soft_vcpu_get(struct vcpu *cpu, struct x86_state *st)
{
    soft_state_get(env_of(cpu), st);
}

static void soft_vcpu_put(struct vcpu *cpu, const struct x86_state *st)
{
    soft_state_put(env_of(cpu), st);
    vcpu_set_smm(cpu, st->smm);
}

/* The state at large is not to be touched while this vCPU is outside guest code; its registers are its thread's. */
static void soft_vcpu_gprs_get(struct vcpu *cpu, uint64_t gprs[16])
{
    memcpy(gprs, env_of(cpu)->r, 16 * sizeof(gprs[0]));
}

static void soft_vcpu_gprs_put(struct vcpu *cpu, const uint64_t gprs[16])
{
    memcpy(env_of(cpu)->r, gprs, 16 * sizeof(gprs[0]));
}

/* A debugger.  Its points are applied when vCPUs are about to run. */

static int soft_debug_points(struct accel *accel, const struct debug_point *points, unsigned n, struct error **err)
{
    (void)err;
    debugger_set(&((struct soft_accel *)accel)->soft, points, n);
    return 0;
}

static void soft_vcpu_step(struct vcpu *cpu, unsigned step)
{
    debugger_step(env_of(cpu), step);
}

static void soft_run_state(struct accel *accel, bool running)
{
    if (running)
        debugger_apply(&((struct soft_accel *)accel)->soft);
}

/* Options: "thread=multi", "tb-size=MIB" (of decoded code; 0: as much as is good), "split-wx=off"; nothing that is
 * decoded is executed by the host, so there is nothing to split. */

enum { TB_SIZE_MAX_MIB = 1024 };

static int tb_size_parse(const char *value, size_t *arena_bytes, struct error **err)
{
    unsigned long long mib;
    char *end;

    errno = 0;
    mib = strtoull(value, &end, 0);
    if (*value < '0' || *value > '9' || *end)
        return error_set(err, -EINVAL, ERROR_SYNTAX, "-accel tcg,tb-size", value, "a number of MiB");
    if (errno || mib > TB_SIZE_MAX_MIB)
        return error_set(err, -ERANGE, ERROR_RANGE, "-accel tcg,tb-size", value,
                         T("0 to %d MiB; 0: as much as is good", TB_SIZE_MAX_MIB));
    *arena_bytes = mib << 20;
    return 0;
}

static int option_parse(const char *item, size_t *arena_bytes, struct error **err)
{
    static const char legal[] = "thread=multi, tb-size=MIB, split-wx=off", size[] = "tb-size=";

    if (!strncmp(item, size, sizeof(size) - 1))
        return tb_size_parse(item + sizeof(size) - 1, arena_bytes, err);
    if (!strcmp(item, "thread=multi") || !strcmp(item, "split-wx=off"))
        return 0;
    if (!strcmp(item, "thread=single") || !strcmp(item, "split-wx=on"))
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-accel tcg", item, T("legal: %s", legal));
    return error_set(err, -EINVAL, ERROR_UNKNOWN, "-accel tcg", item, legal);
}

static int options_parse(const char *options, size_t *arena_bytes, struct error **err)
{
    char *copy = strdup(options ? options : ""), *rest = copy;
    int r = 0;

    assert(copy);
    for (char *item; !r && rest && *rest && (item = strsep(&rest, ","));)
        r = option_parse(item, arena_bytes, err);
    free(copy);
    return r;
}

static int soft_open(struct machine *m, const char *options, struct accel **accel, struct error **err)
{
    struct soft_accel *a;
    size_t arena_bytes = 0;
    int r = options_parse(options, &arena_bytes, err);

    if (r < 0)
        return r;
    a = calloc(1, sizeof(*a));
    assert(a);
    r = soft_init(&a->soft, arena_bytes);
    if (r < 0) {
        free(a);
        return error_set_host(err, r, "-accel tcg", "memory for decoded code");
    }
    a->accel.machine = m;
    *accel = &a->accel;
    return 0;
}

static void soft_close(struct accel *accel)
{
    struct soft_accel *a = (struct soft_accel *)accel;

    list_for_each(n, &accel->machine->ram_blocks) {
        struct ram_block *b = list_entry(n, struct ram_block, in_machine);

        if (b->code)
            code_free(b);
    }
    soft_fini(&a->soft);
    free(a);
}

static const struct accel_ops soft_ops = {
    .type = ACCEL_TYPE("tcg"),
    .name = "tcg",
    .doc = "the software CPU",
    .runs_code = true,
    .open = soft_open,
    .close = soft_close,
    .run_state = soft_run_state,
    .vcpu_init = soft_vcpu_init,
    .vcpu_fini = soft_vcpu_fini,
    .vcpu_run = soft_vcpu_run,
    .vcpu_kick = soft_vcpu_kick,
    .vcpu_reset = soft_vcpu_reset,
    .vcpu_sipi = soft_vcpu_sipi,
    .vcpu_inject = soft_vcpu_inject,
    .vcpu_a20 = soft_vcpu_a20,
    .vcpu_get = soft_vcpu_get,
    .vcpu_put = soft_vcpu_put,
    .vcpu_gprs_get = soft_vcpu_gprs_get,
    .vcpu_gprs_put = soft_vcpu_gprs_put,
    .vcpu_has_event = soft_vcpu_has_event,
    .debug_points = soft_debug_points,
    .vcpu_step = soft_vcpu_step,
};
ACCEL(soft_ops);
