"""A real rsyslog receiving RFC 5425: TLS with client certificates."""

from .files import write
from .processes import Process, free_port, run


class Rsyslog:
    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.folder / "rsyslog"
        self.port = free_port()
        self.received = self.folder / "received.log"
        self.config = self.folder / "rsyslog.conf"
        self.ca = self.folder / "ca.pem"
        self.client_certificate = self.folder / "client.pem"
        self.client_key = self.folder / "client.key"
        self.process = None

    def prepare(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self._certificates()
        write(self.config, f"""global(
  workDirectory="{self.folder}" maxMessageSize="16k"
  defaultNetstreamDriver="gtls"
  defaultNetstreamDriverCAFile="{self.ca}"
  defaultNetstreamDriverCertFile="{self.folder}/server.pem"
  defaultNetstreamDriverKeyFile="{self.folder}/server.key"
  parser.escapeControlCharactersOnReceive="on")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/name"
  permittedPeer=["controller.lab.example.test"])
template(name="whole" type="string" string="%rawmsg-after-pri%\\n")
input(type="imtcp" port="{self.port}" address="127.0.0.1" ruleset="audit")
ruleset(name="audit") {{ action(type="omfile" file="{self.received}" template="whole" fileCreateMode="0644") }}
""")

    def _certificates(self):
        f = self.folder
        run(["/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", f / "ca.key", "-out", self.ca, "-days", "30", "-subj", "/CN=Lab SIEM CA"])
        for name, host in (("server", "siem.lab.example.test"), ("client", "controller.lab.example.test")):
            run(["/usr/bin/openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-keyout", f / f"{name}.key", "-out", f / f"{name}.csr", "-subj", f"/CN={host}"])
            write(f / f"{name}.ext", f"subjectAltName=DNS:{host}\nextendedKeyUsage=serverAuth,clientAuth\n")
            run(["/usr/bin/openssl", "x509", "-req", "-in", f / f"{name}.csr", "-CA", self.ca, "-CAkey", f / "ca.key",
                 "-CAcreateserial", "-days", "30", "-extfile", f / f"{name}.ext", "-out", f / f"{name}.pem"])
            (f / f"{name}.key").chmod(0o600)

    def start(self):
        self.process = Process("rsyslogd", ["/usr/sbin/rsyslogd", "-n", "-f", self.config, "-i",
                                            self.folder / "rsyslogd.pid"], self.folder)
        self.lab.started(self.process)
        self.process.wait_for_port(self.port)

    def lines(self):
        return self.received.read_text(errors="replace").splitlines() if self.received.exists() else []

    def sink(self):
        return {"name": "siem", "kind": "syslog", "host": "127.0.0.1", "port": self.port,
                "server_name": "siem.lab.example.test", "trust_file": self.ca,
                "certificate_file": self.client_certificate, "key_file": self.client_key}
