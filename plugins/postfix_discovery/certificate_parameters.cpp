#include "plugins/postfix_discovery/certificate_parameters.h"

#include "shared/base/secret.h"
#include "shared/service_config/config_path.h"
#include "shared/x509/certificate.h"
#include "shared/x509/pem.h"

#include <algorithm>
#include <filesystem>

namespace perennial::plugins::postfix {

using service_config::ConfigFiles;
using service_config::findPathFault;
using service_config::NamedPair;

namespace {

struct Held {
    bool key = false;
    bool certificate = false;
};

Result<Held> lookInto(const std::string& path, ConfigFiles& files)
{
    auto read = files.enter(path);
    if (!read) return read.error();
    files.leave();
    const Secret text(*std::move(read));
    return Held{!x509::privateKeyBlock(text.reveal()).empty(),
        x509::Certificate::fromPem(text.reveal()).ok()};
}

// Postfix opens its paths from the queue folder, which is no place for a key.
std::string findFault(const std::string& path)
{
    if (const auto fault = findPathFault(path); !fault.empty()) return fault;
    return path.starts_with('/') ? "" : "is no absolute path";
}

std::vector<NamedPair> chainPairsOf(
    const std::string& name, const Value& list, ConfigFiles& files, Discovery& found)
{
    std::vector<NamedPair> pairs;
    std::string key; // that waits for its certificate
    for (const auto& path : elementsOf(list.text)) {
        const auto fault = findFault(path);
        const auto held = fault.empty() ? lookInto(path, files)
                                        : Error{ErrorKind::InvalidInput, name + " " + fault};
        if (!held) {
            found.skip(list.at + ": " + held.error().message);
            key.clear();
            continue;
        }
        if (held->key) key = path;
        if (!held->certificate) continue;
        if (key.empty())
            found.skip(list.at + ": " + name + ": a certificate without a key before it");
        else
            pairs.push_back({list.at, "/", {name, path}, {name, key}});
        key.clear();
    }
    return pairs;
}

} // namespace

std::vector<std::string> elementsOf(const std::string& list)
{
    constexpr auto between = ", \t\r\n";
    std::vector<std::string> elements;
    for (auto begin = list.find_first_not_of(between); begin != std::string::npos;
         begin = list.find_first_not_of(between, begin)) {
        const auto end = std::min(list.find_first_of(between, begin), list.size());
        elements.push_back(list.substr(begin, end - begin));
        begin = end;
    }
    return elements;
}

std::vector<NamedPair> pairsOf(
    const Parameters& parameters, const std::string& prefix, ConfigFiles& files, Discovery& found)
{
    const auto valueOf = [&](const std::string& name) {
        auto value = parameters.value(name);
        if (value) return *std::move(value);
        found.skip(value.error().message);
        return Value{};
    };
    const auto chain = prefix + "_tls_chain_files";
    if (const auto list = valueOf(chain); !list.text.empty())
        return chainPairsOf(chain, list, files, found);
    std::vector<NamedPair> pairs;
    for (const std::string kind : {"", "ec", "d"}) {
        const auto name = prefix + "_tls_" + kind + "cert_file";
        const auto certificate = valueOf(name);
        if (certificate.text.empty() || certificate.text == "none") continue;
        const auto keyName = prefix + "_tls_" + kind + "key_file";
        auto key = valueOf(keyName);
        if (key.text.empty()) key.text = certificate.text; // both in one file
        auto fault = findFault(certificate.text);
        if (!fault.empty())
            fault = name + " " + fault;
        else if (fault = findFault(key.text); !fault.empty())
            fault = keyName + " " + fault;
        if (fault.empty())
            pairs.push_back({certificate.at, "/", {name, certificate.text}, {keyName, key.text}});
        else
            found.skip(certificate.at + ": " + fault);
    }
    return pairs;
}

} // namespace perennial::plugins::postfix
