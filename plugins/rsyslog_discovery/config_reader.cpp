#include "plugins/rsyslog_discovery/config_reader.h"

#include "shared/service_config/include_pattern.h"
#include "shared/service_config/server_name.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace perennial::plugins::rsyslog {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 13> kept = {"defaultnetstreamdriver",
    "defaultnetstreamdrivercertfile", "defaultnetstreamdriverkeyfile", "address", "port",
    "streamdriver", "streamdriver.name", "streamdriver.mode", "streamdriver.certfile",
    "streamdriver.keyfile", "streamdrivermode", "type", "load"};
constexpr int mostFaults = 100;

std::string parameterOf(const Statement& statement, const std::string& name)
{
    const auto written = statement.parameters.find(name);
    return written == statement.parameters.end() ? std::string() : written->second;
}

bool isOff(const Statement& statement)
{
    const auto word = service_config::lowerCase(parameterOf(statement, "config.enabled"));
    return word == "off" || word == "no" || word == "false" || word == "0";
}

} // namespace

Result<Settings> ConfigReader::read(const std::string& file)
{
    const auto text = files_.enter(file);
    if (!text) return text.error();
    readText(*text, file);
    files_.leave();
    return finish();
}

Settings ConfigReader::parse(const std::string& text, const std::string& file)
{
    files_.begin(file);
    readText(text, file);
    files_.leave();
    return finish();
}

Settings ConfigReader::finish()
{
    settings_.global.insert(legacy_.begin(), legacy_.end()); // global() counts before it
    return std::exchange(settings_, {});
}

void ConfigReader::readText(const std::string& text, const std::string& file)
{
    StatementScanner scanner(text);
    int faults = 0;
    while (const auto statement = scanner.next()) {
        const auto at = file + ":" + std::to_string(statement->line);
        if (statement->kind != Statement::Kind::Fault) {
            take(*statement, at);
            continue;
        }
        found_.skip(at + ": " + statement->name);
        if (++faults == mostFaults) return found_.skip(at + ": too many faults");
    }
}

void ConfigReader::take(const Statement& statement, const std::string& at)
{
    if (statement.kind == Statement::Kind::Directive) return takeDirective(statement, at);
    if (isOff(statement)) return;
    const auto typed = [&](const char* name, const char* value) {
        return service_config::lowerCase(parameterOf(statement, name)) == value;
    };
    if (statement.name == "include") {
        if (statement.parameters.count("text") != 0)
            return found_.skip(at + ": an include of text is not looked into");
        include(parameterOf(statement, "file"), at,
            service_config::lowerCase(parameterOf(statement, "mode")) == "optional");
    } else if (statement.name == "global") {
        settings_.global.merge(valuesOf(statement, at)); // what is there stays
    } else if (statement.name == "module" && typed("load", "imtcp")) {
        settings_.module.merge(valuesOf(statement, at));
    } else if (statement.name == "input" && typed("type", "imtcp")) {
        settings_.inputs.push_back(valuesOf(statement, at));
    } else if (statement.name == "action" && typed("type", "omfwd")) {
        settings_.actions.push_back(valuesOf(statement, at));
    }
}

Values ConfigReader::valuesOf(const Statement& statement, const std::string& at)
{
    Values values;
    for (const auto& name : statement.computed) {
        if (std::find(kept.begin(), kept.end(), name) == kept.end()) continue;
        found_.skip(at + ": " + name + " is said by a command, which is not run");
        if (files_.takeStatement(name.size() + at.size())) values[name] = {{}, at, true};
    }
    for (const auto& [name, text] : statement.parameters) {
        if (std::find(kept.begin(), kept.end(), name) == kept.end()) continue;
        if (!files_.takeStatement(name.size() + text.size() + at.size())) {
            found_.skip(at + ": too many settings");
            break;
        }
        values.try_emplace(name, Value{text, at});
    }
    return values;
}

void ConfigReader::takeDirective(const Statement& statement, const std::string& at)
{
    if (statement.name == "includeconfig") return include(statement.value, at, false);
    constexpr std::string_view mode = "inputtcpserverstreamdrivermode";
    const bool isRun = statement.name == "inputtcpserverrun";
    if (!isRun && statement.name != mode && !statement.name.starts_with("defaultnetstreamdriver"))
        return;
    if (!files_.takeStatement(statement.name.size() + statement.value.size() + at.size()))
        return found_.skip(at + ": too many settings");
    if (!isRun) {
        legacy_[statement.name] = {statement.value, at};
        return;
    }
    // With the mode that was set before it, whatever module() says.
    const auto written = legacy_.find(std::string(mode));
    settings_.inputs.push_back({{"port", {statement.value, at}},
        {"streamdriver.mode",
            {written == legacy_.end() ? std::string("0") : written->second.text, at}}});
}

void ConfigReader::include(std::string path, const std::string& at, bool mayBeMissing)
{
    if (!path.starts_with('/'))
        return found_.skip(at + ": an include is relative to where rsyslog is started");
    if (path.ends_with('/')) path += '*';
    const auto files = files_.matchesOf(path);
    if (!files) return found_.skip(at + ": include: " + files.error().message);
    std::error_code problem;
    if (mayBeMissing && !service_config::isPattern(path) && !fs::exists(path, problem)) return;
    for (const auto& file : *files)
        includeFile(file, at);
}

// Of a folder, what is in it.
void ConfigReader::includeFile(const std::string& file, const std::string& at)
{
    std::error_code problem;
    if (fs::is_directory(file, problem)) {
        if (folders_ == files_.depth()) return found_.skip(at + ": folders are nested too deep");
        ++folders_;
        include(file + "/", at, false);
        --folders_;
        return;
    }
    const auto text = files_.enter(file);
    if (!text) return found_.skip(at + ": " + text.error().message);
    readText(*text, file);
    files_.leave();
}

} // namespace perennial::plugins::rsyslog
