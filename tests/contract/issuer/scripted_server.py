"""A TLS server that answers what it is told, as slowly and as brokenly as it is told. One connection at a time.

Arguments: port, certificate file, key file, file of client authorities, folder. For each request it writes
<folder>/asked.<n> (first line: the client certificate's common name or "-"; then the body) and sends the bytes of
<folder>/answer.<n>, or of <folder>/answer. The zero UUID in them becomes the request's message id. <folder>/pace says
how: "whole", "slowly" (a byte at a time), "cut <bytes>" (then the connection is broken), "endless <bytes>" (then chunks
for ever).
"""

import re
import socket
import ssl
import sys
import time
from pathlib import Path

ZERO = b"urn:uuid:00000000-0000-0000-0000-000000000000"


def read_request(stream):
    text = b""
    while b"\r\n\r\n" not in text:
        part = stream.recv(65536)
        if not part:
            return None
        text += part
    head, body = text.split(b"\r\n\r\n", 1)
    length = int(re.search(rb"(?i)content-length: *(\d+)", head).group(1))
    while len(body) < length:
        body += stream.recv(65536)
    return body


def send(stream, answer, pace):
    word, _, number = pace.partition(" ")
    if word == "slowly":
        for place in range(len(answer)):
            stream.sendall(answer[place:place + 1])
            time.sleep(0.05)
    elif word == "cut":
        stream.sendall(answer[:int(number)])
    elif word == "endless":
        stream.sendall(answer[:int(number)])
        while True:
            stream.sendall(b"400\r\n" + b"A" * 1024 + b"\r\n")
    else:
        stream.sendall(answer)


def serve(stream, folder, count):
    body = read_request(stream)
    if body is None:
        return count
    peer = stream.getpeercert()
    names = [value for part in (peer or {}).get("subject", ()) for key, value in part if key == "commonName"]
    partial = folder / "asked.tmp"
    partial.write_bytes((names[0] if names else "-").encode() + b"\n" + body)
    partial.rename(folder / f"asked.{count}")
    own = folder / f"answer.{count}"
    answer = (own if own.exists() else folder / "answer").read_bytes()
    message = re.search(rb"urn:uuid:[0-9a-f-]{36}", body)
    if message:
        answer = answer.replace(ZERO, message.group(0))
    try:
        send(stream, answer, (folder / "pace").read_text())
    except OSError:  # the client has had enough
        pass
    return count + 1


def main():
    port, certificate, key, authorities, folder = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(authorities)
    context.verify_mode = ssl.CERT_OPTIONAL
    listener = socket.create_server(("127.0.0.1", int(port)), backlog=20)
    count = 0
    while True:
        connection, _ = listener.accept()
        connection.settimeout(10)
        try:
            with context.wrap_socket(connection, server_side=True) as stream:
                count = serve(stream, Path(folder), count)
        except OSError:  # the client went, or did not like the certificate
            connection.close()


main()
