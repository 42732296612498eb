#pragma once

#include "tests/support/temporary_folder.h"

#include <map>
#include <string>
#include <vector>

namespace perennial::test {

// Files that the openssl command line made. Fields are paths.
struct TestCertificate {
    std::string certificate; // PEM
    std::string key;         // PEM, PKCS#8, mode 0600
    std::string chain;       // leaf, then its authorities without the root
    std::string fullChain;   // leaf, then its authorities with the root
};

struct TestCertificateContent {
    std::string commonName; // the subject; empty: no subject
    std::string alternativeNames =
        "DNS:localhost,IP:127.0.0.1,IP:::1";     // openssl's notation; may be empty
    std::string extendedKeyUsage = "serverAuth"; // openssl's notation; may be empty
    std::string keyType = "ec-p256";             // "rsa-2048", "ec-p384", "ed25519" ...
    std::string notBefore = "20200101000000Z";
    std::string notAfter = "20991231235959Z";
    std::vector<std::string> moreExtensions = {}; // lines of an openssl extension section
};

// Certificates by a foreign hand: nothing of ours makes or signs them. Names are file names in the
// folder.
class TestPki {
public:
    explicit TestPki(const TemporaryFolder& folder) : folder_(folder) {}

    const TestCertificate& makeRoot(
        const std::string& name, const std::string& keyType = "ec-p256");
    const TestCertificate& makeAuthority(const std::string& name, const std::string& issuer);
    const TestCertificate& issue(
        const std::string& name, const std::string& issuer, const TestCertificateContent& content);
    // Signed by its own key; not an authority.
    const TestCertificate& selfSigned(
        const std::string& name, const TestCertificateContent& content);

    // "example.test": with the server's usual names. "web1": a client certificate with that common
    // name.
    const TestCertificate& issueServer(const std::string& name, const std::string& issuer);
    const TestCertificate& issueClient(const std::string& name, const std::string& issuer);

    const TestCertificate& operator[](const std::string& name) const { return made_.at(name); }
    // Lower-case hex of the SHA-256 of the SubjectPublicKeyInfo.
    std::string pin(const std::string& name) const;
    // Puts the certificate on its issuer's list and writes <issuer>.crl; returns that path.
    std::string revoke(const std::string& name, const std::string& issuer) const;

private:
    std::string makeKey(const std::string& name, const std::string& keyType) const;
    const TestCertificate& sign(const std::string& name, const std::string& issuer,
        const TestCertificateContent& content, bool authority);
    void writeAuthorityFiles(const std::string& name) const;

    const TemporaryFolder& folder_;
    std::map<std::string, TestCertificate> made_;
    std::map<std::string, std::string> issuerOf_;
};

std::string readText(const std::string& path);

} // namespace perennial::test
