/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pins.h"

/*
 * SMI#, NMI and A20M# (see pins.h)
 *
 * ICH9 data sheet, 13.7.2: the gates of port 92h and of the keyboard controller are or-ed.
 * Invariant: whoever changes a line asks the vCPUs afterwards, and they look at all lines then; so the last look sees
 * the last change.
 */

#include "core/machine.h"

#include <errno.h>
#include <stdatomic.h>

void machine_smi(struct machine *m, bool all)
{
    struct vcpu *self = vcpu_current();

    if (!all && m->n_vcpus) {
        vcpu_request(self && self->machine == m ? self : m->vcpus[0], VCPU_SMI);
        return;
    }
    for (unsigned i = 0; i < m->n_vcpus; i++)
        vcpu_request(m->vcpus[i], VCPU_SMI);
}

int machine_nmi(struct machine *m, struct error **err)
{
    if (!m->nmi)
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "machine", "NMI", "a machine with local APICs");
    m->nmi(m);
    return 0;
}

void machine_set_a20(struct machine *m, enum a20_source source, bool level)
{
    unsigned bit = 1u << source;
    unsigned was = level ? atomic_fetch_or(&m->a20_lines, bit) : atomic_fetch_and(&m->a20_lines, ~bit);

    if (!(was & bit) == !level)
        return;
    for (unsigned i = 0; i < m->n_vcpus; i++)
        vcpu_request(m->vcpus[i], VCPU_A20);
}
