#pragma once

#include "controller/enrollment/web/parameters.h"
#include "shared/enrollment/wstep/token_request.h"

namespace perennial::enrollment::server::web {

// A certificate request as certfnsh.asp takes it: field CertRequest (PEM or bare base64, pasted or
// as a file; a file, field CertFile, may be DER too), and the request attributes: lines
// "name:value" of CertAttrib, and the template of CertificateTemplate or lbCertTemplate. What may
// stand among the attributes is for the service to say. InvalidInput; a private key beside is
// refused unread.
Result<wstep::Issue> readSubmission(const Parameters& form);

} // namespace perennial::enrollment::server::web
