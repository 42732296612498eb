#include "agent/installer/placement.h"

#include "shared/base/file_destruction.h"
#include "shared/base/file_place.h"

namespace perennial::installer {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t fileLimit = 1U << 20U;
constexpr Duration recordLife = std::chrono::days(30); // after an order's end

// Exactly as long as needed from the start: growing would leave copies of the key behind.
Secret joined(std::string_view keyPem, std::string_view chainPem)
{
    std::string text;
    text.reserve(keyPem.size() + chainPem.size());
    text.append(keyPem).append(chainPem);
    return Secret(std::move(text));
}

} // namespace

struct Placement::Target {
    fs::path live;
    fs::path staged;   // complete before anything is renamed
    fs::path previous; // what was there, under another name
    bool key;          // or a combined file, which is both
    bool certificate;
};

std::vector<Placement::Target> Placement::targetsOf(const OrderRecord& record)
{
    const auto target = [&](const fs::path& live, const char* what, bool key, bool certificate) {
        const auto beside = [&](const std::string& kind) {
            return live.parent_path() / (".perennial-" + kind + "-" + record.order + "-" + what);
        };
        return Target{live, beside("new"), beside("previous"), key, certificate};
    };
    const auto& place = record.place;
    if (place.key == place.certificate) return {target(place.key, "pair", true, true)};
    return {target(place.key, "key", true, false),
        target(place.certificate, "certificate", false, true)};
}

Result<Pair> readPair(const FileSystem& files, const Place& place)
{
    auto certificateFacts = files.inspect(place.certificate);
    if (!certificateFacts) return certificateFacts.error();
    auto text = files.read(place.certificate, fileLimit);
    if (!text) return text.error();
    auto certificate = x509::Certificate::fromPem(*text);
    if (!certificate) return certificate.error().in(place.certificate.string());

    auto keyFacts = files.inspect(place.key);
    if (!keyFacts) return keyFacts.error();
    auto keyFile = openToRead(place.key);
    if (!keyFile) return keyFile.error();
    auto key = x509::PrivateKey::fromDescriptor(keyFile->get());
    if (!key) return key.error().in(place.key.string());
    return Pair{*std::move(certificate), *std::move(key), *std::move(keyFile), *certificateFacts,
        *keyFacts};
}

// Between the two renames of place() the new key stands with the old certificate; between those of
// restore(), the old key with the new certificate. Any other mixture is somebody else's.
bool Placement::isOurHalf(const OrderRecord& record, const Pair& pair) const
{
    const auto there = pair.certificate.fingerprint();
    if (there != record.replaces && there != record.fingerprint) return false;
    const auto target = targetsOf(record).back(); // the certificate's
    auto other = files_.read(there == record.replaces ? target.staged : target.previous, fileLimit);
    if (!other) return false;
    auto certificate = x509::Certificate::fromPem(*other);
    return certificate && pair.key.matches(*certificate);
}

Status Placement::settle(OrderRecord& record, TimePoint now)
{
    if (record.stage != Stage::Placing && record.stage != Stage::Placed) return {};
    auto pair = readPair(files_, record.place);
    if (pair && !pair->matches() && isOurHalf(record, *pair)) {
        if (auto status = restore(record); !status) return status;
        pair = readPair(files_, record.place);
    }
    const bool gone =
        !pair && pair.error().kind == ErrorKind::NotFound; // not by us: we rename over
    if (!pair && !gone) return pair.error();
    if (!gone && !pair->matches())
        return Error{ErrorKind::Corrupt, record.place.key.string() + " does not belong to " +
                                             record.place.certificate.string() + ", and order " +
                                             record.order + " did not do that"};
    const bool isNew = !gone && pair->certificate.fingerprint() == record.fingerprint;
    if (isNew && record.stage == Stage::Placed) return {};
    if (!isNew) {
        if (auto status = removeNeighbours(record); !status) return status;
    }
    record.stage = isNew ? Stage::Placed : Stage::KeyReady;
    record.updated = now;
    saveIfPossible(record);
    return {};
}

Status Placement::place(OrderRecord& record, const Pair& current,
    const std::vector<x509::Certificate>& chain, TimePoint now)
{
    OrderRecord intent = record;
    intent.stage = Stage::Placing;
    intent.updated = now;
    intent.replaces = current.certificate.fingerprint();
    intent.fingerprint = chain.front().fingerprint();
    std::erase_if(intent.placings, [&](auto past) { return past + std::chrono::hours(24) < now; });
    intent.placings.push_back(now);
    if (auto status = records_.save(intent); !status) return status;
    record = std::move(intent);

    Status done = stageFiles(record, current, chain);
    if (done) done = swapIn(record, current);
    if (!done) {
        // A failed call may have changed the disk all the same; settle() goes by what is there.
        const auto there = readPair(files_, record.place);
        Status undone;
        if (there && there->certificate.fingerprint() == record.fingerprint)
            undone = restore(record);
        if (undone) undone = settle(record, now);
        if (!undone) log_.error("order " + record.order + ": " + undone.error().message);
        return done;
    }
    record.stage = Stage::Placed;
    saveIfPossible(record);
    return {};
}

Status Placement::keepPrevious(const Target& target, const FileFacts& facts)
{
    if (auto status = destroyFile(files_, target.previous); !status) return status;
    if (files_.link(target.live, target.previous)) return {};
    // A file system without hard links.
    auto content = files_.read(target.live, fileLimit);
    if (!content) return content.error();
    const Secret kept(*std::move(content));
    return files_.replace(
        target.previous, kept.reveal(), {facts.mode, facts.owner, facts.group, target.live});
}

Status Placement::stageFiles(
    const OrderRecord& record, const Pair& current, const std::vector<x509::Certificate>& chain)
{
    auto text = files_.read(records_.keyFile(record.order), x509::PrivateKey::sizeLimit);
    if (!text) return text.error();
    const Secret keyPem(*std::move(text));
    std::string chainPem;
    for (const auto& certificate : chain)
        chainPem += certificate.toPem();

    for (const auto& target : targetsOf(record)) {
        const auto& facts = target.key ? current.keyFacts : current.certificateFacts;
        const StoreRule* rule = guard_.storeOf(target.live);
        if (rule == nullptr) return Error{ErrorKind::PermissionDenied, "it is in no store"};
        if (auto status = keepPrevious(target, facts); !status) return status;
        const Secret content =
            joined(target.key ? keyPem.reveal() : "", target.certificate ? chainPem : "");
        if (auto status = files_.replace(target.staged, content.reveal(),
                rule->attributesFor(target.live, target.key, facts));
            !status)
            return status;
    }
    return {};
}

Status Placement::swapIn(const OrderRecord& record, const Pair& current)
{
    const auto targets = targetsOf(record);
    for (const auto& target : targets) {
        auto facts = files_.inspect(target.live);
        if (!facts) return facts.error();
        const auto& expected = target.key ? current.keyFacts : current.certificateFacts;
        if (facts->inode != expected.inode || facts->device != expected.device ||
            facts->changedNanoseconds != expected.changedNanoseconds)
            return Error{
                ErrorKind::Conflict, target.live.string() + " was changed outside meanwhile"};
    }
    for (const auto& target : targets) {
        if (auto status = files_.rename(target.staged, target.live); !status) return status;
    }
    return {};
}

Status Placement::restore(const OrderRecord& record)
{
    for (const auto& target : targetsOf(record)) {
        if (!files_.inspect(target.previous)) continue;
        if (auto status = files_.rename(target.previous, target.live); !status) return status;
    }
    return {};
}

Status Placement::switchBack(OrderRecord& record, TimePoint now)
{
    auto current = readPair(files_, record.place);
    if (!current) return current.error();
    if (current->certificate.fingerprint() != record.fingerprint)
        return Error{ErrorKind::Conflict, "the pair was changed outside; it stays as it is"};
    for (const auto& target : targetsOf(record)) {
        if (auto facts = files_.inspect(target.previous); !facts) return facts.error();
    }
    const Status back = restore(record);
    if (auto settled = settle(record, now); !settled)
        return settled; // tries again what did not work
    return record.stage == Stage::KeyReady ? Status() : back;
}

Status Placement::end(OrderRecord& record, Stage stage, TimePoint now)
{
    OrderRecord ended = record;
    ended.stage = stage;
    ended.updated = now;
    if (auto status = records_.save(ended); !status) return status;
    record = std::move(ended);
    return clearAway(record, now);
}

Status Placement::clearAway(OrderRecord& record, TimePoint now)
{
    if (!record.hasEnded()) return {};
    if (!record.cleared) {
        if (auto status = destroyFile(files_, records_.keyFile(record.order)); !status)
            return status;
        const bool keep = record.stage == Stage::Finished;
        if (keep && now < record.updated + guard_.keepPrevious) return {};
        if (auto status = removeNeighbours(record); !status) return status;
        record.cleared = true;
        saveIfPossible(record);
    }
    return now > record.updated + recordLife ? records_.forget(record) : Status();
}

Status Placement::removeNeighbours(const OrderRecord& record)
{
    for (const auto& target : targetsOf(record)) {
        for (const auto& file : {target.staged, target.previous}) {
            if (auto status = destroyFile(files_, file); !status) return status;
        }
        auto status = destroyTemporaries(files_, target.live.parent_path());
        if (!status && status.error().kind != ErrorKind::NotFound) return status;
    }
    return {};
}

// The disk already shows what the record would say; settle() finds it out again.
void Placement::saveIfPossible(const OrderRecord& record)
{
    if (auto status = records_.save(record); !status)
        log_.warning("order " + record.order + " is not recorded: " + status.error().message);
}

} // namespace perennial::installer
