#pragma once

#include "shared/policy/policy_documents.h"

#include <string>
#include <vector>

namespace perennial::policy {

template <class Noun>
struct Placed {
    Noun noun; // may have problems of its own, then its name may be empty
    std::string file;
    int line = 0;
};

struct SetContent {
    std::vector<Placed<model::CertificatePolicy>> policies;
    std::vector<Placed<model::EnrollmentService>> services;
    std::vector<Placed<model::TrustAnchors>> anchors;
};

// What is wrong between documents: names twice, references to nothing, policies of equal priority
// that can match the same slot, anchors of equal priority for one store, usages that end renewals
// by key.
std::vector<Problem> findProblemsInSet(const SetContent& content);

} // namespace perennial::policy
