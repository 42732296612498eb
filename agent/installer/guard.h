#pragma once

#include "agent/installer/order_records.h"
#include "shared/base/clock.h"
#include "shared/x509/certificate.h"

#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

namespace perennial::installer {

// A folder whose files may be replaced, those of the folders below it too.
struct StoreRule {
    std::filesystem::path folder;
    mode_t certificateMode = 0644;
    mode_t keyMode = 0600;
    std::optional<uid_t> owner; // unset: the owner of the file that is replaced
    std::optional<gid_t> group;
    bool lendReadableKeys = false;      // an old key that others can read may still sign a renewal
    std::string versionLink;            // name of the link to the version in force; empty: none
    std::filesystem::path passwordFile; // of PKCS#12 files
    std::string chainFile; // name beside the certificate, for the authorities alone; empty: none
    std::vector<std::string> helper; // who reads and writes the store, with arguments; empty: we do
    Duration helperTimeout{30};
    std::filesystem::path linkPath() const
    {
        return versionLink.empty() ? std::filesystem::path() : folder / versionLink;
    }
    FileAttributes attributesFor(
        const std::filesystem::path& file, bool isKey, const FileFacts& current) const;
};

// A PKCS#11 token: whom to ask for it, and the labels of keys that may be renewed.
struct TokenRule {
    std::filesystem::path socket; // of perennial-token-keeper
    uid_t user = 0;               // who answers there, besides root (systemd)
    std::vector<std::string> keys;
};

struct ProgramAction {
    std::vector<std::string> check; // runs first when there is one; must end with 0
    std::vector<std::string> run;
    Duration timeout{30}; // of each
    bool inUnit = true;   // `run`: of its own, outside the installer's sandbox, where systemd runs
};
struct SignalAction {
    int signal;
    std::filesystem::path pidFile;
    std::vector<std::string> check = {};
    Duration timeout{30}; // of the check
};
using Action = std::variant<ProgramAction, SignalAction>;

// A place where policies may choose a certificate's names: where nothing is yet, and where another
// one is.
struct EnrollmentRule {
    Place place;
    std::vector<std::string> names; // patterns
};

// A folder of trusted authorities, the command that takes them over, and the file that then shows
// them. Nothing but these anchors may ever be put there, whatever a policy says.
struct TrustRule {
    std::filesystem::path folder;
    std::filesystem::path result;
    std::set<std::string> anchors; // SHA-256 of certificates, hex
    Action update;
};

// "*" stands for one label, on the left.
bool isAmong(const std::string& name, const std::vector<std::string>& patterns);

// The host's own limit on what anybody may have done here: docs/configuration.md, guard.yaml.
struct Guard {
    std::filesystem::path socket;
    mode_t socketMode = 0660;
    std::optional<gid_t> socketGroup;
    std::filesystem::path state;
    std::vector<uid_t> callers;
    std::vector<StoreRule> stores;
    std::vector<std::string> keyTypes;
    std::vector<std::string> names;     // patterns
    std::vector<std::string> templates; // OIDs; empty: any
    std::vector<EnrollmentRule> enrollments;
    std::int64_t renewalsPerDay = 10; // of one slot
    Duration keepPrevious{0};         // how long an old pair stays after its renewal is finished
    std::map<std::string, Action> actions;
    std::map<std::string, TrustRule> trustStores;
    std::map<std::string, TokenRule> tokens; // by the token's label
    std::vector<x509::Certificate> issuers;  // every path must end at one of them

    // The rule of the innermost folder around the file, or null.
    const StoreRule* storeOf(const std::filesystem::path& file) const;
    const StoreRule* helperOf(
        const Place& place) const; // its rule, where that has a helper; or null
    bool allowsName(const std::string& name) const { return isAmong(name, names); }
    const EnrollmentRule* enrollmentAt(const Place& place) const; // or null
};

// Errors name the file, line and key. Refuses a file that others could have written.
Result<Guard> loadGuard(const std::filesystem::path& file);

} // namespace perennial::installer
