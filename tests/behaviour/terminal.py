"""Runs a command with a terminal of its own, which is resized or closed when somebody says so at a unix socket.

Arguments: the path of the socket; "foreground", or "background" where the command writes its log to a terminal that
stops whoever writes from there (stty tostop); the command.
"""

import fcntl
import os
import pty
import socket
import struct
import sys
import termios
import threading


def copy(terminal):
    """What comes from the terminal goes to the log, until nobody has the terminal any more."""
    try:
        while data := os.read(terminal, 65536):
            os.write(2, data)
    finally:
        os._exit(0)


def obey(door, terminal):
    while True:
        peer, _ = door.accept()
        words = peer.recv(100).split()
        if words[0] == b"resize":
            size = struct.pack("HHHH", int(words[1]), int(words[2]), 0, 0)
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
        peer.sendall(b"done\n")
        peer.close()
        if words[0] == b"close":
            os._exit(0)


path, place, command = sys.argv[1], sys.argv[2], sys.argv[3:]
door = socket.socket(socket.AF_UNIX)
door.bind(path)
door.listen()
terminal, ours = pty.openpty()
# The other end is held by a process that is no child of the command.
if os.fork() == 0:
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    os.close(ours)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    threading.Thread(target=copy, args=(terminal,), daemon=True).start()
    obey(door, terminal)
os.wait()
door.close()
os.close(terminal)
os.setsid()
fcntl.ioctl(ours, termios.TIOCSCTTY, 0)
os.dup2(ours, 0)
os.dup2(ours, 1)
if place == "background":
    attributes = termios.tcgetattr(ours)
    attributes[3] |= termios.TOSTOP
    termios.tcsetattr(ours, termios.TCSANOW, attributes)
    child = os.fork()
    if child != 0:
        os.close(2)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    os.setpgid(0, 0)
    os.dup2(ours, 2)
os.close(ours)
os.execvp(command[0], command)
