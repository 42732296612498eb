"""A real Postfix with a configuration, queue and log of its own: STARTTLS on one port, TLS at once on another, and a
second certificate on a third. Only root can run it."""

from .files import write
from .nginx import served_certificate
from .processes import Process, free_port, run
from .two_sites import MailSites


class Postfix(MailSites):
    kind = "postfix"
    config_name = ""  # both files lie in the folder itself
    starttls = "smtp"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.third_port = free_port()

    def prepare(self):
        self.lab.folder.chmod(0o711)
        self.tls.mkdir(parents=True)
        self.tls.chmod(0o755)
        for name in ("spool", "state"):
            (self.folder / name).mkdir()
        run(["/usr/bin/chown", "postfix", self.folder / "state"])
        write(self.folder / "main.cf", f"""compatibility_level = 3.6
queue_directory = {self.folder}/spool
data_directory = {self.folder}/state
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.example.test
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
local_transport = error:none
alias_maps =
maillog_file = {self.folder}/mail.log
maillog_file_prefixes = {self.folder}
tls = {self.tls}
smtpd_tls_security_level = may
smtpd_tls_cert_file = $tls/{self.certificate.name}
smtpd_tls_key_file =
    ${{tls}}/{self.key.name}
""")
        self.write_neighbour()

    def write_master(self, neighbour):
        write(self.folder / "master.cf", f"""127.0.0.1:{self.port} inet n - n - - smtpd
127.0.0.1:{self.second_port} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
{neighbour}rewrite unix - - n - - trivial-rewrite
cleanup unix n - n - 0 cleanup
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
""")

    def write_neighbour(self):
        self.write_master(f"""127.0.0.1:{self.third_port} inet n - n - - smtpd
  -o smtpd_tls_cert_file=$tls/{self.neighbour_certificate.name}
  -o smtpd_tls_key_file=$tls/{self.neighbour_certificate.stem}.key
""")

    def break_neighbour(self):
        """A configuration that Postfix takes, without the neighbour."""
        self.write_master("")

    def break_configuration(self):
        with open(self.folder / "main.cf", "a") as config:
            config.write("this is no configuration\n")

    def start(self):
        run(["/usr/sbin/postfix", "-c", self.folder, "check"])
        self.run_process(Process(self.name, ["/usr/lib/postfix/sbin/master", "-d", "-c", self.folder], self.folder))
        self.process.wait_for_port(self.third_port)

    def reload_action(self):
        return {"check": ["/usr/sbin/postfix", "-c", self.folder, "check"],
                "run": ["/usr/sbin/postfix", "-c", self.folder, "reload"], "timeout": "20s"}

    def neighbour(self):
        return served_certificate(self.third_port, starttls=self.starttls)
