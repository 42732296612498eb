// The part of Placement for places where nothing was before.

#include "agent/installer/placement.h"
#include "shared/base/file_destruction.h"
#include "shared/base/file_place.h"

namespace perennial::installer {

// A link takes no other file's name: what somebody has put there meanwhile stays.
Status Placement::linkIn(const OrderRecord& record)
{
    const auto targets = targetsOf(record);
    for (const auto& target : targets) {
        if (auto status = files_.link(target.staged, target.live); !status) return status;
    }
    for (const auto& target : targets) {
        if (auto status = destroyFile(files_, target.staged); !status) return status;
    }
    return {};
}

// The pair is there whole, or nothing of it is.
Status Placement::settleFirst(OrderRecord& record, TimePoint now)
{
    const auto pair = readPair(files_, guard_, record.place);
    if (!pair && !tellsWhatIsThere(pair.error())) return pair.error();
    const bool whole = pair && pair->matches();
    const bool isOurs = whole && pair->certificate.fingerprint() == record.fingerprint;
    if (isOurs && record.stage == Stage::Placed) return {};
    if (!whole) {
        if (auto status = takeAway(record); !status) return status;
    }
    if (auto status = removeNeighbours(record); !status) return status;
    record.stage = isOurs ? Stage::Placed : Stage::KeyReady;
    record.updated = now;
    saveIfPossible(record);
    return {};
}

// Renamed before it is destroyed: what a crash leaves half overwritten nobody could tell from
// another's file. The certificate first: the key alone is what a crash in the middle of placing
// leaves, too. Each only while it is the one that this order has put there.
Status Placement::takeAway(const OrderRecord& record)
{
    const auto ours = records_.readKey(record.order);
    if (!ours) return ours.error();
    const auto targets = targetsOf(record);
    for (const auto& target : targets) { // a second name of one file: renaming would do nothing
        if (auto status = destroyFile(files_, target.staged); !status) return status;
    }
    const auto& [certificateFile, keyFile] = record.place;
    const auto certificate = certificateAt(record.place);
    if (!certificate) return certificate.error();
    if (*certificate && (*certificate)->fingerprint() == record.fingerprint) {
        auto status = files_.rename(certificateFile, targets.back().staged);
        if (!status) return status;
    }
    const auto file = openToRead(keyFile);
    if (!file) return file.error().kind == ErrorKind::NotFound ? Status() : file.error();
    const auto there = x509::PrivateKey::fromDescriptor(file->get());
    if (!there && !tellsWhatIsThere(there.error())) return there.error();
    if (!there || there->publicKeyDer() != ours->publicKeyDer()) return {};
    return files_.rename(keyFile, targets.front().staged);
}

} // namespace perennial::installer
