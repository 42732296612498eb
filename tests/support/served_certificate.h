#pragma once

#include "shared/plugin_api/discovery_source.h"
#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <cctype>
#include <doctest/doctest.h>
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

// What openssl calls the protocol of a listener.
inline std::string openssl(const std::string& startTls)
{
    return startTls == "postgresql" ? "postgres" : startTls;
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
    if (!listener.startTls.empty())
        command.insert(command.end(), {"-starttls", openssl(listener.startTls)});
    return opensslFingerprint(runTool(command).output);
}

// Every listener of every place shows the place's certificate; answers how many were looked at.
inline std::size_t checkServed(const Discovery& found)
{
    std::size_t looked = 0;
    for (const auto& place : found.places) {
        const auto expected = opensslFingerprint(readText(place.place.certificatePath));
        for (const auto& listener : place.listeners) {
            CAPTURE(listener.host);
            CAPTURE(listener.port);
            CAPTURE(listener.serverName);
            CHECK(servedAt(listener) == expected);
            ++looked;
        }
    }
    return looked;
}

} // namespace perennial::test
