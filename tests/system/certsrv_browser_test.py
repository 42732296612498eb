"""/certsrv in a real browser, without a word of JavaScript on its pages: Chromium, driven by chromedriver."""

import os
import subprocess
import unittest
from pathlib import Path

from certsrv_case import NAME, CertsrvCase
from foreign_client import OPENSSL
from lab.processes import run, wait_until
from web_browser import INSTALLED, Browser

@unittest.skipUnless(INSTALLED, "no Chromium here: deploy/install-packages browser")
class InBrowser(CertsrvCase):
    def setUp(self):
        super().setUp()
        self.browser = Browser(self.lab, f"--ignore-certificate-errors-spki-list={self.pin()}")
        self.addCleanup(self.browser.quit)

    def pin(self):
        """The server's key, as Chromium's flag wants it: base64 of the SHA-256 of its SubjectPublicKeyInfo."""
        public = run([OPENSSL, "x509", "-in", self.enrollment.state / "tls.pem", "-noout", "-pubkey"]).stdout
        der = subprocess.run([OPENSSL, "pkey", "-pubin", "-outform", "DER"], input=public.encode(), capture_output=True,
                             check=True).stdout
        digest = subprocess.run([OPENSSL, "dgst", "-sha256", "-binary"], input=der, capture_output=True, check=True).stdout
        return subprocess.run([OPENSSL, "base64"], input=digest, capture_output=True, check=True).stdout.decode().strip()

    def sign_in(self):
        credentials = f"web-enroller:{self.enrollment.password}@"
        self.browser.open(self.url("/certsrv/").replace("https://", "https://" + credentials))
        self.assertEqual(self.heading(), "Certificate services")

    def heading(self):
        return self.browser.one("h1").text

    def text(self):
        return self.browser.one("body").text

    def follow(self, words):
        self.browser.go(self.browser.one(words, "partial link text"))

    def find(self, element_id):
        return self.browser.one("#" + element_id)

    def submit(self, template, pasted="", file=""):
        self.follow("Request a certificate")
        self.assertEqual(self.heading(), "Submit a certificate request")
        if pasted:
            self.find("CertRequest").type(pasted)
        if file:
            self.find("CertFile").type(str(file))
        next(option for option in self.browser.all("#lbCertTemplateID option") if option.text == template).click()
        self.see("form")
        self.browser.go(self.browser.one("button[type=submit]"))

    def see(self, name):
        """A picture, for who asks for them; and what the browser complained about, which is nothing."""
        folder = os.environ.get("PERENNIAL_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.browser.picture(Path(folder) / f"{name}.png")
        self.assertEqual(self.browser.complaints(), [])

    def download(self, words):
        downloads = self.browser.downloads
        before = set(downloads.iterdir()) if downloads.exists() else set()
        self.browser.one(words, "partial link text").click()

        def arrived():
            there = set(downloads.iterdir()) - before if downloads.exists() else set()
            return next((file for file in there if file.suffix in (".cer", ".p7b")), None)
        return wait_until(arrived, f"the browser saved {words}")

    def test_paste(self):
        """sign in, paste a PKCS#10, get the certificate, which openssl verifies"""
        request, key = self.csr()
        self.sign_in()
        self.see("home")
        self.submit("Web Server (Perennial)", pasted=request.read_text())
        self.assertEqual(self.heading(), "Certificate Issued")
        self.see("issued")
        saved = self.download("Download the certificate, base64")
        run([OPENSSL, "verify", "-CAfile", self.enrollment.root, "-untrusted", self.enrollment.issuing, saved])
        self.assertEqual(run([OPENSSL, "x509", "-in", saved, "-noout", "-pubkey"]).stdout,
                         run([OPENSSL, "pkey", "-in", key, "-pubout"]).stdout)
        self.follow("Your certificates")
        self.assertIn(NAME, self.text())
        self.assertRegex(self.text(), "days left: (89|90)")  # by whether a second has passed
        self.see("certificates")

    def test_form(self):
        """fill in the form, run what the page says, upload the request it made, get the certificate"""
        self.sign_in()
        self.follow("Make a request with a form")
        self.assertEqual(self.heading(), "Make a request with a form")
        next(option for option in self.browser.all("#Template option") if option.text == "Web Server (Perennial)").click()
        self.find("CommonName").type(NAME)
        self.find("DnsNames").type(NAME)
        self.see("recipe_form")
        self.browser.go(self.browser.one("button[type=submit]"))
        self.assertEqual(self.heading(), "Make the key and the request")
        script = self.folder / "pasted"
        script.write_text(f"cd '{self.folder}' || exit 1\n" + self.browser.one("pre").text + "\n")
        run(["/bin/sh", script])
        self.see("recipe")
        self.find("CertFile").type(str(self.folder / f"{NAME}.csr"))
        self.browser.go(self.browser.one("button[type=submit]"))
        self.assertEqual(self.heading(), "Certificate Issued")

    def test_pending(self):
        """upload a file, wait, see it among the pending ones, approved, checked, issued"""
        self.sign_in()
        self.submit("Approved <b>&amp; Server", file=self.csr()[0])
        self.assertEqual(self.heading(), "Certificate Pending")
        self.see("pending")
        request_id = next(item["request_id"] for item in self.ask_admin("/v1/requests")["items"] if item["state"] == "pending")
        self.follow("Pending requests")
        self.see("pending_list")
        self.decide("approve", request_id)
        self.browser.go(self.browser.one(f"button[aria-label='Check request {request_id}']"))
        self.assertEqual(self.heading(), "Certificate Issued")

    def test_refused(self):
        """denied and malformed requests, with hostile words in them, are told and nothing runs"""
        self.sign_in()
        hostile = self.csr(subject="/CN=<img src=x onerror=alert(1)>")[0]
        self.submit("Web Server (Perennial)", pasted=hostile.read_text())
        self.assertEqual(self.heading(), "Certificate Request Denied")
        self.assertIn("onerror", self.text())
        self.assertEqual(self.browser.all("main img"), [])
        self.see("denied")
        self.submit("Web Server (Perennial)", pasted="<script>alert(1)</script>")
        self.assertEqual(self.heading(), "This did not work")
        self.browser.complaints()  # Chromium notes the 400
        self.see("malformed")

    def test_foreign_page(self):
        """a form on another site, sent by the signed-in browser, is refused"""
        self.sign_in()
        page = self.lab.folder / "foreign.html"
        page.write_text(f'<form method="post" action="{self.url("/certsrv/certfnsh.asp")}"><input name="Mode" value="newreq">'
                        f'<textarea name="CertRequest">{self.csr()[0].read_text()}</textarea>'
                        '<input name="CertAttrib" value="CertificateTemplate:WebServer"><button>go</button></form>')
        self.browser.open(page.as_uri())
        self.browser.one("button").click()
        wait_until(lambda: self.browser.all("h1"), "the answer to the foreign form")
        self.assertEqual(self.heading(), "Refused")
        self.assertEqual(self.recorded(), [])

    def test_pages(self):
        """every page: one heading, labelled fields, nothing wider than a telephone, usable by keyboard alone"""
        self.sign_in()
        self.browser.resize(500, 900)
        for page in ("default.asp", "certrqus.asp", "certrqxt.asp", "certrqma.asp", "certckpn.asp", "certlist.asp",
                     "certcarc.asp"):
            self.browser.open(self.url("/certsrv/" + page))
            self.assertEqual(len(self.browser.all("h1")), 1)
            self.assertEqual(self.browser.one("html").attribute("lang"), "en")
            for field in self.browser.all("textarea, select, input:not([type=hidden])"):
                label = self.browser.all(f"label[for='{field.attribute('id')}']")
                self.assertEqual(len(label), 1, page)
            wide = self.browser.run("return document.documentElement.scrollWidth - window.innerWidth")
            self.assertLessEqual(wide, 0, page)
            self.see("narrow_" + page.split(".")[0])
            self.browser.one("body").type("\ue004")
            self.assertEqual(self.browser.active().attribute("class"), "skip")
