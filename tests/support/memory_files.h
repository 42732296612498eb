#pragma once

#include "shared/base/file_system.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace perennial::test {

// A disk in memory, to be damaged at will.
class MemoryFiles final : public FileSystem {
public:
    std::map<std::string, std::string> content; // by path; folders are not kept

    Result<std::string> read(const std::filesystem::path& path, std::size_t limit) const override;
    Result<std::string> readPart(
        const std::filesystem::path& path, std::uint64_t offset, std::size_t count) const override;
    Result<FileFacts> inspect(const std::filesystem::path& path) const override;
    Result<std::vector<std::string>> list(const std::filesystem::path& folder) const override;
    Status replace(const std::filesystem::path& path, std::string_view text,
        const FileAttributes& attributes) override;
    Status append(const std::filesystem::path& path, std::string_view text) override;
    Status truncate(const std::filesystem::path& path, std::uint64_t size) override;
    Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
    Status link(const std::filesystem::path& from, const std::filesystem::path& to) override;
    Status remove(const std::filesystem::path& path) override;
    Status makeFolder(const std::filesystem::path& path, mode_t mode) override;
};

} // namespace perennial::test
