"""Templates, their policies and their rules, as curl, openssl and Python's XML reader see them."""

import json
import signal
import xml.etree.ElementTree as ElementTree

from enrollment_test import EnrollmentCase
from foreign_client import ForeignClient, GET_POLICIES, OPENSSL, P, RST, get_policies, issue_pkcs10, issue_renewal
from lab.enrollment import CERTIFICATE_CEP, CERTIFICATE_CES, Enrollment, PASSWORD_CEP, PASSWORD_CES, POLICY_ID
from lab.enrollment import web_template
from lab.files import write_yaml
from lab.processes import run, wait_until
from system_case import SystemCase

NAME = "host7.example.test"
OID = web_template()["oid"]
ARC = "1.3.6.1.4.1.311.21.8.1000001.2000002.3000003.4000004.5000005.66.7000007."
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
ACCESS_DENIED = -2147024891    # 0x80070005
INVALID_ARGUMENT = -2147024809  # 0x80070057
RESTRICTED_OFFICER = -2146877431  # 0x80094009
SIGNATURE_REQUIRED = -2146875383  # 0x80094809
BAD_PUBLIC_KEY = -2146875370      # 0x80094816


def ask_for(last_update="", oids=(), client="", server=""):
    def element(tag, text):
        return f"<{tag}>{text}</{tag}>" if text != "" else f'<{tag} xsi:nil="true"/>'
    wanted = "".join(f"<oid>{oid}</oid>" for oid in oids)
    return (f'<GetPolicies xmlns="{P[1:-1]}"><client>{element("lastUpdate", last_update)}'
            f'<preferredLanguage xsi:nil="true"/></client><requestFilter>{element("policyOIDs", wanted)}'
            f'{element("clientVersion", client)}{element("serverVersion", server)}</requestFilter></GetPolicies>')


def names(reply):
    return sorted(attributes.findtext(P + "commonName") for attributes in reply.xml.iter(P + "attributes"))


class Policies(EnrollmentCase):
    templates = [
        web_template(),
        web_template(name="Newest", oid=ARC + "2", key_based_renewal=False,
                     compatibility={"server": "2016", "client": "2016"}),
        web_template(name="Machine", oid=ARC + "3", schema=1, key_based_renewal=False,
                     key={"algorithms": ["rsa"]}),
        web_template(name="NotYours", oid=ARC + "4", rights={"enroll": {"users": ["somebody-else"]}}),
        web_template(name="Signed", oid=ARC + "5", key_based_renewal=False,
                     ra_signatures={"count": 1, "extended_key_usages": ["1.3.6.1.4.1.99999.5"]})]

    def ask(self, **wanted):
        reply = self.client.ask(PASSWORD_CEP, GET_POLICIES, ask_for(**wanted))
        self.assertEqual(reply.status, 200, reply.text)
        return reply

    def test_filters(self):
        """requestFilter: only what the caller may enrol for, by OID and version; 0 and nil are no limit"""
        mine = ["Machine", "Newest", "Signed", "WebServer"]
        self.assertEqual(names(self.ask()), mine)
        self.assertEqual(names(self.ask(client=0, server=0)), mine)
        self.assertEqual(names(self.ask(client=6, server=0)), mine)
        self.assertEqual(names(self.ask(client=5)), ["Machine", "Signed", "WebServer"])
        self.assertEqual(names(self.ask(client=6, server=2)), ["Machine"])
        self.assertEqual(names(self.ask(oids=[OID, ARC + "4"])), ["WebServer"])
        empty = self.ask(oids=[ARC + "4"]).xml
        for tag in ("policies", "cAs", "oIDs"):
            elements = list(empty.iter(P + tag))
            self.assertEqual(len(elements), 1)
            self.assertEqual(elements[0].get(NIL), "true", tag)

    def test_last_update(self):
        """lastUpdate: not changed, with policies, cAs and oIDs nil; never, too early and in the future: the whole answer"""
        wait_until(lambda: self.ask(last_update=self.now()).value(P + "policiesNotChanged") == "true",
                   "policies are not changed", 10)
        same = self.ask(last_update=self.now()).xml
        self.assertEqual([same.find(f".//{P}{tag}").get(NIL) for tag in ("policies", "cAs", "oIDs")], ["true"] * 3)
        for time in ("0001-01-01T00:00:00", "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"):
            self.assertEqual(len(names(self.ask(last_update=time))), 4, time)

    def now(self):
        return run(["/usr/bin/date", "-u", "+%Y-%m-%dT%H:%M:%SZ"]).stdout.strip()

    def test_schema_one(self):
        """a schema 1 policy: named by extension 20.2, key spec and no algorithm, as AD CS tells Machine"""
        attributes = next(a for a in self.ask(oids=[ARC + "3"]).xml.iter(P + "attributes"))
        self.assertEqual(attributes.findtext(P + "policySchema"), "1")
        self.assertEqual(attributes.findtext(f".//{P}keySpec"), "1")
        for tag in ("keyUsageProperty", "algorithmOIDReference", "hashAlgorithmOIDReference", "rARequirements"):
            self.assertEqual(attributes.find(f".//{P}{tag}").get(NIL), "true", tag)
        values = [e.findtext(P + "value") for e in attributes.iter(P + "extension")]
        self.assertEqual(values[0], "Hg4ATQBhAGMAaABpAG4AZQ==")  # of the sample of a real Machine template
        self.assertIn(values[1], ("MBQGCCsGAQUFBwMBBggrBgEFBQcDAg==",))
        self.assertEqual(len(values), 3)

    def test_references(self):
        """every reference leads to an oID or a cA, ids are unique, the usages inside extensions are listed with group 7"""
        xml = self.ask().xml
        ids = [oid.findtext(P + "oIDReferenceID") for oid in xml.iter(P + "oID")]
        self.assertEqual(len(ids), len(set(ids)))
        used = [e.text for tag in ("policyOIDReference", "oIDReference", "algorithmOIDReference",
                                   "hashAlgorithmOIDReference") for e in xml.iter(P + tag) if e.text]
        self.assertLessEqual(set(used), set(ids))
        table = {oid.findtext(P + "value"): oid.findtext(P + "group") for oid in xml.iter(P + "oID")}
        self.assertEqual(table["1.3.6.1.5.5.7.3.1"], "7")
        self.assertEqual(table["1.3.6.1.5.5.7.3.2"], "7")
        self.assertEqual(table["1.3.6.1.4.1.99999.5"], "7")
        self.assertEqual(table[OID], "9")
        self.assertEqual(table["2.16.840.1.101.3.4.2.1"], "1")
        self.assertEqual(table["1.2.840.10045.3.1.7"], "3")
        self.assertEqual({ca.text for ca in xml.iter(P + "cAReference")}, {"0"})

    def test_signature_needed(self):
        """a template that needs a registration authority's signature is refused without it"""
        request, _ = self.client.request(NAME, ARC + "5")
        reply = self.client.ask(PASSWORD_CES, RST, issue_pkcs10(request))
        self.assertEqual((reply.status, reply.error_code), (500, SIGNATURE_REQUIRED), reply.text)

    def test_request_attributes(self):
        """SAN, cdc and friends in AdditionalContext are refused in any letter case, and the refusal is kept"""
        request, _ = self.client.request(NAME, OID)
        for name in ("SAN", "sAn", "cdc", "RMD", "requestername", "CertFile", "ApplicationPolicies"):
            context = (f'<AdditionalContext xmlns="http://schemas.xmlsoap.org/ws/2006/12/authorization"><ContextItem '
                       f'Name="{name}"><Value>upn=administrator@example.test</Value></ContextItem></AdditionalContext>')
            body = issue_pkcs10(request).replace("<RequestID", context + "<RequestID")
            reply = self.client.ask(PASSWORD_CES, RST, body)
            code = RESTRICTED_OFFICER if name == "requestername" else INVALID_ARGUMENT
            self.assertEqual((reply.status, reply.error_code), (500, code), name)
        denied = json.loads(self.cli("requests", "--state", "denied", "--json").stdout)["items"]
        self.assertEqual(len(denied), 7)
        self.assertIn("sAn", " ".join(item["message"] for item in denied))

    def test_descriptions(self):
        """?wsdl, service.svc and mex say address and action, and nothing of the templates; POST needs a message"""
        for path in (PASSWORD_CEP + "?wsdl", PASSWORD_CEP.rsplit("/", 1)[0] + "?WSDL",
                     PASSWORD_CEP.rsplit("/", 1)[0] + "/mex", PASSWORD_CES + "?singleWsdl"):
            reply = self.client.curl(self.enrollment.url(path))
            self.assertEqual(reply.status, 200, path)
            location = next(e.get("location") for e in ElementTree.fromstring(reply.text).iter() if "address" in e.tag)
            self.assertTrue(location.endswith("service.svc/" + ("CES" if "CES" in path else "CEP")), location)
            self.assertNotIn("WebServer", reply.text)
        self.assertEqual(self.client.curl(self.enrollment.url(PASSWORD_CEP)).status, 405)


class Reloading(EnrollmentCase):
    def file(self, name="WebServer"):
        return self.enrollment.folder / "templates" / f"{name}.yaml"

    def events(self, kind):
        items = json.loads(self.cli("events", "--json").stdout)["items"]
        return [event for event in items if event["kind"] == kind]

    def reload(self, kind, count):
        self.enrollment.process.send(signal.SIGHUP)
        return wait_until(lambda: len(self.events(kind)) >= count and self.events(kind), f"{count} {kind}", 20)

    def held(self):
        return {item["name"]: item for item in json.loads(self.cli("templates", "--json").stdout)["items"]}

    def asked(self):
        return names(self.client.ask(PASSWORD_CEP, GET_POLICIES, get_policies()))

    def test_reload(self):
        """SIGHUP reads templates again, all or nothing, with events as AD CS's 4898 and 4899"""
        self.assertEqual(self.events("template.loaded")[0]["details"]["adcs_event"], 4898)
        write_yaml(self.file("Second"), web_template(name="Second", oid=ARC + "2"))
        self.reload("template.loaded", 2)
        self.assertEqual(self.asked(), ["Second", "WebServer"])
        write_yaml(self.file(), web_template(version={"major": 101, "minor": 0}))
        updated = self.reload("template.updated", 1)[0]["details"]
        self.assertEqual((updated["adcs_event"], updated["template"], updated["version"]), (4899, "WebServer", "101.0"))
        self.assertEqual(self.held()["WebServer"]["version"], "101.0")
        # One deadly file: the good change beside it does not come into force either.
        write_yaml(self.file(), web_template(version={"major": 102, "minor": 0}))
        write_yaml(self.file("Second"), web_template(name="Second", oid=ARC + "2", rights={"enroll": {"users": ["*"]}}))
        refused = self.reload("templates.refused", 1)[0]["details"]["problem"]
        self.assertRegex(refused, r"Second\.yaml:\d+: rights: .*\(ESC1\)")
        self.assertEqual(self.held()["WebServer"]["version"], "101.0")
        self.assertEqual(self.asked(), ["Second", "WebServer"])
        self.file("Second").unlink()
        self.reload("template.removed", 1)
        self.assertEqual(self.asked(), ["WebServer"])
        self.assertEqual(self.held()["WebServer"]["version"], "102.0")

    def test_check_command(self):
        """perennial enrollment templates check: exit status, findings with file and line, JSON"""
        folder = str(self.file().parent)
        good = self.cli("templates", "check", folder)
        self.assertIn("noted: ", good.stdout)
        self.assertTrue(good.stdout.endswith("ok: 1 template\n"), good.stdout)
        write_yaml(self.file("Open"), web_template(name="Open", oid=ARC + "2", rights={"enroll": {"groups": ["*"]}}))
        bad = self.check(folder)
        self.assertEqual(bad.returncode, 2)
        self.assertRegex(bad.stdout, r"refused: \S+/Open\.yaml:\d+: rights: .*\(ESC1\)")
        found = json.loads(self.check(folder, "--json").stdout)
        self.assertFalse(found["ok"])
        self.assertEqual({f["risk"] for f in found["findings"] if f["weight"] == "refused"}, {"ESC1", "ESC17"})
        accepted = web_template(name="Open", oid=ARC + "2", rights={"enroll": {"groups": ["*"]}},
                                accepted_risks=["ESC1", "ESC17"], risk_reason="a laboratory without users")
        write_yaml(self.file("Open"), accepted)
        self.assertEqual(self.check(folder).returncode, 0)

    def check(self, *arguments):
        return run([self.lab.program("perennial"), "enrollment", "templates", "check", *arguments], check=False)


class StandIn(EnrollmentCase):
    """A bare PKCS#10 at an endpoint for renewals, as cepces sends it."""

    def setUp(self):
        SystemCase.setUp(self)
        self.stand_in = PASSWORD_CES.replace("UsernamePassword", "StandIn")
        more = {"enrollment_services": [{"path": self.stand_in, "authentication": "certificate", "renewal_only": True,
                                         "key_based_renewal": True, "tls_certificate_may_stand_in": True}]}
        self.enrollment = Enrollment(self.lab)
        kept = web_template(name="Kept", oid=ARC + "3", key={"algorithms": ["ec-p256"], "same_for_renewal": "allowed"})
        self.enrollment.prepare([web_template(), kept], more=more)
        self.enrollment.start()
        self.client = ForeignClient(self.lab.folder / "client", self.enrollment)

    def test_kept_key(self):
        """a renewal with the old key, as certmonger sends by itself, its point compressed or not: only where the template allows it"""
        for template, oid, taken in (("WebServer", OID, False), ("Kept", ARC + "3", True)):
            with self.subTest(template):
                pair = self.client.folder / f"{template}.pem", self.client.folder / f"{template}.key"
                self.enrollment.issue_test(*pair, NAME, template=template)
                request, key = self.client.request(NAME, oid, template + "-renewed")
                run([OPENSSL, "req", "-new", "-key", pair[1], "-config", self.client.folder / f"{template}-renewed.cnf",
                     "-outform", "DER", "-out", self.client.folder / "same.p10"])
                reply = self.client.ask_by_certificate(
                    self.stand_in, RST, issue_pkcs10(self.client.folder / "same.p10"), pair)
                run([OPENSSL, "pkey", "-in", pair[1], "-ec_conv_form", "compressed", "-out",
                     self.client.folder / "compressed.key"])
                run([OPENSSL, "req", "-new", "-key", self.client.folder / "compressed.key", "-config",
                     self.client.folder / f"{template}-renewed.cnf", "-outform", "DER", "-out",
                     self.client.folder / "compressed.p10"])
                compressed = self.client.ask_by_certificate(
                    self.stand_in, RST, issue_pkcs10(self.client.folder / "compressed.p10"), pair)
                if taken:
                    self.assert_good(reply, pair[1])
                    self.assertEqual(compressed.status, 200, compressed.text)
                else:
                    self.assertEqual((reply.status, reply.error_code), (500, BAD_PUBLIC_KEY))
                    self.assertEqual((compressed.status, compressed.error_code), (500, BAD_PUBLIC_KEY))
                self.assert_good(self.client.ask_by_certificate(self.stand_in, RST, issue_pkcs10(request), pair), key)

    def test_bare_request(self):
        """a bare PKCS#10 is a renewal only where the TLS certificate may stand in; the renewal rules hold there too"""
        pair = self.old_pair()
        request, key = self.client.request(NAME, OID)
        refused = self.client.ask_by_certificate(CERTIFICATE_CES, RST, issue_pkcs10(request), pair)
        self.assertEqual((refused.status, refused.error_code), (500, ACCESS_DENIED))
        self.assertIn("renewals only", refused.reason)
        issued = self.client.ask_by_certificate(self.stand_in, RST, issue_pkcs10(request), pair)
        self.assert_good(issued, key)
        other, _ = self.client.request("host8.example.test", OID, "other")
        wider = self.client.ask_by_certificate(self.stand_in, RST, issue_pkcs10(other), pair)
        self.assertEqual(wider.status, 500)
        self.assertIn("subject", wider.reason)
        cms = self.client.renewal(*self.client.request(NAME, OID, "cms"), pair)
        self.assertEqual(self.client.ask_by_certificate(self.stand_in, RST, issue_renewal(cms), pair).status, 200)


class TwelveProviders(EnrollmentCase):
    def setUp(self):
        SystemCase.setUp(self)
        self.enrollment = Enrollment(self.lab)
        self.ids = ["{00000000-0000-4000-8000-%012d}" % n for n in range(10)]
        providers = [{"path": f"/Example Policy {n}_CEP_UsernamePassword/service.svc/CEP",
                      "authentication": "username-password", "policy_id": policy_id, "name": f"Policy {n}",
                      "next_update_hours": n + 1} for n, policy_id in enumerate(self.ids)]
        self.providers = providers
        self.enrollment.prepare(more={"policy_providers": providers})

    def test_twelve(self):
        """twelve policy providers in one process, each with its own id, name, mode and hours"""
        self.enrollment.start()
        self.client = ForeignClient(self.lab.folder / "client", self.enrollment)
        seen = set()
        for n, provider in enumerate(self.providers):
            reply = self.client.ask(provider["path"].upper(), GET_POLICIES, get_policies())
            self.assertEqual(reply.value(P + "policyID"), self.ids[n], reply.text)
            self.assertEqual(reply.value(P + "policyFriendlyName"), f"Policy {n}")
            self.assertEqual(reply.value(P + "nextUpdateHours"), str(n + 1))
            self.assertEqual(names(reply), ["WebServer"])
            seen.add(reply.value(P + "policyID"))
        reply = self.client.ask(PASSWORD_CEP, GET_POLICIES, get_policies())
        self.assertEqual(reply.value(P + "policyID"), POLICY_ID)
        by_key = self.client.ask_by_certificate(CERTIFICATE_CEP, GET_POLICIES, get_policies(), self.old_pair())
        self.assertEqual(by_key.value(P + "policyID"), POLICY_ID)
        self.assertEqual([uri.text for uri in by_key.xml.iter(P + "uri")],
                         [f"https://localhost:{self.enrollment.port}" + CERTIFICATE_CES.replace(" ", "%20")])
        self.assertEqual(len(seen), 10)

    def test_what_is_refused(self):
        """anonymous access, an id that is no GUID, and two policies of one id are refused with file and line"""
        text = self.enrollment.config.read_text()
        for before, after, why in (
                ('username-password', 'anonymous', "authentication"),
                (self.ids[3], "example", "policy_id"),
                (self.ids[3], self.ids[4], "two names")):
            self.assertIn(before, text)
            self.enrollment.config.write_text(text.replace(before, after))
            done = run([self.enrollment.program, "--config", self.enrollment.config, "--check-config"], check=False)
            self.assertEqual(done.returncode, 2, why)
            self.assertRegex(done.stderr, r"enrollment\.yaml:\d+: ")
            self.assertIn(why, done.stderr)


if __name__ == "__main__":
    import unittest
    unittest.main()
