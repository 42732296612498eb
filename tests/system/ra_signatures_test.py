"""Requests that a registration authority signed, as CMS and CMC of openssl's."""

import foreign_cmc as cmc
from foreign_client import OPENSSL, issue_renewal
from enrollment_test import NAME
from lab.enrollment import web_template
from lab.processes import run
from messages_test import MessageCase
from policies_and_templates_test import ARC

AGENT_USAGE = "1.3.6.1.4.1.99999.5"
SIGNED, AGENT, TWICE = ARC + "5", ARC + "6", ARC + "7"
DATA = "1.2.840.113549.1.7.1"


class RegistrationAuthority(MessageCase):
    templates = [
        web_template(),
        web_template(name="Agent", oid=AGENT, key_based_renewal=False, extended_key_usages=[AGENT_USAGE]),
        web_template(name="Signed", oid=SIGNED, key_based_renewal=False,
                     ra_signatures={"count": 1, "extended_key_usages": [AGENT_USAGE]}),
        web_template(name="Twice", oid=TWICE, key_based_renewal=False,
                     ra_signatures={"count": 2, "extended_key_usages": [AGENT_USAGE]})]

    def setUp(self):
        super().setUp()
        self.p10, self.key = self.client.request(NAME, SIGNED)
        self.agent = self.pair("agent", template="Agent", valid_from="-1d")

    def pair(self, label, **more):
        pair = self.client.folder / f"{label}.pem", self.client.folder / f"{label}.key"
        self.enrollment.issue_test(*pair, f"{label}.example.test", **more)
        return pair

    def by_cms(self, *signers, p10=None):
        """The PKCS#10 inside a CMS."""
        return self.send(issue_renewal(cmc.sign(self.client, (p10 or self.p10).read_bytes(), signers, DATA)))

    def by_cmc(self, *signers):
        """A CMC full request, signed by the request's key first."""
        data = cmc.pki_data([self.p10.read_bytes()])
        return self.send(issue_renewal(cmc.sign(self.client, data, [self.key, *signers])))

    def test_accepted(self):
        """signed by a certificate with the usage that the template asks for: issued, as CMS and as CMC"""
        for reply in (self.by_cms(self.agent), self.by_cmc(self.agent)):
            pem = self.assert_good(reply, self.key)
            self.assertIn(f"DNS:{NAME}", run([OPENSSL, "x509", "-in", pem, "-noout", "-text"]).stdout)

    def test_none(self):
        """not signed by another: SIGNATURE_POLICY_REQUIRED"""
        self.assert_fault(self.bytes(self.p10.read_bytes()), "80094809", True, True)
        self.assert_fault(self.by_cmc(), "80094809", True, True)

    def test_rejected(self):
        """signed by what is no registration authority of the template: SIGNATURE_REJECTED, as CMS and as CMC"""
        foreign = self.client.folder / "foreign.pem", self.client.folder / "foreign.key"
        run([OPENSSL, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
             "/CN=agent.example.test", "-addext", f"extendedKeyUsage={AGENT_USAGE}", "-keyout", foreign[1], "-out", foreign[0]])
        revoked = self.pair("revoked", template="Agent", valid_from="-1d")
        self.enrollment.revoke(revoked[0])
        for what, pair in (("another usage", self.pair("web")), ("of another CA", foreign), ("revoked", revoked),
                           ("expired", self.pair("late", template="Agent", valid_from="-90d", valid_for="80d"))):
            for ask in (self.by_cms, self.by_cmc):
                with self.subTest(what, form=ask.__name__):
                    self.assert_fault(ask(pair), "8009480B", True, True)

    def test_not_the_bytes(self):
        """the authority's signature is over another request, or one of two signatures is: the message is not verified"""
        mine = self.p10.read_bytes()
        signed = cmc.sign(self.client, mine, [self.agent], DATA).read_bytes()
        self.assertEqual(signed.count(mine), 1)
        # ECDSA signatures differ by some octets: one of the same length is soon found.
        other = next(der for der in (self.client.request("host8.example.test", SIGNED, "other")[0].read_bytes()
                                     for _ in range(50)) if len(der) == len(mine))
        signed = signed.replace(mine, other)
        self.assert_fault(self.bytes(signed, "#PKCS7"), "80090006", False, None)
        both = cmc.sign(self.client, mine, [self.agent, self.pair("second", template="Agent", valid_from="-1d")], DATA)
        both = bytearray(both.read_bytes())
        both[-1] ^= 1  # the last octet of the last signature
        self.assert_fault(self.bytes(bytes(both), "#PKCS7"), "80090006", False, None)

    def test_two(self):
        """a template that asks for two: issued with two authorities, as CMS and as CMC; too few or a stranger among them: SIGNATURE_COUNT, SIGNATURE_REJECTED"""
        self.p10, self.key = self.client.request(NAME, TWICE, "twice")
        second = self.pair("second", template="Agent", valid_from="-1d")
        again = self.client.folder / "again.pem", self.client.folder / "again.key"
        self.enrollment.issue_test(*again, "agent.example.test", template="Agent", valid_from="-1d")
        stranger = self.pair("web")
        for ask in (self.by_cms, self.by_cmc):
            with self.subTest(form=ask.__name__):
                self.assert_good(ask(self.agent, second), self.key)
                self.assert_fault(ask(self.agent), "8009480A", True, True)
                self.assert_fault(ask(self.agent, again), "8009480A", True, True)
                self.assert_fault(ask(self.agent, second, stranger), "8009480B", True, True)
        self.assert_fault(self.by_cms(self.agent, second, again, self.pair("third", template="Agent"),
                                      self.pair("fourth", template="Agent"), self.pair("fifth", template="Agent")),
                          "8007000D", False, None)

    def test_names(self):
        """what an authority signed is held to the template's names all the same"""
        stranger, _ = self.client.request("host7.example.org", SIGNED, "stranger")
        self.assert_fault(self.by_cms(self.agent, p10=stranger), "80094001", True, True)


if __name__ == "__main__":
    import unittest
    unittest.main()
