/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/kvm/kvm.h"

/*
 * What the kernel counts about a VM and its vCPUs
 *
 * A descriptor opened once per VM and vCPU is read: a header, a block of descriptions with names, a block of numbers.
 * Reading needs nothing of the vCPU, which may be in the guest; opening does, so it happens before the vCPU runs.
 * Reference: the kernel's API document for KVM, 4.133 (KVM_GET_STATS_FD).
 *
 * Invariant: whatever the kernel says of sizes, no more than STATS_MAX descriptions and NUMBERS_MAX numbers are read.
 */

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { STATS_MAX = 4096, NAME_MAX_BYTES = 256, NUMBERS_MAX = 1024 };

int stats_open(const struct kvm *kvm, int fd)
{
    int r = kvm_has(kvm, KVM_CAP_BINARY_STATS_FD) > 0 ? kvm_ioctl(fd, KVM_GET_STATS_FD, NULL) : -1;

    return r < 0 ? -1 : r;
}

static int read_at(int fd, void *to, size_t bytes, uint64_t at)
{
    ssize_t n = pread(fd, to, bytes, (off_t)at);

    return n < 0 ? -errno : (size_t)n == bytes ? 0 : -EIO;
}

static int one_tell(int fd, const struct kvm_stats_header *h, const struct kvm_stats_desc *d, accel_stat_fn *fn,
                    void *opaque)
{
    uint64_t values[NUMBERS_MAX];
    struct accel_stat s = {
        .name = d->name, .kind = (d->flags & KVM_STATS_TYPE_MASK) >> KVM_STATS_TYPE_SHIFT,
        .unit = (d->flags & KVM_STATS_UNIT_MASK) >> KVM_STATS_UNIT_SHIFT,
        .base = (d->flags & KVM_STATS_BASE_MASK) == KVM_STATS_BASE_POW2 ? 2 : 10, .exponent = d->exponent,
        .bucket_size = d->bucket_size, .values = values, .num = d->size,
    };
    int r;

    /* What a later kernel counts in ways that nobody here knows is left out. */
    if (s.kind >= ACCEL_STAT_KINDS || s.unit >= ACCEL_STAT_UNITS || !s.num || s.num > NUMBERS_MAX || !*s.name)
        return 0;
    r = read_at(fd, values, s.num * sizeof(*values), (uint64_t)h->data_offset + d->offset);
    if (!r)
        fn(&s, opaque);
    return r;
}

static int all_tell(int fd, accel_stat_fn *fn, void *opaque)
{
    struct kvm_stats_header h;
    size_t each;
    char *descs;
    int r = read_at(fd, &h, sizeof(h), 0);

    if (!r && (h.num_desc > STATS_MAX || !h.name_size || h.name_size > NAME_MAX_BYTES || h.name_size % 8))
        r = -EPROTO;
    if (r < 0)
        return r;
    each = sizeof(struct kvm_stats_desc) + h.name_size;
    descs = calloc(h.num_desc + 1u, each);
    assert(descs);
    r = read_at(fd, descs, h.num_desc * each, h.desc_offset);
    for (uint32_t i = 0; i < h.num_desc && !r; i++) {
        descs[(i + 1) * each - 1] = '\0';
        r = one_tell(fd, &h, (struct kvm_stats_desc *)(descs + i * each), fn, opaque);
    }
    free(descs);
    return r;
}

int kvm_stats(struct accel *accel, const struct vcpu *cpu, accel_stat_fn *fn, void *opaque)
{
    int fd = cpu ? kvm_vcpu_of(cpu)->stats_fd : ((struct kvm *)accel)->stats_fd;

    return fd < 0 ? 0 : all_tell(fd, fn, opaque);
}
