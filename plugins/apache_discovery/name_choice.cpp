#include "plugins/apache_discovery/name_choice.h"

#include "shared/service_config/server_name.h"

namespace perennial::plugins::apache {

using service_config::canBeSent;

namespace {

constexpr int guesses = 4; // of names that an alias stands for
constexpr std::size_t mostComparisons = 5'000'000;

bool isPattern(const std::string& name) { return name.find_first_of("*?") != std::string::npos; }

std::string standIn(const std::string& alias, int guess)
{
    const auto label = "perennial" + (guess == 0 ? "" : "-" + std::to_string(guess));
    std::string name;
    for (const char c : alias)
        name += c == '*'   ? label
                : c == '?' ? std::string(1, static_cast<char>('p' + guess))
                           : std::string(1, c);
    return name;
}

} // namespace

bool fitsAlias(const std::string& name, const std::string& alias)
{
    std::size_t n = 0;
    std::size_t a = 0;
    std::size_t star = std::string::npos;
    std::size_t afterStar = 0;
    while (n < name.size()) {
        if (a < alias.size() && alias[a] == '*') {
            star = a++;
            afterStar = n;
        } else if (a < alias.size() && (alias[a] == '?' || alias[a] == name[n])) {
            ++a;
            ++n;
        } else if (star != std::string::npos) {
            a = star + 1;
            n = ++afterStar;
        } else {
            return false;
        }
    }
    while (a < alias.size() && alias[a] == '*')
        ++a;
    return a == alias.size();
}

void NameChoice::add(std::size_t host, const std::vector<std::string>& names)
{
    const auto place = hosts_.size();
    if (!places_.emplace(host, place).second) return;
    hosts_.push_back({host, names});
    for (const auto& name : names) {
        if (isPattern(name))
            patterns_.emplace_back(name, place);
        else
            exact_.emplace(name, place);
    }
}

std::optional<std::size_t> NameChoice::find(const std::string& name)
{
    const auto known = exact_.find(name);
    auto best = known == exact_.end() ? hosts_.size() : known->second;
    for (const auto& [alias, place] : patterns_) {
        if (place >= best) break; // they are in order
        if (++comparisons_ > mostComparisons) return std::nullopt;
        if (fitsAlias(name, alias)) best = place;
    }
    return best == hosts_.size() ? 0 : best;
}

bool NameChoice::leadsTo(const std::string& name, std::size_t host)
{
    if (!canBeSent(name)) return false;
    const auto place = find(name);
    return place && hosts_[*place].index == host;
}

std::optional<std::string> NameChoice::nameFor(std::size_t host)
{
    const auto found = places_.find(host);
    if (found == places_.end()) return std::nullopt;
    const auto& names = hosts_[found->second].names;
    for (const auto& name : names) {
        if (!isPattern(name) && leadsTo(name, host)) return name;
    }
    for (const auto& alias : names) {
        for (int guess = 0; isPattern(alias) && guess < guesses; ++guess) {
            const auto name = standIn(alias, guess);
            if (leadsTo(name, host)) return name;
        }
    }
    if (first() == host) return std::string();
    return std::nullopt;
}

} // namespace perennial::plugins::apache
