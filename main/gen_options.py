#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes of main/options.tbl what must not be written twice.

    gen_options.py OPTIONS.tbl PAGE.1.in SCHEMA.json QAPI_FOLDER OUT_H OUT_PAGE OUT_BASH OUT_ZSH

OUT_H holds a line for each option, which main/options.c has in its table; OUT_PAGE is PAGE.1.in with the options in
place of @OPTIONS@; the last two are what bash and zsh complete.  An argument's first word is completed with what it is
written with (words of a schema's enumeration, alternatives in small letters, files, folders), or with what the program
lists when the sentence says that "help" does.
"""
import re
import sys

NAME = re.compile(r'-([A-Za-z0-9|_-]+)  (\w+)(?:  (\S.*))?$')
PIECE = re.compile(r'([A-Z][A-Z0-9_]*)|(\.\.\.|[\[\]|])|( or )|([^A-Z\[\]|.]+|\.)')


class TableError(Exception):
    pass


class Option:
    def __init__(self, group, names, setter, argument):
        self.group, self.names, self.setter, self.argument = group, names.split('|'), setter, argument
        self.help, self.words, self.manual, self.enum = '', [], [], None

    def sentence(self):
        return self.help[0].upper() + self.help[1:] + '.'

    def first_word(self):
        """The argument up to what may be left out, without "key=" in brackets in front."""
        return re.split(r'[\[,]| or ', re.sub(r'^\[\w+=\]', '', self.argument or ''))[0]

    def completion(self):
        """('words', [...]), ('help', None), ('file', None), ('folder', None), ('none', None)."""
        first = self.first_word()
        if self.words:
            return 'words', self.words
        if '"help" lists' in self.help and first != 'FOLDER':
            return 'help', None
        if first in ('FILE', 'FOLDER'):
            return first.lower(), None
        return 'words', [word for word in first.split('|') if re.fullmatch(r'[a-z0-9-]+', word)]


def read(path):
    options, group, option = [], None, None
    for number, line in enumerate(open(path, encoding='utf-8').read().splitlines(), 1):
        match = NAME.match(line)
        if line.startswith('#'):
            continue
        if not line:
            option = None
        elif line.startswith('= ') and not option:
            group = line[2:]
        elif match and not option and group:
            option = Option(group, *match.groups())
            options.append(option)
        elif not option:
            raise TableError('%s:%d: neither a group nor an option' % (path, number))
        elif line.startswith('    ') and not option.manual:
            option.help = (option.help + ' ' + line.strip()).strip()
        elif line.startswith('+ '):
            option.enum = line[2:]
        else:
            option.manual.append(line)
    check(path, options)
    return options


def check(path, options):
    seen = set()
    for option in options:
        if not option.help:
            raise TableError('%s: -%s has no sentence' % (path, option.names[0]))
        for name in option.names:
            if name in seen:
                raise TableError('%s: -%s is there twice' % (path, name))
            seen.add(name)


def quoted(text):
    return '"%s"' % text.replace('\\', '\\\\').replace('"', '\\"') if text is not None else 'NULL'


def header(options):
    yield '/* Made by main/gen_options.py of main/options.tbl. */'
    for o in options:
        yield '    { %s, %s, %s, %s, %s },' % (quoted('|'.join(o.names)), quoted(o.argument), o.setter, quoted(o.help),
                                             quoted(o.group))


def mdoc_argument(text):
    """Words in capitals are names of something, brackets and bars are ours, everything else is literal."""
    out = []
    for name, sign, either, literal in PIECE.findall(text):
        if either:
            out.append(('or', False))
        elif name:
            out.append(('Ar ' + name.lower(), True))
        elif sign:
            out.append(('No \\&' + sign, True))
        else:
            out.append(('Cm \\&' + literal.replace(' ', '\\ '), True))
    line, joined = '', False
    for piece, joins in out:
        line += (' Ns ' if joined and joins else ' ') + ('No ' + piece if piece == 'or' else piece)
        joined = joins
    return line


def page(options, template):
    lines, group = [], None
    for o in options:
        if o.group != group:
            lines += ['.El'] * (group is not None) + ['.Ss ' + o.group, '.Bl -tag -width Ds']
            group = o.group
        names = ' , '.join('Fl ' + name for name in o.names)
        lines.append('.It ' + names + (mdoc_argument(o.argument) if o.argument else ''))
        lines += [o.sentence()] + o.manual
    return template.replace('@OPTIONS@', '\n'.join(lines + ['.El']))


BASH = '''# SPDX-License-Identifier: Apache-2.0
# What bash completes for rhea-system-x86_64; made of its table of options.

# What `PROGRAM OPTION help` lists, a name a line.
_rhea_listed()
{
    "$1" "$2" help 2>/dev/null | sed -n -e '/^Recognized/q' -e '/:[ ]*$/d' -e 's/^name "\\([^"]*\\)".*/\\1/p' -e t \\
        -e 's/^x86 \\([^ ]*\\).*/\\1/p' -e t -e 's/^ *\\([^ ]\\{1,\\}\\).*/\\1/p'
}

_rhea_system_x86_64()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=

    COMPREPLY=()
    case ${before/#--/-} in
%s
    *) words="%s" ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _rhea_system_x86_64 rhea-system-x86_64 qemu-system-x86_64
'''

ZSH = '''#compdef rhea-system-x86_64 qemu-system-x86_64
# SPDX-License-Identifier: Apache-2.0
# What zsh completes for rhea-system-x86_64; made of its table of options.

# What `PROGRAM OPTION help` lists.
_rhea_listed() {
    local -a names
    names=(${(f)"$($words[1] $1 help 2>/dev/null | sed -n -e '/^Recognized/q' -e '/:[ ]*$/d' \\
        -e 's/^name "\\([^"]*\\)".*/\\1/p' -e t -e 's/^x86 \\([^ ]*\\).*/\\1/p' -e t \\
        -e 's/^ *\\([^ ]\\{1,\\}\\).*/\\1/p')"})
    compadd -a names
}

_arguments \\
%s
'''


def bash(options):
    cases, nothing = [], []
    for o in options:
        names = ' | '.join('-' + name for name in o.names)
        kind, words = o.completion()
        if kind == 'help':
            cases.append('    %s) words=$(_rhea_listed "$1" -%s) ;;' % (names, o.names[0]))
        elif kind in ('file', 'folder'):
            cases.append('    %s) mapfile -t COMPREPLY < <(compgen -%s -- "$word"); return ;;' % (
                names, 'f' if kind == 'file' else 'd'))
        elif words:
            cases.append('    %s) words="%s" ;;' % (names, ' '.join(words)))
        elif o.argument:
            nothing.append(names)
    cases.append('    %s) ;;' % ' | '.join(nothing))
    return BASH % ('\n'.join(cases), ' '.join('-' + name for o in options for name in o.names))


def zsh_text(text):
    return re.sub(r'([\[\]:\\])', r'\\\1', text).replace("'", "'\\''")


def zsh(options):
    specs = []
    for o in options:
        kind, words = o.completion()
        action = {'help': '_rhea_listed -' + o.names[0], 'file': '_files', 'folder': '_files -/'}.get(kind)
        argument = ':%s:%s' % (zsh_text(o.argument), action or '(%s)' % ' '.join(words)) if o.argument else ''
        specs += ["    '*-%s[%s]%s'" % (name, zsh_text(o.help), argument) for name in o.names]
    return ZSH % ' \\\n'.join(specs)


def enum_words(schema, name):
    return [value for value, features in schema.entities[name].values] if name else []


def main():
    table, template, schema_path, qapi_folder, *outputs = sys.argv[1:]
    sys.dont_write_bytecode = True
    sys.path.insert(0, qapi_folder)
    import qapi_schema
    options, schema = read(table), qapi_schema.load(schema_path)
    for option in options:
        option.words = enum_words(schema, option.enum)
    texts = ['\n'.join(header(options)) + '\n', page(options, open(template, encoding='utf-8').read()), bash(options),
             zsh(options)]
    for path, text in zip(outputs, texts):
        with open(path, 'w', encoding='utf-8') as out:
            out.write(text)


if __name__ == '__main__':
    try:
        main()
    except (TableError, OSError) as error:
        sys.exit('gen_options.py: %s' % error)
