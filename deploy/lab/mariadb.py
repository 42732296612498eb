"""A real MariaDB with TLS, its options in several files as Debian has it. Root is let in by the socket."""

import getpass
import os
import shutil

from .files import write
from .nginx import served_certificate
from .processes import Process, free_port, run


class Mariadb:
    kind = "mariadb"
    starttls = "mysql"

    def __init__(self, lab):
        self.lab = lab
        self.name = self.kind
        self.folder = lab.folder / self.name
        self.port = free_port()
        self.tls = self.folder / "tls"
        self.certificate = self.tls / "web1.pem"
        self.key = self.tls / "web1.key"
        self.config = self.folder / "my.cnf"
        self.data = self.folder / "data"
        self.socket = self.folder / "run" / "mariadb.sock"
        self.process = None

    def own(self, path):
        """As Debian has it: MariaDB is a user of its own."""
        if os.geteuid() == 0:
            shutil.chown(path, "mysql", "mysql")

    @staticmethod
    def user_options():
        return ["--user=mysql"] if os.geteuid() == 0 else []

    def prepare(self):
        self.lab.folder.chmod(0o711)
        self.tls.mkdir(parents=True)
        self.tls.chmod(0o755)
        self.folder.chmod(0o755)
        self.socket.parent.mkdir()
        self.own(self.socket.parent)
        write(self.folder / "conf.d" / "server.cnf", f"""[mysqld]
datadir = {self.data}
socket = {self.socket}
pid-file = {self.socket.parent}/mariadb.pid
port = {self.port}
bind-address = 127.0.0.1
innodb-log-file-size = 4M
innodb-buffer-pool-size = 8M
""")
        write(self.folder / "conf.d" / "tls.cnf", f"""[mariadb]
ssl_cert = "{self.certificate}" # with its chain
ssl-key = {self.key}
""")
        write(self.config, f"!includedir {self.folder}/conf.d/\n")
        run(["/usr/bin/mariadb-install-db", "--no-defaults", *self.user_options(), f"--datadir={self.data}", "--skip-test-db",
             "--auth-root-authentication-method=socket", f"--auth-root-socket-user={getpass.getuser()}",
             "--innodb-log-file-size=4M"], timeout=60)

    def break_configuration(self):
        write(self.folder / "conf.d" / "broken.cnf", "[mysqld]\nthis-is-no-option\n")

    def start(self):
        self.process = Process(self.name, ["/usr/sbin/mariadbd", f"--defaults-file={self.config}", *self.user_options()],
                               self.folder)
        self.lab.started(self.process)
        self.process.wait_for_port(self.port)

    def reload_action(self):
        return {"check": ["/usr/sbin/mariadbd", f"--defaults-file={self.config}", "--help", "--verbose"],
                "run": ["/usr/bin/mariadb", "--no-defaults", "--user=root",
                        f"--socket={self.socket}", "-e", "FLUSH SSL"],
                "timeout": "20s"}

    def served(self):
        return served_certificate(self.port, starttls=self.starttls)

    def everywhere(self):
        return [self.served()]
