#include "controller/enrollment/ces/refusal_limits.h"

#include "tests/unit/enrollment_server/authority_fixture.h"

using namespace perennial;
using namespace perennial::enrollment;
using namespace perennial::test;

namespace {

// Refuses, or whatever the test says, and counts how often it was asked.
class ScriptedService final : public RequestService {
public:
    ServiceAnswer answer(
        const Endpoint&, const Caller&, const wstep::TokenRequest&, TimePoint) override
    {
        ++asked;
        return said;
    }
    ServiceAnswer said =
        soap::enrollmentFault(HResult::TemplateDenied, "no", true, std::string("1"));
    int asked = 0;
};

struct Bench {
    Bench()
    {
        settings.path = "/ces";
        settings.refusalLimit = 3;
    }
    ServiceAnswer ask(const std::string& caller)
    {
        return limits.answer(
            {settings, "https://ca/ces", "192.0.2.1"}, {caller, {}, {}}, what, home.now);
    }
    // How many of ten more are looked at.
    int lookedAt(const std::string& caller = "ann")
    {
        const int before = service.asked;
        for (int i = 0; i < 10; ++i)
            (void)ask(caller);
        return service.asked - before;
    }
    std::size_t told()
    {
        std::size_t count = 0;
        for (const auto& event : must(readEvents(home.store->database(), 0, 1000)).items)
            count += event.kind == "caller.locked_out" ? 1U : 0U;
        return count;
    }

    AuthorityHome home;
    EnrollmentServiceSettings settings;
    ScriptedService service;
    Log log{"test"};
    RefusalLimits limits{service, *home.store, log};
    wstep::TokenRequest what{wstep::Issue{}, ""};
};

} // namespace

TEST_CASE("a caller whose requests were refused often waits a quarter of an hour, and is told once")
{
    Bench bench;
    CHECK(bench.lookedAt() == 3);
    CHECK(bench.told() == 1);
    const auto answer = bench.ask("ann");
    const auto* fault = std::get_if<soap::Fault>(&answer);
    REQUIRE(fault != nullptr);
    CHECK(fault->detail->errorCode == HResult::RpcServerUnavailable); // it may come again
    CHECK_FALSE(fault->detail->invalidRequest.value_or(true));
    CHECK(bench.lookedAt("bob") == 3);
    CHECK(bench.told() == 2);
    bench.home.now += FailureCounts::period + Duration(1);
    CHECK(bench.lookedAt() == 3);
}

TEST_CASE("only refusals of requests count, at their endpoint")
{
    Bench bench;
    bench.service.said = wstep::TokenResponse(wstep::Pending{});
    CHECK(bench.lookedAt() == 10);
    for (const auto code : {HResult::Failed, HResult::RpcServerUnavailable}) {
        bench.service.said = soap::enrollmentFault(code, "later", false);
        CHECK(bench.lookedAt() == 10);
    }
    bench.service.said = soap::enrollmentFault(HResult::Asn1BadTag, "not even a request", false);
    CHECK(bench.lookedAt() == 3);
    bench.settings.path = "/other";
    CHECK(bench.lookedAt() == 3);
    // Asking after a request writes nothing.
    bench.what.what = wstep::QueryTokenStatus{"1"};
    CHECK(bench.lookedAt() == 10);
    bench.what.what = wstep::Issue{};
    bench.settings.refusalLimit = 0;
    CHECK(bench.lookedAt() == 10);
}

TEST_CASE("of a denied request that is large only the facts are kept")
{
    Bench bench;
    for (const std::string state : {"denied", "pending"}) {
        RequestRecord record;
        record.state = state;
        record.kind = "new";
        record.request = Bytes(200'000, 'x');
        record.receivedAt = record.decidedAt = bench.home.now;
        const auto id = must(state == "denied" ? bench.home.store->addDenied(record, Json())
                                               : bench.home.store->addPending(record, Json()));
        CHECK(must(bench.home.store->findRequest(id))->request.size() ==
              (state == "denied" ? 0 : 200'000));
    }
}
