#pragma once

#include "shared/http/client/http_client.h"
#include "tests/support/nginx.h"
#include "tests/support/openssl_server.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>

namespace perennial::test {

inline x509::Certificate certificateOf(const TestCertificate& files)
{
    auto certificate = x509::Certificate::fromPem(readText(files.certificate));
    REQUIRE(certificate.ok());
    return *certificate;
}

inline tls::Identity identityOf(const TestCertificate& files, bool withRoot = false)
{
    auto identity = tls::loadIdentity(withRoot ? files.fullChain : files.chain, files.key);
    REQUIRE_MESSAGE(identity.ok(), (identity.ok() ? "" : identity.error().message));
    return *identity;
}

// A root, an authority below it, a server and a client; and a stranger's root.
struct HttpPki {
    TemporaryFolder folder;
    TestPki pki{folder};

    HttpPki()
    {
        pki.makeRoot("root");
        pki.makeRoot("stranger");
        pki.makeAuthority("issuing", "root");
        pki.issueServer("example.test", "issuing");
        pki.issueClient("web1", "issuing");
    }
    tls::ClientSettings trusting(const std::string& anchor = "root") const
    {
        tls::ClientSettings settings;
        settings.trust.anchors = {certificateOf(pki[anchor])};
        return settings;
    }
    tls::ClientSettings pinning(const std::string& pin) const
    {
        tls::ClientSettings settings;
        settings.trust.pin = pin;
        return settings;
    }
};

inline std::string urlOf(
    int port, const std::string& path = "/", const std::string& host = "localhost")
{
    return "https://" + host + ":" + std::to_string(port) + path;
}

inline Result<http::ClientResponse> get(
    const tls::ClientSettings& settings, const std::string& url, http::ClientLimits limits = {})
{
    return http::Client(settings, limits).send({"GET", url, {}, {}});
}

// An nginx server block of one TLS listener.
inline std::string nginxServer(
    int port, const TestCertificate& certificate, const std::string& more)
{
    return "server { listen 127.0.0.1:" + std::to_string(port) + " ssl; ssl_certificate " +
           certificate.chain + "; ssl_certificate_key " + certificate.key + ";\n" + more + "}\n";
}

} // namespace perennial::test
