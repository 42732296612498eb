#pragma once

#include "shared/plugin_api/discovery_source.h"

#include <string>
#include <string_view>
#include <vector>

namespace perennial::plugins::openldap {

// Where slapd was told to listen: the URLs of its option -h, and which kind of address.
struct ListenUrls {
    std::vector<std::string> urls;
    bool onlyV6 = false; // -6
    std::string at;      // who says so: a file, or "urls"
};

// From the words of slapd's command line, joined by blanks: the form of its args file. The URLs of
// -h are one word, so blanks are between them too. Without -h slapd listens at "ldap:///".
ListenUrls urlsOfCommandLine(std::string_view commandLine);
// From Debian's /etc/default/slapd: SLAPD_SERVICES, as text that no shell has to work on. What a
// shell would make of anything else is told in `found.skipped`.
ListenUrls urlsOfDefaults(std::string_view text, const std::string& file, Discovery& found);

// Where TLS can be looked at: ldaps:// at once, ldap:// by StartTLS. Sockets of the Unix kind have
// none; a name of a host, and the PROXY protocol, are told in `found.skipped`.
std::vector<model::Listener> listenersOf(const ListenUrls& where, Discovery& found);

} // namespace perennial::plugins::openldap
