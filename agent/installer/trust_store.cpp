#include "agent/installer/trust_store.h"

#include "agent/installer/actions.h"
#include "shared/base/trusted_path.h"

#include <algorithm>

namespace perennial::installer {

namespace {

constexpr std::string_view prefix = "perennial-";
constexpr std::string_view suffix = ".crt";
constexpr std::size_t nameSize = prefix.size() + 64 + suffix.size();
constexpr std::size_t anchorLimit = 128U << 10U; // bytes of a file
constexpr std::size_t resultLimit = 16U << 20U;
constexpr std::size_t mostInResult = 5000;

std::string fileName(const std::string& fingerprint)
{
    return std::string(prefix) + fingerprint + std::string(suffix);
}

// "" for a file of somebody else.
std::string fingerprintIn(const std::string& name)
{
    if (name.size() != nameSize || !name.starts_with(prefix) || !name.ends_with(suffix)) return "";
    return name.substr(prefix.size(), 64);
}

std::vector<std::string> missingIn(
    const std::map<std::string, std::string>& there, const std::map<std::string, std::string>& all)
{
    std::vector<std::string> missing;
    for (const auto& [fingerprint, pem] : all) {
        if (there.count(fingerprint) == 0) missing.push_back(fingerprint);
    }
    return missing;
}

} // namespace

Status TrustStore::check(const std::vector<x509::Certificate>& wanted, TimePoint now) const
{
    for (const auto& anchor : wanted) {
        const auto what = anchor.displayName() + " (SHA-256 " + anchor.fingerprint() + ")";
        if (rule_.anchors.count(anchor.fingerprint()) == 0)
            return Error{ErrorKind::PermissionDenied,
                what + " is not among the anchors that the guard allows in this trust store"};
        if (!anchor.isAuthority())
            return Error{ErrorKind::PermissionDenied, what + " is no authority"};
        if (anchor.notAfter() <= now)
            return Error{ErrorKind::PermissionDenied, what + " has ended"};
    }
    return checkFolders(rule_.folder / "anchor");
}

Result<TrustStore::Anchors> TrustStore::placed() const
{
    const auto names = files_.list(rule_.folder);
    if (!names) return names.error();
    Anchors anchors;
    for (const auto& name : *names) {
        const auto fingerprint = fingerprintIn(name);
        if (fingerprint.empty()) continue;
        auto pem = files_.read(rule_.folder / name, anchorLimit);
        if (!pem) return pem.error();
        const auto certificate = x509::Certificate::fromPem(*pem);
        if (!certificate || certificate->fingerprint() != fingerprint)
            return Error{ErrorKind::Corrupt,
                (rule_.folder / name).string() + " is not what its name says; remove it"};
        anchors.emplace(fingerprint, certificate->toPem());
    }
    return anchors;
}

Result<TrustStore::Anchors> TrustStore::placedBefore(const Anchors& now) const
{
    auto text = files_.read(before_);
    if (!text && text.error().kind == ErrorKind::NotFound) return now;
    if (!text) return text.error();
    const auto certificates = x509::Certificate::allFromPem(*text, mostInResult);
    if (!certificates) return certificates.error().in(before_.string());
    Anchors before;
    for (const auto& certificate : *certificates)
        before.emplace(certificate.fingerprint(), certificate.toPem());
    return before;
}

// What is added is trusted before anything is removed: programs never trust less on the way than
// before or after it, wherever it is cut off.
Result<std::set<std::string>> TrustStore::bring(const Anchors& wanted, bool goesBack)
{
    const auto there = placed();
    if (!there) return there.error();
    for (const auto& fingerprint : missingIn(*there, wanted)) {
        const auto file = rule_.folder / fileName(fingerprint);
        if (auto status = files_.replace(file, wanted.at(fingerprint), {0644}); !status)
            return status.error();
    }
    auto shown = takeOver(wanted);
    const auto unwanted = missingIn(wanted, *there);
    // What is unwanted may be why the update fails.
    if (unwanted.empty() || (!shown && !goesBack)) return shown;
    for (const auto& fingerprint : unwanted) {
        if (auto status = files_.remove(rule_.folder / fileName(fingerprint)); !status)
            return status.error();
    }
    return takeOver(wanted);
}

Result<std::set<std::string>> TrustStore::takeOver(const Anchors& wanted) const
{
    const auto done = runAction(rule_.update);
    if (!done) return done.error();
    if (done->status != 0)
        return Error{ErrorKind::Unavailable,
            "update ended with " + std::to_string(done->status) + ": " + done->output};
    const auto text = readTrustedFile(rule_.result, resultLimit);
    if (!text) return text.error();
    const auto certificates = x509::Certificate::allFromPem(*text, mostInResult);
    if (!certificates) return certificates.error().in(rule_.result.string());
    std::set<std::string> shown;
    for (const auto& certificate : *certificates)
        shown.insert(certificate.fingerprint());
    for (const auto& [fingerprint, pem] : wanted) {
        if (shown.count(fingerprint) == 0)
            return Error{ErrorKind::Unavailable,
                rule_.result.string() + " has not the anchor " + fingerprint + " after the update"};
    }
    return shown;
}

Status TrustStore::goBack(const Anchors& before, const Error& why)
{
    const auto shown = bring(before, true);
    const Status back = shown ? files_.remove(before_) : shown.error();
    if (!back)
        return Error{ErrorKind::Internal,
            why.message + "; and what was there before is not back: " + back.error().message};
    return why;
}

Result<TrustChange> TrustStore::set(const std::vector<x509::Certificate>& wanted, TimePoint now)
{
    if (auto status = check(wanted, now); !status) return status.error();
    Anchors anchors;
    for (const auto& anchor : wanted)
        anchors.emplace(anchor.fingerprint(), anchor.toPem());
    const auto there = placed();
    if (!there) return there.error();
    const auto before = placedBefore(*there);
    if (!before) return before.error();
    const bool cutOff = files_.inspect(before_).ok();
    TrustChange change{missingIn(*before, anchors), missingIn(anchors, *before), {}};
    if (*there == anchors && !cutOff) return change;
    if (!cutOff) {
        std::string text;
        for (const auto& [fingerprint, pem] : *before)
            text += pem;
        if (auto status = files_.replace(before_, text); !status) return status.error();
    }
    const auto shown = bring(anchors, false);
    if (!shown) return goBack(*before, shown.error()).error();
    if (auto status = files_.remove(before_); !status) return status.error();
    for (const auto& removed : change.removed) {
        if (shown->count(removed) > 0) change.stillTrusted.push_back(removed);
    }
    return change;
}

} // namespace perennial::installer
