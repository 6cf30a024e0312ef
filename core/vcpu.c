/* SPDX-License-Identifier: Apache-2.0 */
#include "core/vcpu.h"

/*
 * Virtual CPUs: the loop of their threads (see vcpu.h)
 *
 * Invariant: guest code runs on the vCPU's own thread only, and never while `parked` is set.
 */

#include "core/accel.h"
#include "core/machine.h"

#include <assert.h>
#include <ctype.h>
#include <stdatomic.h>
#include <stdlib.h>

static _Thread_local struct vcpu *this_vcpu;

struct vcpu *vcpu_current(void)
{
    return this_vcpu;
}

static const struct accel_ops *ops_of(const struct vcpu *cpu)
{
    return cpu->machine->accel->ops;
}

/*
 * Its maps: all of system memory, with room above it for the APIC page; and the same below SMRAM.  Both are
 * rendered when the tree changes, so that SMM is entered by choosing the other one.  SMRAM lies above the APIC
 * page, too, or whoever moves that page could shadow the handler's code.
 */
static void vcpu_map_init(struct vcpu *cpu)
{
    struct machine *m = cpu->machine;

    region_init(&cpu->root, "memory", REGION_CONTAINER, UINT64_MAX);
    region_init(&cpu->smm_root, "memory", REGION_CONTAINER, UINT64_MAX);
    region_init_alias(&cpu->system, "memory", &m->memory, 0, 0);
    region_init_alias(&cpu->normal, "memory", &cpu->root, 0, 0);
    region_init_alias(&cpu->smram, "smram", &m->smram, 0, m->smram.last + 1);
    map_begin(&m->map);
    region_add(&cpu->root, 0, &cpu->system, 0);
    region_add(&cpu->smm_root, 0, &cpu->normal, 0);
    region_add(&cpu->smm_root, 0, &cpu->smram, 1);
    map_end(&m->map);
    address_space_init(&cpu->as, m, T("cpu-memory-%u", cpu->index), &cpu->root, false);
    address_space_init(&cpu->smm_as, m, T("cpu-smm-%u", cpu->index), &cpu->smm_root, false);
}

static void vcpu_map_fini(struct vcpu *cpu)
{
    struct machine *m = cpu->machine;

    address_space_fini(&cpu->smm_as);
    address_space_fini(&cpu->as);
    map_begin(&m->map);
    region_remove(&cpu->smram);
    region_remove(&cpu->normal);
    region_remove(&cpu->system);
    map_end(&m->map);
    region_fini(&cpu->smram);
    region_fini(&cpu->normal);
    region_fini(&cpu->system);
    region_fini(&cpu->smm_root);
    region_fini(&cpu->root);
}

int vcpu_new(struct machine *m, unsigned index, uint32_t apic_id, const void *model, struct vcpu **out,
             struct error **err)
{
    struct vcpu *cpu = calloc(1, sizeof(*cpu));
    int r;

    assert(cpu);
    cpu->machine = m;
    cpu->index = index;
    cpu->apic_id = apic_id;
    cpu->model = model;
    cpu->bsp = !index;
    cpu->parked = true;
    lock_init(&cpu->lock, RANK_VCPU);
    cond_init(&cpu->cond);
    vcpu_map_init(cpu);
    r = ops_of(cpu)->vcpu_init ? ops_of(cpu)->vcpu_init(cpu, err) : 0;
    if (r < 0) {
        vcpu_free(cpu);
        return r;
    }
    *out = cpu;
    return 0;
}

void vcpu_free(struct vcpu *cpu)
{
    if (!cpu)
        return;
    vcpu_stop_thread(cpu);
    if (cpu->accel && ops_of(cpu)->vcpu_fini)
        ops_of(cpu)->vcpu_fini(cpu);
    vcpu_map_fini(cpu);
    cond_fini(&cpu->cond);
    lock_fini(&cpu->lock);
    free(cpu);
}

void vcpu_enlist(struct vcpu *cpu)
{
    struct machine *m = cpu->machine;
    unsigned at = m->n_vcpus++;

    for (; at && m->vcpus[at - 1]->index > cpu->index; at--)
        m->vcpus[at] = m->vcpus[at - 1];
    m->vcpus[at] = cpu;
    machine_notify(m, EVENT_CPUS, CAUSE_NONE);
}

void vcpu_delist(struct vcpu *cpu)
{
    struct machine *m = cpu->machine;
    unsigned at = 0;

    while (m->vcpus[at] != cpu)
        at++;
    for (m->n_vcpus--; at < m->n_vcpus; at++)
        m->vcpus[at] = m->vcpus[at + 1];
    debug_forget(cpu);
    machine_notify(m, EVENT_CPUS, CAUSE_NONE);
}

bool vcpu_gprs_get(uint64_t gprs[16])
{
    if (!this_vcpu || !ops_of(this_vcpu)->vcpu_gprs_get)
        return false;
    ops_of(this_vcpu)->vcpu_gprs_get(this_vcpu, gprs);
    return true;
}

void vcpu_gprs_put(const uint64_t gprs[16])
{
    ops_of(this_vcpu)->vcpu_gprs_put(this_vcpu, gprs);
}

void vcpu_request(struct vcpu *cpu, uint32_t requests)
{
    atomic_fetch_or(&cpu->requests, requests);
    if (cpu->accel && ops_of(cpu)->vcpu_kick)
        ops_of(cpu)->vcpu_kick(cpu, requests);
    kick_set(&cpu->kick);
}

struct vcpu *vcpu_by_index(struct machine *m, int64_t index)
{
    for (unsigned i = 0; i < m->n_vcpus; i++)
        if (m->vcpus[i]->index == index)
            return m->vcpus[i];
    return NULL;
}

struct vcpu *vcpu_by_apic_id(struct machine *m, uint32_t apic_id)
{
    for (unsigned i = 0; i < m->n_vcpus; i++)
        if (m->vcpus[i]->apic_id == apic_id)
            return m->vcpus[i];
    return NULL;
}

void vcpu_set_smm(struct vcpu *cpu, bool smm)
{
    cpu->smm = smm;
}

void vcpu_reset(struct vcpu *cpu, bool init)
{
    if (ops_of(cpu)->vcpu_reset)
        ops_of(cpu)->vcpu_reset(cpu, init);
    cpu->wait_sipi = !cpu->bsp && !cpu->machine->accel->halts_inside;
    cpu->halted = cpu->wait_sipi;
    if (!init)
        atomic_fetch_and(&cpu->requests, VCPU_STOP | VCPU_EXIT | VCPU_WORK);
}

/* INIT, then SIPI: when both are there they came in this order. */
static void start_up_run(struct vcpu *cpu, uint32_t requests)
{
    if (requests & VCPU_INIT) {
        if (cpu->intc && cpu->intc->init)
            cpu->intc->init(cpu->intc_opaque);
        vcpu_reset(cpu, true);
    }
    if (requests & VCPU_SIPI && cpu->wait_sipi) {
        ops_of(cpu)->vcpu_sipi(cpu, cpu->sipi_vector);
        cpu->wait_sipi = false;
        cpu->halted = false;
    }
}

static void work_run(struct vcpu *cpu)
{
    lock_take(&cpu->lock);
    if (cpu->work) {
        void (*fn)(struct vcpu *, void *) = cpu->work;
        void *arg = cpu->work_arg;

        lock_drop(&cpu->lock);
        fn(cpu, arg);
        lock_take(&cpu->lock);
        cpu->work = NULL;
        cond_wake_all(&cpu->cond);
    }
    lock_drop(&cpu->lock);
}

/* The last look at STOP and the end of `parked` are one step for vcpu_park_all(). */
static void park(struct vcpu *cpu)
{
    lock_take(&cpu->lock);
    cpu->parked = true;
    cond_wake_all(&cpu->cond);
    while ((cpu->requests & (VCPU_STOP | VCPU_EXIT)) == VCPU_STOP) {
        lock_drop(&cpu->lock);
        kick_halt(&cpu->kick);
        lock_take(&cpu->lock);
    }
    cpu->parked = false;
    lock_drop(&cpu->lock);
}

static void requests_run(struct vcpu *cpu)
{
    uint32_t once = VCPU_WORK | VCPU_INIT | VCPU_SIPI | VCPU_NMI | VCPU_SMI | VCPU_IRQ | VCPU_A20;
    uint32_t requests = atomic_fetch_and(&cpu->requests, ~once);

    if (requests & VCPU_WORK)
        work_run(cpu);
    if (requests & (VCPU_INIT | VCPU_SIPI))
        start_up_run(cpu, requests);
    if (requests & VCPU_A20 && ops_of(cpu)->vcpu_a20)
        ops_of(cpu)->vcpu_a20(cpu, cpu->machine->a20_lines);
    if (requests & (VCPU_NMI | VCPU_SMI))
        ops_of(cpu)->vcpu_inject(cpu, requests & (VCPU_NMI | VCPU_SMI));
    if (requests & VCPU_STOP)
        park(cpu);
}

static bool may_run(struct vcpu *cpu)
{
    if (!cpu->halted)
        return true;
    if (cpu->wait_sipi || !ops_of(cpu)->vcpu_has_event(cpu))
        return false;
    cpu->halted = false;
    return true;
}

static void halt(struct vcpu *cpu)
{
    TRACE(vcpu_halt, "CPU %u", cpu->index);
    kick_halt(&cpu->kick);
    TRACE(vcpu_wake, "CPU %u requests %#x", cpu->index, cpu->requests);
}

static void *vcpu_main(void *arg)
{
    struct vcpu *cpu = arg;

    this_vcpu = cpu;
    park(cpu);                          /* even if it was resumed before it got here */
    while (!(cpu->requests & VCPU_EXIT)) {
        if (cpu->requests)
            requests_run(cpu);
        else if (may_run(cpu))
            ops_of(cpu)->vcpu_run(cpu);
        else
            halt(cpu);
    }
    return NULL;
}

int vcpu_start_thread(struct vcpu *cpu, struct error **err)
{
    char name[8] = "";
    int r;

    if (!ops_of(cpu)->runs_code)
        return 0;
    for (unsigned i = 0; i + 1 < sizeof(name) && ops_of(cpu)->name[i]; i++)
        name[i] = toupper(ops_of(cpu)->name[i]);
    atomic_fetch_or(&cpu->requests, VCPU_STOP);
    r = thread_start(&cpu->thread, T("CPU %u/%s", cpu->index, name), vcpu_main, cpu, err);
    cpu->started = !r;
    return r;
}

void vcpu_stop_thread(struct vcpu *cpu)
{
    if (!cpu->started)
        return;
    vcpu_request(cpu, VCPU_EXIT);
    thread_join(&cpu->thread);
    cpu->started = false;
    cpu->parked = true;
}

void vcpu_resume(struct vcpu *cpu)
{
    if (!cpu->started || cpu->held)
        return;
    atomic_fetch_and(&cpu->requests, ~VCPU_STOP);
    kick_set(&cpu->kick);
}

static void park_all(struct machine *m)
{
    for (unsigned i = 0; i < m->n_vcpus; i++)
        if (m->vcpus[i]->started)
            vcpu_request(m->vcpus[i], VCPU_STOP);
    for (unsigned i = 0; i < m->n_vcpus; i++) {
        struct vcpu *cpu = m->vcpus[i];

        lock_take(&cpu->lock);
        while (!cpu->parked)
            cond_wait(&cpu->cond, &cpu->lock);
        lock_drop(&cpu->lock);
    }
}

void vcpu_park_all(struct machine *m)
{
    park_all(m);
    debug_stand(m);
}

void vcpu_resume_all(struct machine *m)
{
    for (unsigned i = 0; i < m->n_vcpus; i++)
        vcpu_resume(m->vcpus[i]);
}

bool vcpu_hold_all(struct machine *m)
{
    if (!machine_running(m))
        return false;
    park_all(m);
    return true;
}

void vcpu_release_all(struct machine *m, bool held)
{
    if (held && !debug_is_pending(m))   /* else: the machine is about to stop, for the one that has */
        vcpu_resume_all(m);
}

void vcpu_call(struct vcpu *cpu, void (*fn)(struct vcpu *cpu, void *arg), void *arg)
{
    /* Parked, and to stay so: only the home loop, which is here, lets it go on. */
    bool stands = !cpu->started || (cpu->parked && cpu->requests & VCPU_STOP);

    if (stands) {
        fn(cpu, arg);
        return;
    }
    lock_take(&cpu->lock);
    cpu->work = fn;
    cpu->work_arg = arg;
    lock_drop(&cpu->lock);
    vcpu_request(cpu, VCPU_WORK);
    lock_take(&cpu->lock);
    while (cpu->work)
        cond_wait(&cpu->cond, &cpu->lock);
    lock_drop(&cpu->lock);
}
