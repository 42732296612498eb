"""First enrolment by Kerberos: perennial-enroller against MIT's KDC, our own service and a foreign acceptor."""

import json
from pathlib import Path

from authentication_test import BOUND_CEP, NAME, KerberosCase
from lab.files import write
from lab.processes import Process, free_port, run

OPENSSL = "/usr/bin/openssl"
SERVER = Path(__file__).with_name("negotiate_server.py")


class Client(KerberosCase):
    def first(self, url=None, principal="alice", keytab=None, trust=None, before=(), **environment):
        folder = self.client.folder
        for name in ("first.pem", "first.key"):
            (folder / name).unlink(missing_ok=True)
        return run([*before, self.lab.program("perennial-enroller"), "first",
                    "--policy-url", url or self.url(BOUND_CEP), "--trust-file", trust or self.enrollment.root,
                    "--principal", principal, "--keytab-file", keytab or self.alice, "--template", "WebServer",
                    "--name", NAME, "--certificate-file", folder / "first.pem", "--key-file", folder / "first.key"],
                   check=False, env={"PATH": "/usr/bin:/bin", **self.kdc.environment, **environment})

    def admin(self, query):
        run(["/usr/sbin/kadmin.local", "-r", self.kdc.realm, "-q", query], env=self.kdc.environment)

    def assert_cause(self, done, cause, *words):
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn(f"cause: {cause}", done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertFalse((self.client.folder / "first.key").exists())


class FirstEnrollment(Client):
    def settings(self):
        """Principals by their names alone: no realm is trusted as a whole."""
        return {"keytab_file": self.keytab, "principals": [{"principal": f"alice@{self.kdc.realm}", "name": "alice"}]}

    def test_issued(self):
        """issued by Kerberos where channel binding is required; no ticket is left, no cache of the user is touched"""
        cache = self.lab.folder / "cache-of-the-user"
        before = set(Path("/tmp").glob("krb5cc_*"))
        done = self.first(KRB5CCNAME=f"FILE:{cache}")
        self.assertEqual(done.returncode, 0, done.stderr)
        run([OPENSSL, "verify", "-CAfile", self.enrollment.root, "-untrusted", self.enrollment.issuing,
             self.client.folder / "first.pem"])
        stored = json.loads(self.ask_admin("/v1/requests"))["items"][0]
        self.assertEqual(stored["requester"], "alice")
        self.assertFalse(cache.exists())
        self.assertEqual(set(Path("/tmp").glob("krb5cc_*")), before)

    def test_causes(self):
        """unknown, locked and expired principals, an old key, a foreign keytab, no KDC, clocks: each its cause"""
        for name in ("gone", "locked", "expired", "rekeyed"):
            setattr(self, name, self.kdc.add(name))
        self.admin("delprinc -force gone")
        self.admin("modprinc -allow_tix locked")
        self.admin("modprinc -pwexpire yesterday expired")
        self.admin("cpw -randkey rekeyed")
        for name in ("gone", "locked", "expired", "rekeyed"):
            self.assert_cause(self.first(principal=name, keytab=getattr(self, name)), "identity", name)
        self.assert_cause(self.first(principal="nobody"), "identity", "no key of nobody")
        self.assert_cause(self.first(keytab=self.lab.folder / "none"), "identity")
        self.alice.chmod(0o640)
        self.assert_cause(self.first(), "identity", "chmod 600")
        self.alice.chmod(0o600)
        # A host whose clock is wrong, and which may not take the KDC's time for its own.
        exact = write(self.lab.folder / "exact.conf",
                      self.kdc.config.read_text().replace("[libdefaults]", "[libdefaults]\n  kdc_timesync = 0"))
        for preauthentication in ("-", "+"):
            self.admin(f"modprinc {preauthentication}requires_preauth alice")
            for skew in ("+1h", "-1h"):
                # TLS is not to be what fails first.
                self.assert_cause(self.first(before=["/usr/bin/faketime", "-f", skew], KRB5_CONFIG=str(exact)),
                                  "clock")
        self.kdc.process.stop()
        done = self.first()
        self.assert_cause(done, "transient", "KDC")
        self.assertEqual(done.returncode, 4)

    def test_no_service(self):
        """a service that the KDC does not know is the configuration's mistake"""
        self.admin("delprinc -force HTTP/localhost")
        self.assert_cause(self.first(), "configuration", "HTTP/localhost")

    def test_not_configured(self):
        """a principal that the service does not know: refused, said so, identity"""
        done = self.first(principal="bob/admin", keytab=self.kdc.add("bob/admin"))
        self.assert_cause(done, "identity", "the Kerberos token was not accepted")
        self.assertIn("neither the principal", self.log())

    def test_options(self):
        """one way to prove who asks, and no more"""
        for wrong in (["--user", "x"], ["--principal", "x"], ["--keytab-file", "x"],
                      ["--user", "x", "--password-file", "x", "--keytab-file", "x", "--principal", "x"],
                      ["--user", "x", "--password-file", "x", "--password-key", "x"]):
            done = run([self.lab.program("perennial-enroller"), "first", "--policy-url", self.url(BOUND_CEP),
                        "--trust-file", self.enrollment.root, "--template", "WebServer", "--name", NAME,
                        "--certificate-file", "c", "--key-file", "k", *wrong], check=False)
            self.assertEqual(done.returncode, 2, done.stderr)


class Doctor(Client):
    def look(self, principal="alice", keytab=None, path=BOUND_CEP, before=(), template="WebServer", **environment):
        """The doctor's lines, as (verdict, step), and all it says."""
        trust = self.enrollment.root.read_text()
        question = {"service": {"name": "lab", "issuer": "ces", "policy_endpoints": ["https://localhost:1/CEP"],
                                "enrollment_endpoints": [], "tls_trust": trust, "issuer_trust": trust},
                    "host": NAME, "policy_url": self.url(path), "principal": principal, "template": template,
                    "keytab_file": str(keytab or self.alice)}
        done = run([*before, self.lab.program("perennial-enroller"), "doctor"], input=json.dumps(question),
                   env={"PATH": "/usr/bin:/bin", **self.kdc.environment, **environment})
        lines = json.loads(done.stdout)["lines"]
        for line in lines:
            self.assertEqual(bool(line["mend"]), line["verdict"] == "bad", line)
        return [(line["verdict"], line["step"]) for line in lines], done.stdout

    def issued(self):
        return json.loads(self.ask_admin("/v1/requests"))["items"]

    def test_doctor(self):
        """doctor: identity, clock, authentication and offer of a first enrolment by Kerberos; nothing is asked for"""
        before = self.issued()
        lines, said = self.look()
        self.assertNotIn("bad", [verdict for verdict, _ in lines], said)
        steps = [step for at, (_, step) in enumerate(lines) if at == 0 or lines[at - 1][1] != step]
        reached = ["endpoint", "dns", "tcp", "tls", "clock"]
        self.assertEqual(steps, ["identity", *reached, "authentication", "policies", "template", "key", "rights",
                                 "endpoints", *[*reached, "enrolment"] * 2, "dry run"], said)  # two CES
        self.assertIn("_CES_Kerberos".lower(), said.lower())
        self.assertIn("WebServer", said)
        self.assertEqual(self.issued(), before)

        lines, said = self.look(template="Nothing")
        self.assertEqual([line for line in lines if line[0] == "bad"], [("bad", "endpoints")], said)

        bob = self.kdc.add("bob")
        self.admin("cpw -randkey bob")
        self.assertEqual(self.look("bob", bob)[0], [("bad", "identity")])
        exact = write(self.lab.folder / "exact.conf",
                      self.kdc.config.read_text().replace("[libdefaults]", "[libdefaults]\n  kdc_timesync = 0"))
        lines, _ = self.look(before=["/usr/bin/faketime", "-f", "+1h"], KRB5_CONFIG=str(exact))
        self.assertEqual(lines, [("bad", "clock")])
        # The service's own key is another one: the ticket is good, the token is not.
        self.admin("cpw -randkey HTTP/localhost")
        lines, said = self.look()
        self.assertIn(("ok", "identity"), lines, said)
        self.assertIn(("bad", "identity"), lines, said)
        self.admin("delprinc -force HTTP/localhost")
        lines, said = self.look()
        self.assertEqual(lines[-1], ("bad", "identity"))
        self.assertIn("HTTP/localhost", said)


class ForeignAcceptor(Client):
    def certificate(self, name):
        """One that the service's authority issued for localhost, as PEM with key and chain."""
        pair = self.client.folder / f"{name}.pem", self.client.folder / f"{name}.key"
        self.enrollment.process.stop()
        self.enrollment.issue_test(*pair, "localhost")
        self.enrollment.start()
        whole = self.client.folder / f"{name}-server.pem"
        write(whole, pair[1].read_text() + pair[0].read_text(), 0o600)
        return whole

    def serve(self, *certificates, offer="Negotiate", proof="right", status="503 Busy"):
        """A foreign service that is no CEP: a 503 says no more than that, whatever was proved."""
        self.port, self.seen = free_port(), self.lab.folder / "seen.jsonl"
        self.seen.unlink(missing_ok=True)
        server = Process("negotiate", ["/usr/bin/python3", SERVER, str(self.port), self.seen,
                                       ",".join(map(str, certificates)), offer, proof, status],
                         self.lab.folder,
                         {**self.kdc.environment, "KRB5_KTNAME": f"FILE:{self.keytab}"})
        self.lab.started(server)
        server.wait_for_port(self.port)
        done = self.first(f"https://localhost:{self.port}/CEP")
        server.stop()
        return done

    def connections(self):
        return [json.loads(line) for line in self.seen.read_text().splitlines()]

    def requests(self):
        return [one["requests"] for one in self.connections()]

    def test_proof(self):
        """a bound token, to this host only; the acceptor's proof is checked where it comes"""
        good = self.certificate("a")
        who = f"alice@{self.kdc.realm} bound"
        for proof, expected in (("right", [["bare", who]]), ("none", [["bare", who]]),
                                ("closing", [["bare"], [who]])):
            self.assert_cause(self.serve(good, proof=proof), "transient", "503")
            self.assertEqual(self.requests(), expected)
        done = self.serve(good, proof="wrong")
        self.assertNotIn("503", done.stderr)
        self.assertIn("Negotiate token", done.stderr)
        self.assertEqual(self.requests(), [["bare", who]])

    def test_no_proof(self):
        """an answer or a fault to our token without the service's own is refused; with it, it is looked at"""
        good = self.certificate("a")
        who = f"alice@{self.kdc.realm} bound"
        for status in ("200 OK", "500 Fault"):
            self.assert_cause(self.serve(good, proof="none", status=status), "identity", "proved nothing of itself")
            self.assertEqual(self.requests(), [["bare", who]])
            done = self.serve(good, status=status)
            self.assertNotEqual(done.returncode, 0)
            self.assertNotIn("proved nothing", done.stderr)

    def test_another_certificate(self):
        """another server behind the name: nothing bound to the first is sent to it, and its own token is"""
        first, second = self.certificate("a"), self.certificate("b")
        done = self.serve(first, second, proof="closing")
        self.assert_cause(done, "transient", "503")
        self.assertEqual(self.connections(), [
            {"certificate": first.name, "requests": ["bare"]},
            {"certificate": second.name, "requests": []},
            {"certificate": second.name, "requests": [f"alice@{self.kdc.realm} bound"]}])

    def test_ever_another_certificate(self):
        """a certificate that changes with each connection is given up on, and no token was sent"""
        first, second = self.certificate("a"), self.certificate("b")
        done = self.serve(*[first, second] * 6, proof="closing")
        self.assert_cause(done, "transient", "another certificate")
        self.assertEqual([one for one in self.requests() if one], [["bare"]])
        self.assertLess(len(self.requests()), 6)

    def test_only_negotiate(self):
        """NTLM and Basic are not answered; Negotiate is, beside them and in any letter case"""
        good = self.certificate("a")
        for offer in ("NTLM", "NTLM|Basic realm=\"Negotiate, really\"", "Basic realm=\"x\"", "Negotiated"):
            done = self.serve(good, offer=offer)
            self.assert_cause(done, "identity", "it offers", "only Negotiate is answered")
            self.assertEqual(self.requests(), [["bare"]])
        for offer in ("NTLM|Negotiate", "negotiate", "Basic realm=\"a, b\", NEGOTIATE"):
            self.assert_cause(self.serve(good, offer=offer), "transient", "503")
            self.assertEqual(self.requests(), [["bare", f"alice@{self.kdc.realm} bound"]])


if __name__ == "__main__":
    import unittest
    unittest.main()
