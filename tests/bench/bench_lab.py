"""Perennial as the quickstart starts it, without what a benchmark does not need."""

from lab.agent import Agent
from lab.audit_feed import AuditFeed
from lab.controller import Controller
from lab.enrollment import Enrollment
from lab.lab import Lab
from lab.nginx import Nginx
from lab.policies import PolicyRepository, web_documents
from lab.processes import wait_until

HOST = "web1.example.test"


class BenchLab:
    def __init__(self, folder, programs, valid_from="-1d", **controller):
        self.lab = Lab(folder, programs)
        self.enrollment = Enrollment(self.lab)
        self.enrollment.prepare()
        self.enrollment.start()
        self.nginx = Nginx(self.lab, HOST)
        self.nginx.prepare()
        self.enrollment.issue_test(self.nginx.certificate, self.nginx.key, HOST, valid_from=valid_from)
        self.nginx.start()
        self.policies = PolicyRepository(self.lab)
        self.policies.prepare()
        self.policies.commit(web_documents(self.enrollment))
        self.controller = Controller(self.lab)
        self.controller.prepare(self.policies, enrollment=self.enrollment, **controller)
        self.controller.start()
        self.feed = AuditFeed(self.controller)

    def heard(self, kind, order_id=None, seconds=30):
        def look():
            self.feed.poll()
            return self.feed.first(kind, order_id)
        return wait_until(look, f"audit event {kind}", seconds)

    def start_agent(self, **options):
        self.agent = Agent(self.lab, self.nginx)
        self.heard("policy.applied")
        self.agent.prepare(self.enrollment, controller=self.controller, **options)
        self.agent.join(self.controller.join_token(HOST))
        self.agent.start_installer()
        self.agent.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lab.stop()
