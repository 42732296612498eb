#pragma once

#include "shared/base/result.h"
#include "shared/base/secret.h"

#include <optional>
#include <string>
#include <string_view>

namespace perennial::model {

// What the installer asks a store's helper program, one JSON object on its standard input, and what
// it answers, one on its standard output: docs/exec_helpers.md.
enum class HelperVerb {
    Inspect,  // what is at the entry now
    Test,     // whether it could be replaced; changes nothing
    Install,  // this pair instead of the one that is there
    Rollback, // the pair from before the order again, whatever is there
    Finish,   // the order is over: the other key is not needed any more
};
std::string_view nameOf(HelperVerb verb);

struct HelperRequest {
    HelperVerb verb = HelperVerb::Inspect;
    std::string folder = {}; // of the store, as the guard names it
    std::string entry = {};  // a name in it
    std::string order = {};
    std::string chainPem = {}; // install, rollback: leaf first
    Secret keyPem = {};        // install, rollback
    std::string replaces = {}; // install: SHA-256 of the certificate that must be there, hex
    // Rollback, finish: the public key (SubjectPublicKeyInfo, base64) whose private key goes.
    std::string unwanted = {};
};

struct HelperAnswer {
    std::optional<std::string> refused; // why not; nothing else is set then
    bool found = false;                 // inspect
    std::string chainPem = {};          // inspect, found: leaf first
    Secret keyPem = {};                 // inspect, found
};

inline constexpr std::size_t helperMessageLimit = 256U << 10U; // bytes

Secret toJson(HelperRequest&& request);
// InvalidInput names what is wrong: not JSON, a member that is missing, unknown, of the wrong type
// or over its limit.
Result<HelperRequest> helperRequestFromJson(std::string_view text);
Secret toJson(HelperVerb verb, HelperAnswer&& answer);
Result<HelperAnswer> helperAnswerFromJson(HelperVerb verb, std::string_view text);

} // namespace perennial::model
