#pragma once

#include "shared/audit/signed_note.h"

#include <cstdint>
#include <string>
#include <string_view>

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

} // namespace perennial::audit
