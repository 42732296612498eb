"""Writes a Negotiate token, in base64, as a client makes it that is not ours: MIT's libgssapi through python3-gssapi.

    /usr/bin/python3 negotiate_token.py [--certificate PEM | --binding HEX] [--mechanism spnego|krb5] SERVICE@HOST
"""

import argparse
import base64
import hashlib
import ssl
from pathlib import Path

import gssapi
from gssapi.raw import ChannelBindings

OIDS = {"spnego": "1.3.6.1.5.5.2", "krb5": "1.2.840.113554.1.2.2"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--certificate", help="bind to the channel whose server shows this certificate, SHA-256")
    parser.add_argument("--binding", help="bind to these application data, in hex")
    parser.add_argument("--mechanism", choices=OIDS, default="spnego")
    parser.add_argument("service")
    options = parser.parse_args()
    data = bytes.fromhex(options.binding) if options.binding else None
    if options.certificate:
        pem = Path(options.certificate).read_text()
        first = pem[:pem.index("-----END CERTIFICATE-----") + 25]
        data = b"tls-server-end-point:" + hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).digest()
    context = gssapi.SecurityContext(
        name=gssapi.Name(options.service, gssapi.NameType.hostbased_service), usage="initiate",
        mech=gssapi.OID.from_int_seq(OIDS[options.mechanism]),
        channel_bindings=ChannelBindings(application_data=data) if data else None)
    print(base64.b64encode(context.step()).decode())


if __name__ == "__main__":
    main()
