// Asks one HTTPS server the same question again and again for some seconds, with a client
// certificate and a new connection each time, and prints how many answers a second came. Full
// handshakes, or resumed ones.
//
//     checkin_load HOST PORT CA CERTIFICATE KEY PATH BODY-FILE SECONDS new|resumed

#include <arpa/inet.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace {

struct FreeSession {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using Session = std::unique_ptr<SSL_SESSION, FreeSession>;

Session latest; // what the server gave us last

int rememberSession(SSL*, SSL_SESSION* session)
{
    latest.reset(session);
    return 1; // ours now
}

[[noreturn]] void fail(const char* what)
{
    std::fprintf(stderr, "checkin_load: %s\n", what);
    ERR_print_errors_fp(stderr);
    std::exit(1);
}

int connectTo(const char* host, int port)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(AF_INET, host, &address.sin_addr);
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (::connect(fd, static_cast<const sockaddr*>(static_cast<void*>(&address)), sizeof address) !=
        0)
        fail("cannot connect");
    return fd;
}

// True when the handshake was a resumed one.
bool ask(SSL_CTX* context, const char* host, int port, const std::string& request, bool resume)
{
    const int fd = connectTo(host, port);
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    if (resume && latest) SSL_set_session(ssl, latest.get());
    if (SSL_connect(ssl) != 1) fail("handshake failed");
    const bool resumed = SSL_session_reused(ssl) == 1;
    if (SSL_write(ssl, request.data(), static_cast<int>(request.size())) <= 0) fail("cannot write");
    std::string answer;
    char buffer[16384];
    int count = 0;
    while ((count = SSL_read(ssl, buffer, sizeof buffer)) > 0)
        answer.append(buffer, static_cast<std::size_t>(count));
    if (answer.rfind("HTTP/1.1 200", 0) != 0) fail(answer.substr(0, 300).c_str());
    SSL_shutdown(ssl);
    SSL_free(ssl);
    ::close(fd);
    return resumed;
}

std::string requestFor(const char* path, const char* bodyFile)
{
    std::ifstream file(bodyFile, std::ios::binary);
    const std::string body((std::istreambuf_iterator<char>(file)), {});
    return std::string("POST ") + path +
           " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" +
           "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 10) fail("HOST PORT CA CERTIFICATE KEY PATH BODY-FILE SECONDS new|resumed");
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (SSL_CTX_load_verify_locations(context, argv[3], nullptr) != 1) fail("cannot read the CA");
    if (SSL_CTX_use_certificate_chain_file(context, argv[4]) != 1)
        fail("cannot read the certificate");
    if (SSL_CTX_use_PrivateKey_file(context, argv[5], SSL_FILETYPE_PEM) != 1)
        fail("cannot read the key");
    const bool resume = std::string(argv[9]) == "resumed";
    SSL_CTX_set_session_cache_mode(
        context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context, rememberSession);

    const auto request = requestFor(argv[6], argv[7]);
    const int port = std::atoi(argv[2]);
    ask(context, argv[1], port, request, resume); // warm-up, and the first session
    const auto begun = std::chrono::steady_clock::now();
    const auto limit = std::chrono::seconds(std::atoi(argv[8]));
    long answers = 0;
    long resumed = 0;
    while (std::chrono::steady_clock::now() - begun < limit) {
        resumed += ask(context, argv[1], port, request, resume) ? 1 : 0;
        ++answers;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    std::printf("%.1f %.3f\n", static_cast<double>(answers) / took.count(),
        answers == 0 ? 0.0 : static_cast<double>(resumed) / static_cast<double>(answers));
    SSL_CTX_free(context);
    return 0;
}
