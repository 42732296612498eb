"""A real PostgreSQL with TLS, its configuration apart from its data as Debian has it. It refuses to run as root."""

import os
import shutil

from .files import write
from .nginx import served_certificate
from .processes import Process, free_port, run

PROGRAMS = "/usr/lib/postgresql/15/bin"


class Postgresql:
    kind = "postgresql"
    starttls = "postgres"

    def __init__(self, lab):
        self.lab = lab
        self.name = self.kind
        self.folder = lab.folder / self.name
        self.port = free_port()
        self.tls = self.folder / "tls"
        self.certificate = self.tls / "web1.pem"
        self.key = self.tls / "web1.key"
        self.config = self.folder / "postgresql.conf"
        self.data = self.folder / "data"
        self.process = None

    @staticmethod
    def as_server(*command):
        """The command as whom the server is: root only lends its rights."""
        if os.geteuid() != 0:
            return list(command)
        return ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]

    def own(self, path):
        if os.geteuid() == 0:
            shutil.chown(path, "postgres", "postgres")

    def prepare(self):
        self.lab.folder.chmod(0o711)
        self.tls.mkdir(parents=True)
        self.tls.chmod(0o755)
        self.folder.chmod(0o755)
        self.data.mkdir(mode=0o700)
        self.own(self.data)
        run(self.as_server(f"{PROGRAMS}/initdb", "-D", self.data, "-A", "reject", "-U", "nobody", "--no-sync",
                           "--no-instructions", "-E", "UTF8", "--locale", "C"))
        write(self.config, f"""data_directory = '{self.data}'
hba_file = '{self.data}/pg_hba.conf'
ident_file = '{self.data}/pg_ident.conf'
port = {self.port}
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
include_dir = 'conf.d'
""")
        write(self.folder / "conf.d" / "tls.conf", f"""ssl = on
ssl_cert_file = '{self.certificate}'
ssl_key_file = '../tls/{self.key.name}'
""")

    def break_configuration(self):
        write(self.folder / "conf.d" / "broken.conf", "this is no configuration\n")

    def start(self):
        self.process = Process(self.name, self.as_server(f"{PROGRAMS}/postgres", "-D", self.folder), self.folder)
        self.lab.started(self.process)
        self.process.wait_for_port(self.port)

    def reload_action(self):
        return {"check": [f"{PROGRAMS}/postgres", "-C", "ssl_cert_file", "-D", self.folder],
                "run": self.as_server(f"{PROGRAMS}/pg_ctl", "reload", "-D", str(self.data)), "timeout": "20s"}

    def served(self):
        return served_certificate(self.port, starttls=self.starttls)

    def everywhere(self):
        return [self.served()]
