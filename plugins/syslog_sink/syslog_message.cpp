#include "plugins/syslog_sink/syslog_message.h"

#include "plugins/syslog_sink/syslog_severity.h"
#include "shared/base/encoding.h"
#include "shared/x509/digest.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

namespace perennial::plugins {

namespace {

constexpr std::string_view byteOrderMark = "\xEF\xBB\xBF"; // RFC 5424 6.4: what follows is UTF-8
constexpr std::string_view dataId = "perennial@32473";
constexpr std::size_t wholeText = std::numeric_limits<std::size_t>::max() / 2;

// A message in the making.
struct Draft {
    Json event;
    std::string sequence;
    std::string record; // as it is in the log
    bool truncated = false;
    bool withNames = true; // of the certificate, among the parameters
    bool withRest = true;
};

std::string textAt(const Json& event, std::string_view member)
{
    const Json* value = event.find(member);
    return value != nullptr && value->string() != nullptr ? *value->string() : "";
}

std::string textAt(const Json& event, std::string_view member, std::string_view inner)
{
    const Json* value = event.find(member);
    return value != nullptr ? textAt(*value, inner) : "";
}

// What is never dropped must be short by itself; the model's own ids and kinds are.
bool isShort(const std::string& text)
{
    constexpr std::size_t limit = 64;
    return text.size() <= limit && toPrintable(text, limit) == text;
}

std::string shortAt(const Json& event, std::string_view member)
{
    auto text = textAt(event, member);
    return isShort(text) ? text : "";
}

// A header's field: printable ASCII without spaces, or the nil value.
std::string field(const std::string& text, std::size_t limit)
{
    const bool good = !text.empty() && text.size() <= limit &&
                      std::all_of(text.begin(), text.end(),
                          [](char letter) { return letter > ' ' && letter < '\x7F'; });
    return good ? text : "-";
}

// RFC 5424 6.3.3; what could end a line or hide text is written out before.
std::string parameter(std::string_view name, const std::string& value)
{
    if (value.empty()) return {};
    std::string text = ' ' + std::string(name) + "=\"";
    for (const char letter : toPrintable(value, wholeText)) {
        if (letter == '"' || letter == '\\' || letter == ']') text += '\\';
        text += letter;
    }
    return text + '"';
}

std::string structuredData(const Draft& draft, bool wholeRecord)
{
    const auto& event = draft.event;
    std::string data = '[' + std::string(dataId);
    data += parameter("id", shortAt(event, "id"));
    data += parameter("seq", draft.sequence);
    data += parameter("action", shortAt(event, "kind"));
    data += parameter("outcome", shortAt(event, "outcome"));
    if (draft.withRest) {
        data += parameter("host", textAt(event, "host"));
        data += parameter("serial", textAt(event, "certificate", "serial"));
        data += parameter("notafter", textAt(event, "certificate", "not_after"));
        data += parameter("sha256", textAt(event, "certificate", "fingerprint"));
        data += parameter("policy", textAt(event, "policy"));
        data += parameter("correlation", textAt(event, "correlation_id"));
        data += parameter("agent", textAt(event, "agent_id"));
    }
    if (draft.withRest && draft.withNames) {
        data += parameter("issuer", textAt(event, "certificate", "issuer"));
        data += parameter("subject", textAt(event, "certificate", "subject"));
    }
    if (draft.truncated) data += parameter("trunc", "1");
    if (!wholeRecord) data += parameter("full_sha256", x509::sha256Hex(draft.record));
    return data + ']';
}

std::string render(const Draft& draft, const Json& message, const SyslogFormat& format)
{
    const auto& event = draft.event;
    const auto text = toPrintable(message.canonical(), wholeText);
    std::string line = '<' + std::to_string(format.facility * 8 + severityOf(event)) + ">1 ";
    line += field(textAt(event, "time"), 32) + ' ' + field(format.hostName, 255) + " perennial - ";
    line += field(textAt(event, "kind"), 32) + ' ';
    line += structuredData(draft, text == draft.record) + ' ';
    return line + std::string(byteOrderMark) + text;
}

void dropMember(Json& json, const std::string& member)
{
    if (auto* object = json.object()) object->erase(member);
}

void dropWithin(Json& json, const std::string& outer, const std::string& member)
{
    if (json.find(outer) != nullptr) dropMember(json[outer], member);
}

// What a message that is too long loses, in this order, until it fits.
using Loss = void (*)(Draft&, Json&);
constexpr std::array<Loss, 7> losses = {
    [](Draft&, Json& message) {
        dropWithin(message, "certificate", "names");
        dropWithin(message, "details", "names");
    },
    [](Draft&, Json& message) {
        dropWithin(message, "certificate", "chain");
        dropWithin(message, "details", "chain");
    },
    [](Draft&, Json& message) { dropMember(message, "details"); },
    [](Draft&, Json& message) { dropMember(message, "reason"); },
    [](Draft&, Json& message) { dropMember(message, "certificate"); },
    [](Draft& draft, Json&) { draft.withNames = false; },
    [](Draft& draft, Json& message) {
        draft.withRest = false;
        Json::Object left;
        for (const auto* member : {"id", "kind", "outcome", "recorded_time", "seq", "time"}) {
            const Json* value = message.find(member);
            if (value != nullptr && isShort(value->canonical())) left[member] = *value;
        }
        message = Json(std::move(left));
    },
};

} // namespace

std::string syslogMessage(const SinkEvent& event, const SyslogFormat& format)
{
    Draft draft;
    draft.sequence = std::to_string(event.sequence);
    draft.record = event.canonical;
    if (auto json = Json::parse(event.canonical)) draft.event = std::move(*json);
    Json message = draft.event;
    auto text = render(draft, message, format);
    for (const auto lose : losses) {
        if (text.size() <= format.mostBytes) break;
        draft.truncated = true;
        lose(draft, message);
        text = render(draft, message, format);
    }
    return text;
}

std::string syslogFrame(const std::string& message)
{
    return std::to_string(message.size()) + ' ' + message;
}

} // namespace perennial::plugins
