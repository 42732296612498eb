"""What CycloneDX 1.6 (ECMA-424) asks of the members that a bill of ours has: a judge of its own, written from the published
words, so that it shares nothing with who writes the bill. A member that is not listed here is a fault, as it is there."""

import re

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
SERIAL = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

COMPONENT_TYPES = """application framework library container platform operating-system device device-driver firmware file
machine-learning-model data cryptographic-asset""".split()
ASSET_TYPES = "algorithm certificate protocol related-crypto-material".split()
PRIMITIVES = """drbg mac block-cipher stream-cipher signature hash pke xof kdf key-agree kem ae combiner other unknown""".split()
FUNCTIONS = """generate keygen encrypt decrypt digest tag keyderive sign verify encapsulate decapsulate other unknown""".split()
MATERIALS = """private-key public-key secret-key key ciphertext signature digest initialization-vector nonce seed salt
shared-secret tag additional-data password credential token other unknown""".split()
STATES = "pre-activation active suspended deactivated compromised destroyed".split()


def text(value):
    return isinstance(value, str)


def whole(least, most=None):
    return lambda value: type(value) is int and value >= least and (most is None or value <= most)


def one_of(words):
    return lambda value: value in words


def time(value):
    return text(value) and TIME.fullmatch(value) is not None


def reference(value):
    return text(value) and value != "" and not value.startswith("urn:cdx:")


def many(check):
    return lambda value: isinstance(value, list) and all(check(item) for item in value)


class Shape:
    """An object with these members and no other; those of `required` must be there."""

    def __init__(self, members, required=()):
        self.members, self.required = members, required

    def faults(self, value, at):
        if not isinstance(value, dict):
            return [f"{at}: no object"]
        found = [f"{at}: {name} is missing" for name in self.required if name not in value]
        for name, item in value.items():
            check = self.members.get(name)
            if check is None:
                found.append(f"{at}: {name} is unknown")
            elif isinstance(check, Shape):
                found += check.faults(item, f"{at}.{name}")
            elif isinstance(check, list):  # of objects
                items = item if isinstance(item, list) else [None]
                found += [fault for i, one in enumerate(items) for fault in check[0].faults(one, f"{at}.{name}[{i}]")]
            elif not check(item):
                found.append(f"{at}: {name} is {item!r}")
        return found


ALGORITHM = Shape({"primitive": one_of(PRIMITIVES), "parameterSetIdentifier": text, "curve": text,
                   "cryptoFunctions": many(one_of(FUNCTIONS)), "classicalSecurityLevel": whole(0),
                   "nistQuantumSecurityLevel": whole(0, 6)})
CERTIFICATE = Shape({"subjectName": text, "issuerName": text, "notValidBefore": time, "notValidAfter": time,
                     "signatureAlgorithmRef": reference, "subjectPublicKeyRef": reference, "certificateFormat": text})
# `value` is allowed there, and must not be in ours.
MATERIAL = Shape({"type": one_of(MATERIALS), "state": one_of(STATES), "algorithmRef": reference, "size": whole(1)})
CRYPTO = Shape({"assetType": one_of(ASSET_TYPES), "algorithmProperties": ALGORITHM, "certificateProperties": CERTIFICATE,
                "relatedCryptoMaterialProperties": MATERIAL}, ["assetType"])
OCCURRENCE = Shape({"location": text}, ["location"])
COMPONENT = Shape({"type": one_of(COMPONENT_TYPES), "name": text, "version": text, "bom-ref": reference, "cryptoProperties": CRYPTO,
                   "evidence": Shape({"occurrences": [OCCURRENCE]})}, ["type", "name"])
METADATA = Shape({"timestamp": time, "tools": Shape({"components": [COMPONENT]}), "component": COMPONENT})
BILL = Shape({"bomFormat": one_of(["CycloneDX"]), "specVersion": one_of(["1.6"]), "version": whole(1), "metadata": METADATA,
              "serialNumber": lambda value: text(value) and SERIAL.fullmatch(value) is not None, "components": [COMPONENT]},
             ["bomFormat", "specVersion"])

PROPERTIES = {"algorithm": "algorithmProperties", "certificate": "certificateProperties",
              "related-crypto-material": "relatedCryptoMaterialProperties"}
# Which asset a reference must lead to.
LEADS_TO = {"signatureAlgorithmRef": "algorithm", "subjectPublicKeyRef": "related-crypto-material", "algorithmRef": "algorithm"}


def faults(bill):
    """Why it is no bill of materials of CycloneDX 1.6: nothing, where it is one."""
    found = BILL.faults(bill, "bill")
    if found:
        return found
    components = bill["components"]
    assets = {}
    for component in components:
        name = component.get("bom-ref")
        if name in assets:
            found.append(f"{name} is there twice")
        assets[name] = component.get("cryptoProperties", {}).get("assetType")
    for component in components:
        crypto = component.get("cryptoProperties", {})
        asset = crypto.get("assetType")
        wanted = {"assetType", PROPERTIES.get(asset)}
        if component["type"] != "cryptographic-asset" or set(crypto) != wanted:
            found.append(f"{component['name']}: {component['type']} with {sorted(crypto)}")
            continue
        for member, value in crypto[PROPERTIES[asset]].items():
            if member in LEADS_TO and assets.get(value) != LEADS_TO[member]:
                found.append(f"{component['name']}: {member} leads to {assets.get(value)}: {value}")
    return found
