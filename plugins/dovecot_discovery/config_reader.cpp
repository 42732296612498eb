#include "plugins/dovecot_discovery/config_reader.h"

#include "shared/service_config/config_path.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace perennial::plugins::dovecot {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 9> keptSettings = {"ssl", "ssl_cert", "ssl_key",
    "ssl_alt_cert", "ssl_alt_key", "ssl_client_cert", "ssl_client_key", "listen", "protocols"};
constexpr std::array<std::string_view, 4> keptOfListeners = {"port", "address", "ssl", "haproxy"};

template <class Words>
bool isAmong(const Words& words, const std::string& word)
{
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::string folderOf(const std::string& file) { return fs::path(file).parent_path().string(); }

std::string placeOf(const std::string& file, int line) { return file + ":" + std::to_string(line); }

} // namespace

Result<Configuration> ConfigReader::read(const std::string& file)
{
    const auto text = files_.enter(file);
    if (!text) return text.error();
    readText(*text, file);
    files_.leave();
    return std::move(result_);
}

Configuration ConfigReader::parse(const std::string& text, const std::string& file)
{
    files_.begin(file);
    readText(text, file);
    files_.leave();
    return std::move(result_);
}

void ConfigReader::readText(const std::string& text, const std::string& file)
{
    ConfigLines lines(text);
    const auto outer = blocks_.size();
    for (;;) {
        const auto statement = lines.next();
        if (!statement) {
            found_.skip(placeOf(file, lines.number()) + ": " + statement.error().message);
            continue;
        }
        if (!*statement) break;
        take(**statement, file, outer);
    }
    if (blocks_.size() > outer)
        found_.skip(placeOf(file, lines.number()) + ": a block is left open");
    while (blocks_.size() > outer) {
        filter_ = blocks_.back().outer;
        blocks_.pop_back();
    }
}

void ConfigReader::take(const Statement& statement, const std::string& file, std::size_t outer)
{
    using Kind = Statement::Kind;
    const auto at = placeOf(file, statement.line);
    switch (statement.kind) {
    case Kind::Include:
    case Kind::IncludeTry: return include(statement, file);
    case Kind::Open:
        if (blocks_.size() >= files_.depth())
            return found_.skip(at + ": blocks are nested too deep");
        return open(statement);
    case Kind::Close:
        if (blocks_.size() <= outer) return found_.skip(at + ": closes a block that is not open");
        filter_ = blocks_.back().outer;
        return blocks_.pop_back();
    default: return assign(statement, file);
    }
}

void ConfigReader::open(const Statement& statement)
{
    Block block{Block::Kind::Passed, statement.value, filter_};
    const bool inFilters = std::all_of(blocks_.begin(), blocks_.end(),
        [](const Block& around) { return around.kind == Block::Kind::Filter; });
    const bool inService = !blocks_.empty() && blocks_.back().kind == Block::Kind::Service;
    const std::map<std::string, std::string Filter::*> filters = {{"protocol", &Filter::protocol},
        {"local", &Filter::local}, {"local_name", &Filter::localName}};
    if (const auto known = filters.find(statement.key); known != filters.end() && inFilters) {
        block.kind = Block::Kind::Filter;
        filter_.*(known->second) = statement.value;
    } else if (statement.key == "service" && blocks_.empty()) {
        block.kind = Block::Kind::Service;
    } else if (statement.key == "inet_listener" && inService) {
        block.kind = Block::Kind::Listener;
        (void)result_.listeners[blocks_.back().name][statement.value];
    }
    blocks_.push_back(std::move(block));
}

// Where a setting is kept; nothing for one that says nothing of TLS.
Values* ConfigReader::valuesFor(const std::string& key)
{
    if (blocks_.empty() || blocks_.back().kind == Block::Kind::Filter)
        return isAmong(keptSettings, key) ? &result_.settings[filter_] : nullptr;
    if (blocks_.back().kind != Block::Kind::Listener || !isAmong(keptOfListeners, key))
        return nullptr;
    return &result_.listeners[blocks_[blocks_.size() - 2].name][blocks_.back().name];
}

void ConfigReader::assign(const Statement& statement, const std::string& file)
{
    auto* values = valuesFor(statement.key);
    if (values == nullptr) return;
    const auto at = placeOf(file, statement.line);
    auto text = statement.value;
    if (statement.kind == Statement::Kind::Variable) {
        // What it was before, and more: "$protocols imap".
        const auto self = "$" + statement.key;
        const auto before = values->find(statement.key);
        const bool goesOn = text == self || text.starts_with(self + " ");
        if (goesOn) text.erase(0, self.size());
        if (text.find('$') != std::string::npos)
            return found_.skip(at + ": " + statement.key + " holds a variable");
        if (goesOn && before != values->end()) text.insert(0, before->second.text);
    }
    if (!files_.takeStatement(text.size() + at.size()))
        return found_.skip(at + ": too many settings");
    (*values)[statement.key] = {text, statement.kind == Statement::Kind::File, folderOf(file), at};
}

void ConfigReader::include(const Statement& statement, const std::string& file)
{
    const auto at = placeOf(file, statement.line);
    const bool mayBeMissing = statement.kind == Statement::Kind::IncludeTry;
    const auto path = service_config::fullPath(statement.value, folderOf(file));
    const auto matches = files_.matchesOf(path);
    if (!matches) return found_.skip(at + ": include: " + matches.error().message);
    if (matches->empty() && !mayBeMissing) return found_.skip(at + ": include: nothing matches");
    for (const auto& match : *matches)
        includeFile(match, at, mayBeMissing);
}

void ConfigReader::includeFile(const std::string& file, const std::string& at, bool mayBeMissing)
{
    const auto text = files_.enter(file);
    if (text) {
        readText(*text, file);
        return files_.leave();
    }
    std::error_code problem;
    if (!mayBeMissing || fs::exists(file, problem)) found_.skip(at + ": " + text.error().message);
}

} // namespace perennial::plugins::dovecot
