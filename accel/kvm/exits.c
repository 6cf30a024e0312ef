/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/kvm/kvm.h"

/*
 * Exits: what the guest did that the kernel does not do for us
 *
 * Ports and MMIO go through the same address spaces as the software CPU's, without a lock of the machine's.
 * An access of 3, 5, 6 or 7 bytes (the part of a wide one that lies in the second of two pages) is cut into
 * powers of two, lowest address first.
 * Not here: coalesced MMIO, debug exits, hypercalls (the kernel answers them), Hyper-V, Xen.
 * Reference: struct kvm_run, section 5 of the kernel's API document.
 */

#include "cpu/print.h"

#include <stdio.h>
#include <string.h>

static uint64_t bytes_get(const uint8_t *p, unsigned n)
{
    uint64_t val = 0;

    memcpy(&val, p, n);
    return val;
}

static void io_exit(struct kvm_vcpu *v)
{
    struct kvm_run *run = v->run;
    struct address_space *as = &v->cpu->machine->io_as;
    uint8_t *data = (uint8_t *)run + run->io.data_offset;
    unsigned size = run->io.size;

    for (uint32_t i = 0; i < run->io.count; i++, data += size) {
        uint64_t val;

        if (run->io.direction == KVM_EXIT_IO_OUT) {
            address_space_write(as, run->io.port, size, bytes_get(data, size), &v->port_hint);
        } else {
            address_space_read(as, run->io.port, size, &val, &v->port_hint);
            memcpy(data, &val, size);
        }
    }
    v->half_done = true;
}

static void mmio_exit(struct kvm_vcpu *v)
{
    struct address_space *as = vcpu_as(v->cpu);
    uint64_t gpa = v->run->mmio.phys_addr, val;
    uint8_t *data = v->run->mmio.data;
    unsigned left = v->run->mmio.len > 8 ? 8 : v->run->mmio.len, size;

    for (; left; left -= size, gpa += size, data += size) {
        size = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
        if (v->run->mmio.is_write) {
            address_space_write(as, gpa, size, bytes_get(data, size), &v->cpu->mmio_hint);
        } else {
            address_space_read(as, gpa, size, &val, &v->cpu->mmio_hint);
            memcpy(data, &val, size);
        }
    }
    v->half_done = true;
}

static bool shutdown_exit(struct kvm_vcpu *v)
{
    LOG(LOG_CPU_RESET, "CPU %u: triple fault", v->cpu->index);
    v->shutdown = true;
    v->cpu->halted = true;
    machine_request_reset(v->cpu->machine, CAUSE_GUEST_RESET);
    return false;
}

static void warn_line(void *opaque, const char *line)
{
    (void)opaque;
    log_warn("%s", line);
}

/* The vCPU stands; registers are shown, and the machine goes to internal-error. */
void kvm_fail(struct kvm_vcpu *v, const char *what)
{
    struct x86_state st;

    log_warn("CPU %u: %s", v->cpu->index, what);
    kvm_vcpu_get(v->cpu, &st);
    x86_state_print(&st, false, warn_line, NULL);
    v->shutdown = true;
    v->cpu->halted = true;
    loop_post(v->cpu->machine->loop, &v->kvm->stop_post);
}

static bool internal_error(struct kvm_vcpu *v)
{
    const struct kvm_run *run = v->run;
    char data[120] = "";

    for (unsigned i = 0; i < run->internal.ndata && i < 6; i++)
        snprintf(data + strlen(data), sizeof(data) - strlen(data), " %llx", (unsigned long long)run->internal.data[i]);
    kvm_fail(v, T("KVM internal error, suberror %u,%s", run->internal.suberror, *data ? data : " no data"));
    return false;
}

static bool system_event(struct kvm_vcpu *v)
{
    struct machine *m = v->cpu->machine;

    switch (v->run->system_event.type) {
    case KVM_SYSTEM_EVENT_SHUTDOWN:
        machine_request_shutdown(m, CAUSE_GUEST_SHUTDOWN);
        return false;
    case KVM_SYSTEM_EVENT_RESET:
        machine_request_reset(m, CAUSE_GUEST_RESET);
        return false;
    default:
        kvm_fail(v, T("KVM system event %u", v->run->system_event.type));
        return false;
    }
}

static bool halt_exit(struct kvm_vcpu *v)
{
    if (!(v->run->if_flag && v->cpu->intc && v->cpu->intc->pending(v->cpu->intc_opaque)))
        v->cpu->halted = true;
    return !v->cpu->halted;
}

bool kvm_exit(struct kvm_vcpu *v)
{
    const struct vcpu *cpu = v->cpu;

    switch (v->run->exit_reason) {
    case KVM_EXIT_IO:
        io_exit(v);
        return true;
    case KVM_EXIT_MMIO:
        mmio_exit(v);
        return true;
    case KVM_EXIT_IRQ_WINDOW_OPEN:
    case KVM_EXIT_SET_TPR:
    case KVM_EXIT_INTR:
        return true;
    case KVM_EXIT_HLT:
        return halt_exit(v);
    case KVM_EXIT_IOAPIC_EOI:
        if (cpu->intc && cpu->intc->eoi)
            cpu->intc->eoi(cpu->intc_opaque, v->run->eoi.vector);
        return true;
    case KVM_EXIT_DEBUG:
        kvm_debug_exit(v);
        return false;
    case KVM_EXIT_SHUTDOWN:
        return shutdown_exit(v);
    case KVM_EXIT_SYSTEM_EVENT:
        return system_event(v);
    case KVM_EXIT_INTERNAL_ERROR:
        return internal_error(v);
    case KVM_EXIT_FAIL_ENTRY:
        kvm_fail(v, T("the processor refuses to enter the guest: reason %#llx",
                      (unsigned long long)v->run->fail_entry.hardware_entry_failure_reason));
        return false;
    default:
        kvm_fail(v, T("KVM exit %u is not known here", v->run->exit_reason));
        return false;
    }
}
