#include "agent/host_commands/command_socket.h"

#include "shared/base/periodic_task.h"
#include "shared/base/unix_socket.h"

#include <atomic>
#include <unistd.h>

namespace perennial::agent {

namespace {

constexpr Duration acceptLimit{1};
constexpr Duration questionLimit{5};
constexpr Duration answerLimit{30};

} // namespace

struct CommandSocket::State {
    UnixSocket socket;
    std::function<Json(const Json&)> answer;
    const Log& log;
    std::unique_ptr<PeriodicTask> serving; // last: it stops before what it uses goes away

    void serveOne()
    {
        const auto connection = socket.accept(acceptLimit);
        if (!connection) return;
        // Same user or root only: the socket's mode says so, and the kernel confirms it.
        const auto peer = connection->peer();
        if (!peer || (peer->uid != 0 && peer->uid != ::geteuid())) return;
        const auto message = connection->receive(questionLimit);
        if (!message || message->content.empty()) return;
        const auto question = Json::parse(message->content);
        Json reply;
        if (question)
            reply = answer(*question);
        else
            reply["error"] = question.error().message;
        auto text = reply.canonical();
        if (text.size() > UnixSocket::messageLimit) {
            Json tooLong;
            tooLong["error"] = "the answer is too long for the local socket; ask the controller, "
                               "or use `discover`";
            text = tooLong.canonical();
        }
        if (auto sent = connection->send(text); !sent)
            log.warning("local command: " + sent.error().message);
    }
};

CommandSocket::CommandSocket(std::unique_ptr<State> state) : state_(std::move(state)) {}
CommandSocket::~CommandSocket() = default;

Result<std::unique_ptr<CommandSocket>> CommandSocket::listen(
    const std::string& path, std::function<Json(const Json&)> answer, const Log& log)
{
    auto socket = UnixSocket::listen(path, 0600);
    if (!socket) return socket.error();
    auto state = std::make_unique<State>(State{*std::move(socket), std::move(answer), log, {}});
    auto* raw = state.get();
    // accept() waits by itself; the pause between two rounds is nothing.
    state->serving =
        std::make_unique<PeriodicTask>(std::chrono::milliseconds(1), [raw] { raw->serveOne(); });
    return std::unique_ptr<CommandSocket>(new CommandSocket(std::move(state)));
}

Result<Json> askAgent(const std::string& path, const Json& command)
{
    auto socket = UnixSocket::connect(path, questionLimit);
    if (!socket)
        return Error{ErrorKind::Unavailable,
            "no agent answers at " + path + " (is perennial-agent running, and may you open it?)"};
    if (auto sent = socket->send(command.canonical()); !sent) return sent.error();
    const auto answer = socket->receive(answerLimit);
    if (!answer) return answer.error();
    if (answer->content.empty())
        return Error{ErrorKind::PermissionDenied,
            "the agent closed the connection: ask as its user or as root"};
    return Json::parse(answer->content);
}

} // namespace perennial::agent
