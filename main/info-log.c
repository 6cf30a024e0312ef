/* SPDX-License-Identifier: Apache-2.0 */
#include "main/info.h"

/*
 * log, logfile, trace-event, info trace-events, mouse_set: what the human monitor switches while the machine runs
 *
 * `log` says all classes that are on from now on, as -d does; names that are not known change nothing and bring the
 * list of those that are.
 */

#include "core/machine.h"
#include "lib/error.h"
#include "lib/log.h"
#include "lib/trace.h"

#include <fnmatch.h>
#include <string.h>

static void item_line(void *opaque, const char *name, const char *doc)
{
    text_out_printf(opaque, "%-15s %s\n", name, doc);
}

void info_log(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    const char *items = hmp_args_text(args, "items");
    struct error *err = NULL;
    uint32_t mask = 0;

    (void)target;
    (void)cpu;
    if (!strcmp(items, "none") || !log_parse(items, &mask, &err)) {
        log_mask = mask;
        return;
    }
    if (strcmp(items, "help"))
        text_out_printf(out, "Error: %s\n", error_line(err).s);
    error_free(err);
    text_out_puts(out, "Log items (comma separated):\n");
    item_line(out, "none", "remove all logs");
    log_help(item_line, out);
}

void info_logfile(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    struct error *err = NULL;

    (void)target;
    (void)cpu;
    if (log_open(hmp_args_text(args, "filename"), &err)) {
        text_out_printf(out, "Error: %s\n", error_line(err).s);
        error_free(err);
    }
}

static bool is_pattern(const char *name)
{
    return strpbrk(name, "*?[");
}

/* Points are the program's, not a CPU's: none can be switched for one CPU. */
void info_trace_event(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    const char *name = hmp_args_text(args, "name");

    (void)target;
    (void)cpu;
    if (hmp_args_has(args, "vcpu"))
        text_out_printf(out, "event \"%s\" is not vCPU-specific\n", name);
    else if (trace_set(name, hmp_args_number(args, "option", 0)))
        log_mask |= LOG_TRACE;
    else if (!is_pattern(name))
        text_out_printf(out, "unknown event \"%s\"\n", name);
}

struct listing { const char *pattern; struct text_out *out; bool found; };

static void point_line(void *opaque, const char *name, bool on)
{
    struct listing *l = opaque;

    if (l->pattern && fnmatch(l->pattern, name, 0))
        return;
    l->found = true;
    text_out_printf(l->out, "%s : state %d\n", name, on);
}

void info_trace_events(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    struct listing l = { .pattern = hmp_args_text(args, "name"), .out = out };

    (void)target;
    (void)cpu;
    trace_list(point_line, &l);
    if (!l.found && l.pattern && !is_pattern(l.pattern))
        text_out_printf(out, "unknown event \"%s\"\n", l.pattern);
}

void info_mouse_set(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    struct input *in = ((struct machine *)target)->input;
    int64_t index = hmp_args_number(args, "index", 0);

    (void)cpu;
    for (struct list_node *n = in ? in->handlers.next : NULL; in && n != &in->handlers; n = n->next) {
        struct input_handler *h = list_entry(n, struct input_handler, node);

        if (h->index != index)
            continue;
        if (h->kinds & (1 << INPUT_REL | 1 << INPUT_ABS))
            input_attach(in, h);
        else
            text_out_printf(out, "Input device '%s' is not a mouse\n", h->name);
        return;
    }
    text_out_printf(out, "Mouse at index '%lld' not found\n", (long long)index);
}
