/* SPDX-License-Identifier: Apache-2.0 */
#include "main/start.h"

/*
 * rhea-system-x86_64: the program
 *
 * Exit status: 0 after a shutdown, what isa-debug-exit says, 1 after an error, which is one line on stderr.
 */

#include "lib/epoch.h"
#include "lib/error.h"
#include "lib/log.h"
#include "main/daemon.h"

static int fail(struct error *err)
{
    log_warn("%s", error_line(err).s);
    error_free(err);
    return 1;
}

/* daemon: NULL if this process stays where it is. */
static int run(struct config *cfg, struct daemon *daemon)
{
    struct process process;
    struct error *err = NULL;
    int r;

    epoch_thread_init();
    r = process_start(&process, cfg, &err);
    if (!r && daemon)
        r = daemon_ready(daemon, cfg->log_file, &err);
    if (!r)
        r = process_run(&process, &err);
    process_end(&process);
    epoch_thread_fini();
    return r < 0 ? fail(err) : r;
}

static int run_as_daemon(struct config *cfg)
{
    struct daemon daemon;
    struct error *err = NULL;
    int status;

    switch (daemon_fork(&daemon, &status, &err)) {
    case DAEMON_STARTER:
        return status;
    case DAEMON_ITSELF:
        return run(cfg, &daemon);
    default:
        return fail(err);
    }
}

int main(int argc, char **argv)
{
    struct error *err = NULL;
    struct config cfg;
    int status, r = config_parse(&cfg, argc, argv, &err);

    log_stamp(cfg.msg_timestamp, cfg.msg_guest_name ? cfg.name : NULL);
    if (r < 0) {
        status = fail(err);
    } else if (cfg.help_shown) {
        status = 0;
    } else {
        status = cfg.daemonize ? run_as_daemon(&cfg) : run(&cfg, NULL);
    }
    config_fini(&cfg);
    return status;
}
