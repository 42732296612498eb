// Keys are made by the openssl command line; OpenSSL's own decoder says what is right.

#include "shared/x509/authority.h"
#include "shared/x509/der.h"
#include "shared/x509/public_key.h"
#include "tests/unit/x509/samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

using Arguments = std::vector<std::string>;

// DER of the SubjectPublicKeyInfo.
Bytes publicKey(const TemporaryFolder& folder, Arguments generate, const Arguments& form = {})
{
    generate.insert(generate.begin(), "genpkey");
    generate.insert(generate.end(), {"-out", folder / "key.pem"});
    openssl(generate);
    Arguments write{"pkey", "-in", folder / "key.pem", "-pubout", "-outform", "DER", "-out",
        folder / "public.der"};
    write.insert(write.end(), form.begin(), form.end());
    openssl(write);
    return readText(folder / "public.der");
}

Bytes curveKey(const TemporaryFolder& folder, const std::string& curve, const Arguments& form = {})
{
    return publicKey(folder, {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + curve}, form);
}

x509::KeyHandle read(std::string_view der)
{
    const auto info = x509::decodeStructure<x509::PublicKeyInfo>(der);
    return info ? x509::readPublicKey(*info) : x509::KeyHandle();
}

x509::KeyHandle decodedByOpenssl(std::string_view der)
{
    return x509::decode<x509::KeyHandle, &d2i_PUBKEY>(der);
}

bool sameAnswer(std::string_view der)
{
    const auto theirs = decodedByOpenssl(der);
    const auto ours = read(der);
    if ((ours == nullptr) != (theirs == nullptr)) return false;
    return !ours || EVP_PKEY_eq(ours.get(), theirs.get()) == 1;
}

} // namespace

TEST_CASE("every kind of key is read as OpenSSL reads it")
{
    const TemporaryFolder folder;
    const std::vector<std::pair<Bytes, std::string>> keys{
        {curveKey(folder, "P-256"), "ec-p256"},
        {curveKey(folder, "P-384"), "ec-p384"},
        {curveKey(folder, "P-521"), "ec-p521"},
        {curveKey(folder, "P-256", {"-ec_conv_form", "compressed"}), "ec-p256"},
        {curveKey(folder, "P-256", {"-ec_conv_form", "hybrid"}), "ec-p256"},
        {curveKey(folder, "secp256k1"), "ec-secp256k1"},
        {publicKey(folder, {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"}), "rsa-2048"},
        {publicKey(folder, {"-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"}),
            "rsa-pss-2048"},
        {publicKey(folder, {"-algorithm", "ED25519"}), "ed25519"},
    };
    for (const auto& [der, type] : keys) {
        CAPTURE(type);
        const auto key = read(der);
        REQUIRE(key);
        CHECK(x509::keyTypeOf(key.get()) == type);
        CHECK(x509::encode<&i2d_PUBKEY>(key.get()) == der);
        CHECK(EVP_PKEY_eq(key.get(), decodedByOpenssl(der).get()) == 1);
        CHECK(x509::checkKeySize(key.get()).ok());
    }
}

TEST_CASE("a damaged key is refused where OpenSSL refuses it, and nowhere else")
{
    const TemporaryFolder folder;
    for (const auto& der : {curveKey(folder, "P-256"), curveKey(folder, "P-384"),
             publicKey(folder, {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"})}) {
        int refused = 0;
        for (std::size_t at = 0; at < der.size(); ++at) {
            auto damaged = der;
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
            CAPTURE(at);
            CHECK(sameAnswer(damaged));
            if (!read(damaged)) ++refused;
        }
        CHECK(refused > 10);
    }
}

TEST_CASE("points that are none")
{
    const TemporaryFolder folder;
    const auto good = curveKey(folder, "P-256");
    const auto head = good.substr(0, good.size() - 65);
    const auto with = [&](const Bytes& point) { return head + point; };
    REQUIRE(read(good));
    const std::vector<Bytes> wrong{
        with(Bytes(1, '\x04') + Bytes(64, '\0')),   // not on the curve
        with(Bytes(1, '\x04') + Bytes(64, '\xFF')), // outside the field
        with(good.substr(good.size() - 65, 64) + Bytes(1, static_cast<char>(good.back() ^ 1))),
        with(Bytes(1, '\x05') + good.substr(good.size() - 64)), // no such form
    };
    for (const auto& der : wrong) {
        CHECK_FALSE(read(der));
        CHECK_FALSE(decodedByOpenssl(der));
    }
    // The point at infinity, in a SubjectPublicKeyInfo of its own lengths.
    const auto infinity =
        wrapped('\x30', head.substr(2, head.size() - 5) + Bytes("\x03\x02\0\0", 4));
    CHECK(sameAnswer(infinity));
}

TEST_CASE("a certificate that was just made is as good as one that was read")
{
    const TemporaryFolder folder;
    const auto now = TimePoint(Duration(1'800'000'000));
    const auto authorityKey = x509::PrivateKey::generate("ec-p256").value();
    const auto authority =
        x509::makeRoot({"CA", now, now + std::chrono::hours(48), -1}, authorityKey).value();
    const auto subject = x509::subjectDerFromText("web1.example.test").value();
    for (const auto& der : {curveKey(folder, "P-256"), curveKey(folder, "P-384"),
             curveKey(folder, "P-256", {"-ec_conv_form", "compressed"}),
             publicKey(folder, {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"}),
             publicKey(folder, {"-algorithm", "ED25519"})}) {
        const auto made = x509::issueCertificate(
            {subject, der, now, now + std::chrono::hours(24), {}}, authority, authorityKey);
        REQUIRE(made);
        const auto read = x509::Certificate::fromDer(made->toDer());
        REQUIRE(read);
        CHECK(made->publicKeyDer() == der);
        CHECK(made->keyType() == read->keyType());
        CHECK(made->fingerprint() == read->fingerprint());
        CHECK(made->extensionOids() == read->extensionOids());
        CHECK(made->isSignedBy(authority));
        const auto key = x509::PrivateKey::fromPem(Secret(readText(folder / "key.pem"))).value();
        CHECK(key.matches(*made) == key.matches(*read));
    }
    const auto offCurve = curveKey(folder, "P-256").substr(0, 27) + Bytes(64, '\1');
    CHECK_FALSE(x509::issueCertificate(
        {subject, offCurve, now, now + std::chrono::hours(24), {}}, authority, authorityKey));
}
