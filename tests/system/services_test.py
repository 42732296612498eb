"""Renewals under real services: every listener and name proved, neighbours unharmed, a bad reload taken back."""

import json
import os
import unittest

from lab.apache import Apache
from lab.dovecot import Dovecot
from lab.files import write
from lab.haproxy import Haproxy
from lab.nginx import describe_certificate
from lab.openldap import Openldap, OpenldapOfOneFile
from lab.postfix import Postfix
from lab.processes import run
from lab.rsyslog_server import RsyslogOfGnutls, RsyslogServer
from lab.tomcat import MANAGER_PASSWORD, PASSWORD, Tomcat, TomcatOfKeyStores
from service_case import NEIGHBOUR, NeighbourCases, OwnUserCases
from system_case import HOST, SystemCase


class ApacheServes(NeighbourCases, SystemCase):
    # Two ports; on the second any name leads to the site, so its own is asked for there too.
    listeners = 2

    def make_service(self):
        return Apache(self.lab, HOST, NEIGHBOUR)

    def test_chain_file(self):
        """SSLCertificateChainFile of its own: a warning names file and line; renewed all the same"""
        self.start_service(more="SSLCertificateChainFile tls/chain.pem")
        self.renew()
        self.heard("renewal.completed")
        report = json.loads(run([self.lab.program("perennial-scanner"), "--config", self.agent.scanner_config,
                                 "scan"]).stdout)["report"]
        warnings = {slot["place"]["certificate_path"]: slot["warnings"] for slot in report["slots"]}
        self.assertEqual(warnings[str(self.nginx.neighbour_certificate)], [])
        self.assertRegex(warnings[str(self.nginx.certificate)][0],
                         r"1-web1\.conf:6: SSLCertificateChainFile is deprecated")


class HaproxyServes(NeighbourCases, SystemCase):
    listeners = 2

    def make_service(self):
        return Haproxy(self.lab, HOST, NEIGHBOUR)

    def issue(self, certificate, name, **options):
        """One file with certificate, chain and key, as administrators join them."""
        parts = [self.lab.folder / "part.pem", self.lab.folder / "part.key"]
        self.enrollment.issue_test(*parts, name, **options)
        write(certificate, "".join(part.read_text() for part in parts), 0o600)
        for part in parts:
            part.unlink()

    def test_every_listener_and_name(self):
        """HAProxy: every listener and name, and the order in the combined file"""
        super().test_every_listener_and_name()
        blocks = [line for line in self.nginx.certificate.read_text().splitlines() if line.startswith("-----BEGIN")]
        self.assertEqual(len([line for line in blocks if "PRIVATE KEY" in line]), 1)
        self.assertGreaterEqual(blocks.count("-----BEGIN CERTIFICATE-----"), 2)
        self.assertEqual(self.nginx.certificate.stat().st_mode & 0o777, 0o600)


@unittest.skipIf(os.geteuid() != 0, "only root can run Postfix")
class PostfixServes(NeighbourCases, SystemCase):
    listeners = 2
    reads_by_itself = True

    def make_service(self):
        return Postfix(self.lab, HOST, NEIGHBOUR)


@unittest.skipIf(os.geteuid() != 0, "Dovecot's processes have users of their own")
class DovecotServes(NeighbourCases, SystemCase):
    listeners = 2

    def make_service(self):
        return Dovecot(self.lab, HOST, NEIGHBOUR)


class OpenldapServes(OwnUserCases, SystemCase):
    listeners = 2

    def make_service(self):
        return Openldap(self.lab)

    @unittest.skipIf(os.geteuid() != 0, "only root can take a key from slapd's user")
    def test_key_unreadable(self):
        """a key that slapd may not read: the change of cn=config fails, TLS is gone, and comes back with the old pair"""
        self.start_service()
        self.renew(guard={"stores": [{"folder": self.nginx.tls, "owner": "root", "group": "root",
                                      "certificate_mode": "0644", "key_mode": "0600"}]})
        self.assert_rolled_back("ended with 80")
        self.assertIn("could not use", self.nginx.process.tail(20_000))


class OpenldapOfOneFileServes(OwnUserCases, SystemCase):
    listeners = 2

    def make_service(self):
        return OpenldapOfOneFile(self.lab)


class TomcatServes(NeighbourCases, SystemCase):
    # Its own name and none on the first port, any on the second.
    listeners = 3

    def make_service(self):
        return Tomcat(self.lab, HOST, NEIGHBOUR)

    def test_every_listener_and_name(self):
        """Tomcat: every listener and name, by the manager's sslReload; its password stays in its file"""
        super().test_every_listener_and_name()
        self.assert_not_written(MANAGER_PASSWORD, PASSWORD)

    def test_check_fails(self):
        """a reload that Tomcat refuses, here for another host's file: taken back; what it had loaded is served"""
        self.start_service()
        pid = self.nginx.process.pid
        write(self.nginx.neighbour_certificate.with_suffix(".key"), "no key\n", 0o600)
        self.renew()
        self.assert_rolled_back("ended with 22")
        self.assertTrue(self.nginx.process.running())
        self.assertEqual(self.nginx.process.pid, pid)


class TomcatOfKeyStoresServes(TomcatServes):
    def make_service(self):
        return TomcatOfKeyStores(self.lab, HOST, NEIGHBOUR)

    def issue(self, certificate, name, **options):
        super().issue(certificate, name, **options)
        if certificate == self.nginx.certificate:
            self.nginx.make_store()

    def renew(self, **agent_options):
        guard = {"stores": [{"folder": self.nginx.tls, "password_file": self.nginx.password_file}],
                 **agent_options.pop("guard", {})}
        super().renew(guard=guard, **agent_options)

    def placed(self):
        return describe_certificate(self.nginx.placed())

    def assert_pair_matches(self):
        run(["/usr/bin/openssl", "pkcs12", "-in", self.nginx.key_store, "-passin", f"file:{self.nginx.password_file}",
             "-noout"])


class RsyslogServes(NeighbourCases, SystemCase):
    listeners = 1

    def make_service(self):
        return RsyslogServer(self.lab, HOST, NEIGHBOUR)

    def test_every_listener_and_name(self):
        """rsyslog: a renewal by a restart, the input with a certificate of its own shows it as before"""
        super().test_every_listener_and_name()


class RsyslogOfGnutlsServes(RsyslogServes):
    """Each connection is shown what the files hold: whatever the action does, the new certificate is served."""

    def make_service(self):
        return RsyslogOfGnutls(self.lab, HOST, NEIGHBOUR)

    def assert_rolled_back(self, text, reloads=True):
        if "neighbour" in self.id():
            return super().assert_rolled_back(text, reloads)
        completed = self.heard("renewal.completed")
        if "still shows" not in text:
            self.assertIn(text, completed["reason"])
        self.assertEqual(self.nginx.served()["serial"], completed["certificate"]["serial"])
        self.assert_pair_matches()
        return self.assert_neighbour_unharmed()


if __name__ == "__main__":
    unittest.main()
