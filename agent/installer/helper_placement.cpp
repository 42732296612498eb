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
    if (record.stage != Stage::Placing) return {};
    const auto there = wholePairAt(record.place);
    const bool isNew = newMayStay && there == record.fingerprint;
    if (!isNew && !isOthers(record, there)) {
        if (auto status = rollBackByHelper(record); !status) return status;
    }
    if (!isNew) {
        auto status = destroyFile(files_, records_.previousFile(record.order));
        if (!status) return status;
    }
    record.stage = isNew ? Stage::Placed : Stage::KeyReady;
    record.updated = now;
    saveIfPossible(record);
    return {};
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
    // Killed in the middle, or failed, it is begun again: the record says so first.
    OrderRecord intent = record;
    intent.stage = Stage::Placing;
    intent.updated = now;
    if (auto status = records_.save(intent); !status) return status;
    record = std::move(intent);
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
        auto kept = readKept(files_, file);
        if (!kept) return kept.error();
        model::HelperRequest request{model::HelperVerb::Finish};
        request.order = record.order;
        request.unwanted = toBase64(kept->publicKey);
        auto asked = askHelper(guard_, record.place, std::move(request));
        if (!asked) return asked.error();
    }
    return destroyFile(files_, file);
}

} // namespace perennial::installer
