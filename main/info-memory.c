/* SPDX-License-Identifier: Apache-2.0 */
#include "main/info.h"

/*
 * Guest memory and ports, as the human monitor shows them: x, xp, sum, i, o, gva2gpa, gpa2hva, gpa2hpa
 *
 * What is read goes the way of a CPU's access, device registers included; x goes through the page tables of the chosen
 * CPU, with the map that it sees.  x and xp show at most HMP_FORMAT_COUNT units, sum reads at most SUM_BYTES.
 * Left out: instructions (/i); there is no disassembler.
 *
 * Home loop.  Layouts are those that scripts know from the reference.
 */

#include "core/accel.h"
#include "core/machine.h"
#include "cpu/state.h"
#include "cpu/walk.h"
#include "lib/epoch.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 16, SUM_BYTES = 16 << 20 };

bool info_space_read(void *opaque, uint64_t gpa, void *buf, unsigned bytes)
{
    uint8_t *to = buf;

    for (unsigned n; bytes; gpa += n, to += n, bytes -= n) {
        uint64_t val;

        for (n = 8; n > bytes; n /= 2)
            ;
        if (address_space_read(opaque, gpa, n, &val, NULL) != MEM_OK)
            return false;
        memcpy(to, &val, n);
    }
    return true;
}

static void fetch(struct vcpu *cpu, void *opaque)
{
    struct info_cpu *c = opaque;

    cpu->machine->accel->ops->vcpu_get(cpu, c->st);
    c->as = vcpu_as(cpu);
}

bool info_cpu_fetch(struct machine *m, int64_t cpu, struct info_cpu *c)
{
    *c = (struct info_cpu){ 0 };
    if (cpu < 0)
        cpu = 0;
    if (cpu >= m->n_vcpus || !m->accel->ops->vcpu_get)
        return false;
    c->st = aligned_alloc(16, (sizeof(*c->st) + 15) & ~15ul);
    if (!c->st)
        return false;
    vcpu_call(m->vcpus[cpu], fetch, c);
    return true;
}

/* Where a dump reads; cpu.st NULL: addresses are physical. */
struct source {
    struct info_cpu cpu;
    struct address_space *as;
};

static bool translate(const struct source *s, uint64_t addr, uint64_t *gpa, uint64_t *more)
{
    struct walk_memory memory = { info_space_read, s->as };

    if (s->cpu.st)
        return cpu_walk(s->cpu.st, &memory, addr, gpa, more);
    *gpa = addr;
    *more = UINT64_MAX - addr;
    return true;
}

static bool unit_read(const struct source *s, uint64_t addr, unsigned size, uint64_t *val)
{
    uint64_t gpa, more;

    if (!translate(s, addr, &gpa, &more))
        return false;
    if (more >= size - 1)
        return address_space_read(s->as, gpa, size, val, NULL) == MEM_OK;
    *val = 0;
    for (unsigned i = 0; i < size; i++) {
        uint64_t byte;

        if (!translate(s, addr + i, &gpa, &more) || address_space_read(s->as, gpa, 1, &byte, NULL) != MEM_OK)
            return false;
        *val |= (byte & 0xff) << 8 * i;
    }
    return true;
}

/* A line is shown when all of it could be read. */
static bool line_print(const struct source *s, uint64_t addr, const struct hmp_format *fmt, unsigned units,
                       struct text_out *out)
{
    uint64_t val[LINE_BYTES];

    text_out_printf(out, "%016" PRIx64 ":", addr);
    for (unsigned i = 0; i < units; i++)
        if (!unit_read(s, addr + i * fmt->size, fmt->size, &val[i])) {
            text_out_puts(out, " Cannot access memory\n");
            return false;
        }
    for (unsigned i = 0; i < units; i++) {
        for (unsigned byte = 0; fmt->letter == 'c' && byte < fmt->size; byte++) {
            text_out_puts(out, " ");
            hmp_char_print((int)(val[i] >> 8 * byte & 0xff), out);
        }
        if (fmt->letter != 'c') {
            text_out_puts(out, " ");
            hmp_number_print(fmt, val[i], out);
        }
    }
    text_out_puts(out, "\n");
    return true;
}

static void dump(const struct source *s, const struct hmp_args *args, struct text_out *out)
{
    const struct hmp_format *fmt = &args->format;
    uint64_t addr = (uint64_t)hmp_args_number(args, "addr", 0);
    unsigned per_line = fmt->size == 1 ? 8 : LINE_BYTES / fmt->size, units;

    if (fmt->letter == 'i') {
        text_out_puts(out, "instructions are not shown: there is no disassembler\n");
        return;
    }
    for (unsigned left = fmt->count; left; left -= units, addr += units * fmt->size) {
        units = left < per_line ? left : per_line;
        if (!line_print(s, addr, fmt, units, out))
            return;
    }
}

static void no_cpu(struct text_out *out)
{
    text_out_puts(out, "No CPU\n");
}

void info_x(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    struct source s;

    if (!info_cpu_fetch(target, cpu, &s.cpu)) {
        no_cpu(out);
        return;
    }
    s.as = s.cpu.as;
    dump(&s, args, out);
    free(s.cpu.st);
}

void info_xp(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    (void)cpu;
    dump(&(struct source){ .as = &((struct machine *)target)->memory_as }, args, out);
}

/* Sixteen bits, turned right by one before each byte is added. */
void info_sum(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    uint64_t start = (uint64_t)hmp_args_number(args, "start", 0), size = (uint64_t)hmp_args_number(args, "size", 0);
    struct machine *m = target;
    uint16_t sum = 0;

    (void)cpu;
    if (size > SUM_BYTES) {
        text_out_printf(out, "size: %" PRIu64 " is more than %d bytes\n", size, SUM_BYTES);
        return;
    }
    for (uint64_t i = 0; i < size; i++) {
        uint64_t byte;

        address_space_read(&m->memory_as, start + i, 1, &byte, NULL);
        sum = (uint16_t)((sum >> 1 | sum << 15) + (byte & 0xff));
    }
    text_out_printf(out, "%05u\n", sum);
}

/* Of a port access of so many bytes; what is no port's size is a byte. */
static unsigned port_size(unsigned size)
{
    return size == 2 || size == 4 ? size : 1;
}

void info_port_in(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    struct machine *m = target;
    uint16_t port = (uint16_t)hmp_args_number(args, "addr", 0);
    unsigned size = port_size(args->format.size);
    uint64_t val;

    (void)cpu;
    if (hmp_args_has(args, "index")) {
        address_space_write(&m->io_as, port, 1, (uint8_t)hmp_args_number(args, "index", 0), NULL);
        port++;
    }
    address_space_read(&m->io_as, port, size, &val, NULL);
    text_out_printf(out, "port%c[0x%04x] = 0x%0*" PRIx64 "\n", size == 1 ? 'b' : size == 2 ? 'w' : 'l', port,
                    (int)args->format.size * 2, val);
}

void info_port_out(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    struct machine *m = target;
    unsigned size = port_size(args->format.size);
    uint64_t val = (uint64_t)hmp_args_number(args, "val", 0) & (~0ull >> (64 - 8 * size));

    (void)cpu;
    (void)out;
    address_space_write(&m->io_as, (uint16_t)hmp_args_number(args, "addr", 0), size, val, NULL);
}

void info_gva2gpa(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    uint64_t addr = (uint64_t)hmp_args_number(args, "addr", 0), gpa, more;
    struct source s;

    if (!info_cpu_fetch(target, cpu, &s.cpu)) {
        no_cpu(out);
        return;
    }
    s.as = s.cpu.as;
    if (translate(&s, addr, &gpa, &more))
        text_out_printf(out, "gpa: %#" PRIx64 "\n", gpa);
    else
        text_out_puts(out, "Unmapped\n");
    free(s.cpu.st);
}

/* The host's address of guest memory; NULL: has said what is there instead. */
static const uint8_t *host_of(struct machine *m, uint64_t gpa, char name[64], struct text_out *out)
{
    const struct flat_range *r;
    const uint8_t *host = NULL;

    epoch_enter();
    r = view_find(epoch_load(m->memory_as.view), gpa, NULL);
    if (r && r->host) {
        host = r->host + (gpa - r->first);
        snprintf(name, 64, "%s", r->region->name);
    }
    epoch_leave();
    if (!host)
        text_out_printf(out, r ? "Memory at address 0x%" PRIx64 " is not RAM\n"
                               : "No memory is mapped at address 0x%" PRIx64 "\n", gpa);
    return host;
}

void info_gpa2hva(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    uint64_t gpa = (uint64_t)hmp_args_number(args, "addr", 0);
    char name[64];
    const uint8_t *host = host_of(target, gpa, name, out);

    (void)cpu;
    if (host)
        text_out_printf(out, "Host virtual address for 0x%" PRIx64 " (%s) is %p\n", gpa, name, (const void *)host);
}

/* What the host's kernel says of a page: bits 0 to 54 its frame, bit 63: it is there. */
static bool frame_of(const void *host, uint64_t *frame, struct text_out *out)
{
    uint64_t page = (uintptr_t)host / (uint64_t)sysconf(_SC_PAGESIZE), entry;
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : pread(fd, &entry, sizeof(entry), (off_t)(page * sizeof(entry)));

    if (fd >= 0)
        close(fd);
    if (n != sizeof(entry)) {
        text_out_puts(out, "Error: Cannot read /proc/self/pagemap\n");
        return false;
    }
    *frame = entry & ((1ull << 55) - 1);
    if (entry >> 63)
        return true;
    text_out_puts(out, "Error: Page not present\n");
    return false;
}

void info_gpa2hpa(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    uint64_t gpa = (uint64_t)hmp_args_number(args, "addr", 0), page = (uint64_t)sysconf(_SC_PAGESIZE), frame;
    char name[64];
    const uint8_t *host = host_of(target, gpa, name, out);

    (void)cpu;
    if (host && frame_of(host, &frame, out))
        text_out_printf(out, "Host physical address for 0x%" PRIx64 " (%s) is 0x%" PRIx64 "\n", gpa, name,
                        frame * page + ((uintptr_t)host & (page - 1)));
}
