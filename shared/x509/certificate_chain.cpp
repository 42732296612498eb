#include "shared/x509/certificate_chain.h"

#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"

#include <openssl/x509_vfy.h>

namespace perennial::x509 {

namespace {

constexpr int pathLimit = 10;               // certificates, leaf and anchor among them
constexpr std::size_t candidateLimit = 100; // intermediates to choose from
constexpr int securityLevel = 2;            // 112 bits: RSA from 2048, no SHA-1

using StoreHandle = std::unique_ptr<X509_STORE, FreeWith<&X509_STORE_free>>;
using ContextHandle = std::unique_ptr<X509_STORE_CTX, FreeWith<&X509_STORE_CTX_free>>;

Error refusal(const Certificate& leaf, const std::string& why)
{
    return Error{ErrorKind::PermissionDenied,
        "no trusted path for " + toPrintable(leaf.displayName(), 256) + ": " + why};
}

CertificatesHandle stackOf(const std::vector<Certificate>& certificates)
{
    CertificatesHandle stack(sk_X509_new_null());
    for (const auto& certificate : certificates) {
        if (X509_up_ref(certificate.handle()) == 1 &&
            sk_X509_push(stack.get(), certificate.handle()) == 0)
            X509_free(certificate.handle());
    }
    return stack;
}

void setRules(X509_VERIFY_PARAM* rules, TimePoint now)
{
    // Any anchor ends a path, a pinned issuing authority too. X509_V_FLAG_X509_STRICT is left out:
    // it asks anchors and leaves for key identifiers and critical flags that older ones lack and a
    // valid path does not need. Intermediates must be authorities by basicConstraints without it.
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_time(rules, static_cast<std::time_t>(now.time_since_epoch().count()));
    X509_VERIFY_PARAM_set_auth_level(rules, securityLevel);
    X509_VERIFY_PARAM_set_depth(rules, pathLimit - 2); // OpenSSL counts what is between the ends
}

std::string reasonOf(X509_STORE_CTX* context)
{
    std::string reason = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context));
    const int depth = X509_STORE_CTX_get_error_depth(context);
    if (X509* at = X509_STORE_CTX_get_current_cert(context); at != nullptr && depth > 0) {
        X509_up_ref(at);
        const auto certificate = Certificate::adopt({at, &X509_free});
        reason += " (at " + toPrintable(certificate.displayName(), 256) + ")";
    }
    return reason;
}

// The leaf and every authority below the anchor must allow the purpose.
Status checkPurpose(const std::vector<Certificate>& path, std::string_view purpose)
{
    if (purpose.empty()) return {};
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (i > 0 && i + 1 == path.size()) break;
        if (!path[i].allowsExtendedKeyUsage(purpose))
            return refusal(path.front(), toPrintable(path[i].displayName(), 256) +
                                             " does not allow extended key usage " +
                                             std::string(purpose));
    }
    return {};
}

} // namespace

Result<std::vector<Certificate>> validateChain(const Certificate& leaf,
    const std::vector<Certificate>& intermediates, const std::vector<Certificate>& anchors,
    TimePoint now, std::string_view purpose)
{
    if (intermediates.size() > candidateLimit)
        return refusal(leaf, "more than " + std::to_string(candidateLimit) + " intermediates");
    if (anchors.empty()) return refusal(leaf, "there is no trust anchor");
    clearOpensslErrors();
    const StoreHandle store(X509_STORE_new());
    const ContextHandle context(X509_STORE_CTX_new());
    const auto candidates = stackOf(intermediates);
    if (!store || !context || !candidates)
        return opensslError(ErrorKind::Internal, "validating a chain");
    for (const auto& anchor : anchors)
        X509_STORE_add_cert(store.get(), anchor.handle());
    if (X509_STORE_CTX_init(context.get(), store.get(), leaf.handle(), candidates.get()) != 1)
        return opensslError(ErrorKind::Internal, "validating a chain");
    setRules(X509_STORE_CTX_get0_param(context.get()), now);
    const int valid = X509_verify_cert(context.get());
    clearOpensslErrors();
    if (valid != 1) return refusal(leaf, reasonOf(context.get()));

    std::vector<Certificate> path;
    STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context.get());
    for (int i = 0; i < sk_X509_num(chain); ++i) {
        X509_up_ref(sk_X509_value(chain, i));
        path.push_back(Certificate::adopt({sk_X509_value(chain, i), &X509_free}));
    }
    if (const auto allowed = checkPurpose(path, purpose); !allowed) return allowed.error();
    return path;
}

std::string chainPem(const std::vector<Certificate>& path)
{
    std::string text;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const bool root = i > 0 && path[i].isSelfIssued() && path[i].isSignedBy(path[i]);
        if (!root) text += path[i].toPem();
    }
    return text;
}

} // namespace perennial::x509
