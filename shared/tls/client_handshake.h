#pragma once

#include "shared/tls/openssl_tls.h"

#include <string>
#include <string_view>

namespace perennial::tls {

// Makes a client's SSL_CTX do what ClientSettings say, and keeps why a handshake failed. It must
// outlive every context that it configured; one thread.
class ClientHandshake {
public:
    explicit ClientHandshake(ClientSettings settings) : settings_(std::move(settings)) {}
    ClientHandshake(const ClientHandshake&) = delete;
    ClientHandshake& operator=(const ClientHandshake&) = delete;

    // `host`: the name or the address (without brackets) that the server's certificate must carry.
    Status configure(SSL_CTX* context, const std::string& host);
    // InvalidInput unless there are either anchors or a well-formed pin.
    Status check() const;

    void forget(); // before a call
    // Why this side refused the server; empty when it did not.
    const std::string& refusal() const { return refusal_; }
    // The alert (RFC 8446 6.2) by which the server refused this side; empty when it did not.
    const std::string& alert() const { return alert_; }
    int refusalCode() const { return refusalCode_; } // X509_V_ERR_*; X509_V_OK for another reason
    int alertNumber() const { return alertNumber_; } // -1: none

private:
    static int verify(X509_STORE_CTX* path, void* self);
    static void observe(const SSL* connection, int where, int value);
    int verifyPath(X509_STORE_CTX* path);
    int verifyBelowPin(X509_STORE_CTX* path);
    void keepRefusal(X509_STORE_CTX* path);

    ClientSettings settings_;
    std::string refusal_;
    std::string alert_;
    int refusalCode_ = 0;
    int alertNumber_ = -1;
};

} // namespace perennial::tls
