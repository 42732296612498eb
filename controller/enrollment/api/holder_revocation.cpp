#include "controller/enrollment/api/holder_revocation.h"

#include "controller/enrollment/api/answers.h"

namespace perennial::enrollment::server {

http::Answer HolderRevocation::answer(const http::Call& call)
{
    if (call.method != "POST")
        return failureAnswer(405, ErrorKind::InvalidInput, "POST, without a body");
    // A page of anybody's could have a browser show its user's certificate.
    if (!call.body.empty() || call.headers.count("origin") != 0)
        return failureAnswer(Error{ErrorKind::InvalidInput,
            "no body and no browser: the TLS client certificate says what it replaced"});
    const auto revoked = revoke(call);
    if (!revoked && revoked.error().kind == ErrorKind::PermissionDenied) // logged with its reason
        return failureAnswer(403, ErrorKind::PermissionDenied, revoked.error().message);
    if (!revoked) {
        parts_.log.warning(
            call.remoteAddress + " at " + call.path + ": " + revoked.error().message);
        return failureAnswer(revoked.error());
    }
    return jsonAnswer(200, *revoked);
}

Result<Json> HolderRevocation::revoke(const http::Call& call)
{
    const auto now = parts_.clock.now();
    const AuthenticationSettings byItself{xcep::ClientAuthentication::Certificate, true};
    const auto caller = parts_.authenticator.byCertificate(byItself, call, now);
    if (!caller) return caller.error();
    const auto serial = call.peer->serial();
    const auto request = parts_.store.findRequest(caller->record ? caller->record->requestId : 0);
    if (!request) return Error{ErrorKind::Unavailable, request.error().message};
    if (!*request || (*request)->renews.empty())
        return Error{ErrorKind::Conflict, "certificate " + serial + " has renewed no other one"};
    const auto old = parts_.store.findCertificate((*request)->renews);
    if (!old) return Error{ErrorKind::Unavailable, old.error().message};
    if (!*old || !(*old)->revoked) { // the answer to an earlier call may have been lost
        const auto done = parts_.desk.revoke(
            (*request)->renews, x509::RevocationReason::Superseded, "holder of " + serial, now);
        if (!done) return done.error();
    }
    Json said;
    said["serial"] = (*request)->renews;
    said["state"] = "revoked";
    return said;
}

} // namespace perennial::enrollment::server
