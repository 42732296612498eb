#pragma once

#include "shared/x509/certificate.h"

#include <string>
#include <string_view>
#include <vector>

namespace perennial::plugins::systemd {

// One line of a unit file that says something of credentials.
struct CredentialLine {
    enum class Kind { Load, LoadEncrypted, Set, SetEncrypted };
    Kind kind = Kind::Load;
    // As it is written; empty: what was said before is forgotten. Of one that is set the part up to
    // its colon alone: what follows is perhaps a key, and is kept nowhere.
    std::string value;
    int line = 0;
    std::vector<x509::Certificate> certificates = {}; // that it is set to
    bool isBroken = false;                            // one of them cannot be read
};

// Those of a unit file or a drop-in, as systemd 252 reads it: comments, lines continued by a
// backslash, the sections in which a process is started. What it copies of the text it wipes.
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
