#pragma once

#include "shared/plugin_api/plugin_registry.h"
#include "tests/support/child_process.h"
#include "tests/support/fake_authority.h"
#include "tests/support/temporary_folder.h"

#include <functional>
#include <optional>

namespace perennial::test {

// perennial-enrollment as a process: what its operators have, and what its clients see.
class EnrollmentWorld {
public:
    EnrollmentWorld();

    void start();
    void stop() { process_.reset(); }

    // A service for renewals by key: by its policies, or by the address of its CES.
    model::EnrollmentService byPolicies() const;
    model::EnrollmentService byAddress() const;
    // The same for first enrolments, with user name and password.
    model::EnrollmentService byPassword() const;

    // A certificate that its authority issued some time ago; and a new key.
    RenewalMaterial material(const std::string& name, const std::string& templateName = "Web");
    static FirstEnrollment first(
        const std::string& templateName, const std::string& keyType = "ec-p256");

    // What an operator decides about the one pending request.
    void approve() const { decide("approve"); }
    void deny() const { decide("deny"); }
    std::size_t issued() const; // to callers, as the admin API counts them
    std::string rootPem() const;

private:
    void write(const std::string& name, const std::string& text) const;
    void configure() const;
    std::string url(const std::string& path) const;
    std::string admin(const std::string& method, const std::string& path) const;
    void decide(const std::string& verb) const;

    TemporaryFolder folder_;
    std::string program_ = std::string(PERENNIAL_BIN_DIR) + "/perennial-enrollment";
    int port_ = freePort();
    int adminPort_ = freePort();
    std::optional<ChildProcess> process_;
};

// A first enrolment from the question to the answer, with a new key unless one is given.
struct FirstTry {
    std::shared_ptr<const x509::PrivateKey> key;
    std::string keyType; // that was wanted
    PreparedEnrollment prepared;
    Result<IssueOutcome> outcome;
};
FirstTry enroll(Issuer& issuer, const FirstEnrollment& first,
    std::shared_ptr<const x509::PrivateKey> key = nullptr);

} // namespace perennial::test
