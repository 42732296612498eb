#include "plugins/haproxy_discovery/config_reader.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace perennial::plugins::haproxy {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 19> sectionWords = {"global", "defaults", "frontend",
    "backend", "listen", "peers", "resolvers", "userlist", "mailers", "program", "http-errors",
    "ring", "log-forward", "cache", "fcgi-app", "crt-store", "traces", "log-profile", "acme"};
constexpr std::array<std::string_view, 4> keptWords = {
    "bind", "server", "default-server", "server-template"};

template <class Words>
bool isAmong(const Words& words, const std::string& word)
{
    return std::find(words.begin(), words.end(), word) != words.end();
}

} // namespace

std::string placeOf(const Statement& statement)
{
    return *statement.file + ":" + std::to_string(statement.line);
}

void ConfigReader::tell(const Statement& where, const std::string& what)
{
    found_.skip(placeOf(where) + ": " + what);
}

Result<Configuration> ConfigReader::read(const std::vector<std::string>& paths)
{
    for (const auto& path : paths) {
        std::error_code problem;
        if (!fs::is_directory(path, problem)) {
            if (auto status = readFile(path); !status) return status.error();
            continue;
        }
        const auto names = files_.namesIn(path);
        if (!names) return names.error();
        for (const auto& name : *names) {
            if (name.front() == '.' || !name.ends_with(".cfg")) continue;
            if (auto status = readFile((fs::path(path) / name).string()); !status)
                found_.skip(status.error().message);
        }
    }
    return std::move(result_);
}

Status ConfigReader::readFile(const std::string& file)
{
    const auto text = files_.enter(file);
    if (!text) return text.error();
    readText(*text, file);
    files_.leave();
    return {};
}

Configuration ConfigReader::parse(const std::string& text, const std::string& file)
{
    readText(text, file);
    return std::move(result_);
}

void ConfigReader::readText(const std::string& text, const std::string& file)
{
    const auto name = std::make_shared<const std::string>(file);
    section_.clear();
    if (workingFolder_.empty()) workingFolder_ = startFolder_;
    int number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = std::string_view(text).substr(at, end - at);
        at = end + 1;
        Statement statement{section_, {}, name, ++number, certificateFolder_, workingFolder_};
        auto words = wordsOf(line, variables_);
        if (!words) return tell(statement, words.error().message);
        if (words->empty()) continue;
        std::size_t length = 0;
        for (const auto& word : *words)
            length += word.size();
        if (!files_.takeExpanded(line.size(), length))
            return tell(statement, "variables make too much text");
        statement.words = *std::move(words);
        if (!take(std::move(statement))) return;
    }
}

bool ConfigReader::take(Statement statement)
{
    const auto& word = statement.words.front();
    if (isAmong(sectionWords, word)) {
        section_ = word;
        return true;
    }
    if (word == ".if")
        tell(statement, ".if is not decided from files: every branch is read");
    else if (section_ == "global")
        takeGlobal(statement);
    else if (section_ == "crt-store" && word == "load")
        tell(statement, "a crt-store is not followed");
    const bool isStats = section_ == "global" && word == "stats" && statement.words.size() > 2 &&
                         statement.words[1] == "socket";
    if (isStats) {
        statement.words.erase(statement.words.begin()); // the rest is as after "bind"
    } else if (!isAmong(keptWords, word)) {
        return true;
    }
    if (!files_.takeStatement(service_config::bytesOf(statement.words))) {
        tell(statement, "too many lines");
        return false;
    }
    result_.statements.push_back(std::move(statement));
    return true;
}

void ConfigReader::takeGlobal(const Statement& statement)
{
    const auto& words = statement.words;
    const auto& word = words.front();
    if (word == "ssl-load-extra-del-ext") result_.endingsGo = true;
    if (words.size() < 2) return;
    if (word == "crt-base") {
        certificateFolder_ = words[1];
    } else if (word == "ssl-load-extra-files") {
        result_.keysBeside = isAmong(words, "all") || isAmong(words, "key");
    } else if (word == "default-path") {
        takeDefaultPath(statement);
    } else if ((word == "setenv" || word == "presetenv") && words.size() > 2) {
        const bool given = variables_.count(words[1]) > 0;
        if (word == "setenv" || !given) variables_[words[1]] = words[2];
    } else if (word == "unsetenv") {
        for (auto name = words.begin() + 1; name != words.end(); ++name)
            variables_.erase(*name);
    }
}

void ConfigReader::takeDefaultPath(const Statement& statement)
{
    const auto& words = statement.words;
    const auto folder = fs::path(*statement.file).parent_path();
    if (words[1] == "current")
        workingFolder_ = startFolder_;
    else if (words[1] == "config")
        workingFolder_ = folder.string();
    else if (words[1] == "parent")
        workingFolder_ = folder.parent_path().string();
    else if (words[1] == "origin" && words.size() > 2)
        workingFolder_ = words[2];
    else
        tell(statement, "default-path: current, config, parent, or origin and a folder");
}

} // namespace perennial::plugins::haproxy
