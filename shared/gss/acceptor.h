#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"

#include <memory>
#include <string>
#include <string_view>

namespace perennial::gss {

// Whom a token proves.
struct Accepted {
    std::string principal; // "alice@EXAMPLE.TEST", as RFC 1964 2.1.1 writes it
    bool channelBound = false;
    Bytes answer; // goes back to the caller, who learns from it that the server is the right one
};

// The server's side of SPNEGO (RFC 4178, RFC 4559) with Kerberos as the only mechanism: NTLM is
// neither offered nor taken. One token proves a caller; a negotiation that needs a second one is
// refused, so nothing is kept between calls. Used by many threads at once.
class Acceptor {
public:
    struct Settings {
        std::string keytabFile; // keys of HTTP/<name>, whatever the name; read at each call
        std::string replayFile; // made when it is missing; what was accepted is not accepted again
        static constexpr std::size_t tokenLimit = 24U << 10U; // bytes
    };
    // InvalidInput: the keytab holds no key of a service HTTP. PermissionDenied: the keytab is
    // another user's, or others may read it.
    static Result<Acceptor> open(const Settings& settings);
    ~Acceptor();
    Acceptor(Acceptor&&) noexcept;
    Acceptor& operator=(Acceptor&&) noexcept;

    // `serverEndPoint` is the hash of RFC 5929 4.1 for this connection; empty: it has none. A
    // caller that bound to another channel is refused; one that did not bind is told by
    // channelBound. PermissionDenied with what GSSAPI said.
    Result<Accepted> accept(std::string_view token, std::string_view serverEndPoint) const;

private:
    struct State;
    explicit Acceptor(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace perennial::gss
