"""Talks to a program on a terminal of its own: sends each line of stdin once it waits for one, prints what was shown.

Usage: prompt.py PROGRAM ARGUMENT... < LINES; keys are written as <tab>, <up>, <ctrl-c>, <ctrl-d>; a line that goes on with the
one before begins with +, a key that is pressed over and over until the program asks again with !.
"""

import fcntl, os, pty, re, select, struct, sys, termios, time

KEYS = {"<tab>": "\t", "<up>": "\x1b[A", "<ctrl-c>": "\x03", "<ctrl-d>": "\x04"}
# The line editor turns bracketed paste on when it begins to wait.
WAITS = "\x1b[?2004h"
PATIENCE = 120

lines = sys.stdin.read().splitlines()
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))

shown, sent_at = "", 0


def read(wait=PATIENCE):
    """Takes what is shown next; false at the end."""
    global shown
    ready, _, _ = select.select([terminal], [], [], wait)
    if not ready:
        return wait < PATIENCE or sys.exit(f"nothing more came after:\n{shown}")
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        return False
    shown += piece.decode(errors="replace")
    return bool(piece)


def waits():
    """Whether the program has asked for a line since the last one was sent."""
    return WAITS in shown[sent_at:]


for line in lines:
    if line.startswith("!"):
        while not waits():
            os.write(terminal, KEYS[line[1:]].encode())
            again_at = time.monotonic() + 1
            while not waits() and time.monotonic() < again_at:
                read(0.1)
        continue
    if line.startswith("+"):
        line = line[1:]
    else:
        while not waits() and read():
            pass
        sent_at = len(shown)
    sent = re.sub("|".join(KEYS), lambda key: KEYS[key[0]], line)
    os.write(terminal, (sent if sent.endswith(("\x03", "\x04")) else sent + "\r").encode())
while read():
    pass
print(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown).replace("\r", ""))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
