#include "controller/policy_source/policy_source.h"

#include "controller/policy_source/git_repository.h"

namespace perennial::controller {

namespace {

constexpr std::size_t commitLimit = 5000; // followed in one go
constexpr const char* signersPath = ".perennial/allowed_signers";

GitRepository repositoryOf(const PolicySourceSettings& settings)
{
    return GitRepository(settings.folder + "/clone.git", settings.timeout);
}

// The signers that a commit's verified tree names; the configured ones when it names none.
Result<std::string> signersAt(const GitRepository& git, const FileSystem& files,
    const PolicySourceSettings& settings, const std::string& commit)
{
    if (!commit.empty()) {
        auto inTree = git.fileAt(commit, signersPath);
        if (inTree || inTree.error().kind != ErrorKind::NotFound) return inTree;
    }
    return files.read(settings.allowedSigners, 1U << 20U);
}

} // namespace

PolicySource::PolicySource(PolicySourceSettings settings, FileSystem& files, const Clock& clock)
    : settings_(std::move(settings)), files_(files), clock_(clock)
{
}

std::shared_ptr<const PolicySnapshot> PolicySource::current() const
{
    const std::lock_guard lock(mutex_);
    return current_;
}

std::optional<RefusedCommit> PolicySource::refused() const
{
    const std::lock_guard lock(mutex_);
    return refused_;
}

Result<PolicySnapshot> PolicySource::read(const std::string& commit) const
{
    const auto git = repositoryOf(settings_);
    auto documents = git.documentsAt(commit);
    if (!documents) return documents.error();
    auto parsed = policy::parseDocuments(*documents);
    if (!parsed.problems.empty())
        return Error{ErrorKind::InvalidInput, policy::toText(parsed.problems)};
    const auto version = git.countCommits(commit);
    if (!version) return version.error();
    const auto committed = git.committedAt(commit);
    if (!committed) return committed.error();
    const auto now = clock_.now();
    PolicySnapshot snapshot;
    snapshot.manifest = policy::makeManifest(
        *documents, commit, *version, *committed, now + settings_.manifestLife);
    snapshot.documents = *std::move(documents);
    snapshot.set = std::move(parsed.set);
    snapshot.appliedAt = now;
    return snapshot;
}

Status PolicySource::load()
{
    const auto applied = files_.read(settings_.folder + "/applied", 64);
    if (!applied && applied.error().kind == ErrorKind::NotFound) return {};
    if (!applied) return applied.error();
    auto snapshot = read(*applied);
    if (!snapshot) return snapshot.error();
    const std::lock_guard lock(mutex_);
    current_ = std::make_shared<const PolicySnapshot>(*std::move(snapshot));
    return {};
}

Result<PolicySource::Outcome> PolicySource::refresh()
{
    const auto git = repositoryOf(settings_);
    if (auto ready = git.prepare(); !ready) return ready.error();
    const auto tip = git.fetch(settings_.repository, settings_.branch);
    if (!tip) return tip.error();
    {
        const std::lock_guard lock(mutex_);
        if (current_ && current_->manifest.commit == *tip) {
            refused_.reset(); // the branch went back to what applies
            return Outcome::Unchanged;
        }
        if (refused_ && refused_->commit == *tip) return Outcome::Unchanged;
    }
    return follow(*tip);
}

// Empty when every commit on the way is signed by somebody whom its parent trusted; else what is
// wrong.
Result<std::string> PolicySource::problemOnTheWay(
    const std::string& applied, const std::string& tip) const
{
    const auto git = repositoryOf(settings_);
    if (!applied.empty()) {
        const auto forward = git.isAncestor(applied, tip);
        if (!forward) return forward.error();
        if (!*forward)
            return "it does not follow on " + applied +
                   ", which applies: history was rewritten or rolled back";
    }
    const auto commits = git.commitsBetween(applied, tip, commitLimit);
    if (!commits) {
        if (commits.error().kind == ErrorKind::InvalidInput) return commits.error().message;
        return commits.error();
    }
    const auto signersFile = settings_.folder + "/signers-at-work";
    for (const auto& commit : *commits) {
        const auto parent = commit.parents.empty() ? std::string() : commit.parents.front();
        const auto signers = signersAt(git, files_, settings_, parent);
        if (!signers) return signers.error().in("allowed signers");
        if (auto written = files_.replace(signersFile, *signers); !written) return written.error();
        const auto good = git.isSignedBy(commit.id, signersFile);
        if (!good) return good.error();
        if (!*good)
            return "commit " + commit.id +
                   " is not signed by an allowed signer: sign it (git commit -S) with a key that " +
                   signersPath + " of its parent, or the controller's allowed_signers, names";
    }
    return std::string();
}

Result<PolicySource::Outcome> PolicySource::follow(const std::string& tip)
{
    const auto applied = files_.read(settings_.folder + "/applied", 64);
    if (!applied && applied.error().kind != ErrorKind::NotFound) return applied.error();
    const auto problem = problemOnTheWay(applied ? *applied : "", tip);
    if (!problem) return problem.error();
    if (!problem->empty()) return refuse(tip, *problem);
    auto snapshot = read(tip);
    if (!snapshot && snapshot.error().kind == ErrorKind::InvalidInput)
        return refuse(tip, snapshot.error().message);
    if (!snapshot) return snapshot.error();
    if (auto kept = repositoryOf(settings_).keep(tip); !kept) return kept.error();
    if (auto written = files_.replace(settings_.folder + "/applied", tip); !written)
        return written.error();
    const std::lock_guard lock(mutex_);
    current_ = std::make_shared<const PolicySnapshot>(*std::move(snapshot));
    refused_.reset();
    return Outcome::Applied;
}

Result<PolicySource::Outcome> PolicySource::refuse(
    const std::string& commit, const std::string& problem)
{
    const std::lock_guard lock(mutex_);
    refused_ = RefusedCommit{commit, clock_.now(), problem};
    return Outcome::Refused;
}

} // namespace perennial::controller
