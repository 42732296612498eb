"""A real Redis with TLS, a password and a Unix socket; it is told by curl, which takes the password from a file."""

import os
import shutil
from urllib.parse import quote

from .files import write
from .nginx import served_certificate
from .processes import Process, free_port

PASSWORD = "lab-redis"


class Redis:
    kind = "redis"
    starttls = None

    def __init__(self, lab):
        self.lab = lab
        self.name = self.kind
        self.folder = lab.folder / self.name
        self.port = free_port()
        self.tls = self.folder / "tls"
        self.certificate = self.tls / "web1.pem"
        self.key = self.tls / "web1.key"
        self.config = self.folder / "redis.conf"
        self.curl_options = self.folder / "reload.curl"
        self.process = None

    def own(self, path):
        """As Debian has it: Redis is a user of its own."""
        if os.geteuid() == 0:
            shutil.chown(path, "redis", "redis")

    def prepare(self):
        self.lab.folder.chmod(0o711)
        self.tls.mkdir(parents=True)
        self.tls.chmod(0o755)
        self.folder.chmod(0o755)
        run = self.folder / "run"
        run.mkdir()
        self.own(run)
        write(self.folder / "conf.d" / "tls.conf", f"""tls-cert-file "{self.certificate}"
tls-key-file {self.key}
tls-auth-clients no
tls-ca-cert-file {self.tls}/chain.pem
""")
        self.own(write(self.config, f"""port 0
tls-port {self.port}
bind 127.0.0.1
unixsocket {run}/redis.sock
requirepass {PASSWORD}
save ""
dir {run}
include {self.folder}/conf.d/*.conf
""", 0o600))
        said = [f"AUTH {PASSWORD}", f"CONFIG SET tls-cert-file {self.certificate} tls-key-file {self.key}", "QUIT"]
        write(self.curl_options, f"""url = "gopher://localhost/_{quote(chr(13) + chr(10)).join(map(quote, said))}"
unix-socket = "{run}/redis.sock"
silent
show-error
""", 0o600)

    def start(self):
        as_redis = ["/usr/bin/setpriv", "--reuid=redis", "--regid=redis", "--clear-groups"] if os.geteuid() == 0 else []
        self.process = Process(self.name, [*as_redis, "/usr/bin/redis-server", self.config], self.folder)
        self.lab.started(self.process)
        self.process.wait_for_port(self.port)

    def reload_action(self):
        return {"run": ["/usr/bin/curl", "-q", "-K", self.curl_options], "timeout": "20s"}

    def served(self):
        return served_certificate(self.port)

    def everywhere(self):
        return [self.served()]
