"""The screen of a terminal, kept as cells: as much of xterm as the programs here need.

Bytes come in any pieces. A sequence or a character that is cut is kept until the rest comes.
"""

import re

CSI = re.compile(rb"\x1b\[([?>!<=]?)([0-9;:]*)[ -/]*([@-~])")
STRING = re.compile(rb"\x1b[\]P_^][^\x07\x1b]*(?:\x07|\x1b\\)")
TEXT = re.compile(rb"[^\x00-\x1f\x7f]+")

#: What begins like a sequence and is longer than this without an end is none.
LONGEST = 40


def whole(piece):
    """How many bytes of a piece are whole characters."""
    for back in range(1, min(4, len(piece)) + 1):
        lead = piece[-back]
        if lead >= 0xC0:
            need = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
            return len(piece) - back if need > back else len(piece)
        if lead < 0x80:
            break
    return len(piece)


class Screen:
    """Cells, a cursor, and how many frames were marked as such (synchronized output, mode 2026)."""

    def __init__(self, width, height):
        self.width, self.height = width, height
        self.cells = [self.blank() for _ in range(height)]
        self.x = self.y = 0
        self.saved = (0, 0)
        self.top, self.bottom = 0, height - 1
        self.rest = b""
        self.frames = 0

    def lines(self):
        return ["".join(line) for line in self.cells]

    def text(self):
        return "\n".join(self.lines())

    def blank(self):
        return [" "] * self.width

    def feed(self, data):
        """Takes bytes as a program writes them."""
        data = self.rest + data
        at = 0
        while at < len(data):
            step = self.step(data, at)
            if step == 0:
                break
            at += step
        self.rest = data[at:]

    def step(self, data, at):
        """Takes one thing, and tells its length; 0 if it is not whole yet."""
        byte = data[at]
        if byte == 0x1B:
            return self.escape(data, at)
        if byte < 0x20 or byte == 0x7F:
            self.control(byte)
            return 1
        piece = TEXT.match(data, at)[0]
        length = whole(piece) if at + len(piece) == len(data) else len(piece)
        self.put(piece[:length].decode(errors="replace"))
        return length

    def escape(self, data, at):
        if at + 1 >= len(data):
            return 0
        kind = data[at + 1 : at + 2]
        if kind == b"[":
            found = CSI.match(data, at)
            if found:
                self.sequence(found[1], found[2], found[3])
                return len(found[0])
            return 0 if len(data) - at < LONGEST else 2
        if kind in (b"]", b"P", b"_", b"^"):
            found = STRING.match(data, at)
            return len(found[0]) if found else 0
        if kind in (b"(", b")"):
            return 3 if at + 2 < len(data) else 0
        if kind == b"M":
            self.reverse_line_feed()
        elif kind == b"7":
            self.saved = (self.x, self.y)
        elif kind == b"8":
            self.x, self.y = self.saved
        return 2

    def control(self, byte):
        if byte == 10:
            self.line_feed()
        elif byte == 13:
            self.x = 0
        elif byte == 8:
            self.x = max(0, self.x - 1)
        elif byte == 9:
            self.x = min(self.width - 1, (self.x // 8 + 1) * 8)

    def put(self, text):
        for character in text:
            if self.x >= self.width:
                self.x = 0
                self.line_feed()
            self.cells[self.y][self.x] = character
            self.x += 1

    def line_feed(self):
        if self.y == self.bottom:
            self.scroll(self.top, 1)
        else:
            self.y = min(self.y + 1, self.height - 1)

    def reverse_line_feed(self):
        if self.y == self.top:
            self.scroll(self.top, -1)
        else:
            self.y = max(0, self.y - 1)

    def scroll(self, top, lines):
        """Moves the lines from `top` to the end of the region up, or down if `lines` is negative."""
        for _ in range(abs(lines)):
            out, into = (top, self.bottom) if lines > 0 else (self.bottom, top)
            del self.cells[out]
            self.cells.insert(into, self.blank())

    def sequence(self, private, params, final):
        numbers = [int(word.split(b":")[0] or 0) for word in params.split(b";")] if params else []
        if private:
            self.mode(params, final)
        elif final in b"HfABeCaDG`d":
            self.move(final, numbers)
        elif final in b"JKX":
            self.erase(final, numbers)
        elif final in b"P@LMST":
            self.shift(final, (numbers[:1] or [0])[0] or 1)
        elif final == b"r":
            numbers = [number or standard for number, standard in zip(numbers + [0, 0], (1, self.height))]
            self.top, self.bottom = numbers[0] - 1, min(numbers[1], self.height) - 1
            self.x = self.y = 0

    def mode(self, params, final):
        if params == b"2026" and final == b"h":
            self.frames += 1
        if final in b"hl" and params in (b"1049", b"47", b"1047"):
            self.cells = [self.blank() for _ in range(self.height)]

    def move(self, final, numbers):
        n = (numbers[:1] or [0])[0] or 1
        x, y = self.x, self.y
        if final in b"Hf":
            x, y = ((numbers + [0, 0])[1] or 1) - 1, n - 1
        elif final == b"A":
            y -= n
        elif final in b"Be":
            y += n
        elif final in b"Ca":
            x += n
        elif final == b"D":
            x -= n
        elif final in b"G`":
            x = n - 1
        elif final == b"d":
            y = n - 1
        self.x, self.y = min(max(x, 0), self.width - 1), min(max(y, 0), self.height - 1)

    def erase(self, final, numbers):
        kind = (numbers[:1] or [0])[0]
        start, stop = min(self.x, self.width - 1), self.width
        if final == b"X":
            stop = min(self.width, start + (kind or 1))
        elif kind == 1:
            start, stop = 0, start + 1
        elif kind in (2, 3):
            start = 0
        self.cells[self.y][start:stop] = [" "] * (stop - start)
        if final == b"J":
            others = {0: range(self.y + 1, self.height), 1: range(self.y)}.get(kind, range(self.height))
            for y in others:
                self.cells[y] = self.blank()

    def shift(self, final, n):
        line = self.cells[self.y]
        if final == b"P":
            del line[self.x : self.x + n]
            line.extend([" "] * (self.width - len(line)))
        elif final == b"@":
            line[self.x : self.x] = [" "] * n
            del line[self.width :]
        elif final == b"L":
            self.scroll(self.y, -n)
        elif final == b"M":
            self.scroll(self.y, n)
        else:
            self.scroll(self.top, n if final == b"S" else -n)
