// `perennial-enroller first`: writes over nothing, and a pending request keeps its key.

#include "agent/enroller/first_enrollment.h"
#include "shared/base/file_system.h"
#include "tests/support/fake_authority.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_pki.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;

namespace {

// What the CA was asked, and what it says.
struct Ca {
    FakeAuthority authority;
    std::function<Result<IssueOutcome>(const FirstEnrollment&)> answer;
    std::vector<Bytes> keys; // public ones, in the order they came
    std::vector<std::string> tickets;
    std::string password;
    std::string principal;

    IssueOutcome issue(const FirstEnrollment& first) const
    {
        return Issued{authority.issue(first.key->publicKeyDer(),
            {std::chrono::sys_days(std::chrono::year(2026) / 1 / 1),
                std::chrono::sys_days(std::chrono::year(2040) / 1 / 1)})};
    }
};

class CaIssuer final : public Issuer {
public:
    explicit CaIssuer(Ca& ca) : ca_(ca) {}
    Result<PreparedRequest> prepareRenewal(const RenewalMaterial&) override { return none(); }
    Result<IssueOutcome> submit(const PreparedRequest&, const RenewalMaterial&) override
    {
        return none();
    }
    Result<IssueOutcome> poll(const std::string&, const RenewalMaterial&) override
    {
        return none();
    }
    Result<IssueOutcome> enroll(const FirstEnrollment& first) override
    {
        ca_.keys.push_back(first.key->publicKeyDer());
        if (const auto* user = std::get_if<PasswordCaller>(&first.caller))
            ca_.password = user->password.reveal();
        if (const auto* kerberos = std::get_if<KerberosCaller>(&first.caller))
            ca_.principal = kerberos->principal + " by " + kerberos->keytabFile;
        return ca_.answer(first);
    }
    Result<IssueOutcome> pollEnrollment(
        const std::string& ticket, const FirstEnrollment& first) override
    {
        ca_.tickets.push_back(ticket);
        return enroll(first);
    }

private:
    static Error none() { return {ErrorKind::Internal, "not asked for"}; }
    Ca& ca_;
};

struct World {
    World()
    {
        REQUIRE(plugins.addIssuer("ces", [this](const auto&) {
            return Result<std::unique_ptr<Issuer>>(std::make_unique<CaIssuer>(ca));
        }));
        options.policyUrl = "https://localhost/CEP";
        options.trustFile = folder.write("trust.pem", ca.authority.rootPem());
        options.userName = "web-enroller";
        options.password.name = folder.write("password", "correct horse\n");
        options.templateName = "Web";
        options.name = "web1.example.test";
        options.keyType = "ec-p256";
        options.certificateFile = folder / "web.pem";
        options.keyFile = folder / "web.key";
        ca.answer = [this](const FirstEnrollment& first) {
            return Result<IssueOutcome>(ca.issue(first));
        };
    }
    Result<FirstEnrollmentResult> enroll() { return enrollFirst(options, plugins, TimePoint()); }
    bool exists(const std::string& file) const { return std::filesystem::exists(file); }

    TemporaryFolder folder;
    Ca ca;
    PluginRegistry plugins;
    FirstEnrollmentOptions options;
};

} // namespace

TEST_CASE("a certificate and a key that only its owner can read are written")
{
    World world;
    const auto result = world.enroll();
    REQUIRE_MESSAGE(result.ok(), (result ? "" : result.error().message));
    CHECK(result->state == "issued");
    CHECK(world.ca.password == "correct horse");
    const auto key = x509::PrivateKey::fromPem(Secret(readText(world.options.keyFile)));
    const auto leaf = x509::Certificate::fromPem(readText(world.options.certificateFile));
    REQUIRE(key);
    REQUIRE(leaf);
    CHECK(key->matches(*leaf));
    CHECK(result->serial == leaf->serial());
    const auto facts = PosixFileSystem().inspect(world.options.keyFile);
    REQUIRE(facts);
    CHECK(facts->mode == 0600);
}

TEST_CASE("a password comes from a file, a systemd credential; without a user it is Kerberos")
{
    World world;
    world.options.password = {CredentialSource::Kind::Service, "enroller"};
    CHECK(world.enroll().error().kind == ErrorKind::NotFound); // there are no credentials
    world.options.credentialsFolder = world.folder.path().string();
    (void)world.folder.write("enroller", "by systemd\n", 0400);
    REQUIRE(world.enroll());
    CHECK(world.ca.password == "by systemd");

    World kerberos;
    kerberos.options.userName.clear();
    kerberos.options.principal = "host/web1.example.test";
    kerberos.options.keytabFile = "/etc/krb5.keytab";
    REQUIRE(kerberos.enroll());
    CHECK(kerberos.ca.password.empty());
    CHECK(kerberos.ca.principal == "host/web1.example.test by /etc/krb5.keytab");
}

TEST_CASE("nothing that is there is written over, and nobody is asked")
{
    World world;
    (void)world.folder.write("web.pem", "mine");
    CHECK(world.enroll().error().kind == ErrorKind::Conflict);
    REQUIRE(std::filesystem::remove(world.options.certificateFile));
    (void)world.folder.write("web.key", "mine");
    CHECK(world.enroll().error().kind == ErrorKind::Conflict);
    CHECK(readText(world.options.keyFile) == "mine");
    CHECK(world.ca.keys.empty());
}

TEST_CASE("a password that others can read, or that is none, is not sent")
{
    for (const mode_t mode : {0640U, 0604U, 0644U, 0620U}) {
        World world;
        (void)world.folder.write("password", "correct horse", mode);
        CHECK(world.enroll().error().kind == ErrorKind::PermissionDenied);
        CHECK(world.ca.keys.empty());
        CHECK_FALSE(world.exists(world.options.keyFile));
    }
    World empty;
    (void)empty.folder.write("password", "\n");
    CHECK(empty.enroll().error().kind == ErrorKind::InvalidInput);
    CHECK(empty.ca.keys.empty());
    World none;
    none.options.password.name = none.folder / "nothing";
    CHECK(none.enroll().error().kind == ErrorKind::NotFound);
}

TEST_CASE("a request that nobody answered leaves no key behind")
{
    for (const auto kind : {ErrorKind::Unavailable, ErrorKind::PermissionDenied}) {
        World world;
        world.ca.answer = [kind](const auto&) { return Result<IssueOutcome>(Error{kind, "no"}); };
        CHECK(world.enroll().error().kind == kind);
        CHECK_FALSE(world.exists(world.options.keyFile));
        CHECK_FALSE(world.exists(world.options.certificateFile));
        CHECK_FALSE(world.exists(world.options.certificateFile + ".pending"));
    }
}

TEST_CASE("a pending request keeps its key and its ticket until it is decided")
{
    World world;
    world.ca.answer = [](const auto&) {
        return Result<IssueOutcome>(IssueOutcome(Pending{"ticket-1", Duration(60)}));
    };
    const auto first = world.enroll();
    REQUIRE(first);
    CHECK(first->state == "pending");
    CHECK(first->ticketFile == world.options.certificateFile + ".pending");
    REQUIRE(world.enroll());

    // The service is away for a while: the key stays.
    const auto key = readText(world.options.keyFile);
    world.ca.answer = [](const auto&) {
        return Result<IssueOutcome>(Error{ErrorKind::Unavailable, "no"});
    };
    CHECK_FALSE(world.enroll().ok());
    CHECK(readText(world.options.keyFile) == key);

    world.ca.answer = [&](const FirstEnrollment& asked) {
        return Result<IssueOutcome>(world.ca.issue(asked));
    };
    const auto last = world.enroll();
    REQUIRE(last);
    CHECK(last->state == "issued");
    CHECK_FALSE(world.exists(first->ticketFile));
    CHECK(world.ca.tickets == std::vector<std::string>{"ticket-1", "ticket-1", "ticket-1"});
    for (const auto& one : world.ca.keys)
        CHECK(one == world.ca.keys.front());
}

TEST_CASE("a denial is an error that says the reason, and the ticket is gone")
{
    World world;
    world.ca.answer = [](const auto&) {
        return Result<IssueOutcome>(IssueOutcome(Pending{"ticket-1", Duration(60)}));
    };
    REQUIRE(world.enroll());
    world.ca.answer = [](const auto&) {
        return Result<IssueOutcome>(IssueOutcome(Denied{"not for you"}));
    };
    const auto denied = world.enroll();
    REQUIRE_FALSE(denied.ok());
    CHECK(denied.error().kind == ErrorKind::PermissionDenied);
    CHECK(denied.error().message == "denied: not for you");
    CHECK_FALSE(world.exists(world.options.certificateFile + ".pending"));
    CHECK_FALSE(world.exists(world.options.certificateFile));
}
