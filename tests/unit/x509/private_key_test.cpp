#include "shared/x509/private_key.h"

#include "shared/base/file_descriptor.h"
#include "tests/unit/x509/samples.h"

#include <ctime>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <type_traits>

using namespace perennial;
using namespace perennial::test;
using x509::PrivateKey;

static_assert(!std::is_copy_constructible_v<PrivateKey>);
static_assert(!std::is_copy_assignable_v<PrivateKey>);

namespace {

Result<PrivateKey> keyIn(const std::string& path)
{
    return PrivateKey::fromPem(Secret(readText(path)));
}

std::string refusalOf(const std::string& pem)
{
    const auto key = PrivateKey::fromPem(Secret(pem));
    return key ? "accepted" : key.error().message;
}

} // namespace

TEST_CASE("openssl reads the keys that are made here")
{
    const TemporaryFolder folder;
    for (const char* type : {"rsa-2048", "rsa-3072", "ec-p256", "ec-p384"}) {
        CHECK(x509::isKnownKeyType(type));
        const auto key = PrivateKey::generate(type);
        REQUIRE(key.ok());
        CHECK(key->keyType() == type);
        const auto path = folder.write("key.pem", key->toPem().reveal());
        CHECK(openssl({"pkey", "-in", path, "-pubout", "-outform", "DER"}) == key->publicKeyDer());
        CHECK(keyIn(path)->publicKeyDer() == key->publicKeyDer());
        CHECK(key->toPem().reveal().starts_with("-----BEGIN PRIVATE KEY-----\n")); // PKCS#8
    }
}

TEST_CASE("key types that no policy may name are refused")
{
    for (const char* type : {"", "rsa-1024", "rsa-2047", "ec-p521", "ed25519", "RSA-2048", "dsa"}) {
        CHECK_FALSE(x509::isKnownKeyType(type));
        CHECK_FALSE(PrivateKey::generate(type).ok());
    }
}

TEST_CASE("two keys are never the same")
{
    CHECK(PrivateKey::generate("ec-p256")->publicKeyDer() !=
          PrivateKey::generate("ec-p256")->publicKeyDer());
}

TEST_CASE("a key knows its certificate")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    const auto& one = pki.selfSigned("one", {.commonName = "one"});
    const auto& two = pki.selfSigned("two", {.commonName = "two"});
    const auto& rsa = pki.selfSigned("rsa", {.commonName = "rsa", .keyType = "rsa-2048"});
    CHECK(keyIn(one.key)->matches(certificateIn(one.certificate)));
    CHECK_FALSE(keyIn(one.key)->matches(certificateIn(two.certificate)));
    CHECK_FALSE(keyIn(one.key)->matches(certificateIn(rsa.certificate)));
    CHECK(keyIn(rsa.key)->matches(certificateIn(rsa.certificate)));
}

TEST_CASE("traditional keys of openssl are read, with parameters before them too")
{
    const TemporaryFolder folder;
    openssl({"ecparam", "-name", "secp384r1", "-genkey", "-out", folder / "ec.pem"});
    CHECK(keyIn(folder / "ec.pem")->keyType() == "ec-p384");
    openssl({"genrsa", "-traditional", "-out", folder / "rsa.pem", "2048"});
    CHECK(keyIn(folder / "rsa.pem")->keyType() == "rsa-2048");
}

TEST_CASE("encrypted keys are named as such and nobody is asked for a passphrase")
{
    const TemporaryFolder folder;
    openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-aes256",
        "-pass", "pass:secret", "-out", folder / "pkcs8.pem"});
    CHECK(refusalOf(readText(folder / "pkcs8.pem")).find("it is encrypted") != std::string::npos);
    openssl({"genrsa", "-traditional", "-aes256", "-passout", "pass:secret", "-out",
        folder / "old.pem", "2048"});
    CHECK(refusalOf(readText(folder / "old.pem")).find("it is encrypted") != std::string::npos);
    CHECK(refusalOf(replaced(readText(folder / "old.pem"), "Proc-Type: 4,", "Proc-Type: 4, "))
              .find("it is encrypted") != std::string::npos);
    const Secret password("secret");
    for (const char* name : {"pkcs8.pem", "old.pem"}) {
        const Secret pem(readText(folder / name));
        const auto key = PrivateKey::fromPem(pem, &password);
        REQUIRE_MESSAGE(key.ok(), (key ? "" : key.error().message));
        CHECK(openssl({"pkey", "-in", folder / name, "-passin", "pass:secret", "-pubout",
                  "-outform", "DER"}) == key->publicKeyDer());
        // Often enough that a padding that looks right by chance is among them.
        for (int i = 0; i < (name == std::string("old.pem") ? 1'000 : 20); ++i) {
            const Secret wrong("Secret" + std::to_string(i));
            REQUIRE(PrivateKey::fromPem(pem, &wrong).error().kind == ErrorKind::PermissionDenied);
        }
    }
}

TEST_CASE("how long a password takes to become a key is limited")
{
    const TemporaryFolder folder;
    openssl({"genpkey", "-algorithm", "ED25519", "-out", folder / "key.pem"});
    const Secret password("secret");
    const auto refusal = [&](const std::vector<std::string>& more) {
        std::vector<std::string> command = {"pkcs8", "-topk8", "-in", folder / "key.pem", "-out",
            folder / "sealed.der", "-outform", "DER", "-passout", "pass:secret"};
        command.insert(command.end(), more.begin(), more.end());
        openssl(command);
        const auto key = PrivateKey::fromDer(Secret(readText(folder / "sealed.der")), &password);
        return key ? "" : key.error().message;
    };
    CHECK(refusal({}).empty());
    CHECK(refusal({"-v1", "PBE-SHA1-3DES"}).empty());
    CHECK(refusal({"-scrypt"}).find("not supported") != std::string::npos);
    CHECK(refusal({"-iter", "1000001"}).find("over what is allowed") != std::string::npos);
    CHECK(refusal({"-v1", "PBE-SHA1-3DES", "-iter", "1000001"}).find("over what is allowed") !=
          std::string::npos);
}

TEST_CASE("keys in DER are read as those in PEM")
{
    const TemporaryFolder folder;
    openssl({"ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", folder / "ec.pem"});
    openssl({"genrsa", "-out", folder / "rsa.pem", "2048"});
    const std::vector<std::vector<std::string>> conversions = {{"pkey", "-in", folder / "ec.pem"},
        {"ec", "-in", folder / "ec.pem"}, {"pkey", "-in", folder / "rsa.pem"},
        {"rsa", "-traditional", "-in", folder / "rsa.pem"}};
    for (auto command : conversions) {
        const auto pem = keyIn(command.back());
        command.insert(command.end(), {"-outform", "DER", "-out", folder / "key.der"});
        openssl(command);
        const auto key = PrivateKey::fromDer(Secret(readText(folder / "key.der")));
        REQUIRE_MESSAGE(key.ok(), (key ? "" : key.error().message));
        CHECK(key->publicKeyDer() == pem->publicKeyDer());
    }
    CHECK_FALSE(PrivateKey::fromDer(Secret("")).ok());
    CHECK_FALSE(PrivateKey::fromDer(Secret(wrapped('\x30', ""))).ok());
}

// OpenSSL raises a DSA key's g to the power of x while it decodes it: minutes for 16 KB.
TEST_CASE("a DSA key is refused before anything is computed")
{
    const auto number = [](std::size_t size) {
        const std::string digits = "\x7F" + std::string(size - 1, '\xFF');
        return "\x02\x82" + std::string{static_cast<char>(size >> 8U), static_cast<char>(size)} +
               digits;
    };
    const auto wide = [](char tag, const std::string& content) {
        return std::string{tag, '\x82', static_cast<char>(content.size() >> 8U),
                   static_cast<char>(content.size())} +
               content;
    };
    const auto algorithm = wide('\x30',
        *fromHex("06072a8648ce380401") + wide('\x30', number(2000) + number(1000) + number(1999)));
    const auto der = wide('\x30', *fromHex("020100") + algorithm + wide('\x04', number(1000)));
    const auto start = std::clock();
    const auto key = PrivateKey::fromDer(Secret(der));
    REQUIRE_FALSE(key.ok());
    CHECK(key.error().message.find("not supported") != std::string::npos);
    CHECK((std::clock() - start) * 10 < CLOCKS_PER_SEC);
}

TEST_CASE("what is no usable private key is refused")
{
    const TemporaryFolder folder;
    CHECK(refusalOf("").starts_with("not a private key"));
    CHECK(
        refusalOf(std::string(PrivateKey::sizeLimit + 1, 'x')) == "private key: over 16384 bytes");
    openssl({"ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-genkey", "-noout",
        "-out", folder / "explicit.pem"});
    CHECK(refusalOf(readText(folder / "explicit.pem")).find("explicit parameters") !=
          std::string::npos);
    openssl({"genpkey", "-algorithm", "X25519", "-out", folder / "x25519.pem"});
    CHECK(refusalOf(readText(folder / "x25519.pem")).find("not supported") != std::string::npos);

    // The public point of another key beside the private number.
    const auto one = PrivateKey::generate("ec-p256");
    const auto two = PrivateKey::generate("ec-p256");
    const auto path = folder.write("one.pem", one->toPem().reveal());
    const auto der = openssl({"pkey", "-in", path, "-outform", "DER"});
    const auto mixed =
        replaced(der, one->publicKeyDer().substr(26), two->publicKeyDer().substr(26));
    const auto pem = "-----BEGIN EC PRIVATE KEY-----\n" + toBase64(mixed).substr(0, 64) + "\n" +
                     toBase64(mixed).substr(64, 64) + "\n" + toBase64(mixed).substr(128) +
                     "\n-----END EC PRIVATE KEY-----\n";
    CHECK(refusalOf(pem).find("do not belong together") != std::string::npos);
    const auto pkcs8 =
        replaced(openssl({"pkcs8", "-topk8", "-nocrypt", "-in", path, "-outform", "DER"}),
            one->publicKeyDer().substr(26), two->publicKeyDer().substr(26));
    const auto read = PrivateKey::fromDer(Secret(pkcs8));
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().message.find("do not belong together") != std::string::npos);
}

TEST_CASE("keys of curves are the same whichever way they are read")
{
    const TemporaryFolder folder;
    for (const std::string curve : {"prime256v1", "secp384r1", "secp521r1", "secp256k1"}) {
        openssl({"ecparam", "-name", curve, "-genkey", "-noout", "-out", folder / "ec.pem"});
        const auto publicKey =
            openssl({"pkey", "-in", folder / "ec.pem", "-pubout", "-outform", "DER"});
        for (const char* form : {"uncompressed", "compressed"}) {
            openssl({"pkey", "-in", folder / "ec.pem", "-ec_conv_form", form, "-out",
                folder / "key.pem"});
            const auto key = keyIn(folder / "key.pem");
            REQUIRE_MESSAGE(key.ok(), (key ? "" : key.error().message));
            const auto again = folder.write("again.pem", key->toPem().reveal());
            CHECK(openssl({"pkey", "-in", again, "-ec_conv_form", "uncompressed", "-pubout",
                      "-outform", "DER"}) == publicKey);
        }
        openssl({"pkey", "-in", folder / "ec.pem", "-out", folder / "key.pem"});
        CHECK(keyIn(folder / "key.pem")->publicKeyDer() == publicKey);
    }
}

TEST_CASE("a key is read from a descriptor, from its start, and the descriptor stays open")
{
    const TemporaryFolder folder;
    const auto key = PrivateKey::generate("ec-p256");
    const auto path = folder.write("key.pem", key->toPem().reveal());
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(::lseek(file.get(), 40, SEEK_SET) == 40);
    for (int i = 0; i < 2; ++i) {
        const auto read = PrivateKey::fromDescriptor(file.get());
        REQUIRE(read.ok());
        CHECK(read->publicKeyDer() == key->publicKeyDer());
    }
    CHECK(PrivateKey::fromDescriptor(-1).error().kind == ErrorKind::Unavailable);
    const auto big = folder.write("big.pem", std::string(100'000, 'x'));
    const FileDescriptor bigFile(::open(big.c_str(), O_RDONLY | O_CLOEXEC));
    CHECK(PrivateKey::fromDescriptor(bigFile.get()).error().message ==
          "private key: over 16384 bytes");
}

TEST_CASE("Ed25519 signatures are those of RFC 8032, test 2")
{
    const auto publicKey =
        *fromHex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    const auto signature =
        *fromHex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                 "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    CHECK(x509::ed25519Verifies(publicKey, "\x72", signature));
    CHECK_FALSE(x509::ed25519Verifies(publicKey, "\x73", signature));
    CHECK_FALSE(x509::ed25519Verifies(publicKey, "\x72", signature.substr(1)));
    CHECK_FALSE(x509::ed25519Verifies(publicKey.substr(1), "\x72", signature));

    const auto secret = "302e020100300506032b657004220420" // PKCS#8 around the 32 bytes
                        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    const auto key =
        PrivateKey::fromPem(Secret("-----BEGIN PRIVATE KEY-----\n" + toBase64(*fromHex(secret)) +
                                   "\n-----END PRIVATE KEY-----\n"));
    REQUIRE(key.ok());
    CHECK(x509::ed25519PublicKey(*key).value() == publicKey);
    CHECK(key->signEd25519("\x72") == signature);
}

TEST_CASE("only an Ed25519 key signs checkpoints")
{
    const auto made = PrivateKey::generateEd25519();
    REQUIRE(made.ok());
    CHECK(made->keyType() == "ed25519");
    CHECK(
        x509::ed25519Verifies(x509::ed25519PublicKey(*made).value(), "x", made->signEd25519("x")));
    const auto other = PrivateKey::generate("ec-p256");
    CHECK(other->signEd25519("x").empty());
    CHECK_FALSE(x509::ed25519PublicKey(*other).ok());
}
