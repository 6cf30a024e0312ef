/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/hmp.h"

/*
 * The tables of the human monitor (names and arguments: facts/cli/hmp-commands.tsv)
 *
 * A line without a function is there when main/ has wired a printer for it.
 */

#include "monitor/session.h"

#include <string.h>

static bool run_help(struct hmp_call *call)
{
    hmp_help(call->monitor, hmp_args_text(&call->args, "name"), call->out);
    return true;
}

static bool run_info(struct hmp_call *call)
{
    hmp_info_help(call->monitor, call->out);
    return true;
}

static bool run_gdbserver(struct hmp_call *call)
{
    const struct monitor_config *cfg = &call->monitor->cfg;

    if (cfg->gdbserver)
        cfg->gdbserver(cfg->gdbserver_opaque, hmp_args_text(&call->args, "device"), call->out);
    else
        text_out_puts(call->out, "gdbserver: there is none here\n");
    return true;
}

const struct hmp_command hmp_commands[] = {
    { .name = "chardev-add", .args = "args:s", .params = "args", .help = "add a character device: KIND,id=ID,..." },
    { .name = "chardev-change", .args = "id:s,args:s", .params = "id args",
      .help = "put something else behind a character device" },
    { .name = "chardev-remove", .args = "id:s", .params = "id", .help = "remove a character device",
      .qmp = "chardev-remove" },
    { .name = "chardev-send-break", .args = "id:s", .params = "id", .help = "send a break on a character device",
      .qmp = "chardev-send-break" },
    { .name = "closefd", .args = "fdname:s", .params = "name", .help = "close a descriptor that was given a name",
      .qmp = "closefd" },
    { .name = "cont|c", .args = "", .params = "", .help = "let the guest run", .qmp = "cont" },
    { .name = "cpu", .args = "index:i", .params = "index", .help = "choose the CPU that lines are about",
      .run = hmp_cpu },
    { .name = "device_add", .args = "device:s?", .params = "driver[,prop=value][,...]",
      .help = "add device, like -device on the command line", .run = hmp_device_add },
    { .name = "device_del", .args = "id:s", .params = "device", .help = "remove device", .qmp = "device_del" },
    { .name = "dump-guest-memory", .run = hmp_dump,
      .args = "paging:-p,detach:-d,windmp:-w,zlib:-z,lzo:-l,snappy:-s,filename:F,begin:l?,length:l?",
      .params = "[-p] [-d] [-z|-l|-s|-w] filename [begin length]",
      .help = "write guest memory into a core file (-p: at linear addresses; -d: do not wait for the end;\n"
              "\t\t\t-z, -l, -s: in the kdump format with zlib, lzo, snappy; -w: in the format of Windows)" },
    { .name = "gdbserver", .args = "device:s?", .params = "[device]",
      .help = "start a gdb server on a character device, tcp::1234 by itself; none ends it", .run = run_gdbserver },
    { .name = "getfd", .args = "fdname:s", .params = "name", .qmp = "getfd",
      .help = "give a descriptor that comes along with this line (SCM_RIGHTS) a name" },
    { .name = "gpa2hpa", .args = "addr:l", .params = "addr", .help = "where guest memory is in the host's memory" },
    { .name = "gpa2hva", .args = "addr:l", .params = "addr", .help = "where guest memory is in this process" },
    { .name = "gva2gpa", .args = "addr:l", .params = "addr",
      .help = "what the chosen CPU's page tables make of an address" },
    { .name = "help|?", .args = "name:S?", .params = "[cmd]", .help = "show this list, or one command of it",
      .preconfig = true, .run = run_help },
    { .name = "i", .args = "fmt:/,addr:i,index:i.", .params = "/fmt addr",
      .help = "read a port; .INDEX behind addr is written to it first, and the port behind it read" },
    { .name = "info", .args = "", .params = "[subcommand]", .help = "show something about the machine",
      .preconfig = true, .run = run_info },
    { .name = "log", .args = "items:s", .params = "item1[,...]", .help = "choose what is logged; none: nothing" },
    { .name = "logfile", .args = "filename:F", .params = "filename", .help = "choose the file that the log goes to" },
    { .name = "memsave", .args = "val:l,size:i,filename:s", .params = "addr size file", .run = hmp_memsave,
      .help = "write memory at a linear address of the chosen CPU into a file" },
    { .name = "mouse_button", .args = "button_state:i", .params = "state",
      .help = "press and release buttons of the mouse (1=L, 2=M, 4=R)", .run = hmp_mouse_button },
    { .name = "mouse_move", .args = "dx_str:s,dy_str:s,dz_str:s?", .params = "dx dy [dz]", .help = "move the mouse",
      .run = hmp_mouse_move },
    { .name = "mouse_set", .args = "index:i", .params = "index", .help = "choose the mouse that moves" },
    { .name = "nmi", .args = "", .params = "", .help = "send an NMI to all CPUs", .qmp = "inject-nmi" },
    { .name = "o", .args = "fmt:/,addr:i,val:i", .params = "/fmt addr value", .help = "write a port" },
    { .name = "object_add", .args = "object:S", .params = "[qom-type=]type,id=str[,prop=value][,...]",
      .help = "make an object", .preconfig = true, .run = hmp_object_add },
    { .name = "object_del", .args = "id:s", .params = "id", .help = "delete an object", .preconfig = true,
      .qmp = "object-del" },
    { .name = "pmemsave", .args = "val:l,size:i,filename:s", .params = "addr size file", .qmp = "pmemsave",
      .help = "write memory at a physical address into a file" },
    { .name = "print|p", .args = "fmt:/,val:l", .params = "/fmt expr",
      .help = "print the value of an expression ($REG: a register)", .preconfig = true, .run = hmp_print },
    { .name = "qom-get", .args = "path:s,property:s", .params = "path property", .help = "print QOM property",
      .preconfig = true, .run = hmp_qom_get },
    { .name = "qom-list", .args = "path:s?", .params = "path", .help = "list QOM properties", .preconfig = true,
      .run = hmp_qom_list },
    { .name = "qom-set", .args = "json:-j,path:s,property:s,value:S", .params = "[-j] path property value",
      .help = "set QOM property.\n\t\t\t-j: the value is specified in json format.", .preconfig = true,
      .run = hmp_qom_set },
    { .name = "quit|q", .args = "", .params = "", .help = "end the emulator", .preconfig = true, .qmp = "quit" },
    { .name = "ringbuf_read", .args = "device:s,size:i", .params = "device size",
      .help = "take the oldest bytes out of a ring buffer" },
    { .name = "ringbuf_write", .args = "device:s,data:s", .params = "device data", .help = "write to a ring buffer",
      .qmp = "ringbuf-write" },
    { .name = "screendump", .args = "filename:F,format:-fs,device:s?,head:i?",
      .params = "filename [-f format] [device [head]]",
      .help = "write a picture of a display into a file, as ppm or png", .qmp = "screendump" },
    { .name = "sendkey", .args = "keys:s,hold-time:i?", .params = "keys [hold_ms]",
      .help = "press keys together, with - between: sendkey ctrl-alt-f1", .run = hmp_sendkey },
    { .name = "stop|s", .args = "", .params = "", .help = "pause the guest", .qmp = "stop" },
    { .name = "sum", .args = "start:i,size:i", .params = "addr size", .help = "the checksum of memory" },
    { .name = "system_powerdown", .args = "", .params = "", .help = "press the power button",
      .qmp = "system_powerdown" },
    { .name = "system_reset", .args = "", .params = "", .help = "press the reset button", .qmp = "system_reset" },
    { .name = "system_wakeup", .args = "", .params = "", .help = "wake the guest up", .qmp = "system_wakeup" },
    { .name = "trace-event", .args = "name:s,option:b,vcpu:i?", .params = "name on|off [vcpu]",
      .help = "switch trace points" },
    { .name = "watchdog_action", .args = "action:s", .params = "[reset|shutdown|poweroff|pause|debug|none]",
      .help = "choose what happens when a watchdog expires", .qmp = "watchdog-set-action" },
    { .name = "x", .args = "fmt:/,addr:l", .params = "/fmt addr",
      .help = "show memory at a linear address of the chosen CPU" },
    { .name = "xp", .args = "fmt:/,addr:l", .params = "/fmt addr", .help = "show memory at a physical address" },
    { .name = NULL },
};

/* The reply of query-status as a person reads it. */
static void status_done(struct qapi_ctx *ctx, struct json *ret, const struct qapi_fault *fault)
{
    struct text_out *out = ctx->opaque;
    const char *status = ret ? json_get_string(ret, "status") : NULL;
    const struct json *running = ret ? json_get(ret, "running") : NULL;
    const struct json *single = ret ? json_get(ret, "singlestep") : NULL;

    if (!status || !running || !single) {
        text_out_printf(out, "Error: %s\n", fault ? fault->desc : "no status");
        return;
    }
    text_out_printf(out, "VM status: %s%s", running->boolean ? "running" : "paused",
                    single->boolean ? " (single step mode)" : "");
    if (!running->boolean && strcmp(status, "paused"))
        text_out_printf(out, " (%s)", status);
    text_out_puts(out, "\n");
}

static bool run_status(struct hmp_call *call)
{
    const struct qapi_env *env = &call->monitor->cfg.env;
    const struct qapi_command *c = qapi_command_find(env->table, "query-status");
    struct qapi_ctx *ctx = c ? qapi_start(env, c, NULL, call->session, status_done, call->out) : NULL;

    if (ctx) {
        qapi_orphan(ctx);
        text_out_puts(call->out, "Error: the status is not known yet\n");
    }
    return true;
}

static bool run_version(struct hmp_call *call)
{
    const struct monitor_config *cfg = &call->monitor->cfg;

    text_out_printf(call->out, "%u.%u.%u%s\n", cfg->major, cfg->minor, cfg->micro, cfg->package);
    return true;
}

static bool run_name(struct hmp_call *call)
{
    if (call->monitor->cfg.guest_name)
        text_out_printf(call->out, "%s\n", call->monitor->cfg.guest_name);
    return true;
}

const struct hmp_command hmp_info_commands[] = {
    { .name = "chardev", .args = "", .params = "", .help = "character devices", .preconfig = true },
    { .name = "cpus", .args = "", .params = "", .help = "CPUs and their threads", .run = hmp_info_cpus },
    { .name = "history", .args = "", .params = "", .help = "lines of this session", .preconfig = true,
      .run = hmp_info_history },
    { .name = "hotpluggable-cpus", .args = "", .params = "", .help = "places for CPUs", .preconfig = true,
      .run = hmp_info_hotpluggable_cpus },
    { .name = "dump", .args = "", .params = "", .help = "how far a dump of guest memory has come",
      .run = hmp_info_dump },
    { .name = "iothreads", .args = "", .params = "", .help = "event loops with threads of their own",
      .run = hmp_info_iothreads },
    { .name = "irq", .args = "", .params = "", .help = "how often each interrupt line rose" },
    { .name = "kvm", .args = "", .params = "", .help = "is KVM used?" },
    { .name = "memdev", .args = "", .params = "", .help = "memory backends", .run = hmp_info_memdev },
    { .name = "memory_size_summary", .args = "", .params = "", .help = "how much RAM there is",
      .run = hmp_info_memory_size_summary },
    { .name = "mice", .args = "", .params = "", .help = "pointers, and which of them moves", .run = hmp_info_mice },
    { .name = "mtree", .args = "flatview:-f,dispatch_tree:-d,owner:-o,disabled:-D", .params = "[-f][-d][-o][-D]",
      .help = "memory regions (-f: as address spaces see them; -d: with dispatch; -o: with owners; -D: disabled too)" },
    { .name = "name", .args = "", .params = "", .help = "the guest's name", .preconfig = true, .run = run_name },
    { .name = "numa", .args = "", .params = "", .help = "NUMA nodes", .run = hmp_info_numa },
    { .name = "pci", .args = "", .params = "", .help = "PCI functions", .run = hmp_info_pci },
    { .name = "pic", .args = "", .params = "", .help = "interrupt controllers" },
    { .name = "qom-tree", .args = "path:s?", .params = "[path]", .help = "objects below one, by name",
      .preconfig = true },
    { .name = "qtree", .args = "", .params = "", .help = "devices by bus, with their properties" },
    { .name = "ramblock", .args = "", .params = "", .help = "blocks of RAM", .run = hmp_info_ramblock },
    { .name = "registers", .args = "cpustate_all:-a,vcpu:i?", .params = "[-a|vcpu]",
      .help = "registers of a CPU (-a: of all)" },
    { .name = "status", .args = "", .params = "", .help = "does the guest run?", .preconfig = true, .run = run_status },
    { .name = "trace-events", .args = "name:s?,vcpu:i?", .params = "[name] [vcpu]", .help = "trace points" },
    { .name = "uuid", .args = "", .params = "", .help = "the machine's UUID", .preconfig = true },
    { .name = "version", .args = "", .params = "", .help = "the version", .preconfig = true, .run = run_version },
    { .name = "vm-generation-id", .args = "", .params = "", .help = "what tells a guest that it is a copy" },
    { .name = NULL },
};
