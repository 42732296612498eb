"""A real HAProxy with combined files: two sites on one port by a crt-list, the first one on a second port too."""

import os
import signal

from .files import write
from .nginx import served_certificate
from .processes import Process
from .two_sites import TwoSites


class Haproxy(TwoSites):
    kind = "haproxy"
    config_name = "haproxy.cfg"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.key = self.certificate
        self.list = self.folder / "sites.list"
        self.pid_file = self.folder / "haproxy.pid"

    def prepare(self):
        self.tls.mkdir(parents=True, exist_ok=True)
        self.tls.chmod(0o755)
        write(self.config, f"""global
    maxconn 100
    crt-base {self.tls}
    presetenv SITE web1.pem

defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s

frontend sites
    bind 127.0.0.1:{self.port} ssl crt-list {self.list}
    http-request return status 200

frontend first
    bind 127.0.0.1:{self.second_port} ssl crt "${{SITE}}" alpn h2,http/1.1
    http-request return status 200
""")
        self.write_neighbour()

    def write_neighbour(self):
        write(self.list, f"web1.pem [alpn http/1.1] {self.server_name}\nweb2.pem {self.neighbour_name}\n")

    def break_neighbour(self):
        """A configuration that HAProxy takes, without the neighbour."""
        write(self.list, "web1.pem\n")

    def break_configuration(self):
        with open(self.config, "a") as config:
            config.write("this is no configuration\n")

    def start(self):
        self.run_process(Process(self.name, ["/usr/sbin/haproxy", "-W", "-f", self.config, "-p", self.pid_file],
                                 self.folder))

    def reload_action(self):
        return {"check": ["/usr/sbin/haproxy", "-c", "-q", "-f", self.config],
                "signal": "USR2", "pid_file": self.pid_file, "timeout": "20s"}

    def reload_now(self):
        os.kill(int(self.pid_file.read_text().split()[0]), signal.SIGUSR2)

    def everywhere(self):
        """What each listener of the first site shows."""
        return [self.served(), served_certificate(self.port, None), served_certificate(self.second_port, None)]
