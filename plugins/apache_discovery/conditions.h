#pragma once

#include "plugins/apache_discovery/config_lines.h"

#include <functional>
#include <set>
#include <string>

namespace perennial::plugins::apache {

// What Apache decides while it reads: what is defined, which modules are loaded, where its root is.
class Conditions {
public:
    Conditions(std::string serverRoot, Variables defined, const std::vector<std::string>& modules);

    // A directive that changes them; false: it is none of those.
    bool take(const std::string& name, const std::vector<std::string>& arguments);
    std::string resolved(const std::string& line) const { return withVariables(line, variables_); }
    std::string pathOf(const std::string& path) const; // absolute, as Apache takes it
    const std::string& serverRoot() const { return serverRoot_; }

    enum class Verdict {
        Holds,
        Fails,
        Unknown,     // nothing in files says so
        NoCondition, // a section of another kind
    };
    // Of a section that is read or not: <IfModule>, <IfDefine>, <IfFile> and their like.
    Verdict judge(const std::string& section, const std::vector<std::string>& arguments) const;

private:
    std::string serverRoot_;
    Variables variables_;
    std::set<std::string> defined_;
    std::set<std::string> modules_; // "ssl_module" and "mod_ssl.c"
};

} // namespace perennial::plugins::apache
