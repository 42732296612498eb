#include "shared/x509/openssl_errors.h"

#include <openssl/err.h>

namespace perennial::x509 {

// Clearing walks through the whole queue; mostly there is nothing in it.
void clearOpensslErrors()
{
    if (ERR_peek_error() != 0) ERR_clear_error();
}

Error opensslError(ErrorKind kind, std::string_view what)
{
    std::string reasons;
    while (const unsigned long code = ERR_get_error()) {
        const char* reason = ERR_reason_error_string(code);
        if (!reasons.empty()) reasons += "; ";
        reasons += reason != nullptr ? reason : "unknown OpenSSL error";
    }
    std::string message(what);
    if (!reasons.empty()) message += ": " + reasons;
    return Error{kind, std::move(message)};
}

} // namespace perennial::x509
