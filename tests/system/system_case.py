"""What every system test has: a lab of its own in a temporary folder, and short words for what is asked of it."""

import shutil
import tempfile
import unittest
from pathlib import Path

from lab.agent import Agent
from lab.audit_feed import AuditFeed
from lab.controller import Controller
from lab.enrollment import Enrollment
from lab.lab import Lab
from lab.nginx import Nginx
from lab.policies import PolicyRepository, web_documents
from lab.processes import run, wait_until
from lab.rsyslog import Rsyslog

PROGRAMS = Path("build/dev/bin")
HOST = "web1.example.test"


class SystemCase(unittest.TestCase):
    maxDiff = None
    agent_class = Agent

    def setUp(self):
        self.passed = set()  # serials of certificates that were served before
        self.lab = Lab(tempfile.mkdtemp(prefix="perennial-"), PROGRAMS)
        self.addCleanup(self._clean)

    def _clean(self):
        self.lab.stop()
        result = self._outcome.result  # what has failed already: the outcome itself begins anew for each cleanup
        if any(getattr(test, "test_case", test) is self for test, _ in result.failures + result.errors):
            for log in sorted(self.lab.folder.rglob("*.log")):
                print(f"-- {log.name}: {log.read_text(errors='replace')[-3000:]}", flush=True)
        shutil.rmtree(self.lab.folder, ignore_errors=True)

    def start_enrollment(self, templates=None):
        self.enrollment = Enrollment(self.lab)
        self.enrollment.prepare(templates)
        self.enrollment.start()

    def start_nginx(self, valid_from="-80d", valid_for="90d"):
        self.nginx = Nginx(self.lab, HOST)
        self.nginx.prepare()
        self.enrollment.issue_test(self.nginx.certificate, self.nginx.key, HOST,
                                   valid_from=valid_from, valid_for=valid_for)
        self.nginx.start()
        self.old = self.nginx.served()

    def put_near_its_end(self):
        """Time has gone by: the certificate in place is one near its end now."""
        for path in (self.nginx.certificate, self.nginx.key):
            path.unlink()
        self.enrollment.issue_test(self.nginx.certificate, self.nginx.key, HOST)
        run(["/usr/sbin/nginx", "-s", "reload", "-c", self.nginx.config])
        self.old = self.wait_for_new_certificate()

    def start_controller(self, sinks=(), documents=None, **changes):
        self.policies = PolicyRepository(self.lab)
        self.policies.prepare()
        self.commit = self.policies.commit(documents or web_documents(self.enrollment))
        self.controller = Controller(self.lab)
        self.controller.prepare(self.policies, sinks=list(sinks), enrollment=self.enrollment, **changes)
        self.controller.start()
        self.feed = AuditFeed(self.controller)

    def start_agent(self, join=True, **options):
        self.agent = self.agent_class(self.lab, self.nginx)
        controller = getattr(self, "controller", None)
        self.agent.prepare(self.enrollment, controller=controller, **options)
        if controller and join:
            self.agent.join(controller.join_token(HOST))
        self.agent.start_installer()
        self.agent.start()

    def everything(self, sinks=(), **agent_options):
        self.start_enrollment()
        self.start_nginx()
        self.start_controller(sinks=sinks)
        self.start_agent(**agent_options)

    def heard(self, kind, order_id=None, seconds=40):
        """The first event of that kind in the controller's audit feed."""
        def look():
            self.feed.poll()
            return self.feed.first(kind, order_id)
        return wait_until(look, f"audit event {kind}", seconds)

    def wait_for_new_certificate(self, seconds=40):
        self.passed.add(self.old["serial"])

        def changed():  # by a worker from before a reload it is still an earlier one now and then
            now = self.nginx.served()
            return now if now["serial"] not in self.passed else None
        return wait_until(changed, "nginx serves another certificate", seconds, every=0.1)

    def assert_old_served(self):
        self.assertEqual(self.nginx.served()["serial"], self.old["serial"])

    def assert_pair_matches(self):
        """Key and certificate on disk belong together: openssl says so."""
        by_certificate = run(["/usr/bin/openssl", "x509", "-in", self.nginx.certificate, "-noout", "-pubkey"]).stdout
        by_key = run(["/usr/bin/openssl", "pkey", "-in", self.nginx.key, "-pubout"]).stdout
        self.assertEqual(by_certificate, by_key)
