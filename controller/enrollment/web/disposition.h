#pragma once

#include "controller/enrollment/ces/request_service.h"

#include <string>

namespace perennial::enrollment::server::web {

// What became of a request, from the service's answer.
struct Disposition {
    enum class State { Issued, Pending, Denied, Failed };
    State state = State::Failed;
    std::string requestId; // decimal; empty: it was not even recorded
    std::string message; // Microsoft's: "Taken Under Submission", "Denied by Policy Module  0x..."
    HResult code = HResult::Failed; // of Denied and Failed
    Bytes certificate;              // of Issued, DER
};
Disposition dispositionOf(const ServiceAnswer& answer);

// The code as AD CS's pages have it: "0x80094004 (-2146877436 CERTSRV_E_PROPERTY_EMPTY)".
std::string codeText(HResult code);
// Microsoft's sentence for the codes that programs look for on pages; otherwise empty.
std::string_view sentenceOf(HResult code);

} // namespace perennial::enrollment::server::web
