"""perennial-enrollment by itself: the steps that docs/enrollment_server.md gives, with the files of deploy/enrollment."""

import re
import shlex
from pathlib import Path

import system_case
from foreign_client import OPENSSL, RST, ForeignClient, issue_pkcs10
from lab.files import write, write_yaml
from lab.processes import Process, free_port, run
from system_case import SystemCase

ROOT = Path(__file__).resolve().parent.parent.parent
CES = "/Example Issuing CA_CES_UsernamePassword/service.svc/CES"


def steps():
    """The commands of the section, but for those that change the machine's users and units."""
    text = (ROOT / "docs/enrollment_server.md").read_text()
    section = text[text.index("## By itself\n"):text.index("## Templates\n")]
    lines = section[section.index("```sh\n") + 6:section.index("\n```\n")].splitlines()
    return [line for line in lines if not line.startswith(("#", "useradd", "systemctl"))]


class Service:
    """What ForeignClient asks of a service."""

    def __init__(self, folder, port):
        self.root, self.port = folder / "root.pem", port

    def url(self, path):
        return f"https://localhost:{self.port}" + path.replace(" ", "%20")


class Alone(SystemCase):
    def here(self, text):
        """The same with this test's folder, programs, ports and names."""
        for old, new in (("/etc/perennial", self.lab.folder / "etc"),
                         ("/var/lib/perennial/enrollment", self.state), ("/var/log/perennial", self.lab.folder / "log"),
                         ("-o perennial-enrollment -g perennial-enrollment ", ""),
                         ("runuser -u perennial-enrollment -- perennial-enrollment",
                          f"{self.program} --config {self.lab.folder}/etc/enrollment.yaml"),
                         ("pki.example.test", "localhost"), ('host: "::", port: 443', f'host: "::", port: {self.port}'),
                         ('host: "::", port: 80', f'host: "::", port: {self.plain}'),
                         ("http://localhost", f"http://localhost:{self.plain}"), ("port: 8445", f"port: {self.admin}")):
            text = text.replace(old, str(new))
        return text

    def test_steps(self):
        """the documented steps, then users add and issue-test, then curl and openssl enrol with the password"""
        self.program = self.lab.program("perennial-enrollment")
        self.state = self.lab.folder / "state"
        self.port, self.plain, self.admin = free_port(), free_port(), free_port()
        self.assertGreaterEqual(len(steps()), 8)
        adapted = set()
        for step in steps():
            run(shlex.split(self.here(step)), cwd=ROOT)
            for file in set((self.lab.folder / "etc").rglob("*.yaml")) - adapted:
                file.write_text(self.here(file.read_text()))
                adapted.add(file)
        process = Process("perennial-enrollment", [
            self.program, "run", "--config", self.lab.folder / "etc/enrollment.yaml"], self.lab.folder)
        self.lab.started(process)
        process.wait_for_port(self.port)
        cli = self.lab.folder / "perennial.yaml"
        write_yaml(cli, {"enrollment": {"url": f"https://localhost:{self.admin}", "trust_file": self.state / "root.pem",
                                        "token_file": self.state / "ann.token"}})
        perennial = [self.lab.program("perennial"), "--config", cli, "enrollment"]
        secret = write(self.lab.folder / "secret", "correct horse", 0o600)
        run([*perennial, "users", "add", "web-enroller", "--password-file", secret, "--group", "web"])
        pem = self.lab.folder / "test.pem"
        run([*perennial, "issue-test", "--template", "WebServer", "--name", "web1.example.test", "--certificate-file",
             pem, "--key-file", self.lab.folder / "test.key"])
        run([OPENSSL, "verify", "-CAfile", self.state / "root.pem", "-untrusted", self.state / "issuing.pem", pem])
        self.assertIn(f"URI:http://localhost:{self.plain}/issuing.crl\n",
                      run([OPENSSL, "x509", "-in", pem, "-noout", "-text"]).stdout)
        run(["/usr/bin/curl", "-sSf", "-o", self.lab.folder / "crl", f"http://localhost:{self.plain}/issuing.crl"])
        client = ForeignClient(self.lab.folder / "client", Service(self.state, self.port))
        template = (ROOT / "deploy/enrollment/templates/WebServer.yaml").read_text()
        request, _ = client.request("web1.example.test", re.search(r"^oid: (\S+)$", template, re.M).group(1))
        reply = client.ask(CES, RST, issue_pkcs10(request), "web-enroller", "correct horse")
        self.assertEqual(reply.status, 200, reply.text)
        self.assertIn('"status":200', (self.lab.folder / "log/enrollment-access.log").read_text())

    def test_unit(self):
        """systemd finds nothing wrong with the unit"""
        unit = (ROOT / "deploy/systemd/perennial-enrollment.service").read_text()
        unit = re.sub(r"^ExecStart=\S+", f"ExecStart={system_case.PROGRAMS}/perennial-enrollment", unit, flags=re.M)
        file = write(self.lab.folder / "perennial-enrollment.service", unit)
        told = run(["/usr/bin/systemd-analyze", "verify", "--man=no", file], check=False)
        self.assertEqual((told.returncode, told.stderr.strip()), (0, ""))


if __name__ == "__main__":
    import unittest
    unittest.main()
