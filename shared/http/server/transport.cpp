#include "shared/http/server/transport.h"

#include <cerrno>
#include <sys/socket.h>

namespace perennial::http {

using tls::Progress;

namespace {

Progress judge(ssize_t returned, Progress wait)
{
    if (returned > 0) return Progress::Done;
    if (returned == 0) return Progress::Closed;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? wait : Progress::Failed;
}

} // namespace

Transport::Transport(std::shared_ptr<const tls::ServerContext> context, FileDescriptor socket)
    : context_(std::move(context))
{
    if (context_) {
        tls_.emplace(context_->handle(), std::move(socket), tls::TlsConnection::Role::Server);
    } else {
        socket_ = std::move(socket);
    }
}

Progress Transport::handshake() { return tls_ ? tls_->handshake() : Progress::Done; }

Progress Transport::read(char* buffer, std::size_t size, std::size_t& got)
{
    if (tls_) return tls_->read(buffer, size, got);
    const ssize_t count = ::recv(socket_.get(), buffer, size, MSG_DONTWAIT);
    got = count > 0 ? static_cast<std::size_t>(count) : 0;
    return judge(count, Progress::NeedsRead);
}

Progress Transport::write(const char* bytes, std::size_t size, std::size_t& taken)
{
    if (tls_) return tls_->write(bytes, size, taken);
    const ssize_t count = ::send(socket_.get(), bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    taken = count > 0 ? static_cast<std::size_t>(count) : 0;
    return judge(count, Progress::NeedsWrite);
}

void Transport::sendCloseNotify()
{
    if (tls_) tls_->sendCloseNotify();
}

std::optional<x509::Certificate> Transport::peerCertificate() const
{
    return tls_ ? tls_->peerCertificate() : std::nullopt;
}

std::optional<x509::Certificate> Transport::verifiedIssuer() const
{
    return tls_ ? tls_->verifiedIssuer() : std::nullopt;
}

std::optional<x509::Certificate> Transport::ownCertificate() const
{
    return tls_ ? tls_->ownCertificate() : std::nullopt;
}

bool Transport::hasMore() const { return tls_ && SSL_has_pending(tls_->handle()) == 1; }

} // namespace perennial::http
