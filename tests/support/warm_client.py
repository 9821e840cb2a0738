"""A process that stands for an `usher` which `warm_usher` forks: `python warm_client.py SOCKET ARGUMENT...`.

It imports next to nothing, passes SIGINT and SIGTERM on, and ends as that one ends.
"""

import json
import os
import signal
import socket
import sys


def main(address: str, arguments: list[str]) -> int:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(address)
    call = {"directory": os.getcwd(), "arguments": arguments, "environment": dict(os.environ)}
    socket.send_fds(connection, [json.dumps(call).encode()], [0, 1, 2])
    pid = int(connection.recv(64))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _frame: os.kill(pid, got))
    code = int(connection.recv(64))
    if code < 0:  # a signal ended it
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
