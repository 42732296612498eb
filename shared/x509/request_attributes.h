#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"

#include <string>
#include <string_view>
#include <vector>

// What a request says beside its extensions: Microsoft's request attributes (MS-WCCE 2.2.2.7).
namespace perennial::x509 {

struct NameValue {
    std::string name; // UTF-8, foreign text when read
    std::string value;
    friend bool operator==(const NameValue&, const NameValue&) = default;
};

// 1.3.6.1.4.1.311.13.2.1: SEQUENCE { BMPString name, BMPString value }.
Result<NameValue> nameValueFromDer(std::string_view der);
Result<Bytes> nameValueToDer(const NameValue& pair);

// An attribute with all its values, each in DER.
struct AttributeValues {
    std::string oid;
    std::vector<Bytes> values;
};

} // namespace perennial::x509
