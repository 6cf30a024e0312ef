/* SPDX-License-Identifier: Apache-2.0 */
#include "main/daemon.h"

/*
 * -daemonize (see daemon.h)
 *
 * Invariant: whoever started the program gets its prompt back when the machine stands, or has failed: the process that
 * it knows waits at the other end of a pipe for one byte, or for the end of whoever would have sent it.
 */

#include "lib/error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* 0 if the byte came, else 1. */
static int wait_for_daemon(int fd, pid_t child)
{
    char byte;
    ssize_t n;

    do
        n = read(fd, &byte, 1);
    while (n < 0 && errno == EINTR);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    return n != 1;
}

/* Out of the session of the terminal, and no leader of its own, so that no terminal can become its. */
static void leave_session(void)
{
    setsid();
    if (fork() > 0)
        _exit(0);
    umask(027);
    signal(SIGTSTP, SIG_IGN);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGTTIN, SIG_IGN);
}

enum daemon_side daemon_fork(struct daemon *d, int *status, struct error **err)
{
    int ends[2];
    pid_t child;

    if (pipe2(ends, O_CLOEXEC)) {
        error_set_host(err, -errno, "-daemonize", "a pipe");
        return DAEMON_FAILED;
    }
    child = fork();
    if (child < 0)
        error_set_host(err, -errno, "-daemonize", "a process");
    if (child) {
        close(ends[1]);
        if (child > 0)
            *status = wait_for_daemon(ends[0], child);
        close(ends[0]);
        return child > 0 ? DAEMON_STARTER : DAEMON_FAILED;
    }
    close(ends[0]);
    d->ready = ends[1];
    leave_session();
    return DAEMON_ITSELF;
}

int daemon_ready(struct daemon *d, bool keep_stderr, struct error **err)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0 || chdir("/")) {
        int r = error_set_host(err, -errno, "-daemonize", null < 0 ? "/dev/null" : "/");

        if (null >= 0)
            close(null);
        return r;
    }
    for (int fd = STDIN_FILENO; fd <= (keep_stderr ? STDOUT_FILENO : STDERR_FILENO); fd++)
        dup2(null, fd);
    if (null > STDERR_FILENO)
        close(null);
    if (write(d->ready, "", 1) != 1)
        return error_set_host(err, -errno, "-daemonize", "the process that started it");
    close(d->ready);
    return 0;
}
