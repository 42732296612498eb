"""A real nginx serving HTTPS, with a configuration of its own that has an include in it."""

from .files import write
from .processes import LabError, Process, free_port, run


class Nginx:
    kind = "nginx"

    def __init__(self, lab, server_name="web1.example.test", name="nginx"):
        self.lab = lab
        self.name = name
        self.folder = lab.folder / name
        self.port = free_port()
        self.server_name = server_name
        self.tls = self.folder / "tls"
        self.certificate = self.tls / "web1.pem"
        self.key = self.tls / "web1.key"
        self.config = self.folder / "nginx.conf"
        self.pid_file = self.folder / "nginx.pid"
        self.process = None

    def prepare(self):
        self.tls.mkdir(parents=True, exist_ok=True)
        self.tls.chmod(0o755)
        (self.folder / "temporary").mkdir(exist_ok=True)
        write(self.config, f"""daemon off;
worker_processes 1;
pid {self.pid_file};
error_log {self.folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {self.folder}/temporary/body;
    proxy_temp_path {self.folder}/temporary/proxy;
    fastcgi_temp_path {self.folder}/temporary/fastcgi;
    uwsgi_temp_path {self.folder}/temporary/uwsgi;
    scgi_temp_path {self.folder}/temporary/scgi;
    include {self.folder}/sites/*.conf;
}}
""")
        write(self.folder / "sites" / "web1.conf", f"""server {{
    listen 127.0.0.1:{self.port} ssl;
    server_name {self.server_name};
    ssl_certificate     {self.certificate};
    ssl_certificate_key {self.key};
    location / {{ return 200 "hello from {self.server_name}\\n"; }}
}}
""")

    def start(self):
        run(["/usr/sbin/nginx", "-t", "-q", "-c", self.config])
        self.process = Process(self.name, ["/usr/sbin/nginx", "-c", self.config], self.folder)
        self.lab.started(self.process)
        self.process.wait_for_port(self.port)

    def reload_action(self):
        return {"check": ["/usr/sbin/nginx", "-t", "-q", "-c", self.config],
                "run": ["/usr/sbin/nginx", "-s", "reload", "-c", self.config], "timeout": "20s"}

    def served(self):
        """What an independent client sees: openssl s_client, not ours."""
        return served_certificate(self.port, self.server_name)


def served_certificate(port, server_name=None, starttls=None):
    """`starttls` as openssl names it: smtp, imap, pop3, postgres."""
    name = ["-servername", server_name] if server_name else ["-noservername"]
    before = ["-starttls", starttls] if starttls else []
    shown = run(["/usr/bin/openssl", "s_client", "-connect", f"127.0.0.1:{port}", *name, *before, "-showcerts"],
                check=False, input="", timeout=15)
    if "BEGIN CERTIFICATE" not in shown.stdout:
        raise LabError(f"openssl s_client saw no certificate on port {port}: {shown.stderr.strip()[-500:]}")
    return describe_certificate(shown.stdout)


def describe_certificate(pem):
    text = run(["/usr/bin/openssl", "x509", "-noout", "-serial", "-fingerprint", "-sha256", "-enddate", "-pubkey"],
               input=pem).stdout
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("-----")
                  and line.split("=", 1)[0] in ("serial", "notAfter", "sha256 Fingerprint"))
    key = text[text.index("-----BEGIN PUBLIC KEY"):]
    serial = values["serial"].strip()
    return {"serial": serial, "not_after": values["notAfter"],
            "fingerprint": values["sha256 Fingerprint"].replace(":", "").lower(), "public_key": key}
