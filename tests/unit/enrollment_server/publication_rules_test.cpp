#include "controller/enrollment/publication/publication_rules.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment::server;
using Reason = x509::RevocationReason;

namespace {

const TimePoint now{Duration(1'800'000'000)};
constexpr Duration hour = std::chrono::hours(1);

PublicationSettings weekly()
{
    PublicationSettings settings;
    settings.base = {hour * 24 * 7, hour * 24};
    settings.delta = RevocationListPeriod{hour * 24, hour * 12};
    return settings;
}

PublicationFacts everythingOut()
{
    PublicationFacts facts;
    facts.base = PublishedList{10, now - hour, now + hour * 24, 3};
    facts.delta = PublishedList{11, now - hour, now + hour, 5};
    facts.lastChange = 5;
    return facts;
}

RevocationRecord revokedFor(Reason reason)
{
    return {"41", reason, now - hour, "ann", now + hour, 1};
}

} // namespace

TEST_CASE("nothing is due while both CRLs are new and nothing changed")
{
    CHECK(decideDue(everythingOut(), weekly(), now) == Due::Nothing);
}

TEST_CASE("a missing CRL, one whose time has come and one from the future are due")
{
    CHECK(decideDue({}, weekly(), now) == Due::Base);
    auto facts = everythingOut();
    facts.base->nextPublish = now;
    CHECK(decideDue(facts, weekly(), now) == Due::Base);
    CHECK(decideDue(facts, weekly(), now - Duration(1)) == Due::Nothing);
    facts = everythingOut();
    facts.base->thisUpdate = now + hour;
    CHECK(decideDue(facts, weekly(), now) == Due::Base);
    facts = everythingOut();
    facts.delta->nextPublish = now;
    CHECK(decideDue(facts, weekly(), now) == Due::Delta);
    facts.delta.reset();
    CHECK(decideDue(facts, weekly(), now) == Due::Delta);
}

TEST_CASE("a revocation makes a delta CRL due, or without them a base CRL")
{
    auto facts = everythingOut();
    facts.lastChange = 6;
    CHECK(decideDue(facts, weekly(), now) == Due::Delta);
    auto settings = weekly();
    settings.delta.reset();
    CHECK(decideDue(facts, settings, now) == Due::Base);
    facts.base->lastChange = 6;
    CHECK(decideDue(facts, settings, now) == Due::Nothing);
}

TEST_CASE("CRL numbers only go up, over a restored state and a clock that was wrong too")
{
    const auto seconds = now.time_since_epoch().count();
    CHECK(nextNumber(0, now) == seconds);
    CHECK(nextNumber(seconds, now) == seconds + 1);
    CHECK(nextNumber(seconds + 1000, now) == seconds + 1001);
}

TEST_CASE("only what was issued here is revoked, once, and only a hold is taken back")
{
    const CertificateRecord certificate{};
    CHECK(checkRevocation(certificate, {}, Reason::KeyCompromise).ok());
    CHECK(checkRevocation({}, {}, Reason::KeyCompromise).error().kind == ErrorKind::NotFound);
    CHECK(checkRevocation(certificate, {}, Reason::RemoveFromCrl).error().kind ==
          ErrorKind::Conflict);
    const auto held = revokedFor(Reason::CertificateHold);
    CHECK(checkRevocation(certificate, held, Reason::RemoveFromCrl).ok());
    CHECK(checkRevocation(certificate, held, Reason::KeyCompromise).ok());
    CHECK_FALSE(checkRevocation(certificate, held, Reason::CertificateHold).ok());
    const auto revoked = revokedFor(Reason::KeyCompromise);
    CHECK_FALSE(checkRevocation(certificate, revoked, Reason::RemoveFromCrl).ok());
    CHECK_FALSE(checkRevocation(certificate, revoked, Reason::Superseded).ok());
    const auto released = revokedFor(Reason::RemoveFromCrl);
    CHECK(checkRevocation(certificate, released, Reason::CertificateHold).ok());
    CHECK_FALSE(checkRevocation(certificate, released, Reason::RemoveFromCrl).ok());
}
