// What a relay makes of a base and a delta CRL that its authority did sign, whatever they say. The
// input: the length of the first in two bytes, and the two as TBSCertList; without a second, no
// delta CRL. Signed here, so that mutations come past the signature.
#include "controller/enrollment/relay/merged_lists.h"
#include "shared/x509/authority.h"

#include <cstdint>
#include <cstdlib>
#include <map>

using namespace perennial;
using perennial::enrollment::server::MergedLists;

namespace {

struct Authority {
    x509::PrivateKey key = *x509::PrivateKey::generateEd25519();
    x509::Certificate certificate = *x509::makeRoot(
        {"Example CA", TimePoint{}, TimePoint(std::chrono::hours(24 * 36500)), 0}, key);
};

const Authority& authority()
{
    static const Authority one;
    return one;
}

Bytes sequence(const Bytes& content)
{
    std::string length;
    for (auto left = content.size(); left != 0; left >>= 8U)
        length.insert(length.begin(), static_cast<char>(left & 0xFFU));
    if (content.size() >= 0x80)
        length.insert(length.begin(), static_cast<char>(0x80U + length.size()));
    return "\x30" + length + content;
}

std::optional<x509::RevocationList> signedList(const Bytes& content)
{
    const Bytes ed25519("\x30\x05\x06\x03\x2b\x65\x70", 7);
    const Bytes bits = Bytes("\x03\x41\x00", 3) + authority().key.signEd25519(content);
    auto list = x509::RevocationList::fromDer(sequence(content + ed25519 + bits));
    if (!list) return std::nullopt;
    return *std::move(list);
}

using Reasons = std::map<std::string, std::vector<x509::RevocationReason>>;

Reasons reasonsIn(const x509::RevocationList& list)
{
    Reasons reasons;
    for (const auto& entry : list.revoked())
        reasons[entry.serial].push_back(entry.reason);
    return reasons;
}

// Nobody comes off a list but by a word of a delta CRL that is not older, for that serial number.
void checkMerged(const MergedLists& merged)
{
    if (merged.base().isPartial() || merged.base().baseNumber() || merged.base().number() <= 0)
        std::abort();
    if (!merged.checkFollows(merged)) std::abort();
    const bool counts = merged.delta() && merged.delta()->number() >= merged.base().number();
    const auto changes = counts ? reasonsIn(*merged.delta()) : Reasons();
    for (const auto& [serial, reasons] : reasonsIn(merged.base())) {
        const auto change = changes.find(serial);
        if (change == changes.end() && !merged.isRevoked(serial)) std::abort();
    }
    for (const auto& [serial, reasons] : changes) {
        const bool removed = reasons.back() == x509::RevocationReason::RemoveFromCrl;
        if (merged.isRevoked(serial) == removed) std::abort();
    }
    if (!merged.delta()) return;
    if (!merged.delta()->baseNumber() || *merged.delta()->baseNumber() > merged.base().number())
        std::abort();
    if (merged.nextUpdate() > merged.base().nextUpdate()) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 2) return 0;
    const Bytes input(reinterpret_cast<const char*>(data) + 2, size - 2);
    const auto length = std::min<std::size_t>(data[0] * 256U + data[1], input.size());
    auto base = signedList(input.substr(0, length));
    if (!base) return 0;
    std::optional<x509::RevocationList> delta;
    if (length < input.size() && !(delta = signedList(input.substr(length)))) return 0;
    if (!base->isSignedBy(authority().certificate) &&
        base->issuerDer() == authority().certificate.subjectDer())
        std::abort();
    const auto merged =
        MergedLists::of(authority().certificate, *std::move(base), std::move(delta));
    if (merged) checkMerged(*merged);
    return 0;
}
