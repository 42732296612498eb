#include "agent/enroller/key_loan.h"

#include "shared/base/unix_socket.h"
#include "shared/model/installer_message.h"

namespace perennial::agent {

namespace {

constexpr Duration patience{10};

Result<SocketMessage> ask(const EnrollerTask& task, const std::string& verb)
{
    const auto message =
        model::encode({verb, {{"order", task.order}, {"slot.certificate", task.certificatePath},
                                 {"slot.key", task.keyPath}}});
    if (!message) return message.error();
    auto socket = UnixSocket::connect(task.installerSocket, patience);
    if (!socket) // it may be about to start again
        return Error{ErrorKind::Unavailable,
            "does not answer at " + task.installerSocket + ": " + socket.error().message};
    if (auto sent = socket->send(*message); !sent) return sent.error();
    auto answer = socket->receive(patience);
    if (answer && answer->content.empty())
        return Error{ErrorKind::Unavailable, "closed the connection"};
    return answer;
}

// As many descriptors as `keys`, or an Error.
Result<std::vector<FileDescriptor>> borrow(
    const EnrollerTask& task, const std::string& verb, std::size_t keys)
{
    auto answer = ask(task, verb);
    if (!answer) return answer.error().in("perennial-installer");
    const auto decoded = model::decodeInstallerMessage(answer->content);
    if (!decoded) return decoded.error().in("answer of perennial-installer");
    if (decoded->verb != "done")
        return Error{errorKindOf(decoded->field("kind")).value_or(ErrorKind::Internal),
            "perennial-installer refused: " + toPrintable(decoded->field("reason"))};
    if (answer->descriptors.size() != keys)
        return Error{ErrorKind::Internal, std::string("perennial-installer did not pass ") +
                                              (keys == 1 ? "one key" : "two keys")};
    return std::move(answer->descriptors);
}

Result<std::shared_ptr<const x509::PrivateKey>> keyBehind(
    const FileDescriptor& descriptor, const char* which)
{
    auto key = x509::PrivateKey::fromDescriptor(descriptor.get());
    if (!key) return key.error().in(which);
    return std::shared_ptr<const x509::PrivateKey>(
        std::make_shared<x509::PrivateKey>(*std::move(key)));
}

} // namespace

Result<RenewalMaterial> borrowKeys(const EnrollerTask& task)
{
    auto chain = x509::Certificate::allFromPem(task.certificatePem);
    if (!chain) return chain.error();
    if (chain->empty()) return Error{ErrorKind::InvalidInput, "the task has no old certificate"};
    const auto lent = borrow(task, "lend_keys", 2);
    if (!lent) return lent.error();
    auto oldKey = keyBehind(lent->at(0), "old key");
    if (!oldKey) return oldKey.error();
    auto newKey = keyBehind(lent->at(1), "new key");
    if (!newKey) return newKey.error();
    if (!(*oldKey)->matches(chain->front()))
        return Error{ErrorKind::Conflict, "the key in the slot is not its certificate's"};
    const auto leaf = chain->front();
    return RenewalMaterial{leaf, *std::move(chain), *std::move(oldKey), *std::move(newKey)};
}

Result<std::shared_ptr<const x509::PrivateKey>> borrowNewKey(const EnrollerTask& task)
{
    const auto lent = borrow(task, "lend_new_key", 1);
    if (!lent) return lent.error();
    return keyBehind(lent->front(), "new key");
}

} // namespace perennial::agent
