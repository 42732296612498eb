// The part of Placement for stores that a helper reads and writes.

#include "agent/installer/helper_store.h"
#include "agent/installer/placement.h"
#include "shared/base/encoding.h"
#include "shared/base/file_destruction.h"
#include "shared/x509/certificate_chain.h"

namespace perennial::installer {

namespace {

// A pair as it lies in <order>.previous: the key, then its chain.
struct KeptPair {
    Secret keyPem;
    std::string chainPem;
    Bytes publicKey;
};

Result<KeptPair> readKept(const FileSystem& files, const std::filesystem::path& file)
{
    auto text = files.read(file, storeFileLimit);
    if (!text) return text.error();
    const Secret both(*std::move(text));
    const auto chain = x509::Certificate::allFromPem(both.reveal());
    if (!chain) return chain.error().in(file.string());
    auto key = x509::PrivateKey::fromPem(both);
    if (!key) return key.error().in(file.string());
    return KeptPair{key->toPem(), x509::chainPem(*chain), key->publicKeyDer()};
}

bool isOthers(const OrderRecord& record, const std::string& fingerprint)
{
    return !fingerprint.empty() && fingerprint != record.replaces &&
           fingerprint != record.fingerprint;
}

} // namespace

// The certificate's fingerprint; empty where there is no certificate with its key.
std::string Placement::wholePairAt(const Place& place) const
{
    const auto pair = readPair(files_, guard_, place);
    return pair && pair->matches() ? pair->certificate.fingerprint() : std::string();
}

// Somebody else's whole pair stays. Over whatever else a helper left behind, killed or not, the old
// pair is brought back, unless the new one is there whole and may stay.
Status Placement::settleHelper(OrderRecord& record, bool newMayStay, TimePoint now)
{
    const auto there = wholePairAt(record.place);
    const bool isNew = newMayStay && there == record.fingerprint;
    if (record.stage == Stage::Placed && (isNew || there.empty())) return {};
    if (record.stage == Stage::Placing && !isNew && !isOthers(record, there)) {
        if (auto status = rollBackByHelper(record); !status) return status;
    }
    record.stage = isNew ? Stage::Placed : Stage::KeyReady;
    record.updated = now;
    const auto saved = records_.save(record);
    if (!saved) log_.warning("order " + record.order + ": " + saved.error().message);
    // Half destroyed it could bring nothing back: only when nobody will ask for it.
    return isNew || !saved ? Status() : destroyFile(files_, records_.previousFile(record.order));
}

Status Placement::installByHelper(OrderRecord& record, const Pair& current,
    const std::vector<x509::Certificate>& chain, const Secret& keyPem, TimePoint now)
{
    std::string kept;
    const auto oldKey = current.key.toPem();
    kept.reserve(oldKey.reveal().size() + current.chainPem.size());
    kept.append(oldKey.reveal()).append(current.chainPem);
    const Secret previous(std::move(kept));
    const auto file = records_.previousFile(record.order);
    if (auto status = files_.replace(file, previous.reveal()); !status) return status;
    if (auto status = records_.save(record); !status) return status;

    model::HelperRequest request{model::HelperVerb::Install};
    request.order = record.order;
    request.chainPem = x509::chainPem(chain);
    request.keyPem = Secret(std::string(keyPem.reveal()));
    request.replaces = record.replaces;
    const auto asked = askHelper(guard_, record.place, std::move(request));
    Status done = asked ? Status() : asked.error();
    const auto there = wholePairAt(record.place);
    if (isOthers(record, there))
        done = Error{
            ErrorKind::Conflict, record.place.key.string() + " was changed outside meanwhile"};
    else if (done && there != record.fingerprint)
        done = Error{
            ErrorKind::Corrupt, "the helper said that it is done, but the new pair is not at " +
                                    record.place.key.string()};
    if (!done) {
        if (auto settled = settleHelper(record, false, now); !settled)
            log_.error("order " + record.order + ": " + settled.error().message);
        return done;
    }
    record.stage = Stage::Placed;
    saveIfPossible(record);
    return {};
}

Status Placement::takeBackByHelper(OrderRecord& record, TimePoint now)
{
    if (isOthers(record, wholePairAt(record.place)))
        return Error{ErrorKind::Conflict, "the pair was changed outside; it stays as it is"};
    // Killed in the middle, or failed, it is begun again. A full disk is no reason to stay.
    record.stage = Stage::Placing;
    record.updated = now;
    saveIfPossible(record);
    return settleHelper(record, false, now);
}

// Afterwards the old pair is there: it was read.
Status Placement::rollBackByHelper(const OrderRecord& record)
{
    auto kept = readKept(files_, records_.previousFile(record.order));
    if (!kept) return kept.error();
    model::HelperRequest request{model::HelperVerb::Rollback};
    request.order = record.order;
    request.chainPem = kept->chainPem;
    request.keyPem = std::move(kept->keyPem);
    if (const auto newKey = records_.readKey(record.order))
        request.unwanted = toBase64(newKey->publicKeyDer());
    const auto asked = askHelper(guard_, record.place, std::move(request));
    if (wholePairAt(record.place) == record.replaces) return {};
    if (!asked) return asked.error();
    return Error{ErrorKind::Corrupt,
        "the helper did not bring the old pair back at " + record.place.key.string()};
}

Status Placement::clearAfterHelper(const OrderRecord& record)
{
    const auto file = records_.previousFile(record.order);
    if (record.stage == Stage::Finished && files_.inspect(file)) {
        // What cannot be read as a pair was being destroyed, after the helper had finished.
        auto kept = readKept(files_, file);
        if (!kept && kept.error().kind != ErrorKind::InvalidInput) return kept.error();
        if (kept) {
            model::HelperRequest request{model::HelperVerb::Finish};
            request.order = record.order;
            request.unwanted = toBase64(kept->publicKey);
            auto asked = askHelper(guard_, record.place, std::move(request));
            if (!asked) return asked.error();
        }
    }
    return destroyFile(files_, file);
}

} // namespace perennial::installer
