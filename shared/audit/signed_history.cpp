#include "shared/audit/signed_history.h"

#include <algorithm>
#include <limits>

namespace perennial::audit {

namespace {

DamagedLog badNote(Damage damage, const std::string& what, const Error& error)
{
    return {damage, std::nullopt, what + ": " + error.message};
}

// A bad note leaves records for which no earlier one speaks: `from` is the first of them.
DamagedLog inDoubtFrom(DamagedLog damage, std::int64_t from)
{
    damage.sequence = from;
    damage.message += "; record " + std::to_string(from) + " and what follows are in doubt";
    return damage;
}

std::int64_t integerIn(const Json& object, std::string_view member)
{
    const Json* value = object.find(member);
    return value != nullptr && value->integer() != nullptr ? *value->integer() : 0;
}

} // namespace

std::optional<DamagedLog> SignedHistory::add(
    std::string_view note, const std::string& what, const NoteVerifier& verifier)
{
    const auto text = verifier.open(note);
    if (!text) {
        const bool malformed = text.error().kind == ErrorKind::InvalidInput;
        return badNote(
            malformed ? Damage::MalformedNote : Damage::WrongSignature, what, text.error());
    }
    auto checkpoint = checkpointFromNoteText(*text);
    if (!checkpoint) return badNote(Damage::MalformedNote, what, checkpoint.error());
    if (checkpoint->origin != verifier.name())
        return DamagedLog{Damage::WrongOrigin, std::nullopt,
            what + " is of another log, " + toPrintable(checkpoint->origin, 300)};
    notes_.push_back(
        {static_cast<std::int64_t>(checkpoint->size), std::move(checkpoint->root), notes_.size()});
    return std::nullopt;
}

Result<std::optional<DamagedLog>> SignedHistory::read(
    const FileSystem& files, const LogFiles& log, const NoteVerifier& verifier)
{
    using Found = std::optional<DamagedLog>;
    NoteReader reader(files, log.checkpoints());
    std::vector<std::string> lastTwo;
    for (;;) {
        auto note = reader.note();
        if (!note && note.error().kind == ErrorKind::Corrupt)
            return Found(inDoubtFrom(
                badNote(Damage::MalformedNote, "the file checkpoints", note.error()), signedBy(0)));
        if (!note && note.error().kind != ErrorKind::NotFound) return note.error();
        if (!note || !*note) break;
        const auto what = "note " + std::to_string(++count_) + " of the file checkpoints";
        if (auto bad = add(**note, what, verifier)) return Found(inDoubtFrom(*bad, signedBy(0)));
        lastTwo.push_back(std::move(**note));
        if (lastTwo.size() > 2) lastTwo.erase(lastTwo.begin());
    }
    if (count_ == 0)
        return Found(DamagedLog{Damage::UnsignedLog, 0, "the log has no signed checkpoint"});
    newestSize_ = notes_.back().size;
    auto found = readNewest(files, log, lastTwo, verifier);
    if (!found || *found) return found;
    order();
    return Found();
}

// The newest note is also in a file of its own, written after the list: a crash between leaves it
// one behind.
Result<std::optional<DamagedLog>> SignedHistory::readNewest(const FileSystem& files,
    const LogFiles& log, const std::vector<std::string>& lastTwo, const NoteVerifier& verifier)
{
    using Found = std::optional<DamagedLog>;
    const auto before = signedBy(1); // the file is the double of the last note in the list
    const auto newest = files.read(log.checkpoint(), NoteSigner::noteLimit);
    if (!newest && newest.error().kind == ErrorKind::NotFound)
        return Found(inDoubtFrom(
            {Damage::MissingNote, std::nullopt, "the file checkpoint is missing"}, before));
    if (!newest) return newest.error();
    if (std::find(lastTwo.begin(), lastTwo.end(), *newest) != lastTwo.end()) return Found();
    if (auto bad = add(*newest, "the file checkpoint", verifier))
        return Found(inDoubtFrom(*bad, before));
    return Found(inDoubtFrom({Damage::MissingNote, std::nullopt,
                                 "the file checkpoint holds a note with which the file checkpoints "
                                 "does not end"},
        before));
}

std::int64_t SignedHistory::signedBy(std::size_t fromEnd) const
{
    return notes_.size() > fromEnd ? notes_[notes_.size() - 1 - fromEnd].size : 0;
}

void SignedHistory::order()
{
    biggestAfter_.assign(notes_.size(), 0);
    for (auto place = notes_.size(); place > 1; --place)
        biggestAfter_[place - 2] = std::max(biggestAfter_[place - 1], notes_[place - 1].size);
    std::stable_sort(
        notes_.begin(), notes_.end(), [](const Note& a, const Note& b) { return a.size < b.size; });
}

std::optional<DamagedLog> SignedHistory::addKept(
    std::string_view note, const NoteVerifier& verifier)
{
    if (auto bad = add(note, "the checkpoint that was kept", verifier)) return bad;
    // Signed before all of the log's notes or after them: it is never excused.
    notes_.back().place = std::numeric_limits<std::size_t>::max();
    std::stable_sort(
        notes_.begin(), notes_.end(), [](const Note& a, const Note& b) { return a.size < b.size; });
    return std::nullopt;
}

void SignedHistory::noteRestore(const Record& record)
{
    const Json* kind = record.event.find("kind");
    if (kind == nullptr || *kind != Json("admin.restored")) return;
    const Json* details = record.event.find("details");
    if (details == nullptr) return;
    const auto lostTo = integerIn(*details, "checkpoint_size");
    const auto lostFrom = integerIn(*details, "log_size");
    if (lostTo > lostFrom && lostFrom == record.sequence)
        restores_.push_back({record.sequence, lostFrom, lostTo});
}

// An acknowledgement counts once it is signed itself, by a note later than the one that it excuses.
// The last of these notes nobody excuses, so it must agree.
bool SignedHistory::mayBeLost(const Note& note) const
{
    if (note.place >= biggestAfter_.size()) return false;
    return std::any_of(restores_.begin(), restores_.end(), [&](const AcknowledgedRestore& restore) {
        return restore.sequence < biggestAfter_[note.place] && restore.sequence < note.size &&
               note.size <= restore.lostTo;
    });
}

SignedHistory::Judgement SignedHistory::judge(std::int64_t size, const TreeEdge& edge)
{
    if (next_ == notes_.size() || notes_[next_].size > size) return Judgement::Nothing;
    const auto computed = edge.root();
    std::vector<Bytes> roots;
    for (; next_ < notes_.size() && notes_[next_].size == size; ++next_) {
        const auto& note = notes_[next_];
        if (note.root == computed || !mayBeLost(note)) roots.push_back(note.root);
    }
    const auto differs = [&](const Bytes& root) { return root != roots.front(); };
    if (roots.empty()) return Judgement::Nothing;
    if (std::any_of(roots.begin(), roots.end(), differs)) return Judgement::Forked;
    return roots.front() == computed ? Judgement::Agrees : Judgement::Contradicts;
}

std::int64_t SignedHistory::size() const
{
    for (auto note = notes_.rbegin(); note != notes_.rend(); ++note) {
        if (!mayBeLost(*note)) return note->size;
    }
    return 0;
}

} // namespace perennial::audit
