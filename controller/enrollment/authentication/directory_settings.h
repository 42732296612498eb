#pragma once

#include "shared/yaml/strict_yaml.h"

#include <optional>
#include <string>
#include <vector>

namespace perennial::enrollment::server {

// Where user names and passwords are judged by a directory (LDAP).
struct DirectorySettings {
    std::vector<std::string> servers; // ldaps:// URLs, tried in this order
    std::string trustFile;            // PEM
    Duration connectTimeout{5};
    Duration answerTimeout{10};

    // How a name becomes an entry: written into a DN, or looked for.
    std::string userDn; // "uid={user},ou=people,dc=example,dc=test"
    struct Search {
        std::string base;
        std::string filter; // "(uid={user})"
        std::string bindDn;
        std::string passwordFile;

        // How a Kerberos principal becomes an entry: by the attribute that holds it.
        struct Principals {
            std::string attribute;  // "krbPrincipalName", "sAMAccountName"
            bool withRealm = false; // "alice@EXAMPLE.TEST"; else "alice"
        };
        std::optional<Principals> principals;
    };
    std::optional<Search> search;
    std::string nameAttribute; // what the entry calls its user; the caller's name

    struct Groups {
        std::string base;
        std::string filter; // "(member={dn})", "(memberUid={user})"
        std::string nameAttribute;
    };
    std::optional<Groups> groups;

    // Which attributes of the entry hold the names that templates build certificates of; empty:
    // none. Whoever may write one of them chooses what certificates say.
    struct Names {
        std::string dns;   // "dNSHostName"
        std::string upn;   // "userPrincipalName"
        std::string email; // "mail"
        std::string sid;   // "objectSid", binary as Active Directory has it, or S-1-...
    };
    Names names;
};
std::optional<DirectorySettings> readDirectory(yaml::Reader& config); // section `directory`

// `text` with each {key} replaced by a value that is escaped for DNs and filters.
std::string filledIn(std::string text, const std::string& key, const std::string& value);

} // namespace perennial::enrollment::server
