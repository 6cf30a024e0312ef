# SPDX-License-Identifier: Apache-2.0
"""
What is known to differ from the reference where both are asked: the entries "live" of tests/facts/differences.tsv

tests/unit/facts.c reads the same list for facts that were written down.
"""

import fnmatch
import pathlib

LIST = pathlib.Path(__file__).parent.parent / "facts" / "differences.tsv"
ENTRIES = [line.split("\t") for line in LIST.read_text().splitlines() if line.startswith("live\t")]
seen = set()


def differs(name):
    """Is there an entry whose name matches?  Marks all that do."""
    found = {entry[1] for entry in ENTRIES if fnmatch.fnmatchcase(name, entry[1])}
    seen.update(found)
    return bool(found)


def check_needed():
    idle = [entry[1] for entry in ENTRIES if entry[1] not in seen]
    assert not idle, "listed but present: " + ", ".join(idle)
