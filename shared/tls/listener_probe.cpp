#include "shared/tls/listener_probe.h"

#include "shared/tls/start_tls.h"
#include "shared/tls/tls_connection.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

namespace perennial::tls {

namespace {

using AddressList =
    std::unique_ptr<addrinfo, decltype([](addrinfo* list) { ::freeaddrinfo(list); })>;

struct Seen {
    std::vector<Bytes> chain;
    bool serverFlightDone =
        false; // TLS 1.2 and before: the server has shown its key and waits for us
};

Error unavailable(const ListenerAddress& listener, const std::string& what)
{
    return {ErrorKind::Unavailable, toText(listener) + ": " + what};
}

// A refused connection is told apart from every other silence.
Error unreachable(const ListenerAddress& listener, int error)
{
    return {error == ECONNREFUSED ? ErrorKind::NotFound : ErrorKind::Unavailable,
        toText(listener) + ": " + std::strerror(error)};
}

bool isNumeric(const std::string& host)
{
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return false;
    ::freeaddrinfo(found);
    return true;
}

bool waitFor(int socket, short what, const Deadline& deadline)
{
    pollfd waiting{socket, what, 0};
    int ready = 0;
    do {
        ready = ::poll(&waiting, 1, deadline.leftForPoll());
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

Result<FileDescriptor> connectTo(const ListenerAddress& listener, const Deadline& deadline)
{
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (listener.port < 1 || listener.port > 65'535 ||
        ::getaddrinfo(
            listener.host.c_str(), std::to_string(listener.port).c_str(), &hints, &found) != 0)
        return Error{ErrorKind::InvalidInput, toText(listener) + ": not an address and a port"};
    const AddressList list(found);
    FileDescriptor socket(::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return Error{ErrorKind::Internal, std::string("socket: ") + std::strerror(errno)};
    if (::connect(socket.get(), list->ai_addr, list->ai_addrlen) == 0) return socket;
    if (errno != EINPROGRESS) return unreachable(listener, errno);
    if (!waitFor(socket.get(), POLLOUT, deadline))
        return unavailable(listener, "no connection in time");
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
        return unreachable(listener, error);
    return socket;
}

Status sendAll(int socket, std::string_view words, const Deadline& deadline)
{
    while (!words.empty()) {
        const auto sent = ::send(socket, words.data(), words.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return Error{ErrorKind::Unavailable, std::strerror(errno)};
        if (sent > 0) words.remove_prefix(static_cast<std::size_t>(sent));
        if (!words.empty() && !waitFor(socket, POLLOUT, deadline))
            return Error{ErrorKind::Unavailable, "no TLS handshake in time"};
    }
    return {};
}

// Comes back when TLS may begin. Nothing of what was said before is kept.
Status askForTls(int socket, const std::string& protocol, const Deadline& deadline)
{
    StartTls talk(protocol);
    std::array<char, 2048> buffer{};
    while (!talk.granted()) {
        if (auto status = sendAll(socket, talk.takeOutput(), deadline); !status) return status;
        if (!waitFor(socket, POLLIN, deadline))
            return Error{ErrorKind::Unavailable, "no TLS handshake in time"};
        const auto got = ::recv(socket, buffer.data(), buffer.size(), 0);
        if (got == 0) return Error{ErrorKind::Unavailable, "the connection was cut off"};
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            return Error{ErrorKind::Unavailable, std::strerror(errno)};
        if (got > 0) {
            const std::string_view heard(buffer.data(), static_cast<std::size_t>(got));
            if (auto status = talk.hear(heard); !status) return status;
        }
    }
    return sendAll(socket, talk.takeOutput(), deadline);
}

// Called with what the server sent, before anything else is known of it. Accepts all of it.
int keepChain(X509_STORE_CTX* path, void* seen)
{
    auto& chain = static_cast<Seen*>(seen)->chain;
    chain.clear();
    const STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(path);
    for (int i = 0; i < sk_X509_num(sent); ++i) {
        unsigned char* der = nullptr;
        const int size = i2d_X509(sk_X509_value(sent, i), &der);
        if (size <= 0) continue;
        chain.emplace_back(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
        OPENSSL_free(der);
    }
    return 1;
}

void observe(const SSL* connection, int where, int /*value*/)
{
    if (where == SSL_CB_CONNECT_LOOP && SSL_get_state(connection) == TLS_ST_CR_SRVR_DONE)
        static_cast<Seen*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)))->serverFlightDone =
            true;
}

// Old listeners are what a look is for, so everything that OpenSSL can still speak is allowed here.
Result<SslContextHandle> lookingContext(Seen& seen)
{
    x509::clearOpensslErrors();
    SslContextHandle context(SSL_CTX_new(TLS_client_method()));
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context.get(), "ALL:!aNULL:!eNULL:@SECLEVEL=0") != 1)
        return x509::opensslError(ErrorKind::Internal, "TLS");
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_options(context.get(), SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_cert_verify_callback(context.get(), &keepChain, &seen);
    SSL_CTX_set_app_data(context.get(), &seen);
    SSL_CTX_set_info_callback(context.get(), &observe);
    return context;
}

// RFC 6066 3: a name, never an address. What SSL_set_tlsext_host_name() does, without its C cast.
bool name(TlsConnection& connection, std::string serverName)
{
    if (serverName.empty() || isNumeric(serverName)) return true;
    return SSL_ctrl(connection.handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               serverName.data()) == 1;
}

Progress shakeHands(TlsConnection& connection, const Deadline& deadline)
{
    Progress progress = connection.handshake();
    while (progress == Progress::NeedsRead || progress == Progress::NeedsWrite) {
        const short what = progress == Progress::NeedsRead ? POLLIN : POLLOUT;
        if (!waitFor(connection.descriptor(), what, deadline)) break;
        progress = connection.handshake();
    }
    return progress;
}

} // namespace

std::string toText(const ListenerAddress& listener)
{
    const bool v6 = listener.host.find(':') != std::string::npos;
    std::string text =
        (v6 ? "[" + listener.host + "]" : listener.host) + ":" + std::to_string(listener.port);
    if (!listener.serverName.empty()) text += " (" + listener.serverName + ")";
    if (!listener.startTls.empty()) text += " by " + listener.startTls;
    return text;
}

Result<ServedCertificate> probeListener(const ListenerAddress& listener, Duration timeout)
{
    const Deadline deadline(timeout);
    if (!isStartTls(listener.startTls))
        return Error{
            ErrorKind::InvalidInput, toText(listener) + ": TLS cannot be asked for in this way"};
    auto socket = connectTo(listener, deadline);
    if (!socket) return socket.error();
    if (auto asked = askForTls(socket->get(), listener.startTls, deadline); !asked)
        return asked.error().in(toText(listener));
    Seen seen;
    auto context = lookingContext(seen);
    if (!context) return context.error();
    TlsConnection connection(context->get(), *std::move(socket), TlsConnection::Role::Client);
    if (!name(connection, listener.serverName))
        return Error{ErrorKind::InvalidInput, toText(listener) + ": not a server name"};

    const Progress progress = shakeHands(connection, deadline);
    const bool finished = progress == Progress::Done;
    // A listener that wants a client certificate breaks off only after it has proved its own.
    const bool refusedUs = progress == Progress::Failed && seen.serverFlightDone;
    if (!finished && !refusedUs)
        return unavailable(listener, progress == Progress::Failed
                                         ? "no TLS handshake: " + connection.failure()
                                         : "no TLS handshake in time");
    ServedCertificate served{{}, connection.protocol()};
    for (const auto& der : seen.chain) {
        auto certificate = x509::Certificate::fromDer(der);
        if (!certificate) return certificate.error().in(toText(listener));
        served.chain.push_back(*std::move(certificate));
    }
    if (served.chain.empty()) return unavailable(listener, "the listener showed no certificate");
    if (finished) connection.sendCloseNotify();
    return served;
}

} // namespace perennial::tls
