#pragma once

#include "controller/enrollment/authentication/authenticator.h"
#include "controller/enrollment/publication/revocation_desk.h"

namespace perennial::enrollment::server {

// POST without a body, over TLS with a client certificate of this authority that renewed another
// one: revokes that other one, reason superseded. Its key signed for the renewal, so whoever has
// the renewed certificate speaks for it; the question can name no other, nor itself.
class HolderRevocation {
public:
    struct Parts {
        Authenticator& authenticator;
        EnrollmentStore& store;
        RevocationDesk& desk;
        const Clock& clock;
        const Log& log;
    };
    explicit HolderRevocation(const Parts& parts) : parts_(parts) {}

    // 200 also when it is revoked already; 403 not proven; 409 it renewed none; 500 come again.
    http::Answer answer(const http::Call& call);

private:
    Result<Json> revoke(const http::Call& call);

    const Parts parts_;
};

} // namespace perennial::enrollment::server
