#pragma once

#include "plugins/ces_issuer/conversation.h"

namespace perennial::plugins {

struct ExaminationInput {
    const model::EnrollmentService& service;
    const std::vector<x509::Certificate>& anchors;
    http::ClientLimits limits;
    const IssuerContext& context;
    const RenewalMaterial* material; // nullptr: only what can be seen without a key
    const FirstEnrollment* first;    // not nullptr: a first enrolment is looked at, not a renewal
};

// Name, connection, TLS and clock of every endpoint, what CEP offers for the certificate, what in
// its template and in itself stands against a renewal by key, and whether each CES takes it. What
// is asked of CES is the state of request 0, which no CA has: nothing can be issued. Of a first
// enrolment the same, for its caller and its template.
std::vector<Examination> examineService(const ExaminationInput& input);

// Name, connection and what TLS shows.
struct ReachedEndpoint {
    bool reached;
    std::vector<Examination> lines;
};
ReachedEndpoint examineEndpoint(const std::string& url, const ExaminationInput& input);

// Of the certificate alone, and of its template.
std::vector<Examination> examineCertificate(const x509::Certificate& old, TimePoint now);
std::vector<Examination> examineTemplate(const enrollment::xcep::Policy& policy);
std::vector<Examination> examineFirstTemplate(
    const enrollment::xcep::Policy& policy, const FirstEnrollment& first);

} // namespace perennial::plugins
