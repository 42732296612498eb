#include "plugins/systemd_discovery/credentials.h"

namespace perennial::plugins::systemd {

namespace {

constexpr std::size_t mostCredentials = 500; // of one unit

bool isLoaded(CredentialLine::Kind kind)
{
    return kind == CredentialLine::Kind::Load || kind == CredentialLine::Kind::LoadEncrypted;
}

int digitOf(char c, int base)
{
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : base;
    return digit < base ? digit : -1;
}

} // namespace

std::string Credentials::take(const CredentialLine& line, const std::string& file)
{
    const bool isSet = !isLoaded(line.kind);
    if (line.value.empty()) {
        std::erase_if(all_, [&](const auto& one) { return one.first.first == isSet; });
        return {};
    }
    const auto colon = line.value.find(':');
    auto name = line.value.substr(0, colon);
    auto source = colon == std::string::npos ? name : line.value.substr(colon + 1);
    if (isSet && colon == std::string::npos) return "a credential without a value";
    if (!expand(name, unit_) || (!isSet && !expand(source, unit_)))
        return "a credential with a specifier that is not known here";
    if (name.empty() || name.find('/') != std::string::npos) return "a credential without a name";
    if (all_.size() == mostCredentials) return "too many credentials";
    all_[{isSet, name}] = {line.kind, std::move(source), file + ":" + std::to_string(line.line)};
    return {};
}

std::optional<std::string> unescaped(const std::string& value)
{
    std::string text;
    for (std::size_t at = 0; at < value.size(); ++at) {
        if (value[at] != '\\') {
            text += value[at];
            continue;
        }
        constexpr std::string_view names = "abfnrtvs\"'\\";
        constexpr std::string_view meant = "\a\b\f\n\r\t\v \"'\\";
        const char c = ++at < value.size() ? value[at] : '\0';
        const auto digit = [&](std::size_t behind, int base) {
            return at + behind < value.size() ? digitOf(value[at + behind], base) : -1;
        };
        if (c != '\0' && names.find(c) != std::string_view::npos) {
            text += meant[names.find(c)];
        } else if (c == 'x' && digit(1, 16) >= 0 && digit(2, 16) >= 0) {
            text += static_cast<char>(digit(1, 16) * 16 + digit(2, 16));
            at += 2;
        } else if (digit(0, 8) >= 0 && digit(1, 8) >= 0 && digit(2, 8) >= 0) {
            text += static_cast<char>(digit(0, 8) * 64 + digit(1, 8) * 8 + digit(2, 8));
            at += 2;
        } else {
            return std::nullopt;
        }
    }
    return text;
}

} // namespace perennial::plugins::systemd
