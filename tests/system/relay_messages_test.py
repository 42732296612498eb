"""A relay says what the service inside would say: the tables of messages_test, asked outside."""

import messages_test
from enrollment_test import NAME, OID
from lab.relay import RELAY_USER
from relay_test import RelayCase, relayed_template


class AtRelay(RelayCase, messages_test.MessageCase):
    templates = [relayed_template(), relayed_template(
        name="Other", oid=messages_test.OTHER_OID, rights={"enroll": {"users": ["somebody", RELAY_USER]}})]

    def setUp(self):
        super().setUp()
        self.client = self.outside
        self.p10, self.key = self.client.request(NAME, OID)


class RelayedCmc(AtRelay, messages_test.Cmc):
    pass


class RelayedNames(AtRelay, messages_test.TwoNames):
    pass


class RelayedFaults(AtRelay, messages_test.Faults):
    pass


if __name__ == "__main__":
    import unittest
    unittest.main()
