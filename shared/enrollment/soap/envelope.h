#pragma once

#include "shared/base/result.h"
#include "shared/enrollment/soap/credentials.h"
#include "shared/enrollment/soap/element.h"

#include <optional>
#include <string>
#include <string_view>

namespace perennial::enrollment::soap {

// A SOAP 1.2 message that was read. Strings are stripped of white space; empty means absent.
struct Envelope {
    std::string action; // empty only in a fault
    std::string messageId;
    std::string relatesTo;
    std::string to;
    std::optional<Element> security; // the o:Security block; only a server looks into it
    Element body;                    // the one element in Body; may be s:Fault
};

// Header blocks may come in any order; ReplyTo, ActivityId and other known blocks are passed over.
// A repeated Action, MessageID, RelatesTo, To, Security, Header or Body is refused, and so is an
// unknown block that must be understood (s:mustUnderstand 1 or true).
Result<Envelope> readEnvelope(std::string_view document);

// InvalidInput unless the answer belongs to this request: RelatesTo equals messageId and the action
// is the expected one. A fault may have any action.
Status checkAnswers(
    const Envelope& answer, std::string_view messageId, std::string_view expectedAction);

// Empty without o:Security; errors as readSecurityBlock().
Result<Credentials> readCredentials(const Envelope& request);

struct RequestHeader {
    std::string action;
    std::string messageId; // "urn:uuid:..."
    std::string to;        // exactly the URL that is posted to
    Credentials credentials;
};

// The text holds the password when there is one: send it, do not keep it.
std::string writeRequest(const RequestHeader& header, const Element& body);
std::string writeResponse(std::string_view action, std::string_view relatesTo,
    const Element& body); // no RelatesTo if empty

// The same answer to many requests, written once.
class PreparedResponse {
public:
    PreparedResponse(std::string_view action, const Element& body);
    std::string to(std::string_view relatesTo) const; // as writeResponse() writes it

private:
    std::string text_;
    std::size_t at_; // the end of the header
};

} // namespace perennial::enrollment::soap
