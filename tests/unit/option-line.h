/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A command line in a test: good() or bad(), and what it made of the configuration
 *
 * Listings are stubs here: that they were asked for is all that counts.
 */

#include "hw/i386/board.h"
#include "lib/error.h"
#include "main/options.h"
#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define MIB (1ull << 20)
#define GIB (1ull << 30)

static const char *listing;

int option_version(struct config *c, const char *value, struct error **err)
{
    listing = "version";
    c->help_shown = true;
    return 0;
}

int option_help(struct config *c, const char *value, struct error **err)
{
    listing = "help";
    c->help_shown = true;
    return 0;
}

void list_machines(void)
{
    listing = "machines";
}

void list_cpus(void)
{
    listing = "cpus";
}

void list_accels(void)
{
    listing = "accels";
}

void list_devices(void)
{
    listing = "devices";
}

int list_device_props(const char *type, struct error **err)
{
    listing = "device";
    return strcmp(type, "nosuch") ? 0 : error_set(err, -ENOENT, ERROR_UNKNOWN, "-device", type, "x");
}

void list_objects(void)
{
    listing = "objects";
}

int list_object_props(const char *type, struct error **err)
{
    listing = "object";
    return strcmp(type, "nosuch") ? 0 : error_set(err, -ENOENT, ERROR_UNKNOWN, "object qom-type", type, "x");
}

void list_vgas(void)
{
}

void list_data_dirs(const struct config *c)
{
}

void list_displays(void)
{
    listing = "displays";
}

void list_chardevs(void)
{
    listing = "chardevs";
}

void list_audio_drivers(void)
{
    listing = "audio";
}

void list_sound_cards(void)
{
    listing = "sound cards";
}

void list_audio_environment(void)
{
    listing = "audio environment";
}

void list_log_items(void)
{
    listing = "log";
}

void list_traces(void)
{
    listing = "trace";
}

static struct config c;
static struct error *err;

/* A command line in words that single spaces part; an empty word is "''". */
static inline int parse(const char *line)
{
    static char text[4096];
    char *argv[160] = { (char *)"rhea" };
    int argc = 1;

    err = NULL;
    listing = NULL;
    snprintf(text, sizeof(text), "%s", line);
    for (char *word = *text ? text : NULL; word && argc < 159;) {
        char *space = strchr(word, ' ');

        if (space)
            *space++ = '\0';
        argv[argc++] = strcmp(word, "''") ? word : word + 2;
        word = space;
    }
    return config_parse(&c, argc, argv, &err);
}

static inline void good(const char *line)
{
    if (parse(line))
        printf("# %s: %s\n", line, error_line(err).s);
    CHECK(!err);
}

static inline void bad(const char *line, const char *object, const char *value)
{
    if (!parse(line))
        printf("# %s\n", line);
    CHECK(err);
    CHECK_STR(err->object, object);
    CHECK_STR(err->value, value);
    CHECK(err->legal[0]);
    error_free(err);
    config_fini(&c);
}

/* What a command line says on stderr. */
static inline const char *warning(const char *line)
{
    static char said[400];
    int saved = dup(STDERR_FILENO), ends[2];
    ssize_t n;

    CHECK(!pipe2(ends, O_NONBLOCK) && dup2(ends[1], STDERR_FILENO) >= 0);
    good(line);
    dup2(saved, STDERR_FILENO);
    n = read(ends[0], said, sizeof(said) - 1);
    said[n > 0 ? n : 0] = '\0';
    close(saved);
    close(ends[0]);
    close(ends[1]);
    config_fini(&c);
    return said;
}
