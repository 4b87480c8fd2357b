# Runs a program for a parent that may die at any moment, and takes the program along when it does.
#
# Arguments: the signal to send when the parent is gone, the numeric user to run as (empty: the same user), a
# directory to remove once parent and program are gone (empty: none), then the program and its arguments.
#
# Standard input is the line to the parent: each line names a signal for the program, and its end means that the
# parent is gone, for the operating system closes the pipe even when the parent is killed.
import os
import shutil
import signal
import subprocess
import sys
import threading

PATIENCE_SECS = 10

abandon, user, rubbish, *command = sys.argv[1:]
identity = {"user": int(user), "group": int(user), "extra_groups": []} if user else {}
gone = threading.Event()
child = subprocess.Popen(command, stdin=subprocess.DEVNULL, **identity)


def send(name):
    child.send_signal(getattr(signal, "SIG" + name))


def give_up(*_):
    gone.set()
    send(abandon)
    threading.Timer(PATIENCE_SECS, send, ["KILL"]).start()


def follow_parent():
    for line in sys.stdin:
        send(line.strip())
    give_up()


# Whoever asks the guard to end means the program.
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, give_up)
threading.Thread(target=follow_parent, daemon=True).start()
code = child.wait()
if rubbish and gone.is_set():
    shutil.rmtree(rubbish, ignore_errors=True)
os._exit(code if code >= 0 else 128 - code)
