#include "shared/enrollment/soap/credentials.h"

#include "shared/enrollment/soap/namespaces.h"
#include "shared/enrollment/soap/xml_values.h"

namespace perennial::enrollment::soap {

namespace {

constexpr std::string_view passwordText =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
    "#PasswordText";
constexpr std::size_t textLimit = 1024;
constexpr Duration usualLifetime{300};

constexpr Name tokenName{space::security, "UsernameToken"};
constexpr Name usernameName{space::security, "Username"};
constexpr Name passwordName{space::security, "Password"};
constexpr Name timestampName{space::utility, "Timestamp"};
constexpr Name createdName{space::utility, "Created"};
constexpr Name expiresName{space::utility, "Expires"};

Error refuse(std::string reason) { return {ErrorKind::InvalidInput, std::move(reason)}; }

// Windows writes Type without a namespace, cepces in that of WS-Security.
Status checkPasswordType(const Element& password)
{
    const std::string* plain = password.attribute({"", "Type"});
    const std::string* qualified = password.attribute({space::security, "Type"});
    if (plain != nullptr && qualified != nullptr) return refuse("Password with two types");
    const std::string* type = plain != nullptr ? plain : qualified;
    if (type == nullptr || strip(*type) == passwordText) return {};
    if (strip(*type).ends_with("#PasswordDigest")) {
        return Error{ErrorKind::PermissionDenied,
            "a password digest cannot be checked: send the password as text"};
    }
    return refuse("Password of an unknown type");
}

Result<UsernameToken> readToken(const Element& token)
{
    const auto username = token.child(usernameName);
    if (!username) return username.error();
    const auto password = token.child(passwordName);
    if (!password) return password.error();
    if (const Status status = checkPasswordType(**password); !status) return status.error();
    std::string name = (*username)->strippedText();
    if (name.empty()) return refuse("UsernameToken with an empty Username");
    if (name.size() > textLimit || (*password)->text.size() > textLimit) {
        return refuse("UsernameToken with a text over 1024 bytes");
    }
    return UsernameToken{std::move(name), Secret((*password)->text)};
}

Result<Timestamp> readTimestamp(const Element& timestamp)
{
    const auto created = readRequired<TimePoint>(timestamp, createdName, readDateTime);
    if (!created) return created.error();
    const auto expires = readOptional<TimePoint>(timestamp, expiresName, readDateTime);
    if (!expires) return expires.error();
    return Timestamp{*created, expires->value_or(*created + usualLifetime)};
}

} // namespace

Result<Credentials> readSecurityBlock(const Element& security)
{
    Credentials credentials;
    const auto token = security.optionalChild(tokenName);
    if (!token) return token.error();
    if (*token != nullptr) {
        auto read = readToken(**token);
        if (!read) return read.error();
        credentials.usernameToken = std::move(read).value();
    }
    const auto timestamp = security.optionalChild(timestampName);
    if (!timestamp) return timestamp.error();
    if (*timestamp != nullptr) {
        auto read = readTimestamp(**timestamp);
        if (!read) return read.error();
        credentials.timestamp = *read;
    }
    return credentials;
}

std::optional<Element> toSecurityBlock(const Credentials& credentials)
{
    if (!credentials.usernameToken && !credentials.timestamp) return std::nullopt;
    Element security = makeElement({space::security, "Security"});
    setAttribute(security, {space::envelope, "mustUnderstand"}, "1");
    if (credentials.timestamp) {
        Element& timestamp = append(security, makeElement(timestampName));
        setAttribute(timestamp, {space::utility, "Id"}, "_0");
        append(timestamp, makeElement(createdName, toRfc3339(credentials.timestamp->created)));
        append(timestamp, makeElement(expiresName, toRfc3339(credentials.timestamp->expires)));
    }
    if (credentials.usernameToken) {
        Element& token = append(security, makeElement(tokenName));
        append(token, makeElement(usernameName, credentials.usernameToken->username));
        Element& password =
            append(token, makeElement(passwordName, credentials.usernameToken->password.reveal()));
        setAttribute(password, {"", "Type"}, passwordText);
    }
    return security;
}

} // namespace perennial::enrollment::soap
