#include "controller/policy_source/policy_source.h"

#include "controller/policy_source/allowed_signers.h"
#include "controller/policy_source/git_repository.h"
#include "shared/protocol/agent_messages.h"

#include <algorithm>
#include <set>

namespace perennial::controller {

namespace {

constexpr std::size_t commitLimit = 5000;       // followed in one go
constexpr std::size_t labelsRoom = 256U << 10U; // that go to an agent with the documents
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
    auto configured = files.read(settings.allowedSigners, 1U << 20U);
    if (!configured) return Error{ErrorKind::Unavailable, configured.error().message};
    return configured;
}

// Each parent's signers: a merge must please both, or a key that was taken away could come back
// with a branch that begins before.
Result<std::set<std::string>> signersFor(const GitRepository& git, const FileSystem& files,
    const PolicySourceSettings& settings, const GitRepository::Commit& commit)
{
    std::set<std::string> all;
    auto parents = commit.parents;
    if (parents.empty()) parents.emplace_back();
    for (const auto& parent : parents) {
        auto signers = signersAt(git, files, settings, parent);
        if (!signers) return signers.error();
        all.insert(*std::move(signers));
    }
    return all;
}

bool isCommitId(const std::string& text)
{
    return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// The commit that applies; "" when none does yet.
Result<std::string> readApplied(const FileSystem& files, const std::string& file)
{
    auto applied = files.read(file, 64);
    if (!applied && applied.error().kind == ErrorKind::NotFound) return std::string();
    if (applied && !isCommitId(*applied))
        return Error{ErrorKind::Corrupt, file + " names no commit"};
    return applied;
}

// What every agent can take in one answer.
Status checkMessageSize(const PolicySnapshot& snapshot)
{
    std::optional<model::SignedManifest> relayed;
    if (snapshot.signedDocuments) relayed = snapshot.signedDocuments->relayed;
    const auto message =
        protocol::toJson(protocol::Documents{snapshot.manifest, relayed, snapshot.documents, {}});
    if (message.canonical().size() + labelsRoom <= protocol::documentsMessage.bytes) return {};
    return Error{ErrorKind::InvalidInput, "the documents together are too large for an agent"};
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

Result<PolicySnapshot> PolicySource::read(const std::string& commit, When when) const
{
    const auto git = repositoryOf(settings_);
    auto documents = git.documentsAt(commit);
    if (!documents) return documents.error();
    // Nothing to go by would end every renewal of the fleet.
    if (documents->empty())
        return Error{ErrorKind::InvalidInput, "there is no document (*.yaml) in it"};
    auto parsed = policy::parseDocuments(*documents);
    if (!parsed.problems.empty())
        return Error{ErrorKind::InvalidInput, policy::toText(parsed.problems)};
    auto signedDocuments = readSigned(commit, *documents, when);
    if (!signedDocuments) return signedDocuments.error();
    const auto version = git.countCommits(commit);
    if (!version) return version.error();
    const auto committed = git.committedAt(commit);
    if (!committed) return committed.error();
    const auto now = clock_.now();
    PolicySnapshot snapshot;
    snapshot.manifest = policy::makeManifest(
        *documents, commit, *version, *committed, now + settings_.manifestLife);
    snapshot.signedDocuments = *std::move(signedDocuments);
    snapshot.documents = *std::move(documents);
    snapshot.set = std::move(parsed.set);
    snapshot.appliedAt = now;
    if (auto fits = checkMessageSize(snapshot); !fits) return fits.error();
    return snapshot;
}

Result<policy::TrustedSigners> PolicySource::knownSigners() const
{
    if (settings_.signersThreshold == 0) return policy::TrustedSigners();
    const auto text = files_.read(settings_.signersFile, 1U << 20U);
    if (!text) return Error{ErrorKind::Unavailable, text.error().message};
    auto signers = policy::policySignersFromText(*text, settings_.signersFile);
    if (!signers) return Error{ErrorKind::Unavailable, signers.error().message};
    return policy::TrustedSigners{settings_.signersThreshold, *std::move(signers)};
}

Result<std::optional<SignedDocuments>> PolicySource::readSigned(
    const std::string& commit, const std::vector<model::PolicyDocument>& documents, When when) const
{
    const auto relayed = signedManifestAt(repositoryOf(settings_), commit);
    if (!relayed) return relayed.error();
    const auto known = when == When::Following ? knownSigners() : Result(policy::TrustedSigners());
    if (!known) return known.error();
    if (!*relayed && known->threshold > 0)
        return Error{ErrorKind::InvalidInput,
            "there is no " + std::string(policy::manifestPath) +
                ": agents would refuse these documents (`perennial policies manifest` makes it)"};
    if (!*relayed) return std::optional<SignedDocuments>();
    const auto applied = current();
    const bool follows = applied && applied->signedDocuments;
    auto examined = examineSigned(
        **relayed, documents, *known, follows ? &*applied->signedDocuments : nullptr, clock_.now());
    if (!examined) return examined.error();
    if (auto fresh = policy::checkFresh(examined->expires, clock_.now());
        when == When::Following && !fresh)
        return Error{ErrorKind::InvalidInput, fresh.error().message};
    return std::optional(*std::move(examined));
}

Status PolicySource::load()
{
    const auto applied = readApplied(files_, settings_.folder + "/applied");
    if (!applied) return applied.error();
    if (applied->empty()) return {};
    auto snapshot = read(*applied, When::Loading);
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
    for (const auto& commit : *commits) {
        const auto signers = signersFor(git, files_, settings_, commit);
        if (!signers && signers.error().kind == ErrorKind::InvalidInput)
            return signers.error().message;
        if (!signers) return signers.error().in("allowed signers");
        for (const auto& allowed : *signers) {
            // At first all of history is new, and keys have come and gone in it.
            const auto good = isSignedBy(
                commit.id, applied.empty() ? allowed : withoutExpired(allowed, clock_.now()));
            if (!good) return good.error();
            if (!*good)
                return "commit " + commit.id +
                       " is not signed by an allowed signer: sign it (git commit -S) with a key "
                       "that " +
                       signersPath +
                       " of each of its parents, or the controller's allowed_signers, names and "
                       "that has not expired";
        }
    }
    return std::string();
}

Result<bool> PolicySource::isSignedBy(
    const std::string& commit, const std::string& allowedSigners) const
{
    const auto file = settings_.folder + "/signers-at-work";
    if (auto written = files_.replace(file, allowedSigners); !written) return written.error();
    return repositoryOf(settings_).isSignedBy(commit, file);
}

Result<PolicySource::Outcome> PolicySource::follow(const std::string& tip)
{
    const auto applied = readApplied(files_, settings_.folder + "/applied");
    if (!applied) return applied.error();
    const auto problem = problemOnTheWay(*applied, tip);
    if (!problem) return problem.error();
    if (!problem->empty()) return refuse(tip, *problem);
    auto snapshot = read(tip, When::Following);
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
