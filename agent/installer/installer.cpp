#include "agent/installer/installer.h"

#include "agent/installer/token_store.h"
#include "shared/base/encoding.h"
#include "shared/base/file_destruction.h"
#include "shared/base/file_lock.h"
#include "shared/base/trusted_path.h"
#include "shared/model/identifiers.h"

#include <algorithm>
#include <set>

namespace perennial::installer {

namespace fs = std::filesystem;

namespace {

// How long an order may keep others from its place; then its agent is taken to have lost it.
constexpr Duration keyHold = std::chrono::hours(1);
constexpr Duration placedHold = std::chrono::hours(24);
constexpr Duration unusedKeyLife = std::chrono::days(90);
constexpr std::size_t openOrderLimit = 1000;

} // namespace

Answer Installer::handle(const Request& request)
{
    auto answer = answerTo(request);
    auto what = request.verb + " " + toPrintable(request.field("order"), 128);
    for (const auto* more : {"action", "slot.certificate"}) // which key was lent, what was done
        what += request.field(more).empty() ? "" : " " + toPrintable(request.field(more), 300);
    if (answer) {
        log_.info(what + ": done");
        return *std::move(answer);
    }
    const auto& [kind, message] = answer.error();
    log_.warning(what + ": refused: " + message);
    return {
        {"refused", {{"kind", std::string(nameOf(kind))}, {"reason", toPrintable(message)}}}, {}};
}

Result<Answer> Installer::answerTo(const Request& request)
{
    using Verb = Result<Answer> (Installer::*)(const Request&);
    static const std::map<std::string, Verb> verbs = {// what is not here is refused
        {"make_key", &Installer::makeKey}, {"lend_keys", &Installer::lendKeys},
        {"lend_new_key", &Installer::lendNewKey}, {"preflight", &Installer::preflight},
        {"place", &Installer::place}, {"switch_back", &Installer::switchBack},
        {"act", &Installer::act}, {"finish", &Installer::finish}, {"discard", &Installer::discard},
        {"set_anchors", &Installer::setAnchors}};
    const auto verb = verbs.find(request.verb);
    if (verb == verbs.end())
        return Error{ErrorKind::InvalidInput, request.verb + " is nothing to ask for"};
    if (!model::isSafeIdentifier(request.field("order")))
        return Error{ErrorKind::InvalidInput, "that is no order's id"};
    // A service must not read its files between two renames, whichever order they belong to.
    const bool acts = request.verb == "act";
    auto lock = lockFile(guard_.state / "lock", acts ? LockKind::Shared : LockKind::Exclusive);
    if (!lock) return lock.error();
    return (this->*verb->second)(request);
}

Status Installer::recover()
{
    if (auto status = files_.makeFolder(guard_.state); !status) return status;
    if (auto status = checkFolders(guard_.state / "lock"); !status) return status;
    auto lock = lockFile(guard_.state / "lock", LockKind::Exclusive);
    if (!lock) return lock.error();
    if (auto status = files_.makeFolder(records_.folder); !status) return status;
    if (auto status = destroyTemporaries(files_, records_.folder); !status) return status;
    auto records = records_.all();
    if (!records) return records.error();
    const auto now = clock_.now();
    std::set<std::string> silent; // each order of a token that hangs would wait as long
    for (auto& record : *records) {
        const auto token = record.place.key.native().substr(0, record.place.key.native().find(';'));
        if (silent.contains(token)) continue;
        // A placed pair interrupts nobody, and asking a helper or a token for it takes its time.
        const bool waits = record.stage == Stage::Placed &&
                           (guard_.helperOf(record.place) != nullptr || isInToken(record.place));
        Status status = waits ? Status() : placement_.settle(record, now);
        const bool unused = record.stage == Stage::KeyReady && now > record.updated + unusedKeyLife;
        if (status && unused) status = placement_.end(record, Stage::Discarded, now);
        if (status) status = placement_.clearAway(record, now);
        // One order that cannot be helped must not stop the others.
        if (status) continue;
        log_.error("order " + record.order + ": " + status.error().message);
        if (status.error().kind == ErrorKind::Unavailable) silent.insert(token);
    }
    return {};
}

// In the guard's stores, and nobody else can change where the paths lead.
Result<Place> Installer::checkPlace(const Place& place) const
{
    std::vector<const fs::path*> paths = {&place.certificate};
    if (!isInToken(place))
        paths.push_back(&place.key);
    else if (const auto token = tokenOf(guard_, place); !token)
        return token.error();
    for (const auto* file : paths) {
        if (auto status = checkSpelling(*file); !status) return status.error();
        if (guard_.storeOf(*file) == nullptr || file->filename().native().front() == '.')
            return Error{ErrorKind::PermissionDenied,
                file->native() + " is in none of the guard's stores, or hidden"};
    }
    auto files = filesOf(files_, guard_, place);
    if (!files) return files;
    if (auto status = checkFolders(files->certificate); !status) return status.error();
    if (isInToken(place)) return files;
    if (auto status = checkFolders(files->key); !status) return status.error();
    return files;
}

// The pair in place, if it is one that a renewal may start from.
Result<Pair> Installer::checkedPair(const Place& place) const
{
    if (auto files = checkPlace(place); !files) return files.error();
    auto pair = readPair(files_, guard_, place);
    if (!pair) return pair.error();
    if (!pair->matches())
        return Error{ErrorKind::Corrupt,
            place.key.string() + " does not belong to the certificate in place"};
    // A version is replaced as a whole: what else is in it would be lost.
    if (!(pair->files == place)) {
        auto names = files_.list(pair->files.key.parent_path());
        if (!names) return names.error();
        const std::size_t own =
            (pair->files.key == pair->files.certificate ? 1U : 2U) + (pair->chainFacts ? 1U : 0U);
        if (names->size() != own)
            return Error{ErrorKind::InvalidInput,
                pair->files.key.parent_path().string() + " holds more than the pair"};
    }
    // The change of names destroys it: then it must be one that an order left.
    if (const auto previous = toHex(pair->previousKeyId); !previous.empty()) {
        const auto all = records_.all();
        if (!all) return all.error();
        const auto left = [&](const OrderRecord& record) {
            return record.place.key == place.key && record.previousKey == previous;
        };
        if (std::none_of(all->begin(), all->end(), left))
            return Error{ErrorKind::Conflict,
                "no order left the key <label>.previous in the token; give it another label"};
    }
    if (pair->keyFacts.links != 1)
        return Error{ErrorKind::PermissionDenied,
            place.key.string() + " has another name too (a hard link); remove that one"};
    return pair;
}

// The same, or nothing at all where the guard has a certificate enrolled.
Result<Ground> Installer::checkedGround(const Place& place) const
{
    auto pair = checkedPair(place);
    if (pair) return Ground{*std::move(pair), {}};
    if (pair.error().kind != ErrorKind::NotFound) return pair.error();
    for (const auto* file : {&place.certificate, &place.key}) {
        const auto there = files_.inspect(*file);
        if (there || there.error().kind != ErrorKind::NotFound) return pair.error();
    }
    if (guard_.enrollmentAt(place) == nullptr)
        return Error{ErrorKind::NotFound,
            pair.error().message + ", and the guard's enrollments do not have this place"};
    auto layout = checkEmpty(place);
    if (!layout) return layout.error();
    return Ground{{}, *std::move(layout)};
}

// How files will lie where none are: the owner is the folder's, where the guard names none.
Result<Layout> Installer::checkEmpty(const Place& place) const
{
    if (isInToken(place))
        return Error{
            ErrorKind::InvalidInput, "a first certificate has its key in a file, not in a token"};
    Layout layout{place, {}, {}};
    for (const auto& [file, facts] : {std::pair(&place.certificate, &layout.certificateFacts),
             std::pair(&place.key, &layout.keyFacts)}) {
        const auto* rule = guard_.storeOf(*file);
        if (!rule->helper.empty() || !rule->versionLink.empty() || !rule->passwordFile.empty() ||
            !rule->chainFile.empty())
            return Error{ErrorKind::InvalidInput,
                "a first certificate is placed in PEM files only, of a store without helper, "
                "version_link, password_file and chain_file"};
        const auto folder = files_.inspect(file->parent_path());
        if (!folder) return folder.error();
        facts->owner = folder->owner;
        facts->group = folder->group;
    }
    return layout;
}

// Not held by another order, and not renewed too often.
Status Installer::checkFree(const Place& place, const std::string& order) const
{
    auto records = records_.all();
    if (!records) return records.error();
    const auto now = clock_.now();
    std::size_t open = 0;
    std::int64_t placings = 0;
    for (const auto& record : *records) {
        const bool overlaps = record.place.overlaps(place);
        for (const auto& placing : record.placings)
            placings += overlaps && placing > now - std::chrono::hours(24) ? 1 : 0;
        if (record.hasEnded() || record.order == order) continue;
        ++open;
        const auto hold = record.stage == Stage::KeyReady ? keyHold : placedHold;
        // In a token another order's key would take the names that the way back needs.
        const bool isKept = record.stage == Stage::Placed && isInToken(record.place);
        if (overlaps && (isKept || now < record.updated + hold))
            return Error{ErrorKind::Conflict, "order " + record.order +
                                                  " is at work on the same files; finish or "
                                                  "discard it first"};
    }
    if (open >= openOrderLimit)
        return Error{ErrorKind::Conflict, "too many open orders; finish or discard some"};
    if (placings >= guard_.renewalsPerDay)
        return Error{ErrorKind::PermissionDenied,
            "the guard allows " + std::to_string(guard_.renewalsPerDay) +
                " renewals of one slot a day (renewals_per_day)"};
    return {};
}

Result<OrderRecord> Installer::orderOf(const Request& request)
{
    auto record = records_.load(request.field("order"));
    if (!record && record.error().kind == ErrorKind::NotFound)
        return Error{ErrorKind::NotFound, "no key was made for this order"};
    if (!record) return record;
    if (auto status = placement_.settle(*record, clock_.now()); !status) return status.error();
    return record;
}

Result<OrderRecord> Installer::openOrderAtPlace(const Request& request)
{
    auto record = orderOf(request);
    if (!record) return record;
    if (record->hasEnded()) return Error{ErrorKind::Conflict, "the order has ended"};
    if (record->place != Place{request.field("slot.certificate"), request.field("slot.key")})
        return Error{ErrorKind::Conflict, "the order was begun for other files"};
    return record;
}

Result<OrderRecord> Installer::orderWithKey(const Request& request)
{
    auto record = openOrderAtPlace(request);
    if (record && record->stage != Stage::KeyReady)
        return Error{ErrorKind::Conflict, "the order's certificate is in place already"};
    return record;
}

} // namespace perennial::installer
