/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The human monitor: a table of commands, each with its arguments and a line of help
 *
 * What a command may take is told by letters (NAME:LETTER, separated by commas): `-x` a flag, `-xs` a
 * flag that a word follows, `i` and `l` 32- and 64-bit numbers, which are expressions, `b` on or off, `s` a
 * word or a quoted string, `F` a file name, `B` a block device, `S` the rest of the line, `/` a format right
 * behind the command; `?` behind a letter: may be left out; `.` behind one: may follow a point.
 */

#include "monitor/text-out.h"
#include "qapi/json.h"

#include <stdbool.h>
#include <stdint.h>

struct monitor;
struct monitor_session;
struct qapi_ctx;
struct readline;
struct readline_words;

enum { HMP_ARGS = 16, HMP_FORMAT_COUNT = 1 << 16 };

/* What follows a slash: "/4xw". */
struct hmp_format { unsigned count, size; char letter; };

struct hmp_args {
    unsigned num;
    struct hmp_format format;
    struct hmp_arg { char name[32], letter; char *text; int64_t number; } arg[HMP_ARGS];
};
bool hmp_args_has(const struct hmp_args *args, const char *name);      /* flags, and what may be left out */
int64_t hmp_args_number(const struct hmp_args *args, const char *name, int64_t otherwise);
const char *hmp_args_text(const struct hmp_args *args, const char *name);      /* NULL: not given */
void hmp_args_fini(struct hmp_args *args);

/* Registers by name, for expressions; get NULL: there are none. */
struct hmp_registers {
    bool (*get)(void *target, int64_t cpu, const char *name, uint64_t *val);
    void *target;
    int64_t cpu;
};

/*
 * A kind of `info`, or a command, that another folder knows; main/ lists them.  name is one of the monitor's
 * tables (hmp-commands.c), which say what args can be there.  cpu: the CPU chosen for this line, -1 if none is.
 */
struct monitor_info {
    const char *name;
    void (*print)(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
};

/* One line being run. */
struct hmp_call {
    struct monitor *monitor;
    struct monitor_session *session;    /* good until hmp_run() returns */
    struct text_out *out;
    int64_t cpu;
    int64_t *chosen;                    /* where `cpu` puts its choice; NULL: it is forgotten with the line */
    struct readline *history;           /* of the session's line editor; NULL: there is none */
    void (*done)(struct hmp_call *call);        /* exactly once, from hmp_run() or later */
    void *opaque;
    /* private to the monitor */
    struct hmp_args args;
    struct qapi_ctx *ctx;
    bool last;                          /* it was quit: no prompt comes */
};

struct hmp_command {
    const char *name;                   /* with aliases: "quit|q" */
    const char *args;                   /* letters, as above */
    const char *params;                 /* for the help: "[-a|vcpu]" */
    const char *help;
    bool preconfig;
    const char *qmp;                    /* the QMP command that it is, whose arguments have the same names; or NULL */
    /* Returns false when done() will come later. */
    bool (*run)(struct hmp_call *call);
};

extern const struct hmp_command hmp_commands[], hmp_info_commands[];   /* end with name NULL */

/* hmp-qom.c */
bool hmp_qom_get(struct hmp_call *call), hmp_qom_list(struct hmp_call *call), hmp_qom_set(struct hmp_call *call);
/* hmp-query.c */
bool hmp_info_hotpluggable_cpus(struct hmp_call *call), hmp_info_memory_size_summary(struct hmp_call *call);
bool hmp_info_numa(struct hmp_call *call), hmp_info_pci(struct hmp_call *call);
bool hmp_info_ramblock(struct hmp_call *call);
/* hmp-sendkey.c, hmp-objects.c */
bool hmp_sendkey(struct hmp_call *call);
bool hmp_object_add(struct hmp_call *call);
bool hmp_info_iothreads(struct hmp_call *call);
bool hmp_info_memdev(struct hmp_call *call);
/* hmp-device.c */
bool hmp_device_add(struct hmp_call *call);
/* hmp-format.c, hmp-cpu.c, hmp-input.c, hmp-session.c */
bool hmp_print(struct hmp_call *call);
bool hmp_cpu(struct hmp_call *call), hmp_info_cpus(struct hmp_call *call);
bool hmp_mouse_move(struct hmp_call *call), hmp_mouse_button(struct hmp_call *call);
bool hmp_info_mice(struct hmp_call *call), hmp_info_history(struct hmp_call *call);
/* hmp-dump.c */
bool hmp_memsave(struct hmp_call *call);
bool hmp_dump(struct hmp_call *call);
bool hmp_info_dump(struct hmp_call *call);

/* Runs the QMP command and ends the call when it is done; a failure is told on out.  Takes args.  For run(), which then
 * returns false. */
void hmp_qmp(struct hmp_call *call, const char *command, struct json args);

/* hmp-complete.c: what may stand where the line `before` ends. */
void hmp_complete(struct monitor_session *session, const char *before, struct readline_words *words);

/* Runs a line; call's public members are set. */
void hmp_run(struct hmp_call *call, const char *line);
/* Nobody waits for the call any more: done() will not come. */
void hmp_orphan(struct hmp_call *call);

/* Is the command, or the kind of info, there in this monitor? */
bool hmp_command_usable(const struct monitor *m, const struct hmp_command *c);
const struct hmp_command *hmp_command_find(const struct monitor *m, const struct hmp_command *table, const char *name,
                                           size_t len);
/* Reads arguments after c->args into call->args; line begins right behind the command's name.  False: has said on
 * call->out what is wrong, without a hint at the help. */
bool hmp_args_read(struct hmp_call *call, const struct hmp_command *c, const char *line);
/* An expression at *line, which is moved behind it.  False: has said on out what is wrong. */
bool hmp_expr_read(const char **line, const struct hmp_registers *regs, uint64_t *val, struct text_out *out);
/* A format at *line, if there is one.  last: what counts for what it leaves out, and one that is there changes it. */
bool hmp_format_read(const char **line, struct hmp_format *last, struct hmp_format *fmt, struct text_out *out);
/* A number in a column of numbers of fmt->size bytes. */
void hmp_number_print(const struct hmp_format *fmt, uint64_t val, struct text_out *out);
void hmp_char_print(int c, struct text_out *out);
void hmp_help(const struct monitor *m, const char *name, struct text_out *out);
void hmp_info_help(const struct monitor *m, struct text_out *out);
