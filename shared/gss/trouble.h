#pragma once

#include <cstdint>

namespace perennial::gss {

// Why there is no ticket, or no proof of who the server is, for those who decide by it.
enum class Trouble {
    None,
    Clock,     // the KDC or the service has another time than this host
    Principal, // the KDC does not know the principal, or has locked it
    Key,       // the keytab's key is not, or not any more, the principal's
    Keytab,    // no keytab that may be used, or no key of the principal in it
    Service,   // the KDC knows no such service, or the service cannot read its ticket
    Realm,     // no KDC of the realm is known: krb5.conf or DNS
    Kdc,       // no KDC of the realm answers
    Refused,   // the KDC has a rule against it, or the service took the token for no proof
    Other,
};

// By GSSAPI's major code (RFC 2744 3.9.1) and Kerberos's minor one (RFC 4120 7.5.9, MIT's krb5.h),
// never by text. `major` is GSSAPI's, `minor` that of the mechanism Kerberos, not of SPNEGO.
Trouble troubleOf(std::uint32_t major, std::uint32_t minor);

} // namespace perennial::gss
