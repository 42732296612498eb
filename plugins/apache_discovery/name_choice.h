#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace perennial::plugins::apache {

// Which virtual host answers to which name where several share an address, as Apache chooses: the
// first, in the order of the files, that has the name or an alias that it fits; else the first of
// all. Names are in lower case; in aliases "*" stands for any characters and "?" for one.
class NameChoice {
public:
    void add(std::size_t host, const std::vector<std::string>& names);

    // The server name to send so that this host answers: one of its names that leads to it, else
    // one that an alias stands for, else none ("") when it is the first.
    std::optional<std::string> nameFor(std::size_t host);
    std::size_t first() const { return hosts_.front().index; }

private:
    struct Host {
        std::size_t index;
        std::vector<std::string> names;
    };
    std::optional<std::size_t> find(const std::string& name);
    bool leadsTo(const std::string& name, std::size_t host);

    std::vector<Host> hosts_;
    std::map<std::string, std::size_t> exact_;                  // name -> place in hosts_
    std::vector<std::pair<std::string, std::size_t>> patterns_; // alias -> place in hosts_
    std::map<std::size_t, std::size_t> places_;                 // host -> place in hosts_
    std::size_t comparisons_ = 0;
};

bool fitsAlias(const std::string& name, const std::string& alias);

} // namespace perennial::plugins::apache
