#pragma once

#include "shared/base/clock.h"
#include "shared/http/server/http_server.h"

#include <string>

namespace perennial::http {

struct AnswerForm {
    bool headOnly = false; // for HEAD: the length is said, the body is not sent
    bool keepAlive = true;
};

// The bytes of an answer (RFC 9112 4). An answer whose status or headers cannot be written as they
// are becomes an empty 500.
std::string answerText(const Answer& answer, const AnswerForm& form, TimePoint now);

} // namespace perennial::http
