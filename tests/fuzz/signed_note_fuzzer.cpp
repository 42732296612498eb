// Notes, checkpoints, keys, proofs and records, as an auditor gets them from elsewhere.
#include "shared/audit/audit_record.h"
#include "shared/audit/checkpoint.h"
#include "shared/audit/log_proofs.h"

#include <cstdlib>

using namespace perennial;
using namespace perennial::audit;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    static const auto verifier = *NoteVerifier::fromText(
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");

    if (const auto text = verifier.open(input)) {
        if (input.substr(0, text->size()) != *text) std::abort();
        if (!isValidUtf8(*text)) std::abort();
    }
    if (const auto checkpoint = checkpointFromNoteText(input))
        if (toNoteText(*checkpoint) != input) std::abort();
    if (const auto key = NoteVerifier::fromText(input))
        if (key->toText() != input) std::abort();
    if (const auto record = readRecord(input)) {
        if (record->event.object() == nullptr || record->sequence < 0) std::abort();
    }
    static_cast<void>(checkRecordProof(input, "record", verifier));
    return 0;
}
