// Borrowing the keys: two descriptors of the right keys, or nothing.

#include "agent/enroller/key_loan.h"
#include "tests/unit/enroller/fake_installer.h"

using namespace perennial;
using namespace perennial::agent;
using perennial::test::FakeInstaller;

namespace {

Result<RenewalMaterial> borrow(
    FakeInstaller& world, const std::string& content, const std::vector<std::string>& files)
{
    return world.answering(content, files, [&] { return borrowKeys(world.task()); });
}

void checkRefused(const Result<RenewalMaterial>& material, ErrorKind kind, const std::string& says)
{
    REQUIRE_FALSE(material.ok());
    CHECK_MESSAGE(material.error().kind == kind, material.error().message);
    CHECK_MESSAGE(
        material.error().message.find(says) != std::string::npos, material.error().message);
    CHECK(material.error().message.find("PRIVATE KEY") == std::string::npos);
    CHECK(material.error().message.find('\n') == std::string::npos);
}

} // namespace

TEST_CASE("the installer is asked for this order and slot, and lends both keys")
{
    FakeInstaller world;
    const auto material =
        borrow(world, FakeInstaller::done(), {world.pki["old"].key, world.pki["new"].key});
    REQUIRE_MESSAGE(material.ok(), (material ? "" : material.error().message));
    CHECK(material->oldKey->matches(material->oldCertificate));
    CHECK_FALSE(material->newKey->matches(material->oldCertificate));
    CHECK(material->oldChain.front() == material->oldCertificate);
    REQUIRE(world.asked);
    CHECK(world.asked->verb == "lend_keys");
    CHECK(world.asked->field("order") == world.task().order);
    CHECK(world.asked->field("slot.certificate") == world.task().certificatePath);
    CHECK(world.asked->field("slot.key") == world.task().keyPath);
}

TEST_CASE("a key that is not the certificate's is not used")
{
    FakeInstaller world;
    checkRefused(borrow(world, FakeInstaller::done(), {world.pki["new"].key, world.pki["old"].key}),
        ErrorKind::Conflict, "not its certificate's");
}

TEST_CASE("one descriptor, none or three are no two keys")
{
    FakeInstaller world;
    const auto& old = world.pki["old"].key;
    const auto& fresh = world.pki["new"].key;
    for (const auto& files : {std::vector<std::string>{}, {old}, {old, fresh, fresh}})
        checkRefused(borrow(world, FakeInstaller::done(), files), ErrorKind::Internal, "two keys");
}

TEST_CASE("what is behind a descriptor and no key is refused")
{
    FakeInstaller world;
    const auto& old = world.pki["old"].key;
    const auto large = world.folder.write("large", std::string(2U << 20U, 'A'));
    const auto empty = world.folder.write("empty", "");
    for (const std::string& file :
        {large, empty, std::string("/"), std::string("/dev/null"), world.pki["old"].certificate}) {
        CAPTURE(file);
        const auto material = borrow(world, FakeInstaller::done(), {old, file});
        REQUIRE_FALSE(material.ok());
        CHECK(material.error().message.rfind("new key: ", 0) == 0);
    }
}

TEST_CASE("a refusal comes with its kind, so that the agent knows whether to come again")
{
    FakeInstaller world;
    checkRefused(borrow(world, FakeInstaller::refused("permission-denied"), {}),
        ErrorKind::PermissionDenied, "refused: no");
    checkRefused(
        borrow(world, FakeInstaller::refused("conflict"), {}), ErrorKind::Conflict, "refused");
    checkRefused(
        borrow(world, FakeInstaller::refused("unheard-of"), {}), ErrorKind::Internal, "refused");
}

TEST_CASE("keys that come with a refusal are not taken")
{
    FakeInstaller world;
    checkRefused(borrow(world, FakeInstaller::refused("conflict"),
                     {world.pki["old"].key, world.pki["new"].key}),
        ErrorKind::Conflict, "refused");
}

TEST_CASE("an installer that is not there or hangs up is come back to; one that babbles is not")
{
    FakeInstaller world;
    checkRefused(borrowKeys(world.task()), ErrorKind::Unavailable, world.socket());
    checkRefused(borrow(world, "", {}), ErrorKind::Unavailable, "");
    checkRefused(borrow(world, "hello", {world.pki["old"].key, world.pki["new"].key}),
        ErrorKind::InvalidInput, "answer of perennial-installer");
}

TEST_CASE("a task without an old certificate asks nobody")
{
    FakeInstaller world;
    auto task = world.task();
    for (const std::string pem : {"", "not PEM"}) {
        task.certificatePem = pem;
        CHECK(borrowKeys(task).error().kind == ErrorKind::InvalidInput);
    }
}
