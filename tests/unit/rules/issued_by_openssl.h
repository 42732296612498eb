#pragma once

#include "shared/x509/certificate.h"
#include "tests/support/temporary_folder.h"

#include <string>
#include <vector>

namespace perennial::test {

// What the openssl command line is told to issue. Lines are those of its extension sections.
struct IssuedContent {
    std::string subject = "/CN=web1.example.test";
    std::string keyType = "ec-p256";
    std::string digest = "sha256";
    std::string serial = "0x1001";
    int days = 90;
    std::vector<std::string> extensions = {"basicConstraints = critical,CA:FALSE",
        "keyUsage = critical,digitalSignature", "extendedKeyUsage = serverAuth,clientAuth",
        "subjectAltName = DNS:web1.example.test,DNS:www.example.test",
        "certificatePolicies = 1.2.3.4", applicationPolicies("serverAuth,clientAuth"),
        templateInformation("1.3.6.1.4.1.311.21.8.1.2", 3), securityIdentifier("S-1-5-21-7")};

    static std::string applicationPolicies(const std::string& usages);
    static std::string templateInformation(const std::string& oid, int majorVersion);
    static std::string securityIdentifier(const std::string& sid);

    // Takes the line of this extension out, and puts another in when there is one.
    IssuedContent& replace(const std::string& extension, const std::string& line = "");
};

// A root and an issuing authority below it, made by openssl.
class OpensslAuthority {
public:
    explicit OpensslAuthority(const TemporaryFolder& folder);
    x509::Certificate issue(const IssuedContent& content);

    x509::Certificate root() const;
    x509::Certificate issuing() const;

private:
    std::string makeKey(const std::string& keyType);

    const TemporaryFolder& folder_;
    int count_ = 0;
};

} // namespace perennial::test
