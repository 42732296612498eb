#include "plugins/nginx_discovery/config_reader.h"

#include "plugins/nginx_discovery/config_tokens.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

namespace perennial::plugins::nginx {

namespace {

constexpr std::array<std::string_view, 7> keptBlocks = {
    "http", "stream", "mail", "server", "location", "if", "limit_except"};
constexpr std::array<std::string_view, 13> keptStatements = {"listen", "server_name", "ssl",
    "ssl_reject_handshake", "starttls", "ssl_certificate", "ssl_certificate_key",
    "proxy_ssl_certificate", "proxy_ssl_certificate_key", "grpc_ssl_certificate",
    "grpc_ssl_certificate_key", "uwsgi_ssl_certificate", "uwsgi_ssl_certificate_key"};

template <class Names>
bool isAmong(const Names& names, const std::string& name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

using FileName = std::shared_ptr<const std::string>;

Directive directiveFrom(Statement statement, const FileName& file)
{
    Directive directive;
    directive.name = std::move(statement.words.front());
    statement.words.erase(statement.words.begin());
    directive.arguments = std::move(statement.words);
    directive.file = file;
    directive.line = statement.line;
    return directive;
}

Directive at(const FileName& file, int line)
{
    Directive directive;
    directive.file = file;
    directive.line = line;
    return directive;
}

// The blocks of one file that are open. Those that hold nothing for us are only counted.
class OpenBlocks {
public:
    OpenBlocks(Directive& outermost, std::size_t limit) : open_{&outermost}, limit_(limit) {}

    Directive& innermost() { return *open_.back(); }
    bool ignoring() const { return ignored_ > 0; }
    bool full() const { return open_.size() > limit_; }
    bool closed() const { return open_.size() == 1 && ignored_ == 0; }

    void enter(Directive directive)
    {
        innermost().block.push_back(std::move(directive));
        open_.push_back(&innermost().block.back());
    }
    void ignore() { ++ignored_; }
    bool leave()
    {
        if (ignored_ > 0) {
            --ignored_;
            return true;
        }
        if (open_.size() == 1) return false;
        const bool empty = innermost().block.empty() && innermost().name != "server";
        open_.pop_back();
        if (empty) innermost().block.pop_back();
        return true;
    }

private:
    std::vector<Directive*> open_; // a block's vector does not grow while one of its blocks is open
    std::size_t ignored_ = 0;
    std::size_t limit_;
};

} // namespace

std::string placeOf(const Directive& directive)
{
    return *directive.file + ":" + std::to_string(directive.line);
}

void ConfigReader::tell(const Directive& where, const std::string& what)
{
    found_.skip(placeOf(where) + ": " + what);
}

Result<Directive> ConfigReader::read(const std::string& file)
{
    const auto text = files_.enter(file);
    if (!text) return text.error();
    return parse(*text, file);
}

Directive ConfigReader::parse(const std::string& text, const std::string& file)
{
    folder_ = std::filesystem::path(file).parent_path().string();
    Directive root;
    files_.begin(file);
    readText(text, file, root);
    return root;
}

void ConfigReader::readText(const std::string& text, const std::string& file, Directive& into)
{
    read_.push_back(file);
    const auto name = std::make_shared<const std::string>(file);
    ConfigTokens tokens(text);
    OpenBlocks blocks(into, files_.depth());
    for (;;) {
        auto statement = tokens.next();
        if (!statement) return tell(at(name, tokens.line()), statement.error().message);
        switch (statement->kind) {
        case Statement::Kind::End:
            if (!blocks.closed()) tell(at(name, tokens.line()), "a block is left open");
            return;
        case Statement::Kind::BlockCloses:
            if (blocks.leave()) break;
            return tell(at(name, statement->line), "a '}' that closes nothing");
        case Statement::Kind::BlockOpens:
            if (blocks.ignoring() || !isAmong(keptBlocks, statement->words.front())) {
                blocks.ignore();
                break;
            }
            if (blocks.full() || !files_.takeStatement(service_config::bytesOf(statement->words)))
                return tell(at(name, statement->line), "too many blocks or statements");
            blocks.enter(directiveFrom(*std::move(statement), name));
            break;
        case Statement::Kind::Simple:
            if (blocks.ignoring()) break;
            if (statement->words.front() == "include") {
                include(directiveFrom(*std::move(statement), name), blocks.innermost());
            } else if (isAmong(keptStatements, statement->words.front())) {
                if (!files_.takeStatement(service_config::bytesOf(statement->words)))
                    return tell(at(name, statement->line), "too many statements");
                blocks.innermost().block.push_back(directiveFrom(*std::move(statement), name));
            }
        }
    }
}

void ConfigReader::include(const Directive& directive, Directive& into)
{
    if (directive.arguments.size() != 1) return tell(directive, "include needs one path");
    std::filesystem::path path = directive.arguments.front();
    if (path.is_relative()) path = folder_ / path;
    auto matches = files_.matchesOf(path.string());
    if (!matches) return tell(directive, "include: " + matches.error().message);
    std::sort(matches->begin(), matches->end()); // as glob(3) does
    for (const auto& match : *matches) {
        includeFile(match, directive, into);
        if (!files_.mayRead()) return;
    }
}

void ConfigReader::includeFile(const std::string& file, const Directive& from, Directive& into)
{
    const auto text = files_.enter(file);
    if (!text) return tell(from, text.error().message);
    readText(*text, file, into);
    files_.leave();
}

} // namespace perennial::plugins::nginx
