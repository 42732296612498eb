#pragma once

#include <array>
#include <span>
#include <string_view>

namespace perennial::policy {

// One key of a document. The parser, docs/policies.md and policies/schema/ have the same keys;
// tests hold them together.
struct DocumentKey {
    std::string_view path; // "renew.before"
    bool required;         // in the mapping it belongs to
};

inline constexpr std::array<DocumentKey, 9> enrollmentServiceKeys = {
    {{"kind", true}, {"name", true}, {"issuer", false}, {"policy_endpoints", false},
        {"enrollment_endpoints", false}, {"request_format", false}, {"revocation_url", false},
        {"tls_trust", true}, {"issuer_trust", true}}};

inline constexpr std::array<DocumentKey, 32> certificatePolicyKeys = {{{"kind", true},
    {"name", true}, {"priority", false}, {"match", true}, {"match.labels", false},
    {"match.issuers", false}, {"match.names", false}, {"match.services", false}, {"place", false},
    {"place.certificate", true}, {"place.key", true}, {"place.names", true},
    {"place.service", false}, {"place.listeners", false}, {"renew", true}, {"renew.before", true},
    {"renew.spread", false}, {"renew.window", false}, {"renew.window.days", false},
    {"renew.window.from", false}, {"renew.window.to", false}, {"renew.autonomous_before", false},
    {"enrollment_service", true}, {"key", false}, {"key.type", true}, {"enroll", false},
    {"enroll.credential", true}, {"enroll.template", true}, {"extended_key_usages", false},
    {"on_template_change", false}, {"superseded", false}, {"action", true}}};

inline constexpr std::array<DocumentKey, 7> trustAnchorsKeys = {
    {{"kind", true}, {"name", true}, {"priority", false}, {"match", true}, {"match.labels", false},
        {"store", true}, {"anchors", true}}};

} // namespace perennial::policy
