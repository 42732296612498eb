#include "shared/tls/server_context.h"

#include <algorithm>

namespace perennial::tls {

using x509::clearOpensslErrors;
using x509::opensslError;

namespace {

// Forward secrecy and no CBC with SHA-1; SHA384 is for Windows Server 2012 R2.
constexpr const char* tls12Ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+SHA384";
constexpr long sessionSeconds = 3600;
// With a client certificate each takes some kilobytes; the oldest make room.
constexpr long sessionLimit = 10'000;

// A resumed session carries the client certificate of the handshake that began it, which is not
// verified again: it must not be resumed past the end of that certificate.
int endWithCertificate(SSL* /*connection*/, SSL_SESSION* session)
{
    const X509* peer = SSL_SESSION_get0_peer(session);
    int days = 0;
    int seconds = 0;
    if (peer != nullptr &&
        ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(peer)) == 1) {
        const long left = std::max(0L, days * 86'400L + seconds);
        SSL_SESSION_set_timeout(session, std::min(SSL_SESSION_get_timeout(session), left));
    }
    return 0; // no reference was kept
}

// Sessions are kept in memory and the ticket is only their name. Tickets that carry the session
// make OpenSSL 3.0 decode the client certificate at each resumption, which takes as long as all the
// rest of it.
Status resumeFromMemory(SSL_CTX* context)
{
    static constexpr std::string_view name = "perennial";
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_cache_size(context, sessionLimit);
    SSL_CTX_sess_set_new_cb(context, &endWithCertificate);
    SSL_CTX_set_timeout(context, sessionSeconds);
    const auto* bytes = reinterpret_cast<const unsigned char*>(name.data());
    // Without it OpenSSL refuses to resume once client certificates are verified.
    if (SSL_CTX_set_session_id_context(context, bytes, name.size()) != 1 ||
        SSL_CTX_set_num_tickets(context, 1) != 1)
        return opensslError(ErrorKind::Internal, "TLS sessions");
    return {};
}

Status askForCertificate(SSL_CTX* context, const ServerSettings& settings)
{
    using Wanted = ServerSettings::ClientCertificate;
    if (settings.clientCertificate == Wanted::No) return {};
    if (settings.clientAnchors.empty())
        return Error{ErrorKind::InvalidInput,
            "client certificates are asked for, but no authority is trusted"};
    if (const auto done = trust(context, settings.clientAnchors); !done) return done;
    for (const auto& anchor : settings.clientAnchors) {
        if (SSL_CTX_add_client_CA(context, anchor.handle()) != 1)
            return opensslError(ErrorKind::Internal, "names of the client authorities");
    }
    if (SSL_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT) != 1)
        return opensslError(ErrorKind::Internal, "purpose of client certificates");
    const int required =
        settings.clientCertificate == Wanted::Required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | required, nullptr);
    return {};
}

} // namespace

Result<std::shared_ptr<const ServerContext>> ServerContext::make(const ServerSettings& settings)
{
    clearOpensslErrors();
    SslContextHandle context(SSL_CTX_new(TLS_server_method()));
    if (!context) return opensslError(ErrorKind::Internal, "TLS server");
    SSL_CTX* const handle = context.get();
    if (const auto done = secure(handle); !done) return done.error();
    if (SSL_CTX_set_cipher_list(handle, tls12Ciphers) != 1)
        return opensslError(ErrorKind::Internal, "TLS 1.2 cipher suites");
    SSL_CTX_set_options(handle, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION |
                                    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(handle, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(handle, 1); // a record in one read instead of two
    if (const auto done = present(handle, settings.identity); !done) return done.error();
    if (const auto done = resumeFromMemory(handle); !done) return done.error();
    if (const auto done = askForCertificate(handle, settings); !done) return done.error();
    return std::shared_ptr<const ServerContext>(new ServerContext(std::move(context)));
}

} // namespace perennial::tls
