#pragma once

#include "shared/policy/policy_documents.h"

#include <string>
#include <vector>

namespace perennial::test {

// The files under policies/examples.
std::vector<model::PolicyDocument> exampleDocuments();

// A service "corp" and a policy "web", good; each line of the policy can be changed.
model::PolicyDocument serviceDocument(const std::string& from = "", const std::string& to = "");
model::PolicyDocument policyDocument(const std::string& from = "", const std::string& to = "");

// A certificate "CN=leaf" that is no authority, as it stands in a quoted YAML text.
std::string escapedLeafPem();

} // namespace perennial::test
