#pragma once

#include "shared/base/file_system.h"

#include <functional>
#include <string>

namespace perennial::test {

// A disk that is without hard links, or so full that nothing can be written though names still
// move, or that fails to read a file once.
class PickyDisk final : public FileSystem {
public:
    explicit PickyDisk(FileSystem& files) : files_(files) {}
    bool links = true;
    bool full = false;
    std::function<void(const std::filesystem::path&)> meanwhile; // at each replace
    int readThatFails = 0; // counted from 1, of those under `readsOf`: as out of descriptors
    std::string readsOf;
    int reads() const { return reads_; }

    Result<std::string> read(const std::filesystem::path& path, std::size_t limit) const override
    {
        return failsToRead(path) ? Error{ErrorKind::Internal, "Too many open files"}
                                 : files_.read(path, limit);
    }
    Result<FileFacts> inspect(const std::filesystem::path& path) const override
    {
        return failsToRead(path) ? Error{ErrorKind::Internal, "Too many open files"}
                                 : files_.inspect(path);
    }
    Result<std::string> readLink(const std::filesystem::path& path) const override
    {
        return files_.readLink(path);
    }
    Result<std::vector<std::string>> list(const std::filesystem::path& folder) const override
    {
        return files_.list(folder);
    }
    Status replace(const std::filesystem::path& path, std::string_view content,
        const FileAttributes& attributes) override
    {
        if (meanwhile) meanwhile(path);
        return full ? noSpace() : files_.replace(path, content, attributes);
    }
    Status append(const std::filesystem::path& path, std::string_view content) override
    {
        return full ? noSpace() : files_.append(path, content);
    }
    Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override
    {
        return files_.rename(from, to);
    }
    Status link(const std::filesystem::path& from, const std::filesystem::path& to) override
    {
        if (!links) return Error{ErrorKind::PermissionDenied, "there are no links here"};
        return full ? noSpace() : files_.link(from, to);
    }
    Status makeLink(const std::string& target, const std::filesystem::path& path) override
    {
        return full ? noSpace() : files_.makeLink(target, path);
    }
    Status setAttributes(
        const std::filesystem::path& folder, const FileAttributes& attributes) override
    {
        return files_.setAttributes(folder, attributes);
    }
    Status remove(const std::filesystem::path& path) override { return files_.remove(path); }
    Status makeFolder(const std::filesystem::path& path, mode_t mode) override
    {
        return files_.makeFolder(path, mode);
    }

private:
    static Status noSpace() { return Error{ErrorKind::Internal, "No space left on device"}; }

    bool failsToRead(const std::filesystem::path& path) const
    {
        const bool counts = !readsOf.empty() && path.native().starts_with(readsOf);
        return counts && ++reads_ == readThatFails;
    }

    FileSystem& files_;
    mutable int reads_ = 0;
};

} // namespace perennial::test
