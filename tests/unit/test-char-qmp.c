/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Chardevs that come, change and go while the machine runs: the sentences of chardev_remove() and chardev_change(), and
 * what the QMP commands answer.  Replies are the reference's where clients may know them.
 */

#include "core/machine.h"
#include "lib/ring.h"
#include "qapi/json-parse.h"
#include "qapi/qapi-commands.h"
#include "tests/unit/char-bench.h"

static struct machine machine;

static void done_asking(struct qapi_ctx *ctx, struct json *ret, const struct qapi_fault *fault)
{
    GString *text = ctx->opaque;

    if (fault)
        g_string_append(text, fault->desc);
    else
        json_print(ret, JSON_COMPACT, text);
}

/* The reply, or the error's description.  Quotes are single. */
static const char *ask(const char *command, const char *args)
{
    static GString *text;
    char *quoted = strdup(args);
    struct json json;

    if (text)
        g_string_free(text, TRUE);
    text = g_string_new(NULL);
    for (char *p = quoted; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    CHECK_EQ(json_parse(quoted, &json, NULL), 0);
    qapi_start(&(struct qapi_env){ .target = &machine, .table = &qapi_commands },
               qapi_command_find(&qapi_commands, command), &json, NULL, done_asking, text);
    WAIT_FOR(text->len);
    json_fini(&json);
    free(quoted);
    return text->str;
}

#define ADD(id, type, data) ask("chardev-add", "{'id':'" id "','backend':{'type':'" type "','data':{" data "}}}")
#define CHANGE(id, type, data) ask("chardev-change", "{'id':'" id "','backend':{'type':'" type "','data':{" data "}}}")
#define REMOVE(id) ask("chardev-remove", "{'id':'" id "'}")
#define OF(id) "{'id':'" id "'}"

static bool contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        printf("# %s\n", text);
    return strstr(text, part);
}

static void added_found_removed(void)
{
    CHECK_STR(ADD("a", "null", ""), "{}");
    CHECK_STR(ADD("a", "null", ""), "Chardev with id 'a' already exists");
    CHECK_STR(ADD("1 b", "ringbuf", "'size':16"), "{}");
    CHECK_STR(ask("query-chardev", "{}"),
              "[{\"label\": \"a\", \"filename\": \"null\", \"frontend-open\": false}, "
              "{\"label\": \"1 b\", \"filename\": \"ringbuf\", \"frontend-open\": false}]");
    CHECK_STR(REMOVE("a"), "{}");
    CHECK_STR(REMOVE("a"), "Chardev 'a' not found");
    CHECK_STR(REMOVE("1 b"), "{}");
    CHECK_STR(ask("query-chardev", "{}"), "[]");
}

/* Clients that connect once */

static int listen_on(const char *name, int backlog)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(un.sun_path, sizeof(un.sun_path), "%s/%s", dir, name);
    CHECK(!bind(fd, (struct sockaddr *)&un, sizeof(un)) && !listen(fd, backlog));
    return fd;
}

/* The queue of a listener is full: who connects waits. */
static int connect_to_full(const char *name)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(un.sun_path, sizeof(un.sun_path), "%s/%s", dir, name);
    CHECK(!connect(fd, (struct sockaddr *)&un, sizeof(un)));
    return fd;
}

static GString *told;
static struct qapi_ctx *start_client(const char *command, const char *id, const char *name)
{
    struct json json;
    struct qapi_ctx *ctx;

    told = g_string_new(NULL);
    CHECK_EQ(json_parse(T("{\"id\":\"%s\",\"backend\":{\"type\":\"socket\",\"data\":{\"server\":false,\"addr\":"
                          "{\"type\":\"unix\",\"data\":{\"path\":\"%s/%s\"}}}}}", id, dir, name), &json, NULL), 0);
    ctx = qapi_start(&(struct qapi_env){ .target = &machine, .table = &qapi_commands },
                     qapi_command_find(&qapi_commands, command), &json, NULL, done_asking, told);
    json_fini(&json);
    return ctx;
}

static void a_client_is_there_when_it_has_connected(void)
{
    int listener = listen_on("slow", 0), first = connect_to_full("slow"), got[2];

    CHECK(start_client("chardev-add", "c", "slow"));
    CHECK_STR(ADD("n", "null", ""), "{}");      /* others go on meanwhile */
    CHECK(!told->len && !chardev_find(&set, "c"));
    got[0] = accept(listener, NULL, NULL);
    WAIT_FOR(told->len);
    CHECK_STR(told->str, "{}");
    CHECK(chardev_is_open(chardev_find(&set, "c")));
    g_string_free(told, TRUE);
    got[1] = accept(listener, NULL, NULL);
    CHECK(got[0] >= 0 && got[1] >= 0);
    CHECK(start_client("chardev-change", "n", "slow"));
    WAIT_FOR(told->len);
    CHECK_STR(told->str, "{}");
    CHECK(strstr(chardev_filename(chardev_find(&set, "n")), "unix:"));
    g_string_free(told, TRUE);
    CHECK_STR(REMOVE("c"), "{}");
    CHECK_STR(REMOVE("n"), "{}");
    for (int i = 0; i < 2; i++)
        close(got[i]);
    close(first);
    close(listener);
}

static void what_has_changed_while_it_connected_counts(void)
{
    int listener = listen_on("late", 4);

    CHECK(start_client("chardev-add", "c", "late"));
    CHECK_STR(ADD("c", "null", ""), "{}");
    WAIT_FOR(told->len);
    CHECK(contains(told->str, "Failed to add chardev 'c': "));
    CHECK(contains(told->str, "an id that is not in use"));
    CHECK_STR(chardev_filename(chardev_find(&set, "c")), "null");
    g_string_free(told, TRUE);
    CHECK(start_client("chardev-change", "c", "late"));
    CHECK_STR(REMOVE("c"), "{}");
    WAIT_FOR(told->len);
    CHECK_STR(told->str, "Chardev 'c' does not exist");
    g_string_free(told, TRUE);
    close(listener);
}

static void the_end_does_not_wait_for_a_connection(void)
{
    int listener = listen_on("never", 0), first = connect_to_full("never");

    CHECK(start_client("chardev-add", "c", "never"));
    chardevs_fini(&set);
    CHECK(contains(told->str, "the program ends"));
    g_string_free(told, TRUE);
    chardevs_init(&set, loop);
    close(first);
    close(listener);
}

static void a_pty_is_told_by_its_path(void)
{
    const char *path = strstr(ADD("p", "pty", ""), "/dev/pts/");
    char reply[100];

    CHECK(path);
    snprintf(reply, sizeof(reply), "pty:%.*s", (int)strcspn(path, "\""), path);
    CHECK_STR(chardev_filename(chardev_find(&set, "p")), reply);
    CHECK_STR(REMOVE("p"), "{}");
}

static void what_is_refused_names_the_chardev_and_leaves_nothing(void)
{
    static const struct { const char *data, *says; } cases[] = {
        { "'id':'x','backend':{'type':'ringbuf','data':{'size':100}}", "Failed to add chardev 'x': " },
        { "'id':'x','backend':{'type':'ringbuf','data':{'size':-1}}", "a power of two" },
        { "'id':'x','backend':{'type':'file','data':{'out':'/nowhere/x'}}", "No such file" },
        { "'id':'x','backend':{'type':'file','data':{'out':''}}", "path=PATH" },
        { "'id':'x','backend':{'type':'file','data':{'out':'/dev/null','in':'/nowhere/y'}}", "/nowhere/y" },
        { "'id':'x','backend':{'type':'null','data':{'logfile':'/nowhere/z'}}", "/nowhere/z" },
        { "'id':'x','backend':{'type':'mux','data':{'chardev':'nobody'}}", "nobody" },
        { "'id':'x','backend':{'type':'mux','data':{'chardev':''}}", "chardev=ID" },
        { "'id':'','backend':{'type':'null','data':{}}", "empty id" },
        { "'id':'x','backend':{'type':'bogus','data':{}}", "bogus" },
        { "'id':'x','backend':{'type':'socket','data':{'addr':{'type':'unix','data':{'path':''}}}}", "path=" },
        { "'id':'x','backend':{'type':'socket','data':{'addr':{'type':'unix','data':{'path':'/nowhere'}},"
          "'server':false}}", "unix:/nowhere: connect failed" },
        { "'id':'x','backend':{'type':'socket','data':{'addr':{'type':'unix','data':{'path':'/x'}},'server':false,"
          "'wait':true}}", "server" },
        { "'id':'x','backend':{'type':'socket','data':{'addr':{'type':'inet','data':{'host':'127.0.0.1','port':'0',"
          "'ipv4':false,'ipv6':false}}}}", "one of them on" },
        { "'id':'x','backend':{'type':'socket','data':{'addr':{'type':'inet','data':{'host':'localhost','port':'0',"
          "'numeric':true}}}}", "localhost" },
        { "'id':'x','backend':{'type':'socket','data':{'addr':{'type':'fd','data':{'str':'nofd'}}}}", "nofd" },
        { "'id':'x','backend':{'type':'socket','data':{'addr':{'type':'vsock','data':{'cid':'1','port':'1'}}}}",
          "vsock" },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char args[400];

        snprintf(args, sizeof(args), "{%s}", cases[i].data);
        CHECK(contains(ask("chardev-add", args), cases[i].says));
        CHECK(!chardev_next(&set, NULL));
    }
}

static void names_longer_than_their_place_are_refused(void)
{
    static char args[10000];

    snprintf(args, sizeof(args), "{'id':'%0100d','backend':{'type':'null','data':{}}}", 0);
    CHECK(contains(ask("chardev-add", args), "at most 63 bytes"));
    snprintf(args, sizeof(args), "{'id':'x','backend':{'type':'null','data':{'logfile':'%05000d'}}}", 0);
    CHECK(contains(ask("chardev-add", args), "at most 4095 bytes"));
    CHECK(!chardev_next(&set, NULL));
}

static void the_kinds_are_listed_with_their_aliases(void)
{
    const char *list = ask("query-chardev-backends", "{}");

    for (unsigned i = 0; chardev_kind_name(i); i++) {
        char item[60];

        snprintf(item, sizeof(item), "{\"name\": \"%s\"}", chardev_kind_name(i));
        CHECK(contains(list, item));
    }
    CHECK(contains(list, "memory") && contains(list, "mux") && !strstr(list, "tty") && !strstr(list, "parport"));
}

static void who_is_used_is_not_removed(void)
{
    struct user u;

    ADD("a", "null", "");
    ADD("b", "null", "");
    CHECK_STR(ADD("m", "mux", "'chardev':'b'"), "{}");
    user_init(&u);
    CHECK_EQ(chardev_attach(chardev_find(&set, "a"), &u.front, NULL), 0);
    CHECK_STR(REMOVE("a"), "Chardev 'a' is busy");
    CHECK_STR(REMOVE("b"), "Chardev 'b' is busy");
    CHECK_STR(REMOVE("m"), "Chardev 'm' is busy");
    CHECK(contains(ADD("m2", "mux", "'chardev':'a'"), "Failed to add chardev 'm2': chardev a"));
    chardev_detach(&u.front);
    CHECK_STR(REMOVE("a"), "{}");
    chardevs_fini(&set);
    CHECK(!chardev_next(&set, NULL));
}

static void a_removed_server_leaves_no_file_and_its_client(void)
{
    struct user u;
    char args[300];
    int fd;

    snprintf(args, sizeof(args), "{'id':'s','backend':{'type':'socket','data':{'addr':{'type':'unix','data':"
             "{'path':'%s/s'}},'wait':true}}}", dir);
    CHECK_STR(ask("chardev-add", args), "{}");
    CHECK(!chardevs_are_waiting(&set));
    fd = connect_to("s");
    turns(2);
    user_init(&u);
    CHECK_EQ(chardev_attach(chardev_find(&set, "s"), &u.front, NULL), 0);
    chardev_write(&u.front, "last", 4);
    chardev_detach(&u.front);
    CHECK_STR(REMOVE("s"), "{}");
    CHECK_STR(hear(fd), "last");
    CHECK_EQ(recv(fd, args, 1, 0), 0);
    CHECK(access(in_dir("%s", "s"), F_OK));
    close(fd);
}

/* Fills the socket's buffer and the rings; what came before is there, and removing does not wait for the rest. */
static void a_peer_that_takes_nothing_does_not_hold_up_its_removal(void)
{
    static char block[RING_BYTES];
    struct chardev *chr;
    struct user u;
    int fd;

    chr = open_user(in_dir("socket,id=s,path=%s,server=on,wait=off", "s"), &u);
    fd = connect_to("s");
    turns(2);
    memset(block, 'x', sizeof(block));
    while (chardev_write(&u.front, block, sizeof(block)))
        turns(1);
    chardev_detach(&u.front);
    CHECK_EQ(chardev_remove(chr, NULL), 0);
    CHECK(!chardev_find(&set, "s"));
    close(fd);
}

static void a_break_reaches_the_front_end_that_has_the_focus(void)
{
    struct user u, v;

    ADD("r", "ringbuf", "");
    CHECK_STR(ask("chardev-send-break", OF("r")), "{}");
    CHECK_STR(ask("chardev-send-break", OF("zz")), "Chardev 'zz' not found");
    ADD("m", "mux", "'chardev':'r'");
    user_init(&u);
    user_init(&v);
    CHECK_EQ(chardev_attach(chardev_find(&set, "m"), &u.front, NULL), 0);
    CHECK_EQ(chardev_attach(chardev_find(&set, "m"), &v.front, NULL), 0);
    turns(2);
    CHECK_STR(ask("chardev-send-break", OF("m")), "{}");
    CHECK_EQ(v.breaks, 1);
    CHECK_STR(ask("chardev-send-break", OF("r")), "{}");
    CHECK_EQ(v.breaks, 2);
    CHECK_EQ(u.breaks, 0);
    chardev_detach(&u.front);
    chardev_detach(&v.front);
    chardevs_fini(&set);
}

static void what_cannot_change_says_why(void)
{
    struct user u;

    ADD("a", "null", "");
    ADD("b", "null", "");
    ADD("m", "mux", "'chardev':'b'");
    user_init(&u);
    CHECK_EQ(chardev_attach(chardev_find(&set, "a"), &u.front, NULL), 0);
    CHECK_STR(CHANGE("zz", "null", ""), "Chardev 'zz' does not exist");
    CHECK_STR(CHANGE("m", "null", ""), "Mux device hotswap not supported yet");
    CHECK_STR(CHANGE("a", "null", ""), "Chardev user does not support chardev hotswap");
    CHECK_STR(CHANGE("b", "null", ""), "Chardev user does not support chardev hotswap");
    chardev_detach(&u.front);
    CHECK(contains(CHANGE("a", "mux", "'chardev':'a'"), "Failed to add chardev 'a': "));
    CHECK(contains(CHANGE("a", "ringbuf", "'size':3"), "a power of two"));
    CHECK_STR(chardev_filename(chardev_find(&set, "a")), "null");
    CHECK_STR(CHANGE("a", "ringbuf", ""), "{}");
    CHECK_STR(chardev_filename(chardev_find(&set, "a")), "ringbuf");
    CHECK(chardev_next(&set, NULL) == chardev_find(&set, "a"));
    chardevs_fini(&set);
}

static void a_front_end_stays_and_loses_nothing(void)
{
    char text[RING_BYTES + 1], got[RING_BYTES + 1] = "";
    struct user u;
    struct chardev *chr = open_user(in_dir("socket,id=c,path=%s,server=on,wait=off", "c"), &u);
    int fd = connect_to("c");

    u.front.swappable = true;
    turns(2);
    CHECK_EQ(u.opened, 1);
    chardev_write(&u.front, "to the socket", 13);
    CHECK_STR(hear(fd), "to the socket");
    for (unsigned i = 0; i < RING_BYTES; i++)
        text[i] = 'a' + i % 23;
    text[RING_BYTES] = 0;
    CHECK_EQ(chardev_write(&u.front, text, RING_BYTES), RING_BYTES);
    CHECK_STR(CHANGE("c", "ringbuf", ""), "{}");
    chr = chardev_find(&set, "c");
    turns(2);
    CHECK_EQ(u.closed, 0);
    CHECK_EQ(recv(fd, got, 1, 0), 0);
    CHECK_EQ(chardev_ringbuf_read(chr, got, sizeof(got)), RING_BYTES);
    CHECK_STR(got, text);
    close(fd);
    CHECK(contains(CHANGE("c", "pty", ""), "{\"pty\": \"/dev/pts/"));
    CHECK_STR(CHANGE("c", "null", ""), "{}");
    turns(2);
    CHECK_EQ(u.closed, 1);
    CHECK_EQ(u.opened, 2);
    done(chardev_find(&set, "c"), &u);
}

static void a_front_end_can_move_onto_a_mux(void)
{
    struct user u, v;

    ADD("base", "ringbuf", "");
    open_user("null,id=c", &u);
    u.front.swappable = true;
    turns(1);
    CHECK_STR(CHANGE("c", "mux", "'chardev':'base'"), "{}");
    turns(2);
    CHECK_EQ(u.focus_in, 1);
    chardev_write(&u.front, "one", 3);
    user_init(&v);
    CHECK_EQ(chardev_attach(chardev_find(&set, "c"), &v.front, NULL), 0);
    turns(3);
    CHECK_EQ(u.focus_out, 1);
    CHECK_STR(ask("ringbuf-read", "{'device':'base','size':9}"), "\"one\"");
    chardev_detach(&u.front);
    chardev_detach(&v.front);
    chardevs_fini(&set);
    CHECK(!chardev_next(&set, NULL));
}

static void yank_cuts_connections_and_nothing_else(void)
{
    struct user u;
    int fd;

    open_user(in_dir("socket,id=s,path=%s,server=on,wait=off", "y"), &u);
    ADD("n", "null", "");
    CHECK_STR(ask("query-yank", "{}"), "[{\"type\": \"chardev\", \"id\": \"s\"}]");
    fd = connect_to("y");
    turns(3);
    CHECK_EQ(u.opened, 1);
    CHECK_STR(ask("yank", "{'instances':[{'type':'chardev','id':'s'},{'type':'chardev','id':'n'}]}"),
              "Instance not found");
    CHECK_STR(ask("yank", "{'instances':[{'type':'chardev','id':'zz'}]}"), "Instance not found");
    CHECK_STR(ask("yank", "{'instances':[]}"), "{}");
    turns(3);
    CHECK_EQ(u.closed, 0);
    CHECK_STR(ask("yank", "{'instances':[{'type':'chardev','id':'s'}]}"), "{}");
    turns(3);
    CHECK_EQ(u.closed, 1);
    close(fd);
    fd = connect_to("y");
    turns(3);
    CHECK_EQ(u.opened, 2);
    close(fd);
    turns(3);
    CHECK_STR(ask("yank", "{'instances':[{'type':'chardev','id':'s'}]}"), "{}");
    chardev_detach(&u.front);
    chardevs_fini(&set);
}

static void ring_buffers_are_read_and_written(void)
{
    ADD("n", "null", "");
    ADD("r", "memory", "'size':64");
    CHECK_STR(ask("ringbuf-write", "{'device':'r','data':'hello'}"), "{}");
    CHECK_STR(ask("ringbuf-read", "{'device':'r','size':3}"), "\"hel\"");
    CHECK_STR(ask("ringbuf-read", "{'device':'r','size':1000000000000}"), "\"lo\"");
    CHECK_STR(ask("ringbuf-write", "{'device':'r','data':'aGVsbG8=','format':'base64'}"), "{}");
    CHECK_STR(ask("ringbuf-read", "{'device':'r','size':10,'format':'base64'}"), "\"aGVsbG8=\"");
    CHECK_STR(ask("ringbuf-write", "{'device':'r','data':'QEH/Cgl8XMOk','format':'base64'}"), "{}");
    CHECK_STR(ask("ringbuf-read", "{'device':'r','size':20}"), "\"@A\\uFFFD\\n\\t|\\\\\\u00E4\"");
    CHECK_STR(ask("ringbuf-write", "{'device':'r','data':'AEH/Cgl8XMOk','format':'base64'}"), "{}");
    CHECK_STR(ask("ringbuf-read", "{'device':'r','size':20}"), "\"\"");
    CHECK_STR(ask("ringbuf-write", "{'device':'r','data':'a!!','format':'base64'}"),
              "Base64 data contains invalid characters");
    CHECK_STR(ask("ringbuf-write", "{'device':'r','data':'a!!=','format':'base64'}"),
              "Base64 data contains invalid characters");
    CHECK_STR(ask("ringbuf-write", "{'device':'zz','data':'a'}"), "Device 'zz' not found");
    CHECK_STR(ask("ringbuf-write", "{'device':'n','data':'a'}"), "n is not a ringbuf device");
    CHECK_STR(ask("ringbuf-read", "{'device':'n','size':1}"), "n is not a ringbuf device");
    CHECK_STR(ask("ringbuf-read", "{'device':'r','size':0}"), "size must be greater than zero");
    CHECK_STR(ask("ringbuf-read", "{'device':'r','size':-1}"), "size must be greater than zero");
    chardevs_fini(&set);
}

int main(void)
{
    if (bench_start())
        return 1;
    machine.chardevs = &set;
    TEST(added_found_removed);
    TEST(a_pty_is_told_by_its_path);
    TEST(a_client_is_there_when_it_has_connected);
    TEST(what_has_changed_while_it_connected_counts);
    TEST(the_end_does_not_wait_for_a_connection);
    TEST(what_is_refused_names_the_chardev_and_leaves_nothing);
    TEST(names_longer_than_their_place_are_refused);
    TEST(the_kinds_are_listed_with_their_aliases);
    TEST(who_is_used_is_not_removed);
    TEST(a_removed_server_leaves_no_file_and_its_client);
    TEST(a_peer_that_takes_nothing_does_not_hold_up_its_removal);
    TEST(a_break_reaches_the_front_end_that_has_the_focus);
    TEST(what_cannot_change_says_why);
    TEST(a_front_end_stays_and_loses_nothing);
    TEST(a_front_end_can_move_onto_a_mux);
    TEST(yank_cuts_connections_and_nothing_else);
    TEST(ring_buffers_are_read_and_written);
    return bench_end();
}
