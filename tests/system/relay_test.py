"""Two perennial-enrollments: one in the perimeter network that relays, one inside that has the authority."""

import json
import os
import signal

from enrollment_test import DENIED, NAME, OID, EnrollmentCase
from foreign_client import E, RST, ForeignClient, issue_pkcs10, issue_renewal, query
from lab.enrollment import CERTIFICATE_CES, PASSWORD_CES, Enrollment, web_template
from lab.files import write, write_yaml
from lab.processes import free_port, run, wait_until
from lab.relay import RELAY_USER, Relay

NO_RIGHT = -2146877422  # 0x80094012
UNREACHED = -2147023174  # 0x800706BA: the CES cannot reach the CA


def relayed_template(**changes):
    return web_template(**{"rights": {"enroll": {"users": ["web-enroller", RELAY_USER]}}, **changes})


class RelayCase(EnrollmentCase):
    templates = [relayed_template()]

    def start_enrollment(self, templates=None):
        self.publication_port = free_port()
        self.published = f"http://127.0.0.1:{self.publication_port}"
        self.enrollment = Enrollment(self.lab)
        self.enrollment.prepare(templates, {"publication": {
            "listen": {"host": "127.0.0.1", "port": self.publication_port}, "url": self.published,
            "delta_crl": {"period": "1d", "overlap": "12h"}}})
        self.enrollment.start()

    def lists(self, **more):
        """The section revocation_lists of a relay that looks for CRLs each second."""
        return {"base": f"{self.published}/issuing.crl", "delta": f"{self.published}/issuing-delta.crl",
                "interval": "1s", **more}

    def outside_settings(self):
        return {}

    def setUp(self):
        super().setUp()
        self.inside = ForeignClient(self.lab.folder / "inside", self.enrollment)
        self.relay = Relay(self.lab, self.enrollment)
        more = self.outside_settings()
        self.relay.prepare(self.templates, more)
        self.enrollment.process.stop()  # users are read at start
        self.enrollment.start()
        self.relay.start()
        self.outside = ForeignClient(self.lab.folder / "outside", self.relay)

    def request_outside(self, path, label="outside", **more):
        """A new request of another user outside, who has a password and no right."""
        password = write(self.relay.folder / "outsider-password", "a stranger's password", 0o600)
        run([self.relay.program, "user", "add", "--config", self.relay.config, "--name", "outsider",
             "--password-file", password])
        self.relay.process.stop()
        self.relay.start()
        return self.outside.ask(path, RST, issue_pkcs10(self.outside.request(NAME, OID, label, **more)[0]), "outsider",
                                password.read_text())

    def all_outside_events(self):
        answer = self.outside.curl(f"{self.relay.admin_url}/v1/events?limit=1000", [
            "-H", f"Authorization: Bearer {self.relay.admin_token.read_text().strip()}"])
        return json.loads(answer.text)["items"]

    def outside_events(self):
        return [event["details"] for event in self.all_outside_events() if "adcs_event" in event["details"]]

    def inside_events(self):
        return self.cli("events", "--json").stdout

    def submit_outside(self, label="new"):
        request, key = self.outside.request(NAME, OID, label)
        return self.outside.ask(PASSWORD_CES, RST, issue_pkcs10(request)), key

    def ask_outside(self, request_id):
        return self.outside.ask(PASSWORD_CES, RST, query(request_id))


class Relayed(RelayCase):
    def test_renewal(self):
        """a renewal by key goes through: openssl's CMS, the old certificate at TLS outside, issued inside"""
        pair = self.old_pair()
        request, key = self.outside.request(NAME, OID)
        cms = self.outside.renewal(request, key, pair)
        reply = self.outside.ask_by_certificate(CERTIFICATE_CES, RST, issue_renewal(cms), pair)
        self.assert_good(reply, key)
        self.assertIn('"renews"', self.inside_events())
        self.assertIn(f'"{RELAY_USER}"', self.inside_events())

    def test_renewal_of_another_certificate(self):
        """outside, TLS and CMS must agree: another's renewal never arrives inside"""
        pair = self.old_pair()
        other = self.outside.folder / "other.pem", self.outside.folder / "other.key"
        self.enrollment.issue_test(*other, "host8.example.test")
        before = self.inside_events()
        cms = self.outside.renewal(*self.outside.request(NAME, OID), pair)
        reply = self.outside.ask_by_certificate(CERTIFICATE_CES, RST, issue_renewal(cms), other)
        self.assertEqual(reply.status, 500)
        self.assertIn("TLS client certificate", reply.reason)
        self.assertEqual(self.inside_events(), before)

    def test_revoked_certificate(self):
        """what is revoked inside is not renewed from outside"""
        pair = self.old_pair()
        serial = run(["/usr/bin/openssl", "x509", "-in", pair[0], "-noout", "-serial"]).stdout.strip().split("=")[1]
        self.cli("revoke", serial, "--reason", "keyCompromise")
        cms = self.outside.renewal(*self.outside.request(NAME, OID), pair)
        reply = self.outside.ask_by_certificate(CERTIFICATE_CES, RST, issue_renewal(cms), pair)
        self.assertEqual(reply.status, 500)
        self.assertIn("revoked", reply.reason)

    def test_new_request_where_only_renewals_are_taken(self):
        """a new request at the renewal-only endpoint outside is refused, and inside nothing was heard of it"""
        pair = self.old_pair()
        before = self.inside_events()
        request, _ = self.outside.request(NAME, OID)
        reply = self.outside.ask_by_certificate(CERTIFICATE_CES, RST, issue_pkcs10(request), pair)
        self.assertEqual(reply.status, 500)
        self.assertIn("renewals only", reply.reason)
        self.assertEqual(self.inside_events(), before)

    def test_new_request(self):
        """where new requests are taken they go through; what the template forbids is refused with its reason"""
        reply, key = self.submit_outside()
        self.assert_good(reply, key)
        request, _ = self.outside.request("host7.example.org", OID)
        refused = self.outside.ask(PASSWORD_CES, RST, issue_pkcs10(request))
        self.assertEqual(refused.status, 500)
        self.assertIn("does not allow", refused.reason)
        self.assertIsNotNone(refused.value(E + "RequestID"))

    def test_no_right(self):
        """who may not enrol for a template outside gets nothing by the relay's right inside, where nothing is heard of it"""
        before = self.inside_events()
        reply = self.request_outside(PASSWORD_CES)
        self.assertEqual((reply.status, reply.error_code), (500, NO_RIGHT))
        self.assertEqual(reply.value(E + "InvalidRequest"), "true")
        self.assertEqual(self.inside_events(), before)
        event = self.outside_events()[-1]
        self.assertEqual((event["requester"], event["template"], event["adcs_event"]), ("outsider", "WebServer", 4888))
        again = self.outside.ask(PASSWORD_CES, RST, query(reply.value(E + "RequestID")), "outsider", "a stranger's password")
        self.assertEqual((again.error_code, again.reason), (DENIED, "Denied by Policy Module"))
        self.assert_good(*self.submit_outside())
        event = self.outside_events()[-1]
        self.assertEqual((event["requester"], event["template"], event["adcs_event"]), ("web-enroller", "WebServer", 4887))

    def test_built_names(self):
        """a template whose names the authority builds of the caller's account is refused at a relay, at start and on reload"""
        template = {**relayed_template(name="Built", oid=OID + ".1", subject="built", key_based_renewal=False),
                    "built_from": {"common_name": "caller", "alternative_names": ["dns"]}}
        del template["names"]
        write_yaml(self.relay.folder / "templates" / "Built.yaml", template)
        os.kill(self.relay.process.pid, signal.SIGHUP)
        why = "template Built has subject: built, which cannot be relayed"
        wait_until(lambda: any(why in event["details"].get("problem", "") for event in self.all_outside_events()),
                   "the reload is refused")
        self.relay.process.stop()
        refused = run([self.relay.program, "run", "--config", self.relay.config], check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(why, refused.stderr)

    def test_inside_is_down(self):
        """nobody inside: a fault that says come again, and it works again without a restart outside"""
        self.enrollment.process.stop()
        reply, _ = self.submit_outside()
        self.assertEqual(reply.status, 500)
        self.assertEqual(reply.error_code, UNREACHED)
        self.enrollment.start()
        self.assert_good(*self.submit_outside())

    def test_credential(self):
        """the relay's own password is wrong: not the caller's fault, and not said to the caller"""
        self.relay.process.stop()
        self.relay.credential.write_text("wrong")
        self.relay.start()
        reply, _ = self.submit_outside()
        self.assertEqual(reply.error_code, UNREACHED)
        self.assertNotIn("FailedAuthentication", reply.text)
        self.relay.credential.chmod(0o644)
        refused = run([self.relay.program, "run", "--config", self.relay.config], check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("can be read by others", refused.stderr)

    def test_no_authority_outside(self):
        """outside nothing is decided, revoked or issued"""
        config = self.lab.folder / "outside.yaml"
        write_yaml(config, {"enrollment": {"url": f"https://localhost:{self.relay.admin_port}",
                                           "trust_file": self.relay.root, "token_file": self.relay.admin_token}})
        perennial = [self.lab.program("perennial"), "--config", config, "enrollment"]
        self.assertIn("relays requests", run([*perennial, "approve", "1"], check=False).stderr)
        self.assertNotEqual(run([*perennial, "crl", "show"], check=False).returncode, 0)
        run([*perennial, "requests"])
        done = run([self.relay.program, "root-crl", "--config", self.relay.config], check=False)
        self.assertIn("relays requests", done.stderr)
        self.assertEqual(list(self.relay.state.glob("issuing.*")), [])


class RelayedPending(RelayCase):
    templates = [relayed_template(manager_approval=True)]

    def taken(self):
        """A pending request of the outside; inside it has another id."""
        self.inside.ask(PASSWORD_CES, RST, issue_pkcs10(self.inside.request(NAME, OID)[0]))
        reply, key = self.submit_outside()
        self.assertEqual(reply.status, 200, reply.text)
        self.assertIsNone(reply.tokens()[1])
        self.assertIn(f"localhost:{self.relay.port}", reply.text)
        pending = json.loads(self.cli("requests", "--state", "pending", "--json").stdout)["items"]
        self.id_inside = str(max(item["request_id"] for item in pending))
        self.assertNotEqual(self.id_inside, reply.value(E + "RequestID"))
        return reply.value(E + "RequestID"), key

    def test_approved(self):
        """pending over a restart of both sides, approved inside, fetched outside under the outside's id"""
        request_id, key = self.taken()
        for side in (self.enrollment, self.relay):
            side.process.stop()
            side.start()
        self.assertIsNone(self.ask_outside(request_id).tokens()[1])
        self.cli("approve", self.id_inside)
        self.assert_good(self.ask_outside(request_id), key)
        self.assert_good(self.ask_outside(request_id), key)

    def test_renewal(self):
        """the first issue waits, a renewal by key is issued at once: it is signed with the approved certificate's key"""
        pair = self.old_pair()
        request, key = self.outside.request(NAME, OID)
        cms = self.outside.renewal(request, key, pair)
        self.assert_good(self.outside.ask_by_certificate(CERTIFICATE_CES, RST, issue_renewal(cms), pair), key)

    def test_denied(self):
        """denied inside: the fault outside has the code, and the outside's id"""
        request_id, _ = self.taken()
        self.cli("deny", self.id_inside, "--reason", "not this host")
        reply = self.ask_outside(request_id)
        self.assertEqual(reply.status, 500)
        self.assertEqual(reply.error_code, DENIED)
        self.assertEqual(reply.value(E + "RequestID"), request_id)


class RelayedEachApproved(RelayCase):
    templates = [relayed_template(manager_approval=True, key_based_renewal=False)]

    def test_renewal(self):
        """without previous_approval each renewal waits; by key there is none, here neither"""
        pair = self.old_pair()
        request, key = self.outside.request(NAME, OID)
        cms = self.outside.renewal(request, key, pair)
        reply = self.outside.ask(PASSWORD_CES, RST, issue_renewal(cms))
        self.assertEqual(reply.status, 200, reply.text)
        self.assertIsNone(reply.tokens()[1])
        before = self.inside_events()
        refused = self.outside.ask_by_certificate(CERTIFICATE_CES, RST, issue_renewal(cms), pair)
        self.assertEqual((refused.status, refused.error_code), (500, NO_RIGHT))
        self.assertIn("key-based renewal", refused.reason)
        self.assertEqual(self.inside_events(), before)


if __name__ == "__main__":
    import unittest
    unittest.main()
