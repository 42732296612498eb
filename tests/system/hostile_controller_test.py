"""A controller that was taken over, played with the real one's key: refused, told, and nothing changed on disk."""

import copy
import hashlib
import json
import os
import secrets
import shutil
import unittest

from hostile_case import POLICY, SERVICE, HostileCase, WithoutSignatures, fingerprint_of
from lab.audit_feed import AuditFeed
from lab.controller import Controller
from lab.files import to_yaml, write
from lab.hostile_controller import documents_message
from lab.policies import PolicyRepository, web_documents
from lab.policy_owner import KEYGEN, PolicyOwner
from lab.processes import run, wait_until
from system_case import SystemCase


@unittest.skipIf(os.geteuid() != 0, "the signers' file must be root's")
class SignedDocuments(HostileCase):
    """The agent demands two signatures, of keys that no controller has."""

    def setUp(self):
        super().setUp()
        self.owner = PolicyOwner(self.lab)
        self.signers = {"threshold": 2, "file": self.owner.signers}
        self.lab_up()
        self.before = self.everything_kept()

    def publish(self, documents):
        for path, document in documents.items():
            write(self.policies.work / path, to_yaml(document) + "\n")
        self.owner.sign(self.policies.work)
        self.commit = self.policies.commit({})

    def later(self):
        """A second version, so that there is one to roll back to."""
        self.first = self.owner.relayed(self.policies.work)
        self.publish(web_documents(self.enrollment, before="29d"))
        self.applied(self.commit)

    def genuine(self):
        self.signed, self.files = self.owner.relayed(self.policies.work)
        return documents_message(self.files, 2, self.commit, self.signed)

    def everything_kept(self):
        kept = [hashlib.sha256((self.agent.state / name).read_bytes()).hexdigest()
                for name in ("documents.json", "policies_signed.json")]
        return self.disk(), fingerprint_of(self.agent.installer_state), kept

    def assert_refused(self, what, text):
        with self.subTest(what):
            self.wait_for_refusal(text)
            self.assertEqual(self.everything_kept(), self.before)
        self.say(self.genuine())
        self.a_good_turn()

    def forged(self, change=None, who=("ann", "bob"), version=None):
        """The owners' own tree, changed by somebody, and signed by `who`."""
        work = self.lab.folder / "forged"
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(self.policies.work, work)
        policy = work / POLICY
        policy.write_text(policy.read_text() + "# forged\n")
        self.owner.sign(work, who)
        if change:
            manifest = work / ".perennial/manifest.json"
            content = json.loads(manifest.read_text())
            change(content)
            manifest.write_text(json.dumps(content))
            for name in who:
                run([KEYGEN, "-q", "-Y", "sign", "-n", "perennial-policies", "-f", self.owner.folder / name, manifest])
                shutil.move(f"{manifest}.sig", work / f".perennial/signatures/{name}.sig")
        return self.owner.relayed(work)

    def test_documents(self):
        """documents that are unsigned, signed by others, older, mixed, of another repository, expired, with a key in them"""
        old_signed, old_files = self.first
        mixed = {**self.files, POLICY: old_files[POLICY]}
        foreign = self.forged(who=("eve",))
        one_of_two = self.forged(who=("ann", "eve"))
        elsewhere = self.forged(lambda content: content.update(repository="other-policies"))
        twin = self.forged(lambda content: content.update(version=2))
        expired = self.forged(lambda content: content.update(expires="2026-01-01T00:00:00Z"))
        other_space = copy.deepcopy(self.signed)
        text = write(self.lab.folder / "manifest", self.signed["manifest"])
        run([KEYGEN, "-q", "-Y", "sign", "-n", "git", "-f", self.owner.folder / "bob", text])
        other_space["signatures"]["bob.sig"] = (self.lab.folder / "manifest.sig").read_text()
        one_file = {SERVICE: self.files[SERVICE]}
        key = run(["/usr/bin/openssl", "genpkey", "-algorithm", "ed25519"]).stdout
        for what, files, signed, expected in (
                ("unsigned", mixed, None, "no signed manifest"),
                ("a foreign key", foreign[1], foreign[0], "signed by 0 of the policy signers"),
                ("one of two", one_of_two[1], one_of_two[0], "signed by 1 of the policy signers"),
                ("rolled back", old_files, old_signed, "its version 1 is older than 2"),
                ("mixed files", mixed, self.signed, f"{POLICY} is not the file that was signed"),
                ("a file missing", one_file, self.signed, f"{POLICY} is missing"),
                ("a file more", {**self.files, "more.yaml": "x\n"}, self.signed, "more.yaml is not in it"),
                ("another repository", elsewhere[1], elsewhere[0], "of the repository other-policies"),
                ("a version twice", twin[1], twin[0], "another manifest than the one that was accepted"),
                ("expired", expired[1], expired[0], "it has expired at 2026-01-01T00:00:00Z"),
                ("another namespace", self.files, other_space, "bob.sig: SSH signature: it is for \"git\""),
                ("a path out of the set", {**self.files, "../../etc/cron.d/x.yaml": "x\n"}, self.signed, "a path that is not allowed"),
                ("a private key", {**self.files, "key.yaml": key}, self.signed, "key.yaml is not in it")):
            self.say(self.next_message(files, signed))
            self.assert_refused(what, expected)
        # Counting too far with documents that are genuine keeps the real controller out of nothing.
        self.say(documents_message(self.files, 10 ** 12, "f" * 40, self.signed))
        wait_until(lambda: self.status()["policy_commit"] == "f" * 40, "the genuine documents are taken")
        self.give_back()
        wait_until(lambda: self.status()["policy_commit"] == self.commit, "the real controller's word counts again", 60)
        self.assertEqual(self.status()["policy_signatures"]["version"], 2)

    def test_messages(self):
        """orders for others, for no slot, under no policy; members, texts and sizes that no controller of ours sends"""
        def say(path, said):
            self.hostile.said[path] = said
        other = "agent-" + "0" * 32
        for what, order, expected in (
                ("another agent's order", self.order(agent_id=other), f"an order for another agent: {other}"),
                ("no such slot", self.order(slot_id="slot-0000000000000000"), "this host has no such slot"),
                ("no such policy", self.order(policy="everything"), "policy everything does not rule this slot"),
                ("a path", self.order(certificate_path="/etc/shadow"), 'unknown member "certificate_path"'),
                ("arguments", self.order(arguments=["-c", "id"]), 'unknown member "arguments"'),
                ("a slot's name out of a folder", self.order(slot_id="../../etc"), "slot_id")):
            self.hostile.orders = [order]
            self.assert_refused(what, expected)
        for what, changes, expected in (
                ("a private key is asked for", {"want_key": self.slot["slot_id"]}, 'unknown member "want_key"'),
                ("a command", {"run": "/bin/sh -c id"}, 'unknown member "run"'),
                ("another version", {"version": 3}, "version"),
                ("a time that is none", {"controller_time": "now"}, "controller_time")):
            said = {**self.hostile.checkin(), **changes}
            say("/v1/checkin", said)
            self.assert_refused(what, expected)
        for what, body, expected in (
                ("no JSON", b"#!/bin/sh\nid\n", "/v1/checkin"),
                ("20 MB", b" " * (20 << 20), "a body over 16777216 bytes"),
                ("deep", b"[" * 100_000, "nested deeper than")):
            say("/v1/checkin", body)
            self.assert_refused(what, expected)
        message = {**self.next_message(self.files, self.signed), "run": "id"}
        self.say(message)
        self.assert_refused("a member of the documents", 'documents: unknown member "run"')
        self.give_back()


class OwnController(SystemCase):
    """What a controller that nobody took over says of signatures, before agents refuse anything."""

    def test_early(self):
        """a manifest near its end is told, a commit whose documents nobody signed is refused"""
        self.start_enrollment()
        owner = PolicyOwner(self.lab)
        self.policies = PolicyRepository(self.lab)
        self.policies.prepare()
        for path, document in web_documents(self.enrollment).items():
            write(self.policies.work / path, to_yaml(document) + "\n")
        owner.sign(self.policies.work, expires="10d")
        commit = self.policies.commit({})
        self.controller = Controller(self.lab)
        settings = self.controller.settings(self.policies)["policies"]
        settings["policy_signers"] = {"threshold": 2, "file": owner.signers}
        self.controller.prepare(self.policies, policies=settings)
        self.controller.start()
        self.feed = AuditFeed(self.controller)
        self.assertIn("lab-policies", self.heard("policy.expiring")["reason"])
        shown = self.controller.ask("policies", "show")
        self.assertEqual((shown["commit"], shown["signed"]["version"], len(shown["signed"]["signed_by"])), (commit, 1, 2))
        unsigned = self.policies.commit({"more.yaml": (self.policies.work / SERVICE).read_text().replace('"lab"', '"lab2"')})
        rejected = self.heard("policy.rejected")
        self.assertEqual(rejected["policy"], unsigned)
        self.assertIn("more.yaml is not in it", rejected["reason"])


class GuardAlone(WithoutSignatures):
    """What is left is the host's own guard."""

    def setUp(self):
        super().setUp()
        self.lab_up(guard={"renewals_per_day": 3})
        self.before = self.disk()

    def test_what_the_guard_forbids(self):
        """an action that the guard lacks or that has arguments, an authority, a template, a name, a key that it does not allow"""
        self.say(self.next_message(self.policy(action="reload-nginx -c /tmp/evil.conf")))
        self.wait_for_refusal("action")
        self.assertEqual(self.disk(), self.before)
        self.try_order("an unknown action", self.policy(action="format-disk"), "the guard has no such action")
        self.try_order("a key type", self.policy(key={"type": "rsa-4096"}), "not among the guard's key_types")
        good = self.policy()
        self.guard(names=["other.example.test"])
        self.try_order("a name", good, "is not among names")
        self.guard(templates=["1.3.6.1.4.1.311.21.8.1"])
        self.try_order("a template", good, "its template is not among templates")
        self.guard(issuer_certificates=self.foreign_authority())
        self.try_order("an authority", good, "no trusted path")
        self.guard()
        self.give_back()
        self.assert_old_served()

    def foreign_authority(self):
        key, certificate = self.lab.folder / "foreign.key", self.lab.folder / "foreign.pem"
        run(["/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-subj", "/CN=Foreign CA", "-days", "10", "-keyout", key, "-out", certificate])
        return certificate

    def test_orders_without_end(self):
        """orders without end for one certificate: the guard's renewals_per_day, and then no more"""
        def many():
            self.slot = self._slot() or self.slot
            order = self.order()
            return self.hostile.checkin(orders=[
                {**order, "order_id": "0198c6d2-1b2c-7abc-8def-" + secrets.token_hex(6)} for _ in range(20)])
        self.hostile.said["/v1/checkin"] = many
        self.wait_for_refusal("renewals_per_day")
        self.hostile.said.clear()
        self.assert_pair_matches()
        self.give_back()
        completed = [event for event in self.feed.events if event["kind"] == "renewal.completed"]
        self.assertEqual(len(completed), 3)



if __name__ == "__main__":
    unittest.main()
