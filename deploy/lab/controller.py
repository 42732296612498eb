"""perennial-controller on a SQLite file."""

import json
import urllib.request
import ssl
from .files import write_yaml
from .processes import Process, free_port, run


class Controller:
    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.folder / "controller"
        self.program = lab.program("perennial-controller")
        self.state = self.folder / "state"
        self.port = free_port()
        self.operator_port = free_port()
        self.config = self.folder / "controller.yaml"
        self.token = self.folder / "operator-token"
        self.authority = self.state / "authority.pem"
        self.audit_folder = self.state / "audit"
        self.audit_public_key = self.audit_folder / "public-key"
        self.cli_config = self.folder / "perennial.yaml"
        self.process = None

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    @property
    def operator_url(self):
        return f"https://127.0.0.1:{self.operator_port}"

    def settings(self, repository, sinks=(), intervals=None, **changes):
        names = ["localhost", "127.0.0.1"]
        settings = {
            "name": "controller.lab.example.test", "state": self.state,
            "agent_api": {"host": "127.0.0.1", "port": self.port, "names": names},
            "operator_api": {"host": "127.0.0.1", "port": self.operator_port, "names": names},
            "policies": {"repository": repository.work, "branch": "main",
                         "allowed_signers": repository.allowed_signers, "every": "1s", "manifest_life": "30d"},
            "audit": {"checkpoint_every": "2s", "sinks": list(sinks)},
            "intervals": intervals or {"checkin": "1s", "plan": "1s", "silent_after": "10m"}}
        settings.update(changes)
        return settings

    def cli_settings(self, enrollment=None):
        cli = {"controller": {"url": self.operator_url, "trust_file": self.authority, "token_file": self.token}}
        if enrollment:
            cli["enrollment"] = {"url": enrollment.admin_url, "trust_file": enrollment.root,
                                 "token_file": enrollment.admin_token}
        return cli

    def prepare(self, repository, enrollment=None, **changes):
        write_yaml(self.config, self.settings(repository, **changes))
        run([self.program, "init", "--config", self.config])
        run([self.program, "operator", "add", "--config", self.config, "--name", "lab", "--role", "operator",
             "--token-file", self.token])
        write_yaml(self.cli_config, self.cli_settings(enrollment))

    def start(self):
        self.process = Process("perennial-controller", [self.program, "run", "--config", self.config], self.folder)
        self.lab.started(self.process)
        self.process.wait_for_port(self.port)
        self.process.wait_for_port(self.operator_port)

    def cli(self, *arguments, check=True):
        """The operator's command line, asked for JSON."""
        done = run([self.lab.program("perennial"), "--config", self.cli_config, *arguments], check=check)
        return done

    def ask(self, *arguments):
        return json.loads(self.cli(*arguments, "--json").stdout)

    def get(self, path):
        """An independent client: Python's own HTTPS."""
        context = ssl.create_default_context(cafile=str(self.authority))
        request = urllib.request.Request(self.operator_url + path,
                                         headers={"Authorization": "Bearer " + self.token.read_text().strip()})
        with urllib.request.urlopen(request, context=context, timeout=15) as answer:
            return answer.read().decode()

    def join_token(self, host="web1.example.test", labels=("role=web",)):
        options = [part for label in labels for part in ("--label", label)]
        return self.ask("join-token", "create", "--host", host, *options)["token"]
