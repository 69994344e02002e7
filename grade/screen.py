"""What a person would see: a terminal's screen, drawn from the bytes a program writes.

    s = Screen(24, 80)
    s.feed(data)
    s.text()            the lines, without spaces at their ends
    s.row, s.column     where the cursor is

It knows what full-screen programs use of a VT100 and xterm: moving, erasing, inserting and deleting,
scrolling regions, the other screen, UTF-8.  Colours and the like are passed over.
"""

import codecs
import re

CSI = re.compile(r"\x1b\[([?>=]?)([0-9;]*)([ -/]*)([@-~])")
OTHER = re.compile(r"\x1b(?:[()*+][0-9A-Za-z]|\][^\x07\x1b]*(?:\x07|\x1b\\)|#[0-9]|[=>78DEHMc])")
PARTIAL = re.compile(r"\x1b(?:\[[?>=]?[0-9;]*[ -/]*|\][^\x07\x1b]*\x1b?|[()*+#]?)$")


class Screen:
    def __init__(self, rows=24, columns=80):
        self.rows, self.columns = rows, columns
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.pending = ""
        self.unknown = []               # sequences that we do not know: a test may insist that there are none
        self.reset()

    def reset(self):
        self.cells = [self.blank() for _ in range(self.rows)]
        self.row = self.column = 0
        self.top, self.bottom = 0, self.rows - 1
        self.wrapping = False           # the last column is written: the next character goes to the next line
        self.saved, self.main = (0, 0), None

    def blank(self):
        return [" "] * self.columns

    def text(self):
        return "\n".join("".join(line).rstrip() for line in self.cells)

    def lines(self):
        return self.text().split("\n")

    def resize(self, rows, columns):
        """A window of another size: what is seen stays at the top left."""
        self.cells = [(line + [" "] * columns)[:columns] for line in self.cells[:rows]]
        self.rows, self.columns = rows, columns
        self.cells += [self.blank() for _ in range(rows - len(self.cells))]
        self.top, self.bottom = 0, rows - 1
        self.move(self.row, self.column)

    # ---- bytes to actions ----

    def feed(self, data):
        text, self.pending = self.pending + self.decoder.decode(data), ""
        at = 0
        while at < len(text):
            c = text[at]
            if c != "\x1b":
                self.character(c)
                at += 1
            elif m := CSI.match(text, at):
                self.control(m[1], m[2], m[3], m[4])
                at = m.end()
            elif m := OTHER.match(text, at):
                self.escape(m[0][1:])
                at = m.end()
            elif PARTIAL.match(text, at):
                self.pending = text[at:]
                return
            else:
                self.unknown.append(text[at:at + 4])
                at += 1

    def character(self, c):
        if c == "\r":
            self.move(self.row, 0)
        elif c in "\n\v\f":
            self.line_feed()
        elif c == "\b":
            self.move(self.row, self.column - 1)
        elif c == "\t":
            self.move(self.row, (self.column // 8 + 1) * 8)
        elif c >= " " and c != "\x7f":
            self.put(c)

    def put(self, c):
        if self.wrapping:
            self.column = 0
            self.line_feed()
        self.cells[self.row][self.column] = c
        if self.column == self.columns - 1:
            self.wrapping = True
        else:
            self.column += 1

    def escape(self, what):
        if what == "7":
            self.saved = (self.row, self.column)
        elif what == "8":
            self.move(*self.saved)
        elif what == "M":
            if self.row == self.top:
                self.scroll(self.top, -1)
            else:
                self.move(self.row - 1, self.column)
        elif what in "DE":
            self.line_feed()
            if what == "E":
                self.column = 0
        elif what == "c":
            self.reset()

    def control(self, private, numbers, middle, final):
        n = [int(x or 0) for x in numbers.split(";")] if numbers else []
        first = n[0] if n else 0
        if private:
            if final in "hl" and {47, 1047, 1049} & set(n):
                self.other_screen(final == "h")
            return
        if middle or final in "mhlntcq":        # colours, modes, questions
            return
        action = getattr(self, f"do_{final}" if final.isalpha() else f"do_{ord(final):x}", None)
        if final in "Hf":
            self.move(max(first, 1) - 1, max(n[1] if len(n) > 1 else 1, 1) - 1)
        elif final == "r":
            last = n[1] if len(n) > 1 and n[1] else self.rows
            self.top, self.bottom = max(first, 1) - 1, min(last, self.rows) - 1
            self.move(0, 0)
        elif final in "JK":
            (self.do_J if final == "J" else self.do_K)(first)
        elif action:
            action(max(first, 1))
        else:
            self.unknown.append(f"CSI {numbers}{final}")

    # ---- actions ----

    def move(self, row, column):
        self.row = min(max(row, 0), self.rows - 1)
        self.column = min(max(column, 0), self.columns - 1)
        self.wrapping = False

    def scroll(self, top, n):
        """The lines from top to the region's bottom go up by n (down by -n)."""
        for _ in range(min(abs(n), self.rows)):
            if n > 0:
                del self.cells[top]
                self.cells.insert(self.bottom, self.blank())
            else:
                del self.cells[self.bottom]
                self.cells.insert(top, self.blank())

    def line_feed(self):
        if self.row == self.bottom:
            self.scroll(self.top, 1)
        elif self.row < self.rows - 1:
            self.row += 1
        self.wrapping = False

    def other_screen(self, on):
        if on and self.main is None:
            self.main, self.cells = self.cells, [self.blank() for _ in range(self.rows)]
            self.saved = (self.row, self.column)
        elif not on and self.main is not None:
            self.cells, self.main = self.main, None
            self.move(*self.saved)

    def do_A(self, n): self.move(self.row - n, self.column)
    def do_B(self, n): self.move(self.row + n, self.column)
    def do_C(self, n): self.move(self.row, self.column + n)
    def do_D(self, n): self.move(self.row, self.column - n)
    def do_G(self, n): self.move(self.row, n - 1)
    def do_d(self, n): self.move(n - 1, self.column)
    def do_L(self, n): self.scroll(self.row, -n)
    def do_M(self, n): self.scroll(self.row, n)
    def do_S(self, n): self.scroll(self.top, n)
    def do_T(self, n): self.scroll(self.top, -n)

    def do_K(self, how):
        begin, end = ((self.column, self.columns), (0, self.column + 1), (0, self.columns))[how]
        self.cells[self.row][begin:end] = [" "] * (end - begin)

    def do_J(self, how):
        if how in (0, 1):
            self.do_K(how)
        for r in range(self.rows):
            if how >= 2 or (how == 0 and r > self.row) or (how == 1 and r < self.row):
                self.cells[r] = self.blank()

    def do_P(self, n):
        line = self.cells[self.row]
        line[self.column:] = line[self.column + n:] + [" "] * min(n, self.columns - self.column)

    def do_40(self, n):                 # CSI n @
        line = self.cells[self.row]
        line[self.column:] = ([" "] * n + line[self.column:])[:self.columns - self.column]

    def do_X(self, n):
        end = min(self.column + n, self.columns)
        self.cells[self.row][self.column:end] = [" "] * (end - self.column)
