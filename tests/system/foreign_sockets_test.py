"""What a local user can do to somebody else's certificate: a forwarder of his own, a copy, a flood of files."""

import json
import os
import re
import shutil
import unittest

from lab.agent import Agent
from lab.files import write_yaml
from lab.nginx import served_certificate
from lab.policies import web_documents
from lab.processes import Process, free_port, run
from system_case import HOST, SystemCase

MALLORY = 65534
FORWARDER = """
import socket, sys, threading
def copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    caller, _ = listening.accept()
    server = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    for ends in ((caller, server), (server, caller)):
        threading.Thread(target=copy, args=ends, daemon=True).start()
"""


@unittest.skipIf(os.geteuid() != 0, "another user's socket needs root")
class ForeignSockets(SystemCase):
    def start_old_server(self):
        """Shows the old certificate for ever, as an administrator's copy would."""
        folder = self.lab.folder / "old"
        folder.mkdir()
        pair = [shutil.copy(file, folder) for file in (self.nginx.certificate, self.nginx.key)]
        port = free_port()
        self.lab.started(server := Process("old-server", [
            "/usr/bin/openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pair[0], "-key", pair[1], "-quiet"],
            self.lab.folder))
        server.wait_for_port(port)
        return port

    def start_forwarder(self, to):
        port = free_port()
        self.lab.started(forwarder := Process("forwarder", [
            "/usr/bin/python3", "-c", FORWARDER, port, to], self.lab.folder, user=(MALLORY, MALLORY)))
        forwarder.wait_for_port(port)
        self.assertEqual(served_certificate(port, HOST)["serial"], self.old["serial"])
        return port

    def copy_of_mallory(self):
        home = self.nginx.folder / "home"
        home.mkdir()
        copy = home / "copy.pem"
        shutil.copy(self.nginx.certificate, copy)
        for path in (home, copy):
            os.chown(path, MALLORY, MALLORY)
        return copy

    def test_no_veto(self):
        """another user's forwarder that shows the old certificate for ever, and his copy of it: root's own socket proves"""
        self.start_enrollment()
        self.start_nginx()
        forwarder = self.start_forwarder(self.start_old_server())
        copy = self.copy_of_mallory()
        documents = self.lab.folder / "documents"
        for path, document in web_documents(self.enrollment).items():
            if document["kind"] == "certificate-policy":
                del document["match"]["services"]
            write_yaml(documents / path, document)
        self.agent = Agent(self.lab, self.nginx)
        self.agent.prepare(
            self.enrollment, policies=documents, labels={"role": "web"},
            sources=[{"kind": "files", "folders": [str(self.nginx.folder)]},
                     {"kind": "listeners", "only": [f"*:{self.nginx.port}", f"*:{forwarder}"]}])
        report = self.scan()
        self.assertEqual([slot["place"]["certificate_path"] for slot in report["slots"]], [str(self.nginx.certificate)])
        self.assertEqual([(listener["port"], listener.get("observed")) for listener in report["slots"][0]["listeners"]],
                         [(self.nginx.port, True)])
        self.assertIn(f"127.0.0.1:{forwarder}: shows the certificate of {self.nginx.certificate}, but its socket is of "
                      f"user {MALLORY}, who is not seen to have the key: it proves nothing", report["skipped"])
        self.assertNotIn(str(copy), json.dumps(report["slots"]))
        self.agent.start_installer()
        self.agent.start()
        self.wait_for_new_certificate(seconds=120)
        log = self.agent.process.output
        self.agent.process.wait_for(lambda: re.search(r"renewal\.(completed|rolled_back)", log.read_text()),
                                    "the renewal has come to its end", 120)
        self.assertIn("renewal.completed", log.read_text())
        self.assertNotIn("renewal.rolled_back", log.read_text())
        self.assert_pair_matches()

    def scan(self):
        return json.loads(run([self.lab.program("perennial-scanner"), "scan", "--config",
                               self.agent.scanner_config]).stdout)["report"]


if __name__ == "__main__":
    unittest.main()
