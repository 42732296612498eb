#pragma once

#include "controller/enrollment/ces/test_certificate.h"
#include "controller/enrollment/templates/held_templates.h"
#include "shared/http/server/http_server.h"

namespace perennial::enrollment::server {

// `perennial enrollment issue-test`: the administrator's machine makes the key and sends a PKCS#10.
// Names, key and SID must be what the template lets everybody have, and it lives for a day unless
// it is said otherwise, never longer than the template says.
class TestCertificateApi {
public:
    struct Parts {
        const HeldTemplates& templates;
        IssuingAuthority& authority;
        EnrollmentStore& store;
        const Clock& clock;
    };
    explicit TestCertificateApi(const Parts& parts) : parts_(parts) {}

    // POST of /v1/issue-test. The caller has authenticated `admin`.
    Result<Json> issue(const std::string& admin, const http::Call& call);

private:
    Parts parts_;
};

} // namespace perennial::enrollment::server
