#include "shared/tls/openssl_tls.h"

namespace perennial::tls {

using x509::clearOpensslErrors;
using x509::opensslError;

namespace {

using StoreHandle = std::unique_ptr<X509_STORE, x509::FreeWith<&X509_STORE_free>>;

} // namespace

Status secure(SSL_CTX* context)
{
    clearOpensslErrors();
    SSL_CTX_set_security_level(context, 2);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
        return opensslError(ErrorKind::Internal, "TLS 1.2");
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_verify_depth(context, pathLimit);
    return {};
}

Status present(SSL_CTX* context, const Identity& identity)
{
    if (identity.chain.empty() || !identity.key)
        return Error{ErrorKind::InvalidInput, "a TLS identity needs a certificate and its key"};
    clearOpensslErrors();
    const x509::CertificatesHandle above(sk_X509_new_null());
    for (std::size_t i = 1; i < identity.chain.size(); ++i) {
        X509* certificate = identity.chain[i].handle();
        if (X509_up_ref(certificate) != 1 || sk_X509_push(above.get(), certificate) == 0)
            return opensslError(ErrorKind::Internal, "certificate chain");
    }
    if (SSL_CTX_use_cert_and_key(
            context, identity.chain.front().handle(), identity.key->handle(), above.get(), 1) != 1)
        return opensslError(ErrorKind::InvalidInput,
            "the certificate " + identity.chain.front().displayName() + " cannot be used for TLS");
    // Nothing is added to what the identity says.
    SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
    return {};
}

Status trust(SSL_CTX* context, const std::vector<x509::Certificate>& anchors)
{
    clearOpensslErrors();
    StoreHandle store(X509_STORE_new());
    if (!store) return opensslError(ErrorKind::Internal, "certificate store");
    for (const auto& anchor : anchors) {
        if (X509_STORE_add_cert(store.get(), anchor.handle()) != 1)
            return opensslError(ErrorKind::Internal, "trust anchor " + anchor.displayName());
    }
    X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_cert_store(context, store.release());
    return {};
}

std::optional<x509::Certificate> peerCertificateOf(const SSL* connection)
{
    const x509::X509Handle peer(SSL_get1_peer_certificate(connection));
    const auto read = x509::Certificate::fromParsed(peer.get());
    if (!read) return std::nullopt;
    return *read;
}

std::optional<x509::Certificate> verifiedIssuerOf(const SSL* connection)
{
    const STACK_OF(X509)* path = SSL_get0_verified_chain(connection);
    if (SSL_get_verify_result(connection) != X509_V_OK || sk_X509_num(path) < 2)
        return std::nullopt;
    X509* issuer = sk_X509_value(path, 1);
    if (X509_up_ref(issuer) != 1) return std::nullopt;
    return x509::Certificate::adopt({issuer, &X509_free});
}

} // namespace perennial::tls
