/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/notes.h"

/*
 * Notes of CPUs (see notes.h)
 *
 * A note is three words (length of the name with its NUL, length of the content, type), name and content, each filled
 * up to a multiple of four bytes (System V ABI, "Note Section").  All numbers are little-endian, as the host is.
 */

#include "cpu/state.h"

#include <elf.h>
#include <glib.h>
#include <string.h>

/* elf_prstatus: signals, identity, times; then the registers in the order of user_regs_struct. */
struct prstatus_64 {
    uint8_t signals[32];
    uint32_t pid;
    uint8_t parents_and_times[76];
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax, rip, cs, rflags, rsp,
        ss, fs_base, gs_base, ds, es, fs, gs;
    uint32_t fpvalid, spare;
};
struct prstatus_32 {
    uint8_t signals[24];
    uint32_t pid;
    uint8_t parents_and_times[44];
    uint32_t ebx, ecx, edx, esi, edi, ebp, eax, ds, es, fs, gs, orig_eax, eip, cs, eflags, esp, ss;
    uint32_t fpvalid;
};
_Static_assert(sizeof(struct prstatus_64) == 336 && sizeof(struct prstatus_32) == 144, "elf_prstatus");

struct qemu_segment { uint32_t selector, limit, flags, spare; uint64_t base; };
struct qemu_note {
    uint32_t version, size;
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp, r8_to_r15[8], rip, rflags;
    struct qemu_segment cs, ds, es, fs, gs, ss, ldt, tr, gdt, idt;
    uint64_t cr[5], kernel_gs_base;
};
_Static_assert(sizeof(struct qemu_note) == 440, "the note of CPUs");

static void note_add(GByteArray *out, const char *name, uint32_t type, const void *content, uint32_t bytes)
{
    static const uint8_t zeros[4];
    uint32_t name_len = strlen(name) + 1;
    Elf64_Nhdr head = { .n_namesz = name_len, .n_descsz = bytes, .n_type = type };

    g_byte_array_append(out, (const uint8_t *)&head, sizeof(head));
    g_byte_array_append(out, (const uint8_t *)name, name_len);
    g_byte_array_append(out, zeros, -name_len & 3);
    g_byte_array_append(out, content, bytes);
    g_byte_array_append(out, zeros, -bytes & 3);
}

static void prstatus_64(GByteArray *out, const struct x86_state *st, unsigned pid)
{
    const uint64_t *g = st->gpr;
    struct prstatus_64 p = {
        .pid = pid, .r15 = g[R15], .r14 = g[R14], .r13 = g[R13], .r12 = g[R12], .rbp = g[RBP], .rbx = g[RBX],
        .r11 = g[R11], .r10 = g[R10], .r9 = g[R9], .r8 = g[R8], .rax = g[RAX], .rcx = g[RCX], .rdx = g[RDX],
        .rsi = g[RSI], .rdi = g[RDI], .rip = st->rip, .cs = st->seg[CS].sel, .rflags = st->rflags, .rsp = g[RSP],
        .ss = st->seg[SS].sel, .fs_base = st->seg[FS].base, .gs_base = st->seg[GS].base, .ds = st->seg[DS].sel,
        .es = st->seg[ES].sel, .fs = st->seg[FS].sel, .gs = st->seg[GS].sel,
    };

    note_add(out, "CORE", NT_PRSTATUS, &p, sizeof(p));
}

static void prstatus_32(GByteArray *out, const struct x86_state *st, unsigned pid)
{
    const uint64_t *g = st->gpr;
    struct prstatus_32 p = {
        .pid = pid, .ebx = g[RBX], .ecx = g[RCX], .edx = g[RDX], .esi = g[RSI], .edi = g[RDI], .ebp = g[RBP],
        .eax = g[RAX], .ds = st->seg[DS].sel, .es = st->seg[ES].sel, .fs = st->seg[FS].sel, .gs = st->seg[GS].sel,
        .eip = st->rip, .cs = st->seg[CS].sel, .eflags = st->rflags, .esp = g[RSP], .ss = st->seg[SS].sel,
    };

    note_add(out, "CORE", NT_PRSTATUS, &p, sizeof(p));
}

void note_prstatus(GByteArray *out, const struct x86_state *st, unsigned pid, bool wide)
{
    if (wide)
        prstatus_64(out, st, pid);
    else
        prstatus_32(out, st, pid);
}

static struct qemu_segment segment(const struct x86_seg *s)
{
    return (struct qemu_segment){ .selector = s->sel, .limit = s->limit, .flags = s->attr, .base = s->base };
}

void note_qemu(GByteArray *out, const struct x86_state *st)
{
    const uint64_t *g = st->gpr;
    struct qemu_note n = {
        .version = 1, .size = sizeof(n), .rax = g[RAX], .rbx = g[RBX], .rcx = g[RCX], .rdx = g[RDX], .rsi = g[RSI],
        .rdi = g[RDI], .rsp = g[RSP], .rbp = g[RBP], .rip = st->rip, .rflags = st->rflags,
        .cs = segment(&st->seg[CS]), .ds = segment(&st->seg[DS]), .es = segment(&st->seg[ES]),
        .fs = segment(&st->seg[FS]), .gs = segment(&st->seg[GS]), .ss = segment(&st->seg[SS]),
        .ldt = segment(&st->ldt), .tr = segment(&st->tr), .gdt = segment(&st->gdt), .idt = segment(&st->idt),
        .cr = { st->cr0, 0, st->cr2, st->cr3, st->cr4 }, .kernel_gs_base = st->kernel_gs_base,
    };

    memcpy(n.r8_to_r15, g + R8, sizeof(n.r8_to_r15));
    note_add(out, "QEMU", 0, &n, sizeof(n));
}
