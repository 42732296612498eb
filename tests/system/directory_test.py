"""User names and passwords judged by a real OpenLDAP server."""

import json
import socket
import ssl
import threading
import time

from foreign_client import E, GET_POLICIES, P, RST, ForeignClient, get_policies, issue_pkcs10, query
from lab.enrollment import AUTHORITY, Enrollment, policy_id, web_template
from lab.files import write_yaml
from lab.processes import LabError, free_port, run
from lab.slapd import BASE, READER_PASSWORD, Slapd, object_sid
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

    def start(self, settings, template=None, more=()):
        self.enrollment = Enrollment(self.lab)
        self.enrollment.prepare([template or web_template(rights={"enroll": {"groups": ["web-admins"]}})], more={
            "directory": settings,
            "policy_providers": [{"path": CEP, "authentication": "username-password", "passwords": "directory",
                                  "policy_id": policy_id("directory"), "name": "Example"}],
            **dict(more), "enrollment_services": [
                {"path": CES, "authentication": "username-password", "passwords": "directory"},
                *dict(more).get("enrollment_services", ())]})
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


class BuiltNames(DirectoryCase):
    """The names of a certificate out of the directory's attributes, also where an operator has to say yes first."""
    SID = "S-1-5-21-1004336348-1177238915-682003330-512"

    def setUp(self):
        super().setUp()
        sid = object_sid(self.SID)
        # bob has two addresses, mallory one that is none, star no SID.
        self.slapd.process.stop()
        self.slapd = Slapd(self.lab, "accounts")
        self.slapd.prepare(PEOPLE, GROUPS, more={
            "ann": "userPrincipalName: ann@corp.example.test\nmail: ann@example.test\n" + sid,
            "bob": "userPrincipalName: bob@corp.example.test\nmail: bob@example.test\nmail: admin@example.test\n" + sid,
            "mallory": "userPrincipalName: mallory@corp.example.test\nmail: mallory\n" + sid,
            "star*": "userPrincipalName: star@corp.example.test\nmail: star@example.test\n"})
        self.slapd.start()

    def start_with(self, built=("caller", "upn", "email"), **more):
        template = {**web_template(subject="built", key_based_renewal=False, rights={"enroll": {"users": ["*"]}}, **more),
                    "built_from": {"common_name": built[0], "alternative_names": list(built[1:])}}
        del template["names"]
        self.template = template
        self.start({**self.slapd.settings(**self.slapd.by_dn()),
                    "names": {"upn": "userPrincipalName", "email": "mail", "sid": "objectSid"}}, template)
        self.cli_config = self.lab.folder / "perennial.yaml"
        write_yaml(self.cli_config, {"enrollment": {
            "url": self.enrollment.admin_url, "trust_file": self.enrollment.root,
            "token_file": self.enrollment.admin_token}})

    def cli(self, *arguments):
        return run([self.lab.program("perennial"), "--config", self.cli_config, "enrollment", *arguments]).stdout

    def submit(self, user, body=None):
        request, _ = self.client.request("evil.example.test", web_template()["oid"])
        url = self.enrollment.url(CES)
        return self.client.post(url, self.client.envelope(url, RST, body or issue_pkcs10(request), user, PEOPLE[user]))

    def assert_anns(self, reply):
        self.assertEqual(reply.status, 200, reply.text)
        certificate = self.client.save(reply.tokens()[1], "leaf.der")
        text = run(["/usr/bin/openssl", "x509", "-inform", "DER", "-in", certificate, "-noout", "-text"]).stdout
        self.assertIn("Subject: CN = ann\n", text)
        self.assertIn("othername: UPN::ann@corp.example.test, email:ann@example.test\n", text)
        self.assertNotIn("evil.example.test", text)
        self.assertIn(self.SID.encode(), certificate.read_bytes())

    def test_issued(self):
        """UPN, address and SID (as Active Directory writes it) of the entry are the certificate's; what cannot be one is refused"""
        self.start_with()
        self.assert_anns(self.submit("ann"))
        for user in ("bob", "mallory"):
            reply = self.submit(user)
            self.assertEqual(reply.status, 500, reply.text)
            self.assertIn("needs the caller's e-mail address, and none is known", reply.reason)
        self.assert_no_sid(self.submit("star*"))

    def assert_no_sid(self, reply):
        self.assertEqual(reply.status, 500, reply.text)
        self.assertIn("80094821", reply.text.lower())
        self.assertIn("the directory has none that is certain", reply.reason)

    def test_sid_in_doubt(self):
        """the directory has no SID of the account: nothing is issued, though the template builds the caller's name alone"""
        self.start_with(built=["caller"])
        self.assert_no_sid(self.submit("star*"))
        reply = self.submit("bob")
        self.assertEqual(reply.status, 200, reply.text)
        self.assertIn(self.SID.encode(), self.client.save(reply.tokens()[1], "bob.der").read_bytes())

    def test_sid_in_doubt_and_approved(self):
        """asked for where the template wants no SID, and approved where it wants one: nothing is issued"""
        self.start_with(built=["caller"], manager_approval=True, security_extension=False)
        reply = self.submit("star*")
        self.assertEqual(reply.status, 200, reply.text)
        write_yaml(self.enrollment.folder / "templates" / "WebServer.yaml", {**self.template, "security_extension": True})
        self.enrollment.process.stop()
        self.enrollment.start()
        with self.assertRaisesRegex(LabError, "none that is certain"):
            self.cli("approve", reply.value(E + "RequestID"))

    def test_approved(self):
        """waiting for an operator, who sees the names: they are those of when it was asked for"""
        self.start_with(manager_approval=True)
        reply = self.submit("ann")
        self.assertEqual(reply.status, 200, reply.text)
        self.assertIsNone(reply.tokens()[1])
        request_id = reply.value(E + "RequestID")
        listed = json.loads(self.cli("requests", "--json"))["items"][0]
        shown = f"upn:ann@corp.example.test, email:ann@example.test, sid:{self.SID}"
        self.assertEqual((listed["subject"], listed["names"]), ("CN=ann", shown))
        self.enrollment.process.stop()
        self.slapd.process.stop() # nobody is asked again
        self.enrollment.start()
        self.cli("approve", request_id)
        self.slapd.start()
        self.assert_anns(self.submit("ann", query(request_id)))
        self.assertEqual(self.submit("bob").status, 500)

    def test_other_names_than_shown(self):
        """a template that builds other names by now, or takes the request's, is not approved: nobody has seen those"""
        self.start_with(manager_approval=True)
        request_id = self.submit("ann").value(E + "RequestID")
        file = self.enrollment.folder / "templates" / "WebServer.yaml"
        built = {**self.template, "built_from": {"common_name": "upn", "alternative_names": ["upn", "email"]}}
        fewer = {**self.template, "security_extension": False}
        supplied = web_template(manager_approval=True, rights={"enroll": {"users": ["*"]}})
        for template, why in ((built, "builds other names"), (fewer, "builds other names"),
                              (supplied, "does not by now")):
            write_yaml(file, template)
            self.enrollment.process.stop()
            self.enrollment.start()
            with self.assertRaisesRegex(LabError, why):
                self.cli("approve", request_id)
        write_yaml(file, self.template)
        self.enrollment.process.stop()
        self.enrollment.start()
        self.cli("approve", request_id)
        self.assert_anns(self.submit("ann", query(request_id)))


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
