// What the installer does for each verb of shared/model/installer_message.h.

#include "agent/installer/actions.h"
#include "agent/installer/certificate_checks.h"
#include "agent/installer/helper_store.h"
#include "agent/installer/installer.h"
#include "agent/installer/token_store.h"
#include "agent/installer/trust_store.h"
#include "shared/base/file_place.h"
#include "shared/base/file_traits.h"
#include "shared/base/json.h"

#include <algorithm>
#include <sstream>

namespace perennial::installer {

namespace fs = std::filesystem;

namespace {

Answer done(std::map<std::string, std::string> fields = {})
{
    return {{"done", std::move(fields)}, {}};
}

Result<Answer> doneIf(const Status& status)
{
    if (!status) return status.error();
    return done();
}

Error changedOutside()
{
    return {ErrorKind::Conflict, "the certificate in place was changed outside"};
}

Place placeIn(const model::InstallerMessage& request)
{
    return {request.field("slot.certificate"), request.field("slot.key")};
}

} // namespace

Result<Answer> Installer::makeKey(const Request& request)
{
    const Place place = placeIn(request);
    const auto& types = guard_.keyTypes;
    if (std::find(types.begin(), types.end(), request.field("key_type")) == types.end())
        return Error{ErrorKind::PermissionDenied, "key_type is not among the guard's key_types"};
    if (auto files = checkPlace(place); !files) return files.error();
    auto known = openOrderAtPlace(request);
    if (!known) {
        if (known.error().kind != ErrorKind::NotFound) return known.error();
        OrderRecord record;
        record.order = request.field("order");
        record.place = place;
        record.updated = clock_.now();
        if (auto status = checkFree(place, record.order); !status) return status.error();
        if (auto status = records_.save(record); !status) return status.error();
    }
    auto key = newKeyOf(place, request.field("order"));
    const bool missing = !key && key.error().kind == ErrorKind::NotFound;
    if (missing && isInToken(place)) {
        auto made = askKeeper(guard_, place,
            {model::TokenVerb::Make, {}, tokenKeyId(request.field("order")),
                request.field("key_type")});
        if (!made) return made.error();
        key = newKeyOf(place, request.field("order"));
    } else if (missing) {
        key = x509::PrivateKey::generate(request.field("key_type"));
        if (!key) return key.error();
        const auto file = records_.keyFile(request.field("order"));
        if (auto status = files_.replace(file, key->toPem().reveal()); !status)
            return status.error();
    }
    if (!key) return key.error();
    if (key->keyType() != request.field("key_type"))
        return Error{ErrorKind::Conflict, "the order has a key of type " + key->keyType()};
    return done({{"public_key", key->publicKeyDer()}});
}

Result<Answer> Installer::lendKeys(const Request& request)
{
    auto record = orderWithKey(request);
    if (!record) return record.error();
    auto pair = checkedPair(record->place);
    if (!pair) return pair.error();
    if (isInToken(record->place)) return lendFromToken(*record, model::TokenVerb::Lend);
    const StoreRule* rule = guard_.storeOf(record->place.key);
    const auto tooWide = pair->keyFacts.mode & ~rule->keyMode & 077U;
    if (tooWide != 0 && !rule->lendReadableKeys)
        return Error{ErrorKind::PermissionDenied,
            record->place.key.string() +
                " can be read by others than the guard's key_mode allows; renew it with a new "
                "enrolment, or set lend_readable_keys for the store"};
    auto answer = lendNewKey(request);
    if (answer) answer->descriptors.insert(answer->descriptors.begin(), std::move(pair->keyFile));
    return answer;
}

// For a certificate that no old key asks for.
Result<Answer> Installer::lendNewKey(const Request& request)
{
    const auto record = orderWithKey(request);
    if (!record) return record.error();
    if (isInToken(record->place)) return lendFromToken(*record, model::TokenVerb::LendNext);
    auto newKey = openToRead(records_.keyFile(record->order));
    if (!newKey) return newKey.error();
    Answer answer = done();
    answer.descriptors.push_back(*std::move(newKey));
    return answer;
}

// Sockets in the stead of keys: the keeper of the token signs there.
Result<Answer> Installer::lendFromToken(const OrderRecord& record, model::TokenVerb verb)
{
    auto reply = askKeeper(guard_, record.place, {verb, {}, tokenKeyId(record.order)});
    if (!reply) return reply.error();
    return Answer{done().message, std::move(reply->sockets)};
}

Result<x509::PrivateKey> Installer::newKeyOf(const Place& place, const std::string& order) const
{
    return isInToken(place) ? newTokenKey(guard_, place, order) : records_.readKey(order);
}

// As much as will be needed, where it will be needed.
Status Installer::checkRoom(const Place& place, const Ground& ground, std::size_t size)
{
    const auto& current = ground.now();
    if (guard_.helperOf(place) != nullptr) {
        auto asked = askHelper(guard_, place, {model::HelperVerb::Test});
        if (!asked) return asked.error();
        return tryWriting(files_, guard_.state / "preflight", size);
    }
    // A new version comes beside the old one, not into it.
    const auto folder = current.files == place ? fs::path() : place.key.parent_path().parent_path();
    for (const bool isKey : {true, false}) {
        if (isKey && isInToken(place)) continue;
        const auto& file = isKey ? current.files.key : current.files.certificate;
        const auto immutable = ground.pair ? isImmutable(file) : Result<bool>(false);
        if (!immutable) return immutable.error();
        if (*immutable)
            return Error{ErrorKind::PermissionDenied, file.string() + " is immutable (chattr)"};
        const auto& facts = isKey ? current.keyFacts : current.certificateFacts;
        const auto attributes = guard_.storeOf(file)->attributesFor(file, isKey, facts);
        const auto probe = (folder.empty() ? file.parent_path() : folder) / ".perennial-preflight";
        if (auto status = tryWriting(files_, probe, size, attributes); !status) return status;
    }
    return tryWriting(files_, guard_.state / "preflight", size);
}

Result<Answer> Installer::preflight(const Request& request)
{
    const Place place = placeIn(request);
    const auto& action = request.field("action");
    const auto named = guard_.actions.find(action);
    if (!action.empty() && named == guard_.actions.end())
        return Error{ErrorKind::PermissionDenied, "the guard has no such action"};
    if (named != guard_.actions.end()) {
        if (auto status = checkAction(named->second); !status) return status.error().in(action);
    }
    const auto number = Json::parse(request.field("size"));
    const auto* size = number ? number->integer() : nullptr;
    if (size == nullptr || *size < 0 || *size > std::int64_t{model::installerFieldLimit})
        return Error{ErrorKind::InvalidInput, "size is a number of bytes, at most 256 KB"};
    auto ground = checkedGround(place);
    if (!ground) return ground.error();
    const auto replaces = request.fields.find("replaces");
    if (replaces != request.fields.end() && replaces->second != ground->fingerprint())
        return changedOutside();
    const auto* old = ground->pair ? &ground->pair->certificate : nullptr;
    std::istringstream names(request.field("names"));
    for (std::string name; std::getline(names, name);) {
        if (!guard_.allowsName(name))
            return Error{
                ErrorKind::PermissionDenied, "the name \"" + name + "\" is not among names"};
        if (auto status = checkNewName(name, old, guard_.enrollmentAt(place)); !status)
            return status.error();
    }
    if (auto status = checkFree(place, request.field("order")); !status) return status.error();
    if (auto status = checkRoom(place, *ground, static_cast<std::size_t>(*size)); !status)
        return status.error();
    return done();
}

Result<Answer> Installer::place(const Request& request)
{
    auto record = openOrderAtPlace(request);
    if (!record) return record.error();
    auto chain = x509::Certificate::allFromPem(request.field("chain"));
    if (!chain) return chain.error();
    if (chain->empty()) return Error{ErrorKind::InvalidInput, "chain holds no certificate"};
    if (record->stage == Stage::Placed) {
        if (chain->front().fingerprint() == record->fingerprint) return done();
        return Error{ErrorKind::Conflict, "the order has another certificate in place"};
    }
    auto ground = checkedGround(record->place);
    if (!ground) return ground.error();
    if (ground->fingerprint() != request.field("replaces")) return changedOutside();
    auto newKey = newKeyOf(record->place, record->order);
    if (!newKey) return newKey.error();
    const auto now = clock_.now();
    const auto publicKey = newKey->publicKeyDer();
    const auto* old = ground->pair ? &ground->pair->certificate : nullptr;
    if (auto status = checkNewCertificate({*chain, old, publicKey, guard_, now, record->place});
        !status)
        return status.error();
    if (auto status = checkFree(record->place, record->order); !status) return status.error();
    return doneIf(placement_.place(*record, *ground, *chain, now));
}

Result<Answer> Installer::switchBack(const Request& request)
{
    auto record = orderOf(request);
    if (!record) return record.error();
    if (record->stage == Stage::Finished) return Error{ErrorKind::Conflict, "the order has ended"};
    if (record->stage != Stage::Placed) return done(); // it never was there, or is back already
    return doneIf(placement_.switchBack(*record, clock_.now()));
}

Result<Answer> Installer::act(const Request& request)
{
    auto record = records_.load(request.field("order"));
    if (!record) return record.error();
    if (record->placings.empty())
        return Error{ErrorKind::Conflict, "the order has changed nothing to act upon"};
    if (record->hasEnded()) return Error{ErrorKind::Conflict, "the order has ended"};
    const auto action = guard_.actions.find(request.field("action"));
    if (action == guard_.actions.end())
        return Error{ErrorKind::PermissionDenied, "the guard has no such action"};
    auto outcome = runAction(action->second);
    if (!outcome) return outcome.error();
    return done({{"status", std::to_string(outcome->status)}, {"output", outcome->output}});
}

Result<Answer> Installer::finish(const Request& request)
{
    auto record = orderOf(request);
    if (!record) return record.error();
    if (record->stage == Stage::Finished) return finished(*record);
    if (record->stage != Stage::Placed)
        return Error{ErrorKind::Conflict, "the order's certificate is not in place"};
    if (auto ended = placement_.end(*record, Stage::Finished, clock_.now()); !ended)
        return ended.error();
    return finished(*record);
}

// The agent tells that the old key is destroyed only where it is.
Result<Answer> Installer::finished(const OrderRecord& record) const
{
    if (record.cleared) return done();
    return done(
        {{"note", "the guard keeps the old pair until " +
                      toRfc3339(record.updated + guard_.keepPrevious) + " (keep_previous)"}});
}

Result<Answer> Installer::discard(const Request& request)
{
    auto record = orderOf(request);
    if (!record && record.error().kind == ErrorKind::NotFound) return done();
    if (!record) return record.error();
    if (record->stage == Stage::Discarded) return done();
    if (record->stage != Stage::KeyReady)
        return Error{ErrorKind::Conflict, "the order's certificate is in place; switch back first"};
    const auto ended = placement_.end(*record, Stage::Discarded, clock_.now());
    // What changed nothing is not worth remembering: an agent could fill the disk with it.
    if (!ended || !record->placings.empty() || !record->cleared) return doneIf(ended);
    return doneIf(records_.forget(*record));
}

Result<Answer> Installer::setAnchors(const Request& request)
{
    const auto rule = guard_.trustStores.find(request.field("store"));
    if (rule == guard_.trustStores.end())
        return Error{ErrorKind::PermissionDenied, "the guard has no such trust store"};
    const auto wanted = x509::Certificate::allFromPem(request.field("anchors"));
    if (!wanted) return wanted.error();
    const auto change =
        TrustStore(files_, rule->first, rule->second, guard_.state).set(*wanted, clock_.now());
    if (!change) return change.error();
    std::string note;
    std::string line;
    for (const auto& added : change->added)
        note += "+" + added + "\n";
    for (const auto& removed : change->removed)
        note += "-" + removed + "\n";
    for (const auto& still : change->stillTrusted)
        note += "=" + still + "\n";
    for (std::istringstream lines(note); std::getline(lines, line);)
        log_.info("trust store " + rule->first + ": " + line);
    return done({{"note", note}});
}

} // namespace perennial::installer
