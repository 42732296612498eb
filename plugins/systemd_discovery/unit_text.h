#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace perennial::plugins::systemd {

// One line of a unit file that says something of credentials.
struct CredentialLine {
    enum class Kind { Load, LoadEncrypted, Set, SetEncrypted };
    Kind kind = Kind::Load;
    std::string value; // as it is written; empty: what was said before is forgotten
    int line = 0;
};

// Those of a unit file or a drop-in, as systemd 252 reads it: comments, lines continued by a
// backslash, the sections in which a process is started.
std::vector<CredentialLine> credentialLines(std::string_view text);

// What specifiers stand for in a unit: "%i" and the like. False where one is not known here.
struct UnitName {
    std::string prefix;   // "web" of "web@blue.service"
    std::string instance; // "blue"; empty for none
    std::string type;     // "service"
    std::string text() const;
    std::string templateText() const; // "web@.service"; empty without an instance
};
UnitName unitNameOf(const std::string& text);
bool expand(std::string& text, const UnitName& unit);

} // namespace perennial::plugins::systemd
