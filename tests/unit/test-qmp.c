/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

/*
 * Monitors: what the reference answers to tests/facts/qmp/questions.txt is in probes.txt; we answer the
 * same.  Then sessions beside each other, slow peers, commands that go on, and peers that leave.
 */

#include "lib/error.h"
#include "monitor/monitor.h"
#include "qapi/json-parse.h"
#include "qapi/qapi-commands.h"
#include "qapi/qapi-events.h"

#include "chardev/char.h"
#include "lib/loop.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A machine that has nothing but a run state. */
static struct {
    struct qapi_sink sink;
    enum qapi_run_state state;
    bool slow;                  /* stop goes on until machine_finish() */
    struct qapi_ctx *stopping;
} machine;

int qmp_query_kvm(struct qapi_ctx *ctx, struct qapi_kvm_info *ret, struct error **err)
{
    return 0;
}

int qmp_query_status(struct qapi_ctx *ctx, struct qapi_status_info *ret, struct error **err)
{
    ret->status = machine.state;
    ret->running = machine.state == QAPI_RUN_STATE_RUNNING;
    return 0;
}

static void machine_stopped(void)
{
    if (machine.state == QAPI_RUN_STATE_RUNNING) {
        machine.state = QAPI_RUN_STATE_PAUSED;
        qapi_event_stop(&machine.sink);
    }
}

static void machine_finish(void)
{
    struct qapi_ctx *ctx = machine.stopping;

    machine.stopping = NULL;
    machine_stopped();
    qapi_finish(ctx, 0, NULL);
}

int qmp_stop(struct qapi_ctx *ctx, struct error **err)
{
    if (machine.slow) {
        machine.stopping = ctx;
        return QAPI_LATER;
    }
    machine_stopped();
    return 0;
}

int qmp_cont(struct qapi_ctx *ctx, struct error **err)
{
    if (machine.state != QAPI_RUN_STATE_RUNNING) {
        machine.state = QAPI_RUN_STATE_RUNNING;
        qapi_event_resume(&machine.sink);
    }
    return 0;
}

int qmp_quit(struct qapi_ctx *ctx, struct error **err)
{
    qapi_event_shutdown(&machine.sink, false, QAPI_SHUTDOWN_CAUSE_HOST_QMP_QUIT);
    return 0;
}

/* The file's name is its own answer. */
static char screendump[200];
int qmp_screendump(struct qapi_ctx *ctx, const struct qapi_screendump_arg *arg, struct error **err)
{
    snprintf(screendump, sizeof(screendump), "%s %s %d %s", arg->filename, arg->device ? arg->device : "-",
             arg->has_head ? (int)arg->head : -1, arg->format == QAPI_IMAGE_FORMAT_PNG ? "png" : "ppm");
    return 0;
}

int qmp_system_reset(struct qapi_ctx *ctx, struct error **err)
{
    qapi_event_reset(&machine.sink, false, QAPI_SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET);
    return 0;
}

int qmp_system_powerdown(struct qapi_ctx *ctx, struct error **err)
{
    qapi_event_powerdown(&machine.sink);
    return 0;
}

int qmp_query_uuid(struct qapi_ctx *ctx, struct qapi_uuid_info *ret, struct error **err)
{
    ret->UUID = strdup("00000000-0000-0000-0000-000000000000");
    return 0;
}

int qmp_query_vm_generation_id(struct qapi_ctx *ctx, struct qapi_guid_info *ret, struct error **err)
{
    return qapi_fail(ctx, -ENODEV, QAPI_GENERIC_ERROR, "VM Generation ID device not found");
}

int qmp_x_query_irq(struct qapi_ctx *ctx, struct qapi_human_readable_text *ret, struct error **err)
{
    ret->human_readable_text = strdup("IRQ statistics for ioapic:\n 0: 1\n");
    return 0;
}

/* Input; what it does is test-input's. */
int qmp_send_key(struct qapi_ctx *ctx, const struct qapi_send_key_arg *arg, struct error **err)
{
    return arg->keys.num == 1 && arg->has_hold_time && arg->hold_time == 7
               ? qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "seven") : 0;
}

int qmp_input_send_event(struct qapi_ctx *ctx, const struct qapi_input_send_event_arg *arg, struct error **err)
{
    return 0;
}

int qmp_query_mice(struct qapi_ctx *ctx, struct qapi_mouse_info_list *ret, struct error **err)
{
    return 0;
}

/* Character devices; what they do is test-char-qmp's. */
int qmp_query_chardev(struct qapi_ctx *ctx, struct qapi_chardev_info_list *ret, struct error **err)
{
    return 0;
}

int qmp_query_chardev_backends(struct qapi_ctx *ctx, struct qapi_chardev_backend_info_list *ret, struct error **err)
{
    return 0;
}

int qmp_chardev_add(struct qapi_ctx *ctx, const struct qapi_chardev_add_arg *arg, struct qapi_chardev_return *ret,
                    struct error **err)
{
    return 0;
}

int qmp_chardev_change(struct qapi_ctx *ctx, const struct qapi_chardev_change_arg *arg,
                       struct qapi_chardev_return *ret, struct error **err)
{
    return 0;
}

int qmp_chardev_remove(struct qapi_ctx *ctx, const struct qapi_chardev_remove_arg *arg, struct error **err)
{
    return 0;
}

int qmp_chardev_send_break(struct qapi_ctx *ctx, const struct qapi_chardev_send_break_arg *arg, struct error **err)
{
    return 0;
}

int qmp_yank(struct qapi_ctx *ctx, const struct qapi_yank_arg *arg, struct error **err)
{
    return 0;
}

int qmp_query_yank(struct qapi_ctx *ctx, struct qapi_yank_instance_list *ret, struct error **err)
{
    return 0;
}

int qmp_ringbuf_write(struct qapi_ctx *ctx, const struct qapi_ringbuf_write_arg *arg, struct error **err)
{
    return 0;
}

int qmp_ringbuf_read(struct qapi_ctx *ctx, const struct qapi_ringbuf_read_arg *arg, char **ret, struct error **err)
{
    *ret = strdup("");
    return 0;
}

/* Of the machine's power; what they do is test-power's and tests/qtest's. */
int qmp_system_wakeup(struct qapi_ctx *ctx, struct error **err)
{
    qapi_event_wakeup(&machine.sink);
    return 0;
}

int qmp_query_current_machine(struct qapi_ctx *ctx, struct qapi_current_machine_params *ret, struct error **err)
{
    ret->wakeup_suspend_support = true;
    return 0;
}

/* Of devices that come and go; what they do is tests/qtest's. */
int qmp_device_add(struct qapi_ctx *ctx, const struct qapi_device_add_arg *arg, struct error **err)
{
    return 0;
}

int qmp_device_del(struct qapi_ctx *ctx, const struct qapi_device_del_arg *arg, struct error **err)
{
    return 0;
}

int qmp_inject_nmi(struct qapi_ctx *ctx, struct error **err)
{
    return 0;
}

int qmp_watchdog_set_action(struct qapi_ctx *ctx, const struct qapi_watchdog_set_action_arg *arg, struct error **err)
{
    qapi_event_watchdog(&machine.sink, arg->action);
    return 0;
}

int qmp_set_action(struct qapi_ctx *ctx, const struct qapi_set_action_arg *arg, struct error **err)
{
    return 0;
}

/* Dumps are test-dump's; what a line of the human monitor becomes is told here. */
static char dumped[200];
int qmp_pmemsave(struct qapi_ctx *ctx, const struct qapi_pmemsave_arg *arg, struct error **err)
{
    snprintf(dumped, sizeof(dumped), "pmemsave %#" PRIx64 " %" PRId64 " %s", arg->val, arg->size, arg->filename);
    return 0;
}

int qmp_memsave(struct qapi_ctx *ctx, const struct qapi_memsave_arg *arg, struct error **err)
{
    snprintf(dumped, sizeof(dumped), "memsave %#" PRIx64 " %" PRId64 " %s %d", arg->val, arg->size, arg->filename,
             arg->has_cpu_index ? (int)arg->cpu_index : -1);
    return 0;
}

int qmp_dump_guest_memory(struct qapi_ctx *ctx, const struct qapi_dump_guest_memory_arg *arg, struct error **err)
{
    snprintf(dumped, sizeof(dumped), "dump %s%s%s %s %" PRId64 " %" PRId64, arg->protocol,
             arg->paging ? " paging" : "", arg->detach ? " detach" : "",
             qapi_enum_name(&qapi_type_dump_guest_memory_format, arg->format), arg->has_begin ? arg->begin : -1,
             arg->has_length ? arg->length : -1);
    return 0;
}

static struct qapi_dump_query_result dump_now;
int qmp_query_dump(struct qapi_ctx *ctx, struct qapi_dump_query_result *ret, struct error **err)
{
    *ret = dump_now;
    return 0;
}

int qmp_query_dump_guest_memory_capability(struct qapi_ctx *ctx, struct qapi_dump_guest_memory_capability *ret,
                                           struct error **err)
{
    return 0;
}

static void print_registers(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    text_out_printf(out, "CPU#%d%s\n", (int)hmp_args_number(args, "vcpu", cpu < 0 ? 0 : cpu),
                    hmp_args_has(args, "cpustate_all") ? " all" : "");
}

static void print_mtree(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    text_out_line(out, hmp_args_has(args, "flatview") ? "flat" : "tree");
}

/* A peer that takes what it has room for. */
struct peer {
    struct monitor_out out;
    struct monitor_session *session;
    GString *got;
    size_t room;
    unsigned resumed;
};

static uint64_t no_time(void)
{
    return 0;
}

static size_t peer_write(struct monitor_out *out, const char *bytes, size_t n)
{
    struct peer *p = (struct peer *)out;

    n = n < p->room ? n : p->room;
    p->room -= n;
    g_string_append_len(p->got, bytes, (gssize)n);
    return n;
}

static void peer_resume(struct monitor_out *out)
{
    ((struct peer *)out)->resumed++;
}

static struct monitor *monitor_start(void)
{
    static const struct monitor_info info[] = { { "registers", print_registers }, { "mtree", print_mtree } };
    struct monitor_config cfg = {
        .env = { .target = &machine, .sink = &machine.sink, .table = &qapi_commands },
        .major = 7, .minor = 2, .micro = 22, .package = "Debian 1:7.2+dfsg-7+deb12u18+b3", .guest_name = "foo",
        .info = info, .num_info = 2,
    };

    qapi_sink_init(&machine.sink);
    machine.sink.wall_ns = no_time;
    machine.state = QAPI_RUN_STATE_PRELAUNCH;
    machine.slow = false;
    return monitor_new(&cfg);
}

enum kind { QMP, PRETTY, HMP };

static void peer_start(struct peer *p, struct monitor *m, enum kind kind)
{
    *p = (struct peer){ .out = { peer_write, peer_resume }, .got = g_string_new(NULL), .room = SIZE_MAX };
    p->session = kind == HMP ? monitor_hmp_new(m, &p->out) : monitor_qmp_new(m, &p->out, kind == PRETTY);
    monitor_session_open(p->session);
}

static void peer_end(struct peer *p)
{
    monitor_session_free(p->session);
    g_string_free(p->got, TRUE);
    p->session = NULL;
}

static const char *ask(struct peer *p, const char *bytes)
{
    g_string_truncate(p->got, 0);
    monitor_session_feed(p->session, bytes, strlen(bytes));
    return p->got->str;
}

#define NEGOTIATE "{'execute':'qmp_capabilities'}"
#define OK "{\"return\": {}}\r\n"

/* The reference's answers */

static GString *unescape(const char *s)
{
    GString *out = g_string_new(NULL);

    for (; *s; s++) {
        unsigned byte;

        if (*s == '\\' && s[1] == '\\') {
            g_string_append_c(out, '\\');
            s++;
        } else if (*s == '\\' && sscanf(s, "\\x%2x", &byte) == 1) {
            g_string_append_c(out, (char)byte);
            s += 3;
        } else {
            g_string_append_c(out, *s);
        }
    }
    return out;
}

static GString *escape(const char *s, size_t n)
{
    GString *out = g_string_new(NULL);

    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\\')
            g_string_append(out, "\\\\");
        else if (s[i] >= ' ' && s[i] < 0x7f)
            g_string_append_c(out, s[i]);
        else
            g_string_append_printf(out, "\\x%02x", (unsigned char)s[i]);
    }
    return out;
}

struct replay {
    struct monitor *monitor;
    struct peer peer;
    size_t shown;
    char question[400];
    unsigned compared, wrong;
};

static void replay_compare(struct replay *r, const char *want)
{
    const char *start = r->peer.got->str + r->shown, *end = strchr(start, '\n');
    size_t n = end ? (size_t)(end + 1 - start) : strlen(start);
    GString *got = escape(start, n);

    r->shown += n;
    r->compared++;
    if (strcmp(got->str, want)) {
        printf("# %s\n# got:  %s\n# want: %s\n", r->question, got->str, want);
        r->wrong++;
    }
    g_string_free(got, TRUE);
}

/* All that was answered must have been expected. */
static void replay_check_rest(struct replay *r)
{
    if (r->peer.session && r->shown < r->peer.got->len)
        replay_compare(r, "");
}

static void replay_line(struct replay *r, const char *line)
{
    GString *bytes;

    if (!strncmp(line, "< ", 2)) {
        replay_compare(r, line + 2);
        return;
    }
    replay_check_rest(r);
    snprintf(r->question, sizeof(r->question), "%s", line);
    if (!strncmp(line, "connect", 7)) {
        if (r->peer.session)
            peer_end(&r->peer);
        monitor_free(r->monitor);
        r->monitor = monitor_start();
        peer_start(&r->peer, r->monitor, strstr(line, "hmp") ? HMP : strstr(line, "pretty") ? PRETTY : QMP);
    } else if (!strncmp(line, "> ", 2)) {
        bytes = unescape(line + 2);
        g_string_truncate(r->peer.got, 0);
        monitor_session_feed(r->peer.session, bytes->str, bytes->len);
        g_string_free(bytes, TRUE);
    }
    r->shown = 0;
}

static void answers_are_the_reference_s_to_the_byte(void)
{
    struct replay r = { 0 };
    char *text, **lines;

    CHECK(g_file_get_contents(TEST_SOURCE_DIR "/tests/facts/qmp/probes.txt", &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        if (**line && **line != '#')
            replay_line(&r, *line);
    replay_check_rest(&r);
    peer_end(&r.peer);
    monitor_free(r.monitor);
    g_strfreev(lines);
    g_free(text);
    CHECK_EQ(r.wrong, 0);
    CHECK(r.compared > 250);
}

/* Sessions */

static void events_go_to_all_negotiated_sessions(void)
{
    struct monitor *m = monitor_start();
    struct peer a, b, c;

    peer_start(&a, m, QMP);
    peer_start(&b, m, QMP);
    peer_start(&c, m, QMP);
    ask(&a, NEGOTIATE);
    ask(&b, NEGOTIATE);
    ask(&c, "");
    ask(&a, "");
    CHECK_STR(ask(&b, "{'execute':'system_reset','id':'b'}"),
              "{\"timestamp\": {\"seconds\": 0, \"microseconds\": 0}, \"event\": \"RESET\", \"data\": "
              "{\"guest\": false, \"reason\": \"host-qmp-system-reset\"}}\r\n{\"return\": {}, \"id\": \"b\"}\r\n");
    CHECK_STR(a.got->str, "{\"timestamp\": {\"seconds\": 0, \"microseconds\": 0}, \"event\": \"RESET\", \"data\": "
              "{\"guest\": false, \"reason\": \"host-qmp-system-reset\"}}\r\n");
    CHECK_STR(c.got->str, "");
    peer_end(&b);
    ask(&a, "{'execute':'system_powerdown'}");
    CHECK_STR(a.got->str, "{\"timestamp\": {\"seconds\": 0, \"microseconds\": 0}, \"event\": \"POWERDOWN\"}\r\n" OK);
    peer_end(&a);
    peer_end(&c);
    monitor_free(m);
}

static void negotiation_restarts_on_every_connection(void)
{
    struct monitor *m = monitor_start();
    struct peer p;

    peer_start(&p, m, QMP);
    CHECK_STR(ask(&p, NEGOTIATE "{'exec"), OK);
    monitor_session_close(p.session);
    g_string_truncate(p.got, 0);
    monitor_session_open(p.session);
    CHECK(!strncmp(p.got->str, "{\"QMP\": {", 9));
    CHECK_STR(ask(&p, "{'execute':'stop'}"), "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": "
              "\"Expecting capabilities negotiation with 'qmp_capabilities'\"}}\r\n");
    peer_end(&p);
    monitor_free(m);
}

static void in_band_commands_run_in_order(void)
{
    struct monitor *m = monitor_start();
    struct peer p;

    peer_start(&p, m, QMP);
    machine.slow = true;
    ask(&p, NEGOTIATE);
    CHECK_STR(ask(&p, "{'execute':'stop','id':1}{'execute':'query-name','id':2}{bad}"), "");
    CHECK(!monitor_session_ready(p.session));
    CHECK_EQ(p.resumed, 0);
    machine_finish();
    CHECK(!strncmp(p.got->str, "{\"return\": {}, \"id\": 1}\r\n{\"return\": {\"name\": \"foo\"}, \"id\": 2}\r\n"
                   "{\"error\":", 60));
    CHECK(monitor_session_ready(p.session));
    CHECK_EQ(p.resumed, 1);
    peer_end(&p);
    monitor_free(m);
}

static void with_oob_eight_requests_are_read_ahead(void)
{
    struct monitor *m = monitor_start();
    struct peer p;

    peer_start(&p, m, QMP);
    machine.slow = true;
    ask(&p, "{'execute':'qmp_capabilities','arguments':{'enable':['oob']}}");
    ask(&p, "{'execute':'stop'}");
    for (int i = 0; i < 8; i++) {
        CHECK(monitor_session_ready(p.session));
        CHECK_STR(ask(&p, "{'execute':'query-name'}"), "");
        if (i == 3)
            CHECK_STR(ask(&p, "{'exec-oob':'query-name','id':0}"), "{\"id\": 0, \"error\": "
                      "{\"class\": \"GenericError\", \"desc\": \"The command query-name does not support OOB\"}}\r\n");
    }
    CHECK(!monitor_session_ready(p.session));
    g_string_truncate(p.got, 0);
    machine_finish();
    CHECK_EQ(p.got->len, strlen(OK) + 8 * strlen("{\"return\": {\"name\": \"foo\"}}\r\n"));
    peer_end(&p);
    monitor_free(m);
}

static void a_command_outlives_its_session(void)
{
    struct monitor *m = monitor_start();
    struct peer p;

    peer_start(&p, m, QMP);
    machine.slow = true;
    ask(&p, NEGOTIATE);
    ask(&p, "{'execute':'stop'}{'execute':'stop'}");
    peer_end(&p);
    machine_finish();
    peer_start(&p, m, QMP);
    ask(&p, NEGOTIATE "{'execute':'human-monitor-command','arguments':{'command-line':'stop'}}");
    peer_end(&p);
    machine_finish();
    peer_start(&p, m, HMP);
    ask(&p, "stop\r");
    peer_end(&p);
    machine_finish();
    monitor_free(m);
}

static void a_peer_that_does_not_read_is_not_read_from(void)
{
    struct monitor *m = monitor_start();
    struct peer p;
    unsigned asked = 0;

    peer_start(&p, m, QMP);
    ask(&p, NEGOTIATE);
    p.room = 10;
    while (monitor_session_ready(p.session) && asked < 10000) {
        ask(&p, "{'execute':'query-commands'}");
        asked++;
    }
    CHECK(asked > 1 && asked < 100);
    p.room = SIZE_MAX;
    p.resumed = 0;
    monitor_session_drain(p.session);
    CHECK(monitor_session_ready(p.session));
    CHECK_EQ(p.resumed, 1);
    CHECK_STR(ask(&p, "{'execute':'query-name'}"), "{\"return\": {\"name\": \"foo\"}}\r\n");
    peer_end(&p);
    monitor_free(m);
}

static void a_slow_peer_gets_every_byte(void)
{
    struct monitor *m = monitor_start();
    struct peer fast, slow;

    peer_start(&fast, m, QMP);
    peer_start(&slow, m, QMP);
    ask(&fast, NEGOTIATE);
    ask(&slow, NEGOTIATE);
    ask(&fast, "{'execute':'query-qmp-schema'}");
    slow.room = 0;
    ask(&slow, "{'execute':'query-qmp-schema'}");
    while (slow.got->len < fast.got->len) {
        slow.room = 7;
        monitor_session_drain(slow.session);
    }
    CHECK_STR(slow.got->str, fast.got->str);
    peer_end(&fast);
    peer_end(&slow);
    monitor_free(m);
}

static void query_commands_names_what_runs(void)
{
    struct monitor *m = monitor_start();
    struct peer p;
    struct json reply;
    const struct json *list;

    peer_start(&p, m, QMP);
    ask(&p, NEGOTIATE);
    CHECK(!json_parse(ask(&p, "{'execute':'query-commands'}"), &reply, NULL));
    list = json_get(&reply, "return");
    CHECK_EQ(list->num, qapi_commands.num);
    for (uint32_t i = 0; i < list->num; i++)
        CHECK(qapi_command_find(&qapi_commands, json_get_string(json_at(list, i), "name")));
    json_fini(&reply);
    peer_end(&p);
    monitor_free(m);
}

static void text_for_people_comes_with_its_line_ends(void)
{
    struct monitor *m = monitor_start();
    struct peer p;

    peer_start(&p, m, QMP);
    ask(&p, NEGOTIATE);
    CHECK_STR(ask(&p, "{'execute':'x-query-irq'}"),
              "{\"return\": {\"human-readable-text\": \"IRQ statistics for ioapic:\\n 0: 1\\n\"}}\r\n");
    peer_end(&p);
    monitor_free(m);
}

/* The human monitor */

static const char *human(struct peer *p, const char *line)
{
    static char printed[4000];
    struct json reply;
    const char *s;

    CHECK(!json_parse(ask(p, T("{'execute':'human-monitor-command','arguments':{'command-line':'%s'}}", line)),
                      &reply, NULL));
    s = json_get_string(&reply, "return");
    snprintf(printed, sizeof(printed), "%s", s ? s : "no text");
    json_fini(&reply);
    return printed;
}

static void info_prints_what_main_has_wired(void)
{
    struct monitor *m = monitor_start();
    struct peer p;

    peer_start(&p, m, QMP);
    ask(&p, NEGOTIATE);
    CHECK_STR(human(&p, "info registers"), "CPU#0\r\n");
    CHECK_STR(human(&p, "info registers -a"), "CPU#0 all\r\n");
    CHECK_STR(human(&p, "info registers 3"), "CPU#3\r\n");
    CHECK_STR(human(&p, "info mtree -f"), "flat\r\n");
    CHECK_STR(human(&p, "sendkey ctrl-alt-f1"), "");
    CHECK_STR(human(&p, "sendkey a 7"), "Error: seven\r\n");
    CHECK_STR(human(&p, "sendkey a-b 7"), "");
    CHECK_STR(human(&p, "sendkey 0x1e 7"), "Error: seven\r\n");
    CHECK_STR(human(&p, "sendkey <"), "");
    CHECK_STR(human(&p, "sendkey a--b"), "invalid parameter: \r\n");
    CHECK_STR(human(&p, "sendkey 0x"), "invalid parameter: 0x\r\n");
    CHECK_STR(human(&p, "sendkey 0x1z"), "invalid parameter: 0x1z\r\n");
    CHECK_STR(human(&p, "sendkey ctrl-abcdefghijklmnopqrstuvwxyz0123456789"),
              "invalid parameter: abcdefghijklmnopqrstuvwxyz01234\r\n");
    CHECK_STR(human(&p, "info mtree -f -d"), "flat\r\n");
    CHECK_STR(human(&p, "info mtree -d -f"), "mtree: unsupported option -f\r\n"
              "Try \"help info mtree\" for more information\r\n");
    CHECK_STR(human(&p, "info qtree"), "unknown command: 'info qtree'\r\n");
    CHECK(!strstr(human(&p, "info"), "qtree"));
    CHECK(strstr(human(&p, "help"), "\r\nquit|q  -- "));
    CHECK(!strncmp(human(&p, "help info mtree"), "info mtree [-f][-d][-o][-D] -- ", 31));
    CHECK_STR(human(&p, "help q"), "quit|q  -- end the emulator\r\n");
    peer_end(&p);
    monitor_free(m);
}

/* Line by line: what becomes of it, and what the reference answers where it is wrong. */
static void dumps_have_words_of_their_own_there(void)
{
    struct monitor *m = monitor_start();
    struct peer p;

    peer_start(&p, m, QMP);
    ask(&p, NEGOTIATE);
    CHECK_STR(human(&p, "pmemsave 0x1000 16 a"), "");
    CHECK_STR(dumped, "pmemsave 0x1000 16 a");
    CHECK_STR(human(&p, "memsave -1 16 a"), "");
    CHECK_STR(dumped, "memsave 0xffffffffffffffff 16 a -1");
    CHECK_STR(human(&p, "pmemsave 0"), "unexpected end of expression\r\n"
              "Try \"help pmemsave\" for more information\r\n");
    CHECK_STR(human(&p, "dump-guest-memory o"), "");
    CHECK_STR(dumped, "dump file:o elf -1 -1");
    CHECK_STR(human(&p, "dump-guest-memory -p -d o 0 4096"), "");
    CHECK_STR(dumped, "dump file:o paging detach elf 0 4096");
    CHECK_STR(human(&p, "dump-guest-memory -z file:o"), "");
    CHECK_STR(dumped, "dump file:file:o kdump-zlib -1 -1");
    CHECK_STR(human(&p, "dump-guest-memory -w o 1"), "");
    CHECK_STR(dumped, "dump file:o win-dmp 1 -1");
    CHECK_STR(human(&p, "dump-guest-memory -z -l o"), "Error: only one of '-z|-l|-s|-w' can be set\r\n");
    CHECK_STR(human(&p, "dump-guest-memory"), "dump-guest-memory: filename expected\r\n"
              "Try \"help dump-guest-memory\" for more information\r\n");
    CHECK_STR(human(&p, "info dump"), "Status: none\r\n");
    dump_now = (struct qapi_dump_query_result){ QAPI_DUMP_STATUS_ACTIVE, 56, 10000 };
    CHECK_STR(human(&p, "info dump"), "Status: active\r\nFinished: 0.56 %\r\n");
    dump_now.status = QAPI_DUMP_STATUS_COMPLETED;
    CHECK_STR(human(&p, "info dump"), "Status: completed\r\n");
    peer_end(&p);
    monitor_free(m);
}

static void a_line_s_arguments_are_the_command_s(void)
{
    struct monitor *m = monitor_start();
    struct peer p;

    peer_start(&p, m, QMP);
    ask(&p, NEGOTIATE);
    CHECK_STR(human(&p, "screendump"), "screendump: filename expected\r\n"
              "Try \"help screendump\" for more information\r\n");
    CHECK_STR(human(&p, "screendump /x"), "");
    CHECK_STR(screendump, "/x - -1 ppm");
    CHECK_STR(human(&p, "screendump \"/x y\" -f png"), "");
    CHECK_STR(screendump, "/x y - -1 png");
    CHECK_STR(human(&p, "screendump /x -f ppm video1 2"), "");
    CHECK_STR(screendump, "/x video1 2 ppm");
    CHECK_STR(human(&p, "screendump /y -f"), "");
    CHECK_STR(screendump, "/y - -1 ppm");
    CHECK_STR(human(&p, "screendump /z -f gif"), "Error: Parameter 'format' does not accept value 'gif'\r\n");
    CHECK_STR(human(&p, "screendump /z -f \"a"), "screendump: unterminated string\r\n"
              "Try \"help screendump\" for more information\r\n");
    CHECK_STR(human(&p, "screendump -f png /x"), "invalid char '/' in expression\r\n"
              "Try \"help screendump\" for more information\r\n");
    CHECK_STR(screendump, "/y - -1 ppm");
    peer_end(&p);
    monitor_free(m);
}

static void the_prompt_waits_for_the_command(void)
{
    struct monitor *m = monitor_start();
    struct peer p;

    peer_start(&p, m, HMP);
    machine.slow = true;
    ask(&p, "stop\rinfo name\r");
    CHECK(g_str_has_suffix(p.got->str, "stop\x1b[K\r\n"));
    machine_finish();
    CHECK(strstr(p.got->str, "\r\n(qemu) i\x1b[K"));
    CHECK(g_str_has_suffix(p.got->str, "\r\nfoo\r\n(qemu) "));
    peer_end(&p);
    monitor_free(m);
}

static void tab_completes_names_of_commands(void)
{
    struct monitor *m = monitor_start();
    struct peer p;

    peer_start(&p, m, HMP);
    CHECK(g_str_has_suffix(ask(&p, "sto\t"), "stop \x1b[K"));
    CHECK(g_str_has_suffix(ask(&p, "\x17sy\t"), "(qemu) system_\x1b[K"));
    CHECK(g_str_has_suffix(ask(&p, "\x17info mt\t"), "info mtree \x1b[K"));
    CHECK(g_str_has_suffix(ask(&p, "\x17\x17zz\t"), "zz\x1b[K"));
    peer_end(&p);
    monitor_free(m);
}

static void a_line_too_long_is_cut_and_nothing_else(void)
{
    struct monitor *m = monitor_start();
    struct peer p;

    peer_start(&p, m, HMP);
    for (int i = 0; i < 6000; i++)
        ask(&p, "a");
    ask(&p, "\r");
    CHECK(strstr(p.got->str, "unknown command: 'aaa"));
    for (int i = 0; i < 200; i++)
        ask(&p, T("cmd%d\r", i));
    for (int i = 0; i < 100; i++)
        ask(&p, "\x1b[A");
    CHECK(g_str_has_suffix(ask(&p, "\x1b[B\r"), "(qemu) "));
    peer_end(&p);
    monitor_free(m);
}

static void without_the_focus_a_terminal_shows_nothing(void)
{
    struct monitor *m = monitor_start();
    struct peer p = { .out = { peer_write, peer_resume }, .got = g_string_new(NULL), .room = SIZE_MAX };

    p.session = monitor_hmp_new(m, &p.out);
    monitor_session_focus(p.session, false);
    monitor_session_open(p.session);
    CHECK_STR(p.got->str, "");
    monitor_session_focus(p.session, true);
    CHECK_STR(p.got->str, "QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) ");
    CHECK_STR(ask(&p, "i"), "i\x1b[K");
    monitor_session_focus(p.session, false);
    CHECK_STR(p.got->str, "i\x1b[K\r\n");
    monitor_session_focus(p.session, true);
    CHECK_STR(p.got->str, "i\x1b[K\r\n(qemu) ");
    CHECK_STR(ask(&p, "\r"), "\r\n(qemu) ");
    peer_end(&p);
    monitor_free(m);
}

/* Sessions on a chardev */

struct client { int fd; GString *got; };

static void client_connect(struct client *c, const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };

    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    c->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    c->got = g_string_new(NULL);
    CHECK(!connect(c->fd, (struct sockaddr *)&a, sizeof(a)));
}

/* Turns the loop until the last line is that one. */
static void client_await(struct client *c, struct loop *loop, const char *end)
{
    char bytes[4096];

    for (int i = 0; i < 1000 && !g_str_has_suffix(c->got->str, end); i++) {
        ssize_t n;

        loop_turn(loop, 10);
        n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (n > 0)
            g_string_append_len(c->got, bytes, n);
    }
    CHECK(g_str_has_suffix(c->got->str, end));
}

static void client_send(struct client *c, const char *bytes)
{
    CHECK_EQ(send(c->fd, bytes, strlen(bytes), 0), strlen(bytes));
}

static void client_end(struct client *c)
{
    close(c->fd);
    g_string_free(c->got, TRUE);
}

static void a_socket_s_clients_come_one_after_the_other(void)
{
    struct monitor *m = monitor_start();
    struct chardevs set;
    struct chardev_config cfg;
    struct loop *loop;
    struct client c;
    char dir[] = "/tmp/test-qmp-XXXXXX", path[100];

    CHECK(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/s", dir);
    CHECK(!loop_new(&loop, NULL));
    chardevs_init(&set, loop);
    CHECK(!chardev_parse_option(&cfg, T("socket,id=c0,path=%s,server=on,wait=off", path), NULL));
    struct chardev *chr = chardev_open(&set, &cfg, NULL);
    CHECK(chr);
    struct monitor_char *mon = monitor_char_new(m, chr, MONITOR_QMP, NULL);
    CHECK(mon && !monitor_char_new(m, chr, MONITOR_QMP, NULL));

    for (int round = 0; round < 3; round++) {
        client_connect(&c, path);
        client_await(&c, loop, "\"capabilities\": [\"oob\"]}}\r\n");
        client_send(&c, NEGOTIATE);
        for (int i = 0; i < 20; i++)
            client_send(&c, T("{'execute':'query-qmp-schema','id':%d}", i));
        client_await(&c, loop, ", \"id\": 19}\r\n");
        client_end(&c);
    }
    monitor_char_free(mon);
    chardevs_fini(&set);
    loop_free(loop);
    monitor_free(m);
    unlink(path);
    rmdir(dir);
}

/* The end of the program, right behind a reply that is longer than the chardev's ring. */
static void a_session_that_ends_tells_all_that_it_has_to_say(void)
{
    struct monitor *m = monitor_start();
    struct chardevs set;
    struct chardev_config cfg;
    struct loop *loop;
    struct client c;
    char dir[] = "/tmp/test-qmp-XXXXXX", path[100], bytes[4096];
    ssize_t n;

    CHECK(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/s", dir);
    CHECK(!loop_new(&loop, NULL));
    chardevs_init(&set, loop);
    CHECK(!chardev_parse_option(&cfg, T("socket,id=c0,path=%s,server=on,wait=off", path), NULL));
    struct chardev *chr = chardev_open(&set, &cfg, NULL);
    struct monitor_char *mon = monitor_char_new(m, chr, MONITOR_QMP, NULL);

    client_connect(&c, path);
    client_await(&c, loop, "\"capabilities\": [\"oob\"]}}\r\n");
    client_send(&c, NEGOTIATE);
    client_await(&c, loop, "{\"return\": {}}\r\n");
    client_send(&c, "{'execute':'query-qmp-schema','id':7}");
    loop_turn(loop, 10);
    monitor_char_free(mon);
    chardevs_fini(&set);
    while ((n = recv(c.fd, bytes, sizeof(bytes), 0)) > 0)
        g_string_append_len(c.got, bytes, n);
    CHECK(g_str_has_suffix(c.got->str, ", \"id\": 7}\r\n"));
    client_end(&c);
    loop_free(loop);
    monitor_free(m);
    unlink(path);
    rmdir(dir);
}

int main(void)
{
    TEST(answers_are_the_reference_s_to_the_byte);
    TEST(events_go_to_all_negotiated_sessions);
    TEST(negotiation_restarts_on_every_connection);
    TEST(in_band_commands_run_in_order);
    TEST(with_oob_eight_requests_are_read_ahead);
    TEST(a_command_outlives_its_session);
    TEST(a_peer_that_does_not_read_is_not_read_from);
    TEST(a_slow_peer_gets_every_byte);
    TEST(query_commands_names_what_runs);
    TEST(text_for_people_comes_with_its_line_ends);
    TEST(info_prints_what_main_has_wired);
    TEST(dumps_have_words_of_their_own_there);
    TEST(a_line_s_arguments_are_the_command_s);
    TEST(the_prompt_waits_for_the_command);
    TEST(tab_completes_names_of_commands);
    TEST(a_line_too_long_is_cut_and_nothing_else);
    TEST(without_the_focus_a_terminal_shows_nothing);
    TEST(a_socket_s_clients_come_one_after_the_other);
    TEST(a_session_that_ends_tells_all_that_it_has_to_say);
    return test_end();
}
