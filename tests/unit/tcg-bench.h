/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A test bench for the software CPU in a machine: vCPUs in threads of their own, each with its local APIC. */

#include "accel/accel.h"
#include "core/accel.h"
#include "core/machine.h"
#include "cpu/device.h"
#include "cpu/model.h"
#include "cpu/state.h"
#include "hw/intc/apic.h"
#include "lib/epoch.h"
#include "tests/unit/guest-code.h"
#include "tests/unit/machine-ram.h"
#include "tests/unit/wait-for.h"

#include <unistd.h>

static bool long_form;

/* Of a program; alarm() ends what never happens. */
static inline void tcg_bench_init(int argc, char **argv)
{
    long_form = test_long(argc, argv);
    alarm(long_form ? 3600 : 110);
    epoch_thread_init();
}

/* For that many vCPUs, which tcg_cpus_start() makes once there is RAM. */
static inline struct machine *tcg_machine_new(struct loop **loop, unsigned n_vcpus)
{
    struct cpu_config *model = calloc(1, sizeof(*model));
    struct machine *m;

    CHECK(!loop_new(loop, NULL) && !machine_new(*loop, 702, &m, NULL));
    CHECK(!accel_open(m, "tcg", NULL, NULL) && !cpu_config_parse("qemu64", true, model, NULL));
    model->cores = n_vcpus;
    model->threads = 1;
    m->cpu_model = model;
    return m;
}

static inline void tcg_cpus_start(struct machine *m)
{
    const struct cpu_config *model = m->cpu_model;
    unsigned n = model->cores;

    m->vcpus = calloc(n, sizeof(*m->vcpus));
    for (unsigned i = 0; i < n; i++) {
        CHECK(!vcpu_new(m, i, i, model, &m->vcpus[i], NULL));
        m->n_vcpus++;
        CHECK(!apic_new(m, m->vcpus[i], NULL));
        CHECK(!vcpu_start_thread(m->vcpus[i], NULL));
    }
}

/* Reset, then 32-bit code and data from 0 to 4 GiB, without paging. */
static inline void tcg_state_flat(struct x86_state *st, const struct machine *m, bool bsp)
{
    x86_state_reset(st, m->cpu_model, bsp);
    for (unsigned s = 0; s < X86_SREGS; s++)
        st->seg[s] = (struct x86_seg){
            .sel = s == CS ? 8 : 16, .limit = UINT32_MAX,
            .attr = SEG_P | SEG_S | SEG_ACCESSED | SEG_RW | SEG_DB | SEG_G | (s == CS ? SEG_CODE : 0),
        };
    st->cr0 = CR0_PE | CR0_ET;
}
