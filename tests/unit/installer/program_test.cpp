// The built program over its socket.

#include "shared/base/random.h"
#include "shared/base/unix_socket.h"
#include "tests/support/installer_host.h"

#include <array>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <functional>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace perennial;
using perennial::test::ChildProcess;
using perennial::test::InstallerHost;
using perennial::test::reasonOf;

namespace {

const std::string program = std::string(PERENNIAL_BIN_DIR) + "/perennial-installer";

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

struct Service {
    InstallerHost host;
    std::string socketPath = host.folder / "installer.sock";
    std::optional<ChildProcess> process;

    void start(std::vector<std::string> before = {})
    {
        before.insert(before.end(), {program, "serve", "--config", host.folder / "guard.yaml"});
        process.emplace(before);
        process->waitForUnixSocket(socketPath);
    }
    UnixSocket connect() const
    {
        auto socket = UnixSocket::connect(socketPath, Duration(10));
        REQUIRE_MESSAGE(socket, socket.error().message);
        return *std::move(socket);
    }
    model::InstallerMessage ask(
        const UnixSocket& socket, const std::string& verb, InstallerHost::Fields fields = {}) const
    {
        fields["order"] = InstallerHost::order;
        REQUIRE(socket.send(*model::encode({verb, std::move(fields)})));
        auto answer = socket.receive(Duration(20));
        REQUIRE_MESSAGE(answer, answer.error().message);
        auto message = model::decodeInstallerMessage(answer->content);
        REQUIRE_MESSAGE(message, message.error().message);
        return *message;
    }
    InstallerHost::Fields place() const
    {
        return {{"slot.certificate", host.certificate}, {"slot.key", host.key}};
    }
    model::InstallerMessage makeKey(const UnixSocket& socket) const
    {
        auto fields = place();
        fields["key_type"] = "ec-p256";
        return ask(socket, "make_key", fields);
    }
};

// Whether the other side closed within the time limit.
bool isClosed(const UnixSocket& socket)
{
    auto message = socket.receive(Duration(20));
    return !message || message->content.empty();
}

// Runs in a process of its own as another user; true when the body says so.
bool asNobody(const std::function<bool()>& body)
{
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(::setgid(65534) == 0 && ::setuid(65534) == 0 && body() ? 0 : 1);
    int status = -1;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

TEST_CASE("the program says what it is, and what is wrong with a guard file")
{
    InstallerHost host;
    const auto guard = host.folder / "guard.yaml";
    CHECK(contains(test::mustRun({program, "--version"}), "perennial-installer 0."));
    CHECK(contains(test::mustRun({program, "--help"}), "serve"));
    CHECK(test::mustRun({program, "--check-config", "--config", guard}) == "ok\n");
    host.writeGuard({{"renewals_per_day", "0"}});
    for (const auto& command :
        {std::vector<std::string>{program, "--check-config", "--config", guard},
            std::vector<std::string>{program, "serve", "--config", guard}}) {
        const auto done = test::runTool(command);
        CHECK(done.status == 2);
        CHECK(contains(done.output, guard + ":"));
        CHECK(contains(done.output, "renewals_per_day: between 1 and 1000"));
    }
    CHECK(test::runTool({program, "--config", guard}).status != 0);
    CHECK(test::runTool({program, "serve"}).status != 0);
    host.writeGuard({});
    REQUIRE(::chmod(guard.c_str(), 0666) == 0);
    const auto done = test::runTool({program, "serve", "--config", guard});
    CHECK(done.status == 2);
    CHECK(contains(done.output, guard + " is writable by its group or by others"));
}

TEST_CASE("a whole renewal over the socket, several messages to a connection")
{
    Service service;
    service.start();
    struct stat found {};
    REQUIRE(::stat(service.socketPath.c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0666);

    const auto socket = service.connect();
    const auto made = service.makeKey(socket);
    CHECK(reasonOf(made) == "done");
    REQUIRE(socket.send(*model::encode({"lend_keys", [&] {
                                            auto fields = service.place();
                                            fields["order"] = InstallerHost::order;
                                            return fields;
                                        }()})));
    const auto lent = socket.receive(Duration(20));
    REQUIRE(lent);
    REQUIRE(lent->descriptors.size() == 2);
    CHECK(x509::PrivateKey::fromDescriptor(lent->descriptors[1].get())->publicKeyDer() ==
          made.field("public_key"));

    auto fields = service.place();
    fields["chain"] = service.host.issue();
    fields["replaces"] = service.host.fingerprint();
    CHECK(reasonOf(service.ask(socket, "place", fields)) == "done");
    CHECK(service.host.pairMatches());
    CHECK(reasonOf(service.ask(service.connect(), "finish")) == "done");
    CHECK(service.host.filesIn("tls").size() == 2);
    CHECK_FALSE(contains(service.process->output(), "PRIVATE"));
}

TEST_CASE("the guard counts as it is at each message, on a connection that is open already too")
{
    Service service;
    service.start();
    const auto socket = service.connect();
    CHECK(reasonOf(service.makeKey(socket)) == "done");
    service.host.writeGuard({{"key_types", "[rsa-2048]"}});
    CHECK_FALSE(reasonOf(service.makeKey(socket)) == "done");
    service.host.writeGuard({});
    CHECK(reasonOf(service.makeKey(socket)) == "done");
    service.host.writeGuard({{"callers", "[65534]"}});
    CHECK(contains(reasonOf(service.makeKey(socket)), "is not among the guard's callers"));
    CHECK(isClosed(socket));
}

TEST_CASE("a user that the guard does not list is told so and nothing else")
{
    if (::geteuid() != 0) {
        MESSAGE("skipped here: becoming another user needs root");
        return;
    }
    Service service;
    REQUIRE(::chmod(service.host.folder.path().c_str(), 0755) == 0); // let the socket be reached
    service.start();
    const auto request = *model::encode({"discard", {{"order", "any"}}});
    const auto answered = [&](const std::string& start) {
        return asNobody([&] {
            auto socket = UnixSocket::connect(service.socketPath, Duration(10));
            if (!socket) return false;
            (void)socket->send(request); // the other side may have closed already
            auto answer = socket->receive(Duration(20));
            if (!answer) return false;
            const auto message = model::decodeInstallerMessage(answer->content);
            return message && reasonOf(*message).starts_with(start);
        });
    };
    CHECK(answered("permission-denied: user 65534 is not among the guard's callers"));
    // The same user, once listed.
    service.host.writeGuard({{"callers", "[0, 65534]"}});
    CHECK(answered("done"));
    // Root itself is no exception.
    service.host.writeGuard({{"callers", "[65534]"}});
    CHECK(contains(reasonOf(service.ask(service.connect(), "discard")),
        "user 0 is not among the guard's callers"));
}

TEST_CASE(
    "garbage, too much of it, and descriptors nobody asked for end the connection, not the service")
{
    Service service;
    service.start();
    for (const std::string& garbage :
        {std::string("x"), std::string("place\norder 3"), std::string("refused\n") + "x",
            std::string(1, '\0'), randomBytes(1000), randomBytes(300'000)}) {
        const auto socket = service.connect();
        const auto sent = socket.send(garbage);
        REQUIRE_MESSAGE(sent, sent.error().message);
        const auto answer = socket.receive(Duration(20));
        REQUIRE(answer);
        CHECK(answer->content.starts_with("refused\nkind 13\ninvalid-input"));
        CHECK(isClosed(socket));
    }
    // Over the limit: sent past our own sending function, which would refuse.
    {
        const auto socket = service.connect();
        const int room = 4 << 20;
        (void)::setsockopt(socket.descriptor(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
        const std::string big(UnixSocket::messageLimit + 1, 'x');
        if (::send(socket.descriptor(), big.data(), big.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(big.size()))
            CHECK(isClosed(socket));
        else
            MESSAGE("skipped here: the kernel lets nobody send so much");
    }
    {
        const auto socket = service.connect();
        std::vector<int> many(10, STDERR_FILENO);
        (void)socket.send(*model::encode({"discard", {{"order", "any"}}}), many);
        (void)socket.receive(Duration(20));
    }
    CHECK(reasonOf(service.ask(service.connect(), "discard")) == "done");
}

TEST_CASE(
    "callers that say nothing hold up to eight places, and a ninth gets its turn when one goes")
{
    Service service;
    service.start();
    std::vector<UnixSocket> silent;
    for (int i = 0; i < 8; ++i) {
        silent.push_back(service.connect());
        if (i == 7) break;
        CHECK(reasonOf(service.ask(silent.back(), "discard")) == "done"); // it has its process
    }
    CHECK(reasonOf(service.ask(silent.back(), "discard")) == "done");
    const auto ninth = service.connect();
    REQUIRE(ninth.send(*model::encode({"discard", {{"order", "any"}}})));
    CHECK_FALSE(ninth.receive(Duration(1)));
    silent.pop_back();
    CHECK(ninth.receive(Duration(20)));
}

TEST_CASE("SIGTERM ends the service although callers are connected; after SIGKILL it starts again")
{
    Service service;
    service.start();
    const auto idle = service.connect();
    CHECK(reasonOf(service.ask(idle, "discard")) == "done");
    CHECK(service.process->stop() == 0);
    CHECK(isClosed(idle));
    service.start();
    service.process->signal(SIGKILL);
    service.process->stop();
    // A child that it had just started lets go of the listening socket as the first thing it does.
    while (UnixSocket::connect(service.socketPath, Duration(1)))
        ::poll(nullptr, 0, 5);
    service.start();
    CHECK(reasonOf(service.ask(service.connect(), "discard")) == "done");
}

TEST_CASE("no file moves while an action runs: a service never reads a pair between two renames")
{
    Service service;
    auto& host = service.host;
    const auto fifo = host.folder / "fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const auto reload = host.folder.write("reload", "#!/bin/sh\nread line < " + fifo + "\n", 0755);
    host.writeGuard({{"actions", "{reload: {run: [" + reload + "]}}"}});
    service.start();
    const auto acting = service.connect();
    const auto moving = service.connect();
    CHECK(reasonOf(service.makeKey(acting)) == "done");
    auto fields = service.place();
    fields["chain"] = host.issue();
    fields["replaces"] = host.fingerprint();
    CHECK(reasonOf(service.ask(acting, "place", fields)) == "done");

    const InstallerHost::Fields order = {{"order", InstallerHost::order}};
    REQUIRE(acting.send(
        *model::encode({"act", {{"order", InstallerHost::order}, {"action", "reload"}}})));
    const FileDescriptor writer(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC)); // it reads: it runs
    REQUIRE(moving.send(*model::encode({"switch_back", order})));
    CHECK_FALSE(moving.receive(Duration(1)));
    CHECK(host.filesIn("tls").size() == 4);
    REQUIRE(::write(writer.get(), "go\n", 3) == 3);
    CHECK(acting.receive(Duration(20)));
    CHECK(moving.receive(Duration(20))->content == "done\n");
    CHECK(host.filesIn("tls").size() == 2);
}

TEST_CASE("a second service on the same socket is refused")
{
    Service service;
    service.start();
    const auto second =
        test::runTool({program, "serve", "--config", service.host.folder / "guard.yaml"});
    CHECK(second.status == 2);
    CHECK(contains(second.output, "somebody else listens on"));
}

TEST_CASE("systemd's socket is used when there is one")
{
    const char* activate = "/usr/bin/systemd-socket-activate";
    if (::access(activate, X_OK) != 0) {
        MESSAGE("skipped here: there is no systemd-socket-activate");
        return;
    }
    Service service;
    service.socketPath = service.host.folder / "by-systemd.sock";
    service.start({activate, "--seqpacket", "--listen=" + service.socketPath});
    CHECK(reasonOf(service.ask(service.connect(), "discard")) == "done");
    CHECK_FALSE(std::filesystem::exists(service.host.folder / "installer.sock"));
}

TEST_CASE("a pair that a crash left half changed is put right when the service starts")
{
    Service service;
    auto& host = service.host;
    (void)host.makeKey();
    const auto old = host.fingerprint();
    (void)host.place(host.issue());
    // As if it had died in switch_back, between the two renames.
    const auto tls = host.folder / "tls/";
    const auto previous = tls + ".perennial-previous-" + InstallerHost::order + "-key";
    std::filesystem::rename(previous, host.key);
    CHECK_FALSE(host.pairMatches());
    service.start();
    CHECK(host.pairMatches());
    CHECK(host.fingerprint() == old);
    CHECK(host.filesIn("tls").size() == 2);
}

TEST_CASE("without root it serves as the service's own user")
{
    if (::geteuid() != 0 || ::access("/usr/bin/setpriv", X_OK) != 0) {
        MESSAGE("skipped here: becoming another user needs root and setpriv");
        return;
    }
    Service service;
    auto& host = service.host;
    host.writeGuard({{"callers", "[0]"}});
    for (const auto& entry : std::filesystem::recursive_directory_iterator(host.folder.path()))
        REQUIRE(::lchown(entry.path().c_str(), 65534, 65534) == 0);
    REQUIRE(::chown(host.folder.path().c_str(), 65534, 65534) == 0);
    service.start({"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
    const auto socket = service.connect();
    CHECK(reasonOf(service.makeKey(socket)) == "done");
    auto fields = service.place();
    fields["chain"] = host.issue();
    fields["replaces"] = host.fingerprint();
    CHECK(reasonOf(service.ask(socket, "place", fields)) == "done");
    CHECK(host.files.inspect(host.key)->owner == 65534);
    CHECK(host.pairMatches());
    CHECK(reasonOf(service.ask(socket, "finish")) == "done");
    // What only root could arrange is refused, before anything is asked for.
    host.writeGuard(
        {{"callers", "[0]"}, {"stores", "[{folder: " + (host.folder / "tls") + ", owner: root}]"}});
    auto size = service.place();
    size["size"] = "1000";
    const auto refused = reasonOf(service.ask(service.connect(), "preflight", size));
    CHECK_MESSAGE(contains(refused, "permission-denied: cannot set the owner of"), refused);
}
