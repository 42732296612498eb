"""A CEP by a foreign hand that wants Kerberos: Python's TLS, MIT's acceptor through python3-gssapi.

    /usr/bin/python3 negotiate_server.py PORT LOG CERTIFICATES OFFER PROOF STATUS

CERTIFICATES: PEM files with key and chain, separated by commas: the first connection shows the first one, the next the
next, the last one stays. OFFER: the WWW-Authenticate of a 401, repeated for each "|". PROOF: "right", "wrong" (another
context's answer), "none", or "closing" (right, and the connection ends after each 401). STATUS: of the answer to a token
that proves somebody, such as "503 Busy". The keytab is KRB5_KTNAME's.
What came is in LOG before it is answered, one JSON object a connection: {"certificate", "requests": [what the token
proved, or "bare"]}.
"""

import base64
import hashlib
import json
import os
import re
import socket
import ssl
import sys
from pathlib import Path

import gssapi
from gssapi.raw import ChannelBindings

CHANNEL_BOUND = 2048  # GSS_C_CHANNEL_BOUND_FLAG


def read_head(stream):
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
    return head.decode("latin-1")


def accept(token, der):
    """Who the token proves, and the acceptor's answer."""
    bindings = ChannelBindings(application_data=b"tls-server-end-point:" + hashlib.sha256(der).digest())
    context = gssapi.SecurityContext(usage="accept", channel_bindings=bindings,
                                     creds=gssapi.Credentials(usage="accept"))
    answer = context.step(base64.b64decode(token))
    bound = " bound" if int(context.actual_flags) & CHANNEL_BOUND else ""
    return f"{context.initiator_name}{bound}", answer


def respond(stream, status, challenges, closing=False):
    fields = "".join(f"WWW-Authenticate: {one}\r\n" for one in challenges)
    last = "Connection: close\r\n" if closing else ""
    stream.sendall(f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n{last}{fields}\r\nno".encode())


class Log:
    def __init__(self, file):
        self.file, self.connections = file, []

    def begin(self, certificate):
        self.connections.append({"certificate": certificate, "requests": []})
        self.write()

    def add(self, what):
        self.connections[-1]["requests"].append(what)
        self.write()

    def write(self):
        Path(self.file + ".new").write_text("".join(json.dumps(one) + "\n" for one in self.connections))
        os.rename(self.file + ".new", self.file)


def serve(stream, der, offer, proof, status, log):
    while True:
        head = read_head(stream)
        if head is None:
            return
        sent = re.search(r"(?im)^authorization: negotiate (\S+)", head)
        if not sent:
            log.add("bare")
            respond(stream, "401 No", offer.split("|"), closing=proof == "closing")
            if proof == "closing":
                return
            continue
        try:
            who, answer = accept(sent.group(1), der)
        except gssapi.exceptions.GSSError as error:
            log.add(f"refused: {error}")
            respond(stream, "401 No", ["Negotiate"])
            continue
        log.add(who)
        if proof == "wrong":
            answer = answer[:-8] + bytes(8)
        respond(stream, status,
                [] if proof == "none" else ["Negotiate " + base64.b64encode(answer).decode()])


def main():
    port, file, certificates, offer, proof, status = sys.argv[1:]
    files = certificates.split(",")
    listener = socket.create_server(("127.0.0.1", int(port)), backlog=20)
    log = Log(file)
    while True:
        connection, _ = listener.accept()
        connection.settimeout(10)
        shown = files[min(len(log.connections), len(files) - 1)]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(shown)
        pem = Path(shown).read_text()
        der = ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERT"):pem.index("-----END CERT") + 25])
        try:
            with context.wrap_socket(connection, server_side=True) as stream:
                log.begin(Path(shown).name)
                serve(stream, der, offer, proof, status, log)
        except OSError:  # a look at the port, or the client has had enough
            connection.close()


main()
