// The built program: one task in, one outcome out, and nothing of a key in either.

#include "shared/base/process.h"
#include "tests/support/child_process.h"
#include "tests/unit/enroller/fake_installer.h"

#include <array>
#include <sys/socket.h>

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;

namespace {

const std::string program = std::string(PERENNIAL_BIN_DIR) + "/perennial-enroller";

EnrollerOutcome outcomeOf(const ToolRun& run)
{
    REQUIRE_MESSAGE(run.status == 0, run.output);
    const auto json = Json::parse(run.output);
    REQUIRE_MESSAGE(json.ok(), run.output);
    const auto outcome = enrollerOutcomeFromJson(*json);
    REQUIRE(outcome);
    return *outcome;
}

// Starts the program with a task that waits, hears what it has prepared, and answers it.
struct Waiting {
    Waiting()
    {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
        ours = UnixSocket(FileDescriptor(ends[0]));
        auto task = world.task();
        task.waits = true;
        Command command;
        command.program = program;
        command.input = toJson(task).canonical();
        command.descriptors = {ends[1]};
        running = std::jthread([this, command, theirs = std::make_shared<FileDescriptor>(ends[1])] {
            finished = run(command);
        });
        const auto heard =
            world.answering(FakeInstaller::done(), {world.pki["old"].key, world.pki["new"].key},
                [&] { return ours.receive(Duration(20)); });
        REQUIRE(heard);
        const auto json = Json::parse(heard->content);
        REQUIRE(json);
        prepared = std::get<PreparedRequest>(*enrollerOutcomeFromJson(*json));
    }
    EnrollerTask submit() const
    {
        auto task = world.task();
        task.operation = EnrollerTask::Operation::Submit;
        task.prepared = prepared;
        return task;
    }
    Error answerTo(const EnrollerTask& task)
    {
        REQUIRE(ours.send(toJson(task).canonical()));
        running.join();
        REQUIRE(finished);
        const auto outcome = enrollerOutcomeFromJson(*Json::parse(finished->output));
        REQUIRE_MESSAGE(outcome.ok(), finished->output);
        return std::get<Error>(*outcome);
    }

    FakeInstaller world;
    UnixSocket ours{FileDescriptor()};
    PreparedRequest prepared;
    Result<Finished> finished = Error{ErrorKind::Internal, "not ended"};
    std::jthread running;
};

} // namespace

TEST_CASE("one process prepares, waits, and sends what it prepared, borrowing once")
{
    Waiting waiting;
    // Nobody listens at the endpoint: that it was asked is what the error tells.
    CHECK(waiting.answerTo(waiting.submit()).kind == ErrorKind::Unavailable);
}

TEST_CASE("one that waits sends nothing but what it prepared, for the same order and service")
{
    for (int what = 0; what < 4; ++what) {
        CAPTURE(what);
        Waiting waiting;
        auto task = waiting.submit();
        if (what == 0) task.prepared.request += "x";
        if (what == 1) task.order = "0198c6d2-1b2c-7abc-8def-0123456789ad";
        if (what == 2) task.service.enrollmentEndpoints = {"https://127.0.0.1:1/CES"};
        if (what == 3) task.operation = EnrollerTask::Operation::Prepare;
        CHECK(waiting.answerTo(task).kind == ErrorKind::Conflict);
    }
}

TEST_CASE("one whose caller goes away ends without having sent anything")
{
    Waiting waiting;
    waiting.ours = UnixSocket(FileDescriptor());
    waiting.running.join();
    REQUIRE(waiting.finished);
    CHECK(waiting.finished->status == 0);
    CHECK(waiting.finished->output.empty());
}

TEST_CASE("what is no task ends with 2 and says why, without repeating it")
{
    const FakeInstaller world;
    auto unknown = toJson(world.task());
    unknown["private_key"] = "SECRET-SECRET";
    for (const std::string& input : {std::string(), std::string("hello"), std::string("{}"),
             std::string("[]"), toJson(world.task()).canonical() + "{}", unknown.canonical(),
             std::string(3U << 20U, ' ')}) {
        const auto run = runTool({program}, input);
        CHECK(run.status == 2);
        CHECK(run.output.rfind("perennial-enroller: ", 0) == 0);
        CHECK(run.output.find("SECRET-SECRET") == std::string::npos);
        CHECK(run.output.size() < 2000);
    }
    CHECK(runTool({program, "--key", "x"}).status == 2);
    CHECK(runTool({program, "second"}).status == 2);
}

TEST_CASE("a request is prepared with lent keys, another one each time, and shows no key")
{
    FakeInstaller world;
    const auto prepare = [&] { return runTool({program}, toJson(world.task()).canonical()); };
    std::string first;
    for (int time = 0; time < 2; ++time) {
        const auto run = world.answering(
            FakeInstaller::done(), {world.pki["old"].key, world.pki["new"].key}, prepare);
        const auto outcome = outcomeOf(run);
        const auto* prepared = std::get_if<PreparedRequest>(&outcome);
        REQUIRE_MESSAGE(prepared != nullptr, run.output);
        CHECK(prepared->format == "cms-renewal");
        CHECK(run.output.find("PRIVATE") == std::string::npos);
        // A foreign hand: the CMS is signed with the old key.
        const auto file = world.folder.write("request.der", prepared->request);
        const auto verified = runTool({"/usr/bin/openssl", "cms", "-verify", "-inform", "DER",
            "-in", file, "-CAfile", world.pki["root"].certificate, "-purpose", "any", "-out",
            world.folder / "pkcs10.der"});
        CHECK_MESSAGE(verified.status == 0, verified.output);
        CHECK(prepared->request != first);
        first = prepared->request;
    }
}

TEST_CASE("an error is an outcome with its kind: no installer, no CES, an unknown issuer")
{
    FakeInstaller world;
    const auto alone = outcomeOf(runTool({program}, toJson(world.task()).canonical()));
    REQUIRE(std::get_if<Error>(&alone) != nullptr);
    CHECK(std::get<Error>(alone).kind == ErrorKind::Unavailable);

    auto submit = world.task();
    submit.operation = EnrollerTask::Operation::Submit;
    submit.prepared = {Bytes("x"), "cms-renewal", "client-certificate"};
    submit.service.enrollmentEndpoints = {
        "https://localhost:" + std::to_string(freePort()) + "/CES"};
    const auto away = outcomeOf(
        world.answering(FakeInstaller::done(), {world.pki["old"].key, world.pki["new"].key},
            [&] { return runTool({program}, toJson(submit).canonical()); }));
    REQUIRE(std::get_if<Error>(&away) != nullptr);
    CHECK(std::get<Error>(away).kind == ErrorKind::Unavailable);

    auto unknown = world.task();
    unknown.service.issuer = "unheard-of";
    const auto refused = outcomeOf(runTool({program}, toJson(unknown).canonical()));
    REQUIRE(std::get_if<Error>(&refused) != nullptr);
    CHECK_FALSE(isRetryable(std::get<Error>(refused).kind));
}

TEST_CASE("an address that is not https is never asked")
{
    FakeInstaller world;
    auto submit = world.task();
    submit.operation = EnrollerTask::Operation::Submit;
    submit.prepared = {Bytes("x"), "cms-renewal", "client-certificate"};
    for (const std::string url : {"http://localhost/CES", "file:///etc/passwd", "ftp://localhost/",
             "https://user:password@localhost/CES"}) {
        CAPTURE(url);
        submit.service.enrollmentEndpoints = {url};
        const auto run =
            world.answering(FakeInstaller::done(), {world.pki["old"].key, world.pki["new"].key},
                [&] { return runTool({program}, toJson(submit).canonical()); });
        if (run.status == 2) continue; // the task itself was refused
        const auto outcome = outcomeOf(run);
        REQUIRE(std::get_if<Error>(&outcome) != nullptr);
        CHECK(std::get<Error>(outcome).kind == ErrorKind::InvalidInput);
    }
}
