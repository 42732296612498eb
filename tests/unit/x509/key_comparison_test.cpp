#include "shared/x509/key_comparison.h"

#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

constexpr const char* openssl = "/usr/bin/openssl";

struct Keys {
    TemporaryFolder folder;

    std::string make(const std::string& name, const std::string& option)
    {
        const auto algorithm = option.rfind("rsa", 0) == 0 ? "RSA" : "EC";
        auto made = runTool({openssl, "genpkey", "-algorithm", algorithm, "-pkeyopt", option,
            "-out", folder / name});
        REQUIRE_MESSAGE(made.status == 0, made.output);
        return folder / name;
    }
    // SubjectPublicKeyInfo as openssl writes it.
    Bytes publicKey(const std::string& file, const std::string& pointForm = "") const
    {
        std::vector<std::string> command = {openssl, "pkey", "-in", file, "-pubout", "-outform",
            "DER", "-out", folder / "out.der"};
        if (!pointForm.empty()) command.insert(command.end(), {"-ec_conv_form", pointForm});
        const auto done = runTool(command);
        REQUIRE_MESSAGE(done.status == 0, done.output);
        return readText(folder / "out.der");
    }
};

} // namespace

TEST_CASE("a point is one key, however it is written")
{
    Keys keys;
    for (const char* curve : {"P-256", "P-384"}) {
        const auto option = std::string("ec_paramgen_curve:") + curve;
        const auto one = keys.make("one.key", option);
        const auto other = keys.make("other.key", option);
        const auto plain = keys.publicKey(one);
        const auto compressed = keys.publicKey(one, "compressed");
        CHECK(compressed.size() < plain.size());
        CHECK(x509::isSameKey(plain, plain));
        CHECK(x509::isSameKey(plain, compressed));
        CHECK(x509::isSameKey(compressed, plain));
        CHECK(x509::isSameKey(plain, keys.publicKey(one, "hybrid")));
        CHECK_FALSE(x509::isSameKey(plain, keys.publicKey(other)));
        CHECK_FALSE(x509::isSameKey(compressed, keys.publicKey(other, "compressed")));
    }
}

TEST_CASE("other kinds of keys, and what is none, are told apart")
{
    Keys keys;
    const auto rsa = keys.publicKey(keys.make("rsa.key", "rsa_keygen_bits:2048"));
    const auto ec = keys.publicKey(keys.make("ec.key", "ec_paramgen_curve:P-256"));
    CHECK(x509::isSameKey(rsa, rsa));
    CHECK_FALSE(x509::isSameKey(rsa, ec));
    CHECK_FALSE(x509::isSameKey(ec, ""));
    CHECK_FALSE(x509::isSameKey("x", "y"));
    CHECK(x509::isSameKey("x", "x"));
}
