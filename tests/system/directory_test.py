"""User names and passwords judged by a real OpenLDAP server."""

import socket
import ssl
import threading
import time

from foreign_client import GET_POLICIES, P, RST, ForeignClient, get_policies, issue_pkcs10
from lab.enrollment import AUTHORITY, Enrollment, policy_id, web_template
from lab.processes import free_port, run
from lab.slapd import BASE, READER_PASSWORD, Slapd
from system_case import SystemCase

CEP = "/Directory_CEP_UsernamePassword/service.svc/CEP"
CES = f"/{AUTHORITY}_CES_Directory/service.svc/CES"
PEOPLE = {"ann": "ann's password", "bob": "bob's password", "mallory": "mallory's password",
          "comma, inc": "odd password", "star*": "star password"}
GROUPS = {"web-admins": ["ann", "comma, inc", "star*"], "others": ["ann", "bob"]}


class DirectoryCase(SystemCase):
    people, host = PEOPLE, "IP:127.0.0.1"

    def setUp(self):
        super().setUp()
        self.slapd = Slapd(self.lab)
        self.slapd.prepare(self.people, GROUPS, self.host)
        self.slapd.start()

    def start(self, settings):
        self.enrollment = Enrollment(self.lab)
        self.enrollment.prepare([web_template(rights={"enroll": {"groups": ["web-admins"]}})], more={
            "directory": settings,
            "policy_providers": [{"path": CEP, "authentication": "username-password", "passwords": "directory",
                                  "policy_id": policy_id("directory"), "name": "Example"}],
            "enrollment_services": [{"path": CES, "authentication": "username-password", "passwords": "directory"}]})
        self.enrollment.start()
        self.client = ForeignClient(self.lab.folder / "client", self.enrollment)

    def ask(self, user, password):
        url = self.enrollment.url(CEP)
        return self.client.post(url, self.client.envelope(url, GET_POLICIES, get_policies(), user, password))

    def log(self):
        return self.enrollment.process.output.read_text()

    def assert_in(self, user, password, sees=True):
        reply = self.ask(user, password)
        self.assertEqual(reply.status, 200, reply.text + self.log()[-500:])
        self.assertEqual(reply.value(P + "commonName"), "WebServer" if sees else None)

    def assert_wrong(self, user, password):
        reply = self.ask(user, password)
        self.assertEqual(reply.status, 500)
        self.assertIn("FailedAuthentication", reply.text)

    def assert_unavailable(self, reply):
        """Another fault than for a wrong password, and one that says to come again."""
        self.assertEqual(reply.status, 500)
        self.assertNotIn("FailedAuthentication", reply.text)
        self.assertIn("try again later", reply.reason)

    def judged_right(self):
        """What holds whichever way names become entries."""
        self.assert_in("ann", PEOPLE["ann"])
        self.assert_in("LAB\\ann", PEOPLE["ann"])
        self.assert_in("bob", PEOPLE["bob"], sees=False)  # not in the group
        self.assert_wrong("ann", PEOPLE["bob"])
        self.assert_wrong("nobody", PEOPLE["ann"])
        asked = self.slapd.log().count("method=128")
        self.assert_wrong("ann", "")
        self.assert_wrong("", PEOPLE["ann"])
        self.assertEqual(self.slapd.log().count("method=128"), asked, "an empty password was sent to the directory")
        for secret in (*PEOPLE.values(), READER_PASSWORD):
            self.assertNotIn(secret, self.log())

    def injection(self):
        """No name reaches another's entry, and what directories take for the same name is one caller."""
        for name in ("*", "a*", "ann)(uid=*", "ann,ou=people", f"mallory,ou=people,{BASE}", "ann\\2a", "*)(objectClass=*",
                     "ann+cn=ann", "#04036e6e6e", "an  n", "\uff41nn", "a" * 200):
            for password in (PEOPLE["ann"], PEOPLE["mallory"]):
                reply = self.ask(name, password)
                self.assertEqual(reply.status, 500, name)
        self.enrollment.process.stop()
        self.enrollment.start()
        self.assert_wrong("star", PEOPLE["star*"])


class ByDn(DirectoryCase):
    def setUp(self):
        super().setUp()
        self.start(self.slapd.settings(**self.slapd.by_dn()))

    def test_judged(self):
        """bind by DN: right and wrong passwords, groups, empty passwords that nobody is asked about"""
        self.judged_right()

    def test_injection(self):
        """bind by DN: names with the characters of DNs and filters are only names"""
        self.injection()
        self.assert_in("star*", PEOPLE["star*"])

    def test_canonical_name(self):
        """the caller is named as the directory writes it, whatever the letter case that was typed"""
        request, _ = self.client.request("host7.example.test", web_template()["oid"])
        url = self.enrollment.url(CES)
        reply = self.client.post(url, self.client.envelope(url, RST, issue_pkcs10(request), "ANN", PEOPLE["ann"]))
        self.assertEqual(reply.status, 200, reply.text)
        stored = run(["/usr/bin/sqlite3", self.enrollment.state / "enrollment.db",
                      "SELECT requester FROM requests ORDER BY id DESC LIMIT 1"])
        self.assertEqual(stored.stdout.strip(), "ann")

    def test_down(self):
        """the directory is down: a fault that says so, no lock-out; it works again when the directory does"""
        self.assert_in("ann", PEOPLE["ann"])
        self.slapd.process.stop()
        for _ in range(12):
            self.assert_unavailable(self.ask("ann", PEOPLE["ann"]))
        self.slapd.start()
        self.assert_in("ann", PEOPLE["ann"])


class BySearch(DirectoryCase):
    def setUp(self):
        super().setUp()
        self.start(self.slapd.settings(**self.slapd.by_search()))

    def test_judged(self):
        """bind after a search: right and wrong passwords, groups, empty passwords that nobody is asked about"""
        self.judged_right()

    def test_injection(self):
        """bind after a search: names with the characters of filters are only names"""
        self.injection()
        self.assert_in("star*", PEOPLE["star*"])

    def test_unknown_costs_the_same(self):
        """an unknown name costs the directory as many questions as a wrong password"""
        def questions(user):
            before = self.slapd.log()
            self.assert_wrong(user, "wrong")
            after = self.slapd.log()[len(before):]
            return after.count("method=128"), after.count(" SRCH "), after.count(" RESULT ")
        self.assertEqual(questions("ann"), questions("nobody"))
        self.assertEqual(questions("ann")[0], 2)


class Servers(DirectoryCase):
    def test_order(self):
        """several servers: a dead one and one that never answers cost their time limit once, then they come last"""
        mute = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(mute.close)
        self.start(self.slapd.settings(f"ldaps://127.0.0.1:{free_port()}", f"ldaps://127.0.0.1:{mute.getsockname()[1]}",
                                       **self.slapd.by_dn()))
        begun = time.monotonic()
        self.assert_in("ann", PEOPLE["ann"])
        self.assertLess(time.monotonic() - begun, 6)
        begun = time.monotonic()
        self.assert_in("ann", PEOPLE["ann"])
        self.assertLess(time.monotonic() - begun, 1.5)
        # A wrong password is the answer, not a reason to ask the next one.
        binds = self.slapd.log().count("method=128")
        self.assert_wrong("ann", "wrong")
        self.assertEqual(self.slapd.log().count("method=128"), binds + 1)

    def test_half_an_answer(self):
        """a server that shakes hands and then says nothing is given up after answer_timeout"""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.slapd.folder / "server.pem", self.slapd.folder / "server.key")
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        kept = []

        def serve():
            while True:
                try:
                    kept.append(context.wrap_socket(listener.accept()[0], server_side=True))
                except OSError:
                    return
        threading.Thread(target=serve, daemon=True).start()
        self.start({**self.slapd.settings(**self.slapd.by_dn()),
                    "servers": [f"ldaps://127.0.0.1:{listener.getsockname()[1]}"]})
        begun = time.monotonic()
        self.assert_unavailable(self.ask("ann", PEOPLE["ann"]))
        self.assertLess(time.monotonic() - begun, 8)
        self.assertTrue(kept)

    def test_another_authority(self):
        """a server of another authority is sent no password"""
        other = Slapd(self.lab, "other")
        other.prepare({})
        self.start({**self.slapd.settings(**self.slapd.by_dn()), "trust_file": other.ca})
        self.assert_unavailable(self.ask("ann", PEOPLE["ann"]))
        self.assertNotIn(" BIND ", self.slapd.log())

    def test_plain(self):
        """ldap:// is no server, in the configuration already"""
        settings = {**self.slapd.settings(**self.slapd.by_dn()), "servers": ["ldap://localhost"]}
        self.assertRaisesRegex(Exception, "ldaps://", self.start, settings)


class WrongHost(DirectoryCase):
    host = "DNS:directory.example.test"

    def test_name(self):
        """a server whose certificate carries another name is sent no password"""
        self.start(self.slapd.settings(**self.slapd.by_dn()))
        self.assert_unavailable(self.ask("ann", PEOPLE["ann"]))
        self.assertNotIn(" BIND ", self.slapd.log())


if __name__ == "__main__":
    import unittest
    unittest.main()
