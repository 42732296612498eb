#pragma once

#include "shared/base/credential.h"
#include "shared/base/json.h"
#include "shared/plugin_api/issuer.h"

#include <optional>
#include <string>

namespace perennial::agent {

// Who asks where no certificate can, and where the proof lies: never the proof itself.
struct CallerPlace {
    std::string user; // with a password; empty: by Kerberos
    std::optional<CredentialSource> password;
    std::string credentialsFolder; // $CREDENTIALS_DIRECTORY
    std::string principal;
    std::string keytabFile; // mode 0600
};

// "user" with one of "password_file", "password_credential" (in "credentials_folder") and
// "password_key", or "principal" with "keytab_file".
void writeCaller(const CallerPlace& caller, Json& json);
CallerPlace readCaller(JsonReader& in);

// Reads the password. Its errors are those of readCredential().
Result<FirstCaller> callerAt(const CallerPlace& place);

} // namespace perennial::agent
