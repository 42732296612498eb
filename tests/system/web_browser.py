"""Chromium, headless, told what to do through chromedriver: the W3C's WebDriver, spoken with Python's own HTTP."""

import base64
import json
import os
import urllib.error
import urllib.request

from lab.processes import LabError, Process, free_port, wait_until

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
INSTALLED = os.access(CHROMIUM, os.X_OK) and os.access(DRIVER, os.X_OK)
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1100,1000",
         "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    def __init__(self, lab, *flags):
        folder = lab.folder / "browser"
        folder.mkdir()
        self.downloads = folder / "downloads"
        self.port = free_port()
        driver = Process("chromedriver", [DRIVER, f"--port={self.port}"], folder,
                         {"HOME": str(folder), "TMPDIR": str(folder)})
        lab.started(driver)
        driver.wait_for_port(self.port)
        options = {"binary": CHROMIUM, "args": [*FLAGS, f"--user-data-dir={folder}/profile", *flags],
                   "prefs": {"download.default_directory": str(self.downloads)}}
        made = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.session = f"/session/{made['sessionId']}"

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method,
                                         data=json.dumps(body).encode() if body is not None else None)
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise LabError(f"chromedriver: {error.read().decode()[:1000]}") from error

    def tell(self, what, **body):
        return self.ask("POST", self.session + what, body)

    def quit(self):
        self.ask("DELETE", self.session)

    def open(self, url):
        self.tell("/url", url=url)

    def all(self, selector, using="css selector"):
        return [Element(self, found[ELEMENT]) for found in self.tell("/elements", using=using, value=selector)]

    def one(self, selector, using="css selector"):
        found = self.all(selector, using)
        if len(found) != 1:
            raise LabError(f"{selector}: {len(found)} of them")
        return found[0]

    def go(self, element):
        """Clicks what leads to another page, and waits until that one is there."""
        here = self.one("html").path
        element.click()
        wait_until(lambda: all(page.path != here for page in self.all("html")) and self.all("h1"), "another page")

    def active(self):
        return Element(self, self.ask("GET", self.session + "/element/active")[ELEMENT])

    def resize(self, width, height):
        self.tell("/window/rect", width=width, height=height)

    def run(self, script):
        return self.tell("/execute/sync", script=script, args=[])

    def complaints(self):
        """What the browser wrote to its console since it was asked last; nobody made it an icon."""
        return [entry["message"] for entry in self.tell("/se/log", type="browser") if "favicon" not in entry["message"]]

    def picture(self, file):
        file.write_bytes(base64.b64decode(self.ask("GET", self.session + "/screenshot")))


class Element:
    def __init__(self, browser, identifier):
        self.browser, self.path = browser, f"{browser.session}/element/{identifier}"

    def click(self):
        self.browser.ask("POST", self.path + "/click", {})

    def type(self, text):
        self.browser.ask("POST", self.path + "/value", {"text": text})

    @property
    def text(self):
        return self.browser.ask("GET", self.path + "/text")

    def attribute(self, name):
        return self.browser.ask("GET", f"{self.path}/attribute/{name}")
