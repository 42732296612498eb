"""Agent check-ins a second over mTLS, against nginx returning an answer of the same size under the same TLS settings."""

import json

from bench_lab import BenchLab
from lab.files import write
from lab.processes import LabError, Process, free_port, run

ROUNDS = 5
SECONDS = 3


def checkin_new_connection(folder, programs):
    return _measure(folder, programs, "new")


def checkin_resumed(folder, programs):
    return _measure(folder, programs, "resumed")


def _measure(folder, programs, mode):
    with BenchLab(folder, programs) as ours:
        ours.start_agent()
        ours.heard("certificate.discovered")
        ours.agent.process.stop()
        state = ours.agent.state
        inventory = json.loads((state / "inventory.json").read_text())
        documents = json.loads((state / "documents.json").read_text())
        question = {"version": 1, "epoch": json.loads((state / "agent.json").read_text())["epoch"],
                    "instance": "bench", "policy_version": documents["manifest"]["version"], "policy_commit": documents["manifest"]["commit"],
                    "inventory_digest": "0" * 64, "pending_events": 0}
        assert inventory["slots"]
        body = write(folder / "question.json", json.dumps(question, separators=(",", ":")))
        load = [ours.lab.program("checkin_load"), "127.0.0.1"]
        rest = [state / "identity.pem", state / "identity.pem", "/v1/checkin", body, SECONDS, mode]
        answer = _one_answer(ours, state, body)
        nginx_port = _start_nginx(ours, folder, answer)
        pairs = []
        for _ in range(ROUNDS):
            mine = _rate([*load, ours.controller.port, ours.controller.authority, *rest], mode)
            theirs = _rate([*load, nginx_port, ours.controller.authority, *rest], mode)
            pairs.append((mine, theirs))
        return {"unit": "1/s", "peer": "nginx, static answer", "pairs": pairs}


def _rate(arguments, mode):
    rate, resumed = run(arguments).stdout.split()
    if mode == "resumed" and float(resumed) < 0.95:
        raise LabError(f"only {float(resumed):.0%} of the handshakes were resumed")
    return float(rate)


def _one_answer(ours, state, body):
    """What our controller says, for nginx to say the same."""
    done = run(["/usr/bin/curl", "--silent", "--fail", "--cacert", ours.controller.authority, "--cert", state / "identity.pem",
                "--key", state / "identity.pem", "--data-binary", f"@{body}", "-H", "Content-Type: application/json",
                f"{ours.controller.url}/v1/checkin"])
    return done.stdout


def _start_nginx(ours, folder, answer):
    """Same kind of server certificate from the same authority, same client anchors, one worker."""
    port = free_port()
    peer = folder / "static-nginx"
    key, request, certificate = peer / "server.key", peer / "server.csr", peer / "server.pem"
    write(peer / "extensions", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
    run(["/usr/bin/openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
         "-out", request, "-subj", "/CN=127.0.0.1"])
    run(["/usr/bin/openssl", "x509", "-req", "-in", request, "-CA", ours.controller.authority, "-CAkey",
         ours.controller.state / "authority.key", "-CAcreateserial", "-CAserial", peer / "serial", "-days", "2",
         "-extfile", peer / "extensions", "-out", certificate])
    write(peer / "chain.pem", certificate.read_text() + ours.controller.authority.read_text())
    write(peer / "nginx.conf", f"""daemon off;
worker_processes 1;
pid {peer}/nginx.pid;
error_log {peer}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {peer}/body; proxy_temp_path {peer}/proxy; fastcgi_temp_path {peer}/fastcgi;
    uwsgi_temp_path {peer}/uwsgi; scgi_temp_path {peer}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate {peer}/chain.pem;
        ssl_certificate_key {key};
        ssl_client_certificate {ours.controller.authority};
        ssl_verify_client on;
        ssl_session_cache shared:checkins:10m;
        location / {{ default_type application/json; return 200 '{answer}'; }}
    }}
}}
""")
    process = Process("static-nginx", ["/usr/sbin/nginx", "-c", peer / "nginx.conf"], folder)
    ours.lab.started(process)
    process.wait_for_port(port)
    return port
