#include "shared/base/encoding.h"
#include "shared/protocol/agent_messages.h"

#include <array>

namespace perennial::protocol {

namespace {

constexpr std::string_view prefix = "perennial-join.1.";
constexpr std::size_t tokenLimit = 512;
constexpr std::size_t secretBytes = 16;

// Says nothing of the text itself: it is a secret.
Error refusal(const std::string& what)
{
    return {ErrorKind::InvalidInput, "join token: " + what + "; ask the operator for a new one"};
}

} // namespace

std::string toText(const JoinToken& token)
{
    return std::string(prefix) + token.id + "." + token.secret + "." + token.authorityPin;
}

Result<JoinToken> joinTokenFromText(const std::string& text)
{
    if (text.size() > tokenLimit) return refusal("too long");
    if (text.rfind(prefix, 0) != 0) return refusal("does not begin with \"perennial-join.1.\"");
    std::array<std::string, 3> parts;
    std::size_t begin = prefix.size();
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto end = text.find('.', begin);
        const bool last = i + 1 == parts.size();
        if (last != (end == std::string::npos)) return refusal("must have five parts");
        parts[i] = text.substr(begin, last ? end : end - begin);
        begin = end + 1;
    }
    const JoinToken token{parts[0], parts[1], parts[2]};
    if (!model::isSafeIdentifier(token.id)) return refusal("its identifier is wrong");
    const auto secret = fromBase64Url(token.secret);
    if (!secret || secret->size() < secretBytes || toBase64Url(*secret) != token.secret)
        return refusal("its secret is wrong");
    if (token.authorityPin.size() != 64 ||
        token.authorityPin.find_first_not_of("0123456789abcdef") != std::string::npos)
        return refusal("the controller's pin is wrong");
    return token;
}

} // namespace perennial::protocol
