"""Renewals under real databases: every listener proved, a bad reload taken back."""

import os
import unittest

from lab.mariadb import Mariadb
from lab.postgresql import Postgresql
from lab.redis import PASSWORD, Redis
from service_case import OwnUserCases
from system_case import SystemCase


class PostgresqlServes(OwnUserCases, SystemCase):
    listeners = 1

    def make_service(self):
        return Postgresql(self.lab)

    def test_every_listener_and_name(self):
        """PostgreSQL: a renewal seen by SSLRequest, the key its user's alone"""
        super().test_every_listener_and_name()
        facts = self.nginx.key.stat()
        self.assertEqual(facts.st_mode & 0o777, 0o600)
        self.assertEqual(facts.st_uid, self.nginx.data.stat().st_uid)

    def test_key_mode(self):
        """a key that PostgreSQL does not load: it says so, exits 0 and shows the old one: taken back"""
        self.start_service()
        self.renew(guard={"stores": [{"folder": self.nginx.tls, "certificate_mode": "0644", "key_mode": "0640"}]})
        self.assert_rolled_back("still shows the certificate")
        self.assertIn("has group or world access", self.nginx.process.tail(20_000))


class RedisServes(OwnUserCases, SystemCase):
    listeners = 1

    def make_service(self):
        return Redis(self.lab)

    def test_every_listener_and_name(self):
        """Redis: a renewal by CONFIG SET; its password stays in its file"""
        super().test_every_listener_and_name()
        self.assert_not_written(PASSWORD)

    @unittest.skipIf(os.geteuid() != 0, "only root can take a key from the user of Redis")
    def test_check_fails(self):
        """a key that Redis may not read: curl ends with 0, the old certificate is shown: taken back"""
        self.start_service()
        pid = self.nginx.process.pid
        self.renew(guard={"stores": [{"folder": self.nginx.tls, "owner": "root", "group": "root",
                                      "certificate_mode": "0644", "key_mode": "0600"}]})
        self.assert_rolled_back("still shows the certificate")
        self.assertEqual(self.nginx.process.pid, pid)
        self.assertIn("Failed to load private key", self.nginx.process.tail(20_000))


class MariadbServes(OwnUserCases, SystemCase):
    listeners = 1

    def make_service(self):
        return Mariadb(self.lab)

    def test_every_listener_and_name(self):
        """MariaDB: a renewal by FLUSH SSL, seen by MySQL's SSLRequest; it is the same process afterwards"""
        super().test_every_listener_and_name()
        self.assertTrue(self.nginx.process.running())

    @unittest.skipIf(os.geteuid() != 0, "only root can take a key from MariaDB's user")
    def test_key_unreadable(self):
        """a key that MariaDB may not read: FLUSH SSL says so, what was loaded is served: taken back"""
        self.start_service()
        pid = self.nginx.process.pid
        self.renew(guard={"stores": [{"folder": self.nginx.tls, "owner": "root", "group": "root",
                                      "certificate_mode": "0644", "key_mode": "0600"}]})
        self.assert_rolled_back("ended with 1")
        self.assertEqual(self.nginx.process.pid, pid)
        self.assertIn("Unable to get private key", self.nginx.process.tail(20_000))


if __name__ == "__main__":
    unittest.main()
