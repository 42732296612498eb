#include "shared/x509/signing_request.h"

#include "tests/unit/x509/samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;
using x509::Extension;
using x509::GeneralName;
using x509::PrivateKey;
using x509::SigningRequest;

namespace {

SigningRequest sampleRequest(const std::string& name)
{
    auto request = SigningRequest::fromDer(sample(name));
    REQUIRE_MESSAGE(request.ok(), name << ": " << request.error().message);
    return *request;
}

std::string refusalOf(std::string_view der)
{
    const auto request = SigningRequest::fromDer(der);
    return request ? "accepted" : request.error().message;
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

// A request by openssl from the lines of a configuration's request section.
std::string opensslRequest(const TemporaryFolder& folder, const std::string& extensions,
    const std::vector<std::string>& more = {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"})
{
    const auto config = folder.write("req.cnf", "[req]\nprompt=no\ndistinguished_name=dn\n"
                                                "req_extensions=ext\n[dn]\nCN=web1.example.test\n"
                                                "O=Example\n[ext]\n" +
                                                    extensions);
    std::vector<std::string> arguments{"req", "-new", "-nodes", "-config", config, "-keyout",
        folder / "key.pem", "-outform", "DER", "-out", folder / "request.der"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    openssl(arguments);
    return readText(folder / "request.der");
}

x509::RequestContent contentFor(const std::string& subject)
{
    return {x509::subjectDerFromText(subject).value(), {}, {}};
}

} // namespace

TEST_CASE("a renewal's request is read with its extensions and attributes")
{
    const auto request = sampleRequest("renew_p10.der");
    CHECK(request.subject() == "CN=web1.example.test,O=Example");
    CHECK(request.keyType() == "ec-p256");
    CHECK(request.isSelfSigned());
    CHECK(request.alternativeNames() ==
          std::vector<GeneralName>{{GeneralName::Type::Dns, "web1.example.test"}});
    CHECK(request.templateInformation()->majorVersion == 100);
    CHECK(request.extensions().size() == 6);
    CHECK(request.extensions()[2] == Extension{"2.5.29.15", true, *fromHex("030205a0")});
    CHECK(request.extension(x509::oid::ntdsSecurity).has_value());
    CHECK_FALSE(request.extension("1.2.3").has_value());
    CHECK(request.attributeOids() == std::vector<std::string>{"1.3.6.1.4.1.311.13.2.3",
                                         "1.3.6.1.4.1.311.21.20", "1.3.6.1.4.1.311.13.2.2",
                                         "1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.13.1"});
    CHECK(request.attributeValues(x509::oid::renewalCertificate) ==
          std::vector<Bytes>{sample("cert1.der")});
    CHECK(request.attributeValues("1.2.3").empty());
    CHECK(request.publicKeyDer() == sampleCertificate("cert3.der").publicKeyDer());
}

TEST_CASE("what Windows sent in Microsoft's own sample is read")
{
    const auto request = sampleRequest("microsoft/bst0.der");
    CHECK(request.subject().empty());
    CHECK(request.subjectDer() == std::string("\x30\x00", 2));
    CHECK(request.keyType() == "rsa-2048");
    CHECK(request.isSelfSigned());
    CHECK(request.templateInformation()->name == "User");
    CHECK(request.attributeValues("1.3.6.1.4.1.311.13.2.3").front() == "\x16\x0A"
                                                                       "6.1.7053.2");
}

TEST_CASE("PEM requests are read and written, also with certreq's NEW")
{
    const TemporaryFolder folder;
    const auto request = sampleRequest("p10_v2_template.der");
    CHECK(SigningRequest::fromPem(request.toPem())->toDer() == request.toDer());
    auto pem = request.toPem();
    for (const char* word : {"BEGIN ", "END "})
        pem = replaced(pem, word, std::string(word) + "NEW ");
    CHECK(SigningRequest::fromPem(pem)->toDer() == request.toDer());
    const auto path = folder.write("request.pem", request.toPem());
    CHECK(openssl({"req", "-in", path, "-outform", "DER"}) == request.toDer());
    CHECK(contains(SigningRequest::fromPem("x").error().message, "no PEM block"));
}

TEST_CASE("a changed request does not prove possession of its key")
{
    const auto changed = replaced(sample("renew_p10.der"),
        "\x82\x11"
        "web1.example",
        "\x82\x11"
        "web2.example");
    const auto request = SigningRequest::fromDer(changed);
    REQUIRE(request.ok());
    CHECK_FALSE(request->isSelfSigned());
}

TEST_CASE("a request is read from exactly its bytes")
{
    const auto der = sample("renew_p10.der");
    CHECK(SigningRequest::fromDer(der)->toDer() == der);
    CHECK(contains(refusalOf(der + '\0'), "1 bytes follow the end"));
    CHECK(contains(refusalOf(replaced(der, std::string("\x03\x48\x00\x30", 4), "\x03\x48\x07\x30")),
        "it encodes differently"));
    for (std::size_t size = 0; size < der.size(); ++size)
        CHECK_FALSE(SigningRequest::fromDer(std::string_view(der).substr(0, size)).ok());
    CHECK(contains(refusalOf(std::string(SigningRequest::sizeLimit + 1, '0')), "over 65536"));
    CHECK(contains(refusalOf(sample("cert1.der")), "not a certificate request"));
    CHECK(contains(refusalOf(replaced(der, std::string("\x02\x01\x00\x30\x2E", 5),
                       std::string("\x02\x01\x05\x30\x2E", 5))),
        "an unknown version"));
}

TEST_CASE("a repeated extension or attribute is refused")
{
    const auto der = sample("renew_p10.der");
    // Application policies renamed to a second template information.
    CHECK(contains(refusalOf(replaced(der, *fromHex("06092b060104018237150a"),
                       *fromHex("06092b0601040182371507"))),
        "occurs twice"));
    // The OS version attribute renamed to a second CSP attribute.
    CHECK(contains(refusalOf(replaced(der, *fromHex("060a2b0601040182370d0203"),
                       *fromHex("060a2b0601040182370d0202"))),
        "attribute 1.3.6.1.4.1.311.13.2.2 occurs twice"));
}

TEST_CASE("an extension given in both of the attributes that may hold them is refused")
{
    // Microsoft's attribute carries a second template name; taking either one would be a choice
    // that an attacker makes. The OS version's attribute is rewritten, lengths kept in order.
    const auto der = sample("p10_v1_template.der");
    const auto extensions =
        wrapped('\x30', wrapped('\x30', *fromHex("06092b060104018237140204101e0e") +
                                            std::string("\0U\0s\0e\0r\0x\0y\0z", 14)));
    const auto attribute = wrapped('\x30', *fromHex("060a2b060104018237020"
                                                    "10e") +
                                               wrapped('\x31', extensions));
    const auto attributes = der.substr(108, 281) + attribute;
    const auto body = wrapped('\x30', der.substr(8, 96) + wrapped('\xA0', attributes));
    const auto both = wrapped('\x30', body + der.substr(389));
    CHECK(contains(refusalOf(both), "extension 1.3.6.1.4.1.311.20.2 occurs twice"));
    const auto only = wrapped(
        '\x30', wrapped('\x30', der.substr(8, 96) + wrapped('\xA0', attribute)) + der.substr(389));
    const auto request = SigningRequest::fromDer(only);
    REQUIRE(request.ok());
    CHECK(request->templateInformation()->name == "Userxyz");
}

TEST_CASE("requests with dangerous keys are refused")
{
    const TemporaryFolder folder;
    openssl({"ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-genkey", "-noout",
        "-out", folder / "explicit.pem"});
    CHECK(contains(refusalOf(opensslRequest(folder, "", {"-key", folder / "explicit.pem"})),
        "explicit parameters"));
}

TEST_CASE("openssl verifies the requests made here and reads what was put in")
{
    const TemporaryFolder folder;
    for (const char* type : {"rsa-2048", "ec-p256", "ec-p384"}) {
        const auto key = PrivateKey::generate(type);
        REQUIRE(key.ok());
        auto content = contentFor("CN=web1.example.test,O=Example");
        content.extensions = {
            x509::alternativeNameExtension(
                {{GeneralName::Type::Dns, "web1.example.test"},
                    {GeneralName::Type::Ip, "192.0.2.7"}, {GeneralName::Type::Ip, "2001:db8::7"}})
                .value(),
            x509::keyUsageExtension({"digitalSignature", "keyEncipherment"}).value(),
            x509::extendedKeyUsageExtension({std::string(x509::oid::serverAuthentication)})
                .value()};
        content.attributes["1.3.6.1.4.1.311.13.2.3"] = "\x16\x0A"
                                                       "6.1.7053.2";
        content.attributes["1.3.6.1.4.1.311.13.1"] = sample("cert1.der");
        const auto request = x509::makeSigningRequest(content, *key);
        REQUIRE(request.ok());
        CHECK(request->isSelfSigned());
        CHECK(request->publicKeyDer() == key->publicKeyDer());
        CHECK(request->attributeValues("1.3.6.1.4.1.311.13.1").front() == sample("cert1.der"));

        const auto path = folder.write("request.der", request->toDer());
        const auto text = openssl({"req", "-inform", "DER", "-in", path, "-verify", "-noout",
            "-text", "-nameopt", "RFC2253"});
        CHECK(contains(text, "verify OK"));
        CHECK(contains(text, "Subject: CN=web1.example.test,O=Example"));
        CHECK(contains(text, "DNS:web1.example.test, IP Address:192.0.2.7, "
                             "IP Address:2001:DB8:0:0:0:0:0:7"));
        CHECK(contains(text, "Digital Signature, Key Encipherment"));
        CHECK(contains(text, "TLS Web Server Authentication"));
        CHECK(contains(text, ":6.1.7053.2"));
    }
}

TEST_CASE("extensions made here are byte for byte those that Windows sends")
{
    const auto request = sampleRequest("renew_p10.der");
    const auto& oid =
        "1.3.6.1.4.1.311.21.8.1000001.2000002.3000003.4000004.5000005.66.7000007.8000008";
    CHECK(x509::templateInformationExtension({oid, "", 100, 4})->value ==
          *request.extension(x509::oid::templateInformation));
    CHECK(x509::templateInformationExtension({"", "Machine", 0, 0})->value ==
          *sampleRequest("p10_v1_template.der").extension(x509::oid::templateName));
    const std::vector<std::string> usages = {
        std::string(x509::oid::clientAuthentication), std::string(x509::oid::serverAuthentication)};
    CHECK(x509::applicationPoliciesExtension(usages)->value ==
          *request.extension(x509::oid::applicationPolicies));
    CHECK(x509::extendedKeyUsageExtension(usages)->value ==
          *request.extension(x509::oid::extendedKeyUsage));
    CHECK(x509::keyUsageExtension({"digitalSignature", "keyEncipherment"}).value() ==
          Extension{"2.5.29.15", true, *request.extension(x509::oid::keyUsage)});
    CHECK(x509::alternativeNameExtension({{GeneralName::Type::Dns, "web1.example.test"}})->value ==
          *request.extension(x509::oid::subjectAlternativeName));
}

TEST_CASE("every kind of alternative name survives being written and read")
{
    using Type = GeneralName::Type;
    const std::vector<GeneralName> names = {{Type::Dns, "*.example.test"}, {Type::Ip, "192.0.2.1"},
        {Type::Ip, "2001:db8::1"}, {Type::Uri, "urn:x:1"}, {Type::Email, "a@example.test"},
        {Type::DirectoryName, "CN=a\\, b,O=Example"}, {Type::Upn, "a@corp.test"},
        {Type::Other, "88022a03"}};
    auto content = contentFor("");
    content.extensions = {x509::alternativeNameExtension(names, true).value()};
    const auto request = x509::makeSigningRequest(content, *PrivateKey::generate("ec-p256"));
    REQUIRE(request.ok());
    CHECK(request->alternativeNames() == names);
    CHECK(request->extensions().front().critical);
    CHECK(request->subject().empty());
}

TEST_CASE("names that are not what they say are not written")
{
    using Type = GeneralName::Type;
    const auto refused = [](Type type, const std::string& value) {
        return !x509::alternativeNameExtension({{type, value}}).ok();
    };
    for (const auto& name : {std::string(), std::string("a b"), std::string("a..b"),
             std::string("a.test."), std::string("*"), std::string("*.test"),
             std::string("*.*.test"), std::string("a*.example.test"), std::string("-a.test"),
             std::string("192.0.2.1"), std::string("a\0.test", 7), std::string("b\xC3\xBC.test"),
             std::string(64, 'a'), std::string(254, 'a')})
        CHECK_MESSAGE(refused(Type::Dns, name), toHex(name));
    CHECK(refused(Type::Ip, "192.0.2"));
    CHECK(refused(Type::Ip, "192.0.2.1/24"));
    CHECK(refused(Type::Ip, "::g"));
    CHECK(refused(Type::Uri, "a b"));
    CHECK(refused(Type::Upn, "a\n@corp.test"));
    CHECK(refused(Type::Other, "88022a"));
    CHECK(refused(Type::Other, "xx"));
    CHECK_FALSE(x509::alternativeNameExtension({}).ok());
}

TEST_CASE("builders refuse what has no encoding")
{
    CHECK_FALSE(x509::extendedKeyUsageExtension({}).ok());
    CHECK_FALSE(x509::extendedKeyUsageExtension({"serverAuth"}).ok());
    CHECK_FALSE(x509::extendedKeyUsageExtension({"1"}).ok());
    CHECK_FALSE(x509::applicationPoliciesExtension({"9.9.9"}).ok());
    CHECK_FALSE(x509::keyUsageExtension({"signing"}).ok());
    CHECK_FALSE(x509::keyUsageExtension({}).ok());
    CHECK_FALSE(x509::templateInformationExtension({}).ok());
    CHECK_FALSE(x509::templateInformationExtension({"1.2.3", "", -1, 0}).ok());
    CHECK_FALSE(x509::templateInformationExtension({"x", "", 1, 0}).ok());
    CHECK_FALSE(x509::templateInformationExtension({"", std::string(257, 'x'), 0, 0}).ok());
}

TEST_CASE("a request is not made of broken parts")
{
    const auto key = PrivateKey::generate("ec-p256");
    const auto refused = [&](const x509::RequestContent& content) {
        return !x509::makeSigningRequest(content, *key).ok();
    };
    auto content = contentFor("web1");
    CHECK_FALSE(refused(content));
    content.subjectDer = "x";
    CHECK(refused(content));
    content = contentFor("web1");
    content.attributes["1.2.3"] = std::string("\x30\x80\x00\x00", 4);
    CHECK(refused(content));
    content.attributes.clear();
    content.attributes["1.2.840.113549.1.9.14"] = std::string("\x30\x00", 2);
    CHECK(refused(content));
    content.attributes.clear();
    content.extensions = {{"1.2.3", false, "x"}, {"1.2.3", false, "y"}};
    CHECK(refused(content));
    content.extensions = {{"2.5.29.17", false, "x"}};
    CHECK(refused(content));
}
