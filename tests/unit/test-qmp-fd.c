/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Descriptors that a monitor's peer passes: the sentences of monitor/qmp-fd.c.  What is opened from sets is
 * test-fdset's, how descriptors come along a socket is test-char-socket's.
 */

#include "tests/test.h"

#include "monitor/monitor.h"
#include "qapi/qapi-commands.h"

#include <fcntl.h>
#include <unistd.h>

struct peer {
    struct monitor_out out;
    struct monitor_session *session;
    char got[8192];
    size_t len;
};
static struct qapi_sink sink;
static int passed = -1;

static size_t peer_write(struct monitor_out *out, const char *bytes, size_t n)
{
    struct peer *p = (struct peer *)out;

    CHECK(n < sizeof(p->got) - p->len);
    memcpy(p->got + p->len, bytes, n);
    p->len += n;
    p->got[p->len] = 0;
    return n;
}

static int peer_take_fd(struct monitor_out *out)
{
    int fd = passed;

    (void)out;
    passed = -1;
    return fd;
}

static const char *ask(struct peer *p, const char *bytes)
{
    p->len = 0;
    p->got[0] = 0;
    monitor_session_feed(p->session, bytes, strlen(bytes));
    return p->got;
}

#define NEGOTIATE "{'execute':'qmp_capabilities'}"

static struct monitor *monitor_start(void)
{
    struct monitor_config cfg = { .env = { .sink = &sink, .table = &qapi_commands }, .package = "" };

    qapi_sink_init(&sink);
    return monitor_new(&cfg);
}

static void peer_start(struct peer *p, struct monitor *m, bool human)
{
    *p = (struct peer){ .out = { .write = peer_write, .take_fd = peer_take_fd } };
    p->session = human ? monitor_hmp_new(m, &p->out) : monitor_qmp_new(m, &p->out, false);
    monitor_session_open(p->session);
    if (!human)
        ask(p, NEGOTIATE);
}

static void peer_end(struct peer *p)
{
    monitor_session_free(p->session);
}

/* A pipe, one end of which comes with the next command; the other. */
static int pass(void)
{
    int ends[2];

    CHECK(passed < 0 && !pipe(ends));
    passed = ends[1];
    return ends[0];
}

/* Nobody can write to the pipe any more. */
static bool is_closed(int end)
{
    char byte;

    fcntl(end, F_SETFL, O_NONBLOCK);
    return read(end, &byte, 1) == 0;
}

#define GETFD(name) "{'execute':'getfd','arguments':{'fdname':'" name "'}}"
#define CLOSEFD(name) "{'execute':'closefd','arguments':{'fdname':'" name "'}}"
#define HUMAN(line) "{'execute':'human-monitor-command','arguments':{'command-line':'" line "'}}"
#define OK "{\"return\": {}}\r\n"
#define RETURN(text) "{\"return\": \"" text "\"}\r\n"

static void names_are_a_session_s_own_and_outlive_its_peer(void)
{
    struct monitor *m = monitor_start();
    struct peer p, other;
    int a, b;

    peer_start(&p, m, false);
    peer_start(&other, m, false);
    CHECK(strstr(ask(&p, GETFD("x")), "No file descriptor supplied via SCM_RIGHTS"));
    a = pass();
    CHECK_STR(ask(&p, GETFD("x")), OK);
    CHECK(strstr(ask(&other, CLOSEFD("x")), "File descriptor named 'x' not found"));
    b = pass();
    CHECK(strstr(ask(&other, GETFD("1x")), "expects a name not starting with a digit"));
    CHECK(is_closed(b) && !is_closed(a));
    monitor_session_close(p.session);
    monitor_session_open(p.session);
    ask(&p, NEGOTIATE);
    CHECK(!is_closed(a));
    close(b);
    b = pass();
    CHECK_STR(ask(&p, GETFD("x")), OK);
    CHECK(is_closed(a) && !is_closed(b));
    peer_end(&p);
    CHECK(is_closed(b));
    peer_end(&other);
    close(a);
    close(b);
    monitor_free(m);
}

static void relayed_lines_have_no_descriptors(void)
{
    struct monitor *m = monitor_start();
    struct peer p;
    int a;

    peer_start(&p, m, false);
    a = pass();
    CHECK_STR(ask(&p, HUMAN("getfd x")), RETURN("Error: No file descriptor supplied via SCM_RIGHTS\\r\\n"));
    CHECK_STR(ask(&p, GETFD("x")), OK);
    CHECK_STR(ask(&p, HUMAN("closefd x")), RETURN("Error: File descriptor named 'x' not found\\r\\n"));
    CHECK(!is_closed(a));
    CHECK_STR(ask(&p, CLOSEFD("x")), OK);
    CHECK(is_closed(a));
    close(a);
    peer_end(&p);
    monitor_free(m);
}

static void a_person_gives_names_too(void)
{
    struct monitor *m = monitor_start();
    struct peer p;
    int a;

    peer_start(&p, m, true);
    a = pass();
    CHECK(!strstr(ask(&p, "getfd x\r"), "Error"));
    CHECK(!is_closed(a));
    CHECK(strstr(ask(&p, "getfd y\r"), "Error: No file descriptor supplied via SCM_RIGHTS\r\n"));
    CHECK(!strstr(ask(&p, "closefd x\r"), "Error"));
    CHECK(is_closed(a));
    close(a);
    peer_end(&p);
    monitor_free(m);
}

/* add-fd with those members; the descriptor's number. */
static int add(struct peer *p, const char *members, int *end, int *set)
{
    int fd = -1;

    *end = pass();
    sscanf(ask(p, T("{'execute':'add-fd','arguments':{%s}}", members)), "{\"return\": {\"fd\": %d, \"fdset-id\": %d}}",
           &fd, set);
    return fd;
}

static const char *remove_fd(struct peer *p, const char *members)
{
    return ask(p, T("{'execute':'remove-fd','arguments':{%s}}", members));
}

static void sets_are_told_as_they_were_made(void)
{
    struct monitor *m = monitor_start();
    int end[4], fd[4], set[4] = { -1, -1, -1, -1 };
    char want[200];
    struct peer p;

    peer_start(&p, m, false);
    CHECK_STR(ask(&p, "{'execute':'query-fdsets'}"), "{\"return\": []}\r\n");
    fd[0] = add(&p, "", &end[0], &set[0]);
    fd[1] = add(&p, "'fdset-id':5,'opaque':'o'", &end[1], &set[1]);
    fd[2] = add(&p, "'fdset-id':5", &end[2], &set[2]);
    fd[3] = add(&p, "'fdset-id':0", &end[3], &set[3]);
    CHECK(set[0] == 0 && set[1] == 5 && set[2] == 5 && set[3] == 0);
    snprintf(want, sizeof(want),
             "{\"return\": [{\"fds\": [{\"fd\": %d, \"opaque\": \"o\"}, {\"fd\": %d}], \"fdset-id\": 5}, "
             "{\"fds\": [{\"fd\": %d}, {\"fd\": %d}], \"fdset-id\": 0}]}\r\n", fd[1], fd[2], fd[0], fd[3]);
    CHECK_STR(ask(&p, "{'execute':'query-fdsets'}"), want);
    CHECK_STR(remove_fd(&p, T("'fdset-id':5,'fd':%d", fd[1])), OK);
    CHECK(is_closed(end[1]) && !is_closed(end[2]));
    CHECK_STR(remove_fd(&p, "'fdset-id':0"), OK);
    CHECK(is_closed(end[0]) && is_closed(end[3]) && !is_closed(end[2]));
    peer_end(&p);
    for (int i = 0; i < 4; i++)
        close(end[i]);
    monitor_free(m);
}

static void what_is_not_in_a_set_cannot_be_added_or_removed(void)
{
    struct monitor *m = monitor_start();
    int end, set = -1;
    struct peer p;

    peer_start(&p, m, false);
    CHECK(strstr(ask(&p, "{'execute':'add-fd'}"), "No file descriptor supplied via SCM_RIGHTS"));
    CHECK_EQ(add(&p, "'fdset-id':-1", &end, &set), -1);
    CHECK(strstr(p.got, "Parameter 'fdset-id' expects a non-negative value") && is_closed(end));
    close(end);
    CHECK(add(&p, "'fdset-id':2", &end, &set) >= 0);
    CHECK(strstr(remove_fd(&p, "'fdset-id':3"), "\"File descriptor named 'fdset-id:3' not found\""));
    CHECK(strstr(remove_fd(&p, "'fdset-id':2,'fd':-1"), "'fdset-id:2, fd:-1' not found"));
    CHECK(strstr(remove_fd(&p, "'fdset-id':2,'fd':0"), "'fdset-id:2, fd:0' not found"));
    CHECK(strstr(remove_fd(&p, "'fdset-id':2,'fd':2147483647"), "'fdset-id:2, fd:2147483647' not found"));
    CHECK(strstr(remove_fd(&p, "'fdset-id':2,'fd':4294967295"), "'fdset-id:2, fd:4294967295' not found"));
    CHECK(!is_closed(end));
    peer_end(&p);
    close(end);
    monitor_free(m);
}

static void descriptor_0_is_one_like_any_other(void)
{
    struct monitor *m = monitor_start();
    int saved = dup(STDIN_FILENO), end[2];
    struct peer p;

    peer_start(&p, m, false);
    close(STDIN_FILENO);
    end[0] = pass();                            /* the end that is read is 0 */
    CHECK_EQ(end[0], 0);
    end[0] = dup(end[0]);
    CHECK_EQ(dup2(passed, 0), 0);
    close(passed);
    passed = 0;
    CHECK_STR(ask(&p, GETFD("x")), OK);
    CHECK_STR(ask(&p, CLOSEFD("x")), OK);
    CHECK(is_closed(end[0]));
    end[1] = pass();
    end[1] = dup(end[1]);
    CHECK_EQ(dup2(passed, 0), 0);
    close(passed);
    passed = 0;
    CHECK(strstr(ask(&p, "{'execute':'add-fd','arguments':{'fdset-id':1}}"), "\"fd\": 0,"));
    CHECK_STR(remove_fd(&p, "'fdset-id':1,'fd':0"), OK);
    CHECK(is_closed(end[1]));
    close(end[0]);
    close(end[1]);
    dup2(saved, STDIN_FILENO);
    close(saved);
    peer_end(&p);
    monitor_free(m);
}

static void sets_end_with_the_last_session(void)
{
    struct monitor *m = monitor_start();
    struct peer p, other;
    int a;

    peer_start(&p, m, false);
    peer_start(&other, m, true);
    a = pass();
    CHECK(strstr(ask(&p, "{'execute':'add-fd','arguments':{'opaque':'o'}}"), "\"fdset-id\": 0"));
    CHECK(strstr(ask(&p, "{'execute':'query-fdsets'}"), "\"opaque\": \"o\"}], \"fdset-id\": 0}]}"));
    CHECK(strstr(ask(&p, "{'execute':'remove-fd','arguments':{'fdset-id':0,'fd':4294967295}}"),
                 "File descriptor named 'fdset-id:0, fd:4294967295' not found"));
    peer_end(&p);
    CHECK(!is_closed(a));
    peer_end(&other);
    CHECK(is_closed(a));
    close(a);
    monitor_free(m);
}

int main(void)
{
    TEST(names_are_a_session_s_own_and_outlive_its_peer);
    TEST(relayed_lines_have_no_descriptors);
    TEST(a_person_gives_names_too);
    TEST(sets_are_told_as_they_were_made);
    TEST(what_is_not_in_a_set_cannot_be_added_or_removed);
    TEST(descriptor_0_is_one_like_any_other);
    TEST(sets_end_with_the_last_session);
    return test_end();
}
