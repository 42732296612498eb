"""A real slapd with its configuration in cn=config: StartTLS on one port, TLS at once on another."""

import os
import shutil

from .files import write
from .processes import Process, run
from .restarted import Restarted
from .two_sites import MailSites

BY_ROOT = "gidNumber={}+uidNumber={},cn=peercred,cn=external,cn=auth"


class Openldap(MailSites):
    kind = "openldap"
    config_name = "slapd.d"
    starttls = "ldap"

    @property
    def source_settings(self):
        return {"defaults": self.folder / "defaults"}

    @property
    def socket(self):
        return "ldapi://" + str(self.folder / "run" / "ldapi").replace("/", "%2F")

    def own(self, path):
        """As Debian has it: slapd is a user of its own."""
        if os.geteuid() == 0:
            shutil.chown(path, "openldap", "openldap")

    def user_options(self):
        return ["-u", "openldap", "-g", "openldap"] if os.geteuid() == 0 else []

    def prepare(self):
        self.lab.folder.chmod(0o711)
        self.tls.mkdir(parents=True)
        self.tls.chmod(0o755)
        self.folder.chmod(0o755)
        (self.folder / "run").mkdir()
        self.own(self.folder / "run")
        urls = f"ldap://127.0.0.1:{self.port}/ ldaps://127.0.0.1:{self.second_port}/ {self.socket}/"
        write(self.folder / "defaults", f'SLAPD_SERVICES="{urls}"\n')
        self.urls = urls
        self.configure()
        # What has slapd read its files again: the attributes take the values that they have.
        write(self.folder / "tls.ldif", f"""dn: cn=config
changetype: modify
replace: olcTLSCertificateFile
olcTLSCertificateFile: {self.certificate}
-
replace: olcTLSCertificateKeyFile
olcTLSCertificateKeyFile: {self.key}
""", 0o600)

    def configure(self):
        ldif = write(self.folder / "config.ldif", f"""dn: cn=config
objectClass: olcGlobal
cn: config
olcPidFile: {self.folder}/run/slapd.pid
olcArgsFile: {self.folder}/run/slapd.args
olcTLSCertificateFile: {self.certificate}
olcTLSCertificateKeyFile: {self.key}

dn: olcDatabase={{0}}config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: {{0}}config
olcAccess: {{0}}to * by dn.exact={BY_ROOT.format(os.getegid(), os.geteuid())} manage
""")
        self.config.mkdir(mode=0o700)
        run(["/usr/sbin/slapadd", "-n", "0", "-F", self.config, "-l", ldif])
        for path in [self.config, *self.config.rglob("*")]:
            self.own(path)

    def break_configuration(self):
        file = self.config / "cn=config.ldif"
        write(file, file.read_text() + "olcIdleTimeout: many\n")

    def start(self):
        self.run_process(Process(self.name, ["/usr/sbin/slapd", "-d", "none", *self.user_options(), "-F", self.config,
                                             "-h", self.urls], self.folder))

    def reload_action(self):
        return {"check": ["/usr/sbin/slaptest", "-u", "-Q", "-F", self.config],
                "run": ["/usr/bin/ldapmodify", "-Q", "-Y", "EXTERNAL", "-H", self.socket, "-f", self.folder / "tls.ldif"],
                "timeout": "20s"}


class OpenldapOfOneFile(Openldap):
    """slapd.conf: it reads its files only when it starts, so it is started again."""
    config_name = "slapd.conf"

    def configure(self):
        write(self.folder / "tls.conf", f"TLSCertificateFile\n  {self.certificate}\n")
        write(self.config, f"""pidfile {self.folder}/run/slapd.pid
argsfile {self.folder}/run/slapd.args
include {self.folder}/tls.conf
tlsCertificateKeyFile "{self.key}"
""")

    def break_configuration(self):
        write(self.config, self.config.read_text() + "this is no configuration\n")

    def start(self):
        self.run_process(Restarted(self.name, ["/usr/sbin/slapd", "-d", "none", *self.user_options(), "-f", self.config,
                                               "-h", self.urls], self.folder))

    def reload_action(self):
        return {"check": ["/usr/sbin/slaptest", "-u", "-Q", "-f", self.config], "signal": "HUP",
                "pid_file": self.folder / Restarted.pid_file, "timeout": "20s"}
