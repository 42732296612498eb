#pragma once

#include "shared/enrollment/request/certificate_request.h"
#include "shared/x509/cmc_request.h"
#include "shared/x509/cms.h"
#include "shared/x509/digest.h"
#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"
#include "tests/unit/enrollment/der_building.h"
#include "tests/unit/enrollment/enrollment_samples.h"

#include <doctest/doctest.h>

namespace perennial::test {

namespace request = enrollment::request;

// A certificate to renew, one of somebody else's, a new key, and openssl to sign CMC requests.
struct CmcFixture {
    CmcFixture()
    {
        pki.makeRoot("root");
        pki.issueClient("web1", "root");
        pki.issueClient("web2", "root");
        folder.write("new.key", newKey.toPem().reveal());
        // What openssl takes the key identifier of the new key from.
        mustRun({"/usr/bin/openssl", "req", "-x509", "-new", "-key", folder / "new.key", "-subj",
            "/CN=nobody", "-out", folder / "new.pem"});
    }

    x509::Certificate certificate(const std::string& name) const
    {
        return must(x509::Certificate::fromPem(readText(pki[name].certificate)));
    }
    x509::PrivateKey key(const std::string& name) const
    {
        return must(x509::PrivateKey::fromPem(Secret(readText(pki[name].key))));
    }

    // A PKCS#10 of the new key; for a renewal with attribute 13.1.
    Bytes pkcs10(const std::string& renews = "") const
    {
        x509::RequestContent content;
        content.subjectDer = must(x509::subjectDerFromText("web1.example.test"));
        if (!renews.empty())
            content.attributes.emplace(x509::oid::renewalCertificate, certificate(renews).toDer());
        return must(x509::makeSigningRequest(content, newKey)).toDer();
    }

    // MS-WCCE 2.2.2.6.5: SHA-256 of the CertificationRequestInfo in place of a signature.
    static Bytes nullSigned(const Bytes& pkcs10)
    {
        const Bytes information = parts(pkcs10).front();
        return tlv(0x30, information + hex("300b0609608648016503040201") +
                             tlv(0x03, Bytes(1, '\0') + x509::sha256(information)));
    }

    static Bytes pkiData(
        const std::vector<Bytes>& requests, const std::vector<x509::AttributeValues>& controls = {})
    {
        x509::PkiData data;
        for (const Bytes& one : requests)
            data.requests.push_back({1, one});
        data.controls = controls;
        return must(x509::encodePkiData(data));
    }

    // openssl signs: "new" under its key identifier, others under issuer and serial number.
    Bytes signedBy(const std::vector<std::string>& signers, const Bytes& content,
        const std::vector<std::string>& options = {},
        const std::string& contentType = "1.3.6.1.5.5.7.12.2") const
    {
        const std::string out = folder / "cmc.der";
        std::string in = folder.write("content.der", content);
        bool first = true;
        for (const std::string& signer : signers) {
            const bool fresh = signer == "new";
            std::vector<std::string> command{"/usr/bin/openssl", "cms"};
            if (first)
                command.insert(command.end(),
                    {"-sign", "-nodetach", "-econtent_type", contentType, "-in", in});
            else
                command.insert(command.end(), {"-resign", "-inform", "DER", "-in", in});
            command.insert(command.end(),
                {"-binary", "-nosmimecap", "-md", "sha256", "-outform", "DER", "-out", out,
                    "-signer", fresh ? folder / "new.pem" : pki[signer].certificate, "-inkey",
                    fresh ? folder / "new.key" : pki[signer].key});
            if (fresh) command.insert(command.end(), {"-keyid", "-nocerts"});
            command.insert(command.end(), options.begin(), options.end());
            mustRun(command);
            in = folder.write("signed.der", readText(out));
            first = false;
        }
        return readText(out);
    }

    // id-alg-noSignature (RFC 5272 4.2): a bare hash of the content, by nobody.
    static Bytes unsignedMessage(const Bytes& content)
    {
        const Bytes sha256 = hex("300b0609608648016503040201");
        const Bytes nobody = tlv(0x30, hex("3000") + hex("020100"));
        const Bytes signer =
            tlv(0x30, hex("020101") + nobody + sha256 + hex("300a06082b06010505070602") +
                          tlv(0x04, x509::sha256(content)));
        const Bytes enclosed =
            tlv(0x30, hex("06082b06010505070c02") + tlv(0xA0, tlv(0x04, content)));
        const Bytes signedData =
            tlv(0x30, hex("020103") + tlv(0x31, sha256) + enclosed + tlv(0x31, signer));
        return tlv(0x30, hex("06092a864886f70d010702") + tlv(0xA0, signedData));
    }

    TemporaryFolder folder;
    TestPki pki{folder};
    x509::PrivateKey newKey = must(x509::PrivateKey::generate("ec-p256"));
};

inline void checkRejected(const request::ReadRequest& read, enrollment::HResult code)
{
    const auto* rejected = std::get_if<request::Rejected>(&read);
    REQUIRE(rejected != nullptr);
    CHECK_MESSAGE(rejected->code == code, toText(rejected->code) << " " << rejected->reason);
    CHECK_FALSE(rejected->reason.empty());
}

// Its value, or a failed test with why not.
template <class Kind>
Kind mustBe(const request::ReadRequest& read)
{
    const auto* rejected = std::get_if<request::Rejected>(&read);
    REQUIRE_MESSAGE(std::holds_alternative<Kind>(read), (rejected ? rejected->reason : "another"));
    return std::get<Kind>(read);
}

} // namespace perennial::test
