#include "shared/enrollment/xcep/get_policies.h"

#include "shared/enrollment/soap/namespaces.h"
#include "shared/enrollment/soap/xml_reader.h"
#include "shared/enrollment/soap/xml_writer.h"
#include "tests/unit/enrollment/enrollment_samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment::xcep;
using perennial::enrollment::soap::readXml;
using perennial::enrollment::soap::writeXml;
using perennial::test::contains;
using perennial::test::messageOf;
using perennial::test::must;
using perennial::test::outline;
using perennial::test::sampleEnvelope;

namespace {

Result<GetPolicies> readBody(const std::string& inside)
{
    return readGetPolicies(must(readXml(
        "<GetPolicies xmlns='http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy' "
        "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>" +
        inside + "</GetPolicies>")));
}

} // namespace

TEST_CASE("the samples' questions are read")
{
    const auto first = must(readGetPolicies(sampleEnvelope("01_getpolicies_request.xml").body));
    CHECK_FALSE(first.lastUpdate.has_value());
    CHECK(first.preferredLanguage.empty());
    CHECK(first.policyOids.empty());
    CHECK(first.clientVersion == 0);

    const auto second = must(readGetPolicies(sampleEnvelope("02_getpolicies_request.xml").body));
    REQUIRE(second.lastUpdate.has_value());
    CHECK(toRfc3339(*second.lastUpdate) == "2026-11-20T20:00:00Z");
    CHECK(second.preferredLanguage == "en-US");
    CHECK(second.clientVersion == 6);
    CHECK(second.serverVersion == 0);
    const auto third = must(readGetPolicies(sampleEnvelope("03_getpolicies_request.xml").body));
    CHECK_FALSE(third.lastUpdate.has_value());
}

TEST_CASE("nil without a namespace, old peers without versions and .NET's first day are understood")
{
    const auto old = must(readBody("<client><lastUpdate>0001-01-01T00:00:00</lastUpdate>"
                                   "<preferredLanguage nil='true'/></client>"
                                   "<requestFilter><policyOIDs><oid> 1.2.3\n</oid><oid>1.2.4</oid>"
                                   "</policyOIDs></requestFilter>"));
    CHECK_FALSE(old.lastUpdate.has_value());
    CHECK(old.preferredLanguage.empty());
    CHECK(old.policyOids == std::vector<std::string>{"1.2.3", "1.2.4"});
    CHECK(old.serverVersion == 0);

    const auto mmc =
        must(readBody("<requestFilter><policyOIDs xsi:nil='true'/><clientVersion>6"
                      "</clientVersion><serverVersion xsi:nil='1'/></requestFilter>"
                      "<client><preferredLanguage>de-DE</preferredLanguage></client>"));
    CHECK(mmc.clientVersion == 6);
    CHECK(mmc.serverVersion == 0);
    CHECK(mmc.preferredLanguage == "de-DE");
}

TEST_CASE("a question without a client, or with a broken one, is refused")
{
    CHECK(contains(messageOf(readBody("<requestFilter/>")), "has no client"));
    CHECK_FALSE(readBody("<client/>").ok());
    CHECK_FALSE(readBody("<client xsi:nil='true'/>").ok());
    CHECK_FALSE(readBody("<client xmlns='urn:other'><lastUpdate/></client>").ok());
    const std::string client = "<client><lastUpdate xsi:nil='true'/></client>";
    CHECK(readBody(client).ok());
    CHECK_FALSE(readBody(client + client).ok());
    CHECK_FALSE(readBody("<client><lastUpdate>soon</lastUpdate></client>").ok());
    CHECK_FALSE(readBody("<client><lastUpdate/></client>").ok());
    CHECK_FALSE(readBody(client + "<requestFilter/><requestFilter/>").ok());
    CHECK_FALSE(
        readBody(client + "<requestFilter><clientVersion>x</clientVersion></requestFilter>").ok());
    CHECK_FALSE(readGetPolicies(sampleEnvelope("20_querytokenstatus_request.xml").body).ok());
}

TEST_CASE("a question is written in the schema's order with explicit versions")
{
    GetPolicies question;
    const std::string space = "{http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy}";
    const std::string nil = " {http://www.w3.org/2001/XMLSchema-instance}nil=true\n";
    CHECK(outline(writeXml(toElement(question))) ==
          space + "GetPolicies\n  " + space + "client\n    " + space + "lastUpdate" + nil + "    " +
              space + "preferredLanguage" + nil + "  " + space + "requestFilter\n    " + space +
              "policyOIDs" + nil + "    " + space + "clientVersion = 0\n    " + space +
              "serverVersion = 0\n");

    const auto sample = sampleEnvelope("02_getpolicies_request.xml").body;
    const std::string written = writeXml(toElement(must(readGetPolicies(sample))));
    CHECK(outline(written) == outline(writeXml(sample)));

    question.policyOids = {"1.2.3", "1.2.4"};
    const auto read = must(readGetPolicies(must(readXml(writeXml(toElement(question))))));
    CHECK(read.policyOids == question.policyOids);
}
