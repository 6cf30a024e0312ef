/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a user asked a chardev to be, and the two notations for it on the command line
 *
 * A plain value.  QMP's chardev-add fills the same struct.
 */

#include "io/address.h"

#include <stdbool.h>
#include <stdint.h>

struct error;

enum char_kind {
    CHAR_NONE,          /* "none": no chardev */
    CHAR_REFER,         /* "chardev:ID": the one with that label */
    CHAR_NULL, CHAR_STDIO, CHAR_FILE, CHAR_PTY, CHAR_RINGBUF, CHAR_SOCKET,
    CHAR_UDP, CHAR_PIPE, CHAR_SERIAL, CHAR_PARALLEL, CHAR_MUX,
    CHAR_KINDS,
};

struct chardev_config {
    enum char_kind kind;
    char label[64];             /* the id; for CHAR_REFER the one referred to */
    bool mux;
    bool monitor;               /* "mon:...": the caller attaches a human monitor, too */
    char logfile[4096];         /* "": none.  All output goes there as well */
    bool logappend;
    /* mux: the chardev below.  "": LABEL-base, which the mux closes with itself */
    char base[64];
    /* stdio */
    bool signal;                /* Ctrl-C of the terminal is a signal, not a byte */
    /* file, pipe, serial, parallel */
    char path[4096], input_path[4096];
    bool append;
    /* ringbuf; 0: 64K */
    uint64_t size_bytes;
    /* socket; udp: to whom, and from where, if host or port are not empty */
    struct address address, local;
    bool connected;             /* a client that has its connection already, which is borrowed: peer_fd */
    int peer_fd;
    bool server, wait, nodelay;
    bool telnet, tn3270, websocket;
    char tls_creds[128], tls_authz[128];        /* ids of objects; "": none */
    uint32_t reconnect_s;       /* clients: how long after a loss they connect again; 0: never */
};

/* The defaults of a kind, as for -chardev. */
void chardev_config_init(struct chardev_config *cfg, enum char_kind kind, const char *label);
/* -serial, -parallel, -monitor, -qmp, -qtest SPEC: "stdio", "mon:unix:/x,server=on,wait=off", "chardev:ID" ...
 * `option` is for errors: "-serial".  `label` becomes the id of what is made. */
int chardev_parse_legacy(struct chardev_config *cfg, const char *option, const char *spec, const char *label,
                         struct error **err);
/* -chardev SPEC: "socket,id=c0,path=/x,server=on,wait=off". */
int chardev_parse_option(struct chardev_config *cfg, const char *spec, struct error **err);
/* The same without an id: what the chardev with that label is to become. */
int chardev_parse_change(struct chardev_config *cfg, const char *spec, const char *label, struct error **err);
/* What members mean together, whoever filled them in; the address kind is set. */
int chardev_config_check(const struct chardev_config *cfg, const char *object, struct error **err);
/* The names of kinds that QMP knows, from 0 to NULL. */
const char *chardev_kind_name(unsigned index);
