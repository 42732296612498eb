#include "plugins/kubernetes_discovery/kubernetes_discovery.h"

#include "plugins/kubernetes_discovery/document.h"
#include "plugins/kubernetes_discovery/kubeconfig.h"
#include "plugins/kubernetes_discovery/static_pod.h"

#include "shared/base/secret.h"
#include "shared/service_config/config_files.h"
#include "shared/service_config/include_pattern.h"

#include <memory>

namespace perennial::plugins {

using namespace kubernetes;

namespace {

// The reader's own words could quote the file, which holds keys: its line alone is kept.
std::string positionOf(const Error& error, const std::string& file)
{
    const auto& text = error.message;
    if (!text.starts_with(file + ":")) return file;
    const auto end = text.find_first_not_of("0123456789", file.size() + 1);
    return text.substr(0, end);
}

class Files {
public:
    Files(const FileSystem& files, Discovery& found)
        : files_(files, {}, found.configuration), found_(found)
    {
    }

    template <class Add>
    void each(const std::string& pattern, const Add& add)
    {
        const auto matches = files_.matchesOf(pattern);
        if (!matches) return found_.skip(pattern + ": " + matches.error().message);
        for (const auto& file : *matches) {
            auto text = files_.enter(file);
            if (!text) {
                found_.skip(text.error().message);
                continue;
            }
            files_.leave();
            hideKeys(*text);
            const Secret secret(*std::move(text)); // short words stay
            auto documents = yaml::parseAll(secret.reveal(), file);
            if (!documents) {
                found_.skip(
                    positionOf(documents.error(), file) +
                    ": is no YAML, or more than is read here (an anchor, an alias, a tag, a "
                    "tab, a repeated key, too much of it)");
                continue;
            }
            for (auto& document : *documents) {
                add(document, file, found_);
                wipe(document);
            }
        }
    }

private:
    service_config::ConfigFiles files_;
    Discovery& found_;
};

} // namespace

Result<Discovery> KubernetesDiscovery::discover()
{
    Discovery found;
    Files files(files_, found);
    for (const auto& pattern : settings_.kubeconfigs)
        files.each(pattern, addKubeconfig);
    for (const auto& pattern : settings_.manifests)
        files.each(pattern, addStaticPod);
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makeKubernetesDiscovery(const PluginSettings& settings)
{
    KubernetesDiscovery::Settings made;
    for (const auto& [key, value] : settings) {
        if (key != "kubeconfigs" && key != "manifests")
            return Error{ErrorKind::InvalidInput, "unknown key \"" + key + "\""};
        auto& list = key == "manifests" ? made.manifests : made.kubeconfigs;
        list = linesOf(value);
        for (const auto& path : list) {
            if (!path.starts_with('/'))
                return Error{ErrorKind::InvalidInput, key + ": must be absolute paths"};
        }
    }
    if (made.kubeconfigs.empty() && made.manifests.empty())
        return Error{ErrorKind::InvalidInput, "kubeconfigs and manifests: both are missing"};
    std::unique_ptr<DiscoverySource> source =
        std::make_unique<KubernetesDiscovery>(std::move(made));
    return source;
}

} // namespace perennial::plugins
