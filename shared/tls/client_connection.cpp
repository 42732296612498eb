#include "shared/tls/client_connection.h"

#include "shared/tls/client_handshake.h"
#include "shared/tls/tls_connection.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/sockios.h>
#include <netdb.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace perennial::tls {

namespace {

using std::chrono::milliseconds;
using AddressList =
    std::unique_ptr<addrinfo, decltype([](addrinfo* list) { ::freeaddrinfo(list); })>;

bool waitFor(int socket, short what, const Deadline& deadline)
{
    pollfd waiting{socket, what, 0};
    int ready = 0;
    do {
        ready = ::poll(&waiting, 1, deadline.leftForPoll());
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

short eventFor(Progress progress) { return progress == Progress::NeedsWrite ? POLLOUT : POLLIN; }

// errno, or 0 when connected.
int connectTo(const addrinfo& address, const FileDescriptor& socket, const Deadline& deadline)
{
    if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    if (!waitFor(socket.get(), POLLOUT, deadline)) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
    return error;
}

Result<FileDescriptor> connectTo(
    const ClientConnection::Target& target, const std::string& name, const Deadline& deadline)
{
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed =
        ::getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &hints, &found);
    if (failed != 0) return Error{ErrorKind::Unavailable, name + ": " + ::gai_strerror(failed)};
    const AddressList list(found);
    int error = 0;
    for (const addrinfo* address = list.get(); address != nullptr; address = address->ai_next) {
        FileDescriptor socket(
            ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        error = socket ? connectTo(*address, socket, deadline) : errno;
        if (error == 0) return socket;
    }
    return Error{ErrorKind::Unavailable, name + ": " + std::strerror(error)};
}

bool isAddress(const std::string& host)
{
    in6_addr unused{};
    return ::inet_pton(AF_INET, host.c_str(), &unused) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), &unused) == 1;
}

std::string nameOf(const ClientConnection::Target& target)
{
    const bool v6 = target.host.find(':') != std::string::npos;
    return (v6 ? "[" + target.host + "]" : target.host) + ":" + std::to_string(target.port);
}

} // namespace

ClientConnection::ClientConnection(Target target, std::unique_ptr<ClientHandshake> handshake,
    std::unique_ptr<TlsConnection> connection)
    : target_(std::move(target)), handshake_(std::move(handshake)),
      connection_(std::move(connection))
{
}

ClientConnection::~ClientConnection() { close(milliseconds(0)); }

Result<std::unique_ptr<ClientConnection>> ClientConnection::open(
    const Target& target, const ClientSettings& settings, milliseconds timeout)
{
    const Deadline deadline(timeout);
    const auto expected = target.serverName.empty() ? target.host : target.serverName;
    x509::clearOpensslErrors();
    const SslContextHandle context(SSL_CTX_new(TLS_client_method()));
    if (!context) return x509::opensslError(ErrorKind::Internal, "TLS");
    auto handshake = std::make_unique<ClientHandshake>(settings);
    if (auto done = handshake->configure(context.get(), expected); !done) return done.error();
    // Written in pieces that move in memory.
    SSL_CTX_set_mode(
        context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

    auto socket = connectTo(target, nameOf(target), deadline);
    if (!socket) return socket.error();
    auto connection = std::make_unique<TlsConnection>(
        context.get(), std::move(*socket), TlsConnection::Role::Client);
    auto name = expected; // RFC 6066 3: a name, never an address
    if (!isAddress(expected) && SSL_ctrl(connection->handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME,
                                    TLSEXT_NAMETYPE_host_name, name.data()) != 1)
        return Error{ErrorKind::InvalidInput, "not a server name: " + expected};
    std::unique_ptr<ClientConnection> made(
        new ClientConnection(target, std::move(handshake), std::move(connection)));
    if (auto done = made->shakeHands(deadline); !done) return done.error();
    return made;
}

Status ClientConnection::shakeHands(const Deadline& deadline)
{
    for (;;) {
        const auto progress = connection_->handshake();
        established_ = progress == Progress::Done;
        if (established_) return {};
        if (progress == Progress::Closed || progress == Progress::Failed)
            return failure("no TLS handshake");
        if (!waitFor(connection_->descriptor(), eventFor(progress), deadline))
            return failure("no TLS handshake in time");
    }
}

Error ClientConnection::failure(const std::string& what) const
{
    const auto where = nameOf(target_) + ": ";
    if (!established_ && !handshake_->refusal().empty())
        return {ErrorKind::PermissionDenied, where + handshake_->refusal()};
    if (!handshake_->alert().empty())
        return {ErrorKind::PermissionDenied,
            where + "the server refused this side: " + handshake_->alert()};
    const auto& why = connection_->failure();
    return {ErrorKind::Unavailable, where + what + (why.empty() ? "" : ": " + why)};
}

Status ClientConnection::write(std::string_view bytes, milliseconds timeout)
{
    const Deadline deadline(timeout);
    while (!bytes.empty()) {
        std::size_t taken = 0;
        const auto progress = connection_->write(bytes.data(), bytes.size(), taken);
        bytes.remove_prefix(taken);
        if (progress == Progress::Done) continue;
        if (progress == Progress::Closed || progress == Progress::Failed)
            return failure("the connection broke");
        if (!waitFor(connection_->descriptor(), eventFor(progress), deadline))
            return failure("the other side takes nothing any more");
    }
    return {};
}

Result<std::size_t> ClientConnection::read(char* buffer, std::size_t size, milliseconds timeout)
{
    const Deadline deadline(timeout);
    for (;;) {
        std::size_t got = 0;
        const auto progress = connection_->read(buffer, size, got);
        if (progress == Progress::Done) return got;
        if (progress == Progress::Closed) return std::size_t{0};
        if (progress == Progress::Failed) return failure("the connection broke");
        if (!waitFor(connection_->descriptor(), eventFor(progress), deadline))
            return failure("the other side said nothing in time");
    }
}

bool ClientConnection::holdsMore() const { return SSL_has_pending(connection_->handle()) == 1; }

int ClientConnection::descriptor() const { return connection_->descriptor(); }

Status ClientConnection::watch(milliseconds howLong)
{
    const Deadline deadline(howLong);
    std::array<char, 4096> dropped;
    for (;;) {
        std::size_t got = 0;
        const auto progress = connection_->read(dropped.data(), dropped.size(), got);
        if (progress == Progress::Closed) return failure("the other side closed the connection");
        if (progress == Progress::Failed) return failure("the connection broke");
        if (progress == Progress::Done) {
            if (deadline.over()) return {};
            continue;
        }
        if (!waitFor(connection_->descriptor(), eventFor(progress), deadline)) return {};
    }
}

bool ClientConnection::confirmed() const
{
    int waiting = 0; // bytes not yet acknowledged (tcp(7), SIOCOUTQ)
    return ::ioctl(connection_->descriptor(), SIOCOUTQ, &waiting) == 0 && waiting == 0;
}

void ClientConnection::close(milliseconds timeout)
{
    if (std::exchange(closed_, true)) return;
    connection_->sendCloseNotify();
    ::shutdown(connection_->descriptor(), SHUT_WR);
    // Closing a socket that has something unread breaks the connection for the reader too.
    (void)watch(timeout);
}

} // namespace perennial::tls
