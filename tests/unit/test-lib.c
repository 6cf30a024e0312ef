/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Log, trace points, threads, epochs and errors: the sentences of their headers
 */

#include "tests/test.h"

#include "lib/epoch.h"
#include "lib/error.h"
#include "lib/log.h"
#include "lib/ring.h"
#include "lib/thread.h"
#include "lib/trace.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static char log_path[64];

static char *log_text(void)
{
    static char buf[1 << 16];
    FILE *f = fopen(log_path, "r");
    size_t n = f ? fread(buf, 1, sizeof(buf) - 1, f) : 0;

    if (f)
        fclose(f);
    buf[n] = 0;
    return buf;
}

static void log_to_file(void)
{
    CHECK_EQ(log_open(log_path, NULL), 0);
}

static void class_names_are_those_of_the_reference(void)
{
    uint32_t mask = 0;

    CHECK_EQ(log_parse("guest_errors,int,cpu_reset", &mask, NULL), 0);
    CHECK_EQ(mask, LOG_GUEST_ERRORS | LOG_INT | LOG_CPU_RESET);
    CHECK_EQ(log_parse("in_asm,unimp,exec", &mask, NULL), 0);
    CHECK_EQ(mask, LOG_IN_ASM | LOG_UNIMP | LOG_EXEC);
}

static void an_unknown_class_is_refused_with_the_legal_ones(void)
{
    struct error *err = NULL;
    uint32_t mask = 77;

    CHECK_EQ(log_parse("int,nonsense", &mask, &err), -EINVAL);
    CHECK_EQ(mask, 77);
    CHECK_EQ(err->kind, ERROR_UNKNOWN);
    CHECK_STR(err->value, "nonsense");
    CHECK(strstr(err->legal, "guest_errors"));
    error_free(err);
    CHECK_EQ(log_parse("", &mask, NULL), -EINVAL);
}

static void a_class_we_do_not_have_is_refused_by_name(void)
{
    static const char *const names[] = { "out_asm", "op", "op_opt", "op_ind", "cpu", "fpu", "mmu", "pcall", "page",
                                         "nochain", "plugin", "strace", "tid" };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct error *err = NULL;
        uint32_t mask;

        CHECK_EQ(log_parse(names[i], &mask, &err), -ENOTSUP);
        CHECK_EQ(err->kind, ERROR_UNSUPPORTED);
        CHECK_STR(err->value, names[i]);
        error_free(err);
    }
}

static void a_class_that_is_off_writes_nothing(void)
{
    log_to_file();
    log_mask = LOG_INT;
    LOG(LOG_UNIMP, "not here");
    LOG(LOG_INT, "v=%02x", 14);
    log_close();
    CHECK_STR(log_text(), "v=0e\n");
}

static void guest_errors_are_limited_and_the_rest_counted(void)
{
    unsigned lines = 0, dropped = 0;
    char *text;

    log_to_file();
    log_mask = LOG_GUEST_ERRORS;
    for (int i = 0; i < 5000; i++)
        LOG(LOG_GUEST_ERRORS, "bad write %d", i);
    log_close();
    text = log_text();
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        unsigned n;

        if (sscanf(line, "guest_errors: %u more lines dropped", &n) == 1)
            dropped += n;
        else
            lines++;
    }
    CHECK_EQ(lines + dropped, 5000);
    CHECK(dropped > 4000);
}

static void a_line_too_long_is_cut_and_still_ended(void)
{
    char *text;

    log_to_file();
    log_mask = LOG_INT;
    LOG(LOG_INT, "%*s", 10000, "x");
    LOG(LOG_INT, "next");
    log_close();
    text = log_text();
    CHECK(strlen(text) < 4096);
    CHECK(strstr(text, "\nnext\n"));
}

static void percent_d_is_the_process_id(void)
{
    char name[100], want[100];

    snprintf(name, sizeof(name), "%s-%%d", log_path);
    snprintf(want, sizeof(want), "%s-%d", log_path, getpid());
    CHECK_EQ(log_open(name, NULL), 0);
    log_close();
    CHECK_EQ(access(want, F_OK), 0);
    unlink(want);
    CHECK_EQ(log_open("/tmp/%s", NULL), -EINVAL);
    CHECK_EQ(log_open("/tmp/%d-%d", NULL), -EINVAL);
    CHECK_EQ(log_open("/nowhere/at/all", NULL), -ENOENT);
}

static void fire_points(void)
{
    TRACE(test_alpha_one, "n=%d", 1);
    TRACE(test_alpha_two, "n=%d", 2);
    TRACE(test_beta, "");
}

static void trace_points_follow_a_glob(void)
{
    struct error *err = NULL;

    log_to_file();
    fire_points();
    CHECK_EQ(trace_enable("test_alpha_*", NULL), 0);
    fire_points();
    log_close();
    CHECK_STR(log_text(), "test_alpha_one n=1\ntest_alpha_two n=2\n");
    CHECK_EQ(trace_enable("test_gamma", &err), -ENOENT);
    CHECK_STR(err->value, "test_gamma");
    error_free(err);
}

static unsigned listed;
static void count_name(void *opaque, const char *name, bool on)
{
    listed += !strncmp(name, "test_", 5);
    *(unsigned *)opaque += on;
}

static void trace_points_can_be_listed(void)
{
    unsigned on = 0;

    CHECK(trace_set("test_*", false));
    CHECK(trace_set("test_beta*", true));
    CHECK(!trace_set("test_gamma", true));
    trace_list(count_name, &on);
    CHECK_EQ(listed, 3);
    CHECK_EQ(on, 1);
    trace_set("test_*", false);
}

struct seen { sigset_t mask; char name[16]; int value; int *shared; };

static void *look_around(void *opaque)
{
    struct seen *s = opaque;

    pthread_sigmask(SIG_SETMASK, NULL, &s->mask);
    pthread_getname_np(pthread_self(), s->name, sizeof(s->name));
    epoch_enter();
    s->value = *epoch_load(s->shared);
    epoch_leave();
    return s;
}

static void a_thread_has_its_name_no_signals_and_an_epoch(void)
{
    int value = 42;
    struct seen s = { .shared = &value };
    struct thread t;

    CHECK_EQ(thread_start(&t, "a-name-longer-than-fifteen", look_around, &s, NULL), 0);
    thread_join(&t);
    CHECK_STR(s.name, "a-name-longer-t");
    CHECK(sigismember(&s.mask, SIGINT) && sigismember(&s.mask, SIGTERM) && sigismember(&s.mask, SIGUSR1));
    CHECK(!sigismember(&s.mask, SIGSEGV));
    CHECK_EQ(s.value, 42);
    pthread_sigmask(SIG_SETMASK, NULL, &s.mask);
    CHECK(!sigismember(&s.mask, SIGUSR1));
}

static void an_error_says_object_value_and_legal(void)
{
    struct error *err = NULL;

    CHECK_EQ(error_set(&err, -ERANGE, ERROR_RANGE, "pvpanic.events", "9\n", "0 to 3"), -ERANGE);
    CHECK_STR(error_line(err).s, "pvpanic.events: 9? is out of range, legal: 0 to 3");
    error_free(err);
    CHECK_EQ(error_set(NULL, -EINVAL, ERROR_SYNTAX, "", "", ""), -EINVAL);
}

static void an_owner_stands_in_front_of_the_object(void)
{
    struct error *err = NULL;

    error_set(&err, -EINVAL, ERROR_MISSING, "tcp:h:1", "path", "path=PATH");
    error_set_owner(&err, "chardev a");
    CHECK_STR(error_line(err).s, "chardev a, tcp:h:1: path is missing, legal: path=PATH");
    error_set_owner(&err, T("%0190d", 7));
    CHECK_EQ(strlen(err->object), sizeof(err->object) - 1);
    error_free(err);
    err = NULL;
    error_set_owner(&err, "chardev a");
    error_set_owner(NULL, "chardev a");
    CHECK(!err);
}

enum { RING_TRAFFIC = 1 << 20 };
static struct ring ring;

static void *ring_producer(void *opaque)
{
    for (uint32_t i = 0; i < RING_TRAFFIC; i++)
        while (ring_put(&ring, i * 7 + (i >> 8)) == RING_FULL)
            sched_yield();
    return NULL;
}

static void a_ring_between_two_threads_loses_nothing(void)
{
    struct thread t;
    uint8_t buf[300];
    uint32_t at = 0;

    CHECK_EQ(thread_start(&t, "producer", ring_producer, NULL, NULL), 0);
    while (at < RING_TRAFFIC) {
        size_t n = ring_take(&ring, buf, sizeof(buf));

        for (size_t i = 0; i < n; i++, at++)
            if (buf[i] != (uint8_t)(at * 7 + (at >> 8)))
                CHECK_EQ(buf[i], (uint8_t)(at * 7 + (at >> 8)));
        if (!n)
            sched_yield();
    }
    thread_join(&t);
}

int main(void)
{
    epoch_thread_init();
    snprintf(log_path, sizeof(log_path), "/tmp/rhea-test-lib-%d", getpid());
    TEST(class_names_are_those_of_the_reference);
    TEST(an_unknown_class_is_refused_with_the_legal_ones);
    TEST(a_class_we_do_not_have_is_refused_by_name);
    TEST(a_class_that_is_off_writes_nothing);
    TEST(guest_errors_are_limited_and_the_rest_counted);
    TEST(a_line_too_long_is_cut_and_still_ended);
    TEST(percent_d_is_the_process_id);
    TEST(trace_points_follow_a_glob);
    TEST(trace_points_can_be_listed);
    TEST(a_thread_has_its_name_no_signals_and_an_epoch);
    TEST(an_error_says_object_value_and_legal);
    TEST(an_owner_stands_in_front_of_the_object);
    TEST(a_ring_between_two_threads_loses_nothing);
    unlink(log_path);
    return test_end();
}
