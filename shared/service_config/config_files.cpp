#include "shared/service_config/config_files.h"

#include "shared/base/file_traits.h"
#include "shared/service_config/include_pattern.h"

#include <algorithm>

namespace perennial::service_config {

Result<std::string> ConfigFiles::read(const std::string& file)
{
    if (!mayRead()) return Error{ErrorKind::InvalidInput, file + ": too many files are included"};
    --limits_.files;
    const auto resolved = resolveLinks(file); // sites-enabled is made of links
    if (!resolved) return resolved.error();
    auto text = files_.read(*resolved, std::min(limits_.fileBytes, limits_.allBytes));
    if (!text) return text;
    limits_.allBytes -= text->size();
    read_.push_back(file);
    return text;
}

Result<std::string> ConfigFiles::enter(const std::string& file)
{
    if (open_.size() > limits_.depth)
        return Error{ErrorKind::InvalidInput, "includes are nested too deep"};
    if (std::find(open_.begin(), open_.end(), file) != open_.end())
        return Error{ErrorKind::InvalidInput, "includes the file that it is in"};
    auto text = read(file);
    if (!text) return open_.empty() ? text.error() : text.error().in("include");
    open_.push_back(file);
    return text;
}

Result<std::vector<std::string>> ConfigFiles::matchesOf(const std::string& path)
{
    if (!isPattern(path)) return std::vector<std::string>{path};
    auto matches = expandPattern(path, limits_.entries);
    if (matches && !matches->empty()) read_.push_back(path);
    return matches;
}

Result<std::vector<std::string>> ConfigFiles::namesIn(const std::string& folder)
{
    auto names = files_.list(folder);
    if (!names) return names;
    if (names->size() > limits_.entries)
        return Error{ErrorKind::InvalidInput, folder + " holds too many entries"};
    limits_.entries -= names->size();
    return names;
}

bool ConfigFiles::takeStatement(std::size_t bytes)
{
    if (limits_.statements == 0 || limits_.keptBytes < bytes) return false;
    --limits_.statements;
    limits_.keptBytes -= bytes;
    return true;
}

bool ConfigFiles::takeExpanded(std::size_t before, std::size_t after)
{
    const auto added = after > before ? after - before : 0;
    if (added > limits_.expandedBytes) return false;
    limits_.expandedBytes -= added;
    return true;
}

std::size_t bytesOf(const std::vector<std::string>& words)
{
    std::size_t bytes = 0;
    for (const auto& word : words)
        bytes += sizeof word + word.size();
    return bytes;
}

} // namespace perennial::service_config
