#include "shared/http/server/answer_text.h"

#include "shared/http/field_syntax.h"

#include <algorithm>
#include <array>
#include <Poco/Net/HTTPResponse.h>

namespace perennial::http {

namespace {

// What this file writes itself.
bool isOurs(const std::string& name)
{
    static constexpr std::array<std::string_view, 5> names = {
        "date", "content-type", "content-length", "transfer-encoding", "connection"};
    return std::find(names.begin(), names.end(), lowerCase(name)) != names.end();
}

bool canBeWritten(const Answer& answer)
{
    return answer.status >= 200 && answer.status <= 599 && isFieldValue(answer.contentType) &&
           std::all_of(answer.challenges.begin(), answer.challenges.end(), isFieldValue) &&
           std::all_of(answer.headers.begin(), answer.headers.end(), [](const auto& header) {
               return isToken(header.first) && !isOurs(header.first) && isFieldValue(header.second);
           });
}

void appendTwoDigits(std::string& text, unsigned value)
{
    text += static_cast<char>('0' + value / 10);
    text += static_cast<char>('0' + value % 10);
}

// RFC 9110 5.6.7: Sun, 06 Nov 1994 08:49:37 GMT
void appendDate(std::string& text, TimePoint now)
{
    static constexpr std::array<const char*, 7> days = {
        "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> months = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(now - day);
    text += days.at(std::chrono::weekday(day).c_encoding());
    text += ", ";
    appendTwoDigits(text, static_cast<unsigned>(date.day()));
    text += ' ';
    text += months.at(static_cast<unsigned>(date.month()) - 1);
    text += ' ';
    text += std::to_string(static_cast<int>(date.year()));
    text += ' ';
    appendTwoDigits(text, static_cast<unsigned>(clock.hours().count()));
    text += ':';
    appendTwoDigits(text, static_cast<unsigned>(clock.minutes().count()));
    text += ':';
    appendTwoDigits(text, static_cast<unsigned>(clock.seconds().count()));
    text += " GMT";
}

void appendHeader(std::string& text, std::string_view name, std::string_view value)
{
    text += name;
    text += ": ";
    text += value;
    text += "\r\n";
}

} // namespace

std::string answerText(const Answer& answer, const AnswerForm& form, TimePoint now)
{
    if (!canBeWritten(answer)) return answerText(Answer{500, "", "", {}}, form, now);
    const bool bodyless = answer.status == 204 || answer.status == 304;
    std::string text;
    text.reserve(256 + answer.body.size());
    text += "HTTP/1.1 ";
    text += std::to_string(answer.status);
    text += ' ';
    text += Poco::Net::HTTPResponse::getReasonForStatus(
        static_cast<Poco::Net::HTTPResponse::HTTPStatus>(answer.status));
    text += "\r\nDate: ";
    appendDate(text, now);
    text += "\r\n";
    if (!bodyless) {
        if (!answer.body.empty()) appendHeader(text, "Content-Type", answer.contentType);
        appendHeader(text, "Content-Length", std::to_string(answer.body.size()));
    }
    for (const auto& [name, value] : answer.headers)
        appendHeader(text, name, value);
    for (const auto& challenge : answer.challenges)
        appendHeader(text, "WWW-Authenticate", challenge);
    if (!form.keepAlive) text += "Connection: close\r\n";
    text += "\r\n";
    if (!bodyless && !form.headOnly) text += answer.body;
    return text;
}

} // namespace perennial::http
