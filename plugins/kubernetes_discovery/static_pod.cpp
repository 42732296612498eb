#include "plugins/kubernetes_discovery/static_pod.h"

#include "plugins/kubernetes_discovery/document.h"

#include "shared/service_config/listen_address.h"
#include "shared/service_config/named_pair.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

namespace perennial::plugins::kubernetes {

namespace {

constexpr std::size_t mostListeners = 100; // of one pair

struct Flag {
    std::string value;
    int line = 0;
};
using Flags = std::map<std::string, Flag>; // without the dashes; the last one counts
using Mounts = std::vector<std::pair<std::string, std::string>>; // in the container, on the host

// The flags of a pair, and what says where it is shown: a list of URLs, or "secure-port" with the
// port that is meant without it.
struct PairFlags {
    const char* program;
    const char* certificate;
    const char* key;
    const char* urls;
    int port;
};
constexpr std::array<PairFlags, 8> pairs = {{
    {"kube-apiserver", "tls-cert-file", "tls-private-key-file", "", 6443},
    {"kube-controller-manager", "tls-cert-file", "tls-private-key-file", "", 10'257},
    {"kube-scheduler", "tls-cert-file", "tls-private-key-file", "", 10'259},
    {"kube-apiserver", "etcd-certfile", "etcd-keyfile", "", 0},
    {"kube-apiserver", "kubelet-client-certificate", "kubelet-client-key", "", 0},
    {"kube-apiserver", "proxy-client-cert-file", "proxy-client-key-file", "", 0},
    {"etcd", "cert-file", "key-file", "listen-client-urls", 0},
    {"etcd", "peer-cert-file", "peer-key-file", "listen-peer-urls", 0},
}};

std::string fileName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// "--flag=value", or "--flag" with the value behind it.
Flags flagsOf(const std::vector<yaml::Value>& words)
{
    Flags flags;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto& word = words[i].scalar;
        if (!word.starts_with("--")) continue;
        const auto equals = word.find('=');
        if (equals != std::string::npos)
            flags[word.substr(2, equals - 2)] = {word.substr(equals + 1), words[i].line};
        else if (i + 1 < words.size() && !words[i + 1].scalar.starts_with("--"))
            flags[word.substr(2)] = {words[i + 1].scalar, words[i].line};
    }
    return flags;
}

const Flag* flagOf(const Flags& flags, const std::string& name)
{
    const auto written = flags.find(name);
    return written == flags.end() ? nullptr : &written->second;
}

std::optional<std::string> hostOf(const std::string& text)
{
    const auto host = service_config::numericHost(text);
    if (!host) return std::nullopt;
    return service_config::reachableHost(*host, [](const auto&) { return false; });
}

// "/etc/pki/" is the folder "/etc/pki", and "/" the one that every path is in.
std::string withoutSlashes(std::string path)
{
    path.resize(path.find_last_not_of('/') + 1);
    return path;
}

Mounts mountsOf(const yaml::Value* spec, const yaml::Value& container)
{
    std::map<std::string, std::string> volumes;
    for (const auto& volume : itemsOf(spec, "volumes")) {
        const auto path = textOf(memberOf(&volume, "hostPath"), "path");
        if (!path.empty()) volumes[textOf(&volume, "name")] = path;
    }
    Mounts mounts;
    for (const auto& mount : itemsOf(&container, "volumeMounts")) {
        const auto volume = volumes.find(textOf(&mount, "name"));
        const auto path = textOf(&mount, "mountPath");
        if (volume != volumes.end() && textOf(&mount, "subPath").empty() && !path.empty())
            mounts.emplace_back(withoutSlashes(path), volume->second);
    }
    return mounts;
}

// The file of the host that a path in the container is; nothing for one that is no file of it.
std::optional<std::string> onHost(const std::string& path, const Mounts& mounts)
{
    const std::pair<std::string, std::string>* nearest = nullptr;
    for (const auto& mount : mounts) {
        const bool isIn = path == mount.first || path.starts_with(mount.first + "/");
        if (isIn && (nearest == nullptr || mount.first.size() > nearest->first.size()))
            nearest = &mount;
    }
    if (nearest == nullptr) return std::nullopt;
    return nearest->second + path.substr(nearest->first.size());
}

class Container {
public:
    Container(Flags flags, Mounts mounts, const std::string& file, Discovery& found)
        : flags_(std::move(flags)), mounts_(std::move(mounts)), file_(file), found_(found)
    {
    }

    void addPair(const PairFlags& pair)
    {
        const auto* certificate = flagOf(flags_, pair.certificate);
        const auto* key = flagOf(flags_, pair.key);
        if (certificate == nullptr && key == nullptr) return;
        if (certificate == nullptr || key == nullptr)
            return skip(*(key == nullptr ? certificate : key),
                (key == nullptr ? pair.certificate : pair.key) +
                    std::string(" without its other half"));
        const auto certificateFile = onHost(certificate->value, mounts_);
        const auto keyFile = onHost(key->value, mounts_);
        if (!certificateFile || !keyFile)
            return skip(*(certificateFile ? key : certificate),
                (certificateFile ? pair.key : pair.certificate) +
                    std::string(" is no file of the host"));
        service_config::addPlace(
            {at(*certificate), "/", {pair.certificate, *certificateFile}, {pair.key, *keyFile}},
            "kubernetes", *pair.urls != '\0' ? fromUrls(pair.urls) : fromPort(pair.port), {},
            found_);
    }

private:
    std::string at(const Flag& flag) const { return file_ + ":" + std::to_string(flag.line); }
    void skip(const Flag& flag, const std::string& why) { found_.skip(at(flag) + ": " + why); }

    std::vector<model::Listener> fromPort(int otherwise)
    {
        if (otherwise == 0) return {}; // shown to those whom it calls
        const auto* port = flagOf(flags_, "secure-port");
        if (port != nullptr && port->value == "0") return {};
        const auto number =
            port == nullptr ? std::optional(otherwise) : service_config::portFrom(port->value);
        const auto* address = flagOf(flags_, "bind-address");
        const auto host = hostOf(address == nullptr ? "0.0.0.0" : address->value);
        if (number && host) return {{*host, *number, "", {}}};
        skip(*(number ? address : port), number ? "bind-address is none" : "secure-port is none");
        return {};
    }

    // "https://127.0.0.1:2379,https://10.0.0.5:2379"
    std::vector<model::Listener> fromUrls(const char* name)
    {
        std::vector<model::Listener> listeners;
        const auto* urls = flagOf(flags_, name);
        if (urls == nullptr) return listeners;
        const std::string_view text = urls->value;
        for (std::size_t begin = 0; begin < text.size();) {
            const auto end = std::min(text.find(',', begin), text.size());
            auto url = text.substr(begin, end - begin);
            begin = end + 1;
            constexpr std::string_view scheme = "https://";
            if (!url.starts_with(scheme)) continue; // in the clear
            url = url.substr(scheme.size(), url.find('/', scheme.size()) - scheme.size());
            const auto colon = url.rfind(':');
            const auto host = hostOf(std::string(url.substr(0, colon)));
            const auto port = colon == std::string_view::npos
                                  ? std::nullopt
                                  : service_config::portFrom(url.substr(colon + 1));
            if (!host || !port)
                skip(*urls, std::string(name) + " names no address");
            else if (listeners.size() == mostListeners)
                break;
            else
                listeners.push_back({*host, *port, "", {}});
        }
        return listeners;
    }

    Flags flags_;
    Mounts mounts_;
    const std::string& file_;
    Discovery& found_;
};

} // namespace

void addStaticPod(const yaml::Value& pod, const std::string& file, Discovery& found)
{
    if (textOf(&pod, "kind") != "Pod") return;
    const auto* spec = memberOf(&pod, "spec");
    for (const auto& container : itemsOf(spec, "containers")) {
        auto words = itemsOf(&container, "command");
        const auto& more = itemsOf(&container, "args");
        words.insert(words.end(), more.begin(), more.end());
        if (words.empty()) continue;
        const auto program = fileName(words.front().scalar);
        Container one(flagsOf(words), mountsOf(spec, container), file, found);
        for (const auto& pair : pairs) {
            if (program == pair.program) one.addPair(pair);
        }
    }
}

} // namespace perennial::plugins::kubernetes
