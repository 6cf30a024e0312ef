# SPDX-License-Identifier: Apache-2.0
"""What a documentation comment of the schema says, in its parts."""
import re


def since(doc):
    for line in doc:
        if line.startswith('Since:'):
            return line[6:].strip()
    return None


def split(doc):
    """(paragraphs, {member: text}, {feature: text}, returns)"""
    text, members, features, returns, target = [], {}, {}, '', None
    for line in doc[1:]:
        m = re.match(r'@([^:]+):\s*(.*)', line)
        if line.startswith('Since:'):
            target = None
        elif line.startswith('Features:'):
            target = features
        elif line.startswith('Returns:'):
            returns = line[8:].strip()
        elif m:
            target = features if target is features else members
            target[m.group(1)] = m.group(2)
        elif target is None:
            text.append(line)
    return '\n'.join(text).strip(), members, features, returns
