/* SPDX-License-Identifier: Apache-2.0 */
#include "main/start.h"

/*
 * rhea-system-x86_64: the program
 *
 * Exit status: 0 after a shutdown, what isa-debug-exit says, 1 after an error, which is one line on stderr.
 */

#include "lib/epoch.h"
#include "lib/error.h"

#include <stdio.h>

static int fail(struct error *err)
{
    fprintf(stderr, "rhea-system-x86_64: %s\n", error_line(err).s);
    error_free(err);
    return 1;
}

static int run(const struct config *cfg)
{
    struct process process;
    struct error *err = NULL;
    int status = process_start(&process, cfg, &err) < 0 ? fail(err) : process_run(&process);

    process_end(&process);
    return status;
}

int main(int argc, char **argv)
{
    struct error *err = NULL;
    struct config cfg;
    int status;

    if (config_parse(&cfg, argc, argv, &err) < 0) {
        status = fail(err);
    } else if (cfg.help_shown) {
        status = 0;
    } else {
        epoch_thread_init();
        status = run(&cfg);
        epoch_thread_fini();
    }
    config_fini(&cfg);
    return status;
}
