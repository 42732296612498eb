"""A tree of 200,000 files with 5,000 certificates under names that say nothing, and what must be found in it."""

import base64
import hashlib
import random
import subprocess
import textwrap

FILES = 200_000
CERTIFICATES = 5_000
FOLDERS = 4_000
WORDS = ("the", "server", "key", "= value", "{", "}", "if", "return", "0x7f", "log", "info", "2026-11-21", "# comment", "path/of/file")


class FileTree:
    def __init__(self, folder):
        self.root = folder / "tree"
        self.expected = {}  # path: SHA-256 of the certificate
        self._random = random.Random(20261121)
        self._make_certificates(folder)
        self._write()

    def _make_certificates(self, folder):
        def openssl(*arguments):
            return subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True).stdout
        for name, key in (("rsa", "rsa:2048"), ("ec", "ec")):
            curve = ["-pkeyopt", "ec_paramgen_curve:P-256"] if key == "ec" else []
            openssl("req", "-x509", "-newkey", key, *curve, "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA")
            openssl("req", "-newkey", key, *curve, "-nodes", "-keyout", f"{name}.key", "-out", "a.csr", "-subj", f"/CN={name}.example.test",
                    "-addext", "subjectAltName=DNS:a.example.test,DNS:b.example.test")
            openssl("x509", "-req", "-in", "a.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "90", "-copy_extensions", "copy",
                    "-set_serial", "0x75" + "a5" * 15, "-out", f"{name}.pem")
        self._plain = [openssl("x509", "-in", f"{name}.pem", "-outform", "DER") for name in ("rsa", "ec")]
        self._trusted = [self._der(openssl("x509", "-in", f"{name}.pem", "-trustout", "-addtrust", "serverAuth")) for name in ("rsa", "ec")]

    @staticmethod
    def _der(pem):
        return base64.b64decode(b"".join(pem.splitlines()[1:-1]))

    def _certificate(self, number):
        """PEM text and the fingerprint: the same certificate with another serial number each time. Nobody checks the signature."""
        kind, trusted = number % 2, number % 7 == 0
        old = bytes.fromhex("75" + "a5" * 15)
        new = b"\x11" + self._random.randbytes(15)
        plain = self._plain[kind].replace(old, new, 1)
        assert plain != self._plain[kind]
        der = self._trusted[kind].replace(old, new, 1) if trusted else plain
        label = "TRUSTED CERTIFICATE" if trusted else "CERTIFICATE"
        lines = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
        text = f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"
        if number % 5 == 0:
            text = self._text(self._random.randrange(100, 30_000)).decode() + "\n" + text + "and more\n"
        return text.encode(), hashlib.sha256(plain).hexdigest()

    def _text(self, size):
        line = " ".join(self._random.choices(WORDS, k=40)) + "\n"
        return (line * (size // len(line) + 1))[:size].encode()

    def _other(self):
        """Most files are small; a third is not text."""
        size = min(int(self._random.lognormvariate(7, 1.4)), 400_000) + 1
        return self._random.randbytes(size) if self._random.random() < 0.33 else self._text(size)

    def _write(self):
        folders = [self.root]
        self.root.mkdir()
        for number in range(FOLDERS):
            folder = self._random.choice(folders[-400:]) / f"d{number}"
            if len(folder.parts) - len(self.root.parts) > 12:
                folder = self.root / f"d{number}"
            folder.mkdir()
            folders.append(folder)
        chosen = set(self._random.sample(range(FILES), CERTIFICATES))
        for number in range(FILES):
            path = self._random.choice(folders) / f"{self._random.getrandbits(40):x}{self._random.choice(['', '.txt', '.so', '.conf', '.log'])}"
            if number in chosen:
                content, self.expected[str(path)] = self._certificate(number)
            else:
                content = self._other()
            path.write_bytes(content)
