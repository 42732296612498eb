#include "plugins/mariadb_discovery/option_reader.h"

#include "shared/base/file_traits.h"
#include "shared/service_config/server_name.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sys/stat.h>

namespace perennial::plugins::mariadb {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 6> groupsOfAll = {
    "mysqld", "server", "mariadb", "mariadbd", "client-server", "galera"};
constexpr std::array<std::string_view, 6> kept = {
    "bind-address", "datadir", "extra-port", "port", "ssl-cert", "ssl-key"};
constexpr std::size_t deepest = 10; // MariaDB's own limit of includes

// [mariadb-10.11]: of the servers of one version only.
bool isOfOneVersion(const std::string& group)
{
    for (const std::string_view name : {"mysqld-", "mariadb-", "mariadbd-"}) {
        if (group.starts_with(name) && group.size() > name.size() && group[name.size()] >= '0' &&
            group[name.size()] <= '9')
            return true;
    }
    return false;
}

bool isOfUse(const OptionLine& option)
{
    const auto name = fullName(option.name);
    return std::find(kept.begin(), kept.end(), name) != kept.end() ||
           switchFrom(name, option.value).has_value();
}

ConfigLimits withDepth(ConfigLimits limits)
{
    limits.depth = std::min(limits.depth, deepest);
    return limits;
}

} // namespace

OptionReader::OptionReader(
    const FileSystem& files, Discovery& found, std::vector<std::string> groups, ConfigLimits limits)
    : fileSystem_(files), files_(files, withDepth(limits), found.configuration), found_(found),
      groups_(std::move(groups))
{
    for (auto& group : groups_)
        group = service_config::lowerCase(std::move(group));
}

Result<Options> OptionReader::read(const std::string& file)
{
    const auto text = files_.enter(file);
    if (!text) return text.error();
    if (!isPassedOver(file)) readText(*text, file);
    files_.leave();
    return std::exchange(options_, {});
}

Options OptionReader::parse(const std::string& text, const std::string& file)
{
    files_.begin(file);
    readText(text, file);
    files_.leave();
    return std::exchange(options_, {});
}

bool OptionReader::isOfServer(const std::string& group) const
{
    return std::find(groupsOfAll.begin(), groupsOfAll.end(), group) != groupsOfAll.end() ||
           std::find(groups_.begin(), groups_.end(), group) != groups_.end();
}

void OptionReader::readText(const std::string& text, const std::string& file)
{
    std::optional<std::string> group;
    int number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        const auto line = lineFrom(std::string_view(text).substr(begin, end - begin));
        begin = end + 1;
        const auto at = file + ":" + std::to_string(++number);
        if (!line)
            return found_.skip(at + ": " + line.error().message + ": MariaDB reads no further");
        switch (line->kind) {
        case OptionLine::Kind::Nothing: break;
        case OptionLine::Kind::Group: group = line->name; break;
        case OptionLine::Kind::Include: include(line->name, at); break;
        case OptionLine::Kind::IncludeFolder:
            if (!includeFolder(line->name, at)) return;
            break;
        case OptionLine::Kind::Option:
            if (!group)
                return found_.skip(at + ": an option before any group: MariaDB reads no further");
            if (isOfServer(*group))
                take(*line, at);
            else if (isOfOneVersion(*group) && isOfUse(*line))
                found_.skip(
                    at + ": in a group of one version, which is read when `groups` names it");
        }
    }
}

void OptionReader::take(const OptionLine& line, const std::string& at)
{
    const auto name = fullName(line.name);
    const auto set = [&](const std::string& option, const std::string& text) {
        if (!files_.takeStatement(option.size() + text.size() + at.size()))
            return found_.skip(at + ": too many options");
        options_[option] = {text, at};
    };
    if (const auto toggled = switchFrom(name, line.value))
        return set(std::string(toggled->name), toggled->on ? "1" : "0");
    if (name.starts_with("ssl-")) set("ssl", "1"); // each of them turns it on
    if (std::find(kept.begin(), kept.end(), name) == kept.end()) return;
    if (!line.value) return found_.skip(at + ": " + name + " without a value");
    set(name, *line.value);
}

void OptionReader::include(const std::string& file, const std::string& at)
{
    if (!file.starts_with('/'))
        return found_.skip(at + ": an include is relative to where MariaDB is started");
    std::error_code problem;
    if (!fs::exists(file, problem) && !problem) return; // nor does MariaDB say a word
    if (isPassedOver(file)) return;
    const auto text = files_.enter(file);
    if (!text) return found_.skip(at + ": " + text.error().message);
    readText(*text, file);
    files_.leave();
}

// A file that everybody may write: somebody else's options.
bool OptionReader::isPassedOver(const std::string& file)
{
    const auto resolved = resolveLinks(file);
    if (!resolved) return false;
    const auto facts = fileSystem_.inspect(*resolved);
    if (!facts || facts->type != FileFacts::Type::Regular || (facts->mode & S_IWOTH) == 0)
        return false;
    found_.skip(file + ": everybody may write it: MariaDB does not read it");
    return true;
}

// The *.cnf files in byte order, the hidden ones too.
bool OptionReader::includeFolder(const std::string& folder, const std::string& at)
{
    if (!folder.starts_with('/')) {
        found_.skip(at + ": an include is relative to where MariaDB is started");
        return true;
    }
    const auto names = files_.namesIn(folder);
    if (!names) {
        found_.skip(at + ": includedir: " + names.error().message);
        return false;
    }
    for (const auto& name : *names) {
        if (name.ends_with(".cnf")) include((fs::path(folder) / name).string(), at);
    }
    return true;
}

} // namespace perennial::plugins::mariadb
