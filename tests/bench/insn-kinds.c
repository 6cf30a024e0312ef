/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long the software CPU takes for each kind of instruction
 *
 * Runs loops of 16 copies of a few instructions in user mode of a small 64-bit guest (host-guest.h)
 * and prints nanoseconds per instruction and millions per second.  The loop's own two instructions
 * are counted too.  No devices, no interrupts, every page in the TLB: this is the interpreter alone.
 *
 *     bench-insn-kinds [NAME...]
 */
#include "tests/unit/host-guest.h"

#include "cpu/state.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct kind {
    const char *name;
    unsigned insns;             /* in bytes[] */
    unsigned rounds;            /* thousands of loops */
    uint8_t len, bytes[24];
};

#define KIND(name, insns, rounds, ...) { name, insns, rounds, sizeof((uint8_t[]){ __VA_ARGS__ }), { __VA_ARGS__ } }

/* rsi, rdi: data pages; rbx: 4096; r15 counts. */
static const struct kind kinds[] = {
    KIND("nop", 1, 400, 0x90),
    KIND("add reg, reg", 1, 400, 0x48, 0x01, 0xc2),
    KIND("add reg, mem", 1, 400, 0x48, 0x03, 0x16),
    KIND("add mem, reg", 1, 200, 0x48, 0x01, 0x16),
    KIND("mov reg, reg", 1, 400, 0x48, 0x89, 0xc2),
    KIND("mov reg, [reg+disp]", 1, 400, 0x48, 0x8b, 0x56, 0x10),
    KIND("mov reg, [reg+reg*8]", 1, 400, 0x48, 0x8b, 0x14, 0xc6),
    KIND("mov [reg+disp], reg", 1, 400, 0x48, 0x89, 0x56, 0x10),
    KIND("movzx reg, byte mem", 1, 400, 0x0f, 0xb6, 0x16),
    KIND("lea", 1, 400, 0x48, 0x8d, 0x14, 0x86),
    KIND("cmp + jcc not taken", 2, 200, 0x48, 0x39, 0xd8, 0x74, 0x00),
    KIND("test + setcc", 2, 200, 0x84, 0xc0, 0x0f, 0x94, 0xc2),
    KIND("cmp + cmov", 2, 200, 0x48, 0x39, 0xd8, 0x48, 0x0f, 0x44, 0xd0),
    KIND("adc reg, reg", 1, 200, 0x48, 0x11, 0xc2),
    KIND("shl reg, imm", 1, 200, 0x48, 0xc1, 0xe2, 0x03),
    KIND("imul reg, reg", 1, 200, 0x48, 0x0f, 0xaf, 0xd0),
    KIND("push + pop", 2, 200, 0x50, 0x5a),
    KIND("call + ret + jmp", 3, 50, 0xe8, 0x02, 0, 0, 0, 0xeb, 0x01, 0xc3),
    KIND("lock xadd mem, reg", 1, 50, 0xf0, 0x48, 0x0f, 0xc1, 0x16),
    KIND("xor + div", 2, 50, 0x31, 0xd2, 0x48, 0xf7, 0xf3),
    KIND("movaps xmm, xmm", 1, 200, 0x0f, 0x28, 0xc1),
    KIND("movdqu xmm, mem", 1, 200, 0xf3, 0x0f, 0x6f, 0x06),
    KIND("movdqu mem, xmm", 1, 200, 0xf3, 0x0f, 0x7f, 0x06),
    KIND("pxor xmm, xmm", 1, 200, 0x66, 0x0f, 0xef, 0xc1),
    KIND("pcmpeqb + pmovmskb", 2, 100, 0x66, 0x0f, 0x74, 0xc1, 0x66, 0x0f, 0xd7, 0xc0),
    KIND("paddw xmm, xmm", 1, 100, 0x66, 0x0f, 0xfd, 0xc1),
    KIND("pshufd xmm, mem", 1, 100, 0x66, 0x0f, 0x70, 0x06, 0x1b),
    KIND("addsd xmm, xmm", 1, 50, 0xf2, 0x0f, 0x58, 0xc1),
    KIND("addps xmm, mem", 1, 50, 0x0f, 0x58, 0x06),
    KIND("cvtsi2sd", 1, 50, 0xf2, 0x48, 0x0f, 0x2a, 0xc0),
    KIND("ucomisd", 1, 50, 0x66, 0x0f, 0x2e, 0xc1),
    KIND("paddb mm, mm", 1, 20, 0x0f, 0xfc, 0xc1),
    KIND("fld + fadd + fstp", 3, 10, 0xdd, 0x06, 0xdc, 0x07, 0xdd, 0x1e),
    KIND("rep movsb, 4 KiB", 4, 1, 0x89, 0xd9, 0xf3, 0xa4, 0x48, 0x29, 0xde, 0x48, 0x29, 0xdf),
    KIND("rep stosq, 4 KiB", 3, 1, 0xb9, 0, 2, 0, 0, 0xf3, 0x48, 0xab, 0x48, 0x29, 0xdf),
};

enum { COPIES = 16 };

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static unsigned make_loop(const struct kind *k, uint8_t *code)
{
    unsigned n = 0;
    int32_t back;

    for (unsigned c = 0; c < COPIES; c++, n += k->len)
        memcpy(code + n, k->bytes, k->len);
    memcpy(code + n, (const uint8_t[]){ 0x49, 0xff, 0xcf, 0x0f, 0x85 }, 5);     /* dec r15; jnz */
    back = -(int32_t)(n + 9);
    memcpy(code + n + 5, &back, 4);
    return n + 9;
}

static void start(struct cpu_regs *in)
{
    uint32_t mxcsr = 0x1f80;
    double one = 1;

    memset(in, 0, sizeof(*in));
    in->fx[0] = 0x7f;
    in->fx[1] = 3;
    memcpy(in->fx + 24, &mxcsr, 4);
    memcpy(in->fx + 160, &one, 8);
    memcpy(in->fx + 176, &one, 8);
    in->rflags = 0x202;
    in->rip = SANDBOX_CODE;
    in->gpr[RSI] = SANDBOX_DATA;
    in->gpr[RDI] = SANDBOX_DATA + SANDBOX_PAGE;
    in->gpr[RSP] = SANDBOX_DATA + 3 * SANDBOX_PAGE;
    in->gpr[RBX] = SANDBOX_PAGE;
    in->gpr[RAX] = 1;
}

static void measure(struct guest *g, const struct kind *k)
{
    uint8_t code[512];
    struct cpu_regs in;
    struct cpu_result out;
    unsigned len = make_loop(k, code);
    uint64_t loops = k->rounds * 1000ull;
    double ns;

    start(&in);
    in.gpr[R15] = 100;
    guest_run(g, CPU_64, &in, code, len, &out);
    in.gpr[R15] = loops;
    ns = now_ns();
    guest_run(g, CPU_64, &in, code, len, &out);
    ns = (now_ns() - ns) / (loops * (k->insns * COPIES + 2));
    if (out.vector == -1)
        printf("%-22s %8.2f ns  %8.1f M/s\n", k->name, ns, 1000 / ns);
    else
        printf("%-22s vector %d at %#llx\n", k->name, out.vector, (unsigned long long)out.regs.rip);
}

int main(int argc, char **argv)
{
    struct guest *g = guest_new();

    if (!g)
        return 1;
    for (unsigned n = 0; n < sizeof(kinds) / sizeof(kinds[0]); n++) {
        bool wanted = argc < 2;

        for (int a = 1; a < argc; a++)
            wanted |= strstr(kinds[n].name, argv[a]) != NULL;
        if (wanted)
            measure(g, &kinds[n]);
    }
    guest_free(g);
    return 0;
}
