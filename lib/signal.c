/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/signal.h"

/*
 * Signals as events (see signal.h)
 */

#include "lib/error.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void signal_arrived(struct watch *watch, unsigned events)
{
    struct signal_watch *w = list_entry(watch, struct signal_watch, watch);
    struct signalfd_siginfo info;

    /* One in a round: fn may take the watch away. */
    if (read(watch->fd, &info, sizeof(info)) == sizeof(info))
        w->fn(w, info.ssi_signo, info.ssi_code == SI_USER || info.ssi_code == SI_QUEUE ? info.ssi_pid : 0);
}

int signal_watch_add(struct loop *loop, struct signal_watch *w, struct error **err)
{
    sigset_t set;
    int r;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &set, &w->mask_before);
    w->watch = (struct watch){ .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), .fn = signal_arrived };
    if (w->watch.fd < 0) {
        r = -errno;
        pthread_sigmask(SIG_SETMASK, &w->mask_before, NULL);
        return error_set_host(err, r, "signals", "signalfd");
    }
    r = watch_add(loop, &w->watch, LOOP_IN, err);
    if (r) {
        close(w->watch.fd);
        pthread_sigmask(SIG_SETMASK, &w->mask_before, NULL);
    }
    return r;
}

void signal_watch_del(struct signal_watch *w)
{
    if (!w->watch.loop)
        return;
    watch_del(&w->watch);
    close(w->watch.fd);
    pthread_sigmask(SIG_SETMASK, &w->mask_before, NULL);
}
