#include "plugins/nginx_discovery/server_choice.h"

#include "shared/service_config/server_name.h"

namespace perennial::plugins::nginx {

using service_config::canBeSent;
using service_config::lowerCase;

namespace {

constexpr int guesses = 4; // of names that a wildcard stands for

// Regular expressions, variables and the empty name lead nowhere.
bool isPlain(const std::string& name)
{
    return !name.empty() && name.front() != '~' && name.find('$') == std::string::npos;
}

bool endsOpen(const std::string& name) { return name.size() > 2 && name.ends_with(".*"); }
bool beginsOpen(const std::string& name) { return name.starts_with("*.") || name.front() == '.'; }

// "*.example.test" and ".example.test" -> ".example.test"
std::string endingOf(const std::string& name)
{
    return name.front() == '*' ? name.substr(1) : name;
}

} // namespace

void ServerChoice::add(std::size_t server, const std::vector<std::string>& names, bool isDefault)
{
    if (!default_ || (isDefault && !defaultIsNamed_)) default_ = server;
    defaultIsNamed_ = defaultIsNamed_ || isDefault;
    for (const auto& written : names) {
        if (!isPlain(written)) continue;
        const auto name = lowerCase(written);
        names_[server].push_back(name);
        if (endsOpen(name)) {
            beginnings_.emplace(name.substr(0, name.size() - 1), server);
        } else if (beginsOpen(name)) {
            endings_.emplace(endingOf(name), server);
            if (name.front() == '.') exact_.emplace(name.substr(1), server);
        } else {
            exact_.emplace(name, server);
        }
    }
}

std::optional<std::size_t> ServerChoice::find(const std::string& name) const
{
    if (const auto found = exact_.find(name); found != exact_.end()) return found->second;
    for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
        const auto found = endings_.find(name.substr(dot));
        if (found != endings_.end()) return found->second;
    }
    for (auto dot = name.rfind('.'); dot != std::string::npos && dot > 0;
         dot = name.rfind('.', dot - 1)) {
        const auto found = beginnings_.find(name.substr(0, dot + 1));
        if (found != beginnings_.end()) return found->second;
    }
    return std::nullopt;
}

bool ServerChoice::leadsTo(const std::string& name, std::size_t server) const
{
    return canBeSent(name) && find(name) == server;
}

std::optional<std::string> ServerChoice::nameFor(std::size_t server) const
{
    const auto listed = names_.find(server);
    static const std::vector<std::string> none;
    const auto& names = listed == names_.end() ? none : listed->second;
    for (const auto& name : names) {
        if (!endsOpen(name) && !beginsOpen(name) && leadsTo(name, server)) return name;
        if (name.front() == '.' && leadsTo(name.substr(1), server)) return name.substr(1);
    }
    for (const auto& name : names) {
        for (int guess = 0; guess < guesses; ++guess) {
            const auto label = "perennial" + (guess == 0 ? "" : "-" + std::to_string(guess));
            const auto whole = endsOpen(name)     ? name.substr(0, name.size() - 1) + label
                               : beginsOpen(name) ? label + endingOf(name)
                                                  : std::string();
            if (leadsTo(whole, server)) return whole;
        }
    }
    if (default_ == server) return std::string();
    return std::nullopt;
}

} // namespace perennial::plugins::nginx
