"""A real Dovecot: IMAP with STARTTLS on one port and POP3 with TLS at once on another, two names told apart by SNI."""

from .files import write
from .nginx import served_certificate
from .processes import Process
from .two_sites import MailSites


class Dovecot(MailSites):
    kind = "dovecot"
    config_name = "dovecot.conf"
    starttls = "imap"

    def prepare(self):
        self.lab.folder.chmod(0o711)
        self.tls.mkdir(parents=True)
        self.tls.chmod(0o755)
        (self.folder / "run").mkdir()
        write(self.config, f"""base_dir = {self.folder}/run
state_dir = {self.folder}/run
log_path = {self.folder}/dovecot.log
protocols = imap
protocols = $protocols pop3
listen = 127.0.0.1
passdb {{
  driver = static
  args = password=none
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}}
service anvil {{
  chroot =
}}
service imap-login {{
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = 0
  }}
  inet_listener pop3s {{
    port = {self.second_port}
  }}
}}
!include conf.d/*.conf
""")
        write(self.folder / "conf.d" / "10-ssl.conf", f"""ssl = required
ssl_cert = <{self.certificate}
ssl_key = <../tls/{self.key.name}
""")
        self.write_neighbour()

    @property
    def neighbour_file(self):
        return self.folder / "conf.d" / "20-names.conf"

    def write_neighbour(self):
        write(self.neighbour_file, f"""local_name {self.neighbour_name} {{
  ssl_cert = <{self.neighbour_certificate}
  ssl_key = <{self.neighbour_certificate.with_suffix(".key")}
}}
""")

    def break_neighbour(self):
        """A configuration that Dovecot takes, without the neighbour."""
        self.neighbour_file.unlink()

    def break_configuration(self):
        write(self.folder / "conf.d" / "30-broken.conf", "this is no configuration\n")

    def start(self):
        self.run_process(Process(self.name, ["/usr/sbin/dovecot", "-F", "-c", self.config], self.folder))

    def reload_action(self):
        return {"check": ["/usr/bin/doveconf", "-c", self.config, "-h", "ssl_cert"],
                "run": ["/usr/bin/doveadm", "-c", self.config, "reload"], "timeout": "20s"}

    def neighbour(self):
        return served_certificate(self.port, self.neighbour_name, self.starttls)
