#pragma once

#include "controller/enrollment/publication/crl_publisher.h"
#include "controller/enrollment/publication/ocsp_responder.h"
#include "shared/http/server/http_server.h"

namespace perennial::enrollment::server {

// What anybody may fetch over plain HTTP: CRLs, authority certificates, OCSP answers. All of it is
// public and signed in itself.
class PublicationEndpoints {
public:
    struct Parts {
        IssuingAuthority& authority;
        const CrlPublisher& publisher;
        OcspResponder* ocsp; // null: not offered
        std::string rootListFile;
        const FileSystem& files;
        const Clock& clock;
    };
    explicit PublicationEndpoints(const Parts& parts) : parts_(parts) {}

    http::Answer answer(const http::Call& call);

private:
    http::Answer answerFile(const std::string& name);
    http::Answer answerOcsp(const http::Call& call);

    const Parts parts_;
};

} // namespace perennial::enrollment::server
