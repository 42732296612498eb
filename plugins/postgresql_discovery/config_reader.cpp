#include "plugins/postgresql_discovery/config_reader.h"

#include "shared/service_config/config_path.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace perennial::plugins::postgresql {

namespace fs = std::filesystem;

namespace {

// What else a configuration sets is of no use here.
constexpr std::array<std::string_view, 7> kept = {"data_directory", "listen_addresses", "port",
    "ssl", "ssl_cert_file", "ssl_key_file", "ssl_passphrase_command"};

std::string folderOf(const std::string& file) { return fs::path(file).parent_path().string(); }

} // namespace

Result<Settings> ConfigReader::read(const std::string& file, const std::string& dataFolder)
{
    settings_.clear();
    const auto text = files_.enter(file);
    if (!text) return text.error();
    readText(*text, file);
    files_.leave();
    const auto folder = settings_.find("data_directory");
    const auto data = folder == settings_.end() ? dataFolder : folder->second.text;
    const auto written = (fs::path(data) / "postgresql.auto.conf").string();
    if (written != file) include(written, written, true);
    return std::move(settings_);
}

Settings ConfigReader::parse(const std::string& text, const std::string& file)
{
    files_.begin(file);
    readText(text, file);
    files_.leave();
    return std::move(settings_);
}

void ConfigReader::readText(const std::string& text, const std::string& file)
{
    constexpr int mostFaults = 100; // PostgreSQL too gives up then
    int number = 0;
    int faults = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        const auto line = std::string_view(text).substr(begin, end - begin);
        begin = end + 1;
        ++number;
        const auto setting = settingOf(line);
        const auto at = file + ":" + std::to_string(number);
        if (setting && *setting) take(**setting, at, file);
        if (setting) continue;
        found_.skip(at + ": " + setting.error().message);
        if (++faults == mostFaults) return found_.skip(at + ": too many faults");
    }
}

void ConfigReader::take(const Setting& setting, const std::string& at, const std::string& file)
{
    const auto path = [&] { return service_config::fullPath(setting.value, folderOf(file)); };
    if (setting.name == "include" || setting.name == "include_if_exists")
        return include(path(), at, setting.name != "include");
    if (setting.name == "include_dir") return includeFolder(path(), at);
    if (std::find(kept.begin(), kept.end(), setting.name) == kept.end()) return;
    if (!files_.takeStatement(setting.value.size() + at.size()))
        return found_.skip(at + ": too many settings");
    settings_[setting.name] = {setting.value, at};
}

void ConfigReader::include(const std::string& file, const std::string& at, bool mayBeMissing)
{
    const auto text = files_.enter(file);
    if (!text) {
        std::error_code problem;
        if (mayBeMissing && !fs::exists(file, problem)) return;
        return found_.skip(at + ": " + text.error().message);
    }
    readText(*text, file);
    files_.leave();
}

// The *.conf files, in byte order; hidden ones and folders are no part of it.
void ConfigReader::includeFolder(const std::string& folder, const std::string& at)
{
    const auto names = files_.namesIn(folder);
    if (!names) return found_.skip(at + ": include_dir: " + names.error().message);
    for (const auto& name : *names) {
        const auto file = (fs::path(folder) / name).string();
        std::error_code problem;
        if (name.starts_with('.') || !name.ends_with(".conf") || fs::is_directory(file, problem))
            continue;
        include(file, at, false);
    }
}

} // namespace perennial::plugins::postgresql
