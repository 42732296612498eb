#include "shared/enrollment/soap/envelope.h"

#include "shared/enrollment/soap/namespaces.h"
#include "shared/enrollment/soap/xml_reader.h"
#include "shared/enrollment/soap/xml_writer.h"

#include <array>

namespace perennial::enrollment::soap {

namespace {

constexpr Name envelopeName{space::envelope, "Envelope"};
constexpr Name headerName{space::envelope, "Header"};
constexpr Name bodyName{space::envelope, "Body"};
constexpr Name faultName{space::envelope, "Fault"};
constexpr Name securityName{space::security, "Security"};
constexpr Name mustUnderstandName{space::envelope, "mustUnderstand"};

Error refuse(std::string reason) { return {ErrorKind::InvalidInput, std::move(reason)}; }

Result<bool> mustUnderstand(const Element& block)
{
    const std::string* value = block.attribute(mustUnderstandName);
    if (value == nullptr) return false;
    const std::string stripped = strip(*value);
    if (stripped == "1" || stripped == "true") return true;
    if (stripped == "0" || stripped == "false") return false;
    return refuse("header block " + block.local + " with an unreadable mustUnderstand");
}

bool isKnownBlock(const Element& block)
{
    return block.space == space::addressing || block.is(securityName) ||
           block.space == space::diagnostics;
}

Status checkBlocks(const Element& header)
{
    for (const Element& block : header.children) {
        const auto must = mustUnderstand(block);
        if (!must) return must.error();
        if (*must && !isKnownBlock(block)) {
            return refuse("header block " + block.local + " must be understood and is not");
        }
    }
    return {};
}

Status readHeader(const Element& header, Envelope& envelope)
{
    if (Status status = checkBlocks(header); !status) return status;
    const std::array<std::pair<std::string_view, std::string*>, 4> texts{
        {{"Action", &envelope.action}, {"MessageID", &envelope.messageId},
            {"RelatesTo", &envelope.relatesTo}, {"To", &envelope.to}}};
    for (const auto& [local, target] : texts) {
        const auto block = header.optionalChild({space::addressing, local});
        if (!block) return block.error();
        if (*block != nullptr) *target = (*block)->strippedText();
    }
    const auto security = header.optionalChild(securityName);
    if (!security) return security.error();
    if (*security != nullptr) envelope.security = **security;
    return {};
}

Element makeEnvelope(Element header, const Element& body)
{
    Element envelope = makeElement(envelopeName);
    append(envelope, std::move(header));
    append(append(envelope, makeElement(bodyName)), body);
    return envelope;
}

Element understood(const Name& name, std::string_view text = {})
{
    Element block = makeElement(name, text);
    setAttribute(block, mustUnderstandName, "1");
    return block;
}

} // namespace

Result<Envelope> readEnvelope(std::string_view document)
{
    auto root = readXml(document);
    if (!root) return root.error();
    if (!root->is(envelopeName)) return refuse("not a SOAP 1.2 envelope");
    if (root->children.size() > 2) return refuse("SOAP envelope with more than Header and Body");
    const auto header = root->optionalChild(headerName);
    if (!header) return header.error();
    const auto body = root->child(bodyName);
    if (!body) return body.error();
    if ((*body)->children.size() != 1) return refuse("SOAP Body without exactly one element");

    Envelope envelope;
    if (*header != nullptr) {
        if (const Status status = readHeader(**header, envelope); !status) return status.error();
    }
    for (Element& part : root->children)
        if (&part == *body) envelope.body = std::move(part.children.front());
    if (envelope.action.empty() && !envelope.body.is(faultName)) {
        return refuse("SOAP message without wsa:Action");
    }
    return envelope;
}

Status checkAnswers(
    const Envelope& answer, std::string_view messageId, std::string_view expectedAction)
{
    const bool fault = answer.body.is(faultName);
    const bool unrelated = answer.relatesTo.empty() && fault; // the request was never read
    if (!unrelated && answer.relatesTo != messageId) {
        return refuse("the answer belongs to another request (wsa:RelatesTo)");
    }
    if (!fault && answer.action != expectedAction) {
        return refuse("the answer has another action than " + std::string(expectedAction));
    }
    return {};
}

Result<Credentials> readCredentials(const Envelope& request)
{
    return request.security ? readSecurityBlock(*request.security) : Credentials();
}

std::string writeRequest(const RequestHeader& header, const Element& body)
{
    Element block = makeElement(headerName);
    append(block, understood({space::addressing, "Action"}, header.action));
    append(block, makeElement({space::addressing, "MessageID"}, header.messageId));
    Element& replyTo = append(block, makeElement({space::addressing, "ReplyTo"}));
    append(replyTo, makeElement({space::addressing, "Address"},
                        "http://www.w3.org/2005/08/addressing/anonymous"));
    append(block, understood({space::addressing, "To"}, header.to));
    if (auto security = toSecurityBlock(header.credentials)) {
        append(block, std::move(*security));
    }
    return writeXml(makeEnvelope(std::move(block), body));
}

PreparedResponse::PreparedResponse(std::string_view action, const Element& body)
    : text_(writeResponse(action, "", body)), at_(text_.find("</s:Header>"))
{
}

std::string PreparedResponse::to(std::string_view relatesTo) const
{
    if (relatesTo.empty()) return text_;
    const std::string block = "<a:RelatesTo>" + escaped(relatesTo) + "</a:RelatesTo>";
    std::string text;
    text.reserve(text_.size() + block.size());
    return text.append(text_, 0, at_).append(block).append(text_, at_);
}

std::string writeResponse(std::string_view action, std::string_view relatesTo, const Element& body)
{
    Element block = makeElement(headerName);
    append(block, understood({space::addressing, "Action"}, action));
    if (!relatesTo.empty()) {
        append(block, makeElement({space::addressing, "RelatesTo"}, relatesTo));
    }
    return writeXml(makeEnvelope(std::move(block), body));
}

} // namespace perennial::enrollment::soap
