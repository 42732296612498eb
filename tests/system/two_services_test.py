"""Two CES of one authority, one killed in the middle of a load: no renewal fails."""

import os
import signal
import time

from lab.agent import Agent
from lab.enrollment import CERTIFICATE_CES, Enrollment, web_template
from lab.files import write_yaml
from lab.nginx import Nginx
from lab.policies import web_documents
from lab.processes import run, wait_until
from lab.relay import RELAY_USER, Relay
from system_case import SystemCase

SLOTS = 20
TIME_LIMIT = 30  # of one exchange of the client


class TwoServices(SystemCase):
    def start_services(self):
        template = web_template(rights={"enroll": {"users": ["web-enroller", RELAY_USER]}})
        self.enrollment = Enrollment(self.lab)
        self.enrollment.prepare([template])
        self.enrollment.start()
        self.relay = Relay(self.lab, self.enrollment)
        self.relay.prepare([template])
        self.enrollment.process.stop()  # users are read at start
        self.enrollment.start()
        self.relay.start()

    def start_host(self):
        self.nginx = Nginx(self.lab)
        self.nginx.tls.mkdir(parents=True)
        self.pairs = []
        for number in range(SLOTS):
            pair = self.nginx.tls / f"web{number}.pem", self.nginx.tls / f"web{number}.key"
            self.enrollment.issue_test(*pair, f"web{number}.example.test")
            self.pairs.append(pair)
        folder = self.lab.folder / "documents"
        for path, document in web_documents(self.enrollment).items():
            if document["kind"] == "enrollment-service":
                del document["policy_endpoints"]
                document["enrollment_endpoints"] = [s.url(CERTIFICATE_CES) for s in (self.relay, self.enrollment)]
            else:
                del document["match"]["services"]
                document["action"] = "nothing"
            write_yaml(folder / path, document)
        self.agent = Agent(self.lab, self.nginx)
        self.agent.prepare(self.enrollment, guard={"actions": {"nothing": {"run": ["/usr/bin/true"]}}}, policies=folder,
                           labels={"role": "web"}, sources=[{"kind": "files", "folders": [str(self.nginx.tls)]}])
        self.agent.start_installer()

    def serials(self):
        return [run(["/usr/bin/openssl", "x509", "-in", certificate, "-noout", "-serial"]).stdout
                for certificate, _ in self.pairs]

    def test_one_killed(self):
        """two CES, the one that is asked first is killed in the middle of twenty renewals: all of them succeed, each once"""
        self.start_services()
        self.start_host()
        before = self.serials()
        self.agent.start()

        def renewed():
            return sum(a != b for a, b in zip(before, self.serials()))
        wait_until(lambda: renewed() >= 3, "some are renewed", 60)
        self.assertTrue(f'"{RELAY_USER}"' in self.inside_events(), "the relay was asked first")
        os.kill(self.relay.process.pid, signal.SIGKILL)
        killed = time.monotonic()
        at = renewed()
        self.assertLess(at, SLOTS, "the relay was killed too late")
        wait_until(lambda: renewed() > at, "the next one is renewed", TIME_LIMIT)
        self.assertLess(time.monotonic() - killed, TIME_LIMIT)
        wait_until(lambda: renewed() == SLOTS, "all are renewed", 120)
        log = self.agent.process.tail(200_000)
        for word in ("renewal.abandoned", "renewal.rolled_back", "request.denied"):
            self.assertNotIn(word, log)
        for certificate, key in self.pairs:
            by_certificate = run(["/usr/bin/openssl", "x509", "-in", certificate, "-noout", "-pubkey"]).stdout
            self.assertEqual(by_certificate, run(["/usr/bin/openssl", "pkey", "-in", key, "-pubout"]).stdout)

    def inside_events(self):
        config = self.lab.folder / "admin.yaml"
        write_yaml(config, {"enrollment": {"url": self.enrollment.admin_url, "trust_file": self.enrollment.root,
                                           "token_file": self.enrollment.admin_token}})
        return run([self.lab.program("perennial"), "--config", config, "enrollment", "events", "--json"]).stdout
