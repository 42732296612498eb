"""A controller that was taken over: the real one's key and place, and whatever somebody wants it to say."""

import copy
import http.server
import json
import ssl
import threading
import time

from .files import write
from .processes import run

OPENSSL = "/usr/bin/openssl"


class HostileController:
    """Speaks docs/agent_protocol.md on the real controller's port, with a certificate that its authority signed."""

    def __init__(self, controller):
        self.controller = controller
        self.folder = controller.lab.folder / "hostile"
        self.said = {}        # by path: a dict or bytes, or a function of the handler
        self.calls = []       # (path, body) of what was asked
        self.documents = None  # what /v1/signed-documents says; without "signed_manifest" at /v1/documents
        self.orders = []
        self.next_checkin = 1
        self.server = None

    def start(self):
        certificate, key = self._credential()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(self.controller.authority)
        context.verify_mode = ssl.CERT_REQUIRED
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.controller.port), self._handler())
        self.server.daemon_threads = True
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def _credential(self):
        state = self.controller.state
        self.folder.mkdir(exist_ok=True)
        key, request, certificate = (self.folder / name for name in ("key.pem", "request.pem", "certificate.pem"))
        extensions = write(self.folder / "extensions", "subjectAltName=IP:127.0.0.1,DNS:localhost\n"
                           "extendedKeyUsage=serverAuth\nbasicConstraints=critical,CA:FALSE\n")
        run([OPENSSL, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
             "/CN=localhost", "-keyout", key, "-out", request])
        run([OPENSSL, "x509", "-req", "-in", request, "-CA", state / "authority.pem", "-CAkey",
             state / "authority.key", "-days", "2", "-set_serial", "0x1234567890abcdef", "-extfile", extensions,
             "-out", certificate])
        return certificate, key

    def checkin(self, **changes):
        manifest = self.documents["manifest"] if self.documents else {"version": 0, "commit": ""}
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        answer = {"version": 1, "next_checkin_seconds": self.next_checkin, "policy_version": manifest["version"],
                  "policy_commit": manifest["commit"], "want_inventory": False, "orders": self.orders,
                  "controller_time": now, "quarantined": False}
        answer.update(changes)
        return answer

    def answer(self, path):
        said = self.said.get(path)
        if callable(said):
            return said()
        if said is not None:
            return said
        if path == "/v1/checkin":
            return self.checkin()
        if path == "/v1/inventory":
            return {"digest": "0" * 64}
        if path == "/v1/signed-documents" and self.documents:
            return self.documents
        if path == "/v1/documents" and self.documents:
            return {name: value for name, value in self.documents.items() if name != "signed_manifest"}
        return None

    def checkins(self):
        return sum(path == "/v1/checkin" for path, _ in self.calls)

    def _handler(self):
        hostile = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                hostile.calls.append((self.path, body))
                said = hostile.answer(self.path)
                status = 503 if said is None else 200
                data = said if isinstance(said, bytes) else json.dumps(said if said is not None else {}).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Connection", "close")  # nobody goes on talking with it once it is gone
                self.end_headers()
                try:
                    self.wfile.write(data)
                except OSError:
                    self.close_connection = True  # the agent had enough

            do_POST = do_GET

        return Handler


def documents_message(files, version, commit, signed=None, labels=None):
    """What a controller says of these files: its own manifest fits them, whatever they are."""
    import hashlib
    now = time.time()

    def moment(at):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    message = {
        "version": 1,
        "manifest": {"commit": commit, "version": version, "committed_at": moment(now - 60), "expires": moment(now + 86400 * 30),
                     "files": {path: hashlib.sha256(text.encode()).hexdigest() for path, text in files.items()}},
        "documents": [{"path": path, "content": text} for path, text in sorted(files.items())],
        "labels": labels or {"role": "web"}}
    if signed:
        message["signed_manifest"] = copy.deepcopy(signed)
    return message
