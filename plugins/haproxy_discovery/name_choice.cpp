#include "plugins/haproxy_discovery/name_choice.h"

#include "shared/service_config/server_name.h"

namespace perennial::plugins::haproxy {

using service_config::canBeSent;

namespace {

constexpr int guesses = 4; // of names that a wildcard stands for
constexpr std::size_t mostCompared = 64;

} // namespace

void NameChoice::add(const std::vector<std::string>& names, bool ecKey)
{
    const auto certificate = names_.size();
    auto& all = ecKey ? ofEc_ : ofOthers_;
    names_.emplace_back();
    excluded_.emplace_back();
    for (const auto& written : names) {
        const auto name = service_config::lowerCase(written);
        if (name.starts_with('!')) {
            excluded_.back().insert(name.substr(1));
            continue;
        }
        names_.back().push_back(name);
        if (name.starts_with("*."))
            all.wild[name.substr(1)].push_back(certificate);
        else
            all.exact.emplace(name, certificate);
    }
}

std::optional<std::size_t> NameChoice::findIn(const Names& names, const std::string& name) const
{
    if (const auto found = names.exact.find(name); found != names.exact.end()) return found->second;
    const auto dot = name.find('.');
    if (dot == std::string::npos) return std::nullopt;
    const auto found = names.wild.find(name.substr(dot));
    if (found == names.wild.end()) return std::nullopt;
    std::size_t compared = 0;
    for (const auto certificate : found->second) {
        if (++compared > mostCompared) break;
        if (excluded_[certificate].count(name) == 0) return certificate;
    }
    return std::nullopt;
}

std::optional<std::size_t> NameChoice::find(const std::string& name) const
{
    if (const auto found = findIn(ofEc_, name)) return found;
    if (const auto found = findIn(ofOthers_, name)) return found;
    if (strict_ || names_.empty()) return std::nullopt;
    return 0;
}

bool NameChoice::leadsTo(const std::string& name, std::size_t certificate) const
{
    return canBeSent(name) && find(name) == certificate;
}

std::optional<std::string> NameChoice::nameFor(std::size_t certificate) const
{
    const auto& names = names_.at(certificate);
    for (const auto& name : names) {
        if (leadsTo(name, certificate)) return name;
    }
    for (const auto& name : names) {
        for (int guess = 0; name.starts_with("*.") && guess < guesses; ++guess) {
            auto whole =
                "perennial" + (guess == 0 ? "" : "-" + std::to_string(guess)) + name.substr(1);
            if (leadsTo(whole, certificate)) return whole;
        }
    }
    if (certificate == 0 && !strict_) return std::string();
    return std::nullopt;
}

} // namespace perennial::plugins::haproxy
