"""`discover --cbom` of a tree that openssl made, held to CycloneDX 1.6 by a judge of its own and to what openssl says."""

import copy
import json

import cyclone_dx
from lab.agent import Agent
from lab.files import write
from lab.nginx import Nginx
from lab.processes import run
from system_case import SystemCase

OPENSSL = "/usr/bin/openssl"
AUTHORITY = "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign\n"


class BillOfMaterials(SystemCase):
    def setUp(self):
        super().setUp()
        self.tree = self.lab.folder / "tree"
        self.made = self.lab.folder / "made"
        self.tree.mkdir()
        self.made.mkdir()

    def make(self, name, issuer=None, key=("EC", "ec_paramgen_curve:P-256"), extensions="", begin=None, end=None, digest="sha256"):
        """Files NAME.pem and NAME.key by openssl; signed by itself without an issuer."""
        algorithm, *option = key
        folder = self.made
        run([OPENSSL, "genpkey", "-algorithm", algorithm, *(["-pkeyopt", option[0]] if option else []), "-out", folder / f"{name}.key"])
        config = write(folder / "ca.cnf", f"""[ca]
default_ca = own
[own]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
policy = any
[any]
commonName = supplied
[req]
distinguished_name = none
[none]
[extensions]
{extensions or "basicConstraints = CA:FALSE"}
""")
        write(folder / "index", "")
        run([OPENSSL, "req", "-new", "-config", config, "-key", folder / f"{name}.key", "-subj", f"/CN={name}", "-out", folder / "request"])
        signer = ["-selfsign", "-keyfile", folder / f"{name}.key"] if issuer is None else [
            "-keyfile", folder / f"{issuer}.key", "-cert", folder / f"{issuer}.pem"]
        run([OPENSSL, "ca", "-batch", "-notext", "-config", config, "-in", folder / "request", "-out", folder / f"{name}.pem",
             "-extensions", "extensions", "-md", digest, "-startdate", begin or "20200101000000Z",
             "-enddate", end or "20991231235959Z", *signer])

    def place(self, name, *chain, to=None):
        folder = self.tree / (to or name)
        folder.mkdir()
        write(folder / "cert.pem", "".join((self.made / f"{one}.pem").read_text() for one in (name, *chain)))
        write(folder / "key.pem", (self.made / f"{name}.key").read_text(), 0o600)

    def fingerprint(self, name):
        said = run([OPENSSL, "x509", "-in", self.made / f"{name}.pem", "-noout", "-fingerprint", "-sha256"]).stdout
        return said.strip().split("=")[1].replace(":", "").lower()

    def bill(self):
        agent = Agent(self.lab, Nginx(self.lab))
        agent.configure(policies=self.lab.folder / "none", sources=[{"kind": "files", "folders": [str(self.tree)]}])
        return json.loads(agent.command("discover", "--cbom").stdout)

    def test_bill(self):
        """the bill of materials is CycloneDX 1.6 by its own words, with chains, key states, and what openssl made"""
        self.make("root", extensions=AUTHORITY, key=("RSA", "rsa_keygen_bits:2048"))
        self.make("middle", "root", extensions=AUTHORITY)
        self.make("web1", "middle")
        self.make("over", "middle", end="20240101000000Z", key=("ED25519",))
        self.make("early", "middle", begin="20900101000000Z", key=("RSA", "rsa_keygen_bits:2048"))
        self.make("odd", key=("EC", "ec_paramgen_curve:secp192k1"), digest="sha1")
        self.place("web1", "middle", "root")
        self.place("web1", "middle", to="copy")
        self.place("over", "middle")
        self.place("early")
        self.place("odd")
        write(self.tree / "trust.pem", (self.made / "root.pem").read_text())
        bill = self.bill()
        self.assertEqual(cyclone_dx.faults(bill), [])
        self.assertNotIn("PRIVATE KEY", json.dumps(bill))

        components = {one["bom-ref"]: one for one in bill["components"]}
        for name in ("root", "middle", "web1", "over", "early", "odd"):
            component = components[f"certificate:{self.fingerprint(name)}"]
            self.assertEqual(component["name"], name)
            certificate = component["cryptoProperties"]["certificateProperties"]
            said = run([OPENSSL, "x509", "-in", self.made / f"{name}.pem", "-noout", "-subject", "-issuer", "-enddate",
                        "-nameopt", "RFC2253", "-dateopt", "iso_8601"]).stdout
            self.assertIn("subject=" + certificate["subjectName"], said)
            self.assertIn("issuer=" + certificate["issuerName"], said)
            self.assertIn("notAfter=" + certificate["notValidAfter"].replace("T", " "), said)
        self.assertEqual(len([one for one in components if one.startswith("certificate:")]), 6)

        def places(kind, name):
            evidence = components[f"{kind}:{self.fingerprint(name)}"].get("evidence", {"occurrences": []})
            return [one["location"] for one in evidence["occurrences"]]

        def state(kind, name):
            return components[f"{kind}:{self.fingerprint(name)}"]["cryptoProperties"]["relatedCryptoMaterialProperties"]["state"]

        files = {folder: str(self.tree / folder / "cert.pem") for folder in ("copy", "early", "over", "web1")}
        self.assertEqual(places("certificate", "middle"), [files["copy"], files["over"], files["web1"]])
        self.assertEqual(places("certificate", "web1"), [files["copy"], files["web1"]])
        self.assertEqual(places("private-key", "early"), [str(self.tree / "early" / "key.pem")])
        self.assertNotIn(f"private-key:{self.fingerprint('middle')}", components)
        for name, wanted in (("web1", "active"), ("over", "deactivated"), ("early", "pre-activation")):
            self.assertEqual((state("private-key", name), state("public-key", name)), (wanted, wanted), name)

    def test_judge(self):
        """the judge of bills finds what is wrong: words, members, references, names given twice"""
        self.make("web1")
        self.place("web1")
        good = self.bill()
        self.assertEqual(cyclone_dx.faults(good), [])
        crypto = {one["cryptoProperties"]["assetType"]: i for i, one in enumerate(good["components"])}

        def with_change(change):
            bill = copy.deepcopy(good)
            change(bill, lambda kind: bill["components"][crypto[kind]]["cryptoProperties"])
            return cyclone_dx.faults(bill)

        changes = (
            lambda bill, of: bill.pop("specVersion"),
            lambda bill, of: bill.update(serialNumber="urn:uuid:1"),
            lambda bill, of: bill["components"].append(bill["components"][0]),
            lambda bill, of: bill["components"][0].pop("name"),
            lambda bill, of: bill["components"][0].update(type="key"),
            lambda bill, of: bill["components"].pop(crypto["algorithm"]),
            lambda bill, of: of("algorithm").update(assetType="cipher"),
            lambda bill, of: of("algorithm")["algorithmProperties"].update(primitive="rsa"),
            lambda bill, of: of("algorithm")["algorithmProperties"].update(cryptoFunctions=["seal"]),
            lambda bill, of: of("algorithm")["algorithmProperties"].update(nistQuantumSecurityLevel=7),
            lambda bill, of: of("certificate")["certificateProperties"].update(notValidAfter="2026-01-01"),
            lambda bill, of: of("certificate")["certificateProperties"].update(subjectPublicKeyRef="nowhere"),
            lambda bill, of: of("certificate").pop("certificateProperties"),
            lambda bill, of: of("related-crypto-material")["relatedCryptoMaterialProperties"].update(state="expired"),
            lambda bill, of: of("related-crypto-material")["relatedCryptoMaterialProperties"].update(type="rsa-key"),
            lambda bill, of: of("related-crypto-material")["relatedCryptoMaterialProperties"].update(value="MIIE"))
        for number, change in enumerate(changes):
            self.assertNotEqual(with_change(change), [], f"change {number}")
