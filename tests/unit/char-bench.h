/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A set of chardevs, a loop that the test turns, a directory of its own, and front ends that keep what they get
 */

#include "chardev/char.h"
#include "lib/epoch.h"
#include "lib/loop.h"
#include "tests/unit/error-check.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct loop *loop;
static struct chardevs set;
static char dir[64];

/* A front end that keeps what it gets. */
struct user {
    struct char_front front;
    char got[1 << 16];
    size_t got_len, take;       /* take: at most so many bytes per call, 0: all */
    unsigned opened, closed, breaks, focus_in, focus_out, writable;
    bool early;                 /* something came before OPENED */
};

static inline void user_readable(struct char_front *f)
{
    struct user *u = list_entry(f, struct user, front);
    size_t room = sizeof(u->got) - 1 - u->got_len;

    u->early |= !u->opened;
    u->got_len += chardev_read(f, u->got + u->got_len, u->take && u->take < room ? u->take : room);
    u->got[u->got_len] = 0;
}

static inline void user_writable(struct char_front *f)
{
    list_entry(f, struct user, front)->writable++;
}

static inline void user_event(struct char_front *f, enum char_event event)
{
    struct user *u = list_entry(f, struct user, front);

    u->opened += event == CHAR_OPENED;
    u->closed += event == CHAR_CLOSED;
    u->breaks += event == CHAR_BREAK;
    u->focus_in += event == CHAR_FOCUS_IN;
    u->focus_out += event == CHAR_FOCUS_OUT;
}

static inline void user_init(struct user *u)
{
    memset(u, 0, sizeof(*u));
    u->front = (struct char_front){ user_readable, user_writable, user_event, NULL };
}

static inline void turns(unsigned n)
{
    while (n--)
        loop_turn(loop, 0);
}

static inline struct chardev *open_text(const char *option)
{
    struct error *err = NULL;
    struct chardev_config cfg;
    struct chardev *chr = NULL;

    if (!chardev_parse_option(&cfg, option, &err))
        chr = chardev_open(&set, &cfg, &err);
    if (!chr) {
        printf("# %s\n", error_line(err).s);
        error_free(err);
    }
    CHECK(chr);
    return chr;
}

static inline struct chardev *open_user(const char *option, struct user *u)
{
    struct chardev *chr = open_text(option);

    user_init(u);
    CHECK_EQ(chardev_attach(chr, &u->front, NULL), 0);
    return chr;
}

static inline void done(struct chardev *chr, struct user *u)
{
    chardev_detach(&u->front);
    chardev_close(chr);
}

static inline const char *in_dir(const char *fmt, const char *name)
{
    static char buf[2][300];
    static unsigned n;
    char path[100];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    n ^= 1;
    snprintf(buf[n], sizeof(buf[n]), fmt, path);
    return buf[n];
}

static inline int connect_to(const char *name)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(un.sun_path, sizeof(un.sun_path), "%s/%s", dir, name);
    CHECK_EQ(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
    return fd;
}

static inline void say(int fd, const char *s)
{
    CHECK_EQ(write(fd, s, strlen(s)), (ssize_t)strlen(s));
    turns(3);
}

/* What is there to read now. */
static inline const char *hear(int fd)
{
    static char buf[8192];
    ssize_t n;

    turns(3);
    n = recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);
    buf[n > 0 ? n : 0] = 0;
    return buf;
}

/* Turns the loop until the condition holds; what does not come in ten seconds does not come. */
#define WAIT_FOR(condition) do { \
        for (int left_ = 1000; !(condition) && left_; left_--) \
            loop_turn(loop, 10); \
        CHECK(condition); \
    } while (0)

static inline int bench_start(void)
{
    epoch_thread_init();
    signal(SIGPIPE, SIG_IGN);
    snprintf(dir, sizeof(dir), "/tmp/rhea-test-char-%d", getpid());
    mkdir(dir, 0700);
    if (loop_new(&loop, NULL))
        return 1;
    chardevs_init(&set, loop);
    return 0;
}

static inline int bench_end(void)
{
    char command[100];

    chardevs_fini(&set);
    loop_free(loop);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command) || test_end();
}
