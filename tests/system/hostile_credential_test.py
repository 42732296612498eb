"""A controller that was taken over, and a host with a credential of its own: shown nowhere but where the host says."""

import socket

from hostile_case import SERVICE, WithoutSignatures
from lab.files import to_yaml
from lab.policies import web_documents


class HostCredential(WithoutSignatures):
    """The certificate has expired, and the host has a credential to enrol anew with."""

    def setUp(self):
        super().setUp()
        self.lab_up(valid_from="-100d")
        self.before = self.disk()

    def credentials(self):
        return {"web-enroller": self.enrollment.credential()}

    def test_a_credential_goes_nowhere_else(self):
        """a template or a credential that the host did not allow, names outside the guard, an address of the policy's own"""
        enroll = {"credential": "web-enroller", "template": "WebServer"}
        asked = self.enrollment.asked()
        self.try_order("another template", self.policy(enroll={**enroll, "template": "DomainController"}),
                       "does not allow credential web-enroller the template DomainController")
        self.try_order("another credential", self.policy(enroll={**enroll, "credential": "domain-admin"}),
                       "has no domain-admin, which policy web-servers names")
        self.say(self.next_message(self.policy(enroll={**enroll, "password": "x"})))
        self.wait_for_refusal("enroll.password is not known here")
        self.guard(names=["other.example.test"])
        self.try_order("a name", self.policy(enroll=enroll), "is not among names")
        self.guard()
        self.assertEqual(self.enrollment.asked(), asked)
        self.assert_old_served()

    def test_a_policy_says_nowhere_to_show_it(self):
        """an address in a policy is for keys: the credential is shown at the host's own address, and nowhere else"""
        evil = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(evil.close)
        evil.setblocking(False)
        address = f"https://127.0.0.1:{evil.getsockname()[1]}"
        files = web_documents(self.enrollment, enroll={"credential": "web-enroller", "template": "WebServer"})
        files[SERVICE].update(policy_endpoints=[f"{address}/CEP"], enrollment_endpoints=[f"{address}/CES"])
        self.say(self.next_message({path: to_yaml(document) + "\n" for path, document in files.items()}))
        self.wait_for_new_certificate(60)
        with self.assertRaises(BlockingIOError):
            evil.accept()


if __name__ == "__main__":
    import unittest
    unittest.main()
