"""A host that is set to another zone and another language than most: no stored, sent or shown time or number changes."""

import datetime
import json
import os
from unittest import mock

from lab import processes
from lab.processes import run
from system_case import HOST, SystemCase

ZONE = "America/St_Johns"  # half an hour beside everybody else, and with summer time
LANGUAGE = "de_DE.UTF-8"   # 1,5


class Elsewhere(SystemCase):
    def setUp(self):
        super().setUp()
        locales = self.lab.folder / "locales"
        locales.mkdir()
        run(["/usr/bin/localedef", "-i", "de_DE", "-f", "UTF-8", locales / LANGUAGE])
        self.here = {"TZ": ZONE, "LC_ALL": LANGUAGE, "LANG": LANGUAGE, "LOCPATH": str(locales)}
        for change in (mock.patch.dict(os.environ, self.here), mock.patch.dict(processes.surroundings, self.here)):
            change.start()
            self.addCleanup(change.stop)

    def of_now(self, text):
        """In UTC and of the last minutes; of the zone's own time it would be hours away."""
        self.assertTrue(text.endswith("Z"), text)
        then = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        away = datetime.datetime.now(datetime.timezone.utc) - then
        self.assertLess(abs(away.total_seconds()), 1200, text)

    def test_renewal(self):
        """under America/St_Johns and a locale with commas an agent renews as anywhere, and every time is told in UTC"""
        self.assertEqual(run(["/usr/bin/printf", "%.1f", "1,5"]).stdout, "1,5")  # the language is in force
        self.assertIn(run(["/usr/bin/date", "+%z"]).stdout.strip(), ("-0330", "-0230"))
        self.start_enrollment()
        self.start_nginx()
        self.start_controller()
        self.start_agent()
        self.of_now(self.heard("renewal.completed")["time"])
        self.wait_for_new_certificate()
        ends = run(["/usr/bin/openssl", "x509", "-in", self.nginx.certificate, "-noout", "-enddate", "-dateopt", "iso_8601"]).stdout
        ends = ends.strip().split("=")[1].replace(" ", "T")
        def told():
            items = json.loads(self.agent.command("slots", "--json").stdout)["items"]
            return items[0] if items[0]["certificate"]["not_after"] == ends else None
        slot = processes.wait_until(told, "the slot's end is openssl's")
        status = json.loads(self.agent.command("status", "--json").stdout)
        self.of_now(status["scanned_at"])
        certificate = processes.wait_until(
            lambda: next((one for one in json.loads(self.controller.cli("certificates", "--json").stdout)["items"]
                          if one["not_after"] == ends), None), "the controller says the same end")
        self.assertEqual(certificate["host"], HOST)
        commands = [lambda: self.agent.command("explain", slot["slot_id"]).stdout,
                    lambda: self.agent.command("explain", slot["slot_id"], "--json").stdout,
                    lambda: self.controller.cli("certificates").stdout]
        shown = [command() for command in commands]
        with mock.patch.dict(os.environ, {"TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}):
            self.assertEqual(shown, [command() for command in commands])
