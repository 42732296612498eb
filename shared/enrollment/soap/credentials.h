#pragma once

#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/base/secret.h"
#include "shared/enrollment/soap/element.h"

#include <optional>
#include <string>

namespace perennial::enrollment::soap {

struct UsernameToken {
    std::string username; // DOMAIN\user, user@realm or user, as sent
    Secret password;
};

struct Timestamp {
    TimePoint created;
    TimePoint expires; // 5 minutes after created when the message does not say
};

// What a request's o:Security says (WS-Security UsernameToken profile 1.0).
struct Credentials {
    std::optional<UsernameToken> usernameToken;
    std::optional<Timestamp> timestamp; // the caller allows 5 minutes of skew
};

// Password types: #PasswordText or none. PermissionDenied for #PasswordDigest (answer it with an
// authentication fault), InvalidInput for a malformed block. Nonce and the token's own Created are
// passed over: cepces sends local time there.
Result<Credentials> readSecurityBlock(const Element& security);
std::optional<Element> toSecurityBlock(const Credentials& credentials); // unset when there are none

} // namespace perennial::enrollment::soap
