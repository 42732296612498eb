#include "shared/x509/digest.h"

#include "tests/unit/x509/samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

TEST_CASE("digests are those of FIPS 180-4 and RFC 4231")
{
    CHECK(x509::sha256Hex("abc") ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(
        x509::sha256Hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(toHex(x509::sha1("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(toHex(x509::hmacSha256("Jefe", "what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(toHex(x509::hmacSha256("", "")) ==
          "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("bytes are compared whole")
{
    CHECK(x509::equalInConstantTime("", ""));
    CHECK(x509::equalInConstantTime("same", "same"));
    CHECK_FALSE(x509::equalInConstantTime("same", "sama"));
    CHECK_FALSE(x509::equalInConstantTime("same", "same "));
}

TEST_CASE("a password matches its own hash only")
{
    const auto hash = x509::hashPassword(Secret("correct horse"));
    CHECK(hash.starts_with("scrypt$15$8$1$"));
    CHECK(x509::passwordMatches(Secret("correct horse"), hash));
    CHECK_FALSE(x509::passwordMatches(Secret("correct horsf"), hash));
    CHECK_FALSE(x509::passwordMatches(Secret(""), hash));
    CHECK(x509::hashPassword(Secret("correct horse")) != hash); // another salt
}

TEST_CASE("the hash is the scrypt that openssl computes, within limits")
{
    const std::string salt = "0123456789abcdef";
    const auto hashOf = [&](int logN, int r, int p) {
        const auto derived = openssl({"kdf", "-keylen", "32", "-kdfopt", "pass:secret", "-kdfopt",
            "salt:" + salt, "-kdfopt", "n:" + std::to_string(1U << static_cast<unsigned>(logN)),
            "-kdfopt", "r:" + std::to_string(r), "-kdfopt", "p:" + std::to_string(p), "-kdfopt",
            "maxmem_bytes:134217728", "-binary", "SCRYPT"});
        return "scrypt$" + std::to_string(logN) + "$" + std::to_string(r) + "$" +
               std::to_string(p) + "$" + toBase64(salt) + "$" + toBase64(derived);
    };
    CHECK(x509::passwordMatches(Secret("secret"), hashOf(10, 8, 2)));
    CHECK_FALSE(x509::passwordMatches(Secret("Secret"), hashOf(10, 8, 2)));
    // Right, but over the limits of what one login may cost.
    CHECK_FALSE(x509::passwordMatches(Secret("secret"), hashOf(18, 2, 1)));
    CHECK_FALSE(x509::passwordMatches(Secret("secret"), hashOf(10, 9, 1)));
    CHECK_FALSE(x509::passwordMatches(Secret("secret"), hashOf(10, 8, 5)));
    CHECK_FALSE(x509::passwordMatches(Secret("secret"), hashOf(9, 8, 1)));
}

TEST_CASE("a malformed or excessive hash matches nothing")
{
    const Secret password("secret");
    const std::string rest = "$MDEyMzQ1Njc4OWFiY2RlZg==$" + toBase64(std::string(32, '\0'));
    CHECK_FALSE(x509::passwordMatches(password, ""));
    CHECK_FALSE(x509::passwordMatches(password, "scrypt"));
    CHECK_FALSE(x509::passwordMatches(password, "scrypt$40$8$1" + rest));
    CHECK_FALSE(x509::passwordMatches(password, "scrypt$15$99999999$1" + rest));
    CHECK_FALSE(x509::passwordMatches(password, "scrypt$15$8$-1" + rest));
    CHECK_FALSE(x509::passwordMatches(password, "scrypt$015$8$1" + rest));
    CHECK_FALSE(x509::passwordMatches(password, "bcrypt$15$8$1" + rest));
    CHECK_FALSE(x509::passwordMatches(password, "scrypt$10$8$1$MDEyMzQ1Njc4OWFiY2RlZg==$"));
}
