#include "plugins/rsyslog_discovery/tls_pairs.h"

#include "shared/service_config/listen_address.h"
#include "shared/service_config/named_pair.h"
#include "shared/service_config/server_name.h"

#include <algorithm>
#include <optional>

namespace perennial::plugins::rsyslog {

namespace {

constexpr std::size_t mostListeners = 1000;

struct Pair {
    Value certificate;
    Value key;
    std::vector<model::Listener> listeners;
};

// What is computed counts as said, with a text that fits nowhere.
const Value* valueOf(const Values& values, const std::string& name)
{
    const auto written = values.find(name);
    const bool isSaid =
        written != values.end() && (written->second.isComputed || !written->second.text.empty());
    return isSaid ? &written->second : nullptr;
}

bool isComputed(const Value* value) { return value != nullptr && value->isComputed; }

// The first of those that say something.
const Value* firstOf(std::initializer_list<const Value*> values)
{
    for (const auto* value : values) {
        if (value != nullptr) return value;
    }
    return nullptr;
}

bool isTlsDriver(const Value* driver)
{
    if (driver == nullptr) return false;
    const auto name = service_config::lowerCase(driver->text);
    return name == "gtls" || name == "ossl";
}

std::optional<std::string> hostOf(const Value* address)
{
    if (address == nullptr || address->text == "*" || address->text == "localhost")
        return "127.0.0.1";
    const auto host = service_config::numericHost(address->text);
    if (!host) return std::nullopt;
    return service_config::reachableHost(*host, [](const auto&) { return false; });
}

class Pairs {
public:
    Pairs(const Settings& settings, Discovery& found) : settings_(settings), found_(found) {}

    // Nothing where there is none, or half of one, which is told. Until the next one is named.
    Pair* named(
        const Values& values, const std::string& certificateName, const std::string& keyName)
    {
        const auto* certificate = valueOf(values, certificateName);
        const auto* key = valueOf(values, keyName);
        if (certificate == nullptr && key == nullptr) return nullptr;
        if (isComputed(certificate) || isComputed(key)) return nullptr; // told by the reader
        if (certificate == nullptr || key == nullptr) {
            found_.skip((key == nullptr ? certificate : key)->at + ": " +
                        (key == nullptr ? certificateName : keyName) + " without its other half");
            return nullptr;
        }
        const auto [known, isNew] =
            places_.emplace(std::pair{certificate->text, key->text}, pairs_.size());
        if (isNew) pairs_.push_back({*certificate, *key, {}});
        return &pairs_[known->second];
    }

    void addInput(const Values& input, bool hasDefault)
    {
        const auto* mode = firstOf(
            {valueOf(input, "streamdriver.mode"), valueOf(settings_.module, "streamdriver.mode")});
        const auto* driver = firstOf(
            {valueOf(input, "streamdriver.name"), valueOf(settings_.module, "streamdriver.name"),
                valueOf(settings_.global, "defaultnetstreamdriver")});
        if (mode == nullptr || mode->text != "1" || !isTlsDriver(driver)) return;
        const bool hasOwn =
            valueOf(input, ownCertificate) != nullptr || valueOf(input, ownKey) != nullptr;
        auto* pair = hasOwn       ? named(input, ownCertificate, ownKey)
                     : hasDefault ? named(settings_.global, defaultCertificate, defaultKey)
                                  : nullptr;
        if (pair == nullptr) return;
        const auto* port = valueOf(input, "port");
        const auto* address = valueOf(input, "address");
        if (isComputed(port) || isComputed(address)) return; // told too
        const auto number = port == nullptr ? std::nullopt : service_config::portFrom(port->text);
        const auto host = hostOf(address);
        if (!number) return found_.skip((port == nullptr ? mode : port)->at + ": port is none");
        if (!host) return found_.skip(address->at + ": a name in address is not looked up");
        if (++listeners_ > mostListeners) return found_.skip(port->at + ": too many inputs");
        pair->listeners.push_back({*host, *number, "", {}});
    }

    const std::vector<Pair>& all() const { return pairs_; }

    static constexpr auto defaultCertificate = "defaultnetstreamdrivercertfile";
    static constexpr auto defaultKey = "defaultnetstreamdriverkeyfile";
    static constexpr auto ownCertificate = "streamdriver.certfile";
    static constexpr auto ownKey = "streamdriver.keyfile";

private:
    const Settings& settings_;
    Discovery& found_;
    std::vector<Pair> pairs_;
    std::map<std::pair<std::string, std::string>, std::size_t> places_; // in pairs_, by the files
    std::size_t listeners_ = 0;
};

} // namespace

void addPairs(const Settings& settings, Discovery& found)
{
    Pairs pairs(settings, found);
    const bool hasDefault =
        pairs.named(settings.global, Pairs::defaultCertificate, Pairs::defaultKey) != nullptr;
    for (const auto& input : settings.inputs)
        pairs.addInput(input, hasDefault);
    for (const auto& action : settings.actions)
        (void)pairs.named(action, Pairs::ownCertificate, Pairs::ownKey);
    for (const auto& pair : pairs.all()) {
        const auto isRelative = [](const Value& file) { return !file.text.starts_with('/'); };
        if (isRelative(pair.certificate) || isRelative(pair.key)) {
            found.skip(pair.certificate.at + ": a file is relative to where rsyslog is started");
            continue;
        }
        service_config::addPlace(
            {pair.certificate.at, "/", {"the certificate", pair.certificate.text},
                {"the key", pair.key.text}},
            "rsyslog", pair.listeners, {}, found);
    }
}

} // namespace perennial::plugins::rsyslog
