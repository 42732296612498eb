#pragma once

#include "plugins/postfix_discovery/config_lines.h"
#include "shared/plugin_api/discovery_source.h"

#include <map>
#include <string>

namespace perennial::plugins::postfix {

// A parameter with its macros put in.
struct Value {
    std::string text;
    std::string at; // "/etc/postfix/main.cf:12"
};

// main.cf, with what a line of master.cf sets otherwise for its service.
class Parameters {
public:
    // A line that Postfix would refuse goes to `found.skipped`, and the rest is read.
    static Parameters from(const std::string& text, const std::string& file, Discovery& found);

    void set(const std::string& name, const std::string& text, const std::string& at)
    {
        written_[name] = {text, at};
    }
    bool isSet(const std::string& name) const { return written_.count(name) > 0; }
    // What is written, else Postfix's default. InvalidInput for a macro that is known only to a
    // running Postfix, for an expression, and for macros that grow without end.
    Result<Value> value(const std::string& name) const;

private:
    std::map<std::string, Value> written_;
    std::string file_;
};

} // namespace perennial::plugins::postfix
