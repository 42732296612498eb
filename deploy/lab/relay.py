"""perennial-enrollment in the perimeter network: no authority, a relay to the one inside."""

from .enrollment import CERTIFICATE_CEP, CERTIFICATE_CES, PASSWORD_CEP, PASSWORD_CES, POLICY_ID
from .enrollment import Enrollment, web_template
from .files import write, write_yaml
from .processes import run

RELAY_USER = "relay"


class Relay(Enrollment):
    """`inside` is prepared and started, and its templates let `name` enrol: that is the relay's own user."""

    def __init__(self, lab, inside, name=RELAY_USER):
        super().__init__(lab)
        self.inside = inside
        self.name = name
        self.folder = lab.folder / name
        self.state = self.folder / "state"
        self.config = self.folder / "enrollment.yaml"
        self.admin_token = self.folder / "admin-token"
        self.password_file = self.folder / "web-enroller-password"
        self.credential = self.folder / "credential"
        self.root = inside.root
        self.issuing = inside.issuing
        self.lists = None  # section revocation_lists

    def url(self, path):
        return f"https://localhost:{self.port}" + path.replace(" ", "%20")

    @property
    def admin_url(self):
        return f"https://localhost:{self.admin_port}"

    def issue_test(self, *arguments, **options):
        self.inside.issue_test(*arguments, **options)

    def prepare(self, templates=None, more=None):
        for template in templates or [web_template()]:
            write_yaml(self.folder / "templates" / f"{template['name']}.yaml", template)
        authority = write(self.folder / "authority.pem", self.issuing.read_text() + self.root.read_text())
        write(self.credential, "the relay's own password", 0o600)
        run([self.inside.program, "user", "add", "--config", self.inside.config, "--name", self.name,
             "--password-file", self.credential])
        names = ["localhost"]
        settings = {
            "state": self.state,
            "listen": {"host": "127.0.0.1", "port": self.port, "names": names},
            "admin_api": {"host": "127.0.0.1", "port": self.admin_port, "names": names},
            "relay": {"url": self.inside.url(PASSWORD_CES), "trust_file": self.root, "authority_file": authority,
                      "user": self.name, "password_file": self.credential, "time_limit": "10s"},
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
        if self.lists:
            settings["relay"]["revocation_lists"] = self.lists
        for key, value in (more or {}).items():
            settings[key] = settings[key] + value if isinstance(settings.get(key), list) else value
        write_yaml(self.config, settings)
        run([self.program, "init", "--config", self.config])
        self.inside.issue_test(self.state / "tls.pem", self.state / "tls.key", "localhost", valid_from="-1d")
        self.password = "a password outside"
        write(self.password_file, self.password, 0o600)
        run([self.program, "user", "add", "--config", self.config, "--name", "web-enroller",
             "--password-file", self.password_file])
        run([self.program, "admin", "add", "--config", self.config, "--name", "lab", "--role", "operator",
             "--token-file", self.admin_token])
