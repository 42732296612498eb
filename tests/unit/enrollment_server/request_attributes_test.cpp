// What a request may say beside its content.

#include "controller/enrollment/rules/request_rules.h"

#include <doctest/doctest.h>

using namespace perennial::enrollment;
using namespace perennial::enrollment::server;

TEST_CASE("request attributes other than the template are refused in any letter case")
{
    CHECK_FALSE(refuseAttributes({}));
    CHECK_FALSE(refuseAttributes({{"certificatetemplate", "WebServer"}, {"ccm", "host1"}}));
    for (const auto* name : {"SAN", "san", "sAn", "cdc", "RMD", "CertFile", "ApplicationPolicies",
             "CertificateTemplate\nSAN"}) {
        CAPTURE(name);
        const auto refusal = refuseAttributes({{name, "x"}});
        REQUIRE(refusal);
        CHECK(refusal->code == HResult::InvalidArgument);
    }
    for (const auto* name : {"requestername", "RequesterName"}) {
        const auto refusal = refuseAttributes({{name, "EXAMPLE\\ann"}});
        REQUIRE(refusal);
        CHECK(refusal->code == HResult::RestrictedOfficer);
    }
}
