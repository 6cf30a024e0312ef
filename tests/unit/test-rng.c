/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/rng.h"

/* Random number generators: requests are served in order and in full, a source may end, a daemon may come and go. */

#include "chardev/char.h"
#include "tests/unit/object-rig.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct rng_request *over[8];
static unsigned n_over;

static void done(struct rng_request *r)
{
    CHECK(n_over < 8);
    over[n_over++] = r;
}

static void until_over(unsigned n)
{
    for (unsigned i = 0; n_over < n && i < 10000; i++)
        loop_turn(objects.loop, 1000);
    CHECK_EQ(n_over, n);
}

static bool has_a_run_of(const uint8_t *buf, size_t n, uint8_t byte, size_t run)
{
    size_t same = 0;

    for (size_t i = 0; i < n; i++) {
        same = buf[i] == byte ? same + 1 : 0;
        if (same == run)
            return true;
    }
    return false;
}

static void each_request_is_filled_in_order(void)
{
    static const char *const specs[] = { "rng-builtin,id=r", "rng-random,id=r" };
    static uint8_t buf[2][5000];

    for (unsigned s = 0; s < 2; s++) {
        struct rng_request a = { .buf = buf[0], .size = sizeof(buf[0]), .done = done };
        struct rng_request b = { .buf = buf[1], .size = 1, .done = done };
        struct user_object *o;

        objects_start();
        n_over = 0;
        memset(buf, 0xaa, sizeof(buf));
        o = object_made(specs[s], "r");
        CHECK(rng_find(&objects, "r") == o);
        CHECK_STR(object_prop(o, "opened"), "true");
        rng_request(o, &a);
        rng_request(o, &b);
        CHECK_EQ(n_over, 0);
        until_over(2);
        CHECK(over[0] == &a && over[1] == &b && a.got == a.size && b.got == 1);
        CHECK(!has_a_run_of(buf[0], a.size, 0xaa, 16));
        CHECK_EQ(buf[1][1], 0xaa);
        objects_end();
    }
}

static void a_cancelled_request_is_never_done(void)
{
    uint8_t buf[2][8];
    struct rng_request a = { .buf = buf[0], .size = 8, .done = done }, b = { .buf = buf[1], .size = 8, .done = done };
    struct user_object *o;

    objects_start();
    n_over = 0;
    o = object_made("rng-builtin,id=r", "r");
    rng_cancel(&a);
    rng_request(o, &a);
    rng_request(o, &b);
    rng_cancel(&a);
    until_over(1);
    CHECK(over[0] == &b);
    objects_end();
}

static void a_file_that_ends_says_so(void)
{
    char path[] = "/tmp/rhea-test-rng.XXXXXX";
    uint8_t buf[16] = "";
    struct rng_request a = { .buf = buf, .size = 16, .done = done };
    struct user_object *o;
    int fd = mkstemp(path);

    CHECK(fd >= 0 && write(fd, "entropy", 7) == 7);
    close(fd);
    objects_start();
    n_over = 0;
    o = object_made(T("rng-random,id=r,filename=%s", path), "r");
    rng_request(o, &a);
    until_over(1);
    CHECK_EQ(a.got, 7);
    CHECK(!memcmp(buf, "entropy", 8));
    rng_request(o, &a);
    until_over(2);
    CHECK_EQ(a.got, 0);
    objects_end();
    unlink(path);
}

/* A daemon that the test plays, behind a socket. */
static struct chardevs chardevs;
static char dir[64], path[100];

static void daemon_start(void)
{
    struct chardev_config *cfg = malloc(sizeof(*cfg));

    objects_start();
    n_over = 0;
    strcpy(dir, "/tmp/rhea-test-egd.XXXXXX");
    CHECK(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/s", dir);
    chardevs_init(&chardevs, objects.loop);
    objects.chardevs = &chardevs;
    CHECK(!chardev_parse_option(cfg, T("socket,id=c,path=%s,server=on,wait=off", path), NULL));
    CHECK(chardev_open(&chardevs, cfg, NULL));
    free(cfg);
}

static void daemon_end(void)
{
    struct loop *loop = objects.loop;

    user_objects_fini(&objects);
    chardevs_fini(&chardevs);
    loop_free(loop);
    unlink(path);
    rmdir(dir);
}

static int daemon_connect(void)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(sun.sun_path, path);
    CHECK(!connect(fd, (struct sockaddr *)&sun, sizeof(sun)));
    return fd;
}

/* The sum of what is asked for, once `want` has been. */
static void expect_asked(int fd, unsigned want)
{
    unsigned sum = 0;

    for (unsigned i = 0; sum < want && i < 10000; i++) {
        uint8_t ask[2];

        loop_turn(objects.loop, 0);
        if (recv(fd, ask, 2, MSG_DONTWAIT | MSG_PEEK) != 2) {
            loop_turn(objects.loop, 1);
            continue;
        }
        CHECK_EQ(recv(fd, ask, 2, 0), 2);
        CHECK_EQ(ask[0], 2);
        CHECK(ask[1]);
        sum += ask[1];
    }
    CHECK_EQ(sum, want);
}

static void a_daemon_is_asked_and_its_bytes_are_passed_on(void)
{
    uint8_t buf[600], sent[600];
    struct rng_request a = { .buf = buf, .size = 600, .done = done };
    struct user_object *o;
    int fd;

    daemon_start();
    o = object_made("rng-egd,id=r,chardev=c", "r");
    fd = daemon_connect();
    rng_request(o, &a);
    expect_asked(fd, 600);
    for (unsigned i = 0; i < 600; i++)
        sent[i] = i * 7;
    CHECK_EQ(write(fd, sent, 600), 600);
    until_over(1);
    CHECK(a.got == 600 && !memcmp(sent, buf, 600));
    close(fd);
    daemon_end();
}

static void a_daemon_that_comes_back_is_asked_anew(void)
{
    uint8_t buf[10];
    struct rng_request a = { .buf = buf, .size = 10, .done = done };
    struct user_object *o;
    int fd;

    daemon_start();
    o = object_made("rng-egd,id=r,chardev=c", "r");
    rng_request(o, &a);
    fd = daemon_connect();
    expect_asked(fd, 10);
    CHECK_EQ(write(fd, "abcd", 4), 4);
    close(fd);
    while (a.got < 4)
        loop_turn(objects.loop, 1000);
    fd = daemon_connect();
    expect_asked(fd, 6);
    CHECK_EQ(write(fd, "efghij", 6), 6);
    until_over(1);
    CHECK(!memcmp(buf, "abcdefghij", 10));
    close(fd);
    daemon_end();
}

static void bytes_that_nobody_asked_for_are_dropped(void)
{
    uint8_t buf[4];
    struct rng_request a = { .buf = buf, .size = 4, .done = done };
    char junk[3000];
    struct user_object *o;
    int fd;

    daemon_start();
    o = object_made("rng-egd,id=r,chardev=c", "r");
    fd = daemon_connect();
    memset(junk, 'x', sizeof(junk));
    CHECK_EQ(write(fd, junk, sizeof(junk)), sizeof(junk));
    for (int left = 1; left;) {
        loop_turn(objects.loop, 0);
        CHECK_EQ(ioctl(fd, SIOCOUTQ, &left), 0);
    }
    loop_turn(objects.loop, 0);         /* what has been read is handed on in the same round, or in the next */
    rng_request(o, &a);
    expect_asked(fd, 4);
    CHECK_EQ(write(fd, "rand", 4), 4);
    until_over(1);
    CHECK(!memcmp(buf, "rand", 4));
    close(fd);
    daemon_end();
}

static void what_cannot_be_is_refused_by_name(void)
{
    daemon_start();
    object_refused("rng-random,id=r,filename=/nonexistent/r", "rng-random.filename: /nonexistent/r");
    object_refused("rng-builtin,id=r,opened=on", "rng-builtin.opened");
    object_refused("rng-egd,id=r", "rng-egd.chardev: nothing");
    object_refused("rng-egd,id=r,chardev=nosuch", "rng-egd.chardev: nosuch");
    object_made("rng-egd,id=r,chardev=c", "r");
    object_refused("rng-egd,id=s,chardev=c", "c");
    CHECK_EQ(user_object_delete(&objects, "r", NULL), 0);
    object_made("rng-egd,id=s,chardev=c", "s");
    daemon_end();
}

int main(void)
{
    TEST(each_request_is_filled_in_order);
    TEST(a_cancelled_request_is_never_done);
    TEST(a_file_that_ends_says_so);
    TEST(a_daemon_is_asked_and_its_bytes_are_passed_on);
    TEST(a_daemon_that_comes_back_is_asked_anew);
    TEST(bytes_that_nobody_asked_for_are_dropped);
    TEST(what_cannot_be_is_refused_by_name);
    return test_end();
}
