#include "agent/signed_policies.h"

#include "shared/base/trusted_path.h"
#include "shared/x509/digest.h"

namespace perennial::agent {

namespace {

constexpr std::size_t stateLimit = 128U << 10U;

Error unsignedDocuments()
{
    return {ErrorKind::PermissionDenied,
        "these documents carry no signed manifest, and policy_signers of agent.yaml demands one; "
        "the last good ones stay: sign .perennial/manifest.json in the policy repository"};
}

} // namespace

Result<SignedPolicies> SignedPolicies::open(
    FileSystem& files, const AgentConfig::PolicySigners& settings, const std::string& state)
{
    const auto text = readRootFile(settings.file, 64U << 10U);
    if (!text) return text.error().in("policy_signers");
    SignedPolicies policies;
    policies.files_ = &files;
    policies.file_ = state + "/policies_signed.json";
    policies.demanded_ = true;
    policies.trusted_.threshold = settings.threshold;
    if (auto read = policies.trust(*text, settings.file); !read) return read.error();
    if (auto loaded = policies.load(x509::sha256Hex(*text)); !loaded) return loaded.error();
    return policies;
}

Status SignedPolicies::trust(const std::string& signers, const std::string& from)
{
    auto read = policy::policySignersFromText(signers, from);
    if (!read) return read.error();
    if (static_cast<std::size_t>(trusted_.threshold) > read->size())
        return Error{ErrorKind::InvalidInput,
            from + " has " + std::to_string(read->size()) + " keys, and threshold is " +
                std::to_string(trusted_.threshold) + ": no documents could ever be accepted"};
    trusted_.signers = *std::move(read);
    return {};
}

Status SignedPolicies::load(const std::string& configured)
{
    configured_ = configured;
    const auto text = files_->read(file_, stateLimit);
    if (!text && text.error().kind == ErrorKind::NotFound) return {};
    if (!text) return text.error();
    const auto json = Json::parse(*text);
    if (!json) return json.error().in(file_);
    JsonReader in(*json, file_);
    mark_.repository = in.string("repository", 128);
    mark_.version = in.integer("version");
    mark_.manifestHash = in.string("manifest_sha256", 64);
    const auto before = in.string("configured_sha256", 64);
    const auto rotated = in.string("signers", stateLimit);
    const auto acceptedAt = timeFromRfc3339(in.string("accepted_at", 40));
    if (!acceptedAt) in.fail("accepted_at", "is no time");
    if (auto status = in.finish(); !status)
        return Error{ErrorKind::Corrupt, status.error().message};
    acceptedAt_ = *acceptedAt;
    // A host's admin who changes the file has the last word.
    if (rotated.empty() || before != configured) return {};
    rotated_ = rotated;
    return trust(rotated, file_);
}

Result<policy::Accepted> SignedPolicies::check(
    const protocol::Documents& documents, TimePoint now) const
{
    if (!demanded_) return policy::Accepted{{}, TimePoint::max(), {}};
    if (!documents.signedManifest) return unsignedDocuments();
    auto accepted =
        policy::checkSigned(*documents.signedManifest, documents.documents, trusted_, mark_, now);
    if (!accepted) return accepted;
    if (auto fresh = policy::checkFresh(accepted->expires, now); !fresh) return fresh.error();
    return accepted;
}

Result<policy::Accepted> SignedPolicies::checkHeld(
    const protocol::Documents& documents, TimePoint now)
{
    if (!demanded_) return policy::Accepted{{}, TimePoint::max(), {}};
    if (!documents.signedManifest) return unsignedDocuments();
    // A key that expires takes nothing out of force that it had signed before.
    const auto then = acceptedAt_ == TimePoint() ? now : acceptedAt_;
    auto accepted =
        policy::checkSigned(*documents.signedManifest, documents.documents, trusted_, {}, then);
    if (accepted && accepted->mark.version > mark_.version) {
        if (auto kept = remember(*accepted, now); !kept) return kept.error();
    }
    return accepted;
}

Status SignedPolicies::remember(const policy::Accepted& accepted, TimePoint now)
{
    const auto signers = accepted.signers.empty() ? rotated_ : accepted.signers;
    if (!demanded_ || (accepted.mark == mark_ && signers == rotated_)) return {};
    Json json;
    json["repository"] = accepted.mark.repository;
    json["version"] = accepted.mark.version;
    json["manifest_sha256"] = accepted.mark.manifestHash;
    json["configured_sha256"] = configured_;
    json["signers"] = signers;
    json["accepted_at"] = toRfc3339(now);
    if (auto written = files_->replace(file_, json.canonical()); !written)
        return Error{ErrorKind::Internal, written.error().message};
    mark_ = accepted.mark;
    acceptedAt_ = now;
    rotated_ = signers;
    if (signers.empty()) return {};
    return trust(signers, file_);
}

} // namespace perennial::agent
