#pragma once

#include "shared/audit/checkpoint.h"
#include "shared/base/file_system.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::audit {

// The sequence of the event with this id; NotFound. Reads the log from its start.
Result<std::int64_t> findEvent(
    const FileSystem& files, const std::filesystem::path& folder, std::string_view eventId);

// A file that proves one record by itself (c2sp.org/tlog-proof): index, inclusion proof, and the
// newest signed checkpoint. NotFound: no checkpoint covers the record yet.
Result<std::string> proveRecord(
    const FileSystem& files, const std::filesystem::path& folder, std::int64_t sequence);
// The sequence; PermissionDenied when the proof does not prove this record.
Result<std::int64_t> checkRecordProof(
    std::string_view proof, std::string_view record, const NoteVerifier& verifier);

// That the log of the old size is the beginning of the log of the new size (RFC 6962 2.1.2).
Result<std::vector<Bytes>> proveConsistency(const FileSystem& files,
    const std::filesystem::path& folder, std::uint64_t oldSize, std::uint64_t newSize);

} // namespace perennial::audit
