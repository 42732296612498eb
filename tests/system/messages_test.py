"""What perennial-enrollment makes of requests: CMC by openssl, and each refusal with its result code."""

import base64

import foreign_cmc as cmc
from enrollment_test import NAME, OID, EnrollmentCase
from foreign_client import A, E, ISSUE, OPENSSL, RST, S, T, WSSE, X509, issue, issue_pkcs10, issue_renewal, query, tlv
from lab.enrollment import CERTIFICATE_CES, PASSWORD_CES, web_template
from lab.processes import run

KET = "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/KET"
OTHER_OID = OID[:-1] + "9"
AUTHORIZATION = "http://schemas.xmlsoap.org/ws/2006/12/authorization"


def token_request(kind, content=""):
    return (f'<RequestSecurityToken xmlns="{T[1:-1]}"><TokenType>{X509}</TokenType><RequestType>{kind}</RequestType>'
            f'{content}</RequestSecurityToken>')


def with_context(body, name, value):
    item = (f'<AdditionalContext xmlns="{AUTHORIZATION}"><ContextItem Name="{name}"><Value>{value}</Value>'
            '</ContextItem></AdditionalContext>')
    return body.replace("</RequestSecurityToken>", item + "</RequestSecurityToken>")


class MessageCase(EnrollmentCase):
    templates = [web_template(), web_template(name="Other", oid=OTHER_OID, rights={"enroll": {"users": ["somebody"]}})]

    def setUp(self):
        super().setUp()
        self.p10, self.key = self.client.request(NAME, OID)

    def send(self, body, path=PASSWORD_CES, action=RST):
        return self.client.ask(path, action, body)

    def bytes(self, der, kind="#PKCS10"):
        return self.send(issue(self.client.save(der, "sent.der"), E[1:-1] + kind))

    def assert_fault(self, reply, code, denied, request_id, text=""):
        """HTTP 500, s:Receiver, the typed action and the four elements in the schema's order."""
        self.assertEqual(reply.status, 500, reply.text)
        self.assertEqual(reply.value(S + "Value"), "s:Receiver")
        self.assertTrue(reply.value(A + "Action").endswith("/RequestSecurityTokenCertificateEnrollmentWSDetailFault"))
        detail = reply.xml.find(f".//{E}CertificateEnrollmentWSDetail")
        self.assertEqual([child.tag for child in detail],
                         [E + name for name in ("BinaryResponse", "ErrorCode", "InvalidRequest", "RequestID")])
        self.assertEqual(f"{reply.error_code & 0xFFFFFFFF:08X}", code, reply.reason)
        self.assertLess(reply.error_code, 0)
        self.assertEqual(reply.value(E + "InvalidRequest"), "true" if denied else "false", reply.reason)
        if request_id is True:
            self.assertRegex(reply.value(E + "RequestID") or "", r"^\d+$")
        else:
            self.assertEqual(reply.value(E + "RequestID") or None, request_id, reply.reason)
        self.assertIn(text, reply.reason)


class Cmc(MessageCase):
    def test_new(self):
        """a CMC full request of openssl's, template in RegInfo, whatever ValueType says, is issued"""
        data = cmc.pki_data([self.p10.read_bytes()], [cmc.reg_info("CertificateTemplate=Web%53erver&ccm=host7")])
        message = cmc.sign(self.client, data, [self.key])
        self.assert_good(self.send(issue_renewal(message)), self.key)
        self.assert_good(self.send(issue_pkcs10(message)), self.key)

    def test_renewal(self):
        """a CMC renewal, signed by both keys, at the key-based endpoint"""
        pair = self.old_pair()
        inner = cmc.renewing(self.client, self.p10, self.key, pair[0])
        message = cmc.sign(self.client, cmc.pki_data([inner.read_bytes()]), [self.key, pair])
        reply = self.client.ask_by_certificate(CERTIFICATE_CES, RST, issue_renewal(message), pair)
        self.assert_good(reply, self.key)
        only_new = cmc.sign(self.client, cmc.pki_data([inner.read_bytes()]), [self.key])
        reply = self.client.ask_by_certificate(CERTIFICATE_CES, RST, issue_renewal(only_new), pair)
        self.assert_fault(reply, "8009400E", False, None, "Error Verifying Request Signature")

    def test_refused(self):
        """CMC: two requests, a key to archive, an unknown control, on behalf of another, SAN, another template"""
        inner = self.p10.read_bytes()
        hashed = (cmc.ENCRYPTED_KEY_HASH, tlv(4, bytes(20)))
        for data, code, denied in (
                (cmc.pki_data([inner, inner]), "8007000D", False),
                (cmc.pki_data([]), "8007000D", False),
                (cmc.pki_data([inner], [hashed]), "8009400A", False),
                (cmc.pki_data([inner], [(bytes.fromhex("06032a0304"), tlv(4, b""))]), "8007000D", False),
                (cmc.pki_data([inner], [cmc.reg_info("requestername=EXAMPLE\\ann")]), "80094009", True),
                (cmc.pki_data([inner], [cmc.reg_info("sAn=upn%3Dadmin%40example.test")]), "80070057", True),
                (cmc.pki_data([inner], [cmc.reg_info("CertificateTemplate=Web%0ASAN:x")]), "8007000D", False),
                (cmc.pki_data([inner], [cmc.reg_info("CertificateTemplate=Other")]), "80094802", True)):
            with self.subTest(code=code):
                reply = self.send(issue_renewal(cmc.sign(self.client, data, [self.key])))
                self.assert_fault(reply, code, denied, True if denied else None)


class TwoNames(MessageCase):
    def test_certmonger(self):
        """a template's name and OID side by side, as certmonger writes them"""
        request, key = self.client.request(NAME, OID, "both", template_name="WebServer")
        self.assert_good(self.send(issue_pkcs10(request)), key)


class Faults(MessageCase):
    def test_unreadable(self):
        """what cannot be read or verified: the code, not denied, no request id"""
        good = self.p10.read_bytes()
        twice = cmc.with_attribute(self.client, self.p10, self.key, tlv(
            0x30, cmc.OS_VERSION + tlv(0x31, tlv(0x16, b"10.0.20348.2") + tlv(0x16, b"9.9.20348.2"))))
        strange = cmc.sign(self.client, good, [self.old_pair()], "1.2.3.4")
        parsing, verifying = "Error Parsing Request", "Error Verifying Request Signature or Signing Certificate"
        for what, der, code, text in (
                ("text", b"hello", "80093102", parsing), ("cut off", good[:-1], "80093102", parsing),
                ("more after it", good + b"\0", "8009310B", parsing),
                ("a certificate", base64.b64decode("".join(self.enrollment.root.read_text().split("\n")[1:-2])),
                 "8009310B", parsing),
                ("signature", good[:-1] + bytes([good[-1] ^ 1]), "80090006", verifying),
                ("a repeated attribute", twice.read_bytes(), "8007000D", parsing),
                ("another content type", strange.read_bytes(), "80091004", parsing),
                ("too large", bytes(300_000), "8007000D", parsing)):
            with self.subTest(what):
                self.assert_fault(self.bytes(der), code, False, None, text)

    def test_denied(self):
        """what the policy denies: the code, InvalidRequest and the request's id, kept as denied"""
        def request(oid=OID, name=NAME, **more):
            return issue_pkcs10(self.client.request(name, oid, "row", **more)[0])
        plain, _ = self.client.request(NAME, OID, "plain")
        run([OPENSSL, "req", "-new", "-key", self.key, "-subj", f"/CN={NAME}", "-outform", "DER", "-out", plain])
        for what, body, code in (
                ("no template", issue_pkcs10(plain), "80094801"),
                ("an unknown template", request("1.3.6.1.4.1.311.21.8.99"), "80094800"),
                ("templates that disagree", with_context(request(), "CertificateTemplate", "Other"), "80094802"),
                ("extensions that disagree", request(template_name="Other"), "80094802"),
                ("no right to enrol", request(OTHER_OID), "80094012"),
                ("a name that is not allowed", request(name="host7.example.org"), "80094001"),
                ("a line break in a template's name",
                 with_context(request(), "CertificateTemplate", "WebServer&#10;SAN:upn=admin"), "80094800"),
                ("SAN as an attribute", with_context(request(), "SAN", "upn=admin@example.test"), "80070057"),
                ("on behalf of another", with_context(request(), "RequesterName", "EXAMPLE\\ann"), "80094009")):
            with self.subTest(what):
                self.assert_fault(self.send(body), code, True, True, f"Denied by Policy Module  0x{code}, ")

    def test_renewals(self):
        """renewals: old certificate foreign, expired, revoked, not the signer; same key, other subject or template"""
        old, expired, other = self.old_pair(), ("expired.pem", "expired.key"), ("other.pem", "other.key")
        expired, other = (tuple(self.client.folder / name for name in pair) for pair in (expired, other))
        self.enrollment.issue_test(*expired, NAME, valid_from="-90d", valid_for="80d")
        self.enrollment.issue_test(*other, "host8.example.test")
        foreign = self.client.folder / "foreign.pem", self.client.folder / "foreign.key"
        run([OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={NAME}", "-keyout", foreign[1],
             "-out", foreign[0]])
        own_key = self.client.folder / "same.p10"
        config = self.client.folder / "new.cnf"
        run([OPENSSL, "req", "-new", "-key", old[1], "-config", config, "-outform", "DER", "-out", own_key])
        for what, pair, p10, key, code in (
                ("of another CA", foreign, self.p10, self.key, "800B0112"),
                ("expired", expired, self.p10, self.key, "800B0101"),
                ("another subject", other, self.p10, self.key, "80094806"),
                ("the same key", old, own_key, old[1], "80094816"),
                ("another template, without a right", old, *self.client.request(NAME, OTHER_OID, "elsewhere"), "80094012")):
            with self.subTest(what):
                reply = self.send(issue_renewal(self.client.renewal(p10, key, pair)))
                self.assert_fault(reply, code, True, True)
        inner = cmc.renewing(self.client, self.p10, self.key, old[0]).read_bytes()
        by_other = cmc.sign(self.client, inner, [other], "1.2.840.113549.1.7.1")
        self.assert_fault(self.send(issue_renewal(by_other)), "8009400E", False, None)
        self.enrollment.revoke(old[0])
        reply = self.send(issue_renewal(self.client.renewal(self.p10, self.key, old)))
        self.assert_fault(reply, "80092010", True, True)

    def test_renewal_only(self):
        """a new request where only renewals are taken: E_ACCESSDENIED, denied, no request id"""
        reply = self.client.ask_by_certificate(CERTIFICATE_CES, RST, issue_pkcs10(self.p10), self.old_pair())
        self.assert_fault(reply, "80070005", True, None)

    def test_other_requests(self):
        """key exchange, queries without a usable id, and types that are none or not the action's"""
        ket = token_request(T[1:-1] + "/KET", "<RequestKET/>")
        nil = f'<RequestID xmlns="{E[1:-1]}" xsi:nil="true"/>'
        query_type = E[1:-1] + "/QueryTokenStatus"
        for what, action, body, code, request_id in (
                ("key exchange", KET, ket, "8009400A", None),
                ("KET without RequestKET", KET, token_request(T[1:-1] + "/KET"), "80070057", None),
                ("KET's type with RST's action", RST, ket, "80070057", None),
                ("an unknown type", RST, token_request(T[1:-1] + "/Renew"), "80070057", None),
                ("Issue without a token", RST, token_request(ISSUE), "80070057", None),
                ("a query with an empty id", RST, query(""), "80070057", None),
                ("a query with a nil id", RST, token_request(query_type, nil), "80070057", None),
                ("a query without an id", RST, token_request(query_type), "80070057", None),
                ("a query that is no number", RST, query("one"), "80070057", None),
                ("a query for no request", RST, query("4711"), "80094004", "4711")):
            with self.subTest(what):
                self.assert_fault(self.send(body, action=action), code, False, request_id)


class Tolerance(MessageCase):
    """Section 0 of the protocol notes: what real clients send."""

    def asked(self, change, content_type="application/soap+xml; charset=utf-8"):
        url = self.enrollment.url(PASSWORD_CES)
        text = self.client.envelope(url, RST, issue_pkcs10(self.p10), "web-enroller", self.enrollment.password)
        changed = change(text)
        return self.client.post(url, changed, content_type=content_type)

    def assert_issued(self, change, content_type="application/soap+xml; charset=utf-8"):
        self.assertEqual(self.asked(change, content_type).status, 200)

    def test_base64(self):
        """base64 with CR entities, line feeds and spaces is taken; anything else in it is not"""
        token = base64.b64encode(self.p10.read_bytes()).decode()
        lines = [token[i:i + 76] for i in range(0, len(token), 76)]
        for between in ("&#xD;\n", "\n", " ", "\t\r\n "):
            self.assert_issued(lambda text, between=between: text.replace(token, between + between.join(lines) + between))
        self.assertEqual(self.asked(lambda text: text.replace(token, "*" + token)).status, 500)

    def test_white_space(self):
        """white space around the action, the request type and the other URIs"""
        for value in (RST, ISSUE, X509):
            self.assert_issued(lambda text, value=value: text.replace(f">{value}<", f">\r\n   {value}\n <"))

    def test_attributes(self):
        """an empty wsu:Id, an unknown ValueType, RequestID on Issue: all passed over"""
        wsu = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
        self.assert_issued(lambda text: text.replace("<BinarySecurityToken ", f'<BinarySecurityToken xmlns:u="{wsu}" u:Id="" '))
        self.assert_issued(lambda text: text.replace("#PKCS10", "#PKCS7"))
        self.assert_issued(lambda text: text.replace("</RequestSecurityToken>", "<Other>x</Other></RequestSecurityToken>"))
        nil = f'<RequestID xsi:nil="true" xmlns="{E[1:-1]}"/>'
        self.assert_issued(lambda text: text.replace(nil, ""))
        self.assert_issued(lambda text: text.replace(nil, f'<RequestID xmlns="{E[1:-1]}">no number</RequestID>'))

    def test_header(self):
        """header blocks in any order, ReplyTo or not, unknown blocks; one that must be understood is refused"""
        def turned(text):
            head, rest = text.split("<s:Header>")
            blocks, rest = rest.split("</s:Header>")
            security = blocks.index("<o:Security")
            return f"{head}<s:Header>{blocks[security:]}{blocks[:security]}</s:Header>{rest}"

        def added(block):
            return lambda text: text.replace("</s:Header>", block + "</s:Header>")
        self.assert_issued(turned)
        self.assert_issued(added("<a:ReplyTo><a:Address>http://www.w3.org/2005/08/addressing/anonymous</a:Address></a:ReplyTo>"))
        self.assert_issued(added('<x:Trace xmlns:x="urn:x">1</x:Trace>'))
        self.assert_issued(lambda text: text.replace('mustUnderstand="1"', 'mustUnderstand="true"'))
        refused = self.asked(added('<x:Trace xmlns:x="urn:x" s:mustUnderstand="1">1</x:Trace>'))
        self.assertEqual((refused.status, refused.value(S + "Value")), (500, "s:Sender"))

    def test_encoding(self):
        """a byte order mark, an XML declaration, content types in the ways of PHP and old peers"""
        self.assert_issued(lambda text: "\ufeff" + text)
        self.assert_issued(lambda text: '<?xml version="1.0" encoding="utf-8"?>' + text)
        for content_type in ("application/soap+xml", 'application/soap+xml; charset=utf-8; action=""', "Application/SOAP+XML"):
            self.assert_issued(lambda text: text, content_type)

    def test_answer(self):
        """RelatesTo is the request's MessageID, RequestID a decimal number, both tokens are there"""
        reply = self.asked(lambda text: text)
        self.assertEqual(reply.value(A + "RelatesTo"), "urn:uuid:00000000-0000-4000-8000-0000000000aa")
        self.assertRegex(reply.value(E + "RequestID"), r"^[0-9]{1,10}$")
        self.assertTrue(all(reply.tokens()))
        request_id = reply.value(E + "RequestID")
        empty = f'<BinarySecurityToken xmlns="{WSSE}" ValueType="{E[1:-1]}#PKCS10"/>'
        again = self.send(query(request_id).replace("</RequestSecurityToken>", empty + "</RequestSecurityToken>"))
        self.assertEqual(again.tokens()[1], reply.tokens()[1])


if __name__ == "__main__":
    import unittest
    unittest.main()
