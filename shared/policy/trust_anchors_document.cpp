#include "shared/policy/document_kinds.h"

#include <algorithm>

namespace perennial::policy {

namespace {

constexpr std::string_view nobody = "none";

bool hasLabels(const HostFacts& host, const std::map<std::string, std::string>& wanted)
{
    return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
        const auto found = host.labels.find(label.first);
        return found != host.labels.end() && found->second == label.second;
    });
}

} // namespace

model::TrustAnchors readTrustAnchors(const yaml::Value& document, ProblemList& problems)
{
    DocumentReader in(document, "", trustAnchorsKeys, problems);
    model::TrustAnchors anchors;
    anchors.name = in.identifier("name").value_or("");
    if (in.has("priority")) anchors.priority = in.integer("priority", 0, 1000).value_or(0);
    if (auto match = in.mapping("match")) anchors.agentLabels = readLabels(*match);
    anchors.store = in.identifier("store").value_or("");
    // A word, so that nobody empties a trust store by leaving a line out.
    if (const auto text = in.text("anchors"); text && *text != nobody)
        anchors.pem = readAuthorities(in, "anchors");
    return anchors;
}

std::vector<const model::TrustAnchors*> anchorsFor(
    const model::PolicySet& set, const HostFacts& host)
{
    std::map<std::string, const model::TrustAnchors*> chosen;
    for (const auto& anchors : set.anchors) {
        if (!hasLabels(host, anchors.agentLabels)) continue;
        auto& best = chosen[anchors.store];
        if (best == nullptr || anchors.priority > best->priority) best = &anchors;
    }
    std::vector<const model::TrustAnchors*> all;
    for (const auto& [store, anchors] : chosen)
        all.push_back(anchors);
    return all;
}

} // namespace perennial::policy
