#include "controller/enrollment/rules/request_rules.h"
#include "shared/x509/authority.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment;
using namespace perennial::enrollment::server;

namespace {

const TimePoint now{Duration(1'800'000'000)};
constexpr Duration day = std::chrono::hours(24);
const char* agentUsage = "1.3.6.1.4.1.99999.5";
const char* agentPolicy = "1.3.6.1.4.1.99999.6";

template <class T>
T must(Result<T> result)
{
    REQUIRE_MESSAGE(result, (result ? "" : result.error().message));
    return *std::move(result);
}

struct Signed {
    x509::PrivateKey key = must(x509::PrivateKey::generate("ec-p256"));
    x509::Certificate authority = must(x509::makeRoot({"CA", now - day, now + day * 9, 0}, key));
    CertificateTemplate chosen;
    std::optional<RequestSigner> signer;
    TimePoint when = now;

    Signed()
    {
        chosen.signatures = {1, {agentUsage}, {agentPolicy}};
        signer = signerWith({agentUsage}, {agentPolicy});
    }
    RequestSigner signerWith(const std::vector<std::string>& usages,
        const std::vector<std::string>& policies, TimePoint until = now + day) const
    {
        auto policy = must(x509::applicationPoliciesExtension(policies));
        policy.oid = x509::oid::certificatePolicies;
        const auto certificate = must(x509::issueCertificate(
            {must(x509::subjectDerFromText("agent")), key.publicKeyDer(), now - day, until,
                {must(x509::extendedKeyUsageExtension(usages)), policy}},
            authority, key));
        return {certificate, CertificateRecord{certificate.serial(), 1, "", "", now, now,
                                 certificate.fingerprint(), false, {}}};
    }
    std::string code() const
    {
        const auto refusal = refuseSignature(chosen, signer, authority, when);
        return refusal ? toText(refusal->code).substr(0, 10) : "accepted";
    }
};

} // namespace

TEST_CASE("a template that asks for a signature takes one of its registration authorities only")
{
    Signed world;
    CHECK(world.code() == "accepted");
    world.signer.reset();
    CHECK(world.code() == "0x80094809"); // SIGNATURE_POLICY_REQUIRED
    world.chosen.signatures = {};
    CHECK(world.code() == "accepted");
}

TEST_CASE("each thing that makes a signer no registration authority is refused")
{
    const std::string rejected = "0x8009480B"; // SIGNATURE_REJECTED
    Signed world;
    world.signer = world.signerWith({"2.5.29.37.0"}, {agentPolicy});
    CHECK(world.code() == rejected);
    world.signer = world.signerWith({agentUsage}, {"1.3.6.1.4.1.99999.7"});
    CHECK(world.code() == rejected);
    world.signer = world.signerWith({agentUsage}, {agentPolicy}, now);
    CHECK(world.code() == rejected);
    world.signer = world.signerWith({agentUsage}, {agentPolicy});
    world.when = now - day;
    CHECK(world.code() == "accepted");
    world.when -= Duration(1); // not valid yet
    CHECK(world.code() == rejected);
    world.when = now;
    world.signer->record->revoked = true;
    CHECK(world.code() == rejected);
    world.signer = world.signerWith({agentUsage}, {agentPolicy});
    world.signer->record.reset();
    CHECK(world.code() == rejected);
    world.signer = world.signerWith({agentUsage}, {agentPolicy});
    world.signer->record->fingerprint = std::string(64, '0');
    CHECK(world.code() == rejected);
    const Signed other;
    world.signer = other.signerWith({agentUsage}, {agentPolicy});
    CHECK(world.code() == rejected);
}
