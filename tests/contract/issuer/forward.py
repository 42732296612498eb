"""Forwards TCP connections: a second way to a server that can be killed by itself. Arguments: own port, the server's."""

import socket
import sys
import threading


def pump(source, target):
    try:
        while part := source.recv(65536):
            target.sendall(part)
    except OSError:
        pass
    target.close()


def main():
    own, far = int(sys.argv[1]), int(sys.argv[2])
    listener = socket.create_server(("127.0.0.1", own), backlog=50)
    while True:
        near, _ = listener.accept()
        try:
            away = socket.create_connection(("127.0.0.1", far))
        except OSError:
            near.close()
            continue
        for pair in ((near, away), (away, near)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


main()
