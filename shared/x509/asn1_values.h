#pragma once

#include "shared/base/clock.h"
#include "shared/x509/openssl_handles.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

// Values that CRLs and OCSP answers are made of.
namespace perennial::x509 {

using TimeHandle = std::unique_ptr<ASN1_TIME, FreeWith<&ASN1_TIME_free>>;
using GeneralizedTimeHandle =
    std::unique_ptr<ASN1_GENERALIZEDTIME, FreeWith<&ASN1_GENERALIZEDTIME_free>>;

// UTCTime until 2049, GeneralizedTime after (RFC 5280 5.1.2.4).
TimeHandle timeHandle(TimePoint time);
GeneralizedTimeHandle generalizedTimeHandle(TimePoint time);
std::optional<TimePoint> timeOf(const ASN1_TIME* time);

// Serial numbers as Certificate::serial() writes them; null when it is none.
IntegerHandle serialHandle(const std::string& serial);
std::string serialText(const ASN1_INTEGER* serial);

} // namespace perennial::x509
