#include "controller/enrollment/relay/merged_lists.h"

#include <algorithm>

namespace perennial::enrollment::server {

namespace {

Status checkList(const x509::Certificate& authority, const x509::RevocationList& list, bool delta)
{
    const std::string what = delta ? "the delta CRL" : "the base CRL";
    const auto wrong = [&](const std::string& why) {
        return Error{ErrorKind::InvalidInput, what + " " + why};
    };
    if (!list.isSignedBy(authority)) return wrong("is not signed by the authority");
    if (list.baseNumber().has_value() != delta)
        return wrong(delta ? "is no delta CRL" : "is a delta CRL");
    if (list.isPartial()) return wrong("is not for all certificates of the authority");
    if (list.number() <= 0) return wrong("has no number");
    return {};
}

} // namespace

MergedLists::MergedLists(x509::RevocationList base, std::optional<x509::RevocationList> delta)
    : base_(std::move(base)), delta_(std::move(delta))
{
    for (const auto& entry : base_.revoked())
        revoked_.insert(entry.serial);
    // A base CRL that came out later has all that the delta CRL says.
    if (!delta_ || delta_->number() < base_.number()) return;
    for (const auto& entry : delta_->revoked()) {
        if (entry.reason == x509::RevocationReason::RemoveFromCrl)
            revoked_.erase(entry.serial);
        else
            revoked_.insert(entry.serial);
    }
}

Result<MergedLists> MergedLists::of(const x509::Certificate& authority, x509::RevocationList base,
    std::optional<x509::RevocationList> delta)
{
    if (auto good = checkList(authority, base, false); !good) return good.error();
    if (delta) {
        if (auto good = checkList(authority, *delta, true); !good) return good.error();
        if (*delta->baseNumber() > base.number())
            return Error{ErrorKind::InvalidInput,
                "the delta CRL is for a later base CRL than the one that is there"};
    }
    return MergedLists(std::move(base), std::move(delta));
}

Status MergedLists::checkFollows(const MergedLists& earlier) const
{
    const Error older{ErrorKind::Conflict,
        "the CRL that came is older than the one that is known here: it is not taken"};
    if (base_.number() < earlier.base_.number()) return older;
    if (delta_ && earlier.delta_ && delta_->number() < earlier.delta_->number()) return older;
    return {};
}

TimePoint MergedLists::nextUpdate() const
{
    if (!delta_) return base_.nextUpdate();
    return std::min(base_.nextUpdate(), delta_->nextUpdate());
}

} // namespace perennial::enrollment::server
