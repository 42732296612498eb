"""The order of every element of a GetPoliciesResponse, held by xmllint against the schema in tests/data."""

import copy
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from enrollment_test import EnrollmentCase
from foreign_client import GET_POLICIES, P
from lab.enrollment import CERTIFICATE_CEP, PASSWORD_CEP, web_template
from lab.files import write
from lab.processes import run, wait_until
from policies_and_templates_test import ARC, ask_for

SCHEMA = Path(__file__).resolve().parent.parent / "data" / "enrollment" / "get_policies_response.xsd"
# Where the protocol notes have more than one element in a row.
LEVELS = {"GetPoliciesResponse", "response", "policy", "attributes", "certificateValidity", "permission",
          "privateKeyAttributes", "revision", "rARequirements", "extension", "cA", "cAURI", "oID"}


class PolicySchema(EnrollmentCase):
    templates = [
        web_template(),
        web_template(name="Newer", oid=ARC + "2", supersedes=["WebServer"], key_based_renewal=False,
                     rights={"enroll": {"users": ["web-enroller"]}, "autoenroll": {"users": ["web-enroller"]}},
                     ra_signatures={"count": 1, "extended_key_usages": ["1.3.6.1.4.1.99999.5"],
                                    "policies": ["1.3.6.1.4.1.99999.6"]}),
        web_template(name="Machine", oid=ARC + "3", schema=1, key_based_renewal=False, key={"algorithms": ["rsa"]})]

    def answer(self, reply):
        self.assertEqual(reply.status, 200, reply.text)
        return reply.xml.find(f".//{P}GetPoliciesResponse")

    def objections(self, answer):
        """What xmllint has against it; empty for nothing."""
        file = write(self.lab.folder / "answer.xml", ElementTree.tostring(answer, encoding="unicode"))
        done = run(["/usr/bin/xmllint", "--noout", "--nonet", "--schema", SCHEMA, file], check=False)
        self.assertIn(done.returncode, (0, 3), done.stderr)  # 3: not valid
        return done.stderr if done.returncode else ""

    def assert_valid(self, reply):
        answer = self.answer(reply)
        self.assertEqual(self.objections(answer), "")
        return answer

    def ask(self, **wanted):
        return self.client.ask(PASSWORD_CEP, GET_POLICIES, ask_for(**wanted))

    def test_schema(self):
        """GetPolicies: every element at every level in the schema's order, with every template, by key, filtered to nothing, not changed"""
        whole = self.assert_valid(self.ask())
        self.assertEqual(len(list(whole.iter(P + "policy"))), 3)
        self.assert_valid(self.client.ask_by_certificate(CERTIFICATE_CEP, GET_POLICIES, ask_for(), self.old_pair()))
        nothing = self.assert_valid(self.ask(oids=[ARC + "4"]))
        self.assertEqual(list(nothing.iter(P + "policy")), [])

        def unchanged():
            now = run(["/usr/bin/date", "-u", "+%Y-%m-%dT%H:%M:%SZ"]).stdout.strip()
            reply = self.ask(last_update=now)
            return reply if reply.value(P + "policiesNotChanged") == "true" else None
        self.assert_valid(wait_until(unchanged, "policies are not changed", 10))

    def test_the_schema_itself(self):
        """the schema refuses two neighbours in the other order, one left out and one more, at every level"""
        whole = self.answer(self.ask())
        names = {element.tag[len(P):] for element in whole.iter() if len({child.tag for child in element}) > 1}
        self.assertEqual(names, LEVELS)
        for name in sorted(LEVELS):
            for change in (swapped, shortened, lengthened):
                with self.subTest(name, change=change.__name__):
                    changed = copy.deepcopy(whole)
                    change(next(e for e in changed.iter(P + name) if len({child.tag for child in e}) > 1))
                    self.assertIn("Missing child element" if change is shortened else "This element is not expected",
                                  self.objections(changed))


def swapped(element):
    first, second = element[-2], element[-1]
    element.remove(first)
    element.append(first)
    assert element[-2] is second


def shortened(element):
    element.remove(element[-1])


def lengthened(element):
    ElementTree.SubElement(element, P + "more").text = "1"


if __name__ == "__main__":
    import unittest
    unittest.main()
