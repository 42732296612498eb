#pragma once

#include "shared/plugin_api/discovery_source.h"

#include <string>

namespace perennial::test {

// A discovery in lines, with `folder` cut off: "web.pem web.key nginx 127.0.0.1:443/a.test", then
// what is no slot: "+ authority der ca.crt: why", then the skipped ones: "- nginx.conf:3: why".
inline std::string textOf(const Discovery& found, const std::string& folder)
{
    const auto shortened = [&](std::string text) {
        auto at = folder.empty() ? std::string::npos : text.find(folder);
        for (; at != std::string::npos; at = text.find(folder))
            text.erase(at, folder.size());
        return text;
    };
    std::string text;
    for (const auto& place : found.places) {
        text += shortened(place.place.certificatePath) + " " + shortened(place.place.keyPath);
        if (!place.service.empty()) text += " " + place.service;
        for (const auto& listener : place.listeners)
            text += " " + listener.host + "|" + std::to_string(listener.port) + "|" +
                    listener.serverName +
                    (listener.startTls.empty() ? "" : "|" + listener.startTls);
        text += "\n";
    }
    for (const auto& one : found.found) {
        text +=
            "+ " + one.kind + " " + one.place.store + " " + shortened(one.place.certificatePath);
        if (!one.entry.empty()) text += "#" + one.entry;
        if (!one.place.keyPath.empty()) text += " " + shortened(one.place.keyPath);
        text += ": " + shortened(one.reason) + "\n";
    }
    for (const auto& reason : found.skipped)
        text += "- " + shortened(reason) + "\n";
    return text;
}

} // namespace perennial::test
