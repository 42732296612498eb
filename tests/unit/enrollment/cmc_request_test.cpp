#include "tests/unit/enrollment/cmc_fixture.h"

using namespace perennial;
using namespace perennial::test;
using perennial::enrollment::HResult;
using request::NewRequest;
using request::readRequest;
using request::RenewalRequest;
using x509::NameValue;

namespace {

x509::AttributeValues regInfo(const std::string& text)
{
    return {std::string(x509::oid::cmcRegInfo), {must(x509::regInfoToDer(text))}};
}

// Microsoft's wrapper 1.3.6.1.4.1.311.10.10.1 around one attribute of the request.
x509::AttributeValues wrapped(const Bytes& attributeOid, const Bytes& value)
{
    const Bytes attribute = tlv(0x30, attributeOid + tlv(0x31, value));
    return {std::string(x509::oid::cmcAddAttributes),
        {tlv(0x30, hex("020100") + hex("3003020101") + tlv(0x31, attribute))}};
}

const Bytes nameValueOid = hex("060a2b0601040182370d0201");

std::string shown(const std::vector<NameValue>& attributes)
{
    std::string text;
    for (const auto& pair : attributes)
        text += pair.name + "=" + pair.value + ";";
    return text;
}

} // namespace

TEST_CASE("CMC requests by another program are read: a new one and a renewal")
{
    const auto fresh = mustBe<NewRequest>(readRequest(sample("cmc_request.der")));
    CHECK(fresh.request.toDer() == sample("p10_v2_template.der"));
    CHECK(shown(fresh.attributes) ==
          shown({{"CertificateTemplate", "ExampleWeb"}, {"rmd", "web1.example.test"}}));
    CHECK(fresh.signers.empty());
    const auto renewal = mustBe<RenewalRequest>(readRequest(sample("cmc_renewal_request.der")));
    CHECK(renewal.old.toDer() == sample("cert1.der"));
    CHECK(renewal.request.toDer() == sample("renew_p10.der"));
}

TEST_CASE("PKIData that another program wrote is written again octet by octet")
{
    for (const char* name : {"cmc_request.der", "cmc_renewal_request.der"}) {
        const auto content = must(x509::readCms(sample(name))).content;
        auto data = must(x509::decodePkiData(content));
        REQUIRE(data.requests.size() == 1);
        CHECK(must(x509::encodePkiData(data)) == content);
    }
}

TEST_CASE("openssl's CMC messages are read, whoever of the signers comes first")
{
    const CmcFixture f;
    mustBe<NewRequest>(readRequest(f.signedBy({"new"}, CmcFixture::pkiData({f.pkcs10()}))));
    const Bytes inner = CmcFixture::pkiData({f.pkcs10("web1")});
    for (const std::vector<std::string>& signers :
        {std::vector<std::string>{"new", "web1"}, std::vector<std::string>{"web1", "new"}}) {
        const auto renewal = mustBe<RenewalRequest>(readRequest(f.signedBy(signers, inner)));
        CHECK(renewal.old == f.certificate("web1"));
    }
    // Somebody's certificate that is not renewed: a new request with a known signer.
    const auto fresh = mustBe<NewRequest>(
        readRequest(f.signedBy({"new", "web2"}, CmcFixture::pkiData({f.pkcs10()}))));
    CHECK(fresh.signers == std::vector{f.certificate("web2")});
}

TEST_CASE("a null signature is taken only where a signature by the new key is around it")
{
    const CmcFixture f;
    const Bytes null = CmcFixture::nullSigned(f.pkcs10());
    CHECK(must(x509::SigningRequest::fromDer(null)).isNullSigned());
    CHECK_FALSE(must(x509::SigningRequest::fromDer(f.pkcs10())).isNullSigned());
    const Bytes data = CmcFixture::pkiData({null});
    CHECK(mustBe<NewRequest>(readRequest(f.signedBy({"new"}, data))).request.toDer() == null);

    checkRejected(readRequest(null), HResult::BadSignature);
    checkRejected(readRequest(f.signedBy({"web1"}, data)), HResult::BadSignature);
    checkRejected(readRequest(CmcFixture::unsignedMessage(data)), HResult::BadSignature);
    // A hash of something else is no null signature, whoever signs around it.
    Bytes damaged = null;
    damaged.back() = static_cast<char>(damaged.back() ^ 1);
    checkRejected(
        readRequest(f.signedBy({"new"}, CmcFixture::pkiData({damaged}))), HResult::BadSignature);
}

TEST_CASE("a CMS over a null-signed PKCS#10 needs the same key to sign it")
{
    const CmcFixture f;
    const std::string data = "1.2.840.113549.1.7.1";
    const Bytes null = CmcFixture::nullSigned(f.pkcs10("web1"));
    checkRejected(readRequest(f.signedBy({"web1"}, null, {}, data)), HResult::BadSignature);

    x509::RequestContent content;
    content.subjectDer = f.certificate("web1").subjectDer();
    content.attributes.emplace(x509::oid::renewalCertificate, f.certificate("web1").toDer());
    const Bytes sameKey = must(x509::makeSigningRequest(content, f.key("web1"))).toDer();
    mustBe<RenewalRequest>(
        readRequest(f.signedBy({"web1"}, CmcFixture::nullSigned(sameKey), {}, data)));
    Bytes damaged = CmcFixture::nullSigned(sameKey);
    damaged.back() = static_cast<char>(damaged.back() ^ 1);
    checkRejected(readRequest(f.signedBy({"web1"}, damaged, {}, data)), HResult::BadSignature);
}

TEST_CASE("RFC 5272's No-Signature is taken over a PKCS#10 that its own key signed")
{
    const CmcFixture f;
    const Bytes data = CmcFixture::pkiData({f.pkcs10()});
    const Bytes message = CmcFixture::unsignedMessage(data);
    mustBe<NewRequest>(readRequest(message));
    Bytes damaged = message;
    damaged.back() = static_cast<char>(damaged.back() ^ 1); // the hash
    checkRejected(readRequest(damaged), HResult::BadSignature);
    // A renewal needs the old certificate's signature all the same.
    checkRejected(readRequest(CmcFixture::unsignedMessage(CmcFixture::pkiData({f.pkcs10("web1")}))),
        HResult::BadRenewalCertificateAttribute);
}

TEST_CASE("each wrong signature of a CMC request is found")
{
    const CmcFixture f;
    const Bytes inner = CmcFixture::pkiData({f.pkcs10("web1")});
    const Bytes good = f.signedBy({"new", "web1"}, inner);
    Bytes damaged = good;
    damaged.back() = static_cast<char>(damaged.back() ^ 1);
    checkRejected(readRequest(damaged), HResult::BadSignature);
    // A changed content, so that the message digest is another.
    Bytes changed = good;
    const auto at = changed.find("web1.example.test");
    REQUIRE(at != Bytes::npos);
    changed[at] = 'x';
    checkRejected(readRequest(changed), HResult::BadSignature);
    // Only the new key: nobody vouches for the renewal.
    checkRejected(readRequest(f.signedBy({"new"}, inner, {"-certfile", f.pki["web1"].certificate})),
        HResult::NoSigner);
    checkRejected(
        readRequest(f.signedBy({"new", "web2"}, inner)), HResult::BadRenewalCertificateAttribute);
    checkRejected(
        readRequest(f.signedBy({"new", "web2"}, inner, {"-certfile", f.pki["web1"].certificate})),
        HResult::BadRenewalCertificateAttribute);
    // The new key's own signature, around a PKCS#10 with and without one, and its identifier.
    for (const Bytes& request : {f.pkcs10(), CmcFixture::nullSigned(f.pkcs10())}) {
        Bytes one = f.signedBy({"new"}, CmcFixture::pkiData({request}));
        mustBe<NewRequest>(readRequest(one));
        const auto identifier =
            one.rfind(must(x509::SigningRequest::fromDer(request)).keyIdentifier());
        REQUIRE(identifier != Bytes::npos);
        Bytes renamed = one;
        renamed[identifier] = static_cast<char>(renamed[identifier] ^ 1);
        checkRejected(readRequest(renamed), HResult::BadSignature);
        one.back() = static_cast<char>(one.back() ^ 1);
        checkRejected(readRequest(one), HResult::BadSignature);
    }
    // Another key's identifier.
    const auto other = must(x509::PrivateKey::generate("ec-p256"));
    const Bytes foreign = must(x509::signCmcRequest(CmcFixture::pkiData({f.pkcs10()}), other));
    checkRejected(readRequest(foreign), HResult::BadSignature);
}

TEST_CASE("a renewal names one old certificate")
{
    const CmcFixture f;
    const auto pkcs10 = parts(f.pkcs10("web1"));
    const auto information = parts(pkcs10[0]);
    const auto attribute = parts(parts(information[3])[0]);
    const auto naming = [&](const Bytes& values) {
        const Bytes changed = tlv(0x30, information[0] + information[1] + information[2] +
                                            tlv(0xA0, tlv(0x30, attribute[0] + tlv(0x31, values))));
        const Bytes null = CmcFixture::nullSigned(tlv(0x30, changed + pkcs10[1] + pkcs10[2]));
        return readRequest(f.signedBy({"new", "web1"}, CmcFixture::pkiData({null})));
    };
    const Bytes one = parts(attribute[1])[0];
    mustBe<RenewalRequest>(naming(one));
    checkRejected(naming(one + one), HResult::BadRenewalCertificateAttribute);
}

TEST_CASE("a CMC request has five signers at most")
{
    const CmcFixture f;
    const auto info = parts(f.signedBy({"new"}, CmcFixture::pkiData({f.pkcs10()})));
    const auto data = parts(parts(info[1])[0]);
    const Bytes one = parts(data.back()).front();
    Bytes signers;
    const auto read = [&] {
        signers += one;
        return readRequest(tlv(0x30,
            info[0] + tlv(0xA0, tlv(0x30, data[0] + data[1] + data[2] + tlv(0x31, signers)))));
    };
    for (int count = 1; count <= 5; ++count)
        mustBe<NewRequest>(read());
    checkRejected(read(), HResult::InvalidData);
}

TEST_CASE("a renewal whose old certificate is there but did not sign has no signer")
{
    const CmcFixture f;
    const Bytes message = must(x509::signCmcRequest(CmcFixture::pkiData({f.pkcs10("web1")}),
        f.newKey, x509::RenewalSigner{f.certificate("web1"), f.key("web1")}));
    mustBe<RenewalRequest>(readRequest(message));
    // The same with the second SignerInfo taken out.
    const auto info = parts(message);
    const auto data = parts(parts(info[1])[0]);
    Bytes body;
    for (std::size_t i = 0; i + 1 < data.size(); ++i)
        body += data[i];
    const auto infos = parts(data.back());
    REQUIRE(infos.size() == 2);
    for (const Bytes& one : infos) {
        const bool byKeyIdentifier = parts(one).front() == hex("020103");
        const Bytes left = tlv(0x30, info[0] + tlv(0xA0, tlv(0x30, body + tlv(0x31, one))));
        if (byKeyIdentifier)
            checkRejected(readRequest(left), HResult::NoSigner);
        else
            mustBe<RenewalRequest>(readRequest(left)); // self-signed inside: possession is proven
    }
    const Bytes nobody = tlv(0x30, info[0] + tlv(0xA0, tlv(0x30, body + tlv(0x31, ""))));
    checkRejected(readRequest(nobody), HResult::NoSigner);
}

TEST_CASE("a CMC request holds exactly one PKCS#10")
{
    const CmcFixture f;
    const auto read = [&](const Bytes& data) { return readRequest(f.signedBy({"new"}, data)); };
    checkRejected(read(CmcFixture::pkiData({})), HResult::InvalidData);
    checkRejected(read(CmcFixture::pkiData({f.pkcs10(), f.pkcs10()})), HResult::InvalidData);
    const Bytes empty = hex("3000");
    // A CRMF request beside it; a message of cmsSequence; one of otherMsgSequence.
    const Bytes one = parts(CmcFixture::pkiData({f.pkcs10()}))[1];
    const Bytes two = tlv(0x30, parts(one)[0] + tlv(0xA1, hex("020102")));
    checkRejected(read(tlv(0x30, empty + two + empty + empty)), HResult::InvalidData);
    const Bytes something = tlv(0x30, hex("3003020105"));
    checkRejected(read(tlv(0x30, empty + one + something + empty)), HResult::InvalidData);
    checkRejected(read(tlv(0x30, empty + one + empty + something)), HResult::InvalidData);
    mustBe<NewRequest>(read(tlv(0x30, empty + one + empty + empty)));
    checkRejected(read(tlv(0x30, empty + one + empty)), HResult::Asn1BadTag);
    checkRejected(read("hello"), HResult::Asn1EndOfData);
}

TEST_CASE("request attributes come from RegInfo, the PKCS#10, the wrapper and signed attributes")
{
    const CmcFixture f;
    const auto read = [&](const x509::AttributeValues& control) {
        return readRequest(f.signedBy({"new"}, CmcFixture::pkiData({f.pkcs10()}, {control})));
    };
    const auto got = mustBe<NewRequest>(
        read(regInfo("CertificateTemplate=Web&a=1%2B1&b=100%&c=%zz%41&d=x=y&&e=%C3%A9&f=")));
    CHECK(
        shown(got.attributes) == shown({{"CertificateTemplate", "Web"}, {"a", "1+1"}, {"b", "100%"},
                                     {"c", "%zz%41"}, {"d", "x=y"}, {"e", "\u00e9"}, {"f", ""}}));
    for (const char* bad : {"a", "=b", "a=%0A", "a=%00", "a=%ff", "a=b\nSAN:c"})
        checkRejected(read(regInfo(bad)), HResult::InvalidData);
    std::string many = "a=b";
    for (int i = 1; i < 64; ++i)
        many += "&a=b";
    CHECK(mustBe<NewRequest>(read(regInfo(many))).attributes.size() == 64);
    many += "&a=b";
    checkRejected(read(regInfo(many)), HResult::InvalidData);

    const Bytes pair = must(x509::nameValueToDer({"requestername", "EXAMPLE\\ann"}));
    const auto inWrapper = mustBe<NewRequest>(read(wrapped(nameValueOid, pair)));
    CHECK(shown(inWrapper.attributes) == shown({{"requestername", "EXAMPLE\\ann"}}));
    // The bytes of Microsoft's example.
    CHECK(must(x509::nameValueFromDer(
              hex("30321e26004300650072007400690066006900630061007400650054006500"
                  "6d0070006c006100740065"
                  "1e080055007300650072"))) == NameValue{"CertificateTemplate", "User"});
    CHECK_FALSE(x509::nameValueFromDer(hex("30041e00040078")));
    CHECK_FALSE(x509::nameValueFromDer(hex("30021e00")));
}

TEST_CASE("what would change the request from outside is refused by name")
{
    const CmcFixture f;
    const auto read = [&](const x509::AttributeValues& control) {
        return readRequest(f.signedBy({"new"}, CmcFixture::pkiData({f.pkcs10()}, {control})));
    };
    const Bytes extensionRequest = hex("06092a864886f70d01090e");
    const Bytes something = hex("3000");
    for (const auto& control : {wrapped(extensionRequest, something),
             x509::AttributeValues{std::string(x509::oid::cmcAddExtensions), {something}}}) {
        const auto refused = read(control);
        checkRejected(refused, HResult::InvalidData);
        CHECK(contains(std::get<request::Rejected>(refused).reason, "beside the PKCS#10"));
    }
    const auto unknown = read({"1.2.3.4", {something}});
    checkRejected(unknown, HResult::InvalidData);
    CHECK(contains(std::get<request::Rejected>(unknown).reason, "1.2.3.4"));
    mustBe<NewRequest>(read({std::string(x509::oid::cmcTransactionId), {hex("020107")}}));
    // Where Windows came from, in the wrapper.
    mustBe<NewRequest>(
        read(wrapped(hex("060a2b0601040182370d0203"), hex("160c31302e302e32303334382e32"))));
}

TEST_CASE("keys to archive are refused with the code for a CA that archives none")
{
    const CmcFixture f;
    const auto code = HResult::KeyArchivalNotConfigured;
    const Bytes hash = tlv(0x04, Bytes(20, 'h'));
    const auto read = [&](const x509::AttributeValues& control) {
        return readRequest(f.signedBy({"new"}, CmcFixture::pkiData({f.pkcs10()}, {control})));
    };
    checkRejected(read({std::string(x509::oid::encryptedKeyHash), {hash}}), code);
    checkRejected(read(wrapped(hex("06092b0601040182371515"), hash)), code);

    // The key itself: unsigned attribute 1.3.6.1.4.1.311.21.13 of the SignerInfo.
    const Bytes message = f.signedBy({"new"}, CmcFixture::pkiData({f.pkcs10()}));
    const auto info = parts(message);
    const auto data = parts(parts(info[1])[0]);
    Bytes body;
    for (std::size_t i = 0; i + 1 < data.size(); ++i)
        body += data[i];
    const Bytes archived =
        tlv(0xA1, tlv(0x30, hex("06092b060104018237150d") + tlv(0x31, tlv(0x30, hex("020100")))));
    Bytes signer;
    for (const Bytes& part : parts(parts(data.back())[0]))
        signer += part;
    const Bytes with =
        tlv(0x30, info[0] + tlv(0xA0, tlv(0x30, body + tlv(0x31, tlv(0x30, signer + archived)))));
    checkRejected(readRequest(with), code);

    x509::RequestContent content;
    content.subjectDer = hex("3000");
    content.attributes.emplace(x509::oid::archivedKey, tlv(0x30, ""));
    checkRejected(readRequest(must(x509::makeSigningRequest(content, f.newKey)).toDer()), code);
}

TEST_CASE("an attribute of the PKCS#10 that must be single is refused with several values")
{
    const CmcFixture f;
    const Bytes one = tlv(0x16, "10.0.20348.2");
    for (const auto& [oid, several, good] : {std::tuple{"060a2b0601040182370d0203", true, false},
             std::tuple{"060a2b0601040182370d0202", true, false},
             std::tuple{"060a2b0601040182370d0203", false, true}}) {
        const auto information = parts(parts(f.pkcs10())[0]);
        const Bytes values = tlv(0x31, several ? one + tlv(0x16, "9.9.99999.9") : one);
        const Bytes attributes = tlv(0xA0, tlv(0x30, hex(oid) + values));
        const Bytes null = CmcFixture::nullSigned(
            tlv(0x30, tlv(0x30, information[0] + information[1] + information[2] + attributes) +
                          hex("3000") + hex("030100")));
        const auto read = readRequest(f.signedBy({"new"}, CmcFixture::pkiData({null})));
        if (good)
            mustBe<NewRequest>(read);
        else
            checkRejected(read, HResult::InvalidData);
    }
}
