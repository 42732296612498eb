"""A CEP and CES client made of curl, openssl and Python's XML reader: nothing of ours."""

import base64
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from lab.processes import run

OPENSSL = "/usr/bin/openssl"
S = "{http://www.w3.org/2003/05/soap-envelope}"
A = "{http://www.w3.org/2005/08/addressing}"
P = "{http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy}"
E = "{http://schemas.microsoft.com/windows/pki/2009/01/enrollment}"
T = "{http://docs.oasis-open.org/ws-sx/ws-trust/200512}"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
PASSWORD_TEXT = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText"
GET_POLICIES = "http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy/IPolicy/GetPolicies"
RST = "http://schemas.microsoft.com/windows/pki/2009/01/enrollment/RST/wstep"
ISSUE = T[1:-1] + "/Issue"
QUERY = E[1:-1] + "/QueryTokenStatus"
X509 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"


# 1.3.6.1.4.1.311.13.1; openssl's configuration cannot write an attribute of this type.
RENEWAL_CERTIFICATE = bytes.fromhex("06092b0601040182370d01")


def tlv(tag, content):
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    length = bytes([size]) if size < 128 else bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + length + content


def parts(der):
    """The DER values inside a constructed one."""
    def header(at):
        more = der[at + 1] & 0x7F if der[at + 1] & 0x80 else 0
        size = int.from_bytes(der[at + 2:at + 2 + more], "big") if more else der[at + 1]
        return at + 2 + more, at + 2 + more + size
    at, end = header(0)
    found = []
    while at < end:
        after = header(at)[1]
        found.append(der[at:after])
        at = after
    return found


@dataclass
class Reply:
    status: int
    text: str

    @property
    def xml(self):
        return ElementTree.fromstring(self.text)

    def value(self, tag):
        return self.xml.findtext(f".//{tag}")

    @property
    def reason(self):
        return self.value(S + "Text") or ""

    @property
    def error_code(self):
        return int(self.value(E + "ErrorCode"))

    def tokens(self):
        """(PKCS#7 answer, certificate or None), both DER."""
        found = {token.get("ValueType").rsplit("#")[-1]: base64.b64decode(token.text)
                 for token in self.xml.iter("{%s}BinarySecurityToken" % WSSE) if token.text}
        return found.get("PKCS7"), found.get("X509v3")


def get_policies():
    return (f'<GetPolicies xmlns="{P[1:-1]}"><client><lastUpdate xsi:nil="true"/>'
            '<preferredLanguage xsi:nil="true"/></client><requestFilter xsi:nil="true"/></GetPolicies>')


def issue(request, value_type):
    token = base64.b64encode(Path(request).read_bytes()).decode()
    return (f'<RequestSecurityToken xmlns="{T[1:-1]}"><TokenType>{X509}</TokenType><RequestType>{ISSUE}</RequestType>'
            f'<BinarySecurityToken xmlns="{WSSE}" ValueType="{value_type}" EncodingType="{WSSE}#base64binary">{token}'
            f'</BinarySecurityToken><RequestID xsi:nil="true" xmlns="{E[1:-1]}"/></RequestSecurityToken>')


def issue_pkcs10(request):
    return issue(request, E[1:-1] + "#PKCS10")


def issue_renewal(cms):
    return issue(cms, WSSE + "#PKCS7")


def query(request_id):
    return (f'<RequestSecurityToken xmlns="{T[1:-1]}"><TokenType>{X509}</TokenType><RequestType>{QUERY}</RequestType>'
            f'<RequestID xmlns="{E[1:-1]}">{request_id}</RequestID></RequestSecurityToken>')


class ForeignClient:
    def __init__(self, folder, enrollment):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.enrollment = enrollment

    def envelope(self, url, action, body, user=None, password=None):
        security = "" if user is None else (
            f'<o:Security s:mustUnderstand="1" xmlns:o="{WSSE}"><o:UsernameToken><o:Username>{escape(user)}'
            f'</o:Username><o:Password Type="{PASSWORD_TEXT}">{escape(password)}</o:Password></o:UsernameToken></o:Security>')
        return (f'<s:Envelope xmlns:s="{S[1:-1]}" xmlns:a="{A[1:-1]}"><s:Header><a:Action s:mustUnderstand="1">{action}'
                '</a:Action><a:MessageID>urn:uuid:00000000-0000-4000-8000-0000000000aa</a:MessageID>'
                f'<a:To s:mustUnderstand="1">{url}</a:To>{security}</s:Header>'
                f'<s:Body xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{body}</s:Body></s:Envelope>')

    def post(self, url, text, pair=None, content_type="application/soap+xml; charset=utf-8"):
        message = self.folder / "message.xml"
        message.write_text(text)
        return self.curl(url, ["-H", "Content-Type: " + content_type, "--data-binary", f"@{message}"], pair)

    def curl(self, url, options=(), pair=None):
        answer = self.folder / "answer.xml"
        answer.unlink(missing_ok=True)
        certificate = ["--cert", pair[0], "--key", pair[1]] if pair else []
        done = run(["/usr/bin/curl", "-sS", "--cacert", self.enrollment.root, "-o", answer, "-w", "%{http_code}",
                    *certificate, *options, url])
        return Reply(int(done.stdout), answer.read_text() if answer.exists() else "")

    def ask(self, path, action, body, user="web-enroller", password=None):
        url = self.enrollment.url(path)
        return self.post(url, self.envelope(url, action, body, user, password or self.enrollment.password))

    def ask_by_certificate(self, path, action, body, pair):
        url = self.enrollment.url(path)
        return self.post(url, self.envelope(url, action, body), pair)

    def request(self, name, template_oid, label="new", template_name=None, names=None, more="", version=(100, 4)):
        """A PKCS#10 in DER, and its key: szOID_CERTIFICATE_TEMPLATE written by openssl's own configuration.

        With `template_name` also szOID_ENROLL_CERTTYPE_EXTENSION: certmonger writes both when it is told both.
        `names`: the alternative names, such as "DNS:host"; `more`: further lines of extensions.
        """
        named = f"1.3.6.1.4.1.311.20.2=ASN1:BMPSTRING:{template_name}\n" if template_name else ""
        names = [f"DNS:{name}"] if names is None else names
        named += ("subjectAltName=@names\n" if names else "") + more
        listed = "".join(f"{kind}.{n}={value}\n" for n, (kind, value) in enumerate(one.split(":", 1) for one in names))
        config, key, der = (self.folder / f"{label}.{end}" for end in ("cnf", "key", "p10"))
        config.write_text(
            f"[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=ext\n[dn]\nCN={name}\n[ext]\n"
            f"{named}1.3.6.1.4.1.311.21.7=ASN1:SEQUENCE:template\n[template]\n"
            f"id=OID:{template_oid}\nmajor=INTEGER:{version[0]}\nminor=INTEGER:{version[1]}\n"
            f"[names]\n{listed}")
        run([OPENSSL, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", config,
             "-keyout", key, "-outform", "DER", "-out", der])
        return der, key

    def renewal(self, request, key, pair):
        """The PKCS#10, with the old certificate as attribute 13.1, in a CMS signed with the old certificate's key."""
        old = run([OPENSSL, "x509", "-in", pair[0]]).stdout
        old_der = base64.b64decode("".join(old.split("\n")[1:-2]))
        information, algorithm, _ = parts(request.read_bytes())
        version, subject, public_key, attributes = parts(information)
        named = tlv(0x30, RENEWAL_CERTIFICATE + tlv(0x31, old_der))
        attributes = tlv(0xA0, b"".join(parts(attributes)) + named)
        inner = self.signed(tlv(0x30, version + subject + public_key + attributes), algorithm, key, "renewal.p10")
        cms = self.folder / "renewal.cms"
        run([OPENSSL, "cms", "-sign", "-noattr", "-nodetach", "-binary", "-md", "sha256", "-in", inner,
             "-signer", pair[0], "-inkey", pair[1], "-outform", "DER", "-out", cms])
        return cms

    def with_subject(self, request, key, subject):
        """The PKCS#10 with another subject, DER, signed anew."""
        information, algorithm, _ = parts(request.read_bytes())
        version, _, public_key, attributes = parts(information)
        return self.signed(tlv(0x30, version + subject + public_key + attributes), algorithm, key, "renamed.p10")

    def signed(self, information, algorithm, key, name):
        signature = self.folder / "request.signature"
        run([OPENSSL, "dgst", "-sha256", "-sign", key, "-out", signature, self.save(information, "request.information")])
        request = self.save(tlv(0x30, information + algorithm + tlv(3, b"\0" + signature.read_bytes())), name)
        run([OPENSSL, "req", "-inform", "DER", "-in", request, "-verify", "-noout"])
        return request

    def save(self, der, name):
        path = self.folder / name
        path.write_bytes(der)
        return path
