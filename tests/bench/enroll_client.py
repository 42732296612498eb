"""One renewal by the built client: perennial-enroller makes the request, then sends it and checks the answer."""

import array
import json
import socket
import threading
import time

from enrollment import HOST, Server
from lab.enrollment import CERTIFICATE_CEP
from lab.processes import LabError, run

ROUNDS = 15
# cepces 0.3.17: its submit alone, on a machine like the one these benchmarks are run on.
CEPCES_MS = 200.0
CEPCES_MB = 40.0


class KeyLender:
    """Stands in for perennial-installer: whoever connects is passed the old and the new key."""

    def __init__(self, path, old, new):
        self.path, self.keys = path, (old, new)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.bind(str(path))
        self.socket.listen(8)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                caller, _ = self.socket.accept()
            except OSError:
                return
            with caller:
                caller.recv(1 << 19)
                with open(self.keys[0], "rb") as old, open(self.keys[1], "rb") as new:
                    descriptors = array.array("i", [old.fileno(), new.fileno()])
                    caller.sendmsg([b"done\n"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(5)


class Client:
    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.new_key = folder / "new.key"
        trust = server.anchors.read_text()
        self.task = {"order": "bench", "slot_certificate": str(server.certificate), "slot_key": str(server.key),
                     "certificate_pem": server.certificate.read_text(), "installer_socket": str(folder / "keys"),
                     "host": HOST,
                     "service": {"name": "bench", "issuer": "ces", "tls_trust": trust, "issuer_trust": trust,
                                 "policy_endpoints": [server.enrollment.url(CERTIFICATE_CEP)],
                                 "enrollment_endpoints": []}}
        self.memory = ""

    def run(self, **task):
        """The outcome, milliseconds, and the most memory in MB; `time` adds its own start, about a millisecond."""
        given = {**self.task, **task, **({"memory": self.memory} if self.memory else {})}
        report = self.folder / "report"
        begun = time.monotonic()
        done = run(["/usr/bin/time", "-f", "%M", "-o", report, self.server.lab.program("perennial-enroller")],
                   input=json.dumps(given))
        taken = (time.monotonic() - begun) * 1000
        outcome = json.loads(done.stdout)
        if outcome["outcome"] == "error":
            raise LabError(f"perennial-enroller: {outcome['message']}")
        self.memory = outcome.get("memory", self.memory)
        return outcome, taken, int(report.read_text()) * 1024 / 1e6

    def renew(self):
        run(["/usr/bin/openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-out", self.new_key])
        prepared, first, most = self.run(operation="prepare")
        issued, second, more = self.run(operation="submit", **{name: prepared[name] for name in
                                                               ("request", "format", "authentication")})
        if issued["outcome"] != "issued":
            raise LabError(f"not issued: {issued}")
        return first + second, max(most, more)


def _renewals(folder, programs):
    with Server(folder, programs) as server:
        lender = KeyLender(folder / "keys", server.key, folder / "new.key")
        try:
            client = Client(server, folder)
            client.renew()  # asks CEP; what it says is kept
            if "offers" not in client.memory:
                raise LabError(f"the policies were not kept: {client.memory}")
            return [client.renew() for _ in range(ROUNDS)]
        finally:
            lender.close()


def enroll_client_ms(folder, programs):
    return {"unit": "ms", "peer": "cepces 0.3.17 submit, fixed",
            "pairs": [(taken, CEPCES_MS) for taken, _ in _renewals(folder, programs)]}


def enroll_client_peak_mb(folder, programs):
    return {"unit": "MB", "peer": "cepces 0.3.17 submit, fixed",
            "pairs": [(most, CEPCES_MB) for _, most in _renewals(folder, programs)]}
