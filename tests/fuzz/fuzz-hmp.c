/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Fuzz target: the human monitor on any bytes: as keys of a terminal, as a line, and as an expression
 *
 * Behind it every QMP command fails and every register is 1, so what is tried is the monitor itself: line editor,
 * completion, arguments, formats.  Also asserted: what a printer gets is within its bounds, and a session is ready
 * again after every line.
 */

#include "monitor/monitor.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>

const unsigned fuzz_short_rounds = 20000;
const struct fuzz_seed fuzz_seeds[] = {
    FUZZ_TEXT("p/x (1+2)*$eax-~3/'a'\rx/4xw 0xfffffff0\r"),
    FUZZ_TEXT("info \t\x1b[A\x1b[D\x1b[3~\x01\x05\x0b\x15\x17help sys\t\r\r"),
    FUZZ_TEXT("i/b 0x70.1\ro/w 0x80 65536\rdump-guest-memory -p -z \"a\\nb\" 1 2\r"),
    FUZZ_TEXT("sendkey ctrl-al\t\x1b[H\x1b[F\x1bOHtrace-event a on 3\rlogfile /us\t\r"),
    { NULL, 0 },
};

static bool ones(void *target, int64_t cpu, const char *name, uint64_t *val)
{
    *val = 1;
    return *name;
}

static void print(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    assert(args->num <= HMP_ARGS && args->format.count <= HMP_FORMAT_COUNT);
    for (unsigned i = 0; i < args->num; i++)
        text_out_printf(out, "%s=%lld %s\n", args->arg[i].name, (long long)args->arg[i].number,
                        args->arg[i].text ? "text" : "");
    if (args->format.size)
        hmp_number_print(&args->format, (uint64_t)hmp_args_number(args, "addr", 0), out);
}

static int fail(struct qapi_ctx *ctx, void *arg, void *ret, struct error **err)
{
    return qapi_fail(ctx, -ENOSYS, QAPI_GENERIC_ERROR, "not here");
}

#define FAILS(name_) { .name = name_, .call = fail }
static const struct qapi_command commands[] = {
    FAILS("chardev-remove"), FAILS("chardev-send-break"), FAILS("cont"), FAILS("dump-guest-memory"),
    FAILS("inject-nmi"), FAILS("input-send-event"), FAILS("memsave"), FAILS("object-add"), FAILS("object-del"),
    FAILS("pmemsave"), FAILS("qom-get"), FAILS("qom-list"), FAILS("qom-list-types"), FAILS("qom-set"),
    FAILS("query-chardev"), FAILS("query-chardev-backends"), FAILS("query-cpus-fast"), FAILS("query-dump"),
    FAILS("query-hotpluggable-cpus"), FAILS("query-iothreads"), FAILS("query-memdev"),
    FAILS("query-memory-size-summary"), FAILS("query-mice"), FAILS("query-pci"), FAILS("query-status"),
    FAILS("quit"), FAILS("ringbuf-write"), FAILS("screendump"), FAILS("send-key"), FAILS("stop"),
    FAILS("system_powerdown"), FAILS("system_reset"), FAILS("system_wakeup"), FAILS("watchdog-set-action"),
    FAILS("x-query-numa"), FAILS("x-query-ramblock"),
};

static size_t swallow(struct monitor_out *out, const char *bytes, size_t n)
{
    return n;
}

static void drop(struct text_out *out, const char *text, size_t n)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct qapi_commands table = { commands, sizeof(commands) / sizeof(commands[0]), NULL, NULL };
    const struct monitor_info printers[] = { { "x", print }, { "xp", print }, { "i", print }, { "o", print },
                                             { "trace-event", print }, { "registers", print }, { "mtree", print } };
    struct monitor *m = monitor_new(&(struct monitor_config){
        .env = { .table = &table }, .package = "", .reg = ones, .info = printers, .num_info = 7 });
    struct monitor_out out = { .write = swallow };
    struct monitor_session *s = monitor_hmp_new(m, &out);
    char *line = g_strndup((const char *)data, size);

    monitor_session_open(s);
    for (size_t at = 0; at < size; at += MONITOR_FEED_BYTES) {
        size_t n = size - at < MONITOR_FEED_BYTES ? size - at : MONITOR_FEED_BYTES;

        monitor_session_feed(s, (const char *)data + at, n);
        assert(monitor_session_ready(s));
    }
    monitor_line_run(m, line, &(struct text_out){ drop });
    monitor_session_free(s);
    monitor_free(m);
    g_free(line);
    return 0;
}
