#include "agent/installer/placement.h"

#include "agent/installer/token_store.h"
#include "shared/base/file_destruction.h"
#include "shared/base/trusted_path.h"
#include "shared/x509/digest.h"

#include <algorithm>

namespace perennial::installer {

namespace fs = std::filesystem;

namespace {

constexpr Duration recordLife = std::chrono::days(30); // after an order's end

unsigned long numberOf(const std::string& version)
{
    return isVersion(version) ? std::stoul(version.substr(1)) : 0;
}

} // namespace

std::vector<Placement::Target> Placement::targetsOf(const OrderRecord& record) const
{
    const auto target = [&](const fs::path& live, const char* what) {
        const auto beside = [&](const std::string& kind) {
            return live.parent_path() / (".perennial-" + kind + "-" + record.order + "-" + what);
        };
        return Target{live, beside("new"), beside("previous")};
    };
    const auto& place = record.place;
    if (!record.version.empty()) return {target(place.key.parent_path(), "link")};
    std::vector<Target> targets;
    if (!isInToken(place))
        targets.push_back(target(place.key, place.key == place.certificate ? "pair" : "key"));
    if (place.key != place.certificate) targets.push_back(target(place.certificate, "certificate"));
    const auto chain = chainFileOf(guard_, place);
    if (!chain.empty()) targets.push_back(target(chain, "chain"));
    return targets;
}

// Between the two renames of place() the new key stands with the old certificate; between those of
// restore(), the old key with the new certificate. Any other mixture is somebody else's.
bool Placement::isOurHalf(const OrderRecord& record, const Pair& pair) const
{
    // One rename has no middle; of a token, settleToken() has judged.
    if (!record.version.empty() || isInToken(record.place)) return false;
    const auto there = pair.certificate.fingerprint();
    if (there != record.replaces && there != record.fingerprint) return false;
    const auto target = targetsOf(record).at(1); // the certificate's
    auto other =
        files_.read(there == record.replaces ? target.staged : target.previous, storeFileLimit);
    if (!other) return false;
    auto certificate = x509::Certificate::fromPem(*other);
    return certificate && pair.key.matches(*certificate);
}

Status Placement::settle(OrderRecord& record, TimePoint now)
{
    if (record.stage != Stage::Placing && record.stage != Stage::Placed) return {};
    if (guard_.helperOf(record.place) != nullptr) return settleHelper(record, true, now);
    if (record.isFirst()) return settleFirst(record, now);
    if (isInToken(record.place)) {
        if (auto status = settleToken(record); !status) return status;
    }
    auto pair = readPair(files_, guard_, record.place);
    if (pair && !pair->matches() && isOurHalf(record, *pair)) {
        if (auto status = restore(record); !status) return status;
        pair = readPair(files_, guard_, record.place);
    }
    const bool gone =
        !pair && pair.error().kind == ErrorKind::NotFound; // not by us: we rename over
    if (!pair && !gone) return pair.error();
    if (!gone && !pair->matches())
        return Error{ErrorKind::Corrupt, record.place.key.string() + " does not belong to " +
                                             record.place.certificate.string() + ", and order " +
                                             record.order + " did not do that"};
    const bool isNew = !gone && pair->certificate.fingerprint() == record.fingerprint;
    if (auto status = settleChain(record, isNew); !status) return status;
    if (isNew && record.stage == Stage::Placed) return {};
    if (!isNew) {
        if (auto status = removeNeighbours(record); !status) return status;
    }
    record.stage = isNew ? Stage::Placed : Stage::KeyReady;
    record.updated = now;
    saveIfPossible(record);
    return {};
}

// The chain's own file comes last, both ways: where the pair is, it follows. One that neither we
// nor the old pair put there stays.
Status Placement::settleChain(const OrderRecord& record, bool isNew)
{
    if (record.chain.empty() || !record.version.empty()) return {};
    const auto target = targetsOf(record).back();
    auto there = files_.read(target.live, storeFileLimit);
    if (!there) return there.error().kind == ErrorKind::NotFound ? Status() : there.error();
    if ((x509::sha256Hex(*there) == record.chain) == isNew) return {};
    const auto old = files_.read(target.previous, storeFileLimit);
    const auto& wanted = isNew ? target.staged : target.previous;
    if (!old || !files_.inspect(wanted) || (isNew && *old != *there)) return {};
    return files_.rename(wanted, target.live);
}

Status Placement::place(OrderRecord& record, const Ground& ground,
    const std::vector<x509::Certificate>& chain, TimePoint now)
{
    const auto& current = ground.now();
    OrderRecord intent = record;
    intent.stage = Stage::Placing;
    intent.updated = now;
    intent.replaces = ground.fingerprint();
    intent.fingerprint = chain.front().fingerprint();
    std::erase_if(intent.placings, [&](auto past) { return past + std::chrono::hours(24) < now; });
    intent.placings.push_back(now);
    if (auto status = chooseVersion(intent, current); !status) return status;
    intent.previousKey = toHex(current.tokenKeyId);
    auto text = isInToken(record.place)
                    ? Result<std::string>(std::string())
                    : files_.read(records_.keyFile(record.order), x509::PrivateKey::sizeLimit);
    if (!text) return text.error();
    const Secret keyPem(*std::move(text));
    if (guard_.helperOf(record.place) != nullptr) {
        record = std::move(intent);
        return installByHelper(record, *ground.pair, chain, keyPem, now);
    }
    const auto made = makeFiles(files_, guard_, current, keyPem, chain);
    if (!made) return made.error();
    intent.chain = current.chainFacts ? x509::sha256Hex(made->back().content.reveal()) : "";
    if (auto status = records_.save(intent); !status) return status;
    record = std::move(intent);

    Status done = stage(record, current, *made);
    if (done) done = record.isFirst() ? linkIn(record) : swapIn(record, current);
    if (!done) {
        // A failed call may have changed the disk all the same; settle() goes by what is there.
        const auto there = readPair(files_, guard_, record.place);
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
    auto content = files_.read(target.live, storeFileLimit);
    if (!content) return content.error();
    const Secret kept(*std::move(content));
    return files_.replace(
        target.previous, kept.reveal(), {facts.mode, facts.owner, facts.group, target.live});
}

// A number that neither the disk nor an order knows: an order's version is never another one's.
Status Placement::chooseVersion(OrderRecord& record, const Layout& current) const
{
    record.version.clear();
    if (current.files == record.place) return {};
    auto names = files_.list(record.place.key.parent_path().parent_path());
    if (!names) return names.error();
    auto orders = records_.all();
    if (!orders) return orders.error();
    unsigned long highest = 0;
    for (const auto& name : *names)
        highest = std::max(highest, numberOf(name));
    for (const auto& order : *orders)
        highest = std::max(highest, numberOf(order.version));
    record.version = "v" + std::to_string(highest + 1);
    record.previousVersion = current.files.key.parent_path().filename();
    return isVersion(record.version) ? Status()
                                     : Error{ErrorKind::Internal, "no version number is left"};
}

Status Placement::stageFile(const NewFile& file, const fs::path& path)
{
    const StoreRule* rule = guard_.storeOf(file.like);
    if (rule == nullptr) return Error{ErrorKind::PermissionDenied, "it is in no store"};
    return files_.replace(
        path, file.content.reveal(), rule->attributesFor(file.like, file.isKey, file.facts));
}

Status Placement::stage(
    const OrderRecord& record, const Layout& current, const std::vector<NewFile>& made)
{
    const auto targets = targetsOf(record);
    if (!record.version.empty()) return stageVersion(record, current, made, targets.front());
    for (std::size_t at = 0; at < targets.size(); ++at) {
        const auto& file = made.at(at);
        if (!record.isFirst()) {
            if (auto status = keepPrevious(targets[at], file.facts); !status) return status;
        }
        if (auto status = stageFile(file, targets[at].staged); !status) return status;
    }
    return {};
}

// Nobody can enter the new folder before it is whole, and nothing leads to it before the rename.
Status Placement::stageVersion(const OrderRecord& record, const Layout& current,
    const std::vector<NewFile>& made, const Target& link)
{
    const auto folder = link.live.parent_path() / record.version;
    const auto old = current.files.key.parent_path();
    auto facts = files_.inspect(old);
    if (!facts) return facts.error();
    for (const auto& name : {link.staged, link.previous}) {
        if (auto status = files_.remove(name); !status) return status;
    }
    if (auto status = files_.makeLink(record.previousVersion, link.previous); !status)
        return status;
    if (auto status = files_.makeFolder(folder); !status) return status;
    if (auto status = checkFolders(folder / "file"); !status) return status;
    for (const auto& file : made) {
        if (auto status = stageFile(file, folder / file.like.filename()); !status) return status;
    }
    const FileAttributes like{facts->mode, facts->owner, facts->group, old};
    if (auto status = files_.setAttributes(folder, like); !status) return status;
    return files_.makeLink(record.version, link.staged);
}

Status Placement::swapIn(const OrderRecord& record, const Layout& current)
{
    const auto there = filesOf(files_, guard_, record.place);
    if (!there) return there.error();
    std::vector<std::pair<fs::path, FileFacts>> seen = {
        {there->certificate, current.certificateFacts}};
    if (!isInToken(*there)) seen.emplace_back(there->key, current.keyFacts);
    if (current.chainFacts) seen.emplace_back(chainFileOf(guard_, *there), *current.chainFacts);
    for (const auto& [file, expected] : seen) {
        auto facts = files_.inspect(file);
        if (!facts) return facts.error();
        if (facts->inode != expected.inode || facts->device != expected.device ||
            facts->changedNanoseconds != expected.changedNanoseconds)
            return Error{ErrorKind::Conflict, file.string() + " was changed outside meanwhile"};
    }
    if (isInToken(record.place)) {
        auto status = askToken(record, model::TokenVerb::Swap, tokenKeyId(record.order));
        if (!status) return status;
    }
    const auto targets = targetsOf(record);
    for (const auto& target : targets) {
        if (auto status = files_.rename(target.staged, target.live); !status) return status;
    }
    return {};
}

Status Placement::restore(const OrderRecord& record)
{
    if (record.isFirst()) return takeAway(record);
    if (isInToken(record.place)) {
        const auto there = certificateAt(record.place);
        if (!there) return there.error();
        auto status = askToken(record, model::TokenVerb::Back, tokenKeyId(record.order));
        if (!status || !*there || (*there)->fingerprint() != record.fingerprint) return status;
    }
    for (const auto& target : targetsOf(record)) {
        const auto facts = files_.inspect(target.previous);
        if (!facts && facts.error().kind == ErrorKind::NotFound) continue;
        if (!facts) return facts.error();
        if (auto status = files_.rename(target.previous, target.live); !status) return status;
    }
    return {};
}

Status Placement::switchBack(OrderRecord& record, TimePoint now)
{
    if (guard_.helperOf(record.place) != nullptr) return takeBackByHelper(record, now);
    auto current = readPair(files_, guard_, record.place);
    if (!current) return current.error();
    if (current->certificate.fingerprint() != record.fingerprint)
        return Error{ErrorKind::Conflict, "the pair was changed outside; it stays as it is"};
    for (const auto& target : targetsOf(record)) {
        const auto facts = files_.inspect(target.previous);
        if (!facts && !record.isFirst()) return facts.error();
    }
    if (auto status = checkOldVersion(record); !status) return status;
    if (isInToken(record.place)) { // killed in between, it is gone on with by whoever comes next
        record.stage = Stage::Placing;
        saveIfPossible(record);
    }
    const Status back = restore(record);
    if (auto settled = settle(record, now); !settled)
        return settled; // tries again what did not work
    return record.stage == Stage::KeyReady ? Status() : back;
}

// A link to a version that somebody cleared away would leave the service with nothing.
Status Placement::checkOldVersion(const OrderRecord& record) const
{
    if (record.version.empty()) return {};
    const auto link = record.place.key.parent_path();
    for (const auto& file : {record.place.key, record.place.certificate}) {
        const auto old = link.parent_path() / record.previousVersion / file.filename();
        if (auto facts = files_.inspect(old); !facts)
            return facts.error().in("the new version stays: the old one is not whole");
    }
    return {};
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
        if (isInToken(record.place)) {
            if (auto status = dropFromToken(record); !status) return status;
        }
        if (auto status = removeNeighbours(record); !status) return status;
        record.cleared = true;
        saveIfPossible(record);
    }
    return now > record.updated + recordLife ? records_.forget(record) : Status();
}

Status Placement::removeNeighbours(const OrderRecord& record)
{
    if (guard_.helperOf(record.place) != nullptr) return clearAfterHelper(record);
    if (!record.version.empty()) {
        if (auto status = removeVersion(record); !status) return status;
    }
    for (const auto& target : targetsOf(record)) {
        for (const auto& file : {target.staged, target.previous}) {
            if (auto status = destroyFile(files_, file); !status) return status;
        }
        auto status = destroyTemporaries(files_, target.live.parent_path());
        if (!status && status.error().kind != ErrorKind::NotFound) return status;
    }
    return {};
}

// The version that is not wanted any more: the old one after a renewal that is finished, else the
// new one. Never the one that the link leads to.
Status Placement::removeVersion(const OrderRecord& record)
{
    const auto link = record.place.key.parent_path();
    const auto& version = record.stage == Stage::Finished ? record.previousVersion : record.version;
    const auto live = files_.readLink(link);
    if (!live) return live.error();
    const auto folder = link.parent_path() / version;
    if (*live == version || !isVersion(version)) return {};
    auto orders = records_.all();
    if (!orders) return orders.error();
    const bool wanted = std::any_of(orders->begin(), orders->end(), [&](const OrderRecord& other) {
        return other.order != record.order && !other.hasEnded() &&
               other.previousVersion == version && other.place.key.parent_path() == link;
    });
    if (wanted) return {}; // another order may have to go back to it
    auto names = files_.list(folder);
    if (!names) return names.error().kind == ErrorKind::NotFound ? Status() : names.error();
    for (const auto& name : *names) {
        if (auto status = destroyFile(files_, folder / name); !status) return status;
    }
    return files_.remove(folder);
}

// The disk already shows what the record would say; settle() finds it out again.
void Placement::saveIfPossible(const OrderRecord& record)
{
    if (auto status = records_.save(record); !status)
        log_.warning("order " + record.order + " is not recorded: " + status.error().message);
}

} // namespace perennial::installer
