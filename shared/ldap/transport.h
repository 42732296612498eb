#pragma once

#include "shared/ldap/connection.h"
#include "shared/tls/client_connection.h"

#include <memory>
#include <optional>

struct ldap;

namespace perennial::ldap {

// The bytes of one LDAP connection, in our own TLS. libldap's takes what it trusts from files of
// the system, and its handshake waits for ever for a server that says nothing.
class Transport {
public:
    static Result<Transport> open(const ServerSettings& settings);

    const std::string& url() const { return url_; }
    int descriptor() const { return link_->connection->descriptor(); }
    bool attachTo(::ldap* handle) const;
    void startQuestion(); // from here on `answer` counts

    // What libldap's callbacks use; it stays where it is when the transport moves.
    struct Link {
        std::unique_ptr<tls::ClientConnection> connection;
        std::chrono::milliseconds answer{};
        std::optional<Deadline> deadline;

        std::chrono::milliseconds left() const { return deadline ? deadline->left() : answer; }
    };

private:
    Transport(std::string url, std::unique_ptr<Link> link)
        : url_(std::move(url)), link_(std::move(link))
    {
    }

    std::string url_;
    std::unique_ptr<Link> link_;
};

} // namespace perennial::ldap
