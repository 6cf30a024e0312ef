/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The whole program but for main(): a machine as a command line makes it, inside a test
 *
 *     program_begin("-M q35 -m 512");         after reset, stopped; vCPUs stand
 *     ... m, program_config(), program_ports() ...
 *     program_end();
 *
 * program_boot() lets the firmware run on the software CPU until it finds nothing to boot.
 */

#include "core/machine.h"
#include "lib/epoch.h"
#include "main/options.h"
#include "main/start.h"
#include "tests/test.h"

#include <fcntl.h>
#include <glib.h>
#include <unistd.h>

#define SEABIOS "/usr/share/seabios/bios-256k.bin"

static struct config program_cfg;
static struct process program;
static struct machine *m;
static char **program_words;
static char program_log[] = "/tmp/rhea-program-XXXXXX";

static inline void program_start(const char *options, const char *more)
{
    char *line = g_strdup_printf("rhea -display none -monitor none -serial null -parallel null %s %s", options, more);
    struct error *err = NULL;
    int r;

    program_words = g_strsplit(line, " ", -1);
    g_free(line);
    r = config_parse(&program_cfg, g_strv_length(program_words), program_words, &err);
    if (!r)
        r = process_start(&program, &program_cfg, &err);
    if (err)
        printf("# %s: %s\n", options, error_line(err).s);
    CHECK(!r);
    m = program.machine;
}

static inline void program_begin(const char *options)
{
    program_start(options, "-S -accel qtest");
}

static inline void program_end(void)
{
    process_end(&program);
    config_fini(&program_cfg);
    g_strfreev(program_words);
}

/* Does the firmware's log say it? */
static inline bool program_said(const char *what)
{
    char *text = NULL;
    bool said = g_file_get_contents(program_log, &text, NULL, NULL) && strstr(text, what);

    g_free(text);
    return said;
}

/* As far as "No bootable device.", and stopped there.  What the firmware logs comes through this loop. */
static inline void program_boot(const char *options)
{
    int fd;

    strcpy(program_log + strlen(program_log) - 6, "XXXXXX");
    fd = mkstemp(program_log);
    CHECK(fd >= 0);
    close(fd);
    program_start(options, T("-accel tcg -chardev file,id=log,path=%s -device isa-debugcon,iobase=0x402,chardev=log",
                             program_log));
    while (!program_said("No bootable device."))
        loop_turn(program.loop, -1);
    unlink(program_log);
    CHECK(!machine_stop(m, RUN_PAUSED, NULL));
}

static inline uint64_t program_read(struct address_space *as, uint64_t at, unsigned size)
{
    uint64_t val = 0;

    address_space_read(as, at, size, &val, NULL);
    return val;
}

/* Configuration mechanism #1, bus 0. */
static inline uint32_t config_in(unsigned slot, unsigned fn, unsigned at)
{
    address_space_write(&m->io_as, 0xcf8, 4, 1u << 31 | slot << 11 | fn << 8 | (at & 0xfc), NULL);
    return program_read(&m->io_as, 0xcfc, 4);
}

static inline void config_out(unsigned slot, unsigned fn, unsigned at, uint32_t val)
{
    address_space_write(&m->io_as, 0xcf8, 4, 1u << 31 | slot << 11 | fn << 8 | (at & 0xfc), NULL);
    address_space_write(&m->io_as, 0xcfc, 4, val, NULL);
}

static inline uint8_t cmos(unsigned at)
{
    address_space_write(&m->io_as, 0x70, 1, at, NULL);
    return program_read(&m->io_as, 0x71, 1);
}
