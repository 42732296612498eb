#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"
#include "shared/enrollment/hresult.h"
#include "shared/enrollment/soap/element.h"
#include "shared/enrollment/soap/envelope.h"

#include <optional>
#include <string>
#include <string_view>

namespace perennial::enrollment::soap {

// wstep:CertificateEnrollmentWSDetail (MS-WSTEP 3.1.4.1.3.7); unset members are nil.
struct EnrollmentDetail {
    std::optional<Bytes> binaryResponse; // CMC full response with a failed status
    std::optional<HResult> errorCode;
    std::optional<bool> invalidRequest; // true: the issuer denied it
    std::optional<std::string> requestId;
};

struct Fault {
    enum class Code { Sender, Receiver, Other };
    Code code = Code::Receiver;
    std::optional<NameValue> subcode;
    std::string reason; // when read: printable and at most 1 KiB, still foreign text
    std::optional<EnrollmentDetail> detail;
};

bool isFault(const Envelope& message);
// NotFound when the message is no fault. A missing or strange detail is passed over: a client must
// see the reason of any fault. Sent with HTTP 500, but read whatever the status was.
Result<Fault> readFault(const Envelope& message);
bool isAuthenticationFault(const Fault& fault); // wrong user name or password

Fault enrollmentFault(HResult code, std::string_view reason, bool invalidRequest,
    std::optional<std::string> requestId = {}, std::optional<Bytes> binaryResponse = {});
Fault authenticationFault();
Fault senderFault(std::string_view reason);   // the message is wrong
Fault receiverFault(std::string_view reason); // we failed

std::string_view actionOf(const Fault& fault);
std::string writeFault(const Fault& fault, std::string_view relatesTo); // with HTTP 500

} // namespace perennial::enrollment::soap
