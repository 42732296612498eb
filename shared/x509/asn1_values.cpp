#include "shared/x509/asn1_values.h"

#include "shared/base/encoding.h"
#include "shared/x509/der.h"

#include <ctime>
#include <openssl/bn.h>

namespace perennial::x509 {

namespace {

using NumberHandle = std::unique_ptr<BIGNUM, FreeWith<&BN_free>>;

constexpr std::size_t longestSerial = 128; // hex digits; RFC 5280 wants at most 40

} // namespace

TimeHandle timeHandle(TimePoint time)
{
    return TimeHandle(ASN1_TIME_set(nullptr, time.time_since_epoch().count()));
}

GeneralizedTimeHandle generalizedTimeHandle(TimePoint time)
{
    return GeneralizedTimeHandle(
        ASN1_GENERALIZEDTIME_set(nullptr, time.time_since_epoch().count()));
}

std::optional<TimePoint> timeOf(const ASN1_TIME* time)
{
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
    return TimePoint(Duration(::timegm(&parts)));
}

IntegerHandle serialHandle(const std::string& serial)
{
    if (serial.empty() || serial.size() > longestSerial ||
        serial.find_first_not_of("0123456789ABCDEF") != std::string::npos)
        return {};
    BIGNUM* number = nullptr;
    if (BN_hex2bn(&number, serial.c_str()) == 0) return {};
    const NumberHandle owned(number);
    return IntegerHandle(BN_to_ASN1_INTEGER(number, nullptr));
}

std::string serialText(const ASN1_INTEGER* serial)
{
    auto digits = toUpperHex(bytesOf(serial));
    if (digits.empty()) digits = "00";
    return ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER ? "-" + digits : digits;
}

} // namespace perennial::x509
