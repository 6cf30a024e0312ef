# SPDX-License-Identifier: Apache-2.0
"""A drawing of labelled rows and wires, as SVG: one element to a line, so that a change is a small difference."""

from xml.sax.saxutils import escape

FILL = {"ram": "#cfe2f3", "rom": "#fce5cd", "romd": "#fce5cd", "i/o": "#d9ead3", "gap": "#ffffff", "free": "#f3f3f3",
        "isa": "#d9ead3", "8259": "#e6e0f0", "8259b": "#d5cbe8", "ioapic": "#cfe2f3", "A": "#f9d9d5", "B": "#fbeacb",
        "C": "#d8f0e4", "D": "#dbe4fa"}
WIRE = {"isa": "#3d7a34", "free": "#b0b0b0", "A": "#c0392b", "B": "#b9770e", "C": "#148f61", "D": "#2c5fc4"}
STYLE = """text { font: 12px sans-serif; fill: #222 }
.title { font-size: 16px; font-weight: bold } .head { font-size: 13px; font-weight: bold }
.mono { font-family: monospace; font-size: 13px } .note { fill: #555 } .gap { fill: #999; font-style: italic }"""


class Drawing:
    def __init__(self, width, height, title):
        self.parts = ['<!-- SPDX-License-Identifier: Apache-2.0 -->', '<!-- Written by ./dev docs -->',
                      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">'
                      % (width, height, width, height), "<title>%s</title>" % escape(title),
                      "<style>%s</style>" % STYLE, '<rect width="%d" height="%d" fill="#fff"/>' % (width, height)]
        self.text(20, 32, title, "title")

    def text(self, x, y, words, kind):
        self.parts.append('<text x="%d" y="%d" class="%s" xml:space="preserve">%s</text>' % (x, y, kind, escape(words)))

    def row(self, x, y, width, kind, label):
        dashes = ' stroke-dasharray="3 3"' if kind == "gap" else ""
        self.parts.append('<rect x="%d" y="%d" width="%d" height="20" rx="3" fill="%s" stroke="#999"%s/>'
                          % (x, y, width, FILL[kind], dashes))
        self.text(x + 8, y + 14, label, "gap" if kind == "gap" else "row")

    def wire(self, x0, y0, x1, y1, kind):
        middle = (x0 + x1) // 2
        self.parts.append('<path d="M%d %dC%d %d %d %d %d %d" fill="none" stroke="%s"/>'
                          % (x0, y0, middle, y0, middle, y1, x1, y1, WIRE[kind]))

    def legend(self, x, y, kinds):
        for n, (kind, label) in enumerate(kinds):
            self.row(x + 120 * n, y, 110, kind, label)

    def text_of(self):
        return "\n".join(self.parts + ["</svg>", ""])
