#pragma once

#include <memory>
#include <openssl/ssl.h>
#include <string>

namespace perennial::bench {

[[noreturn]] void fail(const std::string& what);

struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;
struct FreeSession {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using Session = std::unique_ptr<SSL_SESSION, FreeSession>;

struct Server {
    std::string host; // an IPv4 address
    int port = 0;
    std::string anchors;          // file; empty: plain HTTP
    std::string certificate, key; // files; empty: no client certificate
};

Context makeContext(const Server& server);
std::string requestText(
    const std::string& path, const std::string& type, const std::string& body, bool keepAlive);

// One connection of a benchmark's client; it ends the program when anything is not as it should be.
class LoadConnection {
public:
    LoadConnection(const Server& server, SSL_CTX* context, SSL_SESSION* session = nullptr);
    ~LoadConnection();
    LoadConnection(const LoadConnection&) = delete;
    LoadConnection& operator=(const LoadConnection&) = delete;

    bool resumed() const { return ssl_ != nullptr && SSL_session_reused(ssl_) == 1; }
    // Head and body of an answer that says 200; its length must be in its head.
    std::string ask(const std::string& request);

private:
    std::size_t read(char* into, std::size_t room);
    void write(const std::string& text);

    int descriptor_ = -1;
    SSL* ssl_ = nullptr;
};

} // namespace perennial::bench
