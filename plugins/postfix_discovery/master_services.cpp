#include "plugins/postfix_discovery/master_services.h"

#include <algorithm>
#include <array>
#include <optional>

namespace perennial::plugins::postfix {

namespace {

constexpr std::size_t mostServices = 2'000;
constexpr std::array<std::string_view, 5> speakers = {
    "smtpd", "postscreen", "tlsproxy", "smtp", "lmtp"};
constexpr std::string_view blanks = " \t\r\v\f";

std::string_view trimmed(std::string_view text)
{
    const auto first = std::min(text.find_first_not_of(blanks), text.size());
    const auto last = text.find_last_not_of(blanks);
    return first == text.size() ? std::string_view() : text.substr(first, last - first + 1);
}

// Words; "{ ... }" is one, without its braces. Nothing when a brace is left open.
std::optional<std::vector<std::string>> wordsOf(std::string_view text)
{
    std::vector<std::string> words;
    for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
        if (!text.starts_with('{')) {
            const auto end = std::min(text.find_first_of(blanks), text.size());
            words.emplace_back(text.substr(0, end));
            text.remove_prefix(end);
            continue;
        }
        std::size_t end = 0;
        int open = 0;
        do {
            if (text[end] == '{') ++open;
            if (text[end] == '}') --open;
        } while (++end < text.size() && open > 0);
        if (open > 0) return std::nullopt;
        words.emplace_back(trimmed(text.substr(1, end - 2)));
        text.remove_prefix(end);
    }
    return words;
}

// False: an argument that says something this reader does not know.
bool takeArguments(const std::vector<std::string>& words, std::size_t first, Service& service)
{
    for (auto i = first; i < words.size(); ++i) {
        if (!words[i].starts_with("-o")) {
            // Another configuration, for this service alone.
            if (words[i].starts_with("-c")) return false;
            continue;
        }
        auto text = words[i].substr(2);
        if (text.empty() && ++i < words.size()) text = words[i];
        const auto equals = text.find('=');
        if (equals == std::string::npos) return false;
        service.overrides.emplace_back(trimmed(std::string_view(text).substr(0, equals)),
            trimmed(std::string_view(text).substr(equals + 1)));
    }
    return true;
}

} // namespace

std::vector<Service> servicesOf(const std::string& text, const std::string& file, Discovery& found)
{
    constexpr std::size_t commandAt = 7;
    std::vector<Service> services;
    const auto lines = linesOf(text);
    if (!lines) {
        found.skip(file + ":" + lines.error().message);
        return services;
    }
    for (const auto& line : *lines) {
        const auto at = file + ":" + std::to_string(line.number);
        const auto words = wordsOf(line.text);
        if (!words || words->size() <= commandAt) {
            found.skip(at + ": not a service");
            continue;
        }
        if (services.size() == mostServices) {
            found.skip(at + ": too many services");
            break;
        }
        Service service{(*words)[0], (*words)[1], (*words)[commandAt], {}, at};
        // What others are given is for other programs.
        const bool speaks =
            std::find(speakers.begin(), speakers.end(), service.command) != speakers.end();
        if (speaks && !takeArguments(*words, commandAt + 1, service)) {
            found.skip(at + ": has arguments that are not followed here");
            continue;
        }
        services.push_back(std::move(service));
    }
    return services;
}

} // namespace perennial::plugins::postfix
