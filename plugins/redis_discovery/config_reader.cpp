#include "plugins/redis_discovery/config_reader.h"

#include "plugins/redis_discovery/config_words.h"

#include "shared/service_config/server_name.h"

#include <algorithm>
#include <array>

namespace perennial::plugins::redis {

namespace {

constexpr std::array<std::string_view, 8> kept = {"bind", "tls-port", "tls-cert-file",
    "tls-key-file", "tls-key-file-pass", "tls-client-cert-file", "tls-client-key-file",
    "tls-client-key-file-pass"};
constexpr int mostFaults = 100;

} // namespace

Result<Settings> ConfigReader::read(const std::string& file)
{
    const auto text = files_.enter(file);
    if (!text) return text.error();
    readText(*text, file);
    files_.leave();
    return std::exchange(settings_, {});
}

Settings ConfigReader::parse(const std::string& text, const std::string& file)
{
    files_.begin(file);
    readText(text, file);
    files_.leave();
    return std::exchange(settings_, {});
}

void ConfigReader::readText(const std::string& text, const std::string& file)
{
    int number = 0;
    int faults = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        auto words = wordsOf(std::string_view(text).substr(begin, end - begin));
        begin = end + 1;
        const auto at = file + ":" + std::to_string(++number);
        if (words) {
            if (!words->empty()) take(*std::move(words), at);
            continue;
        }
        found_.skip(at + ": " + words.error().message);
        if (++faults == mostFaults) return found_.skip(at + ": too many faults");
    }
}

void ConfigReader::take(std::vector<std::string> words, const std::string& at)
{
    const auto name = service_config::lowerCase(words.front());
    const bool isInclude = name == "include";
    if (!isInclude && std::find(kept.begin(), kept.end(), name) == kept.end()) return;
    words.erase(words.begin());
    if (words.size() != 1 && name != "bind")
        return found_.skip(at + ": " + name + " takes one value");
    if (isInclude) return include(words.front(), at);
    if (!files_.takeStatement(service_config::bytesOf(words) + at.size()))
        return found_.skip(at + ": too many settings");
    settings_[name] = {std::move(words), at};
}

void ConfigReader::include(const std::string& pattern, const std::string& at)
{
    if (!pattern.starts_with('/'))
        return found_.skip(at + ": include is relative to where Redis is started");
    const auto files = files_.matchesOf(pattern);
    if (!files) return found_.skip(at + ": include: " + files.error().message);
    for (const auto& file : *files) {
        const auto text = files_.enter(file);
        if (!text) {
            found_.skip(at + ": " + text.error().message);
            continue;
        }
        readText(*text, file);
        files_.leave();
    }
}

} // namespace perennial::plugins::redis
