"""Stores other than two PEM files, each renewed for real and proved by a handshake."""

import os
import shutil
import stat

from lab.files import write, write_yaml
from lab.agent import Agent
from lab.nginx import served_certificate
from lab.policies import web_documents
from lab.processes import Process, free_port, run, wait_until
from pathlib import Path
from system_case import HOST, SystemCase

PASSWORD = "changeit"
SERVICE = (64310, 64310)  # user and group of no account


class JavaService:
    """A JVM that serves TLS from a PKCS#12 file and reads it again at SIGHUP."""

    kind = "app"

    def __init__(self, lab, user=None):
        self.lab = lab
        self.user = user
        self.folder = lab.folder / "app"
        self.config = self.folder / "none"
        self.port = free_port()
        self.tls = self.folder / "tls"
        self.key_store = self.tls / "app.p12"
        self.password_file = self.folder / "password"
        self.pid_file = self.folder / "app.pid"

    def prepare(self, enrollment):
        self.tls.mkdir(parents=True)
        self.tls.chmod(0o755)
        certificate, key = self.folder / "old.pem", self.folder / "old.key"
        enrollment.issue_test(certificate, key, HOST, valid_from="-80d", valid_for="90d")
        write(self.password_file, PASSWORD + "\n", 0o600)
        run(["/usr/bin/openssl", "pkcs12", "-export", "-in", certificate, "-inkey", key, "-name", "app",
             "-passout", f"file:{self.password_file}", "-out", self.key_store])
        key.unlink()
        server = Path(__file__).with_name("key_store_server.java")
        shutil.copy(server, self.folder)
        if self.user:
            for path in [self.folder, *self.folder.rglob("*")]:
                os.chown(path, *self.user)

    def start(self):
        self.process = Process("app", ["/usr/bin/java", "-Xshare:auto", self.folder / "key_store_server.java",
                                       self.port, self.key_store, self.password_file, self.pid_file],
                               self.lab.folder, user=self.user)
        self.lab.started(self.process)
        self.process.wait_for_port(self.port, seconds=90)

    def reload_action(self):
        return {"signal": "HUP", "pid_file": self.pid_file}

    def served(self):
        return served_certificate(self.port, HOST)

    def listed(self):
        return run(["/usr/bin/keytool", "-list", "-v", "-keystore", self.key_store, "-storetype", "PKCS12",
                    "-storepass:file", self.password_file]).stdout


class OwnInstaller(Agent):
    """The installer as the service's own user, with a guard for its folder alone."""

    def start_installer(self):
        user = self.nginx.user
        programs = self.lab.folder / "programs"  # where the build folder is closed to others
        if user:
            self.lab.folder.chmod(0o755)
            self.folder.chmod(0o755)
            self.guard.chmod(0o644)
        programs.mkdir()
        program = shutil.copy(self.lab.program("perennial-installer"), programs)
        self.installer = Process("installer", [program, "serve", "--config", self.guard], self.lab.folder, user=user)
        self.lab.started(self.installer)
        self.installer.wait_for(self.installer_socket.exists, "its socket is there")


class Stores(SystemCase):
    def java(self, agent_class=Agent, user=None):
        self.start_enrollment()
        self.service = JavaService(self.lab, user)
        self.service.prepare(self.enrollment)
        if user:
            self.lab.folder.chmod(0o755)
        self.service.start()
        self.nginx = self.service  # what SystemCase asks for what is served
        self.old = self.service.served()
        documents = self.lab.folder / "documents"
        for path, document in web_documents(self.enrollment).items():
            if document["kind"] == "certificate-policy":
                document["match"]["services"] = ["app"]
                document["action"] = "reload-app"
            write_yaml(documents / path, document)
        self.agent = agent_class(self.lab, self.service)
        if user:
            self.agent.installer_socket = self.service.folder / "installer.sock"
            self.agent.installer_state = self.service.folder / "installer"
        self.agent.prepare(
            self.enrollment, policies=documents, labels={"role": "web"},
            guard={"socket": {"path": self.agent.installer_socket, "mode": "0660"},
                   "stores": [{"folder": self.service.tls, "password_file": self.service.password_file}]},
            sources=[{"kind": "key_store", "file": self.service.key_store, "service": "app",
                      "password_file": self.service.password_file},
                     {"kind": "listeners", "only": [f"127.0.0.1:{self.service.port}"]}])
        self.agent.start_installer()
        self.agent.start()

    def finished(self):
        """No order has anything left beside what is served."""
        wait_until(lambda: not any(name.startswith(".perennial-") for name in os.listdir(self.nginx.tls)),
                   "the old pair is gone", 120)

    def test_a_key_store_of_a_real_jvm(self):
        """PKCS#12: found, renewed by key, installed; the JVM reads it at SIGHUP and shows the new certificate"""
        self.java()
        before = self.service.listed()
        new = self.wait_for_new_certificate(seconds=180)
        self.assertNotEqual(new["public_key"], self.old["public_key"])
        self.finished()
        listed = self.service.listed()
        for part in ("Alias name: app", "contains 1 entry", "Entry type: PrivateKeyEntry"):
            self.assertIn(part, before)
            self.assertIn(part, listed)
        self.assertIn("Certificate chain length: 2", listed)
        self.assertEqual(os.listdir(self.service.tls), ["app.p12"])
        self.assertEqual(stat.S_IMODE(self.service.key_store.stat().st_mode), 0o600)
        for log in self.lab.folder.rglob("*.log"):
            self.assertNotIn(PASSWORD, log.read_text(errors="replace"), log)
        for file in self.agent.state.rglob("*"):
            if file.is_file():
                self.assertNotIn(PASSWORD.encode(), file.read_bytes(), file)

    def test_without_root(self):
        """the installer as the service's own user, which owns its store: renewed, and nothing belongs to root"""
        user = SERVICE if os.geteuid() == 0 else None
        self.java(OwnInstaller, user)
        new = self.wait_for_new_certificate(seconds=180)
        self.assertNotEqual(new["public_key"], self.old["public_key"])
        self.finished()
        self.assertIn("Alias name: app", self.service.listed())
        owner = self.service.key_store.stat()
        self.assertEqual((owner.st_uid, stat.S_IMODE(owner.st_mode)), ((user or [os.geteuid()])[0], 0o600))

    def test_a_version_behind_one_link(self):
        """nginx from live/: a new version is made, the link is switched, the old version goes"""
        self.start_enrollment()
        self.start_nginx()
        tls = self.nginx.tls
        (tls / "v1").mkdir(mode=0o755)
        for file in (self.nginx.certificate, self.nginx.key):
            file.rename(tls / "v1" / file.name)
        (tls / "live").symlink_to("v1")
        self.nginx.certificate, self.nginx.key = tls / "live" / "web1.pem", tls / "live" / "web1.key"
        site = self.nginx.folder / "sites" / "web1.conf"
        write(site, site.read_text().replace(f"{tls}/web1", f"{tls}/live/web1"))
        run(["/usr/sbin/nginx", "-s", "reload", "-c", self.nginx.config])
        documents = self.lab.folder / "documents"
        for path, document in web_documents(self.enrollment).items():
            write_yaml(documents / path, document)
        self.start_agent(policies=documents, labels={"role": "web"},
                         guard={"stores": [{"folder": tls, "version_link": "live"}]})
        new = self.wait_for_new_certificate(seconds=120)
        self.assertNotEqual(new["public_key"], self.old["public_key"])
        self.assert_pair_matches()
        wait_until(lambda: sorted(os.listdir(tls)) == ["live", "v2"], "v1 is gone", 120)
        self.assertEqual(os.readlink(tls / "live"), "v2")
        self.assertEqual(sorted(os.listdir(tls / "v2")), ["web1.key", "web1.pem"])
