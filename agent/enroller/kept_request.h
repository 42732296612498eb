#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/issuer.h"

#include <optional>
#include <string>

namespace perennial::agent {

// What is kept of a first enrolment until its outcome is known, so that the same request with the
// same key goes out again: a file beside the key's, mode 0600, written before the key, removed
// after it. Without the key nothing was sent.
struct KeptRequest {
    std::string policyUrl;
    std::string templateName;
    std::string name;
    PreparedEnrollment prepared; // its endpoints are not kept: they may have moved
    std::string ticket;          // empty unless the request is pending
};

std::string keptRequestFile(const std::string& keyFile);

// Nothing where there is no file. InvalidInput for a file that is none of these.
Result<std::optional<KeptRequest>> readKeptRequest(
    const FileSystem& files, const std::string& keyFile);
Status keepRequest(FileSystem& files, const std::string& keyFile, const KeptRequest& kept);

} // namespace perennial::agent
