#include "shared/tls/tls_connection.h"

#include "shared/tls/socket_bio.h"

#include <cerrno>
#include <cstring>
#include <new>
#include <openssl/err.h>

namespace perennial::tls {

TlsConnection::TlsConnection(SSL_CTX* context, FileDescriptor socket, Role role)
    : socket_(std::move(socket)), ssl_(SSL_new(context))
{
    BIO* const transport = newSocketBio(socket_.get());
    if (!ssl_ || transport == nullptr) throw std::bad_alloc();
    SSL_set_bio(ssl_.get(), transport, transport);
    if (role == Role::Client) {
        SSL_set_connect_state(ssl_.get());
    } else {
        SSL_set_accept_state(ssl_.get());
    }
}

Progress TlsConnection::judge(int returned)
{
    if (returned > 0) return Progress::Done;
    const int systemError = errno;
    switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ: return Progress::NeedsRead;
    case SSL_ERROR_WANT_WRITE: return Progress::NeedsWrite;
    case SSL_ERROR_ZERO_RETURN: return Progress::Closed;
    case SSL_ERROR_SYSCALL:
        broken_ = true;
        failure_ = systemError != 0 ? std::strerror(systemError) : "the connection was cut off";
        return Progress::Failed;
    default:
        broken_ = true;
        failure_ = x509::opensslError(ErrorKind::Unavailable, "TLS").message;
        return Progress::Failed;
    }
}

Progress TlsConnection::handshake()
{
    if (broken_) return Progress::Failed;
    ERR_clear_error();
    errno = 0;
    return judge(SSL_do_handshake(ssl_.get()));
}

Progress TlsConnection::read(char* buffer, std::size_t size, std::size_t& got)
{
    got = 0;
    if (broken_) return Progress::Failed;
    ERR_clear_error();
    errno = 0;
    return judge(SSL_read_ex(ssl_.get(), buffer, size, &got));
}

Progress TlsConnection::write(const char* bytes, std::size_t size, std::size_t& taken)
{
    taken = 0;
    if (broken_) return Progress::Failed;
    ERR_clear_error();
    errno = 0;
    return judge(SSL_write_ex(ssl_.get(), bytes, size, &taken));
}

void TlsConnection::sendCloseNotify()
{
    if (broken_ || SSL_is_init_finished(ssl_.get()) == 0) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

std::optional<x509::Certificate> TlsConnection::peerCertificate() const
{
    return peerCertificateOf(ssl_.get());
}

std::optional<x509::Certificate> TlsConnection::verifiedIssuer() const
{
    return verifiedIssuerOf(ssl_.get());
}

std::optional<x509::Certificate> TlsConnection::ownCertificate() const
{
    X509* own = SSL_get_certificate(ssl_.get());
    if (own == nullptr || X509_up_ref(own) != 1) return std::nullopt;
    return x509::Certificate::adopt({own, &X509_free});
}

std::string TlsConnection::protocol() const { return SSL_get_version(ssl_.get()); }

} // namespace perennial::tls
