#pragma once

#include "shared/x509/authority.h"
#include "shared/x509/certificate_chain.h"

#include <doctest/doctest.h>
#include <optional>
#include <string>
#include <vector>

namespace perennial::test {

// A root and an issuing authority in this process: for tests that need many certificates at moments
// of a fake clock. Whether certificates are right is tested elsewhere, by a foreign hand.
class FakeAuthority {
public:
    struct Content {
        TimePoint notBefore;
        TimePoint notAfter;
        std::vector<std::string> names = {"web1.example.test"};
        std::vector<std::string> usages = {std::string(x509::oid::serverAuthentication),
            std::string(x509::oid::clientAuthentication)};
        std::string subject = "web1.example.test";
        std::optional<x509::TemplateInformation> ofTemplate = std::nullopt;
    };

    FakeAuthority() : rootKey_(newKey()), issuingKey_(newKey())
    {
        const auto root = x509::makeRoot({"Fake Root", from, to, -1}, rootKey_);
        REQUIRE(root);
        const auto issuing =
            x509::makeIntermediate({"Fake Issuing CA", from, to, 0}, issuingKey_, *root, rootKey_);
        REQUIRE(issuing);
        rootPem_ = root->toPem();
        issuingPem_ = issuing->toPem();
    }

    static x509::PrivateKey newKey()
    {
        auto key = x509::PrivateKey::generate("ec-p256");
        REQUIRE(key);
        return *std::move(key);
    }

    const std::string& rootPem() const { return rootPem_; }
    // Leaf and issuing authority, PEM; another serial each time. Empty when it cannot be made.
    std::string issue(const Bytes& publicKeyDer, const Content& content) const
    {
        std::vector<x509::GeneralName> names;
        for (const auto& name : content.names)
            names.push_back({x509::GeneralName::Type::Dns, name});
        const auto alternative = x509::alternativeNameExtension(names);
        const auto usages = x509::extendedKeyUsageExtension(content.usages);
        const auto subject = x509::subjectDerFromText(content.subject);
        const auto issuing = x509::Certificate::fromPem(issuingPem_);
        if (!alternative || !usages || !subject || !issuing) return "";
        std::vector<x509::Extension> extensions = {*alternative, *usages};
        if (content.ofTemplate) {
            const auto extension = x509::templateInformationExtension(*content.ofTemplate);
            if (!extension) return "";
            extensions.push_back(*extension);
        }
        const auto leaf = x509::issueCertificate(
            {*subject, publicKeyDer, content.notBefore, content.notAfter, extensions}, *issuing,
            issuingKey_);
        return leaf ? leaf->toPem() + issuingPem_ : "";
    }

private:
    static constexpr TimePoint from = std::chrono::sys_days(std::chrono::year(2020) / 1 / 1);
    static constexpr TimePoint to = std::chrono::sys_days(std::chrono::year(2050) / 1 / 1);

    x509::PrivateKey rootKey_;
    x509::PrivateKey issuingKey_;
    std::string rootPem_;
    std::string issuingPem_;
};

inline std::string fingerprintOf(const std::string& pem)
{
    const auto leaf = x509::Certificate::fromPem(pem);
    return leaf ? leaf->fingerprint() : std::string("none");
}

} // namespace perennial::test
