/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * The command line: what each option does; the table of them is made of options.tbl
 *
 * Options are read in order and only fill a struct config; what they mean together is checked at the
 * end (option-values.c).  A single dash and two are the same.
 */

#include "lib/error.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int set_string(const char **to, const char *value)
{
    *to = value;
    return 0;
}

static int append(struct config_list *list, const char *option, const char *value, struct error **err)
{
    if (list->n == CONFIG_REPEATS)
        return error_set(err, -E2BIG, ERROR_RANGE, option, value, T("at most %d of them", CONFIG_REPEATS));
    if (!(list->n & (list->n - 1)))     /* full, as it doubles */
        list->item = realloc(list->item, (list->n ? 2 * list->n : 1) * sizeof(*list->item));
    assert(list->item);
    list->item[list->n++] = value;
    return 0;
}

#define STRING_OPTION(fn, member) \
    static int fn(struct config *c, const char *v, struct error **err) { (void)err; return set_string(&c->member, v); }
#define LIST_OPTION(fn, member, name) \
    static int fn(struct config *c, const char *v, struct error **err) { return append(&c->member, name, v, err); }
#define FLAG_OPTION(fn, member)                                        \
    static int fn(struct config *c, const char *v, struct error **err) \
    {                                                                  \
        (void)v;                                                       \
        (void)err;                                                     \
        c->member = true;                                              \
        return 0;                                                      \
    }

STRING_OPTION(option_kernel, board.kernel)
STRING_OPTION(option_initrd, board.initrd)
STRING_OPTION(option_append, board.append)
STRING_OPTION(option_bios, board.bios)
STRING_OPTION(option_log_file, log_file)
STRING_OPTION(option_pid_file, pid_file)
STRING_OPTION(option_qtest, qtest)
STRING_OPTION(option_qtest_log, qtest_log)
STRING_OPTION(option_gdb, gdb)
LIST_OPTION(option_add_fd, add_fds, "-add-fd")
STRING_OPTION(option_mem_path, mem_path)
LIST_OPTION(option_serial, serials, "-serial")
LIST_OPTION(option_parallel, parallels, "-parallel")
LIST_OPTION(option_debugcon, debugcons, "-debugcon")
LIST_OPTION(option_monitor, monitors, "-monitor")
LIST_OPTION(option_qmp, qmps, "-qmp")
LIST_OPTION(option_qmp_pretty, qmp_pretties, "-qmp-pretty")
LIST_OPTION(option_mon, mons, "-mon")
FLAG_OPTION(option_daemonize, daemonize)
FLAG_OPTION(option_preconfig, preconfig)
FLAG_OPTION(option_only_migratable, only_migratable)
FLAG_OPTION(option_mem_prealloc, mem_prealloc)
FLAG_OPTION(option_no_reboot, no_reboot)
FLAG_OPTION(option_no_shutdown, no_shutdown)
FLAG_OPTION(option_stopped, stopped)
FLAG_OPTION(option_no_defaults, no_defaults)

bool listed(struct config *c, const char *v, void (*list)(void))
{
    if (strcmp(v, "help") && strcmp(v, "?"))
        return false;
    list();
    c->help_shown = true;
    return true;
}

static int option_cpu(struct config *c, const char *v, struct error **err)
{
    (void)err;
    return listed(c, v, list_cpus) ? 0 : set_string(&c->cpu, v);
}

static int option_accel(struct config *c, const char *v, struct error **err)
{
    return listed(c, v, list_accels) ? 0 : append(&c->accels, "-accel", v, err);
}

static int option_enable_kvm(struct config *c, const char *v, struct error **err)
{
    (void)v;
    return append(&c->accels, "-enable-kvm", "kvm", err);
}

static int option_chardev(struct config *c, const char *v, struct error **err)
{
    return listed(c, v, list_chardevs) ? 0 : append(&c->chardevs, "-chardev", v, err);
}

static int option_escape(struct config *c, const char *v, struct error **err)
{
    char *end;
    long key;

    errno = 0;
    key = strtol(v, &end, 0);
    if (end == v || *end)
        return error_set(err, -EINVAL, ERROR_SYNTAX, "-echr", v, "the number of a character, such as 0x14 for C-t");
    if (errno || key < 0 || key > UINT8_MAX)
        return error_set(err, -ERANGE, ERROR_RANGE, "-echr", v, "0 to 255");
    c->escape_key = key;
    return 0;
}

static int option_log_items(struct config *c, const char *v, struct error **err)
{
    (void)err;
    return listed(c, v, list_log_items) ? 0 : set_string(&c->log_items, v);
}

static int option_trace(struct config *c, const char *v, struct error **err)
{
    return listed(c, v, list_traces) ? 0 : append(&c->traces, "-trace", v, err);
}

/* "TYPE,help" lists the properties of a type; JSON asks for no help. */
static int option_device(struct config *c, const char *v, struct error **err)
{
    size_t len = strcspn(v, ",");
    char type[64];

    if (listed(c, v, list_devices))
        return 0;
    if (strcmp(v + len, ",help") && strcmp(v + len, ",?")) {
        int r = device_option_check(v, err);

        return r ? r : append(&c->devices, "-device", v, err);
    }
    snprintf(type, sizeof(type), "%.*s", (int)len, v);
    c->help_shown = true;
    return list_device_props(type, err);
}

/* "TYPE,help" lists the properties of a type. */
static int option_object(struct config *c, const char *v, struct error **err)
{
    size_t len = strcspn(v, ",");
    char type[64];

    if (listed(c, v, list_objects))
        return 0;
    if (strcmp(v + len, ",help") && strcmp(v + len, ",?"))
        return append(&c->objects, "-object", v, err);
    snprintf(type, sizeof(type), "%.*s", (int)len, v);
    c->help_shown = true;
    return list_object_props(type, err);
}

static int option_vga(struct config *c, const char *v, struct error **err)
{
    if (listed(c, v, list_vgas))
        return 0;
    c->vga_asked = true;
    c->board.vga = strcmp(v, "none") ? VGA_STD : VGA_NONE;
    if (!strcmp(v, "std") || !strcmp(v, "none"))
        return 0;
    return error_set(err, -EINVAL, ERROR_UNKNOWN, "-vga", v, "std, none");
}

static int option_gdb_default(struct config *c, const char *v, struct error **err)
{
    (void)v;
    (void)err;
    c->gdb = GDB_DEFAULT;
    return 0;
}

static int option_watchdog_action(struct config *c, const char *v, struct error **err)
{
    return watchdog_action_parse("-watchdog-action", v, &c->watchdog_action, err);
}

static int option_data_dir(struct config *c, const char *v, struct error **err)
{
    if (strcmp(v, "help") && strcmp(v, "?"))
        return append(&c->data_dirs, "-L", v, err);
    list_data_dirs(c);
    c->help_shown = true;
    return 0;
}

static int option_no_user_config(struct config *c, const char *v, struct error **err)
{
    (void)c;
    (void)v;
    (void)err;
    return 0;
}

static int option_display(struct config *c, const char *v, struct error **err)
{
    if (listed(c, v, list_displays))
        return 0;
    if (strcmp(v, "none"))
        return error_set(err, -EINVAL, ERROR_UNKNOWN, "-display", v, "none");
    c->display_none = true;
    return 0;
}

static int option_no_fd_bootchk(struct config *c, const char *v, struct error **err)
{
    (void)v;
    (void)err;
    c->board.floppy_check = false;
    return 0;
}

static int option_nographic(struct config *c, const char *v, struct error **err)
{
    (void)v;
    (void)err;
    c->nographic = true;
    c->board.graphics = false;
    return 0;
}

static int option_no_acpi(struct config *c, const char *v, struct error **err)
{
    (void)v;
    (void)err;
    c->board.acpi = false;
    return 0;
}

static int option_run_as(struct config *c, const char *v, struct error **err)
{
    (void)err;
    c->run_as = v;
    return 0;
}

static int option_chroot(struct config *c, const char *v, struct error **err)
{
    (void)err;
    c->new_root = v;
    return 0;
}

static int option_no_hpet(struct config *c, const char *v, struct error **err)
{
    (void)v;
    (void)err;
    c->board.hpet = false;
    return 0;
}

const struct option options[] = {
#include "main/option-table.h"
    { 0 },
};

/* Is `name` (without dashes) one of the names "a|b"? */
static bool named(const char *names, const char *name)
{
    size_t len = strlen(name);

    for (; *names; names += strcspn(names, "|") + (names[strcspn(names, "|")] == '|'))
        if (strcspn(names, "|") == len && !strncmp(names, name, len))
            return true;
    return false;
}

static const struct option *option_find(const char *name)
{
    for (const struct option *o = options; o->names; o++)
        if (named(o->names, name))
            return o;
    return NULL;
}

int option_apply(struct config *c, const char *name, const char *value, struct error **err)
{
    return option_find(name)->set(c, value, err);
}

static int one(struct config *c, int *i, int argc, char **argv, struct error **err)
{
    const char *arg = argv[*i], *name = arg + (*arg == '-') + (arg[0] == '-' && arg[1] == '-');
    const struct option *o = *name ? option_find(name) : NULL;

    if (*arg != '-')
        return error_set(err, -EINVAL, ERROR_UNSUPPORTED, "argument", arg,
                         "disk images have no home in this version yet; options begin with -");
    if (!o)
        return error_set(err, -EINVAL, ERROR_UNKNOWN, "option", arg, "an option that -help lists");
    if (!o->argument)
        return o->set(c, NULL, err);
    if (*i + 1 >= argc)
        return error_set(err, -EINVAL, ERROR_SYNTAX, T("-%s", name), "nothing", o->argument);
    return o->set(c, argv[++*i], err);
}

int config_parse(struct config *c, int argc, char **argv, struct error **err)
{
    int r = 0;

    *c = (struct config){ 0 };
    config_defaults(c);
    for (int i = 1; i < argc && !r && !c->help_shown; i++)
        r = one(c, &i, argc, argv, err);
    return r || c->help_shown ? r : config_check(c, err);
}
