#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"
#include "shared/gss/trouble.h"

#include <memory>
#include <string>
#include <string_view>

namespace perennial::gss {

// One proof towards one service: a token to send, and the service's answer to look at. The
// Initiator must outlive it.
class Initiation {
public:
    ~Initiation();
    Initiation(Initiation&&) noexcept;
    Initiation& operator=(Initiation&&) noexcept;

    const Bytes& token() const { return token_; }
    // The service's own proof, or its refusal. PermissionDenied: it proves nothing, or asks for
    // another token, which is not given.
    Status finish(std::string_view answer);
    Trouble trouble() const { return trouble_; } // of finish()

private:
    friend class Initiator;
    struct State;
    Initiation(std::unique_ptr<State> state, Bytes token);
    std::unique_ptr<State> state_;
    Bytes token_;
    Trouble trouble_ = Trouble::None;
};

// The client's side of SPNEGO (RFC 4178, RFC 4559) with Kerberos as the only mechanism: NTLM is
// never offered. The key comes from a keytab, tickets stay in this process's memory; a credential
// cache of the user is neither read nor written. Nothing is delegated. One thread.
class Initiator {
public:
    struct Settings {
        std::string keytabFile; // of this program's user, mode 0600
        std::string principal;  // "host/web1.example.test@EXAMPLE.TEST"; the realm may be left out
    };
    // Asks the KDC for a ticket-granting ticket. Errors: InvalidInput, PermissionDenied,
    // Unavailable (no KDC answers); `trouble` says which it is.
    static Result<Initiator> open(const Settings& settings, Trouble& trouble);
    ~Initiator();
    Initiator(Initiator&&) noexcept;
    Initiator& operator=(Initiator&&) noexcept;

    // Towards the service HTTP/<host>, by the host's name as given: DNS does not change it.
    // `serverEndPoint` is the hash of RFC 5929 4.1 of the connection that the token will be sent
    // on; InvalidInput where there is none, for nothing is sent unbound.
    Result<Initiation> start(
        std::string_view host, std::string_view serverEndPoint, Trouble& trouble) const;

private:
    struct State;
    explicit Initiator(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace perennial::gss
