#include "shared/enrollment/xcep/policy_answer.h"

#include "shared/enrollment/soap/namespaces.h"
#include "tests/unit/enrollment/enrollment_samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment;
using namespace perennial::enrollment::xcep;
using perennial::test::bodyOutline;
using perennial::test::checkWellFormed;
using perennial::test::contains;
using perennial::test::messageOf;
using perennial::test::must;
using perennial::test::policyOutline;
using perennial::test::replaced;
using perennial::test::sample;
using perennial::test::sampleEnvelope;

namespace {

PolicyAnswer answerOf(const std::string& name)
{
    return must(readPolicyAnswer(sampleEnvelope(name).body));
}

Result<PolicyAnswer> changed(const std::string& what, const std::string& by)
{
    return readPolicyAnswer(
        must(soap::readEnvelope(replaced(sample("01_getpolicies_response.xml"), what, by))).body);
}

std::string write(const PolicyAnswer& answer)
{
    return soap::writeResponse(soap::action::getPoliciesResponse, "urn:uuid:1", toElement(answer));
}

// Uses everything that the schema knows.
PolicyAnswer fullAnswer()
{
    PolicyAnswer answer = answerOf("01_getpolicies_response.xml");
    Policy& policy = answer.policies.front();
    policy.supersededTemplates = {"Old", "Older"};
    policy.privateKey.keySpec = 1;
    policy.privateKey.permissions = "D:(A;;GA;;;SY)";
    policy.privateKeyFlags = 4294967295U;
    policy.enrollmentFlags = 0xA6000000U; // negative as AD stores it
    policy.registrationAuthority = RegistrationAuthorityRequirements{
        2, {{"1.3.6.1.4.1.311.20.2.1", OidGroup::ExtendedKeyUsage, "Agent"}}, {}};
    policy.keyArchival =
        KeyArchivalAttributes{{"1.2.840.113549.3.7", OidGroup::Encryption, "3DES"}, 168};
    answer.furtherOids = {{"1.3.6.1.5.5.7.3.1", OidGroup::ExtendedKeyUsage, "Server <&>"}};
    Policy second = policy;
    second.commonName = "Second & last";
    second.authorities = {1, 0};
    answer.policies.push_back(second);
    Authority other = answer.authorities.front();
    other.enrollPermission = false;
    other.uris = {{ClientAuthentication::Kerberos, "https://ces2.example.test/a?b=1&c=2",
        std::nullopt, std::nullopt}};
    answer.authorities.push_back(other);
    return answer;
}

} // namespace

TEST_CASE("the sample of a key-based renewal template is read whole")
{
    const PolicyAnswer answer = answerOf("01_getpolicies_response.xml");
    CHECK(answer.policyId == "{6f3c1d0a-5f0b-4a53-9a0e-2d3f8c7b6a51}");
    CHECK(answer.friendlyName == "Example enrollment policy");
    CHECK(answer.nextUpdateHours == 8U);
    CHECK_FALSE(answer.notChanged);
    CHECK(answer.furtherOids.empty());

    REQUIRE(answer.policies.size() == 1);
    const Policy& policy = answer.policies.front();
    CHECK(policy.templateOid ==
          Oid{"1.3.6.1.4.1.311.21.8.1000001.2000002.3000003.4000004.5000005.66.7000007.8000008",
              OidGroup::Template, "Example Web Server"});
    CHECK(policy.commonName == "ExampleWeb");
    CHECK(policy.schema == 4);
    CHECK(policy.validitySeconds == 31536000);
    CHECK(policy.renewalSeconds == 3628800);
    CHECK(policy.mayEnroll);
    CHECK(policy.mayAutoEnroll);
    CHECK(policy.majorRevision == 100);
    CHECK(policy.minorRevision == 4U);
    CHECK(policy.supersededTemplates.empty());
    CHECK(policy.privateKeyFlags == 0x06060000U);
    CHECK(policy.subjectNameFlags == 9U);
    CHECK(policy.enrollmentFlags == 0x10060U);
    CHECK(policy.generalFlags == 0x20240U);
    CHECK((*policy.enrollmentFlags & flag::enrollmentKeyBasedRenewal) != 0);
    CHECK(policy.hashAlgorithm == Oid{"2.16.840.1.101.3.4.2.1", OidGroup::Hash, "sha256"});
    CHECK_FALSE(policy.registrationAuthority.has_value());
    CHECK_FALSE(policy.keyArchival.has_value());

    CHECK(policy.privateKey.minimalKeyLength == 2048);
    CHECK_FALSE(policy.privateKey.keySpec.has_value());
    CHECK(policy.privateKey.keyUsageProperty == 2U);
    CHECK(policy.privateKey.algorithm == Oid{"1.2.840.113549.1.1.1", OidGroup::PublicKey, "RSA"});
    CHECK(policy.privateKey.cryptoProviders ==
          std::vector<std::string>{"Microsoft Software Key Storage Provider"});

    REQUIRE(policy.extensions.size() == 4);
    CHECK(policy.extensions[2].type.value == "2.5.29.15");
    CHECK(policy.extensions[2].critical == true);
    CHECK(policy.extensions[2].value == Bytes("\x03\x02\x05\xA0"));
}

TEST_CASE("the sample's authorities and their enrolment URIs are read")
{
    const PolicyAnswer answer = answerOf("01_getpolicies_response.xml");
    REQUIRE(answer.authorities.size() == 1);
    CHECK(answer.policies.front().authorities == std::vector<std::size_t>{0});
    const Authority& authority = answer.authorities.front();
    CHECK(authority.certificate == sample("ca.der"));
    CHECK(authority.enrollPermission);
    REQUIRE(authority.uris.size() == 2);
    CHECK(authority.uris[0].authentication == ClientAuthentication::UsernamePassword);
    CHECK(authority.uris[0].renewalOnly == false);
    CHECK(authority.uris[1] ==
          EnrollmentUri{ClientAuthentication::Certificate,
              "https://pki.example.test/Example-Issuing-CA_CES_Certificate/service.svc/CES", 1U,
              true});
}

TEST_CASE("the schema 1 sample, the empty one and the unchanged one are read")
{
    const PolicyAnswer machine = answerOf("03_getpolicies_response_v1.xml");
    CHECK(machine.friendlyName == "");
    CHECK(machine.policies.front().commonName == "Machine");
    CHECK(machine.policies.front().templateOid.name == "Computer");
    CHECK(machine.policies.front().subjectNameFlags == 402653184U);
    CHECK_FALSE(machine.policies.front().privateKey.algorithm.has_value());
    CHECK(
        machine.authorities.front().uris.front().authentication == ClientAuthentication::Kerberos);
    REQUIRE(machine.furtherOids.size() == 2);
    CHECK(machine.furtherOids[0].value == "1.3.6.1.5.5.7.3.1");

    const PolicyAnswer empty = answerOf("04_getpolicies_response_empty.xml");
    CHECK(empty.policies.empty());
    CHECK(empty.nextUpdateHours == 1U);
    CHECK_FALSE(empty.notChanged);
    CHECK(answerOf("02_getpolicies_response_notchanged.xml").notChanged);
}

TEST_CASE("what we write is what the samples hold, in their order")
{
    for (const char* name : {"01_getpolicies_response.xml", "03_getpolicies_response_v1.xml"}) {
        const std::string written = write(answerOf(name));
        checkWellFormed(written);
        CHECK(policyOutline(written) == policyOutline(sample(name)));
    }
    for (const char* name :
        {"02_getpolicies_response_notchanged.xml", "04_getpolicies_response_empty.xml"}) {
        CHECK(bodyOutline(write(answerOf(name))) == bodyOutline(sample(name)));
    }
}

TEST_CASE("everything that the schema knows survives writing and reading")
{
    const PolicyAnswer answer = fullAnswer();
    const std::string written = write(answer);
    checkWellFormed(written);
    CHECK(contains(written, "<privateKeyFlags>4294967295</privateKeyFlags>"));
    CHECK(contains(written, "<enrollmentFlags>2785017856</enrollmentFlags>"));
    CHECK(contains(written, "<rAPolicies xsi:nil=\"true\"/>"));
    CHECK(must(readPolicyAnswer(must(soap::readEnvelope(written)).body)) == answer);
    CHECK(contains(policyOutline(written), "rAEKUs\n"));
}

TEST_CASE("the lists are nil when nothing changed, whatever they hold")
{
    PolicyAnswer answer = fullAnswer();
    answer.notChanged = true;
    const std::string written = write(answer);
    CHECK(contains(written, "<policies xsi:nil=\"true\"/>"));
    CHECK(contains(written, "<cAs xsi:nil=\"true\"/><oIDs xsi:nil=\"true\"/>"));
    CHECK_FALSE(contains(written, "ExampleWeb"));
}

TEST_CASE("references to nothing and repeated reference ids are refused")
{
    CHECK(contains(messageOf(changed("<algorithmOIDReference>9<", "<algorithmOIDReference>99<")),
        "reference to oID 99"));
    CHECK_FALSE(changed("<policyOIDReference>0<", "<policyOIDReference>7<").ok());
    CHECK_FALSE(changed("<oIDReference>5<", "<oIDReference>-5<").ok());
    CHECK_FALSE(changed("<hashAlgorithmOIDReference>8<", "<hashAlgorithmOIDReference>1<").ok());
    CHECK(contains(messageOf(changed("<cAReference>0<", "<cAReference>1<")), "reference to cA 1"));
    CHECK(contains(messageOf(changed("<oIDReferenceID>3<", "<oIDReferenceID>4<")),
        "oIDReferenceID 4 occurs twice"));
}

TEST_CASE("what the schema forbids is refused")
{
    CHECK_FALSE(changed("<policySchema>4<", "<policySchema>four<").ok());
    CHECK_FALSE(changed(">65632<", ">-1509949440<").ok());
    CHECK_FALSE(changed("<enroll>true<", "<enroll>maybe<").ok());
    CHECK_FALSE(changed("<commonName>ExampleWeb</commonName>", "").ok());
    CHECK_FALSE(changed("AwIFoA==", "AwIFoA=").ok());
    CHECK_FALSE(changed("<policyID>", "<policyID>1</policyID><policyID>").ok());
    CHECK_FALSE(changed("<certificateValidity>",
        "<certificateValidity xmlns=\"urn:x\"/><certificateValidity xmlns=\"urn:x\">")
                    .ok());
    CHECK_FALSE(changed("<revision>", "<revision/><revision>").ok());
    CHECK_FALSE(changed("<response>", "<response nil=\"true\"/><response>").ok());
    CHECK(changed("<nextUpdateHours>8<", "<nextUpdateHours>0<")->nextUpdateHours == std::nullopt);
}
