/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pins.h"
#include "tests/unit/tcg-bench.h"

/*
 * System management mode in a machine, after AMD APM volume 2, chapter 10: each processor sees SMRAM while it is in
 * SMM, and nobody else does
 *
 * RAM from 0, a window full of 11h above it at A0000h, as VGA would be, and the RAM below as SMRAM.  Guests are 32-bit,
 * without paging; handlers are 16-bit, as SMM begins.  A processor sends itself an SMI through its local APIC.
 */

enum {
    RAM_BYTES = 4 << 20, SEGMENT = 0xa0000, SEGMENT_BYTES = 0x20000, HANDLER = SEGMENT + 0x8000,
    OTHER_HANDLER = 0x38000, CODE = 0xa000, CODE_STEP = 0x1000, SMBASE_STEP = 0x1000,
    /* variables of the guests */
    SMIS = 0x100000, WRONG = 0x100008, DONE = 0x100010, SPINS = 0x100018, STOP = 0x100020, ROUNDS = 0x100028,
};

#define SMI_SELF "movl $0x44200,0xfee00300\n"
#define FINISH "cli; movl $1,0x100010; 9: hlt; jmp 9b"

struct rig {
    struct loop *loop;
    struct machine *m;
    struct ram_block *ram, *vga;
    struct region low, window, smram;
    uint32_t smbase;
    const uint8_t *code[2], *end[2];
};

static struct rig rig;

static _Atomic uint32_t *word(uint64_t gpa)
{
    return (_Atomic uint32_t *)(void *)(rig.ram->host + gpa);
}

static void put(uint64_t gpa, const uint8_t *bytes, const uint8_t *end)
{
    memcpy(rig.ram->host + gpa, bytes, end - bytes);
    ram_written(rig.ram, gpa, end - bytes);
}
#define PUT(gpa, name) put(gpa, name, name##_end)

static void flat(struct x86_state *st, unsigned n)
{
    tcg_state_flat(st, rig.m, !n);
    st->rip = CODE + n * CODE_STEP;
    st->smbase = rig.smbase + n * SMBASE_STEP;
    st->halted = st->wait_sipi = 0;
}

/* Where the board starts all processors at once. */
static void reset_boot(struct machine *m)
{
    memset(rig.ram->host + SMIS, 0, 0x100);
    for (unsigned n = 0; n < m->n_vcpus; n++) {
        struct x86_state st;

        flat(&st, n);
        put(CODE + n * CODE_STEP, rig.code[n], rig.end[n]);
        m->accel->ops->vcpu_put(m->vcpus[n], &st);
        m->vcpus[n]->wait_sipi = false;
        m->vcpus[n]->halted = false;
    }
}

static void map_build(void)
{
    struct machine *m = rig.m;

    rig.ram = ram_region_new(m, &rig.low, "pc.ram", RAM_BYTES);
    rig.vga = ram_region_new(m, &rig.window, "vga.vram", SEGMENT_BYTES);
    memset(rig.vga->host, 0x11, SEGMENT_BYTES);
    memset(rig.ram->host + SEGMENT, 0x5a, SEGMENT_BYTES);
    region_init_ram(&rig.smram, "smram-low", rig.ram, SEGMENT, SEGMENT_BYTES);
    region_map(m, &m->memory, 0, &rig.low, 0);
    region_map(m, &m->memory, SEGMENT, &rig.window, 1);
    region_map(m, &m->smram, SEGMENT, &rig.smram, 0);
}

static void begin(unsigned n, uint32_t smbase, const uint8_t *code, const uint8_t *end, const uint8_t *code1,
                  const uint8_t *end1)
{
    struct machine *m;

    memset(&rig, 0, sizeof(rig));
    rig.smbase = smbase;
    rig.code[0] = code, rig.end[0] = end, rig.code[1] = code1, rig.end[1] = end1;
    m = rig.m = tcg_machine_new(&rig.loop, n);
    map_build();
    tcg_cpus_start(m);
    m->reset_boot = reset_boot;
}
#define BEGIN(n, smbase, first, second) begin(n, smbase, first, first##_end, second, second##_end)

static void run(void)
{
    machine_reset(rig.m, true);
    *word(ROUNDS) = long_form ? 200000 : 3000;
    CHECK(!machine_start(rig.m, NULL));
}

static void end(void)
{
    struct machine *m = rig.m;

    machine_stop(m, RUN_PAUSED, NULL);
    region_drop(m, &rig.smram);
    region_drop(m, &rig.window);
    region_drop(m, &rig.low);
    machine_free(m);
    loop_free(rig.loop);
}

/* Sends itself SMIs, and between them finds the window, not SMRAM. */
GUEST(sends, 32,
      "mov 0x100028,%esi\n"
      "1: mov 0x100000,%eax\n" SMI_SELF "2: pause; cmp %eax,0x100000; je 2b\n"
      "cmpl $0x11111111,0xa0000; je 3f; lock incl 0x100008\n"
      "3: dec %esi; jnz 1b\n" FINISH);
/* Looks all the time at what it must not see. */
GUEST(looks, 32,
      "1: cmpl $0x11111111,0xa0000; je 2f; lock incl 0x100008; 2: incl 0x100018; cmpl $0,0x100020; je 1b\n" FINISH);
GUEST(halts, 32, FINISH);
/* In SMM: finds SMRAM, and RAM as everybody has it. */
GUEST(handler, 16,
      "mov $0xa0000,%ebx; cmpl $0x5a5a5a5a,(%ebx); je 1f; lock incl 0x60008(%ebx); 1: lock incl 0x60000(%ebx); rsm");

static void a_handler_in_smram_runs_and_nobody_sees_it(void)
{
    BEGIN(1, SEGMENT, sends, halts);
    PUT(HANDLER, handler);
    run();
    WAIT_FOR(*word(DONE));
    CHECK_EQ(*word(SMIS), *word(ROUNDS));
    CHECK_EQ(*word(WRONG), 0);
    CHECK_EQ(rig.vga->host[0], 0x11);
    CHECK(!rig.m->vcpus[0]->smm);
    end();
}

static void one_processor_in_smm_shows_another_nothing(void)
{
    BEGIN(2, SEGMENT, sends, looks);
    PUT(HANDLER, handler);
    run();
    WAIT_FOR(*word(DONE));
    WAIT_FOR(*word(SPINS));
    *word(STOP) = 1;
    CHECK_EQ(*word(SMIS), *word(ROUNDS));
    CHECK_EQ(*word(WRONG), 0);
    end();
}

/* Each has a base of its own, as firmware gives them: their states would be saved in one place otherwise. */
static void both_may_be_in_smm_at_once(void)
{
    BEGIN(2, SEGMENT, sends, looks);
    PUT(HANDLER, handler);
    PUT(HANDLER + SMBASE_STEP, handler);
    run();
    for (unsigned n = 0; n < 1000; n++) {
        uint32_t before = *word(SMIS);

        vcpu_request(rig.m->vcpus[1], VCPU_SMI);
        WAIT_FOR(*word(SMIS) != before || *word(DONE));
    }
    WAIT_FOR(*word(DONE));
    *word(STOP) = 1;
    CHECK_EQ(*word(WRONG), 0);
    end();
}

/* "SMBASE relocation": what the handler leaves at offset FF00h of the map is the next one's base. */
GUEST(relocates, 16, "mov $0x3ff00,%ebx; movl $0xa0000,(%ebx); movl $0x77,0xc0100(%ebx); rsm");
GUEST(sends_twice, 32,
      SMI_SELF "1: pause; cmpl $0x77,0x100000; jne 1b\n" SMI_SELF "2: pause; cmpl $0x78,0x100000; jne 2b\n" FINISH);

static void a_relocated_handler_is_found_in_smram(void)
{
    struct x86_state st;

    BEGIN(1, 0x30000, sends_twice, halts);
    PUT(OTHER_HANDLER, relocates);
    PUT(HANDLER, handler);
    run();
    WAIT_FOR(*word(DONE));
    CHECK_EQ(*word(WRONG), 0);
    machine_stop(rig.m, RUN_PAUSED, NULL);
    rig.m->accel->ops->vcpu_get(rig.m->vcpus[0], &st);
    CHECK_EQ(st.smbase, SEGMENT);
    CHECK_EQ(st.smi_count, 2);
    end();
}

/* The map is saved to SMRAM, not to what lies above it. */
static void the_state_is_saved_to_smram(void)
{
    uint64_t rip;

    BEGIN(1, SEGMENT, sends, halts);
    PUT(HANDLER, handler);
    run();
    WAIT_FOR(*word(DONE));
    memcpy(&rip, rig.ram->host + SEGMENT + 0xff78, 8);
    CHECK(rip >= CODE && rip < CODE + CODE_STEP);
    memcpy(&rip, rig.vga->host + 0xff78, 8);
    CHECK_EQ(rip, 0x1111111111111111);
    end();
}

static void changes_of_the_map_reach_processors_in_and_out_of_smm(void)
{
    BEGIN(2, SEGMENT, sends, looks);
    PUT(HANDLER, handler);
    run();
    for (unsigned n = 0; !*word(DONE); n++) {
        map_begin(&rig.m->map);
        region_set_readonly(&rig.low, n & 1);           /* what is written then is lost */
        region_set_readonly(&rig.low, false);
        map_end(&rig.m->map);
        map_begin(&rig.m->map);
        region_move(&rig.window, n & 1 ? 0x2000000 : SEGMENT);
        region_move(&rig.window, SEGMENT);
        region_enable(&rig.smram, false);
        region_enable(&rig.smram, true);
        map_end(&rig.m->map);
        sched_yield();
    }
    *word(STOP) = 1;
    CHECK_EQ(*word(WRONG), 0);
    end();
}

/* "RSM ... the processor returns"; reset leaves SMM, too. */
GUEST(stays, 16,
      "mov $0xa0000,%ebx; cmpl $0x5a5a5a5a,(%ebx); je 1f; lock incl 0x60008(%ebx);"
      "1: movl $1,0x60000(%ebx); 2: jmp 2b");
GUEST(sends_once, 32, SMI_SELF "1: pause; jmp 1b");

static void reset_in_smm_leaves_it(void)
{
    BEGIN(1, SEGMENT, sends_once, halts);
    PUT(HANDLER, stays);
    run();
    for (unsigned n = 0; n < 20; n++) {
        WAIT_FOR(*word(SMIS));
        CHECK(!machine_stop(rig.m, RUN_PAUSED, NULL));
        CHECK(rig.m->vcpus[0]->smm);
        CHECK(vcpu_as(rig.m->vcpus[0]) == &rig.m->vcpus[0]->smm_as);
        machine_reset(rig.m, false);
        CHECK(!rig.m->vcpus[0]->smm);
        CHECK(!machine_start(rig.m, NULL));
    }
    end();
}

/* Address line 20 is masked out of SMM only (AMD APM volume 2, 10.3.2).  The guest looks at 300000h and 200000h, the
 * handler at 300000h; outside, the mask makes them one. */
GUEST(looks_high, 32,
      "movl $0x20,0x200000; movl $0x30,0x300000\n"
      "1: mov 0x300000,%eax; mov %eax,0x1000\n" SMI_SELF "jmp 1b");
GUEST(handler_high, 16, "mov $0x300000,%ebx; mov (%ebx),%eax; mov $0x2000,%ebx; mov %eax,(%ebx); rsm");

static void a20_is_masked_for_all_but_smm(void)
{
    BEGIN(1, SEGMENT, looks_high, halts);
    PUT(HANDLER, handler_high);
    run();
    WAIT_FOR(*word(0x1000) == 0x30 && *word(0x2000) == 0x30);
    machine_set_a20(rig.m, A20_PORT92, true);
    machine_set_a20(rig.m, A20_PORT92, false);
    WAIT_FOR(*word(0x1000) == 0x20);
    *word(0x2000) = 0;
    WAIT_FOR(*word(0x2000) == 0x30);
    machine_set_a20(rig.m, A20_KEYBOARD, true);
    WAIT_FOR(*word(0x1000) == 0x30);
    end();
}

/* What a stream brings: a processor that was saved in SMM goes on there. */
static void a_processor_that_is_loaded_in_smm_sees_smram(void)
{
    struct x86_state st;

    BEGIN(1, SEGMENT, halts, halts);
    PUT(HANDLER, stays);
    machine_reset(rig.m, true);
    rig.m->accel->ops->vcpu_get(rig.m->vcpus[0], &st);
    st.smm = 1;
    st.cr0 &= ~(uint64_t)CR0_PE;
    for (unsigned s = 0; s < X86_SREGS; s++)
        st.seg[s].attr &= ~SEG_DB;
    st.seg[CS].base = SEGMENT;
    st.rip = HANDLER - SEGMENT;
    rig.m->accel->ops->vcpu_put(rig.m->vcpus[0], &st);
    CHECK(rig.m->vcpus[0]->smm);
    CHECK(!machine_start(rig.m, NULL));
    WAIT_FOR(*word(SMIS));
    CHECK_EQ(*word(WRONG), 0);
    end();
}

int main(int argc, char **argv)
{
    tcg_bench_init(argc, argv);
    TEST(a_handler_in_smram_runs_and_nobody_sees_it);
    TEST(one_processor_in_smm_shows_another_nothing);
    TEST(both_may_be_in_smm_at_once);
    TEST(a_relocated_handler_is_found_in_smram);
    TEST(the_state_is_saved_to_smram);
    TEST(changes_of_the_map_reach_processors_in_and_out_of_smm);
    TEST(reset_in_smm_leaves_it);
    TEST(a20_is_masked_for_all_but_smm);
    TEST(a_processor_that_is_loaded_in_smm_sees_smram);
    epoch_thread_fini();
    return test_end();
}
