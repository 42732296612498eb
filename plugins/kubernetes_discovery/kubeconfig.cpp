#include "plugins/kubernetes_discovery/kubeconfig.h"

#include "plugins/kubernetes_discovery/document.h"

#include "shared/base/encoding.h"
#include "shared/service_config/named_pair.h"
#include "shared/x509/certificate.h"

#include <filesystem>

namespace perennial::plugins::kubernetes {

namespace {

constexpr std::size_t mostFound = 10'000;
constexpr const char* ofUser = "it stands in the kubeconfig itself, which nothing here writes";
constexpr const char* ofCluster = "the authority of a cluster, trusted by this kubeconfig";

// `entry`: where it stands, without a word of the file: "users[0]".
void addEmbedded(const std::string& data, const std::string& entry, const std::string& file,
    const std::string& at, bool isUser, Discovery& found)
{
    const auto pem = fromBase64(data);
    const auto certificates = pem ? x509::Certificate::allFromPem(*pem)
                                  : Result<std::vector<x509::Certificate>>(pem.error());
    if (!certificates || certificates->empty())
        return found.skip(at + ": the certificate of " + entry + " cannot be read");
    for (const auto& certificate : *certificates) {
        if (found.found.size() >= mostFound) return found.skip(at + ": too many certificates");
        const auto* kind = !isUser                     ? "trust"
                           : certificate.isAuthority() ? "authority"
                                                       : "end-entity";
        found.found.push_back({{"pem", file, ""}, kind, entry, isUser ? ofUser : ofCluster,
            model::factsOf(certificate)});
    }
}

// kubectl takes what stands in the file before what is named, of certificate and key alike.
void addUser(
    const yaml::Value& item, const std::string& entry, const std::string& file, Discovery& found)
{
    const auto* user = memberOf(&item, "user");
    const auto at = file + ":" + std::to_string(item.line);
    if (const auto data = textOf(user, "client-certificate-data"); !data.empty())
        return addEmbedded(data, entry, file, at, true, found);
    const auto certificate = textOf(user, "client-certificate");
    if (certificate.empty()) return;
    if (!textOf(user, "client-key-data").empty())
        return found.skip(at +
                          ": the key of a certificate that is a file stands in the kubeconfig, "
                          "which nothing here writes");
    std::vector<std::string> warnings;
    if (certificate.ends_with("/kubelet-client-current.pem"))
        warnings.push_back(
            at + ": kubelet renews this one itself, unless rotateCertificates is off");
    service_config::addPlace(
        {at, std::filesystem::path(file).parent_path().string(),
            {"client-certificate", certificate}, {"client-key", textOf(user, "client-key")}},
        "kubernetes", {}, warnings, found);
}

} // namespace

void addKubeconfig(const yaml::Value& config, const std::string& file, Discovery& found)
{
    const auto entryOf = [](const char* list, std::size_t index) {
        return std::string(list) + "[" + std::to_string(index) + "]";
    };
    const auto& users = itemsOf(&config, "users");
    for (std::size_t i = 0; i < users.size(); ++i)
        addUser(users[i], entryOf("users", i), file, found);
    const auto& clusters = itemsOf(&config, "clusters");
    for (std::size_t i = 0; i < clusters.size(); ++i) {
        const auto data = textOf(memberOf(&clusters[i], "cluster"), "certificate-authority-data");
        if (!data.empty())
            addEmbedded(data, entryOf("clusters", i), file,
                file + ":" + std::to_string(clusters[i].line), false, found);
    }
}

} // namespace perennial::plugins::kubernetes
