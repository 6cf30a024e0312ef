/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Fuzz target: every command of the generated table, with arguments after the schema and broken ones
 *
 * The bytes are choices: a machine (none, or a small one; nothing executes), a run state, then commands.  A command's
 * arguments are made from its type, member by member, and now and then something else stands there.  They go through
 * a session as a client's would, so each is read, answered and told of.  Asserted: what comes out is JSON; every
 * request is answered once, in order, or its session was closed before; the session goes on.
 *
 * The process stands in a folder of its own, and no string from here leads out of it.  Left out by name: see banned().
 * With RHEA_FUZZ_SHOW in the environment requests and replies are shown.
 */

#include "tests/fuzz/fuzz.h"
#include "qapi/json-parse.h"
#include "qapi/qapi-commands.h"
#include "tests/unit/program-bench.h"

#include <assert.h>
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { COMMANDS = 24, DEPTH = 5, TURNS = 64, FILE_BYTES = 8 << 20 };

const unsigned fuzz_short_rounds = 1500;
const struct fuzz_seed fuzz_seeds[] = { { NULL, 0 } };

/* Choices */

static struct { const uint8_t *at, *end; uint64_t seed; } choices;

static void choices_from(const uint8_t *data, size_t size)
{
    choices.at = data;
    choices.end = data + size;
    choices.seed = 0xcbf29ce484222325;
    for (size_t i = 0; i < size; i++)
        choices.seed = (choices.seed ^ data[i]) * 0x100000001b3;
}

/* 0 to n - 1: after the bytes, and when there are none left, after what they were. */
static unsigned choose(unsigned n)
{
    unsigned value = 0;

    for (unsigned range = n; range > 1; range = (range + 255) / 256) {
        choices.seed = choices.seed * 6364136223846793005 + 1442695040888963407;
        value = value << 8 | (choices.at < choices.end ? *choices.at++ : (uint8_t)(choices.seed >> 56));
    }
    return n ? value % n : 0;
}

static bool rarely(void)
{
    return choose(16) == 1;
}

#define PICK(pool) (pool)[choose(sizeof(pool) / sizeof((pool)[0]))]

static const char *const words[] = {
    "a", "b", "out", "folder", "folder/out", "/dev/full", "/dev/null", "nowhere/out", "", "ring", "line", "serial0",
    "parallel0", "pc.ram", "vga0", "pci.0", "/machine", "/objects", "/objects/a", "/machine/unattached/device[0]",
    "type", "realized", "size", "hotplugged", "rtc-time", "pci-testdev", "isa-serial", "VGA", "qemu64-x86_64-cpu",
    "max", "iothread", "isa-debugcon", "i6300esb", "device", "1", "-1", "0x10", "18446744073709551615", "1G", "on",
    "info status", "info qtree", "info mtree -f", "info registers -a", "info pic", "stop", "cont", "system_reset",
    "sendkey ctrl-alt-delete 1", "x /9xg 0", "xp /300ib 0", "print 1", "memsave 0 16 out", "pmemsave 0 4096 out",
    "device_add pci-testdev,id=a", "device_del a", "object_add iothread,id=b", "object_del b", "qom-list /machine",
    "chardev-add null,id=a", "chardev-remove a", "screendump out", "dump-guest-memory out", "help", "mouse_move 1 1",
    "gdbserver none", "nmi", "system_wakeup", "ringbuf_write ring hello", "ringbuf_read ring 99", "info nothing", "i",
};
static const char *const numbers[] = {
    "0", "1", "2", "3", "7", "8", "64", "255", "256", "4095", "4096", "65536", "1048576", "16777216", "-1", "-4096",
    "2147483647", "2147483648", "4294967296", "9223372036854775807", "-9223372036854775808", "18446744073709551615",
    "0.5", "1e30", "99999999999999999999",
};

static void make_string(GString *to)
{
    const char *word = PICK(words);

    g_string_append_c(to, '"');
    if (!rarely())
        g_string_append(to, word);
    for (unsigned n = rarely() ? choose(200) : 0; n; n--) {
        unsigned c = choose(256);

        /* No slash, so that no path leads out of the folder. */
        g_string_append_c(to, c < ' ' || c == '/' || c == '"' || c == '\\' || c >= 0x7f ? '.' : (char)c);
    }
    g_string_append_c(to, '"');
}

/* Any JSON. */
static void make_any(GString *to, unsigned depth)
{
    static const char *const plain[] = { "null", "true", "false", "[]", "{}", "[[[]]]", "{\"a\": {}}" };
    unsigned n = choose(4);

    if (n == 0 || depth > DEPTH) {
        g_string_append(to, PICK(plain));
    } else if (n == 1) {
        g_string_append(to, PICK(numbers));
    } else if (n == 2) {
        make_string(to);
    } else {
        g_string_append_c(to, '[');
        for (unsigned i = choose(3); i; i--) {
            make_any(to, depth + 1);
            g_string_append(to, i > 1 ? "," : "");
        }
        g_string_append_c(to, ']');
    }
}

/* After the schema */

/* Branches of unions, and members. */
static bool banned(const char *word)
{
    static const char *const list[] = {
        "stdio",        /* a chardev that would take the test's own input and output */
        "pty",          /* each takes one of the host's, of which there are few */
        "prealloc",     /* takes as much of the host's memory as a size says, at once */
    };

    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        if (!strcmp(list[i], word))
            return true;
    return false;
}

static void make_value(GString *to, const struct qapi_type *t, unsigned depth);

static void make_members(GString *to, const struct qapi_type *t, unsigned depth, unsigned tag)
{
    for (unsigned i = 0; i < t->num_members; i++) {
        const struct qapi_member *m = &t->members[i];

        if (banned(m->name) || (m->optional ? choose(3) != 1 : rarely() && rarely()))
            continue;
        g_string_append_printf(to, "%s\"%s\": ", to->str[to->len - 1] == '{' ? "" : ", ", m->name);
        if (m == t->tag)
            g_string_append_printf(to, "\"%s\"", m->type->values[tag]);
        else if (!strcmp(m->name, "host"))      /* no name, which the host's resolver would be asked for */
            g_string_append(to, choose(2) ? "\"127.0.0.1\"" : "\"::1\"");
        else
            make_value(to, m->type, depth + 1);
    }
    if (t->tag && t->variants[tag])
        make_members(to, t->variants[tag], depth, 0);
}

static void make_object(GString *to, const struct qapi_type *t, unsigned depth)
{
    unsigned tag = t->tag ? choose(t->tag->type->num_values) : 0;

    if (t->tag && banned(t->tag->type->values[tag]))
        tag = 0;
    g_string_append_c(to, '{');
    make_members(to, t, depth, tag);
    if (rarely())
        g_string_append_printf(to, "%s\"%s\": 1", to->str[to->len - 1] == '{' ? "" : ", ", PICK(words));
    g_string_append_c(to, '}');
}

static void make_list(GString *to, const struct qapi_type *t, unsigned depth)
{
    g_string_append_c(to, '[');
    for (unsigned i = depth > DEPTH ? 0 : rarely() ? 300 : choose(4); i; i--) {
        make_value(to, t->element, depth + 1);
        g_string_append(to, i > 1 ? "," : "");
    }
    g_string_append_c(to, ']');
}

static void make_value(GString *to, const struct qapi_type *t, unsigned depth)
{
    enum qapi_kind kind = rarely() || depth > 2 * DEPTH ? QAPI_ANY : t->kind;

    switch (kind) {
    case QAPI_NULL:
        g_string_append(to, "null");
        return;
    case QAPI_BOOL:
        g_string_append(to, choose(2) ? "true" : "false");
        return;
    case QAPI_INT:
    case QAPI_UINT:
    case QAPI_NUMBER:
        g_string_append(to, PICK(numbers));
        return;
    case QAPI_STRING:
        make_string(to);
        return;
    case QAPI_ENUM:
        g_string_append_printf(to, "\"%s\"", t->values[choose(t->num_values)]);
        return;
    case QAPI_OBJECT:
        make_object(to, t, depth);
        return;
    case QAPI_LIST:
        make_list(to, t, depth);
        return;
    case QAPI_ALTERNATE:
        make_value(to, t->members[choose(t->num_members)].type, depth + 1);
        return;
    case QAPI_ANY:
        make_any(to, depth);
    }
}

/* A client */

static struct client {
    struct monitor_out out;
    struct monitor_session *session;
    struct json_parser *parser;
    unsigned asked, answered;
} client;

static size_t client_hears(struct monitor_out *out, const char *text, size_t n)
{
    struct json value;
    struct json_fault fault;
    size_t left = n;
    enum json_result r;

    (void)out;
    if (getenv("RHEA_FUZZ_SHOW"))
        fwrite(text, 1, n, stderr);
    while ((r = json_parser_next(client.parser, &text, &left, &value, &fault)) != JSON_MORE) {
        assert(r == JSON_VALUE);
        if (json_get(&value, "id")) {
            assert(json_get(&value, "id")->i == ++client.answered);
            assert(!json_get(&value, "return") != !json_get(&value, "error"));
        } else if (json_get(&value, "error")) {
            client.answered++;          /* not even read: a key twice */
        }
        json_fini(&value);
    }
    return n;
}

static void client_says(const char *text, size_t n)
{
    while (n) {
        size_t piece = n < MONITOR_FEED_BYTES ? n : MONITOR_FEED_BYTES;

        monitor_session_feed(client.session, text, piece);
        text += piece;
        n -= piece;
    }
}

static void client_comes(void)
{
    static const char hello[] = "{\"execute\": \"qmp_capabilities\", \"id\": 1}";

    client.asked = 1;
    client.answered = 0;
    json_parser_restart(client.parser);
    monitor_session_open(client.session);
    client_says(hello, strlen(hello));
    assert(client.answered == 1);
}

static void client_asks(void)
{
    const struct qapi_command *c = &qapi_commands.commands[choose(qapi_commands.num)];
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "{\"execute\": \"%s\"", c->name);
    if (c->arg || rarely()) {
        g_string_append(text, ", \"arguments\": ");
        if (c->arg)
            make_object(text, c->arg, 0);
        else
            make_any(text, 0);
    }
    g_string_append_printf(text, ", \"id\": %u}", ++client.asked);
    if (getenv("RHEA_FUZZ_SHOW"))
        fprintf(stderr, "%s\n", text->str);
    client_says(text->str, text->len);
    g_string_free(text, TRUE);
}

/* What takes long is waited for, or its session is closed. */
static void client_waits(void)
{
    bool patient = !rarely();

    for (unsigned turn = 0; turn < TURNS && client.answered < client.asked; turn++)
        loop_turn(program.loop, patient ? 100 : 0);
    if (client.answered == client.asked)
        return;
    monitor_session_close(client.session);
    client_comes();
}

/* The machine */

static char folder[] = "/tmp/rhea-fuzz-XXXXXX";

static int entry_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void folder_remove(void)
{
    nftw(folder, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static void stand_in_a_folder(void)
{
    static const struct rlimit file_bytes = { FILE_BYTES, FILE_BYTES };

    if (!strstr(folder, "XXXXXX"))
        return;
    /* A dump of all that an address can name ends here. */
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &file_bytes);
    assert(mkdtemp(folder) && !chdir(folder) && !mkdir("folder", 0700));
    atexit(folder_remove);
}

/* In that state, or, where nothing leads there, in the one in which it was made. */
static void machine_enter(enum run_state state)
{
    if (run_state_legal(m->run_state, state) && state != RUN_RUNNING) {
        machine_state_set(m, state, NULL);
        return;
    }
    machine_start(m, NULL);
    if (state != RUN_RUNNING && run_state_legal(RUN_RUNNING, state))
        machine_stop(m, state, NULL);
}

static void machine_talk(void)
{
    client.out.write = client_hears;
    client.parser = json_parser_new(JSON_LIMITS_QMP);
    client.session = monitor_qmp_new(program.monitor, &client.out, false);
    client_comes();
    for (unsigned n = choose(COMMANDS) + 1; n; n--) {
        client_asks();
        loop_turn(program.loop, 0);
        client_waits();
    }
    monitor_session_free(client.session);
    json_parser_free(client.parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const machines[] = {
        "-M none", "-M pc -m 8 -vga none -chardev ringbuf,id=ring -serial chardev:ring",
        "-M q35 -m 8 -vga std -chardev null,id=line",
    };

    choices_from(data, size);
    stand_in_a_folder();
    program_begin(PICK(machines));
    machine_enter(choose(RUN_STATES));
    machine_talk();
    program_end();
    return 0;
}
