// What a signer signs beside the content of a request. openssl makes the signatures.

#include "tests/unit/enrollment/cmc_fixture.h"

#include <algorithm>

using namespace perennial;
using namespace perennial::test;
using namespace perennial::enrollment;
using namespace perennial::enrollment::request;

namespace {

const Bytes sha256Algorithm = hex("300b0609608648016503040201");
const Bytes cmcContent = hex("06082b06010505070c02");
const Bytes plainContent = hex("06092a864886f70d010701");

Bytes attribute(const char* oid, const Bytes& value)
{
    return tlv(0x30, hex(oid) + tlv(0x31, value));
}

// By "new" under its key identifier, by "web1" under issuer and serial number.
Bytes messageBy(const std::string& signer, const CmcFixture& f, const Bytes& type,
    const Bytes& content, const Bytes& pair)
{
    std::vector<Bytes> attributes = {attribute("06092a864886f70d010903", type),
        attribute("06092a864886f70d010904", tlv(0x04, x509::sha256(content))),
        attribute("060a2b0601040182370d0201", pair)};
    std::sort(attributes.begin(), attributes.end()); // SET OF, in DER
    const Bytes all = attributes[0] + attributes[1] + attributes[2];
    const auto in = f.folder.write("attributes.der", tlv(0x31, all));
    const auto out = f.folder / "signature";
    const bool fresh = signer == "new";
    mustRun({"/usr/bin/openssl", "dgst", "-sha256", "-sign",
        fresh ? f.folder / "new.key" : f.pki[signer].key, "-out", out, in});
    const auto pkcs10 = must(x509::SigningRequest::fromDer(f.pkcs10()));
    const auto web1 = f.certificate("web1");
    const Bytes who =
        fresh ? hex("020103") + tlv(0x80, pkcs10.keyIdentifier())
              : hex("020101") + tlv(0x30, web1.issuerDer() + tlv(0x02, hex(web1.serial().c_str())));
    const Bytes info = tlv(0x30, who + sha256Algorithm + tlv(0xA0, all) +
                                     hex("300a06082a8648ce3d040302") + tlv(0x04, readText(out)));
    return tlv(0x30, hex("06092a864886f70d010702") +
                         tlv(0xA0, tlv(0x30, hex("020103") + tlv(0x31, sha256Algorithm) +
                                                 tlv(0x30, type + tlv(0xA0, tlv(0x04, content))) +
                                                 (fresh ? Bytes() : tlv(0xA0, web1.toDer())) +
                                                 tlv(0x31, info))));
}

} // namespace

TEST_CASE("name and value pairs that a signer signed beside the content are request attributes")
{
    const CmcFixture f;
    const x509::NameValue named{"requestername", "EXAMPLE\\ann"};
    const Bytes pair = must(x509::nameValueToDer(named));
    const Bytes data = CmcFixture::pkiData({f.pkcs10()});
    const auto fresh = mustBe<NewRequest>(readRequest(messageBy("new", f, cmcContent, data, pair)));
    CHECK(fresh.attributes == std::vector{named});
    const auto renewal = mustBe<RenewalRequest>(
        readRequest(messageBy("web1", f, plainContent, f.pkcs10("web1"), pair)));
    CHECK(renewal.attributes == std::vector{named});
    checkRejected(
        readRequest(messageBy("new", f, cmcContent, data, hex("0500"))), HResult::InvalidData);
    checkRejected(readRequest(messageBy("web1", f, plainContent, f.pkcs10("web1"), hex("0500"))),
        HResult::InvalidData);
}
