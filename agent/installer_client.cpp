#include "agent/installer_client.h"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace perennial::agent {

namespace {

constexpr Duration connectLimit{5};
constexpr Duration connectionKept{20}; // less than the installer keeps it
constexpr Duration answerLimit =
    std::chrono::minutes(10); // an action may take its time; the guard caps it

model::InstallerMessage about(const Renewal& renewal, const std::string& verb)
{
    return {verb, {{"order", renewal.order.id.text()}}};
}

model::InstallerMessage aboutPlace(const Renewal& renewal, const std::string& verb)
{
    auto message = about(renewal, verb);
    message.fields["slot.certificate"] = renewal.place.certificatePath;
    message.fields["slot.key"] = renewal.place.keyPath;
    return message;
}

Status statusOf(const Result<model::InstallerMessage>& answer)
{
    if (!answer) return answer.error();
    return {};
}

} // namespace

// Nothing is asked twice: a connection that has ended meanwhile is seen before it is used.
Result<SocketMessage> InstallerClient::exchange(const std::string& message)
{
    if (connection_ && (fresh_.over() || !connection_->isQuiet())) hangUp();
    if (!connection_) {
        auto socket = UnixSocket::connect(socket_, connectLimit);
        if (!socket)
            return Error{ErrorKind::Unavailable,
                "does not answer at " + socket_ + ": " + socket.error().message};
        connection_ = *std::move(socket);
        fresh_ = Deadline(connectionKept);
    }
    if (auto sent = connection_->send(message); !sent) return sent.error();
    auto received = connection_->receive(answerLimit);
    if (received && received->content.empty())
        return Error{ErrorKind::Unavailable, "closed the connection"};
    return received;
}

Result<model::InstallerMessage> InstallerClient::ask(model::InstallerMessage message)
{
    const auto encoded = model::encode(message);
    if (!encoded) return encoded.error();
    const auto received = exchange(*encoded);
    if (!received) {
        hangUp();
        return received.error().in("perennial-installer");
    }
    auto answer = model::decodeInstallerMessage(received->content);
    if (!answer) return answer.error().in("answer of perennial-installer");
    if (answer->verb == "done") return answer;
    return Error{errorKindOf(answer->field("kind")).value_or(ErrorKind::Internal),
        "perennial-installer: " + toPrintable(answer->field("reason"))};
}

Status InstallerClient::preflight(const Renewal& renewal)
{
    auto message = aboutPlace(renewal, "preflight");
    message.fields["action"] = renewal.policy.action;
    message.fields["replaces"] = renewal.order.replaces.text();
    message.fields["size"] = std::to_string(2 * renewal.oldChainPem.size() + 8192);
    if (renewal.enrollment) {
        for (const auto& name : renewal.enrollment->names)
            message.fields["names"] += name + "\n";
    }
    return statusOf(ask(std::move(message)));
}

Result<Bytes> InstallerClient::makeKey(const Renewal& renewal, const std::string& keyType)
{
    auto message = aboutPlace(renewal, "make_key");
    message.fields["key_type"] = keyType;
    const auto answer = ask(std::move(message));
    if (!answer) return answer.error();
    return answer->field("public_key");
}

Status InstallerClient::place(const Renewal& renewal, const std::string& chainPem)
{
    auto message = aboutPlace(renewal, "place");
    message.fields["chain"] = chainPem;
    message.fields["replaces"] = renewal.order.replaces.text();
    return statusOf(ask(std::move(message)));
}

Status InstallerClient::switchBack(const Renewal& renewal)
{
    return statusOf(ask(about(renewal, "switch_back")));
}

Result<ActionResult> InstallerClient::act(const Renewal& renewal)
{
    auto message = about(renewal, "act");
    message.fields["action"] = renewal.policy.action;
    const auto answer = ask(std::move(message));
    if (!answer) return answer.error();
    ActionResult result;
    const auto& status = answer->field("status");
    const auto* end = status.data() + status.size();
    const auto parsed = std::from_chars(status.data(), end, result.status);
    if (parsed.ec != std::errc() || parsed.ptr != end)
        return Error{ErrorKind::Internal, "an action without a status"};
    result.output = toPrintable(answer->field("output"), 4096);
    return result;
}

Result<std::string> InstallerClient::finish(const Renewal& renewal)
{
    const auto answer = ask(about(renewal, "finish"));
    if (!answer) return answer.error();
    return toPrintable(answer->field("note"), 200);
}

Status InstallerClient::discard(const Renewal& renewal)
{
    return statusOf(ask(about(renewal, "discard")));
}

Result<AnchorChange> InstallerClient::setAnchors(const std::string& store, const std::string& pem)
{
    const auto answer =
        ask({"set_anchors", {{"order", "trust-" + store}, {"store", store}, {"anchors", pem}}});
    if (!answer) return answer.error();
    AnchorChange change;
    std::istringstream lines(answer->field("note"));
    for (std::string line; std::getline(lines, line);) {
        auto& list = line.starts_with('+')   ? change.added
                     : line.starts_with('-') ? change.removed
                                             : change.stillTrusted;
        list.push_back(toPrintable(line.substr(std::min<std::size_t>(1, line.size())), 64));
    }
    return change;
}

} // namespace perennial::agent
