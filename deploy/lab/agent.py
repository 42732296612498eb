"""The agent's programs on one host: agent, scanner, installer; the enroller comes and goes."""

import os

from .files import write, write_yaml
from .processes import Process, listens, run


class Agent:
    def __init__(self, lab, nginx, name="agent"):
        self.lab = lab
        self.nginx = nginx
        self.name = name
        self.folder = lab.folder / name
        self.state = self.folder / "state"
        self.config = self.folder / "agent.yaml"
        self.guard = self.folder / "guard.yaml"
        self.scanner_config = self.folder / "scanner.yaml"
        self.installer_state = self.folder / "installer"
        self.installer_socket = self.folder / "installer.sock"
        self.socket = self.folder / "agent.sock"
        self.process = None
        self.installer = None

    def prepare(self, enrollment, guard=None, caller=None, **settings):
        self.allow(enrollment, guard, caller)
        self.configure(**settings)

    def allow(self, enrollment, guard=None, caller=None):
        """The guard: what the installer may do here."""
        nginx = self.nginx
        rules = {
            "socket": {"path": self.installer_socket, "mode": "0660"},
            "state": self.installer_state,
            "callers": [caller or str(os.getuid())],
            "stores": [{"folder": nginx.tls, "certificate_mode": "0644", "key_mode": "0600"}],
            "issuer_certificates": enrollment.issuing,
            "names": ["*.example.test"],
            "key_types": ["ec-p256", "ec-p384", "rsa-2048", "rsa-3072"],
            "renewals_per_day": 50,
            "actions": {f"reload-{nginx.kind}": nginx.reload_action()}}
        rules.update(guard or {})
        write_yaml(self.guard, rules)

    def configure(self, controller=None, policies=None, labels=None, intervals=None, sources=None,
                  scanner_socket=None, policy_signers=None, credentials=None):
        nginx = self.nginx
        source = {"kind": nginx.kind, "config": nginx.config, **getattr(nginx, "source_settings", {})}
        write_yaml(self.scanner_config, {"sources": sources or [source]})
        settings = {
            "state": self.state, "socket": self.socket, "installer_socket": self.installer_socket,
            "enroller": self.lab.program("perennial-enroller"),
            "scanner": ({"socket": scanner_socket} if scanner_socket else
                        {"program": self.lab.program("perennial-scanner"), "config": self.scanner_config}),
            "intervals": intervals or {"scan": "5s", "retry": "1s", "unanswered": "30m"}}
        if controller:
            settings["controller"] = {"url": controller.url}
        if policies:
            settings["policies"] = policies
        if policy_signers:
            settings["policy_signers"] = policy_signers
        if labels:
            settings["labels"] = labels
        if credentials:
            settings["credentials"] = credentials
        write_yaml(self.config, settings)

    def join(self, token, host="web1.example.test", check=True):
        file = write(self.folder / "join-token", token + "\n", 0o600)
        done = run([self.lab.program("perennial-agent"), "join", "--config", self.config, "--token-file", file,
                    "--host", host], check=check)
        file.unlink()
        return done

    def restart_installer(self):
        self.installer.stop()
        self.installer_socket.unlink(missing_ok=True)
        self.start_installer()

    def start_installer(self):
        self.installer = Process(f"{self.name}-installer", [self.lab.program("perennial-installer"), "serve",
                                                            "--config", self.guard], self.folder)
        self.lab.started(self.installer)
        self.installer.wait_for(lambda: listens(self.installer_socket), "its socket is there")

    def launch(self):
        self.process = Process(self.name, [self.lab.program("perennial-agent"), "run", "--config", self.config],
                               self.folder)
        self.lab.started(self.process)

    def start(self):
        self.launch()
        self.process.wait_for(lambda: listens(self.socket), "its socket is there")

    def command(self, *arguments, check=True):
        return run([self.lab.program("perennial-agent"), arguments[0], "--config", self.config, *arguments[1:]],
                   check=check)
