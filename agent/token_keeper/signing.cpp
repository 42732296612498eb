#include "agent/token_keeper/signing.h"

#include <algorithm>
#include <poll.h>

namespace perennial::token_keeper {

namespace {

Result<Bytes> signatureFor(LentKey& lent, std::string_view message, const pkcs11::Session& session)
{
    const auto wanted = model::decodeSignatureWanted(message);
    if (!wanted) return wanted.error();
    if (lent.signatures <= 0)
        return Error{ErrorKind::PermissionDenied, "it has signed as often as it was lent for"};
    --lent.signatures;
    return session.sign(lent.key.secret, *wanted);
}

// False: nobody is there any more.
bool answerOne(LentKey& lent, const pkcs11::Session& session)
{
    const auto message = lent.socket.receive(Duration(0));
    if (!message || message->content.empty()) return false;
    return lent.socket.send(model::encodeSignature(signatureFor(lent, message->content, session)))
        .ok();
}

} // namespace

void signFor(std::vector<LentKey> lent, const pkcs11::Session& session, Duration life)
{
    std::erase_if(
        lent, [](const LentKey& one) { return !one.socket.send(one.key.publicKey).ok(); });
    const Deadline end(life);
    while (!lent.empty() && !end.over()) {
        std::vector<pollfd> watched;
        for (const auto& one : lent)
            watched.push_back({one.socket.descriptor(), POLLIN, 0});
        if (::poll(watched.data(), watched.size(), end.leftForPoll()) < 0) continue;
        for (std::size_t i = watched.size(); i-- > 0;) {
            if (watched[i].revents != 0 && !answerOne(lent[i], session))
                lent.erase(lent.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
}

} // namespace perennial::token_keeper
