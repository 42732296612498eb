"""A controller that was taken over: the lab of the tests in which one plays, and what they ask of it."""

import hashlib
import json
import secrets

from lab.audit_feed import AuditFeed
from lab.controller import Controller
from lab.files import to_yaml, write
from lab.hostile_controller import HostileController, documents_message
from lab.policies import PolicyRepository, web_documents
from lab.processes import wait_until
from system_case import SystemCase

SERVICE, POLICY = "services/lab.yaml", "policies/web-servers.yaml"


def fingerprint_of(folder):
    """Every file and folder below: name, mode, owner and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        facts = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path.relative_to(folder))] = (facts.st_mode, facts.st_uid, facts.st_gid, facts.st_ino, content)
    return found


class HostileCase(SystemCase):
    signers = None

    def credentials(self):
        """Of agent.yaml."""
        return None

    def lab_up(self, guard=None, valid_from="-1d"):
        """An agent whose certificate is not due, with policies of the real controller; then that is taken over."""
        self.start_enrollment()
        self.start_nginx(valid_from=valid_from)
        self.policies = PolicyRepository(self.lab)
        self.policies.prepare()
        self.publish(web_documents(self.enrollment))
        self.controller = Controller(self.lab)
        self.controller.prepare(self.policies, enrollment=self.enrollment)
        self.controller.start()
        self.feed = AuditFeed(self.controller)
        self.start_agent(guard=guard, policy_signers=self.signers, credentials=self.credentials())
        self.applied(self.commit)
        self.slot = wait_until(self._slot, "the slot is found and ruled")
        self.later()
        self.hostile = HostileController(self.controller)
        self.addCleanup(self.hostile.stop)
        self.controller.process.stop()
        self.version = 1000
        self.expected = []
        self.mark = 0
        self.say(self.genuine())
        self.hostile.start()

    def publish(self, documents):
        for path, document in documents.items():
            write(self.policies.work / path, to_yaml(document) + "\n")
        self.commit = self.policies.commit({})

    def later(self):
        pass

    def genuine(self):
        documents = {str(file.relative_to(self.policies.work)): file.read_text() for file in self.policies.work.rglob("*.yaml")}
        return documents_message(documents, 1, self.commit)

    def applied(self, commit):
        def look():
            self.feed.poll()
            return [e for e in self.feed.events if e["kind"] == "policy.applied" and e.get("agent_id") and e["policy"] == commit]
        return wait_until(look, f"the agent applies {commit}")

    def _slot(self):
        items = json.loads(self.agent.command("slots", "--json").stdout)["items"]
        return items[0] if items and items[0]["policy"] else None

    def status(self):
        return json.loads(self.agent.command("status", "--json").stdout)

    @property
    def agent_id(self):
        return self.status()["agent_id"]

    def say(self, documents):
        self.hostile.documents = documents

    def next_message(self, files, signed=None):
        """Another commit each time: what was refused once is not looked at again for an hour."""
        self.version += 1
        return documents_message(files, self.version, secrets.token_hex(20), signed)

    def order(self, **changes):
        order = {"order_id": "0198c6d2-1b2c-7abc-8def-" + secrets.token_hex(6), "agent_id": self.agent_id,
                 "slot_id": self.slot["slot_id"], "generation": 1, "replaces": self.slot["certificate"]["fingerprint"],
                 "policy": "web-servers", "policy_commit": self.hostile.documents["manifest"]["commit"],
                 "reason": "because", "origin": "controller", "ordered_at": "2026-11-21T06:00:00Z"}
        order.update(changes)
        return order

    def disk(self):
        return fingerprint_of(self.nginx.tls)

    def wait_for_refusal(self, text):
        """The agent says so, by now and not before."""
        def look():
            return text in self.log()[self.mark:]
        wait_until(look, f"refused: {text}", 40)
        self.mark = len(self.log())
        self.expected.append(text)

    def log(self):
        return self.agent.process.tail(5_000_000)

    def a_good_turn(self):
        """So that the next thing is said soon, and is heard by an agent that is well."""
        self.hostile.said.clear()
        self.hostile.orders = []
        before = self.hostile.checkins()
        wait_until(lambda: self.hostile.checkins() >= before + 2, "the agent checks in", 60)

    def give_back(self):
        """The real controller is there again and hears all of it."""
        self.hostile.stop()
        self.controller.start()
        for text in self.expected:
            with self.subTest(f"told: {text}"):
                wait_until(lambda text=text: self._told(text), f"the real controller hears of: {text}", 90)

    def _told(self, text):
        self.feed.poll()
        return [event for event in self.feed.events if event.get("agent_id") and text in event.get("reason", "")]


class WithoutSignatures(HostileCase):
    """No signatures are demanded: any documents that parse are taken."""

    def policy(self, **changes):
        documents = web_documents(self.enrollment)
        documents[POLICY].update(changes)
        return {path: to_yaml(document) + "\n" for path, document in documents.items()}

    def guard(self, **changes):
        self.agent.allow(self.enrollment, {"renewals_per_day": 3, **changes})

    def try_order(self, what, files, text):
        """The documents are taken, as they parse; then the order that would use them."""
        self.say(self.next_message(files))
        commit = self.hostile.documents["manifest"]["commit"]
        with self.subTest(what):
            wait_until(lambda: self.status()["policy_commit"] == commit,
                       "the documents are taken")
            self.hostile.orders = [self.order()]
            self.wait_for_refusal(text)
            self.assertEqual(self.disk(), self.before)
        self.hostile.orders = []
        wait_until(lambda: not self.status()["renewals"], "nothing is under way", 60)
