/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/gdb-bench.h"

/*
 * Commands of GDB's remote serial protocol, on a target that stands in for a machine: the manual of GDB, appendix E
 *
 * Where the manual leaves a choice, replies are those that the reference gave to the same packets.
 */

static struct gdb_bench b;

#define ASK(packet, reply) CHECK_STR(gdb_bench_ask(&b, packet), reply)

static void start(void)
{
    gdb_bench_init(&b);
}

static void finish(void)
{
    gdb_bench_fini(&b);
}

static void start_multiprocess(void)
{
    start();
    ASK("qSupported:multiprocess+;xmlRegisters=i386",
        "PacketSize=1000;qXfer:features:read+;vContSupported+;multiprocess+;QStartNoAckMode+");
}

static void a_debugger_that_comes_stops_the_target(void)
{
    gdb_bench_init(&b);
    b.running = true;
    gdb_session_open(b.session);
    CHECK_EQ(b.halts, 1);
    CHECK_EQ(b.said->len, 0);                   /* nobody has asked */
    ASK("?", "T05thread:01;");
    finish();
}

static void an_unknown_command_has_an_empty_reply(void)
{
    static const char *const unknown[] = {
        "", "R00", "b", "bc", "S05", "X0,1:a", "v", "vMustReplyEmpty", "vAttach", "vKill", "q", "Q", "qOffsets",
        "qSymbol::", "qTStatus", "QNonStop:1", "qXfer:auxv:read::0,100", "Z5,1000,1", "i", "vCont;", "\x80", "qCx",
        "qfThreadInfox",
    };

    start();
    for (unsigned n = 0; n < sizeof(unknown) / sizeof(unknown[0]); n++)
        ASK(unknown[n], "");
    finish();
}

static void malformed_commands_are_refused(void)
{
    static const char *const wrong[] = {
        "H", "Hg", "Hx1", "Hgp2.1", "Hg3", "Hgp1.3", "T", "T3", "Tp2.1", "m", "m0", "mzz,1", "m0;4", "m0,801", "m0,1g",
        "m10000000000000000,1", "M0,4:0102", "M0,1:012", "M0,1", "M0,ffffffffffffffff:00", "P0", "P0=1122", "P=00",
        "P10=112233445566778899", "Pzz=00", "G00", "Z", "Z0", "Z0,", "Z0,10", "Z0,10,", "Zq,1,1", "Z2,1000,0",
        "Z2,ffffffffffffffff,2", "vCont", "vContc", "vCont;c:", "vCont;c:p1.3", "vCont;c:p2.1", "vCont;C",
        "vCont;Czz", "vCont;c,", "cx", "c1g", "s1,", "C", "Cx", "C05,1", "D;2", "D;", "D1", "vAttach;2", "vAttach;",
        "vKill;2", "qRcmd,", "qRcmd,6", "qRcmd,6x", "qXfer:features:read:target.xml:0", "Qqemu.sstep=8", "Qqemu.sstep=",
        "Qqemu.PhyMemMode:", "qThreadExtraInfo,9", "qThreadExtraInfo", "qThreadExtraInfo,-1",
    };

    start();
    for (unsigned n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
        const char *reply = gdb_bench_ask(&b, wrong[n]);

        if (strcmp(reply, "E22"))
            printf("# %s\n", wrong[n]);
        CHECK_STR(reply, "E22");
        CHECK(!b.running && !b.killed);
    }
    finish();
}

static void every_vcpu_is_a_thread_of_process_1(void)
{
    start();
    ASK("qC", "QC01");
    ASK("qfThreadInfo", "m01,02");
    ASK("qsThreadInfo", "l");
    ASK("Hg2", "OK");
    ASK("qC", "QC02");
    ASK("Hg0", "OK");
    ASK("qC", "QC02");
    ASK("T2", "OK");
    ASK("qThreadExtraInfo,1", "4350552330205b72756e6e696e675d");        /* CPU#0 [running] */
    ASK("qThreadExtraInfo,2", "4350552331205b68616c746564205d");        /* CPU#1 [halted ] */
    finish();
    start_multiprocess();
    ASK("qfThreadInfo", "mp01.01,p01.02");
    ASK("Hgp1.2", "OK");
    ASK("qC", "QCp01.02");
    ASK("?", "T05thread:p01.02;");
    ASK("Tp1.1", "OK");
    ASK("Hgp1.-1", "OK");
    ASK("Hg-1", "OK");
    ASK("qAttached:1", "1");
    finish();
}

static void registers_are_those_of_the_chosen_thread(void)
{
    start();
    b.state[1].gpr[RAX] = 0x1122334455667788;
    ASK("p0", "0000000000000000");
    ASK("Hg2", "OK");
    ASK("p0", "8877665544332211");
    ASK("P10=0010000000000000", "OK");
    CHECK_EQ(b.state[1].rip, 0x1000);
    CHECK_EQ(b.state[0].rip, 0);
    ASK("P100=00", "OK");                       /* there is none: nothing is changed */
    ASK("p42", "E14");
    ASK("p", "E14");
    finish();
}

static void all_registers_are_read_and_written_together(void)
{
    GString *packet = g_string_new("G");
    const char *all;

    start();
    b.state[0].gpr[R15] = 0x55;
    b.state[0].rflags = FLAG_1;
    all = gdb_bench_ask(&b, "g");
    CHECK_EQ(strlen(all), 2 * (17 * 8 + 7 * 4 + 3 * 8 + 6 * 8 + 8 * 10 + 8 * 4 + 16 * 16 + 4));
    g_string_append(packet, all);
    memset(&b.state[0], 0, sizeof(b.state[0]));
    ASK(packet->str, "OK");
    CHECK_EQ(b.state[0].gpr[R15], 0x55);
    g_string_append(packet, "00");
    ASK(packet->str, "E22");
    g_string_free(packet, TRUE);
    finish();
}

static void memory_is_read_and_written_up_to_what_a_packet_holds(void)
{
    start();
    ASK("Mfffc,4:01020304", "OK");
    ASK("mfffc,4", "01020304");
    ASK("mfffc,5", "E14");
    ASK("Mfffc,5:0000000000", "E14");
    ASK("mfffc,4", "01020304");
    ASK("m0,0", "");
    CHECK_EQ(strlen(gdb_bench_ask(&b, "m0,800")), 0x1000);
    ASK("mffffffffffffffff,2", "E14");
    finish();
}

static void addresses_are_physical_when_asked_for(void)
{
    start();
    b.ram[4] = 0xab;
    ASK("qqemu.PhyMemMode", "0");
    ASK("Qqemu.PhyMemMode:1", "OK");
    ASK("qqemu.PhyMemMode", "1");
    ASK("m4,1", "E14");
    ASK("m1000004,1", "ab");
    ASK("M1000004,1:cd", "OK");
    ASK("Qqemu.PhyMemMode:0", "OK");
    ASK("m4,1", "cd");
    finish();
}

static void breakpoints_and_watchpoints_are_a_list_without_repetitions(void)
{
    start();
    ASK("Z0,1000,1", "OK");
    ASK("Z0,1000,1", "OK");
    CHECK_EQ(b.n_points, 1);
    ASK("Z1,1000,1", "OK");
    ASK("Z2,2000,4", "OK");
    ASK("Z3,3000,8", "OK");
    ASK("Z4,4000,2;X3,220027", "E22");
    ASK("Z4,4000,2", "OK");
    CHECK_EQ(b.n_points, 5);
    CHECK(b.point[0].kind == DEBUG_BREAK && b.point[0].lin == 0x1000);
    CHECK(b.point[2].kind == DEBUG_WATCH_WRITE && b.point[2].lin == 0x2000 && b.point[2].bytes == 4);
    CHECK(b.point[3].kind == DEBUG_WATCH_READ && b.point[3].bytes == 8);
    CHECK(b.point[4].kind == DEBUG_WATCH_ACCESS && b.point[4].bytes == 2);
    ASK("z0,1000,1", "OK");
    CHECK_EQ(b.n_points, 4);
    CHECK(b.point[0].kind == DEBUG_BREAK && b.point[0].lin == 0x1000);  /* Z1's */
    ASK("z0,1000,1", "OK");
    ASK("z3,3000,4", "OK");
    CHECK_EQ(b.n_points, 4);
    ASK("?", "T05thread:01;");                  /* a debugger that begins has none */
    CHECK_EQ(b.n_points, 0);
    finish();
}

static void what_the_target_has_no_room_for_is_refused_and_forgotten(void)
{
    char packet[24];

    start();
    b.most_points = 2;
    ASK("Z0,1,1", "OK");
    ASK("Z0,2,1", "OK");
    ASK("Z0,3,1", "E28");
    ASK("z0,1,1", "OK");
    CHECK_EQ(b.n_points, 1);
    CHECK_EQ(b.point[0].lin, 2);
    b.most_points = DEBUG_POINTS;
    for (unsigned n = 0; n < DEBUG_POINTS - 1; n++) {
        snprintf(packet, sizeof(packet), "Z0,%x,1", 0x1000 + n);
        ASK(packet, "OK");
    }
    ASK("Z0,1,1", "E28");
    finish();
}

static void going_is_answered_when_the_target_stands(void)
{
    struct debug_stop met = { .why = DEBUG_WATCHED, .kind = DEBUG_WATCH_READ, .lin = 0x8001 };

    start_multiprocess();
    ASK("c", "(nothing)");
    CHECK(b.running && b.plan[0] == DEBUG_RUN && b.plan[1] == DEBUG_RUN);
    b.running = false;
    gdb_session_stopped(b.session, GDB_SIGNAL_TRAP, 1, &met);
    CHECK_STR(gdb_bench_said(&b), "T05thread:p01.02;rwatch:0000000000008001;");
    ASK("qC", "QCp01.02");                      /* who stopped is the thread to ask about */
    gdb_session_stopped(b.session, GDB_SIGNAL_INT, 0, NULL);
    CHECK(!gdb_bench_said(&b));                 /* it was told */
    finish();
}

static void a_step_is_one_vcpus_and_the_others_stand(void)
{
    start();
    ASK("Hc2", "OK");
    ASK("s", "(nothing)");
    CHECK(b.plan[0] == DEBUG_HOLD && b.plan[1] == DEBUG_STEP_ONE);
    CHECK_EQ(b.step, DEBUG_STEP | DEBUG_STEP_NOIRQ | DEBUG_STEP_NOTIMER);
    b.running = false;
    gdb_session_stopped(b.session, GDB_SIGNAL_TRAP, 1, &(struct debug_stop){ .why = DEBUG_STEPPED });
    CHECK_STR(gdb_bench_said(&b), "T05thread:02;");
    ASK("s1234", "(nothing)");
    CHECK_EQ(b.state[1].rip, 0x1234);
    finish();
}

static void the_kind_of_step_is_chosen(void)
{
    start();
    ASK("qqemu.sstepbits", "ENABLE=1,NOIRQ=2,NOTIMER=4");
    ASK("qqemu.sstep", "0x7");
    ASK("Qqemu.sstep=1", "OK");
    ASK("qqemu.sstep", "0x1");
    ASK("qqemu.sstep=0x5", "OK");
    ASK("s", "(nothing)");
    CHECK_EQ(b.step, 5);
    gb_halt(&b.target);
    ASK("Qqemu.sstep=0", "OK");
    ASK("s", "(nothing)");
    CHECK(b.plan[0] == DEBUG_RUN && b.plan[1] == DEBUG_HOLD);   /* steps are off: it runs */
    ASK("qqemu.Supported", "T02thread:01;");                    /* a packet stops it, and is dropped */
    ASK("qqemu.Supported", "sstepbits;sstep;PhyMemMode");
    finish();
}

static void vcont_says_what_each_thread_does_the_first_word_counts(void)
{
    static const struct { const char *packet; enum debug_go plan[2]; } cases[] = {
        { "vCont;c", { DEBUG_RUN, DEBUG_RUN } },
        { "vCont;s:1", { DEBUG_STEP_ONE, DEBUG_HOLD } },
        { "vCont;s:2;c", { DEBUG_RUN, DEBUG_STEP_ONE } },
        { "vCont;c:p1.1;s:p1.-1", { DEBUG_RUN, DEBUG_STEP_ONE } },
        { "vCont;C05:1", { DEBUG_RUN, DEBUG_HOLD } },
        { "vCont;S05:2", { DEBUG_HOLD, DEBUG_STEP_ONE } },
        { "vCont;s;c:1", { DEBUG_STEP_ONE, DEBUG_STEP_ONE } },
        { "vCont;c:-1", { DEBUG_RUN, DEBUG_RUN } },
        { "C05", { DEBUG_RUN, DEBUG_RUN } },
    };

    start();
    ASK("vCont?", "vCont;c;C;s;S");
    for (unsigned n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        ASK(cases[n].packet, "(nothing)");
        CHECK_EQ(b.goes, n + 1);
        CHECK_EQ(b.plan[0], cases[n].plan[0]);
        CHECK_EQ(b.plan[1], cases[n].plan[1]);
        gb_halt(&b.target);
    }
    ASK("vCont;t", "");
    ASK("vCont;c:1;q", "");
    CHECK_EQ(b.goes, sizeof(cases) / sizeof(cases[0]));
    finish();
}

static void a_target_that_cannot_go_is_told_of_again(void)
{
    start();
    gdb_session_stopped(b.session, GDB_SIGNAL_QUIT, 0, NULL);
    b.go_fails = true;
    ASK("c", "T03thread:01;");
    ASK("qC", "QC01");
    finish();
}

static void an_interrupt_stops_it(void)
{
    start();
    ASK("c", "(nothing)");
    gdb_bench_raw(&b, "\x03");
    CHECK_STR(gdb_bench_said(&b), "T02thread:01;");
    gdb_bench_raw(&b, "\x03");                  /* it stands */
    CHECK_EQ(b.halts, 1);
    CHECK(!gdb_bench_said(&b));
    finish();
}

/* Somebody else let it go: the debugger does not wait for it, and gets its answer. */
static void a_target_that_others_let_go_stops_for_a_command(void)
{
    start();
    b.running = true;
    ASK("m0,1", "00");
    CHECK_EQ(b.halts, 1);
    finish();
}

static void a_debugger_that_detaches_leaves_a_target_that_runs(void)
{
    start();
    ASK("Z0,1000,1", "OK");
    ASK("D", "OK");
    CHECK(b.running && !b.n_points);
    b.running = false;
    gdb_session_stopped(b.session, GDB_SIGNAL_INT, 0, NULL);
    CHECK(!gdb_bench_said(&b));
    ASK("vAttach;1", "T05thread:01;");
    finish();
    start_multiprocess();
    ASK("D", "E22");                            /* of which process? */
    ASK("D;1", "OK");
    CHECK(b.running);
    finish();
}

static void a_debugger_that_is_gone_takes_its_breakpoints_along(void)
{
    start();
    ASK("Z0,1000,1", "OK");
    gdb_session_close(b.session);
    CHECK_EQ(b.n_points, 0);
    CHECK(!b.running);
    gdb_bench_raw(&b, "$?#3f");                 /* bytes that nobody waits for */
    gdb_session_open(b.session);
    ASK("qC", "QC01");
    finish();
}

static void kill_ends_the_process_and_its_end_is_told(void)
{
    start();
    ASK("k", "(nothing)");
    CHECK(b.killed);
    gdb_session_ended(b.session, 0);
    CHECK_STR(gdb_bench_said(&b), "W00");
    finish();
    start();
    ASK("vKill;1", "OK");
    CHECK(b.killed);
    gdb_session_ended(b.session, 37);
    CHECK_STR(gdb_bench_said(&b), "W25");
    finish();
}

static void the_description_is_read_in_pieces(void)
{
    char packet[64];
    GString *whole = g_string_new(NULL);
    const char *piece;

    start();
    ASK("qXfer:features:read:target.xml:0,ffb",
        "l<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target><architecture>i386:x86-64"
        "</architecture><xi:include href=\"i386-64bit.xml\"/></target>");
    ASK("qXfer:features:read:target.xml:5,10", "m version=\"1.0\"?>");
    ASK("qXfer:features:read:target.xml:1000,10", "E00");
    ASK("qXfer:features:read:nothing.xml:0,10", "E00");
    do {
        snprintf(packet, sizeof(packet), "qXfer:features:read:i386-64bit.xml:%zx,ffffffff", whole->len);
        piece = gdb_bench_ask(&b, packet);
        CHECK(*piece == 'm' || *piece == 'l');
        CHECK(strlen(piece) <= GDB_PACKET);
        g_string_append(whole, piece + 1);
    } while (*piece == 'm');
    CHECK(strstr(whole->str, "<reg name=\"rax\" bitsize=\"64\" type=\"int64\" regnum=\"0\"/>"));
    CHECK(strstr(whole->str, "<reg name=\"mxcsr\" bitsize=\"32\" type=\"x64_mxcsr\" regnum=\"65\" group=\"vector\"/>"));
    CHECK(g_str_has_suffix(whole->str, "</feature>\n"));
    g_string_free(whole, TRUE);
    finish();
}

static void the_monitor_speaks_in_packets_of_output(void)
{
    size_t bytes = 0;
    const char *said;

    start();
    ASK("qRcmd,696e666f", "O68656c6c6f0d0a");
    CHECK_STR(b.line, "info");
    CHECK_STR(gdb_bench_said(&b), "OK");
    gdb_bench_send(&b, "qRcmd,74657874203530303030", 26);       /* text 50000 */
    while ((said = gdb_bench_said(&b)) && *said == 'O' && strcmp(said, "OK")) {
        CHECK(strlen(said) <= GDB_PACKET);
        bytes += strlen(said + 1) / 2;
    }
    CHECK_EQ(bytes, 50000);
    CHECK_STR(said, "OK");
    finish();
}

static void packets_are_acknowledged_until_that_is_switched_off(void)
{
    start();
    gdb_bench_raw(&b, "$!#21");
    CHECK_STR(b.said->str, "+$OK#9a");
    gdb_bench_raw(&b, "-");
    CHECK_STR(b.said->str, "+$OK#9a$OK#9a");
    g_string_truncate(b.said, 0);
    gdb_bench_raw(&b, "$!#22");
    CHECK_STR(b.said->str, "-");
    ASK("QStartNoAckMode", "OK");
    g_string_truncate(b.said, 0);
    gdb_bench_raw(&b, "$!#21$!#22");
    CHECK_STR(b.said->str, "$OK#9a");
    finish();
}

static void who_does_not_listen_is_not_listened_to(void)
{
    start();
    b.room = 3;
    gdb_bench_raw(&b, "$m0,100#5a");
    CHECK(!gdb_session_ready(b.session));
    for (unsigned n = 0; n < 1000; n++)
        gdb_bench_raw(&b, "-");
    CHECK_EQ(b.said->len, 3);
    b.room = SIZE_MAX;
    gdb_session_drain(b.session);
    CHECK(gdb_session_ready(b.session));
    CHECK_EQ(b.said->len, 1 + 1 + 2 * 0x100 + 3);               /* once */
    finish();
}

static void a_packet_that_is_too_long_is_refused(void)
{
    GString *long_one = g_string_new("m");

    start();
    while (long_one->len < 2 * GDB_PACKET)
        g_string_append_c(long_one, '0');
    ASK(long_one->str, "E22");
    ASK("!", "OK");
    g_string_free(long_one, TRUE);
    finish();
}

/* Commands that exist, with whatever behind them, in whatever state: no crash, and the session goes on. */
static void anything_may_come_in_any_state(void)
{
    static const char *const words[] = {
        "?", "c", "C", "s", "D", "g", "G", "H", "Hg", "Hc", "k", "m", "M", "p", "P", "q", "Q", "T", "z0,", "Z0,", "Z2,",
        "Z9", "vCont;", "vCont;s:", "vAttach;", "vKill;", "qSupported:", "qXfer:features:read:target.xml:",
        "qXfer:features:read:i386-64bit.xml:", "qRcmd,", "qThreadExtraInfo,", "Qqemu.sstep=", "Qqemu.PhyMemMode:", "qC",
        "qfThreadInfo", "qsThreadInfo", "p1.", "-1", "0", "1", "7", "ffffffff", "ffffffffffffffff", "123456789abcdef0f",
        ",", ";", ":", "=", "#", "$", "}", "\x03", "+", "-", "00", "multiprocess+", "QStartNoAckMode",
    };
    enum { WORDS = sizeof(words) / sizeof(words[0]) };
    uint32_t random = 12345;

    start();
    for (unsigned n = 0; n < 20000; n++) {
        GString *packet = g_string_new(NULL);
        unsigned parts = (random >> 20) % 5 + 1;

        while (parts--) {
            random = random * 1664525 + 1013904223;
            g_string_append(packet, words[(random >> 16) % WORDS]);
        }
        if (random >> 30)
            gdb_bench_send(&b, packet->str, packet->len);
        else
            gdb_bench_raw(&b, packet->str);
        g_string_free(packet, TRUE);
        g_string_truncate(b.said, 0);
        if (n % 7 == 0 && b.running) {
            b.running = false;
            gdb_session_stopped(b.session, GDB_SIGNAL_TRAP, n % 2, &(struct debug_stop){ .why = DEBUG_BROKE });
        }
        if (n % 1000 == 0)
            gdb_session_open(b.session);
    }
    if (b.running)
        gb_halt(&b.target);
    gdb_session_open(b.session);
    ASK("!", "OK");
    finish();
}

int main(void)
{
    TEST(a_debugger_that_comes_stops_the_target);
    TEST(an_unknown_command_has_an_empty_reply);
    TEST(malformed_commands_are_refused);
    TEST(every_vcpu_is_a_thread_of_process_1);
    TEST(registers_are_those_of_the_chosen_thread);
    TEST(all_registers_are_read_and_written_together);
    TEST(memory_is_read_and_written_up_to_what_a_packet_holds);
    TEST(addresses_are_physical_when_asked_for);
    TEST(breakpoints_and_watchpoints_are_a_list_without_repetitions);
    TEST(what_the_target_has_no_room_for_is_refused_and_forgotten);
    TEST(going_is_answered_when_the_target_stands);
    TEST(a_step_is_one_vcpus_and_the_others_stand);
    TEST(the_kind_of_step_is_chosen);
    TEST(vcont_says_what_each_thread_does_the_first_word_counts);
    TEST(a_target_that_cannot_go_is_told_of_again);
    TEST(an_interrupt_stops_it);
    TEST(a_target_that_others_let_go_stops_for_a_command);
    TEST(a_debugger_that_detaches_leaves_a_target_that_runs);
    TEST(a_debugger_that_is_gone_takes_its_breakpoints_along);
    TEST(kill_ends_the_process_and_its_end_is_told);
    TEST(the_description_is_read_in_pieces);
    TEST(the_monitor_speaks_in_packets_of_output);
    TEST(packets_are_acknowledged_until_that_is_switched_off);
    TEST(who_does_not_listen_is_not_listened_to);
    TEST(a_packet_that_is_too_long_is_refused);
    TEST(anything_may_come_in_any_state);
    return test_end();
}
