"""The enrolment server: what a key-based renewal costs it, and how many it does, beside OpenSSL, cfssl and nginx."""

import os
import subprocess

from lab.enrollment import CERTIFICATE_CES, Enrollment, policy_id, web_template
from lab.files import write, write_yaml
from lab.lab import Lab
from lab.processes import LabError, Process, free_port, run

HOST = "web1.example.test"
ROUNDS = 3
RENEWALS = 3000
CONNECTIONS = 4
RENEWERS = 32  # a server of many agents has more of them at once than it has processors
TEMPLATES = 100
MANY = 200_000

EVERYTHING_CEP = "/ADPolicyProvider_CEP_Certificate/service.svc/CEP"

QUESTION = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing">\
<s:Header><a:Action s:mustUnderstand="1">http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy/IPolicy/GetPolicies\
</a:Action><a:MessageID>urn:uuid:6e1f54c3-0d26-4b0f-8f1f-1d8f2f6f2a10</a:MessageID>\
<a:To s:mustUnderstand="1">{url}</a:To></s:Header><s:Body>\
<GetPolicies xmlns="http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><client><lastUpdate xsi:nil="true"/>\
<preferredLanguage xsi:nil="true"/></client><requestFilter xsi:nil="true"/></GetPolicies></s:Body></s:Envelope>"""


class Server:
    """perennial-enrollment alone, with one certificate to renew."""

    def __init__(self, folder, programs, templates=None):
        self.lab = Lab(folder, programs)
        self.enrollment = Enrollment(self.lab)
        mappings = folder / "mappings.yaml"
        write_yaml(mappings, {"mappings": [{"name": "web-enroller", "dns": HOST}]})
        # A certificate that renews by key is told of its own template alone: the load asks as a mapped user.
        self.enrollment.prepare(templates, {"certificate_mappings": mappings, "policy_providers": [
            {"path": EVERYTHING_CEP, "authentication": "certificate", "policy_id": policy_id("everything"),
             "name": "Everything"}]})
        self.enrollment.start()
        self.certificate, self.key = folder / "old.pem", folder / "old.key"
        self.enrollment.issue_test(self.certificate, self.key, HOST, valid_from="-1d")
        self.anchors = write(folder / "anchors.pem", self.enrollment.root.read_text() + self.enrollment.issuing.read_text())

    def where(self):
        return ["127.0.0.1", self.enrollment.port, self.anchors, self.certificate, self.key]

    def processor_seconds(self):
        fields = open(f"/proc/{self.enrollment.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mib(self):
        for line in open(f"/proc/{self.enrollment.process.pid}/status"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise LabError("no VmRSS")

    def renew(self, count, mode):
        """Seconds, and the server's processor seconds."""
        load = subprocess.Popen(
            [str(a) for a in (self.lab.program("enrollment_load"), "renewals", *self.where(),
                              self.enrollment.url(CERTIFICATE_CES), count, RENEWERS, mode)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            if load.stdout.readline() != "ready\n":
                raise LabError(f"enrollment_load: {load.stderr.read()[-500:]}")
            before = self.processor_seconds()
            out, problem = load.communicate("go\n", timeout=300)
            if load.returncode != 0:
                raise LabError(f"enrollment_load: {problem[-500:]}")
            return float(out), self.processor_seconds() - before
        finally:
            load.kill()
            load.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lab.stop()


def _processor_time(folder, programs, mode):
    with Server(folder, programs) as server:
        pairs = []
        server.renew(200, mode)
        for _ in range(ROUNDS):
            floor = run([server.lab.program("crypto_floor"), server.anchors, server.certificate, server.key, 2000]).stdout
            signatures, handshake = (float(word) for word in floor.split())
            _, spent = server.renew(RENEWALS, mode)
            pairs.append((spent / RENEWALS * 1e6, signatures + (handshake if mode == "new" else 0)))
        return {"unit": "us CPU", "peer": "OpenSSL: 3 verify, 2 sign" + (", handshake" if mode == "new" else ""),
                "pairs": pairs}


def ces_renewal_cpu_kept(folder, programs):
    return _processor_time(folder, programs, "kept")


def ces_renewal_cpu_new(folder, programs):
    return _processor_time(folder, programs, "new")


def ces_renewals_per_second(folder, programs):
    with Server(folder, programs) as server:
        port = _start_cfssl(server, folder / "cfssl")
        pairs = []
        for _ in range(ROUNDS):
            seconds, _ = server.renew(RENEWALS, "kept")
            theirs = float(run([server.lab.program("enrollment_load"), "sign", "127.0.0.1", port, "/api/v1/cfssl/sign",
                                folder / "cfssl", RENEWALS, RENEWERS]).stdout)
            pairs.append((RENEWALS / seconds, RENEWALS / theirs))
        return {"unit": "1/s", "peer": "cfssl serve, plain HTTP", "pairs": pairs}


def _start_cfssl(server, folder):
    write(folder / "config.json", '{"signing": {"default": {"expiry": "2160h", "usages": ["digital signature", "server auth", '
                                  '"client auth"]}}}')
    for number in range(50):
        run(["/usr/bin/openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", folder / "key", "-out", folder / f"{number}.csr", "-subj", f"/CN={HOST}",
             "-addext", f"subjectAltName=DNS:{HOST}"])
    port = free_port()
    process = Process("cfssl", ["/usr/bin/cfssl", "serve", "-address", "127.0.0.1", "-port", port, "-loglevel", "2",
                                "-ca", server.enrollment.issuing, "-ca-key", server.enrollment.state / "issuing.key",
                                "-config", folder / "config.json"], folder)
    server.lab.started(process)
    process.wait_for_port(port)
    return port


def _many_templates():
    arcs = "1.3.6.1.4.1.311.21.8.1000001.2000002.3000003.4000004.5000005.66.7000007"
    return [web_template()] + [web_template(name=f"Web{n}", display_name=f"Web {n}", oid=f"{arcs}.{n + 1}")
                               for n in range(1, TEMPLATES)]


def _repeat(server, port, path, question, count):
    where = server.where()
    where[1] = port
    return float(run([server.lab.program("enrollment_load"), "repeat", *where, path, question, count, CONNECTIONS],
                     timeout=1200).stdout)


def _ask(server, folder):
    url = server.enrollment.url(EVERYTHING_CEP)
    question = write(folder / "question.xml", QUESTION.format(url=url))
    answer = run(["/usr/bin/curl", "--silent", "--fail", "--cacert", server.anchors, "--cert", server.certificate, "--key",
                  server.key, "-H", "Content-Type: application/soap+xml; charset=utf-8", "--data-binary", f"@{question}",
                  url]).stdout
    if answer.count("policyOIDReference>") < TEMPLATES:
        raise LabError(f"not {TEMPLATES} templates in the answer: {answer[:300]}")
    return question, answer, url.split("/", 3)[3]


def getpolicies(folder, programs):
    with Server(folder, programs, _many_templates()) as server:
        question, answer, path = _ask(server, folder)
        port = _start_nginx(server, folder / "static", answer)
        count = 2000
        _repeat(server, server.enrollment.port, f"/{path}", question, 200)
        pairs = []
        for _ in range(ROUNDS):
            pairs.append((count / _repeat(server, server.enrollment.port, f"/{path}", question, count),
                          count / _repeat(server, port, "/answer.xml", question, count)))
        return {"unit": "1/s", "peer": "nginx, the same bytes", "pairs": pairs}


def _start_nginx(server, folder, answer):
    port = free_port()
    write(folder / "answer.xml", answer)
    as_root = "user root;" if os.getuid() == 0 else ""  # its worker must reach the lab's folder
    write(folder / "nginx.conf", f"""daemon off;
{as_root}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate {server.enrollment.state}/tls.pem;
        ssl_certificate_key {server.enrollment.state}/tls.key;
        ssl_client_certificate {server.anchors};
        ssl_verify_client on;
        root {folder};
        default_type "application/soap+xml; charset=utf-8";
        error_page 405 =200 $uri;
    }}
}}
""")
    process = Process("static-nginx", ["/usr/sbin/nginx", "-c", folder / "nginx.conf"], folder)
    server.lab.started(process)
    process.wait_for_port(port)
    return port


def enrollment_rss_mb(folder, programs):
    with Server(folder, programs, _many_templates()) as server:
        question, _, path = _ask(server, folder)
        server.renew(RENEWALS, "kept")  # what its threads hold after work counts too
        _repeat(server, server.enrollment.port, f"/{path}", question, MANY // 20)
        before = server.resident_mib()
        _repeat(server, server.enrollment.port, f"/{path}", question, MANY)
        after = server.resident_mib()
        return {"unit": "MiB RSS", "peer": "limit", "pairs": [(after, 64.0)], "growth": round(after - before, 2),
                "note": f"growth: MiB over {MANY} requests"}
