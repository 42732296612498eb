"""perennial-enrollment: an embedded root and issuing authority with CEP and CES."""

import secrets
import sqlite3
import uuid
from .files import write, write_yaml
from .processes import Process, free_port, run

POLICY_ID = "{6f3c1d0a-5f0b-4a53-9a0e-2d3f8c7b6a51}"
AUTHORITY = "Perennial Example Issuing CA"
PASSWORD_CEP = "/ADPolicyProvider_CEP_UsernamePassword/service.svc/CEP"
CERTIFICATE_CEP = "/KeyBasedRenewal_ADPolicyProvider_CEP_Certificate/service.svc/CEP"
PASSWORD_CES = f"/{AUTHORITY}_CES_UsernamePassword/service.svc/CES"
CERTIFICATE_CES = f"/{AUTHORITY}_CES_Certificate/service.svc/CES"


def policy_id(name):
    """An id of its own for a further policy provider."""
    return "{%s}" % uuid.uuid5(uuid.UUID(POLICY_ID[1:-1]), name)


def web_template(**changes):
    """A template for key-based renewal: names from the request, client and server authentication."""
    template = {
        "name": "WebServer", "display_name": "Web Server (Perennial)", "schema": 4,
        "oid": "1.3.6.1.4.1.311.21.8.1000001.2000002.3000003.4000004.5000005.66.7000007.8000008",
        "version": {"major": 100, "minor": 4},
        "validity": "90d", "renewal": "42d",
        "key": {"algorithms": ["ec-p256", "ec-p384", "rsa"], "minimum_rsa_bits": 2048},
        "subject": "supplied", "key_based_renewal": True,
        "key_usage": ["digitalSignature", "keyEncipherment"],
        "extended_key_usages": ["serverAuthentication", "clientAuthentication"],
        "manager_approval": False,
        "names": ["*.example.test", "localhost"],
        "rights": {"enroll": {"users": ["web-enroller"]}},
    }
    template.update(changes)
    return template


class Enrollment:
    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.folder / "enrollment"
        self.program = lab.program("perennial-enrollment")
        self.port = free_port()
        self.admin_port = free_port()
        self.state = self.folder / "state"
        self.config = self.folder / "enrollment.yaml"
        self.root = self.state / "root.pem"
        self.issuing = self.state / "issuing.pem"
        self.admin_token = self.folder / "admin-token"
        self.password_file = self.folder / "web-enroller-password"
        self.process = None
        self.environment = {}

    def url(self, path):
        return f"https://127.0.0.1:{self.port}" + path.replace(" ", "%20")

    @property
    def admin_url(self):
        return f"https://127.0.0.1:{self.admin_port}"

    def settings(self, more=None):
        """`more`: further sections of the configuration; endpoints come after the usual ones."""
        names = ["localhost", "127.0.0.1"]
        settings = {
            "state": self.state,
            "listen": {"host": "127.0.0.1", "port": self.port, "names": names},
            "admin_api": {"host": "127.0.0.1", "port": self.admin_port, "names": names},
            "authority": {"name": AUTHORITY, "root_name": "Perennial Example Root CA", "key_type": "ec-p256"},
            "templates": self.folder / "templates",
            "users": self.folder / "users.yaml",
            "policy_providers": [
                {"path": PASSWORD_CEP, "authentication": "username-password", "policy_id": POLICY_ID, "name": "Example"},
                {"path": CERTIFICATE_CEP, "authentication": "certificate", "key_based_renewal": True,
                 "policy_id": POLICY_ID, "name": "Example"}],
            "enrollment_services": [
                {"path": PASSWORD_CES, "authentication": "username-password", "priority": 1},
                {"path": CERTIFICATE_CES, "authentication": "certificate", "renewal_only": True,
                 "key_based_renewal": True, "priority": 1}]}
        for key, value in (more or {}).items():
            settings[key] = settings[key] + value if isinstance(settings.get(key), list) else value
        return settings

    def prepare(self, templates=None, more=None):
        for template in templates or [web_template()]:
            write_yaml(self.folder / "templates" / f"{template['name']}.yaml", template)
        write_yaml(self.config, self.settings(more))
        run([self.program, "init", "--config", self.config])
        self.password = secrets.token_urlsafe(18)
        write(self.password_file, self.password, 0o600)
        run([self.program, "user", "add", "--config", self.config, "--name", "web-enroller",
             "--password-file", self.password_file])
        self.token("lab", "operator")

    def token(self, name, role):
        """A file with a token of the admin API; lab's is `admin_token`."""
        file = self.admin_token if name == "lab" else self.folder / f"{name}-token"
        run([self.program, "admin", "add", "--config", self.config, "--name", name, "--role", role, "--token-file", file])
        return file

    def start(self):
        self.process = Process("perennial-enrollment", [self.program, "run", "--config", self.config], self.folder,
                               environment=self.environment)
        self.lab.started(self.process)
        self.process.wait_for_port(self.port)
        self.process.wait_for_port(self.admin_port)

    def issue_test(self, certificate, key, name="web1.example.test", template="WebServer",
                   valid_from="-80d", valid_for="90d", more=()):
        """A certificate as it would be after years of service: issued long ago, near its end, and to be renewed."""
        run([self.program, "issue-test", "--config", self.config, "--renewable", "--template", template, "--name", name,
             f"--valid-from={valid_from}", f"--valid-for={valid_for}",
             "--certificate-file", certificate, "--key-file", key, *more])

    def credential(self, **changes):
        """An entry of agent.yaml: who may enrol here with a password."""
        return {"policy_url": self.url(PASSWORD_CEP), "trust_file": self.root, "user": "web-enroller",
                "password_file": self.password_file, "templates": ["WebServer"], **changes}

    def asked(self):
        """How many certificates the CA was asked for, in its own database."""
        with sqlite3.connect(f"file:{self.state}/enrollment.db?mode=ro", uri=True) as store:
            return store.execute("SELECT count(*) FROM requests").fetchone()[0]

    def operator(self, *arguments):
        """`perennial enrollment` as an operator of the running service types it."""
        config = self.folder / "operator.yaml"
        write_yaml(config, {"enrollment": {"url": self.admin_url, "trust_file": self.root, "token_file": self.admin_token}})
        return run([self.lab.program("perennial"), "--config", config, "enrollment", *arguments])

    def revoke(self, certificate, reason="keyCompromise"):
        serial = run(["/usr/bin/openssl", "x509", "-in", certificate, "-noout", "-serial"]).stdout.strip().split("=")[1]
        return self.operator("revoke", serial, "--reason", reason)
