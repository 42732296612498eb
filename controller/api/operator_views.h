#pragma once

#include "controller/api/operator_api.h"
#include "controller/api/page.h"

#include <string>

namespace perennial::controller {

// What GET calls of the operator API show; the shapes are in docs/openapi.yaml.
Result<Json> statusView(const OperatorParts& parts);
Result<Json> agentsView(const OperatorParts& parts, const http::Call& call);
Result<Json> certificatesView(const OperatorParts& parts, const http::Call& call);
Result<Json> renewalsView(const OperatorParts& parts, const http::Call& call);
Result<Json> renewalView(
    const OperatorParts& parts, const model::OrderId& order); // with its events
Json policiesView(const OperatorParts& parts);
Result<Json> tokensView(const OperatorParts& parts);
Result<std::string> metricsText(const OperatorParts& parts); // Prometheus text 0.0.4

} // namespace perennial::controller
