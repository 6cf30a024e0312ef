#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lists the reference's commands and events: which are here, and which part of the program the others wait for.

usage: list-commands.py REPLY.json QAPI-SCHEMA.json > commands.tsv

REPLY.json is a query-qmp-schema reply.  A name that no line below fits fails.
"""
import json
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../qapi'))
import qapi_schema

# The first line that fits counts.
PARTS = [
    ('persistent reservations', 'query-pr-managers|PR_MANAGER_.*'),
    ('removable media', 'eject|blockdev-(open|close)-tray|blockdev-(remove|insert|change)-medium|DEVICE_TRAY_MOVED'),
    ('dirty bitmaps', '(x-debug-)?block-dirty-bitmap-.*'),
    ('NBD server and exports', 'nbd-server-.*|block-export-.*|query-block-exports|BLOCK_EXPORT_DELETED'),
    ('quorum', 'QUORUM_.*|x-blockdev-change'),
    ('jobs', 'job-.*|block-job-.*|JOB_.*|BLOCK_JOB_.*|block-(commit|stream)|(drive|blockdev)-(backup|mirror)|'
             'blockdev-create|x-blockdev-amend|transaction'),
    ('block graph', 'block-.*|block_.*|blockdev-.*|BLOCK_.*|change-backing-file|x-debug-query-block-graph|'
                    'x-blockdev-set-iothread'),
    ('snapshots', 'snapshot-.*'),
    ('character devices at run time', '(query-)?chardev.*|ringbuf-.*'),
    ('memory dumps', '(query-)?dump(-guest-memory.*)?|DUMP_COMPLETED'),
    ('network', 'set_link|netdev_.*|query-rx-filter|announce-self|NIC_.*|NETDEV_.*|FAILOVER_.*|UNPLUG_PRIMARY'),
    ('rocker', 'query-rocker.*'),
    ('RDMA', 'x-query-rdma|RDMA_.*'),
    ('TPM', 'query-tpm'),
    ('VNC', 'set_password|expire_password|query-vnc.*|change-vnc-password|display-(reload|update)|VNC_.*'),
    ('Spice', 'query-spice|SPICE_.*|client_migrate_info'),
    ('displays', 'query-display-options'),
    ('COLO', 'x-colo.*|xen-colo-.*|query-colo-status|COLO_EXIT|xen-.*replication.*|query-xen-replication-status'),
    ('Xen', 'xen-.*'),
    ('dirty rate', '.*dirty-rate|.*vcpu-dirty-limit'),
    ('migration', 'migrate.*|query-migrate.*|MIGRATION.*'),
    ('trace points', 'trace-event-.*'),
    ('objects that a user makes', 'object-(add|del)'),
    ('memory dumps', '(p)?memsave'),
    ('preconfig', 'set-numa-node|x-exit-preconfig'),
    ('virtio-balloon', '(query-)?balloon|BALLOON_CHANGE'),
    ('memory hot-plug', 'MEMORY_DEVICE_SIZE_CHANGE|MEM_UNPLUG_ERROR|DEVICE_UNPLUG_GUEST_ERROR'),
    ('memory failures', 'MEMORY_FAILURE'),
    ('the translator', 'x-query-(jit|opcount|profile)'),
    ('ROMs as the human monitor lists them', 'x-query-roms'),
    ('USB', 'x-query-usb'),
    ('device trees', 'dumpdtb'),
    ('record and replay', 'query-replay|replay-.*'),
    ('yank', '(query-)?yank'),
    ('descriptors by QMP', 'add_client|getfd|closefd|add-fd|remove-fd|query-fdsets'),
    ('clock set by the guest', 'rtc-reset-reinjection|RTC_CHANGE'),
    ('SEV', '(query-)?sev.*'),
    ('SGX', 'query-sgx.*'),
    ('statistics', 'query-stats.*'),
    ('virtio', 'x-query-virtio.*|VSERPORT_CHANGE'),
    ('vfio-user', 'VFU_.*'),
]


def main():
    entries = [e for e in json.load(open(sys.argv[1])) if e['meta-type'] in ('command', 'event')]
    here = {e.name for e in qapi_schema.load(sys.argv[2]).entities.values() if e.meta in ('command', 'event')}
    print('# Commands and events of the reference: done, or the part of the program that they wait for.')
    for e in sorted(entries, key=lambda e: (e['meta-type'], e['name'])):
        parts = [part for part, names in PARTS if re.fullmatch(names, e['name'])]
        if e['name'] not in here and not parts:
            sys.exit('%s: which part does it wait for?' % e['name'])
        print('%s\t%s\t%s' % (e['meta-type'], e['name'], 'done' if e['name'] in here else parts[0]))


main()
