/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every instruction of the opcode table against the host CPU
 *
 * For each form: random registers, flags, memory and immediates; the instruction runs once on the
 * host (host-native.c) and once on the software CPU (host-guest.c, through decoder, block cache,
 * MMU and exception delivery); all general registers, defined flags, memory, x87, xmm and MXCSR
 * state, and vector, error code and CR2 of a fault must agree.  Then runs of 5 to 30 instructions.
 *
 * Not compared: flags that the table calls undefined, FIP, FDP and FOP (0 for our guests), the x87
 * state after a fault of an MMX access (processors differ in when they leave x87 mode), the upper
 * half of a 32-bit BSF or BSR of 0, the MXCSR status bits that accompany #XM (precision with an
 * unmasked underflow), the part of an 80-bit store or a PUSHA before the page that faults (we store nothing), the
 * registers that a POPA that faults has loaded (we load none).
 * The seed is printed; --seed=N sets it, --form=NAME picks forms by name,
 * --mode=64|32|16 a mode, --show=N how many differences are printed in full, --long runs 10^6.
 *
 * Design: software CPU, section 19, points 1 and 2.
 */
#include "tests/test.h"

#include "tests/unit/host-gen.h"
#include "tests/unit/host-guest.h"
#include "tests/unit/host-native.h"

#include "cpu/state.h"

static uint64_t seed = 1;
static int only_mode = -1;
static const char *only_form;
static unsigned singles = 24, sequences = 2000, shown, max_shown = 20;

static struct guest *guest;
static const struct form *usable[2048];
static unsigned n_usable;
static enum cpu_mode mode;
static const char *const mode_names[] = { "64-bit", "32-bit", "16-bit" };

/* The host can run it: what it lacks shows as #UD there and says nothing about us. */
static void collect_forms(void)
{
    n_usable = 0;
    for (unsigned n = 0; n < n_forms && n_usable < 2048; n++)
        if (gen_usable(&forms[n], mode) && (!only_form || !strcmp(only_form, forms[n].name)))
            usable[n_usable++] = &forms[n];
}

static void place_memory(const struct gen_case *c)
{
    for (unsigned n = 0; n < c->mem_len; n++) {
        uint64_t off = c->target + n - SANDBOX_DATA;

        if (off < SANDBOX_PAGES * SANDBOX_PAGE)
            native_data()[off] = guest_data(guest)[off] = c->mem[n];
    }
}

static uint64_t flags_mask(const struct gen_case *c, const struct cpu_result *native)
{
    uint64_t mask = FLAGS_ARITH | FLAG_DF | FLAG_AC | FLAG_ID | FLAG_NT;

    mask &= ~c->undefined;
    return native->vector >= 0 && c->insns > 1 ? mask & ~(uint64_t)FLAGS_ARITH : mask;
}

/* The bytes of an FXSAVE image that count, and the first that differs. */
static int fx_differs(const uint8_t *a, const uint8_t *b)
{
    for (unsigned n = 0; n < 416; n++) {
        bool st = n >= 32 && n < 160;

        if ((n >= 5 && n < 24) || (n >= 28 && n < 32) || (st && n % 16 >= 10))
            continue;
        if (a[n] != b[n])
            return (int)n;
    }
    return -1;
}

/* What is architecturally undefined of the result becomes equal. */
static void forget_undefined(const struct gen_case *c, const struct cpu_result *n, struct cpu_result *g)
{
    if (n->vector >= 12 && n->vector <= 14 && c->form->attrs & FORM_MMX)
        memcpy(g->regs.fx, n->regs.fx, 160);
    if (n->vector >= 0 && !strcmp(c->form->name, "popa"))
        memcpy(g->regs.gpr, n->regs.gpr, sizeof(g->regs.gpr));
    if (n->vector == 19)
        memcpy(g->regs.fx + 24, n->regs.fx + 24, 1);
    if (n->vector >= 12 && n->vector <= 14 && c->insns == 1 && (c->form->attrs & FORM_X87 || !strcmp(c->form->name,
        "pusha")))
        memcpy(guest_data(guest), native_data(), SANDBOX_PAGES * SANDBOX_PAGE);
    for (unsigned k = 0; k < 16 && c->insns == 1 && (!strcmp(c->form->name, "bsf") || !strcmp(c->form->name, "bsr"));
         k++)
        if (n->regs.rflags & FLAG_ZF && (uint32_t)n->regs.gpr[k] == (uint32_t)g->regs.gpr[k])
            g->regs.gpr[k] = n->regs.gpr[k];
}

/* The environment that FNSTENV and FNSAVE store: pointers are 0 for us. */
static bool stores_environment(const struct gen_case *c)
{
    return !strcmp(c->form->name, "fnstenv") || !strcmp(c->form->name, "fnsave");
}

static void forget_pointers(const struct gen_case *c)
{
    uint64_t off = c->target - SANDBOX_DATA;

    if (!stores_environment(c) || off + 28 > SANDBOX_PAGES * SANDBOX_PAGE)
        return;
    memset(native_data() + off + 6, 0, 22);
    memset(guest_data(guest) + off + 6, 0, 22);
}

/* Where a long or masked access is found to fault within its page is up to the processor. */
static bool same_cr2(const struct gen_case *c, uint64_t a, uint64_t b)
{
    static const char *const loose[] = { "pusha", "popa", "maskmov", "fx", "fnsave", "frstor", "fnstenv", "fldenv" };

    for (unsigned n = 0; n < sizeof(loose) / sizeof(loose[0]); n++)
        if (!strncmp(c->form->name, loose[n], strlen(loose[n])))
            return (a ^ b) < SANDBOX_PAGE;
    return a == b;
}

/* x87 operands of 10 bytes and more: what faults first, the limit or a page, is up to the processor. */
static bool accessed_in_parts(const struct gen_case *c)
{
    static const char *const names[] = { "fld", "fstp", "fbld", "fbstp", "fldenv", "fnstenv", "frstor", "fnsave" };

    for (unsigned n = 0; n < sizeof(names) / sizeof(names[0]) && mode == CPU_16; n++)
        if (!strcmp(c->form->name, names[n]))
            return true;
    return false;
}

static const char *difference(const struct gen_case *c, const struct cpu_result *n, const struct cpu_result *g)
{
    static char text[160];
    int at;

    if (accessed_in_parts(c) && n->vector >= 12 && n->vector <= 14 && g->vector >= 12 && g->vector <= 14)
        return NULL;
    if (n->vector != g->vector)
        snprintf(text, sizeof(text), "vector %d, host %d", g->vector, n->vector);
    else if (n->vector >= 0 && n->error != g->error)
        snprintf(text, sizeof(text), "vector %d: error code %#" PRIx64 ", host %#" PRIx64, n->vector, g->error,
                 n->error);
    else if (n->vector == 14 && !same_cr2(c, n->cr2, g->cr2))
        snprintf(text, sizeof(text), "cr2 %#" PRIx64 ", host %#" PRIx64, g->cr2, n->cr2);
    else if (n->regs.rip != g->regs.rip)
        snprintf(text, sizeof(text), "rip %#" PRIx64 ", host %#" PRIx64, g->regs.rip, n->regs.rip);
    else if ((n->regs.rflags ^ g->regs.rflags) & flags_mask(c, n))
        snprintf(text, sizeof(text), "flags %#" PRIx64 ", host %#" PRIx64 ", of %#" PRIx64, g->regs.rflags,
                 n->regs.rflags,
                 flags_mask(c, n));
    else if ((at = fx_differs(n->regs.fx, g->regs.fx)) >= 0)
        snprintf(text, sizeof(text), "fx byte %d (%s %d): %#x, host %#x", at, at < 32 ? "head" : at < 160 ? "st" :
                 "xmm",
                 at < 32 ? 0 : at < 160 ? (at - 32) / 16 : (at - 160) / 16, g->regs.fx[at], n->regs.fx[at]);
    else {
        uint64_t mask = mode == CPU_64 ? ~0ull : 0xffffffff;

        for (at = 0; at < 16 && !((n->regs.gpr[at] ^ g->regs.gpr[at]) & mask); at++)
            ;
        if (at < 16)
            snprintf(text, sizeof(text), "r%d %#" PRIx64 ", host %#" PRIx64, at, g->regs.gpr[at], n->regs.gpr[at]);
        else if (!memcmp(native_data(), guest_data(guest), SANDBOX_PAGES * SANDBOX_PAGE))
            return NULL;
        else
            snprintf(text, sizeof(text), "memory differs");
    }
    return text;
}

static void show(const struct gen_case *c, const char *what, const struct cpu_result *n)
{
    if (shown++ >= max_shown)
        return;
    printf("# %s: %s\n#   bytes", c->form->name, what);
    for (unsigned k = 0; k < c->len; k++)
        printf(" %02x", c->code[k]);
    printf("\n#   rip %" PRIx64 " rflags %" PRIx64 " target %" PRIx64 " host vector %d cr2 %" PRIx64 "\n#   in ",
           c->in.rip,
           c->in.rflags, c->target, n->vector, n->cr2);
    for (unsigned k = 0; k < 16; k++)
        printf(" %" PRIx64, c->in.gpr[k]);
    printf("\n#   host");
    for (unsigned k = 0; k < 16; k++)
        printf(" %" PRIx64, n->regs.gpr[k]);
    printf("\n#   fcw/fsw/ftw %02x%02x %02x%02x %02x mxcsr %02x%02x mem", c->in.fx[1], c->in.fx[0], c->in.fx[3],
           c->in.fx[2],
           c->in.fx[4], c->in.fx[25], c->in.fx[24]);
    for (unsigned k = 0; k < 16 && c->mem_len; k++)
        printf(" %02x", c->mem[k]);
    printf("\n");
}

/* Runs the case on both; true when they agree. */
static bool agree(struct gen_case *c)
{
    static struct cpu_result n, g;
    const char *what;

    place_memory(c);
    native_run(mode, &c->in, c->code, c->len, &n);
    guest_run(guest, mode, &c->in, c->code, c->len, &g);
    if (n.vector < 0)
        forget_pointers(c);
    forget_undefined(c, &n, &g);
    what = difference(c, &n, &g);
    if (what) {
        show(c, what, &n);
        memcpy(guest_data(guest), native_data(), SANDBOX_PAGES * SANDBOX_PAGE);
    }
    return !what;
}

static uint64_t next_rip(uint64_t rip, unsigned room)
{
    rip += 64;
    return rip - SANDBOX_CODE + room + 64 > SANDBOX_CODE_BYTES ? SANDBOX_CODE : rip;
}

static void check_forms(void)
{
    struct rng r = { .state = seed * 0x9e3779b97f4a7c15ull + 1 };
    static struct gen_case c;
    unsigned bad = 0, run = 0, bad_forms = 0;

    shown = 0;
    c.mode = mode;
    collect_forms();
    c.in.rip = SANDBOX_CODE;
    for (unsigned n = 0; n < n_usable; n++) {
        unsigned bad_here = 0;

        for (unsigned k = 0; k < singles; k++, run++) {
            c.in.rip = next_rip(c.in.rip, 32);
            gen_single(&r, usable[n], &c);
            if (!agree(&c) && !bad_here++)
                bad_forms++;
        }
        if (bad_here)
            printf("# form %s (map %d %02x/%d pp %d): %u of %u differ\n", usable[n]->name, usable[n]->map,
                   usable[n]->opcode,
                   usable[n]->reg, usable[n]->pp, bad_here, singles);
        bad += bad_here;
    }
    printf("# %s: %u instructions of %u forms, seed %" PRIu64 ": %u differences in %u forms\n", mode_names[mode], run,
           n_usable, seed, bad, bad_forms);
    CHECK(run > 0 || only_form);
    CHECK_EQ(bad, 0);
}

static void check_sequences(void)
{
    struct rng r = { .state = seed * 0x9e3779b97f4a7c15ull + 2 };
    static struct gen_case c;
    unsigned bad = 0, insns = 0;

    if (only_form) {
        test_skip("one form only");
        return;
    }
    shown = 0;
    c.in.rip = SANDBOX_CODE;
    for (unsigned k = 0; k < sequences; k++) {
        uint64_t rip = next_rip(c.in.rip, sizeof(c.code));

        memset(&c, 0, sizeof(c));
        c.mode = mode;
        c.in.rip = rip;
        gen_sequence(&r, usable, n_usable, &c);
        bad += !agree(&c);
        insns += c.insns;
    }
    printf("# %s: %u instructions in %u sequences, seed %" PRIu64 ": %u differ\n", mode_names[mode], insns, sequences,
           seed, bad);
    CHECK_EQ(bad, 0);
}

static void check(enum cpu_mode in_mode, void (*what)(void))
{
    mode = in_mode;
    if (only_mode >= 0 && only_mode != (int)mode)
        test_skip("not asked for");
    else if (!native_has_mode(mode))
        test_skip("the host has no LDT");
    else
        what();
}

static void each_form_does_what_the_host_does_in_64_bit_mode(void)
{
    check(CPU_64, check_forms);
}

static void sequences_do_what_the_host_does_in_64_bit_mode(void)
{
    check(CPU_64, check_sequences);
}

static void each_form_does_what_the_host_does_in_32_bit_code(void)
{
    check(CPU_32, check_forms);
}

static void sequences_do_what_the_host_does_in_32_bit_code(void)
{
    check(CPU_32, check_sequences);
}

static void each_form_does_what_the_host_does_in_16_bit_code(void)
{
    check(CPU_16, check_forms);
}

static void sequences_do_what_the_host_does_in_16_bit_code(void)
{
    check(CPU_16, check_sequences);
}

int main(int argc, char **argv)
{
    for (int n = 1; n < argc; n++) {
        if (!strncmp(argv[n], "--seed=", 7))
            seed = strtoull(argv[n] + 7, NULL, 0);
        else if (!strncmp(argv[n], "--form=", 7))
            only_form = argv[n] + 7;
        else if (!strncmp(argv[n], "--mode=", 7))
            only_mode = !strcmp(argv[n] + 7, "16") ? CPU_16 : !strcmp(argv[n] + 7, "32") ? CPU_32 : CPU_64;
        else if (!strncmp(argv[n], "--show=", 7))
            max_shown = strtoul(argv[n] + 7, NULL, 0);
    }
    guest = guest_new();
    if (!guest || !native_init()) {
        printf("1..0 # SKIP no sandbox on this host\n");
        return 0;
    }
    memcpy(guest_data(guest), native_data(), SANDBOX_PAGES * SANDBOX_PAGE);
    if (test_long(argc, argv)) {
        singles = 500;
        sequences = 12000;
    }
    TEST(each_form_does_what_the_host_does_in_64_bit_mode);
    TEST(sequences_do_what_the_host_does_in_64_bit_mode);
    TEST(each_form_does_what_the_host_does_in_32_bit_code);
    TEST(sequences_do_what_the_host_does_in_32_bit_code);
    TEST(each_form_does_what_the_host_does_in_16_bit_code);
    TEST(sequences_do_what_the_host_does_in_16_bit_code);
    guest_free(guest);
    return test_end();
}
