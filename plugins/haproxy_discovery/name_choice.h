#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace perennial::plugins::haproxy {

// Which certificate a `bind` shows for which name, as HAProxy chooses: of those with an EC key the
// first that has the name, else the first whose "*.example.test" it fits; else the same of those
// with another key; else the first of all, or with `strict` none.
class NameChoice {
public:
    explicit NameChoice(bool strict) : strict_(strict) {}

    // Names as in a crt-list; in lower case. Certificates are counted from 0, in this order.
    void add(const std::vector<std::string>& names, bool ecKey);

    // The server name to send so that this certificate is shown; "" when none is needed.
    std::optional<std::string> nameFor(std::size_t certificate) const;

private:
    struct Names {
        std::map<std::string, std::size_t> exact;
        std::map<std::string, std::vector<std::size_t>> wild; // ".example.test"
    };
    std::optional<std::size_t> find(const std::string& name) const;
    std::optional<std::size_t> findIn(const Names& names, const std::string& name) const;
    bool leadsTo(const std::string& name, std::size_t certificate) const;

    bool strict_;
    Names ofEc_;
    Names ofOthers_;
    std::vector<std::vector<std::string>> names_;
    std::vector<std::set<std::string>> excluded_;
};

} // namespace perennial::plugins::haproxy
