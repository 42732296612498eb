#include "agent/desired_state.h"

#include <algorithm>

namespace perennial::agent {

namespace {

constexpr std::size_t documentsLimit = 16U << 20U;
constexpr int folderDepth = 8;

Result<DesiredState> compile(const protocol::Documents& documents, const policy::Accepted& accepted,
    const model::AgentId& agent, const std::string& hostName)
{
    auto parsed = policy::parseDocuments(documents.documents);
    if (!parsed.problems.empty())
        return Error{ErrorKind::InvalidInput, policy::toText(parsed.problems)};
    return DesiredState{std::move(parsed.set), {agent, hostName, documents.labels}, true,
        documents.manifest.commit, documents.manifest.version,
        std::min(documents.manifest.expires, accepted.expires), accepted.mark};
}

Status collect(const FileSystem& files, const std::string& folder, const std::string& prefix,
    int depth, std::vector<model::PolicyDocument>& documents)
{
    const auto names = files.list(folder);
    if (!names) return names.error();
    for (const auto& name : *names) {
        if (name.empty() || name.front() == '.') continue;
        const auto path = folder + "/" + name;
        const auto facts = files.inspect(path);
        if (!facts) return facts.error();
        if (facts->type == FileFacts::Type::Folder && depth > 0) {
            if (auto done = collect(files, path, prefix + name + "/", depth - 1, documents); !done)
                return done;
        }
        const bool document = name.size() > 5 && name.substr(name.size() - 5) == ".yaml";
        if (facts->type != FileFacts::Type::Regular || !document) continue;
        auto text = files.read(path, 1U << 20U);
        if (!text) return text.error();
        documents.push_back({prefix + name, *std::move(text)});
    }
    return {};
}

} // namespace

Status DesiredStateKeeper::load(
    const model::AgentId& agent, const std::string& hostName, TimePoint now)
{
    const auto text = files_.read(file_, documentsLimit);
    if (!text && text.error().kind == ErrorKind::NotFound) return {};
    if (!text) return text.error();
    Json::Limits limits;
    limits.bytes = documentsLimit;
    const auto json = Json::parse(*text, limits);
    if (!json) return json.error().in(file_);
    const auto documents = protocol::documentsFromJson(*json);
    if (!documents) return documents.error().in(file_);
    const auto accepted = signed_.checkHeld(*documents, now);
    if (!accepted) return accepted.error().in(file_);
    auto state = compile(*documents, *accepted, agent, hostName);
    if (!state) return state.error().in(file_);
    set(*std::move(state));
    return {};
}

Status DesiredStateKeeper::adopt(const protocol::Documents& documents, const model::AgentId& agent,
    const std::string& hostName, TimePoint now)
{
    const auto accepted = signed_.check(documents, now);
    if (!accepted) return accepted.error();
    if (now >= documents.manifest.expires)
        return Error{ErrorKind::PermissionDenied,
            "policy version " + std::to_string(documents.manifest.version) + " has expired at " +
                toRfc3339(documents.manifest.expires) +
                " already; the last good one stays: compare the clocks of agent and controller"};
    // Of signed documents the owners say which are newer: the controller's own number could be put
    // so high that no later one would ever be taken.
    const auto held = signed_.demanded() ? std::make_shared<const DesiredState>() : current();
    if (auto fits = policy::checkManifest(
            documents.manifest, documents.documents, held->version, held->commit);
        !fits)
        return fits;
    auto state = compile(documents, *accepted, agent, hostName);
    if (!state) return state.error();
    if (auto written = files_.replace(file_, protocol::toJson(documents).canonical()); !written)
        return Error{ErrorKind::Internal, written.error().message};
    if (auto kept = signed_.remember(*accepted, now); !kept) return kept;
    set(*std::move(state));
    return {};
}

Status DesiredStateKeeper::readFolder(const std::string& folder,
    const std::map<std::string, std::string>& labels, const std::string& hostName)
{
    protocol::Documents documents;
    if (auto done = collect(files_, folder, "", folderDepth, documents.documents); !done)
        return done;
    documents.labels = labels;
    documents.manifest.expires = TimePoint::max();
    auto state = compile(documents, {{}, TimePoint::max(), {}}, model::AgentId(), hostName);
    if (!state) return state.error();
    set(*std::move(state));
    return {};
}

std::shared_ptr<const DesiredState> DesiredStateKeeper::current() const
{
    const std::lock_guard lock(mutex_);
    return current_;
}

void DesiredStateKeeper::set(DesiredState state)
{
    auto shared = std::make_shared<const DesiredState>(std::move(state));
    const std::lock_guard lock(mutex_);
    current_ = std::move(shared);
}

} // namespace perennial::agent
