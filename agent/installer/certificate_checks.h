#pragma once

#include "agent/installer/guard.h"

namespace perennial::installer {

struct NewCertificate {
    const std::vector<x509::Certificate>& chain; // leaf first
    const x509::Certificate& old;                // in place now
    const Bytes& newPublicKey;                   // of the key made for this order
    const Guard& guard;
    TimePoint now;
    const x509::Certificate& leaf() const { return chain.front(); }
};

// Whether the guard lets it be installed. The first reason against it, PermissionDenied.
Status checkNewCertificate(const NewCertificate& facts);

} // namespace perennial::installer
