#include "tests/bench/load_connection.h"

#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

namespace perennial::bench {

void fail(const std::string& what)
{
    std::fprintf(stderr, "%s\n", what.c_str());
    ERR_print_errors_fp(stderr);
    std::exit(1);
}

Context makeContext(const Server& server)
{
    if (server.anchors.empty()) return nullptr;
    Context context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    if (SSL_CTX_load_verify_locations(context.get(), server.anchors.c_str(), nullptr) != 1)
        fail("cannot read the anchors");
    if (server.certificate.empty()) return context;
    if (SSL_CTX_use_certificate_chain_file(context.get(), server.certificate.c_str()) != 1)
        fail("cannot read the certificate");
    if (SSL_CTX_use_PrivateKey_file(context.get(), server.key.c_str(), SSL_FILETYPE_PEM) != 1)
        fail("cannot read the key");
    return context;
}

std::string requestText(
    const std::string& path, const std::string& type, const std::string& body, bool keepAlive)
{
    return "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: " + type +
           (keepAlive ? "" : "\r\nConnection: close") +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

LoadConnection::LoadConnection(const Server& server, SSL_CTX* context, SSL_SESSION* session)
    : descriptor_(::socket(AF_INET, SOCK_STREAM, 0))
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(server.port));
    ::inet_pton(AF_INET, server.host.c_str(), &address.sin_addr);
    const int one = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const void* where = &address;
    if (::connect(descriptor_, static_cast<const sockaddr*>(where), sizeof address) != 0)
        fail("cannot connect");
    if (context == nullptr) return;
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, descriptor_);
    if (session != nullptr) SSL_set_session(ssl_, session);
    if (SSL_connect(ssl_) != 1) fail("handshake failed");
}

LoadConnection::~LoadConnection()
{
    if (ssl_ != nullptr) {
        SSL_shutdown(ssl_);
        SSL_free(ssl_);
    }
    ::close(descriptor_);
}

std::size_t LoadConnection::read(char* into, std::size_t room)
{
    const auto count = ssl_ == nullptr ? ::recv(descriptor_, into, room, 0)
                                       : SSL_read(ssl_, into, static_cast<int>(room));
    return count <= 0 ? 0 : static_cast<std::size_t>(count);
}

void LoadConnection::write(const std::string& text)
{
    const auto sent = ssl_ == nullptr ? ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL)
                                      : SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
    if (sent != static_cast<long>(text.size())) fail("cannot write");
}

std::string LoadConnection::ask(const std::string& request)
{
    write(request);
    std::string answer;
    std::size_t whole = std::string::npos;
    char buffer[16384];
    while (answer.size() < whole) {
        const auto count = read(buffer, sizeof buffer);
        if (count == 0) fail("the answer ended early: " + answer.substr(0, 300));
        answer.append(buffer, count);
        const auto head = answer.find("\r\n\r\n");
        if (whole != std::string::npos || head == std::string::npos) continue;
        const auto field = answer.find("Content-Length: ");
        if (field > head) fail("an answer without length: " + answer.substr(0, 300));
        whole = head + 4 + std::strtoul(answer.c_str() + field + 16, nullptr, 10);
    }
    if (answer.rfind("HTTP/1.1 200", 0) != 0) fail(answer.substr(0, 2000));
    return answer;
}

} // namespace perennial::bench
