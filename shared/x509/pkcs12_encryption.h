#pragma once

#include "shared/base/result.h"
#include "shared/x509/openssl_handles.h"

#include <cstdint>

namespace perennial::x509 {

// What the derivations of one PKCS#12 file may still cost. Asked before each of them.
class IterationBudget {
public:
    explicit IterationBudget(std::int64_t iterations) : left_(iterations) {}

    // InvalidInput over the budget, and for an algorithm whose cost is not known.
    Status spend(const X509_ALGOR* encryption);
    Status spend(const ASN1_INTEGER* iterations); // null: one

    // Some of what was spent on needs OpenSSL's legacy provider (RC2, RC4, single DES).
    bool sawLegacy() const { return sawLegacy_; }

private:
    std::int64_t left_;
    bool sawLegacy_ = false;
};

} // namespace perennial::x509
