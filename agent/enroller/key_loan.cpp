#include "agent/enroller/key_loan.h"

#include "shared/base/unix_socket.h"
#include "shared/model/installer_message.h"
#include "shared/model/token_message.h"

#include <sys/stat.h>

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

// A key that stays in a token: its keeper signs at the other end of the socket.
Result<x509::PrivateKey> keyAt(FileDescriptor socket)
{
    const auto keeper = std::make_shared<const UnixSocket>(std::move(socket));
    const auto publicKey = keeper->receive(patience);
    if (!publicKey) return publicKey.error();
    return x509::keyElsewhere(
        publicKey->content, [keeper](const x509::DigestToSign& wanted) -> Result<Bytes> {
            auto sent = keeper->send(model::encodeSignatureWanted(wanted));
            if (!sent) return sent.error();
            const auto answer = keeper->receive(patience);
            if (!answer) return answer.error();
            return model::decodeSignature(answer->content);
        });
}

bool isSocket(const FileDescriptor& descriptor)
{
    struct stat facts {};
    return ::fstat(descriptor.get(), &facts) == 0 && S_ISSOCK(facts.st_mode);
}

Result<std::shared_ptr<const x509::PrivateKey>> keyBehind(
    FileDescriptor descriptor, const char* which)
{
    auto key = isSocket(descriptor) ? keyAt(std::move(descriptor))
                                    : x509::PrivateKey::fromDescriptor(descriptor.get());
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
    auto lent = borrow(task, "lend_keys", 2);
    if (!lent) return lent.error();
    auto oldKey = keyBehind(std::move(lent->at(0)), "old key");
    if (!oldKey) return oldKey.error();
    auto newKey = keyBehind(std::move(lent->at(1)), "new key");
    if (!newKey) return newKey.error();
    if (!(*oldKey)->matches(chain->front()))
        return Error{ErrorKind::Conflict, "the key in the slot is not its certificate's"};
    const auto leaf = chain->front();
    return RenewalMaterial{leaf, *std::move(chain), *std::move(oldKey), *std::move(newKey)};
}

Result<std::shared_ptr<const x509::PrivateKey>> borrowNewKey(const EnrollerTask& task)
{
    auto lent = borrow(task, "lend_new_key", 1);
    if (!lent) return lent.error();
    return keyBehind(std::move(lent->front()), "new key");
}

} // namespace perennial::agent
