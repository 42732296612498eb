#include "controller/cli/offline_audit.h"

#include "controller/cli/json_text.h"
#include "shared/audit/log_files.h"
#include "shared/audit/log_proofs.h"
#include "shared/audit/log_verifier.h"
#include "shared/audit/merkle_tree.h"
#include "shared/base/encoding.h"

#include <algorithm>
#include <charconv>

namespace perennial::cli {

namespace {

using audit::NoteVerifier;

Error wrongUse(const std::string& message) { return {ErrorKind::InvalidInput, message}; }

Result<std::string> readNamed(const Context& context, const std::string& option,
    const std::filesystem::path& file, std::size_t limit)
{
    auto text = context.files().read(file, limit);
    if (!text) return wrongUse(option + ": " + text.error().message);
    return text;
}

Result<NoteVerifier> readVerifier(const Context& context)
{
    const auto& options = context.options();
    const auto file = options.verifierFile.empty() ? audit::LogFiles{options.logFolder}.publicKey()
                                                   : std::filesystem::path(options.verifierFile);
    auto text = readNamed(context, "--vkey", file, 4096);
    if (!text) return text.error();
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r'))
        text->pop_back();
    auto verifier = NoteVerifier::fromText(*text);
    if (!verifier) return wrongUse("--vkey: " + file.string() + ": " + verifier.error().message);
    return verifier;
}

void printVerified(const Context& context, const audit::VerifiedLog& log)
{
    if (context.options().json) {
        Json json;
        json["ok"] = true;
        json["size"] = log.size;
        json["checkpoint_size"] = log.checkpointSize;
        json["checkpoints"] = log.checkpoints;
        json["unfinished"] = log.unfinished;
        json["restores"] = Json(Json::Array{});
        for (const auto& restore : log.restores) {
            Json item;
            item["seq"] = restore.sequence;
            item["lost_from"] = restore.lostFrom;
            item["lost_to"] = restore.lostTo;
            json["restores"].push(std::move(item));
        }
        return context.printJson(json);
    }
    context.print("ok: " + std::to_string(log.size) + " events, " +
                  std::to_string(log.checkpointSize) + " of them under the newest of " +
                  std::to_string(log.checkpoints) + " signed checkpoints\n");
    for (const auto& restore : log.restores)
        context.print("restored from a backup, as event " + std::to_string(restore.sequence) +
                      " says: signed events " + std::to_string(restore.lostFrom) + " to " +
                      std::to_string(restore.lostTo - 1) + " are gone\n");
    if (log.unfinished > 0)
        context.print(std::to_string(log.unfinished) + " more at the end are being written\n");
}

void printDamaged(const Context& context, const audit::DamagedLog& damage)
{
    if (context.options().json) {
        Json json;
        json["ok"] = false;
        json["damage"] = audit::nameOf(damage.damage);
        json["seq"] = damage.sequence ? Json(*damage.sequence) : Json();
        json["message"] = damage.message;
        return context.printJson(json);
    }
    const auto where =
        damage.sequence ? "at seq " + std::to_string(*damage.sequence) : "in a signed note";
    context.print("bad " + where + ": " + std::string(audit::nameOf(damage.damage)) + ": " +
                  toPrintable(damage.message, 4096) + "\n");
}

Result<std::int64_t> sequenceOf(const Context& context)
{
    const auto& options = context.options();
    std::int64_t number = 0;
    const auto* end = options.id.data() + options.id.size();
    const auto [stopped, failed] = std::from_chars(options.id.data(), end, number);
    if (failed == std::errc() && stopped == end && number >= 0) return number;
    return audit::findEvent(context.files(), options.logFolder, options.id);
}

// The line of the log with this sequence.
Result<std::string> recordAt(const Context& context, std::int64_t sequence)
{
    const audit::LogFiles log{context.options().logFolder};
    const auto segments = audit::listSegments(context.files(), log);
    if (!segments) return segments.error();
    const auto after = std::upper_bound(segments->begin(), segments->end(), sequence);
    const Error missing{ErrorKind::NotFound, "the log has no event " + std::to_string(sequence)};
    if (after == segments->begin()) return missing;
    const auto first = *std::prev(after);
    audit::LineReader lines(context.files(), log.segment(first));
    for (auto at = first;; ++at) {
        const auto line = lines.line();
        if (!line) return line.error();
        if (!*line) return missing;
        if (at == sequence) return std::string(**line);
    }
}

Json hashList(const std::vector<Bytes>& hashes)
{
    Json list{Json::Array{}};
    for (const auto& hash : hashes)
        list.push(toBase64(hash));
    return list;
}

} // namespace

Status verifyAudit(const Context& context)
{
    const auto& options = context.options();
    const auto verifier = readVerifier(context);
    if (!verifier) return verifier.error();
    std::string since;
    if (!options.sinceFile.empty()) {
        auto note = readNamed(context, "--since", options.sinceFile, audit::NoteSigner::noteLimit);
        if (!note) return note.error();
        if (note->empty()) return wrongUse("--since: " + options.sinceFile + " is empty");
        since = *std::move(note);
    }
    // A slip of the pen is no damage. A folder that is there and holds no log is.
    if (const auto facts = context.files().inspect(options.logFolder); !facts)
        return wrongUse("--log: " + facts.error().message);
    const auto verdict = audit::verifyLog(context.files(), options.logFolder, *verifier, since);
    if (!verdict) return Error{ErrorKind::NotFound, verdict.error().message};
    if (const auto* log = std::get_if<audit::VerifiedLog>(&*verdict)) {
        printVerified(context, *log);
        return {};
    }
    printDamaged(context, std::get<audit::DamagedLog>(*verdict));
    return Error{ErrorKind::Corrupt,
        "the log is not what was signed; keep the folder as it is, and compare it with the sinks"};
}

Status proveEvent(const Context& context)
{
    const auto& options = context.options();
    const auto verifier = readVerifier(context);
    if (!verifier) return verifier.error();
    const auto sequence = sequenceOf(context);
    if (!sequence) return sequence.error();
    const auto record = recordAt(context, *sequence);
    if (!record) return record.error();
    const auto proof = audit::proveRecord(context.files(), options.logFolder, *sequence);
    if (!proof) return proof.error();
    // What does not prove it is given to nobody.
    const auto proved = audit::checkRecordProof(*proof, *record, *verifier);
    if (!proved) return proved.error();
    if (!options.json) {
        context.print(*proof);
        return {};
    }
    Json json;
    json["seq"] = *sequence;
    json["record"] = *record;
    json["proof"] = *proof;
    context.printJson(json);
    return {};
}

Status proveGrowth(const Context& context)
{
    const auto& options = context.options();
    const auto verifier = readVerifier(context);
    if (!verifier) return verifier.error();
    const auto limit = audit::NoteSigner::noteLimit;
    const auto kept = readNamed(context, "--since", options.sinceFile, limit);
    if (!kept) return kept.error();
    const auto newest =
        context.files().read(audit::LogFiles{options.logFolder}.checkpoint(), limit);
    if (!newest) return newest.error();
    const auto from = audit::openCheckpoint(*kept, *verifier);
    if (!from) return Error{ErrorKind::PermissionDenied, "--since: " + from.error().message};
    const auto to = audit::openCheckpoint(*newest, *verifier);
    if (!to) return Error{ErrorKind::PermissionDenied, "its newest: " + to.error().message};
    if (from->size > to->size)
        return Error{ErrorKind::Corrupt,
            "the log has lost events: a checkpoint of " + std::to_string(from->size) +
                " was signed, its newest is of " + std::to_string(to->size)};
    const auto proof =
        audit::proveConsistency(context.files(), options.logFolder, from->size, to->size);
    if (!proof) return proof.error();
    if (!audit::provesConsistency(*proof, from->size, from->root, to->size, to->root))
        return Error{ErrorKind::Corrupt, "the log did not only grow: its leaves do not lead from "
                                         "the one checkpoint to the other"};
    if (!options.json) {
        context.print("ok: the first " + std::to_string(from->size) + " of " +
                      std::to_string(to->size) + " events are those that were signed then\n");
        for (const auto& hash : *proof)
            context.print(toBase64(hash) + "\n");
        return {};
    }
    Json json;
    json["old_size"] = static_cast<std::int64_t>(from->size);
    json["old_root"] = toBase64(from->root);
    json["new_size"] = static_cast<std::int64_t>(to->size);
    json["new_root"] = toBase64(to->root);
    json["proof"] = hashList(*proof);
    context.printJson(json);
    return {};
}

} // namespace perennial::cli
