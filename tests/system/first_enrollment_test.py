"""perennial-enroller first, where the answer is lost on its way: the same request goes out again."""

import json
import socket
import sqlite3
import subprocess
import threading

from foreign_client import OPENSSL
from lab.enrollment import PASSWORD_CEP, Enrollment, web_template
from lab.processes import run
from system_case import HOST, SystemCase

OTHER_ADDRESS = "127.0.0.2"
# More than a server's session tickets, less than an answer with a certificate.
ENOUGH = 2500


class Forwarder:
    """The way to the CES. It lets the first `cuts` answers be written and hands none of their bytes on."""

    def __init__(self, port, cuts):
        self.listener = socket.create_server((OTHER_ADDRESS, port), backlog=20)
        self.port, self.cuts, self.seen = port, cuts, 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            self.seen += 1
            away = socket.create_connection(("127.0.0.1", self.port))
            away.settimeout(30)
            state = {"flights": 0, "cut": self.seen <= self.cuts}
            threading.Thread(target=self.outward, args=(near, away, state), daemon=True).start()
            threading.Thread(target=self.inward, args=(near, away, state), daemon=True).start()

    @staticmethod
    def outward(near, away, state):
        try:
            while part := near.recv(65536):
                state["flights"] += 1  # the first is the client's hello, what follows has the request
                away.sendall(part)
            away.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    @staticmethod
    def inward(near, away, state):
        dropped = 0
        try:
            while part := away.recv(65536):
                if not state["cut"] or state["flights"] < 2:
                    near.sendall(part)
                    continue
                dropped += len(part)
                if dropped > ENOUGH:
                    break
        except OSError:
            pass
        near.close()
        away.close()

    def stop(self):
        self.listener.close()


class FirstEnrollment(SystemCase):
    def start(self, cuts, **template):
        self.enrollment = Enrollment(self.lab)
        names = [OTHER_ADDRESS, "localhost", "127.0.0.1"]  # the first is the one that CEP tells
        listen = {"host": "127.0.0.1", "port": self.enrollment.port, "names": names}
        self.enrollment.prepare([web_template(**template)], {"listen": listen})
        self.enrollment.start()
        self.forwarder = Forwarder(self.enrollment.port, cuts)
        self.addCleanup(self.forwarder.stop)
        self.certificate, self.key = self.lab.folder / "first.pem", self.lab.folder / "first.key"
        self.kept = self.lab.folder / "first.key.request"

    def first(self, *more):
        done = run([self.lab.program("perennial-enroller"), "first", "--policy-url", self.enrollment.url(PASSWORD_CEP),
                    "--trust-file", self.enrollment.root, "--user", "web-enroller", "--password-file",
                    self.enrollment.password_file, "--template", "WebServer", "--name", HOST, "--certificate-file",
                    self.certificate, "--key-file", self.key, "--json", *more], check=False)
        self.assertNotIn("PRIVATE", done.stdout + done.stderr)
        return done

    def issued_keys(self):
        """The public keys of all that the CA issued for the name, as openssl reads them from its database."""
        self.enrollment.process.stop()
        store = sqlite3.connect(self.enrollment.state / "enrollment.db")
        keys = []
        for (der,) in store.execute("SELECT der FROM certificates"):
            text = subprocess.run([OPENSSL, "x509", "-inform", "DER", "-noout", "-subject", "-pubkey"], input=bytes(der),
                                  capture_output=True, check=True).stdout.decode()
            if HOST in text:
                keys.append(text[text.index("-----BEGIN"):])
        return keys

    def assert_one_key(self, certificates):
        own = run([OPENSSL, "pkey", "-in", self.key, "-pubout"]).stdout
        keys = self.issued_keys()
        self.assertEqual(set(keys), {own})
        self.assertLessEqual(len(keys), certificates)
        run([OPENSSL, "verify", "-CAfile", self.enrollment.root, "-untrusted", self.enrollment.issuing, self.certificate])
        self.assertFalse(self.kept.exists())

    def test_answer_lost(self):
        """the CES's answer is lost: key and request stay, the same request again; the CA never saw a second key"""
        self.start(cuts=1)
        lost = self.first()
        self.assertEqual(lost.returncode, 4, lost.stderr)
        self.assertIn(str(self.kept), lost.stderr)
        self.assertEqual(self.key.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.kept.stat().st_mode & 0o777, 0o600)
        self.assertFalse(self.certificate.exists())
        again = self.first()
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(json.loads(again.stdout)["state"], "issued")
        self.assertEqual(self.forwarder.seen, 2)
        self.assert_one_key(2)
