#include "shared/tls/client_handshake.h"

#include "shared/x509/digest.h"

#include <algorithm>
#include <arpa/inet.h>
#include <openssl/x509v3.h>

namespace perennial::tls {

using x509::clearOpensslErrors;
using x509::opensslError;

namespace {

bool isAddress(const std::string& host)
{
    in6_addr unused{};
    return ::inet_pton(AF_INET, host.c_str(), &unused) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), &unused) == 1;
}

Status expectHost(SSL_CTX* context, const std::string& host)
{
    X509_VERIFY_PARAM* parameters = SSL_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const int set = isAddress(host)
                        ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str())
                        : X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size());
    if (host.empty() || set != 1) return opensslError(ErrorKind::InvalidInput, "host name " + host);
    return {};
}

std::string publicKeyPin(X509* certificate)
{
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (size <= 0) return {};
    const std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return x509::sha256Hex(bytes);
}

std::string displayName(X509* certificate)
{
    if (certificate == nullptr || X509_up_ref(certificate) != 1) return "none";
    return x509::Certificate::adopt({certificate, &X509_free}).displayName();
}

std::string namesOf(X509* certificate)
{
    if (certificate == nullptr || X509_up_ref(certificate) != 1) return "none";
    std::string text;
    for (const auto& name : x509::Certificate::adopt({certificate, &X509_free}).alternativeNames())
        text += (text.empty() ? "" : ", ") + x509::toText(name);
    return text.empty() ? "none" : text;
}

} // namespace

Status ClientHandshake::check() const
{
    const auto& pin = settings_.trust.pin;
    if (settings_.trust.anchors.empty() == pin.empty())
        return Error{ErrorKind::InvalidInput,
            "TLS needs either trust anchors or the pin of an authority, and not both"};
    const bool hex =
        pin.size() == 64 && pin.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!pin.empty() && !hex)
        return Error{ErrorKind::InvalidInput,
            "a pin is the SHA-256 of a public key in 64 lower-case hexadecimal digits"};
    return {};
}

Status ClientHandshake::configure(SSL_CTX* context, const std::string& host)
{
    if (const auto complete = check(); !complete) return complete;
    clearOpensslErrors();
    if (const auto done = secure(context); !done) return done;
    if (const auto done = trust(context, settings_.trust.anchors); !done) return done;
    if (const auto done = expectHost(context, host); !done) return done;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(context, &ClientHandshake::verify, this);
    SSL_CTX_set_app_data(context, this);
    SSL_CTX_set_info_callback(context, &ClientHandshake::observe);
    if (settings_.identity) {
        if (const auto done = present(context, *settings_.identity); !done) return done;
        // A server may ask only once it has seen the path (RFC 8446 4.6.2).
        SSL_CTX_set_post_handshake_auth(context, 1);
    }
    return {};
}

void ClientHandshake::forget()
{
    refusal_.clear();
    alert_.clear();
    refusalCode_ = X509_V_OK;
    alertNumber_ = -1;
}

int ClientHandshake::verify(X509_STORE_CTX* path, void* self)
{
    return static_cast<ClientHandshake*>(self)->verifyPath(path);
}

int ClientHandshake::verifyPath(X509_STORE_CTX* path)
{
    const int accepted =
        settings_.trust.pin.empty() ? X509_verify_cert(path) : verifyBelowPin(path);
    if (accepted != 1) keepRefusal(path);
    return accepted == 1 ? 1 : 0;
}

// The authority is looked for in what the server sent; it becomes the only end that a path may
// have.
int ClientHandshake::verifyBelowPin(X509_STORE_CTX* path)
{
    const STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(path);
    const std::unique_ptr<STACK_OF(X509),
        decltype([](STACK_OF(X509) * list) { sk_X509_free(list); })>
        anchors(sk_X509_new_null());
    for (int i = 0; i < sk_X509_num(sent); ++i) {
        X509* certificate = sk_X509_value(sent, i);
        if (certificate != X509_STORE_CTX_get0_cert(path) && X509_check_ca(certificate) == 1 &&
            publicKeyPin(certificate) == settings_.trust.pin)
            sk_X509_push(anchors.get(), certificate);
    }
    if (sk_X509_num(anchors.get()) == 0) {
        refusal_ = "no authority in the chain that the server sends has the pinned key " +
                   settings_.trust.pin;
        X509_STORE_CTX_set_error(path, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
        return 0;
    }
    X509_STORE_CTX_set0_trusted_stack(path, anchors.get());
    X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(path), X509_V_FLAG_PARTIAL_CHAIN);
    return X509_verify_cert(path);
}

void ClientHandshake::keepRefusal(X509_STORE_CTX* path)
{
    if (!refusal_.empty()) return;
    const int code = refusalCode_ = X509_STORE_CTX_get_error(path);
    X509* leaf = X509_STORE_CTX_get0_cert(path);
    if (code == X509_V_ERR_HOSTNAME_MISMATCH || code == X509_V_ERR_IP_ADDRESS_MISMATCH) {
        refusal_ = "its certificate is for other names: " + namesOf(leaf);
        return;
    }
    X509* where = X509_STORE_CTX_get_current_cert(path);
    refusal_ = "its certificate " + displayName(leaf) +
               " is not accepted: " + X509_verify_cert_error_string(code) + " (at " +
               displayName(where) + ")";
}

void ClientHandshake::observe(const SSL* connection, int where, int value)
{
    if ((where & SSL_CB_ALERT) == 0 || (value >> 8) != SSL3_AL_FATAL) return;
    auto* self = static_cast<ClientHandshake*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
    const std::string text = SSL_alert_desc_string_long(value);
    if ((where & SSL_CB_WRITE) != 0) {
        if (self->refusal_.empty()) self->refusal_ = "its TLS handshake is not acceptable: " + text;
    } else if ((value & 0xFF) != SSL_AD_INTERNAL_ERROR) { // which may be over the next time
        self->alert_ = text;
        self->alertNumber_ = value & 0xFF;
    }
}

} // namespace perennial::tls
