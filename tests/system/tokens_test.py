"""A key in a PKCS#11 token: nginx serves from SoftHSM2 through OpenSSL's engine, the agent renews with a key made there."""

import json
import os
import signal
import subprocess
from pathlib import Path

from lab.agent import Agent
from lab.files import write, write_yaml
from lab.nginx import Nginx, describe_certificate
from lab.policies import web_documents
from lab.processes import LabError, Process, listens, run, wait_until
from lab.softhsm import MODULE, Token
from system_case import HOST, SystemCase

URI = "pkcs11:token=lab;object=web"


class TokenNginx(Nginx):
    """Its certificate is a file, its key the one with the label `web` in the token, as OpenSSL's engine finds it."""

    def prepare(self):
        super().prepare()
        self.token = Token(self.folder / "token")
        self.openssl_config = write(self.folder / "openssl.cnf", f"""openssl_conf = init
[init]
engines = engines
[engines]
pkcs11 = token
[token]
engine_id = pkcs11
MODULE_PATH = {MODULE}
PIN = {self.token.pin}
init = 1
""", 0o600)
        self.environment = {"SOFTHSM2_CONF": str(self.token.config), "OPENSSL_CONF": str(self.openssl_config)}
        user = "user root;\n" if os.geteuid() == 0 else ""  # the workers sign with the token too
        self.config.write_text(f"{user}env SOFTHSM2_CONF;\nenv OPENSSL_CONF;\n" + self.config.read_text())
        site = self.folder / "sites" / "web1.conf"
        site.write_text(site.read_text().replace(
            f"ssl_certificate_key {self.key};", f'ssl_certificate_key "engine:pkcs11:{URI};type=private";'))
        self.keeper_config = self.folder / "token.yaml"
        self.keeper_socket = self.folder / "keeper.sock"
        write_yaml(self.keeper_config, {
            "socket": {"path": self.keeper_socket}, "module": MODULE, "token": "lab", "pin_file": self.token.pin_file,
            "variables": [f"SOFTHSM2_CONF={self.token.config}"], "keys": ["web"], "callers": [str(os.getuid())]})

    def test_command(self):
        return ["/usr/bin/env", *(f"{name}={value}" for name, value in self.environment.items()),
                "/usr/sbin/nginx", "-t", "-q", "-c", str(self.config)]

    def start(self):
        run(self.test_command())
        self.process = Process(self.name, ["/usr/sbin/nginx", "-c", self.config], self.folder, self.environment)
        self.lab.started(self.process)
        self.process.wait_for_port(self.port)

    def start_keeper(self):
        self.keeper = Process("keeper", [self.lab.program("perennial-token-keeper"), "serve",
                                         "--config", self.keeper_config], self.folder)
        self.lab.started(self.keeper)
        self.keeper.wait_for(lambda: listens(self.keeper_socket), "its socket is there")

    def reload_action(self):
        return {"check": self.test_command(), "signal": "HUP", "pid_file": self.pid_file}

    def guard(self):
        return {"tokens": {"lab": {"socket": self.keeper_socket, "user": str(os.getuid()), "keys": ["web"]}}}

    def keys(self):
        """Labels of the private keys, in pkcs11-tool's eyes. None: it gave up, as over a key that is destroyed meanwhile."""
        shown = subprocess.run(
            ["/usr/bin/pkcs11-tool", "--module", MODULE, "--token-label", "lab", "--login", "--pin", self.token.pin,
             "--list-objects", "--type", "privkey"], env={**os.environ, **self.environment},
            capture_output=True, text=True)
        return None if shown.returncode else sorted(line.split()[-1] for line in shown.stdout.splitlines() if " label:" in line)


class Tokens(SystemCase):
    key_type = None  # of the new key; None: as the old one's

    def start_service(self):
        self.start_enrollment()
        self.nginx = TokenNginx(self.lab, HOST)
        self.nginx.prepare()
        self.enrollment.issue_test(self.nginx.certificate, self.nginx.key, HOST)
        self.nginx.token.take(self.nginx.key, "web", 1)
        self.nginx.start()
        self.nginx.start_keeper()
        self.old = self.nginx.served()

    def start_agent_alone(self, **guard):
        documents = self.lab.folder / "documents"
        for path, document in web_documents(self.enrollment).items():
            if document["kind"] == "certificate-policy" and self.key_type:
                document["key"] = {"type": self.key_type}
            write_yaml(documents / path, document)
        self.agent = Agent(self.lab, self.nginx)
        self.agent.prepare(self.enrollment, policies=documents, labels={"role": "web"},
                           guard={**self.nginx.guard(), **guard})
        self.agent.start_installer()
        self.agent.start()

    def slots(self):
        return json.loads(run([self.lab.program("perennial-scanner"), "scan", "--config",
                               self.agent.scanner_config]).stdout)["report"]["slots"]

    def assert_pin_stayed(self):
        """It is in no file of the agent's programs, and in nothing that others see of the keeper."""
        places = self.nginx.token.places_of_the_pin(self.lab.folder, self.nginx.keeper)
        self.assertEqual(places, [str(self.nginx.openssl_config)])

    def test_renewed(self):
        """a key made in the token, the renewal signed by the old one there, served; then the old key is destroyed"""
        self.start_service()
        self.assertEqual(self.nginx.keys(), ["web"])
        self.start_agent_alone()
        new = self.wait_for_new_certificate(seconds=90)
        self.assertNotEqual(new["public_key"], self.old["public_key"])
        wait_until(lambda: self.nginx.keys() == ["web"], "the old key is gone", 60)
        [slot] = self.slots()
        self.assertEqual(slot["place"], {"store": "pkcs11", "certificate_path": str(self.nginx.certificate),
                                         "key_path": URI})
        self.assertEqual(slot["certificate"]["fingerprint"], new["fingerprint"])
        self.assert_pin_stayed()
        # nginx that begins anew finds the same pair.
        self.nginx.process.stop()
        self.nginx.start()
        self.assertEqual(self.nginx.served()["fingerprint"], new["fingerprint"])

    def test_renewed_with_an_rsa_key(self):
        """from an EC key to an RSA key, and from that to another: both sign the request and the TLS connection"""
        self.key_type = "rsa-2048"
        self.start_service()
        self.start_agent_alone()
        new = self.wait_for_new_certificate(seconds=120)
        wait_until(lambda: self.nginx.keys() == ["web"], "the old key is gone", 60)
        self.renew_again()
        self.old = new
        newer = self.wait_for_new_certificate(seconds=120)
        self.assertNotEqual(newer["public_key"], new["public_key"])

    def test_bad_reload(self):
        """a reload that leaves the old certificate served: certificate and label go back, and the pair in place works"""
        self.start_service()
        self.start_agent_alone(actions={"reload-nginx": {"run": ["/usr/bin/true"]}})
        agent = self.agent.process
        agent.wait_for(lambda: "renewal.rolled_back" in agent.output.read_text(), "it goes back", 90)
        self.assertNotIn("web.previous", self.nginx.keys())
        self.agent.process.stop()
        self.agent.installer.stop()
        self.assert_old_served()
        run(self.nginx.test_command())
        self.nginx.process.send(signal.SIGHUP)
        self.nginx.process.stop()
        self.nginx.start()
        self.assert_old_served()

    def renew_again(self):
        """The agent has still to end the renewal whose old key is gone."""
        def accepted():
            try:
                self.agent.command("renew", self.slots()[0]["slot_id"])
                return True
            except LabError as error:
                if "is under way" not in str(error):
                    raise
                return False
        wait_until(accepted, "the next renewal is accepted", 30)

    def stop_keeper_before_swap(self):
        """Stops it between an installer's last look and its order to change the labels. False: it came too late."""
        keeper = self.nginx.keeper
        begin = keeper.output.read_text().count("lend web: done")
        wait_until(lambda: keeper.output.read_text().count("lend web: done") > begin, "the keys are lent", 90,
                   every=0.002)
        since = lambda: keeper.output.read_text().rsplit("lend web: done", 1)[1]
        wait_until(lambda: since().count("look web: done") >= 2, "the installer has looked", 60, every=0.001)
        keeper.send(signal.SIGSTOP)
        if "swap web" not in since():
            return True
        keeper.send(signal.SIGCONT)
        return False

    def test_killed_in_between(self):
        """the installer killed between the label's change and the certificate's: the next one settles it, and goes on"""
        self.start_service()
        self.start_agent_alone()
        keeper = self.nginx.keeper
        for _ in range(5):
            if self.stop_keeper_before_swap():
                break
            self.old = self.wait_for_new_certificate(seconds=60)
            wait_until(lambda: self.nginx.keys() == ["web"], "the old key is gone", 60)
            self.renew_again()
        def asks():  # unix(7): a connection that nobody has accepted yet is in state 02
            lines = Path("/proc/net/unix").read_text().splitlines()
            return any(line.endswith(str(self.nginx.keeper_socket)) and line.split()[5] == "02" for line in lines)
        wait_until(asks, "the installer asks the keeper", 30, every=0.01)
        placing = [file for file in (self.agent.installer_state / "orders").glob("*.json")
                   if '"placing"' in file.read_text()]
        self.assertEqual(len(placing), 1)
        # It asks, and does not live to read the answer. Were it gone before, the keeper would change nothing.
        os.killpg(self.agent.installer.child.pid, signal.SIGSTOP)
        keeper.send(signal.SIGCONT)
        wait_until(lambda: "swap web: done" in keeper.output.read_text().rsplit("lend web: done", 1)[1],
                   "the keeper has changed the labels", 30)
        self.agent.installer.kill()
        self.assertEqual(self.nginx.keys(), ["web", "web.previous"])  # the new key, with the old certificate
        placed = describe_certificate(self.nginx.certificate.read_text())
        self.assertEqual(placed["fingerprint"], self.old["fingerprint"])
        self.assertNotEqual(run(self.nginx.test_command(), check=False).returncode, 0)
        self.agent.process.stop()  # it would go on before we have looked
        self.agent.installer_socket.unlink(missing_ok=True)
        self.agent.start_installer()
        self.assertEqual(self.nginx.keys(), ["web", "web.next"])  # settled before it answers anybody
        self.assert_old_served()
        self.agent.start()
        new = self.wait_for_new_certificate(seconds=120)
        self.assertNotEqual(new["public_key"], self.old["public_key"])
        wait_until(lambda: self.nginx.keys() == ["web"], "the old key is gone", 60)
