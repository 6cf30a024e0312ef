/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/kvm/kvm.h"

/*
 * "-accel kvm": opening /dev/kvm and making a VM
 *
 * Needs API version 12 and the capabilities in the table below, which kernels have had since 4.13.  Left out:
 * dirty rings, notify exits, the shadow page limit, coalesced MMIO, irqfd and ioeventfd, nested guests,
 * SEV, Hyper-V enlightenments; options for them are refused by name.
 * Reference: Documentation/virt/kvm/api of the kernel's interface, sections 4 and 8.
 *
 * Invariant: interrupt controllers are made before the first vCPU, memory slots follow the map from
 * the VM's start to its end.
 */

#include <assert.h>
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { API_VERSION = 12 };
/* Four pages that VMX needs for real mode on older processors. */
#define TSS_PAGES 0xfeffc000ull
#define TSS_BYTES 0x4000ull

static const struct { int cap; const char *name; } needed[] = {
    { KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY" },
    { KVM_CAP_DESTROY_MEMORY_REGION_WORKS, "KVM_CAP_DESTROY_MEMORY_REGION_WORKS" },
    { KVM_CAP_JOIN_MEMORY_REGIONS_WORKS, "KVM_CAP_JOIN_MEMORY_REGIONS_WORKS" },
    { KVM_CAP_READONLY_MEM, "KVM_CAP_READONLY_MEM" },
    { KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT" },
    { KVM_CAP_EXT_CPUID, "KVM_CAP_EXT_CPUID" },
    { KVM_CAP_MP_STATE, "KVM_CAP_MP_STATE" },
    { KVM_CAP_VCPU_EVENTS, "KVM_CAP_VCPU_EVENTS" },
    { KVM_CAP_SET_TSS_ADDR, "KVM_CAP_SET_TSS_ADDR" },
    { KVM_CAP_ADJUST_CLOCK, "KVM_CAP_ADJUST_CLOCK" },
};

int kvm_ioctl(int fd, unsigned long request, void *arg)
{
    int r;

    do
        r = ioctl(fd, request, arg);
    while (r < 0 && errno == EINTR);
    return r < 0 ? -errno : r;
}

int kvm_has(const struct kvm *kvm, int cap)
{
    int r = kvm_ioctl(kvm->vm >= 0 ? kvm->vm : kvm->fd, KVM_CHECK_EXTENSION, (void *)(long)cap);

    return r < 0 ? 0 : r;
}

int kvm_enable(const struct kvm *kvm, int cap, uint64_t arg0)
{
    struct kvm_enable_cap enable = { .cap = cap, .args[0] = arg0 };

    return kvm_ioctl(kvm->vm, KVM_ENABLE_CAP, &enable);
}

void kvm_must(int r, const char *what)
{
    if (r < 0)
        log_warn("KVM refused %s: %s", what, strerror(-r));
    assert(r >= 0);
}

bool kvm_try(int r, const char *what)
{
    if (r < 0)
        log_warn("KVM refused %s: %s", what, strerror(-r));
    return r >= 0;
}

static int refused(int r, const char *what, struct error **err)
{
    return error_set_host(err, r, "-accel kvm", what);
}

static int device_open(struct kvm *kvm, struct error **err)
{
    kvm->fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (kvm->fd >= 0)
        return 0;
    switch (errno) {
    case EACCES:
    case EPERM:
        return error_set(err, -EACCES, ERROR_HOST, "-accel kvm", "/dev/kvm may not be opened by this user",
                         "for members of its group (adduser USER kvm, then log in anew), or -accel tcg");
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return error_set(err, -ENODEV, ERROR_HOST, "-accel kvm", "/dev/kvm is not there",
                         "with the module kvm_intel or kvm_amd, and VT-x or SVM on in the firmware; or -accel tcg");
    default:
        return refused(-errno, "open /dev/kvm", err);
    }
}

static int capabilities_check(struct kvm *kvm, struct error **err)
{
    int r = kvm_ioctl(kvm->fd, KVM_GET_API_VERSION, NULL);

    if (r != API_VERSION)
        return error_set(err, -ENOTSUP, ERROR_HOST, "-accel kvm", T("API version %d", r), "version 12");
    for (unsigned i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
        if (!kvm_has(kvm, needed[i].cap))
            return error_set(err, -ENOTSUP, ERROR_HOST, "-accel kvm", T("no %s", needed[i].name),
                             "a kernel that has it, or -accel tcg");
    kvm->has_xsave = kvm_has(kvm, KVM_CAP_XSAVE);
    kvm->has_xcrs = kvm_has(kvm, KVM_CAP_XCRS);
    kvm->has_debugregs = kvm_has(kvm, KVM_CAP_DEBUGREGS);
    kvm->max_slots = kvm_has(kvm, KVM_CAP_NR_MEMSLOTS);
    if (!kvm->max_slots)
        kvm->max_slots = 32;
    r = kvm_ioctl(kvm->fd, KVM_GET_VCPU_MMAP_SIZE, NULL);
    kvm->run_bytes = r < 0 ? 0 : r;
    return r < 0 ? refused(r, "KVM_GET_VCPU_MMAP_SIZE", err) : 0;
}

static int vm_new(struct kvm *kvm, struct error **err)
{
    uint64_t identity = TSS_PAGES;
    int r = kvm_ioctl(kvm->fd, KVM_CREATE_VM, NULL);

    if (r < 0)
        return refused(r, "make a VM", err);
    kvm->vm = r;
    fcntl(kvm->vm, F_SETFD, FD_CLOEXEC);
    kvm->has_smm = kvm_has(kvm, KVM_CAP_X86_SMM) && kvm_has(kvm, KVM_CAP_MULTI_ADDRESS_SPACE) > 1;
    kvm->accel.no_smm = !kvm->has_smm;
    if (kvm_has(kvm, KVM_CAP_SET_IDENTITY_MAP_ADDR)) {
        r = kvm_ioctl(kvm->vm, KVM_SET_IDENTITY_MAP_ADDR, &identity);
        if (r < 0)
            return refused(r, "KVM_SET_IDENTITY_MAP_ADDR", err);
    }
    r = kvm_ioctl(kvm->vm, KVM_SET_TSS_ADDR, (void *)(TSS_PAGES + 0x1000));
    kvm->accel.reserved_gpa = TSS_PAGES;
    kvm->accel.reserved_bytes = TSS_BYTES;
    return r < 0 ? refused(r, "KVM_SET_TSS_ADDR", err) : 0;
}

/* Options: "kernel-irqchip=on|off|split"; the reference's others are named and refused. */

static int irqchip_parse(struct kvm *kvm, const char *value, size_t len, struct error **err)
{
    static const char *const names[] = { "off", "split", "on" };

    for (unsigned i = 0; i < 3; i++)
        if (strlen(names[i]) == len && !strncmp(names[i], value, len)) {
            kvm->mode = i;
            return 0;
        }
    return error_set(err, -EINVAL, ERROR_SYNTAX, "-accel kvm,kernel-irqchip", T("%.*s", (int)len, value),
                     "on, off, split");
}

static int option_parse(struct kvm *kvm, const char *item, size_t len, struct error **err)
{
    static const char *const missing[] = { "dirty-ring-size", "notify-vmexit", "notify-window", "kvm-shadow-mem" };
    static const char irqchip[] = "kernel-irqchip=", irqchip_too[] = "kernel_irqchip=";
    size_t key = sizeof(irqchip) - 1, name = 0;

    if (len >= key && (!strncmp(item, irqchip, key) || !strncmp(item, irqchip_too, key)))
        return irqchip_parse(kvm, item + key, len - key, err);
    while (name < len && item[name] != '=')
        name++;
    for (unsigned i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
        if (strlen(missing[i]) == name && !strncmp(item, missing[i], name))
            return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-accel kvm", T("%.*s", (int)len, item),
                             "legal: kernel-irqchip");
    return error_set(err, -EINVAL, ERROR_UNKNOWN, "-accel kvm", T("%.*s", (int)len, item),
                     "kernel-irqchip=on|off|split");
}

static int options_parse(struct kvm *kvm, const char *options, struct error **err)
{
    int r = 0;

    while (options && *options && !r) {
        size_t len = strcspn(options, ",");

        r = option_parse(kvm, options, len, err);
        options += len + (options[len] == ',');
    }
    return r;
}

static void kvm_close(struct accel *accel)
{
    struct kvm *kvm = (struct kvm *)accel;

    for (unsigned i = 0; i < 2; i++)
        if (kvm->slots[i].kvm)
            slots_fini(&kvm->slots[i]);
    if (accel->machine)
        loop_post_cancel(accel->machine->loop, &kvm->stop_post);
    kvm_idle_free(kvm);
    irqchip_free(kvm);
    free(kvm->supported);
    if (kvm->stats_fd >= 0)
        close(kvm->stats_fd);
    if (kvm->vm >= 0)
        close(kvm->vm);
    if (kvm->fd >= 0)
        close(kvm->fd);
    cond_fini(&kvm->fence_cond);
    lock_fini(&kvm->fence_lock);
    lock_fini(&kvm->lock);
    free(kvm);
}

/* On the home loop: whoever watches sees why the guest stands. */
static void stop_run(struct post *p)
{
    struct kvm *kvm = (struct kvm *)((char *)p - offsetof(struct kvm, stop_post));

    if (machine_running(kvm->accel.machine))
        machine_stop(kvm->accel.machine, RUN_INTERNAL_ERROR, NULL);
}

static struct kvm *kvm_new(struct machine *m)
{
    struct kvm *kvm = calloc(1, sizeof(*kvm));

    assert(kvm);
    kvm->accel.machine = m;
    kvm->fd = kvm->vm = kvm->stats_fd = -1;
    kvm->mode = KERNEL_IRQCHIP_ON;
    kvm->stop_post.fn = stop_run;
    lock_init(&kvm->lock, RANK_VCPU);
    lock_init(&kvm->fence_lock, RANK_LEAF);
    cond_init(&kvm->fence_cond);
    return kvm;
}

static int kvm_open(struct machine *m, const char *options, struct accel **accel, struct error **err)
{
    struct kvm *kvm = kvm_new(m);
    int r = options_parse(kvm, options, err);

    if (!r)
        r = device_open(kvm, err);
    if (!r)
        r = capabilities_check(kvm, err);
    if (!r)
        r = vm_new(kvm, err);
    if (!r)
        r = cpuid_supported_get(kvm, err);
    if (!r)
        r = irqchip_new(kvm, err);
    if (!r)
        r = kvm_kick_signal_init(err);
    if (r < 0) {
        kvm_close(&kvm->accel);
        return r;
    }
    kvm->stats_fd = stats_open(kvm, kvm->vm);
    slots_logger_init(kvm);
    slots_init(kvm, 0, &m->memory_as);
    *accel = &kvm->accel;
    return 0;
}

/* VMX: CPUID 1.ECX bit 5.  SVM: 80000001.ECX bit 2.  That it does not open is for the one who asks to tell. */
static bool kvm_preferred(void)
{
    uint32_t eax, ebx, ecx, edx;

    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) && ecx >> 5 & 1)
        return true;
    return __get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) && ecx >> 2 & 1;
}

static void kvm_run_state(struct accel *accel, bool running)
{
    struct machine *m = accel->machine;
    uint64_t tsc = machine_tsc(m);

    for (unsigned i = 0; i < m->n_vcpus; i++)
        if (running)
            tsc_start(kvm_vcpu_of(m->vcpus[i]), tsc);
        else
            tsc_stop(kvm_vcpu_of(m->vcpus[i]));
}

static uint64_t kvm_clock_get(struct accel *accel)
{
    struct kvm_clock_data clock = { 0 };

    kvm_must(kvm_ioctl(((struct kvm *)accel)->vm, KVM_GET_CLOCK, &clock), "KVM_GET_CLOCK");
    return clock.clock;
}

static void kvm_clock_set(struct accel *accel, uint64_t ns)
{
    struct kvm_clock_data clock = { .clock = ns };

    kvm_must(kvm_ioctl(((struct kvm *)accel)->vm, KVM_SET_CLOCK, &clock), "KVM_SET_CLOCK");
}

static const struct accel_ops kvm_ops = {
    .type = ACCEL_TYPE("kvm"),
    .name = "kvm",
    .doc = "the processor's own virtualization, through the kernel",
    .runs_code = true,
    .open = kvm_open,
    .close = kvm_close,
    .preferred = kvm_preferred,
    .cpu_filter = kvm_cpu_filter,
    .run_state = kvm_run_state,
    .clock_get = kvm_clock_get,
    .clock_set = kvm_clock_set,
    .vcpu_init = kvm_vcpu_init,
    .vcpu_fini = kvm_vcpu_fini,
    .vcpu_run = kvm_vcpu_run,
    .vcpu_kick = kvm_vcpu_kick,
    .vcpu_reset = kvm_vcpu_reset,
    .vcpu_sipi = kvm_vcpu_sipi,
    .vcpu_inject = kvm_vcpu_inject,
    .vcpu_get = kvm_vcpu_get,
    .vcpu_put = kvm_vcpu_put,
    .vcpu_has_event = kvm_vcpu_has_event,
    .debug_points = kvm_debug_points,
    .vcpu_step = kvm_vcpu_step,
    .stats = kvm_stats,
};
ACCEL(kvm_ops);
