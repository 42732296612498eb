#include "tests/support/memory_files.h"

#include <set>

namespace perennial::test {

namespace fs = std::filesystem;

namespace {

Error missing(const fs::path& path) { return {ErrorKind::NotFound, path.string() + " is missing"}; }

} // namespace

Result<std::string> MemoryFiles::read(const fs::path& path, std::size_t limit) const
{
    const auto text = content.find(path.string());
    if (text == content.end()) return missing(path);
    if (text->second.size() > limit)
        return Error{ErrorKind::InvalidInput, path.string() + " is too big"};
    return text->second;
}

Result<std::string> MemoryFiles::readPart(
    const fs::path& path, std::uint64_t offset, std::size_t count) const
{
    const auto text = content.find(path.string());
    if (text == content.end()) return missing(path);
    if (offset >= text->second.size()) return std::string();
    return text->second.substr(static_cast<std::size_t>(offset), count);
}

Result<FileFacts> MemoryFiles::inspect(const fs::path& path) const
{
    const auto text = content.find(path.string());
    if (text == content.end()) return missing(path);
    return FileFacts{FileFacts::Type::Regular, 0600, 0, 0, text->second.size(), 1, 1, 1, 0};
}

Result<std::vector<std::string>> MemoryFiles::list(const fs::path& folder) const
{
    std::set<std::string> names;
    const auto start = folder.string() + "/";
    for (const auto& [path, text] : content) {
        if (path.rfind(start, 0) == 0)
            names.insert(path.substr(start.size(), path.find('/', start.size()) - start.size()));
    }
    return std::vector<std::string>(names.begin(), names.end());
}

Status MemoryFiles::replace(
    const fs::path& path, std::string_view text, const FileAttributes& /*attributes*/)
{
    content[path.string()] = text;
    return {};
}

Status MemoryFiles::append(const fs::path& path, std::string_view text)
{
    content[path.string()] += text;
    return {};
}

Status MemoryFiles::truncate(const fs::path& path, std::uint64_t size)
{
    const auto text = content.find(path.string());
    if (text == content.end()) return missing(path);
    if (size > text->second.size())
        return Error{ErrorKind::InvalidInput, path.string() + " is shorter"};
    text->second.resize(static_cast<std::size_t>(size));
    return {};
}

Status MemoryFiles::rename(const fs::path& from, const fs::path& to)
{
    auto node = content.extract(from.string());
    if (node.empty()) return missing(from);
    content[to.string()] = std::move(node.mapped());
    return {};
}

Status MemoryFiles::link(const fs::path& from, const fs::path& to)
{
    const auto text = content.find(from.string());
    if (text == content.end()) return missing(from);
    const bool made = content.emplace(to.string(), text->second).second;
    return made ? Status() : Error{ErrorKind::Conflict, to.string() + " is there already"};
}

Status MemoryFiles::remove(const fs::path& path)
{
    content.erase(path.string());
    return {};
}

Status MemoryFiles::makeFolder(const fs::path& /*path*/, mode_t /*mode*/) { return {}; }

} // namespace perennial::test
