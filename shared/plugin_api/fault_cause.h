#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace perennial {

// Why an issuer gave no certificate. The list is closed: dashboards and playbooks count on it.
enum class FaultCause {
    Transient,     // nobody answered, or what stands behind did not: it is tried again
    Pending,       // somebody has to approve it
    Denied,        // somebody, or a rule of the CA, said no
    Template,      // the template does not allow it, or asks for what cannot be given
    Identity,      // the service does not accept who asks
    Certificate,   // the certificate to renew is not acceptable
    Clock,         // the two sides do not agree what time it is
    Configuration, // a wrong address, trust that does not fit, a service that is no CEP or CES
};

std::string_view nameOf(FaultCause cause); // "transient"
std::optional<FaultCause> faultCauseOf(std::string_view name);
std::string_view adviceOn(FaultCause cause); // what to do
std::string_view menderOf(FaultCause cause); // who can do it
// "cause: template; <what to do> (<who>)"
std::string describe(FaultCause cause);

} // namespace perennial
