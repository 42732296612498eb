"""Two CES services before one authority; one of them is killed, or hangs, in the middle of a load: no renewal fails."""

import contextlib
import re
import signal
import sqlite3
import time
from collections import defaultdict
from datetime import datetime

from lab.agent import Agent
from lab.enrollment import CERTIFICATE_CES, Enrollment, web_template
from lab.files import write_yaml
from lab.nginx import Nginx
from lab.policies import web_documents
from lab.processes import run, wait_until
from lab.relay import Relay
from system_case import SystemCase

TIME_LIMIT = 60  # of one exchange of the client, in seconds; where nobody listens it goes on at once
CONNECT_LIMIT = 10
SLACK = 15       # a renewal of its own, on a busy machine
OPENSSL = "/usr/bin/openssl"


class ManyCertificates(SystemCase):
    slots = 20

    def start_host(self, endpoints=None):
        """Certificates near their end, an agent for them; `endpoints` of CES, or what CEP says."""
        self.nginx = Nginx(self.lab)
        self.nginx.tls.mkdir(parents=True)
        self.pairs = []
        for number in range(self.slots):
            pair = self.nginx.tls / f"web{number}.pem", self.nginx.tls / f"web{number}.key"
            self.enrollment.issue_test(*pair, f"web{number}.example.test")
            self.pairs.append(pair)
        folder = self.lab.folder / "documents"
        for path, document in web_documents(self.enrollment).items():
            if document["kind"] == "enrollment-service":
                if endpoints:
                    del document["policy_endpoints"]
                    document["enrollment_endpoints"] = endpoints
            else:
                del document["match"]["services"]
                document["action"] = "nothing"
            write_yaml(folder / path, document)
        self.agent = Agent(self.lab, self.nginx)
        self.agent.prepare(self.enrollment, guard={"actions": {"nothing": {"run": ["/usr/bin/true"]}}}, policies=folder,
                           labels={"role": "web"}, sources=[{"kind": "files", "folders": [str(self.nginx.tls)]}])
        self.agent.start_installer()
        self.before = self.serials()

    def serials(self):
        return [run([OPENSSL, "x509", "-in", certificate, "-noout", "-serial"]).stdout for certificate, _ in self.pairs]

    def renewed(self):
        return sum(a != b for a, b in zip(self.before, self.serials()))


class TwoServices(ManyCertificates):
    def start_services(self):
        """Two processes, each with a port, a certificate and a store of its own; the authority is behind both."""
        names = ["relay-a", "relay-b"]
        template = web_template(rights={"enroll": {"users": ["web-enroller", *names]}})
        self.enrollment = Enrollment(self.lab)
        self.enrollment.prepare([template])
        self.enrollment.start()
        self.services = [Relay(self.lab, self.enrollment, name) for name in names]
        for service in self.services:
            service.prepare([template])
        self.enrollment.process.stop()  # users are read at start
        self.enrollment.start()
        for service in self.services:
            service.start()

    def issued_inside(self):
        """Of each public key that the authority certified for a relay: by whose request, in order."""
        with contextlib.closing(sqlite3.connect(f"file:{self.enrollment.state / 'enrollment.db'}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT r.requester, c.der FROM certificates c JOIN requests r ON r.id = c.request_id "
                                    "WHERE r.requester LIKE 'relay-%' ORDER BY r.id").fetchall()
        keys = defaultdict(list)
        for requester, der in rows:
            file = self.lab.folder / "issued.der"
            file.write_bytes(der)
            keys[run([OPENSSL, "x509", "-inform", "DER", "-in", file, "-noout", "-pubkey"]).stdout].append(requester)
        return keys

    def renew_all(self, end_it):
        """Both serve; `end_it` ends the one that is asked, in mid-load. Every certificate is renewed, by one key each."""
        self.start_services()
        self.start_host([service.url(CERTIFICATE_CES) for service in self.services])
        self.agent.start()
        wait_until(lambda: self.renewed() >= 3, "some are renewed", 60)
        asked = {requester for requesters in self.issued_inside().values() for requester in requesters}
        self.assertEqual(len(asked), 1, "one of the two is asked first")
        gone = next(service for service in self.services if service.name in asked)
        end_it(gone.process)
        ended, at = time.monotonic(), self.renewed()
        self.assertLess(at, self.slots, "it was ended too late")
        wait_until(lambda: self.renewed() > at + 1, "further ones are renewed", TIME_LIMIT + SLACK)
        moved = time.monotonic() - ended
        wait_until(lambda: self.renewed() == self.slots, "all are renewed", 240)
        log = self.agent.process.tail(400_000)
        for word in ("renewal.abandoned", "renewal.rolled_back", "request.denied"):
            self.assertNotIn(word, log)
        self.assert_once_each(gone)
        return moved

    def waited(self):
        """How many renewals were without an answer for most of the time that a connection is given."""
        asked, long = {}, 0
        for when, what, order in re.findall(r"^(\S+) perennial-agent info: (request\.submitting|certificate\.issued) (\S+)$",
                                            self.agent.process.tail(400_000), re.M):
            now = datetime.fromisoformat(when.rstrip("Z"))
            if what == "request.submitting":
                asked[order] = now
            else:
                long += (now - asked[order]).total_seconds() > CONNECT_LIMIT - 1
        return long

    def assert_once_each(self, gone):
        """No key but those in place was certified, each once, or once more where the answer was lost with the service."""
        inside, placed = self.issued_inside(), set()
        for certificate, key in self.pairs:
            by_certificate = run([OPENSSL, "x509", "-in", certificate, "-noout", "-pubkey"]).stdout
            self.assertEqual(by_certificate, run([OPENSSL, "pkey", "-in", key, "-pubout"]).stdout)
            placed.add(by_certificate)
        self.assertEqual(set(inside), placed)
        other = next(service.name for service in self.services if service is not gone)
        # In either order: what the one that is gone had sent inside may be read after the other's.
        twice = [sorted(requesters) for requesters in inside.values() if len(requesters) > 1]
        self.assertIn(twice, ([], [sorted([gone.name, other])]))
        self.assertTrue(any(requesters == [other] for requesters in inside.values()), "the other one served too")

    def test_one_killed(self):
        """two CES services, the one that is asked is killed in the middle of twenty renewals: all succeed, each key is certified once"""
        self.assertLess(self.renew_all(lambda process: process.send(signal.SIGKILL)), TIME_LIMIT)

    def test_one_hangs(self):
        """two CES services, the one that is asked hangs in the middle of ten renewals: all succeed, the client moves within its time limit, once"""
        self.slots = 10

        def stop(process):
            process.send(signal.SIGSTOP)
            self.addCleanup(process.send, signal.SIGCONT)
        self.assertLess(self.renew_all(stop), TIME_LIMIT + SLACK)
        self.assertIn(self.waited(), (1, 2))  # one, and perhaps one more after the minute's pause
