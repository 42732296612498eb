"""A real rsyslog that takes messages by TLS from anybody: the pair of all inputs in one form, that of one input in the other."""

import os
import signal

from .files import write
from .nginx import served_certificate
from .restarted import Restarted
from .two_sites import TwoSites


class RsyslogServer(TwoSites):
    kind = "rsyslog"
    driver = "ossl"  # reads its files when it starts
    config_name = "rsyslog.conf"

    def prepare(self):
        self.tls.mkdir(parents=True)
        write(self.folder / "conf.d" / "tls.conf", f"""$DefaultNetstreamDriver {self.driver}
$DefaultNetstreamDriverCAFile {self.tls}/chain.pem
$DefaultNetstreamDriverCertFile {self.certificate}
$DefaultNetstreamDriverKeyFile {self.key}
""")
        self.write_neighbour()
        write(self.config, f"""$IncludeConfig {self.folder}/conf.d/*.conf
module(load="imtcp" streamDriver.mode="1" streamDriver.authMode="anon")
input(type="imtcp" address="127.0.0.1" port="{self.port}")
include(file="{self.folder}/neighbour.conf")
*.* {self.folder}/received.log
""")

    def write_neighbour(self, key=None):
        key = key or self.neighbour_certificate.with_suffix(".key")
        write(self.folder / "neighbour.conf", f"""input(type="imtcp" address="127.0.0.1" port="{self.second_port}"
  streamDriver.certFile="{self.neighbour_certificate}" # its own
  streamDriver.keyFile="{key}")
""")

    def break_neighbour(self):
        self.write_neighbour(self.key)

    def break_configuration(self):
        write(self.config, self.config.read_text() + "input(this is no configuration)\n")

    def start(self):
        self.run_process(Restarted(self.name, ["/usr/sbin/rsyslogd", "-n", "-i", "NONE", "-f", self.config], self.folder))

    def reload_action(self):
        return {"check": ["/usr/sbin/rsyslogd", "-N1", "-f", self.config], "signal": "HUP",
                "pid_file": self.folder / Restarted.pid_file, "timeout": "20s"}

    def reload_now(self):
        os.kill(int((self.folder / Restarted.pid_file).read_text()), signal.SIGHUP)

    def served(self):
        return served_certificate(self.port)

    def neighbour(self):
        return served_certificate(self.second_port)

    def everywhere(self):
        return [self.served()]


class RsyslogOfGnutls(RsyslogServer):
    driver = "gtls"  # reads them at each connection
