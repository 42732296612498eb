#pragma once

#include "shared/base/json.h"
#include "shared/model/slot.h"

// Members that slots and found certificates have alike.
namespace perennial::protocol {

Json toJson(const model::CertificateFacts& facts);
Result<model::CertificateFacts> factsFromJson(const Json& json);
Json toJson(const model::Place& place);
Result<model::Place> placeFromJson(const Json& json);

} // namespace perennial::protocol
