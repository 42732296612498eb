#include "shared/plugin_api/fault_cause.h"

#include "shared/plugin_api/issuer.h"

#include <array>

namespace perennial {

namespace {

struct Description {
    FaultCause cause;
    std::string_view name;
    std::string_view advice;
    std::string_view mender;
};

constexpr std::array descriptions = {
    Description{FaultCause::Transient, "transient",
        "nothing, it is tried again; if it lasts, see that the service and its CA run and can be "
        "reached",
        "who runs the service or the network"},
    Description{FaultCause::Pending, "pending", "approve or deny the request at the CA",
        "a certificate manager of the CA"},
    Description{FaultCause::Denied, "denied",
        "look the request up in the CA's list of failed requests, mend its reason and renew again",
        "a certificate manager of the CA"},
    Description{FaultCause::Template, "template",
        "compare the template's flags, rights and key rules with docs/ad-cs.md",
        "the CA's template administrator"},
    Description{FaultCause::Identity, "identity",
        "see that the service accepts this certificate or user and gives it the right to enrol",
        "who runs the service and its directory"},
    Description{FaultCause::Certificate, "certificate",
        "check the certificate's validity, revocation and issuer; if it cannot be renewed, enrol "
        "anew",
        "the administrator of this host"},
    Description{FaultCause::Clock, "clock", "set the clocks of both machines by NTP",
        "the administrators of this host and of the service"},
    Description{FaultCause::Configuration, "configuration",
        "check addresses and trust in the enrollment-service document with `perennial-agent doctor "
        "enrollment`",
        "who writes the policies, with who runs the service"},
};

const Description& descriptionOf(FaultCause cause)
{
    return descriptions[static_cast<std::size_t>(cause)];
}

static_assert([] {
    for (std::size_t place = 0; place < descriptions.size(); ++place) {
        if (static_cast<std::size_t>(descriptions[place].cause) != place) return false;
    }
    return true;
}());

} // namespace

std::string_view nameOf(FaultCause cause) { return descriptionOf(cause).name; }
std::string_view adviceOn(FaultCause cause) { return descriptionOf(cause).advice; }
std::string_view menderOf(FaultCause cause) { return descriptionOf(cause).mender; }

std::optional<FaultCause> faultCauseOf(std::string_view name)
{
    for (const auto& one : descriptions) {
        if (one.name == name) return one.cause;
    }
    return std::nullopt;
}

std::string_view nameOf(Examination::Verdict verdict)
{
    switch (verdict) {
    case Examination::Verdict::Good: return "ok";
    case Examination::Verdict::Remark: return "remark";
    case Examination::Verdict::Bad: return "bad";
    case Examination::Verdict::Skipped: return "skipped";
    }
    return "";
}

std::string describe(FaultCause cause)
{
    const auto& one = descriptionOf(cause);
    return "cause: " + std::string(one.name) + "; " + std::string(one.advice) + " (" +
           std::string(one.mender) + ")";
}

} // namespace perennial
