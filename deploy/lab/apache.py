"""A real Apache with two sites on one port, told apart by SNI, and the first one on a second port too."""

import os

from .files import write
from .nginx import served_certificate
from .processes import Process
from .two_sites import TwoSites

MODULES = "/usr/lib/apache2/modules"


class Apache(TwoSites):
    kind = "apache"
    config_name = "apache2.conf"

    def prepare(self, more=""):
        self.tls.mkdir(parents=True, exist_ok=True)
        self.tls.chmod(0o755)
        user = "User nobody\nGroup nogroup\n" if os.geteuid() == 0 else ""
        write(self.config, f"""ServerRoot {self.folder}
ServerName main.invalid
PidFile apache2.pid
ErrorLog error.log
DefaultRuntimeDir {self.folder}
Mutex posixsem
{user}LoadModule mpm_event_module {MODULES}/mod_mpm_event.so
LoadModule authz_core_module {MODULES}/mod_authz_core.so
LoadModule ssl_module {MODULES}/mod_ssl.so
Define PORT {self.port}
<IfModule ssl_module>
    Listen 127.0.0.1:${{PORT}}
    Listen 127.0.0.1:{self.second_port} https
</IfModule>
IncludeOptional sites/*.conf
""")
        # Another module must not be held to be loaded.
        write(self.folder / "sites" / "0-none.conf", "<IfModule mod_gnutls.c>\n    Include none.conf\n</IfModule>\n")
        write(self.folder / "sites" / "1-web1.conf", f"""<VirtualHost 127.0.0.1:${{PORT}} *:{self.second_port}>
    ServerName {self.server_name}
    SSLEngine on
    SSLCertificateFile tls/{self.certificate.name}
    SSLCertificateKeyFile tls/{self.key.name}
    {more}
</VirtualHost>
""")
        self.write_neighbour()

    def write_neighbour(self):
        write(self.folder / "sites" / "2-web2.conf", f"""<VirtualHost 127.0.0.1:{self.port}>
    ServerName {self.neighbour_name}
    SSLEngine on
    SSLCertificateFile tls/{self.neighbour_certificate.name}
    SSLCertificateKeyFile tls/{self.neighbour_certificate.stem}.key
</VirtualHost>
""")

    def break_neighbour(self):
        """A configuration that Apache takes, without the neighbour."""
        (self.folder / "sites" / "2-web2.conf").unlink()

    def break_configuration(self):
        write(self.folder / "sites" / "9-broken.conf", "this is no configuration\n")

    def start(self):
        self.run_process(Process(self.name, ["/usr/sbin/apache2", "-f", self.config, "-D", "FOREGROUND"], self.folder))

    def reload_action(self):
        return {"check": ["/usr/sbin/apache2", "-t", "-f", self.config],
                "run": ["/usr/sbin/apache2", "-k", "graceful", "-f", self.config], "timeout": "20s"}

    def everywhere(self):
        """What each listener of the first site shows."""
        return [self.served(), served_certificate(self.second_port, self.server_name),
                served_certificate(self.second_port, None)]
