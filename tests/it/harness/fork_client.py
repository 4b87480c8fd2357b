# Stands for a Synapse that the fork server runs: it gets the signals meant for it, and ends as it does.
#
# Arguments: the path of the fork server's socket, then the arguments for Synapse.
import json
import os
import signal
import socket
import sys

server = socket.socket(socket.AF_UNIX)
server.connect(sys.argv[1])
socket.send_fds(server, [json.dumps(sys.argv[2:]).encode() + b"\n"], [1, 2])
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda number, _: server.sendall(signal.Signals(number).name[3:].encode() + b"\n"))
os._exit(int(server.recv(16) or 1))
