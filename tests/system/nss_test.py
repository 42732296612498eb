"""A database of NSS: found by its files, renewed by the agent through the helper, served by NSS's own server."""

import json
import os
import shutil
import sys

from lab.agent import Agent
from lab.files import write, write_yaml
from lab.nginx import served_certificate
from lab.policies import web_documents
from lab.processes import Process, free_port, run, wait_until
from pathlib import Path
from system_case import HOST, SystemCase

PASSWORD = "correct horse"
NICKNAME = "web 1"


class NssService:
    """selfserv, which serves TLS from a database that certutil and pk12util made."""

    kind = "selfserv"

    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.folder / "app"
        self.config = self.folder / "none"
        self.port = free_port()
        self.tls = self.folder / "nss"
        self.password_file = self.folder / "password"
        self.pid_file = self.folder / "app.pid"
        self.helper = self.folder / "perennial-nss-helper"

    def prepare(self, enrollment):
        self.tls.mkdir(parents=True)
        self.tls.chmod(0o755)
        write(self.password_file, PASSWORD + "\n", 0o600)
        shutil.copy(self.lab.program("perennial-nss-helper"), self.helper)  # where nobody else can write
        self.certutil("-N")
        certificate, key, store = (self.folder / name for name in ("old.pem", "old.key", "old.p12"))
        enrollment.issue_test(certificate, key, HOST, valid_from="-80d", valid_for="90d")
        run(["/usr/bin/openssl", "pkcs12", "-export", "-in", certificate, "-inkey", key, "-name", NICKNAME,
             "-passout", f"file:{self.password_file}", "-out", store])
        run(["/usr/bin/pk12util", "-i", store, "-w", self.password_file, "-k", self.password_file,
             "-d", f"sql:{self.tls}"])
        key.unlink()
        store.unlink()

    def certutil(self, *arguments):
        return run(["/usr/bin/certutil", *arguments, "-d", f"sql:{self.tls}", "-f", self.password_file]).stdout

    def start(self):
        server = Path(__file__).with_name("nss_server.py")
        self.process = Process("app", [sys.executable, server, self.port, self.tls, self.password_file, NICKNAME,
                                       self.pid_file], self.lab.folder)
        self.lab.started(self.process)
        self.process.wait_for_port(self.port)

    def reload_action(self):
        return {"signal": "HUP", "pid_file": self.pid_file}

    def served(self):
        return served_certificate(self.port, HOST)

    def key_ids(self):
        return [line.split()[3] for line in self.certutil("-K").splitlines() if line.startswith("<")]


class NssDatabases(SystemCase):
    def renew(self, source, service):
        """Until the new certificate is served; `service` as the source tells it."""
        self.start_enrollment()
        self.nginx = self.service = NssService(self.lab)  # what SystemCase asks for what is served
        self.service.prepare(self.enrollment)
        self.service.start()
        self.old = self.service.served()
        old_keys = self.service.key_ids()
        documents = self.lab.folder / "documents"
        for path, document in web_documents(self.enrollment).items():
            if document["kind"] == "certificate-policy":
                document["match"]["services"] = [service] if service else []
                document["action"] = "reload-selfserv"
                if not service:
                    del document["match"]["services"]
            write_yaml(documents / path, document)
        self.agent = Agent(self.lab, self.service)
        self.agent.prepare(
            self.enrollment, policies=documents, labels={"role": "web"},
            guard={"stores": [{"folder": self.service.tls, "helper_timeout": "2m",
                               "helper": [self.service.helper, self.service.password_file]}]},
            sources=[source, {"kind": "listeners", "only": [f"*:{self.service.port}"]}])
        self.agent.start_installer()
        self.agent.start()
        new = self.wait_for_new_certificate(seconds=180)
        self.assertNotEqual(new["public_key"], self.old["public_key"])
        wait_until(lambda: not set(old_keys) & set(self.service.key_ids()), "the old key is gone", 180)
        self.assertEqual(len(self.service.key_ids()), 1)
        listed = run(["/usr/bin/openssl", "x509", "-noout", "-serial"],
                     input=self.service.certutil("-L", "-n", NICKNAME, "-a")).stdout
        self.assertIn(new["serial"], listed)
        wait_until(lambda: sorted(os.listdir(self.service.tls)) == ["cert9.db", "key4.db", "pkcs11.txt"],
                   "nothing of the helper's is left", 60)
        report = json.loads(run([self.lab.program("perennial-scanner"), "scan", "--config",
                                 self.agent.scanner_config]).stdout)["report"]
        entry = f"{self.service.tls}/{NICKNAME}"
        self.assertEqual([slot["place"] for slot in report["slots"]],
                         [{"store": "nss", "certificate_path": entry, "key_path": entry}])
        self.assertEqual([listener["served"] for listener in report["slots"][0]["listeners"]],
                         [report["slots"][0]["certificate"]["fingerprint"]])
        for file in [*self.lab.folder.rglob("*.log"), *self.agent.state.rglob("*")]:
            if file.is_file():
                self.assertNotIn(PASSWORD.encode(), file.read_bytes(), file)

    def test_a_database_that_a_source_names(self):
        """found without its password, renewed through the helper, the old key destroyed, read back by certutil"""
        folder = self.lab.folder / "app" / "nss"
        self.renew({"kind": "nss", "folders": [folder], "service": "selfserv"}, "selfserv")

    def test_a_database_that_a_walk_meets(self):
        """the same where nobody named the database: the walk over files finds it"""
        self.renew({"kind": "files", "folders": [self.lab.folder / "app"]}, None)
