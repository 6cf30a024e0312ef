/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * Names that options' arguments may have, as query-command-line-options tells them
 *
 * Options and names are in the reference's order, and only those that it tells, too; a letter says what stands behind
 * a name: b on or off, n a number, s text, z a size.  No names: any of what the option is about may stand there.
 */

const struct option_names option_names[] = {
    { "machine", "suppress-vmdesc:b firmware:s usb:b mem-merge:b dump-guest-core:b append:s initrd:s kernel:s "
                 "kernel_irqchip:b accel:s type:s" },
    { "sandbox", "resourcecontrol:s spawn:s elevateprivileges:s obsolete:s enable:b" },
    { "smbios", "" },
    { "acpi", "" },
    { "action", "watchdog:s panic:s reboot:s shutdown:s" },
    { "fw_cfg", "gen_id:s string:s file:s name:s" },
    { "numa", "" },
    { "name", "debug-threads:b process:s guest:s" },
    { "msg", "guest-name:b timestamp:b" },
    { "overcommit", "cpu-pm:b mem-lock:b" },
    { "object", "" },
    { "add-fd", "opaque:s set:n fd:n" },
    { "boot-opts", "strict:b reboot-timeout:n splash-time:n splash:s menu:b once:s order:s" },
    { "smp-opts", "maxcpus:n threads:n cores:n clusters:n dies:n sockets:n cpus:n" },
    { "memory", "maxmem:z slots:n size:z" },
    { "accel", "" },
    { "option-rom", "romfile:s bootindex:n" },
    { "trace", "file:s events:s enable:s" },
    { "mon", "pretty:b chardev:s mode:s" },
    { "global", "value:s property:s driver:s" },
    { "rtc", "driftfix:s clock:s base:s" },
    { "device", "" },
    { "chardev", "abstract:b tight:b logappend:b logfile:s append:b chardev:s size:z signal:b mux:b websocket:b "
                 "tls-authz:s tls-creds:s tn3270:b telnet:b reconnect:n nodelay:b delay:b server:b wait:b ipv6:b "
                 "ipv4:b to:n localport:s "
                 "localaddr:s fd:s port:s host:s path:s backend:s" },
    { 0 },
};
