"""CMC full requests and odd PKCS#10, made of Python's bytes and openssl: nothing of ours."""

import base64

from foreign_client import OPENSSL, parts, tlv
from lab.processes import run

PKI_DATA = "1.3.6.1.5.5.7.12.2"
REG_INFO = bytes.fromhex("06082b06010505070712")           # 1.3.6.1.5.5.7.7.18
ENCRYPTED_KEY_HASH = bytes.fromhex("06092b0601040182371515")  # 1.3.6.1.4.1.311.21.21
RENEWAL_CERTIFICATE = bytes.fromhex("06092b0601040182370d01")
OS_VERSION = bytes.fromhex("060a2b0601040182370d0203")


def pki_data(requests, controls=()):
    """PKIData (RFC 5272 3.2.1): controls are pairs of OID and value, both DER."""
    control = b"".join(tlv(0x30, bytes([2, 1, 2 + n]) + oid + tlv(0x31, value))
                       for n, (oid, value) in enumerate(controls))
    tagged = b"".join(tlv(0xA0, bytes([2, 1, 1]) + request) for request in requests)
    return tlv(0x30, tlv(0x30, control) + tlv(0x30, tagged) + b"\x30\0" * 2)


def reg_info(text):
    return REG_INFO, tlv(4, text.encode())


def with_attribute(client, request, key, attribute):
    """The PKCS#10 with one more attribute, signed anew."""
    information, algorithm, _ = parts(request.read_bytes())
    version, subject, public_key, attributes = parts(information)
    attributes = tlv(0xA0, b"".join(parts(attributes)) + attribute)
    file = client.save(tlv(0x30, version + subject + public_key + attributes), "changed.information")
    signature = client.folder / "changed.signature"
    run([OPENSSL, "dgst", "-sha256", "-sign", key, "-out", signature, file])
    return client.save(tlv(0x30, file.read_bytes() + algorithm + tlv(3, b"\0" + signature.read_bytes())), "changed.p10")


def renewing(client, request, key, certificate):
    """The PKCS#10 with the certificate as attribute 13.1."""
    pem = run([OPENSSL, "x509", "-in", certificate]).stdout
    der = base64.b64decode("".join(pem.split("\n")[1:-2]))
    return with_attribute(client, request, key, tlv(0x30, RENEWAL_CERTIFICATE + tlv(0x31, der)))


def sign(client, data, signers, content_type=PKI_DATA):
    """openssl's SignedData. A signer is a key, named by its identifier, or a pair of certificate and key."""
    message = client.save(data, "cmc.content")
    command = ["-sign", "-nodetach", "-econtent_type", content_type, "-in", message]
    for number, signer in enumerate(signers):
        if isinstance(signer, tuple):
            certificate, key, options = *signer, []
        else:
            certificate, key, options = client.folder / "holder.pem", signer, ["-keyid", "-nocerts"]
            run([OPENSSL, "req", "-x509", "-new", "-key", key, "-subj", "/CN=nobody", "-out", certificate])
        signed = client.folder / f"cmc.{number}.der"
        run([OPENSSL, "cms", *command, "-binary", "-nosmimecap", "-md", "sha256", "-signer", certificate, "-inkey", key,
             *options, "-outform", "DER", "-out", signed])
        command = ["-resign", "-inform", "DER", "-in", signed]
    return signed
