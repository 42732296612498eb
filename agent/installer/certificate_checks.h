#pragma once

#include "agent/installer/guard.h"

namespace perennial::installer {

struct NewCertificate {
    const std::vector<x509::Certificate>& chain; // leaf first
    const x509::Certificate* old;                // in place now, or null
    const Bytes& newPublicKey;                   // of the key made for this order
    const Guard& guard;
    TimePoint now;
    Place place;
    const x509::Certificate& leaf() const { return chain.front(); }
};

// Those that count, the common name among them, as the guard writes them.
std::vector<std::string> namesOf(const x509::Certificate& certificate);
// A name that the place has not had is for its `enrollments` to allow; PermissionDenied.
Status checkNewName(
    const std::string& name, const x509::Certificate* old, const EnrollmentRule* rule);

// Whether the guard lets it be installed. The first reason against it, PermissionDenied.
Status checkNewCertificate(const NewCertificate& facts);

} // namespace perennial::installer
