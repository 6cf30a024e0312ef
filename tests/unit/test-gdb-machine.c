/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/char.h"
#include "gdb/machine.h"
#include "gdb/packet.h"
#include "gdb/session.h"
#include "tests/unit/tcg-bench.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

/*
 * The gdb server's target on the software CPU: vCPUs that stop, step and stand, run states, memory through page tables
 *
 * Two vCPUs count in loops of their own: the first in word COUNT of its page, the second in the next one's.  The second
 * starts where the first is, which only the test can do.
 */

enum { RAM_BYTES = 4 << 20, CODE = 0x8000, OTHER = 0x9000, COUNT = 0x100000, COUNT2 = 0x101000, ROM = 0xf00000 };

GUEST(counts, 32, "1: incl 0x100000; incl %eax; mov %eax,%ebx; jmp 1b");
GUEST(counts_too, 32, "1: incl 0x101000; jmp 1b");
enum { AFTER_INC = CODE + 6, MOV = CODE + 7, JMP = CODE + 9 };  /* inc %eax has one byte in 32-bit code */

static struct {
    struct loop *loop;
    struct machine *m;
    struct ram_block *ram, *rom;
    struct region ram_region, rom_region;
    struct gdb_machine target;
    struct gdb_session *session;
    struct gdb_peer peer;
    struct machine_observer observer;
    GString *said;
    struct gdb_in in;
    unsigned stops, resumes;
    enum run_state last;
} rig;

static size_t take(struct gdb_peer *p, const char *bytes, size_t n)
{
    g_string_append_len(rig.said, bytes, (gssize)n);
    return n;
}

static void observed(struct machine_observer *o, enum machine_event event, enum shutdown_cause cause)
{
    const struct debug_stop *stop = machine_debug_stop(rig.m);

    rig.stops += event == EVENT_STOP;
    rig.resumes += event == EVENT_RESUME;
    if (event != EVENT_STOP)
        return;
    rig.last = rig.m->run_state;
    gdb_session_stopped(rig.session, gdb_machine_signal(rig.m), stop->cpu ? stop->cpu->index : 0,
                        stop->why == DEBUG_NOTHING ? NULL : stop);
}

static void reset_boot(struct machine *m)
{
    struct x86_state st;

    for (unsigned n = 0; n < 2; n++) {
        tcg_state_flat(&st, m, true);
        st.rip = n ? OTHER : CODE;
        m->accel->ops->vcpu_put(m->vcpus[n], &st);
        m->vcpus[n]->halted = m->vcpus[n]->wait_sipi = false;
    }
}

static void start(void)
{
    struct machine *m;

    memset(&rig, 0, sizeof(rig));
    m = rig.m = tcg_machine_new(&rig.loop, 2);
    rig.ram = ram_region_new(m, &rig.ram_region, "pc.ram", RAM_BYTES);
    region_map(m, &m->memory, 0, &rig.ram_region, 0);
    CHECK(!machine_ram_new(m, &(struct ram_config){ .name = "rom", .size = 0x1000 }, &rig.rom, NULL));
    memset(rig.rom->host, 0x5a, 0x1000);
    region_init_rom(&rig.rom_region, "rom", rig.rom, 0, 0x1000);
    region_map(m, &m->memory, ROM, &rig.rom_region, 1);
    memcpy(rig.ram->host + CODE, counts, counts_end - counts);
    memcpy(rig.ram->host + OTHER, counts_too, counts_too_end - counts_too);
    tcg_cpus_start(m);
    m->reset_boot = reset_boot;
    machine_reset(m, true);
    rig.said = g_string_new(NULL);
    rig.peer.write = take;
    rig.observer.fn = observed;
    gdb_machine_init(&rig.target, &(struct gdb_config){ .machine = m });
    rig.session = gdb_session_new(&rig.target.target, &rig.peer);
    machine_observe(m, &rig.observer);
    gdb_session_open(rig.session);
}

static void finish(void)
{
    machine_stop(rig.m, RUN_PAUSED, NULL);
    machine_unobserve(&rig.observer);
    gdb_session_free(rig.session);
    g_string_free(rig.said, TRUE);
    region_drop(rig.m, &rig.rom_region);
    region_drop(rig.m, &rig.ram_region);
    machine_free(rig.m);
    loop_free(rig.loop);
}

static const char *said(void)
{
    gdb_in_init(&rig.in);
    for (size_t i = 0; i < rig.said->len; i++)
        if (gdb_in_byte(&rig.in, (uint8_t)rig.said->str[i]) == GDB_CAME_PACKET) {
            g_string_erase(rig.said, 0, (gssize)i + 1);
            return rig.in.data;
        }
    return NULL;
}

static void say(const char *packet)
{
    GString *out = g_string_new(NULL);

    gdb_frame(out, packet, strlen(packet));
    gdb_session_feed(rig.session, out->str, out->len);
    g_string_free(out, TRUE);
}

/* A command and its reply, which may have to wait for a vCPU. */
static const char *ask(const char *packet)
{
    const char *reply;

    say(packet);
    while (!(reply = said()))
        loop_turn(rig.loop, -1);
    return reply;
}
#define ASK(packet, reply) CHECK_STR(ask(packet), reply)

static uint32_t word(uint64_t gpa)
{
    return atomic_load((_Atomic uint32_t *)(void *)(rig.ram->host + gpa));
}

static uint64_t rip(unsigned cpu)
{
    struct x86_state st;

    rig.target.target.ops->state_get(&rig.target.target, cpu, &st);
    return st.rip;
}

static void a_breakpoint_stops_all_vcpus_with_state_debug(void)
{
    uint32_t before;

    start();
    ASK("Z0,8007,1", "OK");
    ASK("c", "T05thread:01;");
    CHECK_EQ(rig.last, RUN_DEBUG);
    CHECK_EQ(rig.m->run_state, RUN_DEBUG);
    CHECK(rig.resumes == 1 && rig.stops == 1);
    CHECK_EQ(rip(0), MOV);
    before = word(COUNT2);
    for (unsigned n = 0; n < 20; n++)
        sched_yield();
    CHECK_EQ(word(COUNT2), before);
    finish();
}

static void the_vcpu_that_met_it_is_named(void)
{
    start();
    ASK("Z1,9000,1", "OK");
    ASK("c", "T05thread:02;");
    CHECK_EQ(rip(1), OTHER);
    finish();
}

static void a_step_moves_one_vcpu_by_one_instruction(void)
{
    static const uint64_t want[] = { AFTER_INC, MOV, JMP, CODE, AFTER_INC };
    uint64_t ns;

    start();
    ns = machine_clock_ns(rig.m);
    for (unsigned n = 0; n < 5; n++) {
        ASK("vCont;s:1", "T05thread:01;");
        CHECK_EQ(rip(0), want[n]);
        CHECK_EQ(rip(1), OTHER);
    }
    CHECK_EQ(word(COUNT), 2);
    CHECK_EQ(word(COUNT2), 0);
    CHECK_EQ(machine_clock_ns(rig.m), ns);                      /* NOTIMER */
    ASK("Qqemu.sstep=1", "OK");
    ASK("s", "T05thread:01;");
    CHECK(machine_clock_ns(rig.m) > ns);
    finish();
}

static void vcpus_that_are_not_named_stand_while_others_run(void)
{
    start();
    say("vCont;c:2");
    WAIT_FOR(word(COUNT2) > 1000);
    CHECK_EQ(word(COUNT), 0);
    gdb_session_feed(rig.session, "\x03", 1);
    CHECK_STR(said(), "T02thread:01;");
    CHECK_EQ(rig.m->run_state, RUN_PAUSED);
    CHECK(!machine_start(rig.m, NULL));                         /* the monitor's cont lets all go */
    WAIT_FOR(word(COUNT) > 1000);
    finish();
}

static void a_watchpoint_names_its_address(void)
{
    start();
    ASK("Z2,101000,4", "OK");
    ASK("c", "T05thread:02;watch:0000000000101000;");
    CHECK_EQ(word(COUNT2), 1);
    CHECK_EQ(rip(1), OTHER + 6);
    ASK("c", "T05thread:02;watch:0000000000101000;");
    CHECK_EQ(word(COUNT2), 2);
    finish();
}

static void breakpoints_that_come_and_go_are_met_and_not_met(void)
{
    start();
    for (unsigned n = 0; n < 50; n++) {
        ASK("Z0,8007,1", "OK");
        ASK("vCont;c:1", "T05thread:01;");
        CHECK_EQ(rip(0), MOV);
        CHECK_EQ(word(COUNT), n + 1);
        ASK("z0,8007,1", "OK");
        ASK("vCont;s:1", "T05thread:01;");
    }
    say("vCont;c:1");
    WAIT_FOR(word(COUNT) > 1000);
    finish();
}

/* It was reset: what a step or a hold wanted is over. */
static void a_reset_lets_all_vcpus_go(void)
{
    start();
    say("vCont;c:2");
    WAIT_FOR(word(COUNT2) > 100);
    machine_request_reset(rig.m, CAUSE_HOST_QMP_SYSTEM_RESET);
    do
        loop_turn(rig.loop, 1);
    while (word(COUNT) < 100);
    CHECK(machine_running(rig.m));
    finish();
}

static void a_stop_by_others_is_told_once_and_takes_the_breakpoints_word(void)
{
    start();
    say("c");
    WAIT_FOR(word(COUNT) > 100);
    machine_stop(rig.m, RUN_PAUSED, NULL);
    CHECK_STR(said(), "T02thread:01;");
    loop_turn(rig.loop, 0);
    CHECK(!said());
    ASK("Z0,8007,1", "OK");
    say("c");
    machine_stop(rig.m, RUN_PAUSED, NULL);      /* perhaps as a vCPU comes to the breakpoint */
    CHECK_STR(said(), "T02thread:01;");
    for (unsigned n = 0; n < 5; n++)
        loop_turn(rig.loop, 0);
    CHECK_EQ(rig.m->run_state, RUN_PAUSED);
    CHECK(!said());
    finish();
}

static void code_that_is_written_is_what_runs(void)
{
    start();
    ASK("Z0,8007,1", "OK");
    ASK("c", "T05thread:01;");
    ASK("M8006,1:90", "OK");                    /* nop in place of inc %eax */
    ASK("P0=0500000000000000", "OK");
    ASK("vCont;s:1", "T05thread:01;");
    ASK("vCont;s:1", "T05thread:01;");
    ASK("c", "T05thread:01;");
    ASK("p0", "0500000000000000");
    finish();
}

static void memory_that_is_not_there_and_rom_are_not_written(void)
{
    start();
    ASK("m400000,1", "E14");
    ASK("m3fffff,2", "E14");
    ASK("M400000,1:00", "E14");
    ASK("mf00000,4", "5a5a5a5a");
    ASK("Mf00000,1:00", "E14");
    ASK("m100000000,1", "E14");
    finish();
}

/* Linear page 1000h is physical page 8000h; PAE, so that long mode is not needed. */
static void memory_is_what_the_vcpu_sees(void)
{
    static const uint64_t pdpt = 0x20001, pd = 0x21003, entries[3] = { 0x3, 0x8003, 0 };
    struct x86_state st;

    start();
    memcpy(rig.ram->host + 0x1f000, &pdpt, 8);
    memcpy(rig.ram->host + 0x20000, &pd, 8);
    memcpy(rig.ram->host + 0x21000, entries, sizeof(entries));
    rig.target.target.ops->state_get(&rig.target.target, 0, &st);
    st.cr0 |= CR0_PG;
    st.cr4 |= CR4_PAE;
    st.cr3 = 0x1f000;
    rig.target.target.ops->state_put(&rig.target.target, 0, &st);
    ASK("m1000,2", "ff05");                     /* incl */
    ASK("m2000,1", "E14");
    ASK("mfff,3", "00ff05");
    ASK("Hg2", "OK");
    ASK("m1000,2", "0000");                     /* the other vCPU has no paging */
    ASK("Hg1", "OK");
    ASK("Qqemu.PhyMemMode:1", "OK");
    ASK("m1000,2", "0000");
    ASK("m8000,2", "ff05");
    finish();
}

static void line_20_that_is_masked_is_masked_for_a_debugger(void)
{
    struct x86_state st;

    start();
    rig.ram->host[0x100000] = 0x11;
    rig.ram->host[0] = 0x22;
    ASK("m100000,1", "11");
    rig.target.target.ops->state_get(&rig.target.target, 0, &st);
    st.a20 = 0;
    rig.target.target.ops->state_put(&rig.target.target, 0, &st);
    ASK("m100000,1", "22");
    ASK("mfffff,2", "0022");
    finish();
}

static void a_debugger_that_leaves_takes_breakpoints_out_of_a_running_machine(void)
{
    start();
    ASK("Z0,9000,1", "OK");
    say("vCont;c:1");
    WAIT_FOR(word(COUNT) > 100);
    gdb_session_close(rig.session);
    CHECK(machine_running(rig.m));
    WAIT_FOR(word(COUNT2) > 100);
    finish();
}

static void detach_lets_the_machine_go_and_kill_ends_it(void)
{
    start();
    ASK("Z0,8007,1", "OK");
    ASK("c", "T05thread:01;");
    ASK("D", "OK");
    WAIT_FOR(word(COUNT) > 1000);
    CHECK(machine_running(rig.m));
    gdb_session_open(rig.session);
    CHECK_EQ(rig.m->run_state, RUN_PAUSED);
    say("k");
    CHECK(rig.m->quit_requested);
    finish();
}

/* What the client of the socket reads, when it ends with a packet's sum. */
static const char *client_said(int fd, char *buf, size_t room)
{
    size_t n = 0;

    while (n < 3 || buf[n - 3] != '#') {
        ssize_t r = recv(fd, buf + n, n + 1 < room ? 1 : 0, MSG_DONTWAIT);

        CHECK(r > 0 || (r < 0 && errno == EAGAIN));
        if (r > 0)
            n++;
        else
            loop_turn(rig.loop, 1);
    }
    buf[n] = 0;
    return buf;
}

static int client_connect(const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
    CHECK(!connect(fd, (struct sockaddr *)&at, sizeof(at)));
    return fd;
}

#define CLIENT_SAYS(text) CHECK_EQ(send(fd, text, sizeof(text) - 1, 0), sizeof(text) - 1)
#define CLIENT_HEARS(text) CHECK_STR(client_said(fd, buf, sizeof(buf)), text)

static void a_server_serves_its_chardev(void)
{
    struct chardev_config *cfg = malloc(sizeof(*cfg));
    char folder[] = "/tmp/rhea-gdb-XXXXXX", path[40], spec[80], buf[64];
    struct gdb_config server = { 0 };
    struct gdb_server *s;
    struct chardevs set;
    struct chardev *chr;
    uint32_t before;
    int fd;

    start();
    CHECK(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/gdb", folder);
    snprintf(spec, sizeof(spec), "unix:%s,server=on,wait=off", path);
    chardevs_init(&set, rig.loop);
    CHECK(!chardev_parse_legacy(cfg, "-gdb", spec, "gdb", NULL));
    chr = chardev_open(&set, cfg, NULL);
    CHECK(chr && !machine_start(rig.m, NULL));
    server.machine = rig.m;
    s = gdb_server_new(&server, chr, NULL);
    CHECK(s && gdb_server_chardev(s) == chr && !gdb_server_busy(s));
    CHECK(!gdb_server_new(&server, chr, NULL));                 /* it is taken */
    fd = client_connect(path);
    while (machine_running(rig.m))
        loop_turn(rig.loop, 1);
    CHECK_EQ(rig.m->run_state, RUN_PAUSED);
    CLIENT_SAYS("$Z0,8007,1#e2$c#63");
    CLIENT_HEARS("+$OK#9a");
    CLIENT_HEARS("+$T05thread:01;#07");
    CLIENT_SAYS("$qRcmd,78#92");
    CLIENT_HEARS("+$#00");                                      /* no monitor */
    close(fd);
    while (chardev_is_open(chr))
        loop_turn(rig.loop, 1);
    before = word(COUNT);
    fd = client_connect(path);
    CLIENT_SAYS("$vCont;c:1#13");                               /* the breakpoint went with the first */
    while (word(COUNT) < before + 1000)
        loop_turn(rig.loop, 1);
    machine_request_quit(rig.m, 3);
    CLIENT_HEARS("+$W03#ba");
    close(fd);
    gdb_server_free(s);
    chardevs_fini(&set);
    rmdir(folder);
    free(cfg);
    finish();
}

static void signals_say_how_it_came_to_stand(void)
{
    static const struct { enum run_state state; enum gdb_signal signal; } cases[] = {
        { RUN_DEBUG, GDB_SIGNAL_TRAP }, { RUN_PAUSED, GDB_SIGNAL_INT }, { RUN_SHUTDOWN, GDB_SIGNAL_QUIT },
        { RUN_IO_ERROR, GDB_SIGNAL_IO }, { RUN_WATCHDOG, GDB_SIGNAL_ALRM }, { RUN_INTERNAL_ERROR, GDB_SIGNAL_ABRT },
        { RUN_FINISH_MIGRATE, GDB_SIGNAL_XCPU }, { RUN_GUEST_PANICKED, GDB_SIGNAL_UNKNOWN },
    };
    struct machine m = { 0 };

    for (unsigned n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        m.run_state = cases[n].state;
        CHECK_EQ(gdb_machine_signal(&m), cases[n].signal);
    }
}

int main(int argc, char **argv)
{
    tcg_bench_init(argc, argv);
    TEST(a_breakpoint_stops_all_vcpus_with_state_debug);
    TEST(the_vcpu_that_met_it_is_named);
    TEST(a_step_moves_one_vcpu_by_one_instruction);
    TEST(vcpus_that_are_not_named_stand_while_others_run);
    TEST(a_watchpoint_names_its_address);
    TEST(breakpoints_that_come_and_go_are_met_and_not_met);
    TEST(a_reset_lets_all_vcpus_go);
    TEST(a_stop_by_others_is_told_once_and_takes_the_breakpoints_word);
    TEST(code_that_is_written_is_what_runs);
    TEST(memory_that_is_not_there_and_rom_are_not_written);
    TEST(memory_is_what_the_vcpu_sees);
    TEST(line_20_that_is_masked_is_masked_for_a_debugger);
    TEST(a_debugger_that_leaves_takes_breakpoints_out_of_a_running_machine);
    TEST(detach_lets_the_machine_go_and_kill_ends_it);
    TEST(a_server_serves_its_chardev);
    TEST(signals_say_how_it_came_to_stand);
    return test_end();
}
