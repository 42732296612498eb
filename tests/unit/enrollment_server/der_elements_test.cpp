#include "controller/enrollment/rules/der_elements.h"
#include "controller/enrollment/rules/request_rules.h"

#include <doctest/doctest.h>
#include <fstream>
#include <iterator>

using namespace perennial;
using namespace perennial::enrollment;
using namespace perennial::enrollment::server;

TEST_CASE("Microsoft's own PKCS#10 asks for the schema 1 template User")
{
    std::ifstream in(
        std::string(PERENNIAL_TEST_DATA_DIR) + "/enrollment/microsoft/bst0.der", std::ios::binary);
    const std::string der{std::istreambuf_iterator<char>(in), {}};
    const auto request = x509::SigningRequest::fromDer(der);
    REQUIRE(request);
    CertificateTemplate user;
    user.name = "User";
    user.oid = "1.3.6.1.4.1.311.21.8.1";
    user.schema = 1;
    CHECK(chooseTemplate({{"User", user}}, *request, {}).chosen->name == "User");
    CHECK(chooseTemplate({{"User", user}}, *request, {{"CertificateTemplate", "Machine"}}).refusal);
}

TEST_CASE("DER elements: lengths that do not fit or are not the shortest are none")
{
    CHECK(elementsOf("")->empty());
    CHECK(elementsOf(Bytes("\x05\x00\x04\x01x", 5))->size() == 2);
    CHECK(elementsOf(Bytes("\x04\x81\x80", 3) + Bytes(128, 'x'))->front().content.size() == 128);
    CHECK_FALSE(elementsOf(Bytes("\x04\x81\x01x", 4)));
    CHECK_FALSE(elementsOf(Bytes("\x04\x82\x00\x80", 4) + Bytes(128, 'x')));
    CHECK_FALSE(elementsOf(Bytes("\x04\x80x\x00\x00", 5)));
    CHECK_FALSE(elementsOf(Bytes("\x04\x05x", 3)));
    CHECK_FALSE(elementsOf(Bytes("\x04\x84\xff\xff\xff\xff", 6)));
    CHECK_FALSE(elementsOf(Bytes("\x1f\x01x", 3)));
    CHECK_FALSE(elementsOf(Bytes("\x04", 1)));
}
