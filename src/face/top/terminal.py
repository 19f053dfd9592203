"""Runs a program on a terminal, ends it in some way, and says whether the terminal is as it was."""
import fcntl, os, pty, select, signal, struct, subprocess, sys, termios, time

PATIENCE = 20
way, command = sys.argv[1], sys.argv[2:]
terminal, program_side = pty.openpty()
fcntl.ioctl(program_side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
before = termios.tcgetattr(program_side)


def own_terminal():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


program = subprocess.Popen(
    command, stdin=program_side, stdout=program_side, stderr=program_side, preexec_fn=own_terminal
)
seen = b""


def read_until(is_enough, what):
    global seen
    deadline = time.monotonic() + PATIENCE
    while not is_enough():
        if time.monotonic() > deadline:
            program.kill()
            sys.exit(f"in vain waited for {what}; seen: {seen!r}")
        if select.select([terminal], [], [], 0.05)[0]:
            seen += os.read(terminal, 65536)


read_until(lambda: b"\x1b[?1049h" in seen and b"saturated" in seen, "the picture")
if way not in ("panic",) and termios.tcgetattr(program_side) == before:
    sys.exit("the terminal is not in raw mode, so nothing is proven")

if way == "hang up":
    os.close(program_side)
    os.close(terminal)
    program.wait(PATIENCE)
    print("ended")
    sys.exit()
if way in ("TERM", "INT"):
    program.send_signal(getattr(signal, "SIG" + way))
elif way != "panic":
    os.write(terminal, way.encode())
read_until(lambda: program.poll() is not None, "the end")
while select.select([terminal], [], [], 0)[0]:
    seen += os.read(terminal, 65536)

after = seen.rpartition(b"\x1b[?1049l")[2] if b"\x1b[?1049l" in seen else sys.exit(f"still the alternate screen: {seen!r}")
if termios.tcgetattr(program_side) != before:
    sys.exit("the terminal's mode is not what it was")
if seen.rfind(b"\x1b[?25h") < seen.rfind(b"\x1b[?25l"):
    sys.exit("the cursor is still hidden")
message = "as the test wants it"
print("restored", *[f'then "{message}"'] * (message.encode() in after), f"exit code {program.returncode}", sep=", ")
