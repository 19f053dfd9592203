"""Runs a program on a terminal of 24 lines and 80 columns, does what it is told, and prints what there was to see.

Arguments: the steps, separated by "--" from the program and its arguments. A step is
  see TEXT      wait until the text is on the screen
  type KEYS     press keys
  resize R C    so many rows and columns
  signal NAMES  send the program signals, one right after the other
  hang up       take the terminal away; nothing is to be seen after that
  ignore HUP    as nohup does, from the beginning
  mute          tell no program where the cursor is, from the beginning
What is printed is all that was scrolled away, the screen, and a line that says whether the terminal is as it was, and
the exit code.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

PATIENCE = 60
SEPARATOR = sys.argv.index("--")
STEPS, COMMAND = sys.argv[1:SEPARATOR], sys.argv[SEPARATOR + 1 :]

terminal, program_side = pty.openpty()


def resize(rows, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def own_terminal():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    if "ignore HUP" in STEPS:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


resize(24, 80)
before = termios.tcgetattr(program_side)
program = subprocess.Popen(
    COMMAND, stdin=program_side, stdout=program_side, stderr=program_side, preexec_fn=own_terminal
)
seen = b""


class Screen:
    """As much of a terminal as the client makes use of."""

    TOKEN = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\r|\n|[^\x1b]")

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.lines = [""] * rows
        self.scrolled = []
        self.row = self.column = 0
        self.unread = b""

    def resize(self, rows, columns):
        while len(self.lines) > rows and self.row < len(self.lines) - 1:
            self.lines.pop()
        while len(self.lines) > rows:
            self.scrolled.append(self.lines.pop(0))
            self.row -= 1
        self.lines = [line[:columns] for line in self.lines + [""] * (rows - len(self.lines))]
        self.rows, self.columns = rows, columns

    def take(self, data):
        """Shows what was written, as far as it is complete."""
        self.unread += data
        try:
            text = self.unread.decode()
        except UnicodeDecodeError:
            return
        self.unread = b""
        place = 0
        while match := self.TOKEN.match(text, place):
            self.obey(match)
            place = match.end()
        self.unread = text[place:].encode()

    def obey(self, match):
        token, numbers, verb = match[0], match[1], match[2]
        if verb == "H":
            row, column = ([int(number) for number in numbers.split(";")] if numbers else [1, 1])
            self.row, self.column = row - 1, column - 1
        elif verb == "J":
            self.lines[self.row] = self.lines[self.row][: self.column]
            self.lines[self.row + 1 :] = [""] * (self.rows - self.row - 1)
        elif verb == "n" and "mute" not in STEPS:
            os.write(terminal, f"\x1b[{self.row + 1};{self.column + 1}R".encode())
        elif verb:
            pass
        elif token == "\r":
            self.column = 0
        elif token == "\n":
            self.row += 1
            if self.row == self.rows:
                self.row -= 1
                self.scrolled.append(self.lines.pop(0))
                self.lines.append("")
        else:
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + token + line[self.column + 1 :]
            self.column += 1

    def text(self):
        return "\n".join(line.rstrip() for line in self.lines)


screen = Screen(24, 80)


def read_some(patience=0.05):
    global seen
    if select.select([terminal], [], [], patience)[0]:
        data = os.read(terminal, 65536)
        seen += data
        screen.take(data)
        return True
    return False


def wait(holds, what):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            program.kill()
            sys.exit(f"in vain waited for {what}; seen: {screen.text()}")
        read_some()


for step in STEPS:
    verb, _, rest = step.partition(" ")
    if verb == "see":
        wait(lambda: rest in screen.text(), step)
    elif verb == "type":
        os.write(terminal, rest.encode())
    elif verb == "resize":
        resize(*map(int, rest.split()))
        screen.resize(*map(int, rest.split()))
    elif verb == "signal":
        for name in rest.split():
            program.send_signal(getattr(signal, "SIG" + name))
    elif verb == "hang":
        os.close(program_side)
        os.close(terminal)
        print("gone exit code", program.wait(PATIENCE), "escapes 0")
        sys.exit()

wait(lambda: program.poll() is not None, "the end")
while read_some(0):
    pass
is_restored = termios.tcgetattr(program_side) == before and seen.rfind(b"\x1b[?25h") >= seen.rfind(b"\x1b[?25l")
print(*(line.rstrip() for line in screen.scrolled), screen.text().rstrip(), sep="\n")
print("restored" if is_restored else "changed", "exit code", program.returncode, "escapes", seen.count(b"\x1b"))
