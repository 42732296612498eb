#pragma once

#include "shared/model/slot.h"
#include "tests/support/child_process.h"

#include <cctype>
#include <string>
#include <vector>

namespace perennial::test {

// SHA-256 of a certificate as openssl gives it: lower case, no colons. Empty for what is none.
inline std::string opensslFingerprint(const std::string& pem)
{
    auto text =
        runTool({"/usr/bin/openssl", "x509", "-noout", "-fingerprint", "-sha256"}, pem).output;
    if (text.find("Fingerprint=") == std::string::npos) return {};
    text = text.substr(text.find('=') + 1);
    std::string hex;
    for (const char c : text) {
        if (c != ':' && c != '\n')
            hex += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return hex;
}

// What an independent client is shown there.
inline std::string servedAt(const model::Listener& listener)
{
    const bool v6 = listener.host.find(':') != std::string::npos;
    const auto host = v6 ? "[" + listener.host + "]" : listener.host;
    std::vector<std::string> command = {
        "/usr/bin/openssl", "s_client", "-connect", host + ":" + std::to_string(listener.port)};
    if (listener.serverName.empty())
        command.emplace_back("-noservername");
    else
        command.insert(command.end(), {"-servername", listener.serverName});
    return opensslFingerprint(runTool(command).output);
}

} // namespace perennial::test
