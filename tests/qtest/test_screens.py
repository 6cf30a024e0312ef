#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Pictures of a VGA: ours and the reference's are the same, pixel by pixel

    test_screens.py PROGRAM

TAP on stdout.  Cases that need the reference (qemu-system-x86_64) are skipped where there is none.
"""

import random
import shutil
import sys

import screens
from qtest import Refused

REFERENCE = "qemu-system-x86_64"
OPTIONS = ["-M", "pc", "-m", "32", "-nodefaults"]
VGA = ["-device", "VGA,addr=%d,romfile=" % screens.SLOT]


def ours(program, *more):
    return screens.Screen([program, *OPTIONS, "-accel", "qtest", *more])


def reference(*more):
    return screens.Screen([REFERENCE, *OPTIONS, "-vga", "none", "-accel", "tcg", "-S", *more])


def drawn(machine, scene):
    with machine as m:
        scene(m, random.Random(1))
        return m.picture()


def size_of(picture):
    return picture.split(b"\n", 3)[1].decode()


def difference(got, want):
    if size_of(got) != size_of(want):
        return "it has %s pixels, the reference's %s" % (size_of(got), size_of(want))
    width = int(size_of(got).split()[0])
    got, want = got.split(b"\n", 3)[3], want.split(b"\n", 3)[3]
    wrong = [i for i in range(0, len(want), 3) if got[i:i + 3] != want[i:i + 3]]
    first = wrong[0] // 3
    return "%d pixels differ, the first at %d, %d: %s, the reference has %s" % (
        len(wrong), first % width, first // width, got[3 * first:3 * first + 3].hex(), want[3 * first:3 * first + 3].hex())


def scene_agrees(program, scene):
    got, want = drawn(ours(program, *VGA), scene), drawn(reference(*VGA), scene)
    assert got == want, difference(got, want)


def question_agrees(program, question):
    with ours(program, *VGA) as m, reference(*VGA) as r:
        got, want = question(m), question(r)
    wrong = ["%s: %#x, the reference has %#x" % (place, got[place], want[place]) for place in want
             if got[place] != want[place]]
    assert not wrong, "\n".join(wrong[:20])


def every_scene_is_a_picture(program):
    """Without the reference: it has the size that its header says, in both formats."""
    for scene in screens.SCENES:
        with ours(program, *VGA) as m:
            scene(m, random.Random(1))
            picture = m.picture()
            width, height = map(int, size_of(picture).split())
            assert len(picture) == len("P6\n%d %d\n255\n" % (width, height)) + 3 * width * height, scene.__name__
            assert m.picture(format="png").startswith(b"\x89PNG\r\n\x1a\n"), scene.__name__


def errors(m):
    return [m.command("screendump", filename="/tmp/none", **arguments) for arguments in
            ({"device": "nobody"}, {"device": "v1", "head": 5}, {"device": "v1", "head": -1}, {"head": 1},
             {"format": "gif"})]


def errors_agree(program):
    more = ["-device", "secondary-vga,id=v1,addr=6"]
    with ours(program, *more) as m, reference(*more) as r:
        got, want = errors(m), errors(r)
    assert got == want, "%s\n%s" % (got, want)


def without_a_display_there_is_nothing_to_show(program):
    with ours(program) as m:
        reply = m.command("screendump", filename="/tmp/none")
    assert reply["error"]["desc"] == "There is no console to take a screendump from", reply


def garbage_is_a_picture_too(program):
    """Random writes to every port and window, and a picture of what that makes."""
    rng = random.Random(7)
    ports = [*range(0x3b4, 0x3b6), 0x3ba, *range(0x3c0, 0x3d0), 0x3d4, 0x3d5, 0x3da]
    with ours(program, *VGA) as m:
        m.map()
        for _ in range(60):
            lines = ["outb %#x %#x" % (rng.choice(ports), rng.choice((rng.randrange(256), rng.randrange(32))))
                     for _ in range(150)]
            for index in range(1, 10):
                lines += ["outw 0x1ce %d" % index, "outw 0x1d0 %#x" % rng.choice((rng.getrandbits(16), 1, 8, 32, 640))]
            lines += ["writeq %#x %#x" % (0xa0000 + rng.randrange(0x1fff8), rng.getrandbits(64)) for _ in range(20)]
            lines += ["inb 0x3da", "inb 0x3ba", "outb 0x3c0 0x20"]
            for line, reply in zip(lines, m.many(lines)):
                assert reply.startswith("OK"), "%s: %s" % (line, reply)
            m.picture()


def main():
    program, count, failed = sys.argv[1], 0, 0
    have = shutil.which(REFERENCE)
    cases = [(fn.__name__, lambda fn=fn: fn(program), False) for fn in
             (every_scene_is_a_picture, garbage_is_a_picture_too, without_a_display_there_is_nothing_to_show)]
    cases += [("errors_are_as_in_the_reference", lambda: errors_agree(program), True)]
    cases += [(s.__name__ + "_is_as_in_the_reference", lambda s=s: scene_agrees(program, s), True) for s in screens.SCENES]
    cases += [(q.__name__ + "_is_as_in_the_reference", lambda q=q: question_agrees(program, q), True)
              for q in screens.QUESTIONS]
    for name, fn, needs_reference in cases:
        count += 1
        if needs_reference and not have:
            print("ok %d - %s # SKIP there is no %s here" % (count, name, REFERENCE))
            continue
        try:
            fn()
        except (AssertionError, Refused, OSError) as e:
            failed += 1
            print("\n".join("# " + line for line in str(e).splitlines()))
            print("not ok %d - %s" % (count, name), flush=True)
        else:
            print("ok %d - %s" % (count, name), flush=True)
    print("1..%d" % count)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
