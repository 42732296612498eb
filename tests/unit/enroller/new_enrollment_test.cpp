// Enrolment for an order, by the host's own credential: the new key alone, the password only where
// it is asked for.

#include "agent/enroller/key_loan.h"
#include "agent/enroller/new_enrollment.h"
#include "tests/support/child_process.h"
#include "tests/unit/enroller/fake_installer.h"
#include "tests/unit/enroller/first_world.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using Operation = EnrollerTask::Operation;

namespace {

struct Anew {
    Anew()
    {
        installer.pki.issueClient("new", "root");
        ca.answer = [this](const Bytes& publicKey) { return ca.issue(publicKey); };
    }
    EnrollerTask task(Operation operation) const
    {
        auto task = installer.task();
        task.operation = operation;
        task.certificatePem.clear(); // the old one has no part in it
        TaskEnrollment enrollment;
        enrollment.templateName = "WebServer";
        enrollment.names = {"web1.example.test", "www.example.test"};
        enrollment.keyType = keyType;
        enrollment.caller.user = "web-enroller";
        enrollment.caller.password = CredentialSource{
            CredentialSource::Kind::File, installer.folder.write("password", "correct horse\n")};
        task.enrollment = enrollment;
        return task;
    }
    EnrollerOutcome prepare(const std::vector<std::string>& lent)
    {
        return installer.answering(FakeInstaller::done(), lent,
            [&] { return enrollAnew(task(Operation::Prepare), issuer); });
    }

    FakeInstaller installer;
    Ca ca;
    CaIssuer issuer{ca};
    std::string keyType = "ec-p256";
};

} // namespace

TEST_CASE("the request is made with the order's new key, which is lent alone")
{
    Anew world;
    const auto outcome = world.prepare({world.installer.pki["new"].key});
    const auto* prepared = std::get_if<PreparedRequest>(&outcome);
    REQUIRE(prepared != nullptr);
    CHECK(prepared->format == "pkcs10");
    CHECK(prepared->authentication == "username-password");
    REQUIRE(world.installer.asked);
    CHECK(world.installer.asked->verb == "lend_new_key");
    CHECK(world.installer.asked->field("order") == world.installer.task().order);
    const auto request = world.installer.folder.write("request.der", prepared->request);
    const auto shown = runTool({"/usr/bin/openssl", "req", "-inform", "DER", "-in", request,
        "-verify", "-noout", "-subject", "-pubkey", "-text"});
    CHECK(shown.output.find("DNS:web1.example.test, DNS:www.example.test") != std::string::npos);
    const auto key =
        mustRun({"/usr/bin/openssl", "pkey", "-in", world.installer.pki["new"].key, "-pubout"});
    CHECK(shown.output.find(key) != std::string::npos);
}

TEST_CASE("both keys, none, or one of another type are not taken")
{
    Anew world;
    const auto& pki = world.installer.pki;
    for (const auto& lent : {std::vector<std::string>{}, {pki["old"].key, pki["new"].key}}) {
        const auto outcome = world.prepare(lent);
        REQUIRE(std::get_if<Error>(&outcome) != nullptr);
        CHECK(std::get<Error>(outcome).message.find("one key") != std::string::npos);
    }
    world.keyType = "rsa-2048";
    const auto outcome = world.prepare({pki["new"].key});
    REQUIRE(std::get_if<Error>(&outcome) != nullptr);
    CHECK(std::get<Error>(outcome).message.find("made as rsa-2048") != std::string::npos);
}

TEST_CASE("submitting and polling ask no installer; the password is read for each question")
{
    Anew world;
    const auto prepared =
        std::get<PreparedRequest>(world.prepare({world.installer.pki["new"].key}));
    auto submit = world.task(Operation::Submit);
    submit.prepared = prepared;
    CHECK(std::holds_alternative<Issued>(enrollAnew(submit, world.issuer)));
    CHECK(world.ca.password == "correct horse");
    auto poll = world.task(Operation::Poll);
    poll.prepared = prepared;
    poll.ticket = "43";
    CHECK(std::holds_alternative<Issued>(enrollAnew(poll, world.issuer)));
    CHECK(world.ca.tickets == std::vector<std::string>{"43"});
    CHECK(world.ca.requests == std::vector<Bytes>{prepared.request, prepared.request});
    const auto text = toJson(poll).canonical();
    CHECK(text.find("correct horse") == std::string::npos);
    const auto read = enrollerTaskFromJson(*Json::parse(text));
    REQUIRE_MESSAGE(read.ok(), (read ? "" : read.error().message));
    CHECK(toJson(*read).canonical() == text);
    CHECK(read->enrollment->names.size() == 2);
}

TEST_CASE("a password that others can read is not used, and nobody is asked")
{
    Anew world;
    auto submit = world.task(Operation::Submit);
    submit.prepared.request = "x";
    (void)world.installer.folder.write("password", "correct horse\n", 0644);
    const auto outcome = enrollAnew(submit, world.issuer);
    REQUIRE(std::get_if<Error>(&outcome) != nullptr);
    CHECK(std::get<Error>(outcome).kind == ErrorKind::PermissionDenied);
    CHECK(world.ca.requests.empty());
}

TEST_CASE("a task to enrol that says not who asks, or who twice, or for no name, is refused")
{
    Anew world;
    const auto refused = [&](const std::string& member, const Json& value) {
        auto json = toJson(world.task(Operation::Prepare));
        json["enroll"][member] = value;
        return !enrollerTaskFromJson(json).ok();
    };
    CHECK_FALSE(refused("user", "web-enroller"));
    CHECK(refused("user", ""));
    CHECK(refused("principal", "host/web1.example.test"));
    CHECK(refused("password_key", "enroller"));
    CHECK(refused("password", "correct horse"));
    CHECK(refused("names", Json(Json::Array{})));
    CHECK(refused("names", Json(Json::Array(101, Json("a.example.test")))));
}
