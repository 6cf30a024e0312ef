#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What libvirt asks of the program that it starts, from the log of its daemon.

usage: reduce-log.py DAEMON-LOG > conversation.txt

DAEMON-LOG is what `tests/guest/libvirt.py --log` keeps.  A conversation begins with "= NAME", of which there are probe,
probe-tcg and domain; then comes a line for each request: the command, and its arguments as JSON.  Neighbours that only
differ in the property that they read share a line.  Requests that were there before in the same conversation are left
out, what a test steers libvirt to do by itself (human-monitor-command), and the expansion of a model that was the reply
before: it is of the host where the log was written.
"""
import json
import re
import sys

SENT = re.compile(r'QEMU_MONITOR_SEND_MSG: mon=\S+ msg=(\{.*\})$')
LEFT_OUT = ('qmp_capabilities', 'human-monitor-command')
PROPERTIES = 10         # of a model that somebody asks for; a reply has hundreds


def conversations(lines):
    """Lists of requests; each begins where a monitor is opened."""
    for line in lines:
        match = SENT.search(line.strip())
        if not match:
            continue
        request = json.loads(match[1])
        if request['execute'] == 'qmp_capabilities':
            yield []
        yield request


def named(lines):
    """The longest conversation of each kind."""
    found, current = {}, None
    for item in [*conversations(lines), []]:
        if item != []:
            current.append((item['execute'], item.get('arguments', {})))
            continue
        asked = {command for command, _ in current or []}
        name = 'probe' if 'query-version' in asked else 'domain' if 'cont' in asked else 'probe-tcg'
        if current and len(current) > len(found.get(name, [])):
            found[name] = current
        current = []
    return found


def follows(arguments):
    return len(arguments.get('model', {}).get('props', {})) > PROPERTIES


def once(requests):
    seen = []
    for request in requests:
        if request not in seen and request[0] not in LEFT_OUT and not follows(request[1]):
            seen.append(request)
    return seen


def joined(requests):
    """Reads of one object's properties, next to each other, as one."""
    out = []
    for command, arguments in requests:
        last = out[-1] if out else None
        if command == 'qom-get' and last and last[0] == command and last[1]['path'] == arguments['path']:
            last[1]['property'].append(arguments['property'])
        elif command == 'qom-get':
            out.append((command, arguments | {'property': [arguments['property']]}))
        else:
            out.append((command, arguments))
    return out


def wrapped(text, columns=118):
    """JSON on lines of that width; a line that goes on begins with a blank."""
    while len(text) > columns:
        cut = text.rfind(' ', 1, columns)
        yield text[:cut]
        text = text[cut:]
    yield text


def main():
    with open(sys.argv[1], errors='replace') as file:
        found = named(file)
    print('# What libvirt 9.0 asks: see reduce-log.py')
    for name in ('probe', 'probe-tcg', 'domain'):
        print('= ' + name)
        for command, arguments in joined(once(found[name])):
            for line in wrapped(command + ' ' + json.dumps(arguments)):
                print(line)


main()
