#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace perennial::plugins::nginx {

// Which server answers to which name at one address, as nginx chooses: the exact name, the longest
// "*.example.test", the longest "www.example.*", else the default server. The first server that
// has a name keeps it. Regular expressions are not followed.
class ServerChoice {
public:
    void add(std::size_t server, const std::vector<std::string>& names, bool isDefault);

    // The server name to send so that this server answers: its first concrete name that leads to
    // it, else a name that one of its wildcards stands for, else none ("") when it is the default.
    std::optional<std::string> nameFor(std::size_t server) const;
    std::optional<std::size_t> defaultServer() const { return default_; }

private:
    std::optional<std::size_t> find(const std::string& name) const;
    bool leadsTo(const std::string& name, std::size_t server) const;

    std::map<std::string, std::size_t> exact_;
    std::map<std::string, std::size_t> endings_;    // ".example.test"
    std::map<std::string, std::size_t> beginnings_; // "www.example."
    std::map<std::size_t, std::vector<std::string>> names_;
    std::optional<std::size_t> default_;
    bool defaultIsNamed_ = false;
};

} // namespace perennial::plugins::nginx
