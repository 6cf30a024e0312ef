/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/char/uart.h"

/* The 16550A's state on the wire, byte by byte: facts/migration/vmstate-dump.json, "serial" and its subsections. */

#include "tests/unit/uart-bench.h"

static void the_wire_form_is_the_references(void)
{
    static const uint8_t reset[] = { 0, 0x0c, 0, 0, 0x01, 0, 0x08, 0x60, 0xb0, 0, 0 };
    static const uint8_t linux_booted[] = { 0, 0x0c, 0, 5, 0xc1, 0x13, 0x0b, 0x60, 0xb0, 0, 0x81 };
    struct saved s, after;
    struct error *err = NULL;
    struct wire in_;

    begin();
    s = bench_save(&b, "serial");
    CHECK(!memcmp(s.fields, reset, sizeof(reset)) && s.fields[sizeof(reset)] == 0x7e);
    memcpy((uint8_t *)s.fields, linux_booted, sizeof(linux_booted));
    in_ = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    CHECK(!bench_load(&b, &in_, NULL));
    after = bench_save(&b, "serial");
    CHECK(!memcmp(after.fields, linux_booted, sizeof(linux_booted)));
    wire_fini(&after.w);
    ((uint8_t *)s.fields)[7] = 0xff;            /* bits that LSR never shows */
    in_.at = 0;
    CHECK(bench_load(&b, &in_, &err) < 0);
    error_free(err);
    CHECK_EQ(device_read(chip, 0, 5, 1), 0x60);
    wire_fini(&s.w);
    type("ab");
    bench_reload(&b);
    CHECK_EQ(in(0), 'a');
    bench_fini(&b);
}

/* The stream with `old` in it replaced by as many bytes `new`: what does loading it say? */
static int load_with(struct saved *s, const void *old, const void *new, size_t n)
{
    struct wire in_ = { .buf = s->w.buf, .len = s->w.at };
    uint8_t *at = memmem(s->w.buf, s->w.at, old, n);
    struct error *err = NULL;
    int r;

    CHECK(at);
    memcpy(at, new, n);
    r = bench_load(&b, &in_, &err);
    error_free(err);
    memcpy(at, old, n);
    return r;
}
#define LOAD_WITH(s, old, new) load_with(s, old, new, sizeof(old) - 1)

static const uint8_t busy[] =
    "\0\x0c\0\0\xc1\0\x08\x01\xb0\0\x01"
    "\x05\x0aserial/tsr\0\0\0\1" "\0\0\0\1" "BA"
    "\x05\x10serial/recv_fifo\0\0\0\1" "ab\0\0\0\0\0\0\0\0\0\0\0\0\0\0" "\0\0\0\0" "\0\0\0\2"
    "\x05\x10serial/xmit_fifo\0\0\0\1" "AB\0\0\0\0\0\0\0\0\0\0\0\0\0\0" "\0\0\0\1" "\0\0\0\1"
    "\x05\x19serial/fifo_timeout_timer\0\0\0\1" "\0\0\0\0\0\x3f\x94\x08" "\x7e";

static void make_busy(void)
{
    begin();
    room = 0;
    out(2, 1);
    out(0, 'A');
    out(0, 'B');
    type("ab");
}

/* facts/migration/vmstate-dump.json, "serial" and its subsections; those that are not needed are not sent. */
static void subsections_carry_what_the_registers_do_not_show(void)
{
    struct saved s;

    make_busy();
    s = bench_save(&b, "serial");
    CHECK(!memcmp(s.fields, busy, sizeof(busy) - 1));
    wire_fini(&s.w);
    bench_reload(&b);
    machine_clock_step(b.m, 5 * 1041666);
    s = bench_save(&b, "serial");
    CHECK(!memmem(s.w.buf, s.w.at, "serial/fifo_timeout_timer", 25));
    CHECK(memmem(s.w.buf, s.w.at, "\x05\x17serial/timeout_ipending\0\0\0\1\0\0\0\1\x7e", 34));
    wire_fini(&s.w);
    bench_reload(&b);
    bench_fini(&b);
}

static void thr_ipending_is_sent_when_iir_does_not_tell_it(void)
{
    static const uint8_t shown[] = "\0\x0c\0\2\2\0\x08\x60\xb0\0\0\x7e";
    static const uint8_t hidden[] = "\0\x0c\0\0\1\0\x08\x60\xb0\0\0"
                                    "\x05\x13serial/thr_ipending\0\0\0\1\0\0\0\1\x7e";
    struct saved s;

    begin();
    out(1, 2);
    s = bench_save(&b, "serial");
    CHECK(!memcmp(s.fields, shown, sizeof(shown) - 1));
    CHECK(!LOAD_WITH(&s, "\0\x0c\0\2\2\0", "\0\x0c\0\2\1\0"));
    CHECK(!irq.level);
    CHECK(!LOAD_WITH(&s, "\0\x0c\0\2\2\0", "\0\x0c\0\2\xc2\0"));
    CHECK(irq.level);
    wire_fini(&s.w);
    out(1, 0);
    s = bench_save(&b, "serial");
    CHECK(!memcmp(s.fields, hidden, sizeof(hidden) - 1));
    wire_fini(&s.w);
    bench_reload(&b);
    CHECK(!irq.level);
    bench_fini(&b);
}

static void versions_and_values_out_of_range_are_refused(void)
{
    struct saved s;

    make_busy();
    s = bench_save(&b, "serial");
    CHECK(!LOAD_WITH(&s, "\0\0\0\1BA", "\0\0\0\4BA"));
    CHECK(LOAD_WITH(&s, "\0\0\0\1BA", "\0\0\0\5BA") < 0);
    CHECK(!LOAD_WITH(&s, "\0\0\0\0\0\0\0\2", "\0\0\0\x0f\0\0\0\x10"));
    CHECK(LOAD_WITH(&s, "\0\0\0\0\0\0\0\2", "\0\0\0\x0f\0\0\0\x11") < 0);
    CHECK(LOAD_WITH(&s, "\0\0\0\0\0\0\0\2", "\0\0\0\x10\0\0\0\2") < 0);
    CHECK(!LOAD_WITH(&s, "\0\0\0\1\0\0\0\1\5", "\0\0\0\x0f\0\0\0\x10\5"));
    CHECK(LOAD_WITH(&s, "\0\0\0\1\0\0\0\1\5", "\0\0\0\x0f\0\0\0\x11\5") < 0);
    CHECK(LOAD_WITH(&s, "\0\0\0\1\0\0\0\1\5", "\0\0\0\x10\0\0\0\1\5") < 0);
    CHECK(LOAD_WITH(&s, "\0\0\0\3\0\x0c", "\0\0\0\4\0\x0c") < 0);
    CHECK(LOAD_WITH(&s, "serial/tsr\0\0\0\1", "serial/tsr\0\0\0\2") < 0);
    wire_fini(&s.w);
    bench_fini(&b);
}

/* fcr_vmstate is sent from version 3 on; version 2 is the oldest. */
static void version_2_has_no_fcr_and_there_is_no_version_1(void)
{
    struct error *err = NULL;
    struct saved s;
    uint8_t *fcr;

    begin();
    s = bench_save(&b, "serial");
    fcr = (uint8_t *)s.fields + 10;
    ((uint8_t *)s.fields)[-1] = 2;
    memmove(fcr, fcr + 1, s.w.buf + s.w.at - fcr - 1);
    s.w.at--;
    out(2, 0xc1);
    CHECK(!bench_load(&b, &(struct wire){ .buf = s.w.buf, .len = s.w.at }, NULL));
    CHECK_EQ(in(2), 0x01);
    ((uint8_t *)s.fields)[-1] = 1;
    CHECK(bench_load(&b, &(struct wire){ .buf = s.w.buf, .len = s.w.at }, &err) < 0);
    error_free(err);
    wire_fini(&s.w);
    bench_fini(&b);
}

/* What was on its way goes on where it is loaded: the byte, the time-out, the line. */
static void a_loaded_chip_goes_on_by_itself(void)
{
    struct saved s;

    make_busy();
    out(1, 1);
    s = bench_save(&b, "serial");
    bench_fini(&b);
    begin();
    CHECK(!bench_load(&b, &(struct wire){ .buf = s.w.buf, .len = s.w.at }, NULL));
    machine_run_posted(b.m);
    CHECK(n_sent == 2 && !memcmp(sent, "AB", 2));
    CHECK_EQ(machine_clock_next(b.m), 4 * 1041666);
    machine_clock_step(b.m, 4 * 1041666);
    CHECK(irq.level && b.lines->level[4]);
    bench_reload(&b);
    wire_fini(&s.w);
    s = bench_save(&b, "serial");
    bench_fini(&b);
    begin();
    CHECK(!bench_load(&b, &(struct wire){ .buf = s.w.buf, .len = s.w.at }, NULL));
    CHECK(irq.level && b.lines->level[4]);
    CHECK_EQ(in(0), 'a');
    wire_fini(&s.w);
    bench_fini(&b);
}

/* 8.6.3, table V: MODEM status is the fourth; "reset control: reading the MODEM Status Register". */
static void modem_status_comes_last_and_reading_msr_clears_it(void)
{
    struct saved s;

    begin();
    s = bench_save(&b, "serial");
    CHECK(!LOAD_WITH(&s, "\x08\x60\xb0", "\x08\x60\xf4"));    /* the ring has ended */
    wire_fini(&s.w);
    CHECK(!irq.level);
    out(1, 0x0a);
    CHECK_EQ(in(2), 0x02);
    CHECK(irq.level);
    CHECK_EQ(in(2), 0x00);
    CHECK_EQ(in(6), 0xf4);
    CHECK(!irq.level);
    CHECK_EQ(in(2), 0x01);
    CHECK_EQ(in(6), 0xf0);
    bench_fini(&b);
}

int main(void)
{
    epoch_thread_init();
    TEST(the_wire_form_is_the_references);
    TEST(subsections_carry_what_the_registers_do_not_show);
    TEST(thr_ipending_is_sent_when_iir_does_not_tell_it);
    TEST(versions_and_values_out_of_range_are_refused);
    TEST(version_2_has_no_fcr_and_there_is_no_version_1);
    TEST(a_loaded_chip_goes_on_by_itself);
    TEST(modem_status_comes_last_and_reading_msr_clears_it);
    epoch_thread_fini();
    return test_end();
}
