"""What a relay refuses itself, as the authority inside would judge it by the relay's own account."""

from foreign_client import RST, issue_pkcs10, issue_renewal
from lab.enrollment import AUTHORITY, CERTIFICATE_CES, PASSWORD_CES, Enrollment
from lab.relay import RELAY_USER
from lab.slapd import Slapd, object_sid
from enrollment_test import NAME, OID
from relay_test import RelayCase
from renewal_rules_test import ACCESS_DENIED, sid_line

DIRECTORY_CES = f"/{AUTHORITY}_CES_Directory/service.svc/CES"
RELAY_SID, OTHER_SID = "S-1-5-21-1-2-3-1104", "S-1-5-21-1-2-3-500"


class RelayRulesCase(RelayCase):
    def refused_outside(self, code, before, **asked):
        request, _ = self.outside.request(NAME, OID, "refused", **asked)
        reply = self.outside.ask(PASSWORD_CES, RST, issue_pkcs10(request))
        self.assert_code(reply, code)
        self.assertEqual(self.inside_events(), before)
        return reply

    def assert_code(self, reply, code):
        self.assertEqual(reply.status, 500, reply.text)
        self.assertEqual(f"{reply.error_code & 0xFFFFFFFF:08X}", code, reply.reason)


class RelayWithAccount(RelayRulesCase):
    """Inside, the relay's user is an account of a directory with a SID."""

    def start_enrollment(self, templates=None):
        self.slapd = Slapd(self.lab)
        self.slapd.prepare({RELAY_USER: "the relay's own password"}, more={RELAY_USER: object_sid(RELAY_SID)})
        self.slapd.start()
        self.enrollment = Enrollment(self.lab)
        self.enrollment.prepare(templates, {
            "directory": {**self.slapd.settings(**self.slapd.by_dn()), "names": {"sid": "objectSid"}},
            "enrollment_services": [{"path": DIRECTORY_CES, "authentication": "username-password",
                                     "passwords": "directory"}]})
        self.enrollment.start()

    def outside_settings(self):
        folder = self.lab.folder / RELAY_USER
        return {"relay": {"url": self.enrollment.url(DIRECTORY_CES), "trust_file": self.enrollment.root,
                          "authority_file": folder / "authority.pem", "user": RELAY_USER,
                          "password_file": folder / "credential", "time_limit": "10s"}}

    def test_sid(self):
        """the SID of the relay's own account, or another, in a request outside: refused there, inside nothing was heard of it"""
        before = self.inside_events()
        for sid in (RELAY_SID, OTHER_SID):
            self.refused_outside(ACCESS_DENIED, before, more=sid_line(sid))
        pair = self.old_pair()
        before = self.inside_events()
        cms = issue_renewal(self.outside.renewal(*self.outside.request(NAME, OID, more=sid_line(RELAY_SID)), pair))
        self.assert_code(self.outside.ask(PASSWORD_CES, RST, cms), ACCESS_DENIED)
        self.assert_code(self.outside.ask_by_certificate(CERTIFICATE_CES, RST, cms, pair), ACCESS_DENIED)
        self.assertEqual(self.inside_events(), before)
        self.assert_good(*self.submit_outside())


if __name__ == "__main__":
    import unittest
    unittest.main()
