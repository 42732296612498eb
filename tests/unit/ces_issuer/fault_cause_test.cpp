// The closed list of causes: every code that is known has one, and no text decides.

#include "plugins/ces_issuer/fault_cause.h"
#include "plugins/ces_issuer/http_date.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::plugins;
namespace soap = enrollment::soap;
using enrollment::HResult;

namespace {

const TimePoint noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + Duration(43200);

} // namespace

TEST_CASE("a code means the same cause whatever the text says")
{
    struct Case {
        HResult code;
        FaultCause cause;
    };
    const std::vector<Case> cases = {
        {HResult::RpcServerUnavailable, FaultCause::Transient},
        {HResult::RevocationOffline, FaultCause::Transient},
        {HResult::AdminDeniedRequest, FaultCause::Denied},
        {HResult::TemplateDenied, FaultCause::Template},
        {HResult::KeyLength, FaultCause::Template},
        {HResult::EnrollDenied, FaultCause::Identity},
        {HResult::AccessDenied, FaultCause::Identity},
        {HResult::Revoked, FaultCause::Certificate},
        {HResult::CertificateExpired, FaultCause::Certificate},
        {static_cast<HResult>(0x80090324U), FaultCause::Clock},
        {HResult::InvalidData, FaultCause::Configuration},
        {static_cast<HResult>(0x8000FFFFU), FaultCause::Configuration},
    };
    for (const auto& one : cases) {
        CAPTURE(toText(one.code));
        CHECK(causeOf(one.code) == one.cause);
        for (const auto* text : {"", "The RPC server is unavailable.", "Zugriff verweigert"})
            CHECK(causeOf(soap::enrollmentFault(one.code, text, false)) == one.cause);
    }
    for (const auto& known : enrollment::knownHResults())
        CHECK(causeOf(known.code) != FaultCause::Pending); // that is no fault
}

TEST_CASE("a denial by an unknown code is a denial; who asks and when have their own causes")
{
    const auto unknown = static_cast<HResult>(0x8000FFFFU);
    CHECK(causeOf(soap::enrollmentFault(unknown, "no", true)) == FaultCause::Denied);
    CHECK(causeOf(soap::enrollmentFault(HResult::TemplateDenied, "no", true)) ==
          FaultCause::Template);
    CHECK(causeOf(soap::authenticationFault()) == FaultCause::Identity);
    CHECK(causeOf(soap::senderFault("bad")) == FaultCause::Configuration);
    CHECK(causeOf(soap::receiverFault("oops")) == FaultCause::Transient);
    auto late = soap::senderFault("x");
    late.subcode = soap::NameValue{"urn:any", "MessageExpired"};
    CHECK(causeOf(late) == FaultCause::Clock);
}

TEST_CASE("a connection that fails and an answer without SOAP have a cause")
{
    using http::Obstacle;
    CHECK(causeOf(Obstacle::NameLookup) == FaultCause::Transient);
    CHECK(causeOf(Obstacle::Timeout) == FaultCause::Transient);
    CHECK(causeOf(Obstacle::ServerTooEarly) == FaultCause::Clock);
    CHECK(causeOf(Obstacle::OwnCertificate) == FaultCause::Certificate);
    CHECK(causeOf(Obstacle::ServerUntrusted) == FaultCause::Configuration);
    CHECK(causeOfStatus(401) == FaultCause::Identity);
    CHECK(causeOfStatus(403) == FaultCause::Identity);
    CHECK(causeOfStatus(307) == FaultCause::Configuration);
    CHECK(causeOfStatus(404) == FaultCause::Configuration);
    CHECK(causeOfStatus(503) == FaultCause::Transient);
}

TEST_CASE("Kerberos's trouble has a cause, by GSSAPI's and Kerberos's numbers")
{
    using gss::Trouble;
    struct Case {
        std::int64_t minor; // RFC 4120 7.5.9 and MIT's krb5.h, from the base of its error table
        Trouble trouble;
        FaultCause cause;
    };
    constexpr std::int64_t base = -1765328384;
    constexpr std::uint32_t failure = 13U << 16U, noCredential = 7U << 16U; // RFC 2744 3.9.1
    const std::vector<Case> cases = {
        {base + 37, Trouble::Clock, FaultCause::Clock}, // KRB_AP_ERR_SKEW
        {base + 32, Trouble::Clock, FaultCause::Clock}, // KRB_AP_ERR_TKT_EXPIRED
        {-1765328236, Trouble::Clock, FaultCause::Clock},
        {base + 6, Trouble::Principal, FaultCause::Identity},  // KDC_ERR_C_PRINCIPAL_UNKNOWN
        {base + 18, Trouble::Principal, FaultCause::Identity}, // KDC_ERR_CLIENT_REVOKED
        {base + 23, Trouble::Key, FaultCause::Identity},       // KDC_ERR_KEY_EXPIRED
        {base + 24, Trouble::Key, FaultCause::Identity},       // KDC_ERR_PREAUTH_FAILED
        {-1765328203, Trouble::Keytab, FaultCause::Identity},
        {base + 7, Trouble::Service, FaultCause::Configuration}, // KDC_ERR_S_PRINCIPAL_UNKNOWN
        {-1765328230, Trouble::Realm, FaultCause::Configuration},
        {-1765328228, Trouble::Kdc, FaultCause::Transient},
    };
    for (const auto& one : cases) {
        CAPTURE(one.minor);
        for (const auto major : {failure, noCredential}) {
            const auto trouble = gss::troubleOf(major, static_cast<std::uint32_t>(one.minor));
            CHECK(trouble == one.trouble);
            CHECK(causeOf(trouble) == one.cause);
        }
    }
    CHECK(gss::troubleOf(noCredential, 0) == Trouble::Keytab);
    CHECK(gss::troubleOf(1U << 16U, 0) == Trouble::Other);
    CHECK(gss::troubleOf(0, 0) == Trouble::None);
    CHECK(gss::troubleOf(1, 0) == Trouble::None); // another token is needed: no error
}

TEST_CASE("clocks that are more than five minutes apart explain a refusal, and nothing else")
{
    const auto apart = [](Duration by, FaultCause cause) {
        return withClocks(cause, noon + by, noon);
    };
    CHECK(apart(Duration(301), FaultCause::Certificate) == FaultCause::Clock);
    CHECK(apart(Duration(-301), FaultCause::Identity) == FaultCause::Clock);
    CHECK(apart(Duration(300), FaultCause::Certificate) == FaultCause::Certificate);
    CHECK(apart(Duration(4000), FaultCause::Template) == FaultCause::Template);
    CHECK(withClocks(FaultCause::Identity, std::nullopt, noon) == FaultCause::Identity);
}

TEST_CASE("every cause has a name that is read back, something to do, and somebody to do it")
{
    for (int number = 0; number < 8; ++number) {
        const auto cause = static_cast<FaultCause>(number);
        CHECK(faultCauseOf(nameOf(cause)) == cause);
        CHECK(adviceOn(cause).size() > 10);
        CHECK(menderOf(cause).size() > 5);
        CHECK(describe(cause).rfind("cause: " + std::string(nameOf(cause)) + "; ", 0) == 0);
    }
    CHECK_FALSE(faultCauseOf("Transient").has_value());
}

TEST_CASE("the date of an answer is read in the one form that servers send, or not at all")
{
    CHECK(timeFromHttpDate("Sat, 21 Nov 2026 12:00:00 GMT") == noon);
    for (const auto* text : {"", "Sat, 21 Nov 2026 12:00:00", "Sat, 21 Nov 2026 12:00:00 CET",
             "Saturday, 21-Nov-26 12:00:00 GMT", "Sat, 31 Feb 2026 12:00:00 GMT",
             "Sat, 21 Nov 2026 24:00:00 GMT", "Sat, -1 Nov 2026 12:00:00 GMT",
             "Sat, 21 nov 2026 12:00:00 GMT", "2026-11-21T12:00:00Z"})
        CHECK_MESSAGE(!timeFromHttpDate(text).has_value(), text);
}

TEST_CASE("only what certainly was taken by nobody counts as such")
{
    using http::Obstacle;
    for (const auto obstacle : {Obstacle::NameLookup, Obstacle::Connect, Obstacle::ServerUntrusted,
             Obstacle::ServerChanged, Obstacle::TlsRefused})
        CHECK(isUntaken(obstacle));
    for (const auto obstacle :
        {Obstacle::None, Obstacle::Timeout, Obstacle::CutOff, Obstacle::Answer, Obstacle::Internal})
        CHECK_FALSE(isUntaken(obstacle));
    for (const int status : {301, 401, 403, 404, 405, 415})
        CHECK(isUntaken(status));
    for (const int status : {200, 400, 500, 502, 503, 504})
        CHECK_FALSE(isUntaken(status));
    CHECK(isUntaken(soap::authenticationFault()));
    CHECK(isUntaken(soap::senderFault("bad")));
    CHECK(isUntaken(soap::enrollmentFault(HResult::KeyLength, "no", false)));
    CHECK_FALSE(isUntaken(soap::receiverFault("oops")));
    CHECK_FALSE(isUntaken(soap::enrollmentFault(HResult::RpcServerUnavailable, "away", false)));
}
