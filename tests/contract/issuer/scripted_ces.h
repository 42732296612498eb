#pragma once

#include "plugins/ces_issuer/ces_issuer.h"
#include "tests/support/child_process.h"
#include "tests/support/fake_authority.h"
#include "tests/support/test_pki.h"

namespace perennial::test {

inline constexpr const char* zeroMessage = "urn:uuid:00000000-0000-0000-0000-000000000000";

// A CES by a foreign hand that answers what the test says: scripted_server.py.
class ScriptedCes {
public:
    // Its TLS certificate is one of the Pki's: "localhost", "expired", "stranger", "other name".
    explicit ScriptedCes(const std::string& certificate = "localhost");

    // The whole HTTP answer to every request, or to the one of that number, from 0 on.
    void answer(const std::string& bytes) const { (void)folder_.write("answer", bytes); }
    void answer(std::size_t number, const std::string& bytes) const
    {
        (void)folder_.write("answer." + std::to_string(number), bytes);
    }
    void pace(const std::string& words) const { (void)folder_.write("pace", words); }

    struct Asked {
        std::string client; // common name of the TLS client certificate, or "-"
        std::string body;
    };
    std::vector<Asked> asked() const;

    int port() const { return port_; }
    std::string url(const std::string& path = "/CES") const
    {
        return "https://localhost:" + std::to_string(port_) + path;
    }
    model::EnrollmentService service() const;
    // What is renewed: a certificate good for client authentication, and a new key.
    RenewalMaterial material(const std::string& old = "web1") const;
    const TestPki& pki() const { return pki_; }

private:
    static std::vector<std::string> command(
        const TestPki& pki, const TemporaryFolder& folder, int port, const std::string& name);

    TemporaryFolder folder_;
    TestPki pki_{folder_};
    int port_;
    std::optional<ChildProcess> process_;
};

// HTTP by hand.
std::string httpAnswer(const std::string& status, const std::string& type, const std::string& body,
    const std::string& more = "");
std::string soapAnswer(const std::string& status, const std::string& action,
    const std::string& body, const std::string& relatesTo = zeroMessage);
// Answers of a CES, as in the samples of tests/data/enrollment.
std::string issuedAnswer(const std::string& chainPem);
std::string pendingAnswer(const std::string& referenceUri, const std::string& requestId = "43");
std::string faultAnswer(const std::string& errorCode, bool denied);
std::string responseFor(const std::string& chainPem); // one RequestSecurityTokenResponse
std::string collection(const std::string& responses);

} // namespace perennial::test
