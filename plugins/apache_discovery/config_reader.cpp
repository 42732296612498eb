#include "plugins/apache_discovery/config_reader.h"

#include "shared/base/encoding.h"
#include "shared/service_config/server_name.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

namespace perennial::plugins::apache {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 8> keptDirectives = {"listen", "sslengine",
    "sslcertificatefile", "sslcertificatekeyfile", "sslcertificatechainfile",
    "sslproxymachinecertificatefile", "servername", "serveralias"};

bool isKept(const std::string& name)
{
    return std::find(keptDirectives.begin(), keptDirectives.end(), name) != keptDirectives.end();
}

// "<VirtualHost" "*:443>" -> "<virtualhost" "*:443"
void takeBracketAway(std::vector<std::string>& words)
{
    auto& last = words.back();
    if (last.ends_with('>')) last.pop_back();
    if (last.empty() && words.size() > 1) words.pop_back();
}

} // namespace

std::string placeOf(const Directive& directive)
{
    return *directive.file + ":" + std::to_string(directive.line);
}

std::vector<const Directive*> Server::all(const std::string& name) const
{
    std::vector<const Directive*> found;
    for (const auto& directive : directives) {
        if (directive.name == name && !directive.arguments.empty()) found.push_back(&directive);
    }
    return found;
}

void ConfigReader::tell(const Directive& where, const std::string& what)
{
    found_.skip(placeOf(where) + ": " + what);
}

Result<Configuration> ConfigReader::read(const std::string& file)
{
    const auto text = files_.enter(file);
    if (!text) return text.error();
    return parse(*text, file);
}

Configuration ConfigReader::parse(const std::string& text, const std::string& file)
{
    files_.begin(file);
    result_ = {};
    result_.main.section.file = std::make_shared<const std::string>(file);
    readText(text, file);
    result_.serverRoot = conditions_.serverRoot();
    return std::move(result_);
}

void ConfigReader::readText(const std::string& text, const std::string& file)
{
    read_.push_back(file);
    const auto name = std::make_shared<const std::string>(file);
    const auto outer = blocks_.size();
    ConfigLines lines(text);
    for (;;) {
        const auto line = lines.next();
        if (!line) {
            tell({"", {}, name, lines.number()}, line.error().message);
            break;
        }
        if (!*line) {
            if (blocks_.size() > outer)
                tell({"", {}, name, lines.number()}, "a section is left open");
            break;
        }
        if (!takeLine(**line, name, outer)) break;
    }
    blocks_.resize(std::min(outer, blocks_.size()));
}

bool ConfigReader::takeLine(const Line& line, const FileName& file, std::size_t outer)
{
    const auto resolved = conditions_.resolved(line.text);
    if (!files_.takeExpanded(line.text.size(), resolved.size())) {
        tell({"", {}, file, line.number}, "variables make too much text");
        return false;
    }
    auto words = wordsOf(resolved);
    if (words.empty()) return true;
    if (line.text.front() == '<') takeBracketAway(words);
    Directive directive;
    directive.name = service_config::lowerCase(std::move(words.front()));
    directive.file = file;
    directive.line = line.number;
    directive.arguments.assign(words.begin() + 1, words.end());
    if (directive.name.starts_with("</")) return close(directive, outer);
    if (directive.name.starts_with("<")) return open(directive);
    takeDirective(std::move(directive));
    return true;
}

bool ConfigReader::passing() const
{
    return !blocks_.empty() && (blocks_.back().kind == Block::Kind::Passed ||
                                   blocks_.back().kind == Block::Kind::Macro);
}

bool ConfigReader::open(const Directive& section)
{
    if (blocks_.size() > 4 * files_.depth() ||
        !files_.takeStatement(service_config::bytesOf(section.arguments))) {
        tell(section, "too many sections");
        return false;
    }
    Block block{section.name.substr(1), Block::Kind::Passed};
    if (passing()) {
        block.kind = blocks_.back().kind;
    } else if (block.name == "virtualhost") {
        block.kind = Block::Kind::Host;
        result_.hosts.push_back({section, {}});
    } else if (block.name == "macro") {
        block.kind = Block::Kind::Macro;
    } else {
        switch (conditions_.judge(block.name, section.arguments)) {
        case Conditions::Verdict::Holds: block.kind = Block::Kind::Read; break;
        case Conditions::Verdict::Unknown: block.kind = Block::Kind::Unknown; break;
        case Conditions::Verdict::Fails:
        case Conditions::Verdict::NoCondition: break;
        }
    }
    blocks_.push_back(std::move(block));
    return true;
}

bool ConfigReader::close(const Directive& section, std::size_t outer)
{
    const auto name = section.name.substr(2);
    if (blocks_.size() == outer || blocks_.back().name != name) {
        tell(section, "closes a section that is not open");
        return false;
    }
    blocks_.pop_back();
    return true;
}

// Certificates that are not taken, or taken on trust, are not passed over in silence.
void ConfigReader::tellWherePassed(const Directive& directive)
{
    if (!directive.name.starts_with("sslcertificate")) return;
    for (auto& block : blocks_) {
        if (block.kind == Block::Kind::Read || block.kind == Block::Kind::Host) continue;
        const bool told = std::exchange(block.told, true);
        if (block.kind == Block::Kind::Unknown) {
            if (!told) tell(directive, "<" + block.name + "> is taken to hold: no file says so");
            continue;
        }
        if (told) return;
        if (block.kind == Block::Kind::Macro)
            tell(directive, "a certificate in a macro, which is not expanded");
        else if (block.name == "ifmodule" || block.name == "ifdefine" || block.name == "iffile")
            tell(directive, "a certificate where <" + block.name + "> does not hold");
        else
            tell(directive, "a certificate inside <" + toPrintable(block.name, 40) + ">");
        return;
    }
}

void ConfigReader::takeDirective(Directive directive)
{
    tellWherePassed(directive);
    if (passing()) return;
    if (directive.name == "include" || directive.name == "includeoptional")
        return include(directive);
    if (conditions_.take(directive.name, directive.arguments)) return;
    if (!isKept(directive.name)) return;
    if (!files_.takeStatement(service_config::bytesOf(directive.arguments)))
        return tell(directive, "too many directives");
    const bool inHost = std::any_of(blocks_.begin(), blocks_.end(),
        [](const Block& block) { return block.kind == Block::Kind::Host; });
    auto& server = inHost ? result_.hosts.back() : result_.main;
    server.directives.push_back(std::move(directive));
}

void ConfigReader::include(const Directive& directive)
{
    if (directive.arguments.size() != 1) return tell(directive, "include needs one path");
    const auto path = conditions_.pathOf(directive.arguments.front());
    const bool optional = directive.name == "includeoptional";
    std::error_code problem;
    const auto matches = files_.matchesOf(path);
    if (!matches) return tell(directive, "include: " + matches.error().message);
    if (matches->empty() && !optional) tell(directive, "include: nothing matches");
    for (const auto& match : *matches) {
        if (optional && !fs::exists(match, problem)) continue;
        includeFile(match, directive);
        if (!files_.mayRead()) return;
    }
}

// A folder stands for everything in it.
void ConfigReader::includeFile(const std::string& file, const Directive& from, std::size_t depth)
{
    std::error_code problem;
    if (fs::is_directory(file, problem)) {
        if (depth >= files_.depth()) return tell(from, "include: folders are nested too deep");
        const auto names = files_.namesIn(file);
        if (!names) return tell(from, "include: " + names.error().message);
        for (const auto& name : *names) {
            if (!files_.mayRead()) return;
            includeFile((fs::path(file) / name).string(), from, depth + 1);
        }
        return;
    }
    const auto text = files_.enter(file);
    if (!text) return tell(from, text.error().message);
    readText(*text, file);
    files_.leave();
}

} // namespace perennial::plugins::apache
