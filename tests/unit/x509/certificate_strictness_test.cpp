// Faults 56 to 64: foreign bytes that are no certificate, or one that must not be taken.
#include "shared/x509/certificate.h"
#include "tests/support/golden.h"
#include "tests/unit/x509/samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;
using x509::Certificate;

namespace {

std::string refusalOf(std::string_view der)
{
    const auto certificate = Certificate::fromDer(der);
    return certificate ? "accepted" : certificate.error().message;
}

std::string pemRefusal(std::string_view pem)
{
    const auto certificate = Certificate::fromPem(pem);
    return certificate ? "accepted" : certificate.error().message;
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

// A self-signed certificate by openssl, from its own configuration.
std::string derOf(const TemporaryFolder& folder, const std::vector<std::string>& arguments)
{
    std::vector<std::string> all{"req", "-x509", "-nodes", "-keyout", folder / "key.pem", "-subj",
        "/CN=x", "-outform", "DER", "-out", folder / "made.der"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    openssl(all);
    return readText(folder / "made.der");
}

} // namespace

TEST_CASE("a certificate is read from exactly its bytes")
{
    const auto der = sample("cert1.der");
    CHECK(Certificate::fromDer(der)->toDer() == der);
    CHECK(contains(refusalOf(der + '\0'), "1 bytes follow the end"));
    for (std::size_t size = 0; size < der.size(); ++size)
        CHECK_FALSE(Certificate::fromDer(std::string_view(der).substr(0, size)).ok());
    CHECK(
        refusalOf(std::string(Certificate::sizeLimit + 1, '0')) == "certificate: over 65536 bytes");
}

TEST_CASE("lengths that lie are refused before anything is decoded")
{
    CHECK(contains(refusalOf("\x30\x84\xFF\xFF\xFF\xFF"), "a length that does not fit"));
    using namespace std::string_literals;
    CHECK(contains(refusalOf("\x30\x80\x02\x01\x01\x00\x00"s), "an indefinite length"));
    CHECK(contains(refusalOf("\x30\x81\x03\x02\x01\x01"s), "not in its shortest form"));
    const auto der = sample("cert1.der");
    const auto longForm = std::string("\x30\x83\x00", 3) + der.substr(2);
    CHECK(contains(refusalOf(longForm), "not in its shortest form"));
    std::string nested;
    for (int i = 0; i < 10'000; ++i)
        nested = nested.size() > 60'000 ? nested : wrapped('\x30', nested);
    CHECK(contains(refusalOf(nested), "nested too deeply"));
}

TEST_CASE("bytes that would be written differently are no DER")
{
    // Seven unused bits in the signature, but not all of them zero.
    const auto der = sample("cert1.der");
    auto changed = replaced(der, std::string("\x03\x47\x00\x30", 4), "\x03\x47\x07\x30");
    CHECK(contains(refusalOf(changed), "it encodes differently"));
}

TEST_CASE("only versions 1 to 3 are known")
{
    const auto der = replaced(sample("cert1.der"), "\xA0\x03\x02\x01\x02", "\xA0\x03\x02\x01\x03");
    CHECK(contains(refusalOf(der), "an unknown version"));
}

TEST_CASE("a repeated extension is refused")
{
    // The authority key identifier's OID turned into a second subject key identifier.
    const auto der = replaced(sample("cert1.der"), "\x06\x03\x55\x1D\x23", "\x06\x03\x55\x1D\x0E");
    CHECK(contains(refusalOf(der), "extension 2.5.29.14 occurs twice"));
}

TEST_CASE("an extension that breaks its own syntax is refused")
{
    // An authority key identifier, which only OpenSSL's own reading looks into.
    CHECK(contains(refusalOf(replaced(sample("cert1.der"), "\x30\x16\x80\x14", "\x30\x16\x80\x15")),
        "a malformed extension"));
    // The one DNS name is said to be a byte longer than the extension.
    const auto der = replaced(sample("cert1.der"), "\x30\x13\x82\x11", "\x30\x13\x82\x12");
    CHECK(contains(refusalOf(der), "extension 2.5.29.17 is malformed"));
}

TEST_CASE("an elliptic curve by explicit parameters is refused")
{
    const TemporaryFolder folder;
    openssl({"ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-genkey", "-noout",
        "-out", folder / "explicit.pem"});
    openssl({"req", "-x509", "-new", "-key", folder / "explicit.pem", "-subj", "/CN=x", "-outform",
        "DER", "-out", folder / "explicit.der"});
    CHECK(contains(refusalOf(readText(folder / "explicit.der")),
        "not DER: an elliptic curve given by explicit parameters")); // before it is decoded
}

TEST_CASE("a key of a known algorithm that cannot be read is refused")
{
    // The point's form is 5, which there is not.
    const auto der = replaced(sample("cert1.der"), std::string("\x03\x42\x00\x04", 4),
        std::string("\x03\x42\x00\x05", 4));
    CHECK(contains(refusalOf(der), "an unreadable public key"));
}

TEST_CASE("RSA keys over 8192 bits and impossible exponents are refused")
{
    const TemporaryFolder folder;
    const auto der = derOf(folder, {"-newkey", "rsa:2048"});
    REQUIRE(Certificate::fromDer(der).ok());
    const std::string exponent("\x02\x03\x01\x00\x01", 5);
    for (const auto& bad : {std::string("\x02\x03\x00\x00\x01", 5), // 1, and not DER
             std::string("\x02\x03\x01\x00\x02", 5)})
        CHECK_MESSAGE(!Certificate::fromDer(replaced(der, exponent, bad)).ok(), toHex(bad));

    // A modulus of 9216 bits; the signature does not matter, the key is refused before.
    const auto key =
        wrapped('\x30', wrapped('\x02', std::string(1, '\0') + std::string(1152, '\xC1')) +
                            std::string("\x02\x03\x01\x00\x01", 5));
    const auto algorithm = *fromHex("300d06092a864886f70d0101010500");
    const auto info = wrapped('\x30', algorithm + wrapped('\x03', std::string(1, '\0') + key));
    const auto validity =
        *fromHex("301e170d3236313130313030303030305a170d3237313130313030303030305a");
    const auto signing = *fromHex("300d06092a864886f70d01010b0500");
    const auto body = wrapped('\x30',
        *fromHex("020101") + signing + *fromHex("3000") + validity + *fromHex("3000") + info);
    const auto certificate = wrapped('\x30', body + signing + *fromHex("030100"));
    CHECK(contains(refusalOf(certificate), "a key of 9216 bits"));
}

TEST_CASE("odd serial numbers are read for the inventory and shown as they are")
{
    const TemporaryFolder folder;
    const auto withSerial = [&](const std::string& serial) {
        return Certificate::fromDer(
            derOf(folder,
                {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-set_serial", serial}))
            ->serial();
    };
    CHECK(withSerial("1") == "01");
    CHECK(withSerial("-1") == "-01");
    CHECK(withSerial("0") == "00");
    CHECK(withSerial("0x" + std::string(80, 'a')) == std::string(80, 'A'));
}

TEST_CASE("the edges of the calendar are read or refused")
{
    const auto der = sample("cert1.der");
    const std::string from = "\x17\x0D"
                             "261101000000Z";
    const auto with = [&](const std::string& text) {
        return Certificate::fromDer(replaced(der, from, text));
    };
    CHECK(with("\x17\x0D"
               "491231235959Z")
              ->notBefore() == timeFromRfc3339("2049-12-31T23:59:59Z").value());
    CHECK(with("\x17\x0D"
               "500101000000Z")
              ->notBefore() == timeFromRfc3339("1950-01-01T00:00:00Z").value());
    CHECK_FALSE(with("\x17\x0D"
                     "2611010000000")
                    .ok()); // no Z
    CHECK_FALSE(with("\x17\x0D"
                     "261101000060Z")
                    .ok()); // a leap second
    CHECK_FALSE(with("\x17\x0D"
                     "261301000000Z")
                    .ok()); // month 13

    const TemporaryFolder folder;
    TestPki pki(folder);
    const auto& made =
        pki.selfSigned("never", {.commonName = "never", .notAfter = "99991231235959Z"});
    CHECK(certificateIn(made.certificate).notAfter() ==
          timeFromRfc3339("9999-12-31T23:59:59Z").value());
}

TEST_CASE("PEM is found among other text and read strictly")
{
    const auto pem = readTestData("web.pem");
    std::string windows;
    for (const char c : pem)
        windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
    CHECK(Certificate::fromPem(windows).ok());
    CHECK(Certificate::fromPem("\xEF\xBB\xBF" + pem).ok());
    CHECK(Certificate::fromPem("subject=CN = x\n" + pem + "more").ok());
    CHECK(contains(pemRefusal("text"), "no PEM block of type CERTIFICATE"));
    CHECK(contains(pemRefusal(pem.substr(0, 200)), "no END line"));
    CHECK(contains(pemRefusal(pem.substr(0, 28) + pem), "a new block before the END line"));
    CHECK_FALSE(Certificate::fromPem(replaced(pem, "MIIB", "MI*B")).ok());
    CHECK(contains(pemRefusal(std::string((16U << 20U) + 1, 'x')), "PEM over"));
}

TEST_CASE("all certificates of a file are read, up to a limit")
{
    const auto pem = readTestData("web.pem");
    const std::string key =
        "-----BEGIN PRIVATE KEY-----\nnot looked at\n-----END PRIVATE KEY-----\n";
    const auto all = Certificate::allFromPem(pem + key + pem);
    REQUIRE(all.ok());
    CHECK(all->size() == 2);
    CHECK(Certificate::allFromPem("").value().empty());
    CHECK(Certificate::allFromPem(pem + pem, 2).ok());
    const auto tooMany = Certificate::allFromPem(pem + pem + pem, 2);
    REQUIRE_FALSE(tooMany.ok());
    CHECK(contains(tooMany.error().message, "more than 2 certificates"));
    const auto broken = Certificate::allFromPem(pem + replaced(pem, "MIIB", "MIIA"));
    REQUIRE_FALSE(broken.ok());
    CHECK(contains(broken.error().message, "number 2"));
}
