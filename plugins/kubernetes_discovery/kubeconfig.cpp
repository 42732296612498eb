#include "plugins/kubernetes_discovery/kubeconfig.h"

#include "plugins/kubernetes_discovery/document.h"

#include "shared/base/encoding.h"
#include "shared/service_config/named_pair.h"
#include "shared/x509/certificate.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string_view>

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
    if (hasText(user, "client-key-data"))
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

bool isOfWord(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("+/=_.-").find(c) != std::string_view::npos;
}

void hideWords(std::string& text, std::size_t at, std::size_t end)
{
    constexpr std::size_t shortest = 6; // "null" and "false" mean something
    while (at < end) {
        auto behind = at;
        while (behind < end && isOfWord(text[behind]))
            ++behind;
        if (behind - at >= shortest)
            std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(at), behind - at, '0');
        at = behind + 1;
    }
}

std::size_t endOfLine(const std::string& text, std::size_t at)
{
    return std::min(text.find('\n', at), text.size());
}

std::size_t endOfQuoted(const std::string& text, std::size_t at)
{
    const char quote = text[at];
    for (++at; at < text.size() && text[at] != quote; ++at) {
        if (quote == '"' && text[at] == '\\') ++at;
    }
    return std::min(at, text.size());
}

// YAML 1.2.2, 8.1 and 7.3.3: the lines of a value after its first one are indented deeper than its
// key. Those of a plain one have no key of their own.
std::size_t endOfDeeperLines(
    const std::string& text, std::size_t end, std::size_t column, bool isPlain)
{
    while (end < text.size()) {
        const auto next = endOfLine(text, end + 1);
        const std::string_view line(text.data() + end + 1, next - end - 1);
        const auto indent = line.find_first_not_of(" \r");
        const bool isBlank = indent == std::string_view::npos;
        if (!isBlank && (indent <= column || (isPlain && line.find(':') != line.npos))) return end;
        end = next;
    }
    return end;
}

// `at`: behind the colon; `column`: where the key begins in its line.
void hideValue(std::string& text, std::size_t at, std::size_t column)
{
    at = std::min(text.find_first_not_of(' ', at), text.size());
    const char first = at < text.size() ? text[at] : '\n';
    if (first == '"' || first == '\'') return hideWords(text, at, endOfQuoted(text, at));
    const bool isBlock = first == '|' || first == '>';
    const auto end =
        isBlock ? endOfLine(text, at) : std::min(text.find_first_of("\n,}", at), text.size());
    const bool goesOn = end < text.size() && text[end] == '\n';
    hideWords(text, at, goesOn ? endOfDeeperLines(text, end, column, !isBlock) : end);
}

// Of the key, with its quote, whose name is at `at`.
std::size_t columnOf(const std::string& text, std::size_t at)
{
    const auto before = text.rfind('\n', at);
    const bool isFirst = before == std::string::npos;
    const auto line = isFirst ? (text.starts_with("\xef\xbb\xbf") ? 3 : 0) : before + 1;
    const bool isQuoted = at > line && (text[at - 1] == '"' || text[at - 1] == '\'');
    return at - line - (isQuoted ? 1 : 0);
}

} // namespace

void hideKeys(std::string& text)
{
    for (const std::string_view name : {"client-key-data", "token", "password"}) {
        for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
            const bool isWhole = at == 0 || !isOfWord(text[at - 1]);
            const auto column = columnOf(text, at);
            at += name.size();
            const auto colon = text.find_first_not_of(" \"'", at);
            if (isWhole && colon != std::string::npos && text[colon] == ':')
                hideValue(text, colon + 1, column);
        }
    }
}

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
