#pragma once

#include "shared/audit/signed_note.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::audit {

// What a log has signed: so many records, this root (c2sp.org/tlog-checkpoint).
struct Checkpoint {
    std::string origin;
    std::uint64_t size = 0;
    Bytes root;
    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

std::string toNoteText(const Checkpoint& checkpoint);
Result<Checkpoint> checkpointFromNoteText(std::string_view text);

std::string signCheckpoint(const Checkpoint& checkpoint, const NoteSigner& signer);
// Also refuses an origin that is not the key's name.
Result<Checkpoint> openCheckpoint(std::string_view note, const NoteVerifier& verifier);

// The notes of the log's file `checkpoints`: each ends after its signature lines. `rest` is what a
// crash left unfinished at the end.
struct NoteList {
    std::vector<std::string_view> notes;
    std::string_view rest;
};
NoteList splitNotes(std::string_view text);

} // namespace perennial::audit
