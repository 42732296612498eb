#include "shared/enrollment/soap/fault.h"

#include "shared/enrollment/soap/namespaces.h"
#include "shared/enrollment/soap/xml_values.h"

namespace perennial::enrollment::soap {

namespace {

constexpr std::size_t reasonLimit = 1024;
constexpr std::size_t requestIdLimit = 128;

constexpr Name faultName{space::envelope, "Fault"};
constexpr Name codeName{space::envelope, "Code"};
constexpr Name subcodeName{space::envelope, "Subcode"};
constexpr Name valueName{space::envelope, "Value"};
constexpr Name reasonName{space::envelope, "Reason"};
constexpr Name textName{space::envelope, "Text"};
constexpr Name detailName{space::envelope, "Detail"};
constexpr Name enrollmentDetailName{space::enrollment, "CertificateEnrollmentWSDetail"};
constexpr Name binaryResponseName{space::enrollment, "BinaryResponse"};
constexpr Name errorCodeName{space::enrollment, "ErrorCode"};
constexpr Name invalidRequestName{space::enrollment, "InvalidRequest"};
constexpr Name requestIdName{space::enrollment, "RequestID"};

// The only child of that name, or nullptr: reading a fault never fails.
const Element* only(const Element* parent, const Name& name)
{
    if (parent == nullptr) return nullptr;
    const auto child = parent->optionalChild(name);
    return child ? *child : nullptr;
}

template <class T>
std::optional<T> tryRead(const Element& parent, const Name& name, Result<T> (*read)(const Element&))
{
    auto value = readOptional<T>(parent, name, read);
    return value ? std::move(*value) : std::nullopt;
}

EnrollmentDetail readDetail(const Element& element)
{
    EnrollmentDetail detail;
    detail.binaryResponse = tryRead<Bytes>(element, binaryResponseName, readBase64);
    if (const auto code = tryRead<std::int32_t>(element, errorCodeName, readInt)) {
        detail.errorCode = hresultFromSigned(*code);
    }
    detail.invalidRequest = tryRead<bool>(element, invalidRequestName, readBoolean);
    detail.requestId = tryRead<std::string>(element, requestIdName, readString);
    if (detail.requestId) detail.requestId = toPrintable(*detail.requestId, requestIdLimit);
    return detail;
}

Element optionalElement(const Name& name, const std::optional<std::string>& text)
{
    return text ? makeElement(name, *text) : makeNil(name);
}

Element toElement(const EnrollmentDetail& detail)
{
    Element element = makeElement(enrollmentDetailName);
    std::optional<std::string> text;
    if (detail.binaryResponse) text = toBase64(*detail.binaryResponse);
    append(element, optionalElement(binaryResponseName, text));
    text.reset();
    if (detail.errorCode) text = std::to_string(toSigned(*detail.errorCode));
    append(element, optionalElement(errorCodeName, text));
    text.reset();
    if (detail.invalidRequest) text = toText(*detail.invalidRequest);
    append(element, optionalElement(invalidRequestName, text));
    append(element, optionalElement(requestIdName, detail.requestId));
    return element;
}

Element nameElement(const Name& name, NameValue value)
{
    Element element = makeElement(name);
    element.nameValue = std::move(value);
    return element;
}

Element toElement(const Fault& fault)
{
    Element element = makeElement(faultName);
    Element& code = append(element, makeElement(codeName));
    append(code,
        nameElement(valueName, {std::string(space::envelope),
                                   fault.code == Fault::Code::Sender ? "Sender" : "Receiver"}));
    if (fault.subcode) {
        Element& subcode = append(code, makeElement(subcodeName));
        append(subcode, nameElement(valueName, *fault.subcode));
    }
    Element& text =
        append(append(element, makeElement(reasonName)), makeElement(textName, fault.reason));
    setAttribute(text, {space::xml, "lang"}, "en-US");
    if (fault.detail) append(append(element, makeElement(detailName)), toElement(*fault.detail));
    return element;
}

} // namespace

bool isFault(const Envelope& message) { return message.body.is(faultName); }

Result<Fault> readFault(const Envelope& message)
{
    if (!isFault(message)) return Error{ErrorKind::NotFound, "the message is no SOAP fault"};
    Fault fault;
    fault.code = Fault::Code::Other;
    const Element* code = only(&message.body, codeName);
    if (const Element* value = only(code, valueName); value != nullptr && value->nameValue) {
        if (*value->nameValue == NameValue{std::string(space::envelope), "Sender"}) {
            fault.code = Fault::Code::Sender;
        } else if (*value->nameValue == NameValue{std::string(space::envelope), "Receiver"}) {
            fault.code = Fault::Code::Receiver;
        }
    }
    if (const Element* value = only(only(code, subcodeName), valueName)) {
        fault.subcode = value->nameValue;
    }
    if (const Element* reason = only(&message.body, reasonName)) {
        const auto texts = reason->childrenNamed(textName); // one for each language
        if (!texts.empty()) fault.reason = toPrintable(texts.front()->strippedText(), reasonLimit);
    }
    if (const Element* detail = only(only(&message.body, detailName), enrollmentDetailName)) {
        fault.detail = readDetail(*detail);
    }
    return fault;
}

bool isAuthenticationFault(const Fault& fault)
{
    return fault.subcode ==
           NameValue{std::string(space::security), std::string("FailedAuthentication")};
}

Fault enrollmentFault(HResult code, std::string_view reason, bool invalidRequest,
    std::optional<std::string> requestId, std::optional<Bytes> binaryResponse)
{
    return {Fault::Code::Receiver, std::nullopt, std::string(reason),
        EnrollmentDetail{std::move(binaryResponse), code, invalidRequest, std::move(requestId)}};
}

Fault authenticationFault()
{
    return {Fault::Code::Sender, NameValue{std::string(space::security), "FailedAuthentication"},
        "The user name or the password is wrong.", std::nullopt};
}

Fault senderFault(std::string_view reason)
{
    return {Fault::Code::Sender, std::nullopt, std::string(reason), std::nullopt};
}

Fault receiverFault(std::string_view reason)
{
    return {Fault::Code::Receiver, std::nullopt, std::string(reason), std::nullopt};
}

std::string_view actionOf(const Fault& fault)
{
    return fault.detail ? action::enrollmentFault : action::fault;
}

std::string writeFault(const Fault& fault, std::string_view relatesTo)
{
    return writeResponse(actionOf(fault), relatesTo, toElement(fault));
}

} // namespace perennial::enrollment::soap
