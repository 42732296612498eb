#include "shared/tls/channel_binding.h"

#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

// By a foreign hand: the digest of the DER form as the openssl command line makes it.
std::string digestByOpenssl(const std::string& certificate, const std::string& hash)
{
    const auto der = certificate + ".der";
    mustRun({"/usr/bin/openssl", "x509", "-in", certificate, "-outform", "DER", "-out", der});
    const auto said = mustRun({"/usr/bin/openssl", "dgst", "-" + hash, "-r", der});
    return said.substr(0, said.find(' '));
}

std::string selfSigned(const TemporaryFolder& folder, const std::vector<std::string>& options)
{
    const auto file = folder / "certificate.pem";
    std::vector<std::string> command = {"/usr/bin/openssl", "req", "-x509", "-nodes", "-subj",
        "/CN=x", "-days", "2", "-keyout", folder / "key.pem", "-out", file};
    command.insert(command.end(), options.begin(), options.end());
    mustRun(command);
    return file;
}

Bytes bindingOf(const std::string& file)
{
    const auto certificate = x509::Certificate::fromPem(readText(file));
    REQUIRE(certificate.ok());
    return tls::serverEndPoint(*certificate);
}

} // namespace

TEST_CASE("the end-point binding is the certificate's digest by its signature's hash")
{
    const std::vector<std::string> rsa = {"-newkey", "rsa:2048"};
    const std::vector<std::string> ec = {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"};
    struct Case {
        std::vector<std::string> key;
        std::vector<std::string> options;
        std::string hash;
    };
    const std::vector<Case> cases = {{rsa, {"-sha256"}, "sha256"}, {rsa, {"-sha384"}, "sha384"},
        {rsa, {"-sha512"}, "sha512"}, {ec, {"-sha384"}, "sha384"}, {ec, {"-sha256"}, "sha256"},
        {rsa, {"-sha1"}, "sha256"}, {rsa, {"-md5"}, "sha256"}, // RFC 5929 4.1
        {rsa, {"-sha384", "-sigopt", "rsa_padding_mode:pss"}, "sha384"}};
    for (const auto& one : cases) {
        const TemporaryFolder folder;
        auto options = one.key;
        options.insert(options.end(), one.options.begin(), one.options.end());
        const auto file = selfSigned(folder, options);
        CAPTURE(one.options.front());
        CHECK(toHex(bindingOf(file)) == digestByOpenssl(file, one.hash));
    }
}

TEST_CASE("a certificate whose signature names no hash has no end-point binding")
{
    const TemporaryFolder folder;
    CHECK(bindingOf(selfSigned(folder, {"-newkey", "ed25519"})).empty());
}
