#pragma once

#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/base/secret.h"
#include "shared/x509/certificate.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::ldap {

struct ServerSettings {
    std::string url; // ldaps://host or ldaps://host:port
    std::vector<x509::Certificate>
        anchors;         // the server's certificate must lead there and carry the host
    Duration connect{5}; // TCP and TLS
    Duration answer{10}; // each question
};

struct Entry {
    std::string dn;
    std::map<std::string, std::vector<std::string>> attributes; // those that were asked for

    const std::vector<std::string>& of(const std::string& attribute) const; // empty: has none
};

enum class Scope { Base, Subtree };

// One conversation with one directory server, LDAPv3 over TLS from the first byte; referrals to
// other servers are not followed. One thread. Errors: Unavailable (not reached, not trusted, out of
// time, or an answer that judges nobody), and what each call says.
class Connection {
public:
    // InvalidInput: the URL is none.
    static Result<Connection> open(const ServerSettings& settings);
    ~Connection();
    Connection(Connection&&) noexcept;
    Connection& operator=(Connection&&) noexcept;

    // Simple bind (RFC 4513 5.1.3). PermissionDenied: the directory says that the name or the
    // password is wrong, or either is empty; then it is not even asked, because such a bind is
    // an anonymous one that succeeds (5.1.2).
    Status bind(const std::string& dn, const Secret& password);

    // NotFound: the base does not exist. InvalidInput: more entries than `limit`.
    Result<std::vector<Entry>> search(const std::string& base, Scope scope,
        const std::string& filter, const std::vector<std::string>& attributes, int limit);

private:
    struct State;
    explicit Connection(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// A value for a place inside a DN or a filter: everything but letters, digits, "-", "_" and "."
// becomes a backslash and two hex digits, which RFC 4514 2.4 and RFC 4515 3 read alike.
std::string escapedValue(std::string_view value);

} // namespace perennial::ldap
