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
    std::vector<RequestSigner> signers;
    TimePoint when = now;

    Signed()
    {
        chosen.signatures = {1, {agentUsage}, {agentPolicy}};
        signers = {signerWith({agentUsage}, {agentPolicy})};
    }
    RequestSigner signerWith(const std::vector<std::string>& usages,
        const std::vector<std::string>& policies, TimePoint until = now + day,
        const std::string& subject = "agent", const x509::PrivateKey* itsKey = nullptr) const
    {
        auto policy = must(x509::applicationPoliciesExtension(policies));
        policy.oid = x509::oid::certificatePolicies;
        const auto certificate = must(x509::issueCertificate(
            {must(x509::subjectDerFromText(subject)),
                (itsKey == nullptr ? key : *itsKey).publicKeyDer(), now - day, until,
                {must(x509::extendedKeyUsageExtension(usages)), policy}},
            authority, key));
        return {certificate, CertificateRecord{certificate.serial(), 1, "", "", now, now,
                                 certificate.fingerprint(), false, {}}};
    }
    std::string code() const
    {
        const auto refusal = refuseSignatures(chosen, signers, authority, when);
        return refusal ? toText(refusal->code).substr(0, 10) : "accepted";
    }
};

} // namespace

TEST_CASE("a template that asks for a signature takes one of its registration authorities only")
{
    Signed world;
    CHECK(world.code() == "accepted");
    world.signers.clear();
    CHECK(world.code() == "0x80094809"); // SIGNATURE_POLICY_REQUIRED
    world.chosen.signatures = {};
    CHECK(world.code() == "accepted");
}

TEST_CASE("each thing that makes a signer no registration authority is refused")
{
    const std::string rejected = "0x8009480B"; // SIGNATURE_REJECTED
    Signed world;
    world.signers = {world.signerWith({"2.5.29.37.0"}, {agentPolicy})};
    CHECK(world.code() == rejected);
    world.signers = {world.signerWith({agentUsage}, {"1.3.6.1.4.1.99999.7"})};
    CHECK(world.code() == rejected);
    world.signers = {world.signerWith({agentUsage}, {agentPolicy}, now)};
    CHECK(world.code() == rejected);
    world.signers = {world.signerWith({agentUsage}, {agentPolicy})};
    world.when = now - day;
    CHECK(world.code() == "accepted");
    world.when -= Duration(1); // not valid yet
    CHECK(world.code() == rejected);
    world.when = now;
    world.signers.front().record->revoked = true;
    CHECK(world.code() == rejected);
    world.signers = {world.signerWith({agentUsage}, {agentPolicy})};
    world.signers.front().record.reset();
    CHECK(world.code() == rejected);
    world.signers = {world.signerWith({agentUsage}, {agentPolicy})};
    world.signers.front().record->fingerprint = std::string(64, '0');
    CHECK(world.code() == rejected);
    const Signed other;
    world.signers = {other.signerWith({agentUsage}, {agentPolicy})};
    CHECK(world.code() == rejected);
}

TEST_CASE("a template that asks for two signatures takes those of two authorities and no fewer")
{
    const std::string tooFew = "0x8009480A"; // SIGNATURE_COUNT
    Signed world;
    world.chosen.signatures.count = 2;
    CHECK(world.code() == tooFew);
    const auto second = must(x509::PrivateKey::generate("ec-p256"));
    const auto with = [&](const std::string& subject, const x509::PrivateKey& key) {
        return world.signerWith({agentUsage}, {agentPolicy}, now + day, subject, &key);
    };
    const auto first = world.signers.front();
    world.signers = {first, first};
    CHECK(world.code() == tooFew);
    world.signers = {first, with("agent", second)}; // another certificate of the same authority
    CHECK(world.code() == tooFew);
    world.signers = {first, with("other", world.key)}; // another name of the same key
    CHECK(world.code() == tooFew);
    world.signers = {first, with("other", world.key), with("agent", second)};
    CHECK(world.code() == tooFew);
    world.signers = {first, with("other", second)};
    CHECK(world.code() == "accepted");
    // One that is none spoils it, however many there are.
    world.signers.push_back(
        world.signerWith({"1.2.3"}, {agentPolicy}, now + day, "third", nullptr));
    CHECK(world.code() == "0x8009480B");
    world.chosen.signatures.count = 3;
    world.signers.pop_back();
    CHECK(world.code() == tooFew);
}
