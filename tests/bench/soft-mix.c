/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How fast the software CPU runs small programs
 *
 * Where bench-insn-kinds measures single instructions, these are loops as compilers and kernels write them: arithmetic,
 * memory in and out of the caches, calls, virtual calls over many pages, strings, system calls, exceptions, address
 * spaces that alternate, code that is patched.  One vCPU of soft-bench.h in 64-bit mode, no devices; nanoseconds are of
 * the process's CPU time, so other load on the host disturbs little.
 *
 *     soft-mix [NAME...]
 */
#include "tests/unit/soft-bench.h"

#include <stdio.h>
#include <time.h>

#define GUEST(name, text)                                                                           \
    extern const uint8_t name[], name##_end[];                                                      \
    __asm__(".pushsection .rodata\n.globl " #name "\n" #name ":\n" text                             \
            "\n.globl " #name "_end\n" #name "_end:\n.popsection\n")

enum { GDT = 0x6000, IDT = 0x7000, KERNEL = 0x14000, SPACE2 = 0x8000 };

/* %rsi: rounds.  Data from 100000h on, and from 400000h on. */
GUEST(integer, "1: mov %rsi,%rax; shl $3,%rax; add %rsi,%rax; xor %rdx,%rax; lea 7(%rax,%rdx,4),%rdx; shr $5,%rax\n"
               "and $0xff,%eax; sub %rax,%rdx; cmp %rax,%rdx; cmovb %rax,%rdx; imul %rdx,%rbx; inc %rbx; "
               "dec %rsi; jnz 1b; hlt");
GUEST(branches, "1: imul $1103515245,%ebx,%ebx; add $12345,%ebx; test $0x10000,%ebx; jz 2f; inc %ecx; jmp 3f\n"
                "2: dec %ecx; 3: test $0x20000,%ebx; jnz 4f; add %ecx,%edx; 4: cmp $100,%ecx; jg 5f; "
                "inc %edx; 5: dec %rsi; jnz 1b; hlt");
GUEST(cached, "1: mov %esi,%eax; and $0x3ff8,%eax; mov 0x100000(%rax),%rbx; add %rbx,%rcx; mov %rcx,0x104000(%rax)\n"
              "addl $3,0x100004(%rax); movzbl 0x100001(%rax),%edx; cmp %rdx,0x104000(%rax); adc $0,%rdi; "
              "dec %rsi; jnz 1b; hlt");
GUEST(chased, "mov $0x400000,%eax; 1: mov (%rax),%rax; dec %rsi; jnz 1b; hlt");
GUEST(pages, "mov $0x400000,%eax; 1: mov (%rax),%rbx; add $0x1040,%rax; cmp $0xf00000,%rax; jb 2f; mov $0x400000,%eax\n"
             "2: dec %rsi; jnz 1b; hlt");
GUEST(calls, "1: mov $5,%edi; call 3f; dec %rsi; jnz 1b; hlt\n"
             "3: push %rbp; mov %rsp,%rbp; push %rbx; mov %edi,%ebx; test %edi,%edi; jz 4f; "
             "lea -1(%rdi),%edi; call 3b; add %ebx,%eax\n"
             "4: pop %rbx; leave; ret");
/* 64 functions in 16 pages, by a table of pointers */
GUEST(indirect,
      "lea 9f(%rip),%rdi; 1: mov %esi,%eax; and $63,%eax; mov %eax,%edx; shl $10,%eax; add %rdi,%rax; "
      "call *%rax\n"
      "dec %rsi; jnz 1b; hlt; .p2align 10; 9:\n.rept 64\nadd %edx,%ebx; xor %ebx,%ecx; ret; "
      ".p2align 10\n.endr");
/* A chain of direct jumps over pages */
GUEST(far_jumps,
      "1: jmp 2f; .p2align 12\n.rept 15\n2: inc %eax; jmp 2f; .p2align 12\n.endr\n2: inc %eax; dec %rsi; "
      "jnz 1b; hlt");
GUEST(copies, "1: mov $0x400000,%edi; mov $0x500000,%eax; xchg %rsi,%rax; mov $512,%ecx; rep movsq; mov %rax,%rsi\n"
              "mov $0x600000,%edi; mov $64,%ecx; rep stosb; dec %rsi; jnz 1b; hlt");
GUEST(small_copies,
      "1: mov $0x400003,%edi; mov %rsi,%rax; mov $0x500000,%esi; mov $24,%ecx; rep movsb; mov %rax,%rsi; "
      "dec %rsi; jnz 1b; hlt");
GUEST(bytes,
      "mov $0x100000,%edi; 1: movzbl (%rdi),%eax; test %al,%al; jnz 2f; inc %rdi; cmp $0x110000,%rdi; "
      "jb 3f; 2: mov $0x100000,%edi\n"
      "3: dec %rsi; jnz 1b; hlt");
GUEST(locks,
      "1: lock incl 0x100000; mov $1,%eax; xchg %eax,0x100040; lock cmpxchg %ebx,0x100080; "
      "lock andl $0x7f,0x1000c0; dec %rsi; jnz 1b; hlt");
GUEST(sse,
      "1: movups 0x100000,%xmm0; paddd %xmm1,%xmm0; pxor %xmm2,%xmm0; movups %xmm0,0x100010; "
      "addsd %xmm3,%xmm4; mulsd %xmm4,%xmm5; dec %rsi; jnz 1b; hlt");
GUEST(syscalls, "mov $0x300000,%esp; 1: mov %esi,%eax; syscall; dec %rsi; jnz 1b; mov $-1,%eax; syscall");
GUEST(on_syscall, "cmp $-1,%eax; je 9f; swapgs; mov %rsp,%gs:0; swapgs; add $1,%ebx; sysretq; 9: hlt");
GUEST(traps, "1: int3; dec %rsi; jnz 1b; hlt");
GUEST(faults, "1: ud2; dec %rsi; jnz 1b; hlt");
GUEST(on_trap, "iretq");
GUEST(on_fault, "addq $2,(%rsp); iretq");
GUEST(spaces, "mov $0x1000,%edi; mov $0x8000,%edx; 1: mov %rdx,%cr3; mov 0x100000,%eax; add %eax,0x200000; call 2f\n"
              "mov %rdi,%cr3; mov 0x300000,%eax; call 2f; dec %rsi; jnz 1b; hlt; 2: inc %ebx; ret");
GUEST(patched, "1: mov %esi,2f+1(%rip); 2: mov $0,%eax; dec %rsi; jnz 1b; hlt");
GUEST(beside, "1: mov %esi,2f(%rip); dec %rsi; jnz 1b; hlt; .skip 256,0xf4; 2: .long 0");

struct program { const char *name; const uint8_t *code, *end; unsigned thousands; };

#define PROGRAM(name, thousands) { #name, name, name##_end, thousands }
static const struct program programs[] = {
    PROGRAM(integer, 3000), PROGRAM(branches, 2000), PROGRAM(cached, 2000), PROGRAM(chased, 5000), PROGRAM(pages, 5000),
    PROGRAM(calls, 500), PROGRAM(indirect, 3000), PROGRAM(far_jumps, 400), PROGRAM(copies, 30),
    PROGRAM(small_copies, 500), PROGRAM(bytes, 5000), PROGRAM(locks, 1000), PROGRAM(sse, 1000),
    PROGRAM(syscalls, 500), PROGRAM(traps, 200), PROGRAM(faults, 200),
    PROGRAM(spaces, 100), PROGRAM(patched, 100), PROGRAM(beside, 1000),
};

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static void handler(struct bench *b, unsigned vector, const uint8_t *code, const uint8_t *end, uint32_t at)
{
    uint64_t *gate = (uint64_t *)(b->ram + IDT + 16 * vector);

    gate[0] = (at & 0xffff) | 8ull << 16 | 0x8eull << 40 | (uint64_t)(at >> 16) << 48;
    bench_load(b, at, code, end - code);
}

/* A cycle through 4 MiB, a cache line each, in an order that no prefetcher knows. */
static void chain(struct bench *b)
{
    enum { LINES = 65536 };
    uint64_t at = 0;

    for (uint64_t n = 0; n < LINES; n++) {
        uint64_t next = (at * 5 + 12345) % LINES;

        *(uint64_t *)(b->ram + 0x400000 + 64 * at) = 0x400000 + 64 * next;
        at = next;
    }
}

static void prepare(struct bench *b, const struct program *p)
{
    uint64_t *gdt = (uint64_t *)(b->ram + GDT);
    struct env *e = b->e;

    bench_mode64(b);
    bench_load(b, BENCH_CODE, p->code, p->end - p->code);
    gdt[1] = 0x00af9b000000ffff;
    gdt[2] = 0x00cf93000000ffff;
    e->x.gdt = (struct x86_seg){ .base = GDT, .limit = 0x17 };
    e->x.idt = (struct x86_seg){ .base = IDT, .limit = 0xfff };
    handler(b, VEC_BP, on_trap, on_trap_end, KERNEL + 0x1000);
    handler(b, VEC_UD, on_fault, on_fault_end, KERNEL + 0x1100);
    bench_load(b, KERNEL, on_syscall, on_syscall_end - on_syscall);
    e->x.star = 0x0010000800000000;
    e->x.lstar = KERNEL;
    e->x.kernel_gs_base = 0x180000;
    memcpy(b->ram + SPACE2, b->ram + BENCH_TABLES, 0x1000);
    chain(b);
    e->r[RSI] = p->thousands * 1000ull;
}

static void measure(const struct program *p)
{
    struct bench *b = bench_new(16 << 20, 0);
    double ns;

    prepare(b, p);
    b->e->r[RSI] = 100;
    bench_run(b);
    prepare(b, p);
    b->e->insns = 0;
    ns = cpu_ns();
    if (bench_run(b)) {
        ns = cpu_ns() - ns;
        printf("%-14s %12llu instructions  %8.2f ns each  %8.1f M/s  %9.1f ns a round\n", p->name,
               (unsigned long long)b->e->insns, ns / b->e->insns, b->e->insns * 1e3 / ns, ns / (p->thousands * 1e3));
    } else {
        printf("%-14s triple fault, rip %#llx\n", p->name, (unsigned long long)b->e->pc);
    }
    bench_free(b);
}

int main(int argc, char **argv)
{
    for (unsigned n = 0; n < sizeof(programs) / sizeof(programs[0]); n++) {
        bool wanted = argc < 2;

        for (int a = 1; a < argc; a++)
            wanted |= strstr(programs[n].name, argv[a]) != NULL;
        if (wanted)
            measure(&programs[n]);
    }
    return 0;
}
