// PKCS#12 files of openssl, read without a password.

#include "shared/x509/pkcs12_clear.h"

#include "tests/unit/x509/samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

struct Files {
    TemporaryFolder folder;
    TestPki pki{folder};
    const TestCertificate& web;

    Files() : web((pki.makeRoot("root"), pki.issueServer("web.test", "root"))) {}

    std::string exported(std::vector<std::string> more, const std::string& password) const
    {
        std::vector<std::string> command = {"pkcs12", "-export", "-in", web.fullChain, "-inkey",
            web.key, "-passout", "pass:" + password, "-out", folder / "made.p12"};
        command.insert(command.end(), more.begin(), more.end());
        openssl(command);
        return readText(folder / "made.p12");
    }
};

} // namespace

TEST_CASE("without a password what is encrypted is counted, and what is in the clear is read")
{
    const Files files;
    const auto bytes = files.exported({}, "secret");
    CHECK(x509::beginsLikePkcs12(bytes));
    const auto locked = x509::readClearParts(bytes);
    REQUIRE(locked.ok());
    CHECK(locked->certificates.empty());
    CHECK(locked->keys == 1);
    CHECK(locked->locked == 2);
    const auto open = x509::readClearParts(files.exported({"-certpbe", "NONE"}, "secret"));
    REQUIRE(open.ok());
    REQUIRE(open->certificates.size() == 2);
    CHECK(open->certificates.front() == certificateIn(files.web.certificate));
    CHECK(open->keyPins.empty());
    const auto clear =
        x509::readClearParts(files.exported({"-certpbe", "NONE", "-keypbe", "NONE"}, "secret"));
    REQUIRE(clear.ok());
    CHECK(clear->keyPins == std::vector<std::string>{files.pki.pin("web.test")});
    CHECK(clear->locked == 0);
}

TEST_CASE("damaged PKCS#12 is an error to whoever has no password, too")
{
    const Files files;
    const auto bytes = files.exported({"-certpbe", "NONE", "-keypbe", "NONE", "-iter", "1"}, "s");
    CHECK(x509::readClearParts("").error().message.find("PKCS#12: ") == 0);
    CHECK(x509::readClearParts(std::string((1U << 20U) + 1, '0')).error().message ==
          "PKCS#12: over 1 MB");
    CHECK(x509::readClearParts(replaced(bytes, "\x02\x01\x03\x30", "\x02\x01\x07\x30"))
              .error()
              .message == "PKCS#12: not a PFX of version 3");
    for (std::size_t size = 0; size < bytes.size(); size += 7)
        REQUIRE_FALSE(x509::readClearParts(bytes.substr(0, size)).ok());
    CHECK_FALSE(x509::beginsLikePkcs12(readText(files.web.certificate)));
}
