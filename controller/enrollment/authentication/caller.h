#pragma once

#include "controller/enrollment/storage/enrollment_store.h"
#include "shared/x509/certificate.h"

#include <optional>
#include <set>
#include <string>

namespace perennial::enrollment::server {

// What a directory says of an account; empty where it says nothing. Certificates of templates with
// built names are made of it.
struct AccountNames {
    std::string dns;
    std::string upn;
    std::string email;
    std::string sid;       // "S-1-5-..."
    bool lacksSid = false; // the directory is to have it and does not
};

// For a request that waits: what is known when it comes is what its certificate will say.
std::string toText(const AccountNames& names);
Result<AccountNames> accountNamesOf(const std::string& text);

// Who asks, proven.
struct Caller {
    std::string name; // of a user or a mapping; "certificate <serial>" at a key-based endpoint
    std::set<std::string> groups;
    std::optional<x509::Certificate>
        certificate; // TLS client certificate, issued here and unrevoked
    AccountNames account = {};
    std::optional<CertificateRecord> record = {}; // of the certificate, looked up for this request
    std::optional<x509::Certificate> issuer =
        {}; // whose signature on the certificate TLS has verified
};

// For a request that waits as well: the groups, and the serial number of the certificate, by which
// rights are judged again when somebody decides.
std::string rightsText(const Caller& caller);
// The certificate is looked up; an empty text, of an earlier version, gives the caller nothing.
Status addRights(Caller& caller, const std::string& text, EnrollmentStore& store);

// Names that may stand for a caller: 1 to 128 visible ASCII characters. None has a space, so none
// passes for "certificate <serial>".
bool isCallerName(const std::string& name);

} // namespace perennial::enrollment::server
