#include "plugins/openldap_discovery/config_reader.h"

#include "plugins/openldap_discovery/ldif_entry.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace perennial::plugins::openldap {

namespace fs = std::filesystem;

namespace {

struct KnownSetting {
    std::string_view directive; // in lower case
    std::string_view written;
};
constexpr std::array<KnownSetting, 3> known = {{{"tlscertificatefile", "TLSCertificateFile"},
    {"tlscertificatekeyfile", "TLSCertificateKeyFile"}, {"argsfile", "argsfile"}}};

constexpr int mostFaults = 100;

const KnownSetting* knownFor(std::string_view directive)
{
    const auto* setting = std::find_if(known.begin(), known.end(),
        [&](const KnownSetting& one) { return one.directive == directive; });
    return setting == known.end() ? nullptr : setting;
}

} // namespace

Result<Settings> ConfigReader::read(const std::string& path)
{
    std::error_code problem;
    const bool isFolder = fs::is_directory(path, problem);
    const auto file = isFolder ? (fs::path(path) / "cn=config.ldif").string() : path;
    const auto text = files_.enter(file);
    if (!text) return text.error();
    if (isFolder) return parseLdif(*text, file);
    readConf(*text, file);
    files_.leave();
    return std::move(settings_);
}

Settings ConfigReader::parseConf(const std::string& text, const std::string& file)
{
    files_.begin(file);
    readConf(text, file);
    files_.leave();
    return std::move(settings_);
}

Settings ConfigReader::parseLdif(const std::string& text, const std::string& file)
{
    for (const auto& attribute : firstEntryOf(text, file, found_)) {
        const auto at = file + ":" + std::to_string(attribute.line);
        const std::string_view name = attribute.name;
        if (name.starts_with("olctlscertificate;") || name == "olctlscertificate")
            found_.skip(at + ": a certificate in the configuration itself is passed over");
        if (!name.starts_with("olc")) continue;
        const auto* setting = knownFor(name.substr(3));
        if (setting == nullptr) continue;
        const auto written = setting->directive == "argsfile"
                                 ? std::string("olcArgsFile")
                                 : "olc" + std::string(setting->written);
        const bool first =
            settings_.emplace(std::string(setting->directive), Value{written, attribute.value, at})
                .second;
        if (!first) found_.skip(at + ": " + written + " is there twice; the first is taken");
    }
    return std::move(settings_);
}

void ConfigReader::readConf(const std::string& text, const std::string& file)
{
    ConfigLines lines(text);
    int faults = 0;
    while (true) {
        const auto directive = lines.next();
        const auto at = file + ":" + std::to_string(lines.line());
        if (directive && !*directive) return;
        if (directive) {
            take(**directive, at);
            continue;
        }
        found_.skip(at + ": " + directive.error().message);
        if (++faults == mostFaults) return found_.skip(at + ": too many faults");
    }
}

void ConfigReader::take(const Directive& directive, const std::string& at)
{
    const auto& name = directive.words.front();
    if (name == "include") return include(directive, at);
    const auto* setting = knownFor(name);
    if (setting == nullptr) return;
    const std::string written(setting->written);
    if (directive.words.size() != 2) return found_.skip(at + ": " + written + " takes one path");
    if (!files_.takeStatement(directive.words[1].size() + at.size()))
        return found_.skip(at + ": too many settings");
    settings_[name] = {written, directive.words[1], at};
}

void ConfigReader::include(const Directive& directive, const std::string& at)
{
    if (directive.words.size() != 2) return found_.skip(at + ": include takes one path");
    const auto& file = directive.words[1];
    if (!file.starts_with('/'))
        return found_.skip(at + ": include is relative to where slapd is started");
    const auto text = files_.enter(file);
    if (!text) return found_.skip(at + ": " + text.error().message);
    readConf(*text, file);
    files_.leave();
}

} // namespace perennial::plugins::openldap
