/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A Multiboot kernel that prints what its loader tells it on COM1, and ends through isa-debug-exit at port f4h
 *
 * Its exit code says whether zeroed memory was zero and the magic number right.
 */

#include <stdint.h>

enum { MAGIC = 0x1badb002, FLAGS = 3, COM1 = 0x3f8, EXIT = 0xf4 };

__attribute__((section(".multiboot"), used)) static const uint32_t header[] = { MAGIC, FLAGS, -(MAGIC + FLAGS) };

struct module { uint32_t start, end, text, reserved; };
struct line { uint32_t size; uint64_t base, len; uint32_t type; } __attribute__((packed));
struct info {
    uint32_t flags, mem_lower, mem_upper, boot_device, command, n_modules, modules, syms[4], map_bytes, map;
    uint32_t drives[2], config, loader;
};

static uint32_t zeros[5000];

static void out(uint16_t port, uint8_t val)
{
    __asm__ volatile("outb %0, %1" : : "a"(val), "Nd"(port));
}

static void text(const char *s)
{
    for (; *s; s++)
        out(COM1, *s);
}

static void number(const char *name, uint64_t val)
{
    text(name);
    for (int at = 60; at >= 0; at -= 4)
        if (val >> at || !at)
            out(COM1, "0123456789abcdef"[val >> at & 15]);
}

static void modules(const struct info *info)
{
    const struct module *m = (const struct module *)info->modules;

    for (uint32_t i = 0; i < info->n_modules; i++) {
        number("module ", m[i].end - m[i].start);
        number(" page ", m[i].start & 0xfff);
        text(" ");
        text((const char *)m[i].text);
        text(": ");
        for (uint32_t at = m[i].start; at < m[i].end; at++)
            out(COM1, *(const char *)at);
        text("\n");
    }
}

static void map(const struct info *info)
{
    for (uint32_t at = info->map; at < info->map + info->map_bytes;) {
        const struct line *l = (const struct line *)at;

        number("map ", l->base);
        number(" ", l->len);
        number(" ", l->type);
        text("\n");
        at += l->size + 4;
    }
}

__attribute__((used)) static void kernel(uint32_t magic, const struct info *info)
{
    uint32_t sum = 0, cr0;

    __asm__("movl %%cr0, %0" : "=r"(cr0));
    for (uint32_t i = 0; i < sizeof(zeros) / 4; i++)
        sum |= ((volatile uint32_t *)zeros)[i];
    number("magic ", magic);
    number("\nflags ", info->flags);
    number("\nlower ", info->mem_lower);
    number("\nupper ", info->mem_upper);
    number("\ndevice ", info->boot_device);
    number("\npaging ", cr0 >> 31);
    text("\ncommand ");
    text((const char *)info->command);
    text("\nloader ");
    text((const char *)info->loader);
    text("\n");
    modules(info);
    map(info);
    out(EXIT, magic == 0x2badb002 && !sum ? 0x10 : 0x11);
    for (;;)
        __asm__ volatile("cli; hlt");
}

__asm__(".globl _start\n_start: movl $stack_end, %esp; pushl %ebx; pushl %eax; call kernel\n"
        ".pushsection .bss\n.skip 8192\nstack_end:\n.popsection");
