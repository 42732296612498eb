#include "shared/enrollment/wstep/token_request.h"

#include "shared/enrollment/soap/xml_values.h"
#include "shared/enrollment/wstep/wstep_names.h"
#include "shared/x509/cms.h"

namespace perennial::enrollment::wstep {

namespace {

using soap::Element;
using soap::makeElement;

constexpr std::string_view issueUri = "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Issue";
constexpr std::string_view queryUri =
    "http://schemas.microsoft.com/windows/pki/2009/01/enrollment/QueryTokenStatus";
constexpr std::string_view keyExchangeUri = "http://docs.oasis-open.org/ws-sx/ws-trust/200512/KET";

constexpr soap::Name rootName{soap::space::trust, "RequestSecurityToken"};
constexpr soap::Name requestTypeName{soap::space::trust, "RequestType"};
constexpr soap::Name requestKetName{soap::space::trust, "RequestKET"};
constexpr soap::Name contextName{soap::space::authorization, "AdditionalContext"};
constexpr soap::Name contextItemName{soap::space::authorization, "ContextItem"};
constexpr soap::Name contextValueName{soap::space::authorization, "Value"};
constexpr soap::Name languageName{"", "PreferredLanguage"};

Error refuse(std::string reason) { return {ErrorKind::InvalidInput, std::move(reason)}; }

std::string_view typeUri(const TokenRequest& request)
{
    if (std::holds_alternative<Issue>(request.what)) return issueUri;
    return std::holds_alternative<QueryTokenStatus>(request.what) ? queryUri : keyExchangeUri;
}

Result<std::vector<ContextItem>> readContext(const Element& body)
{
    std::vector<ContextItem> items;
    const auto context = body.optionalChild(contextName);
    if (!context) return context.error();
    if (*context == nullptr) return items;
    for (const Element* element : (*context)->childrenNamed(contextItemName)) {
        const std::string* itemName = element->attribute({"", "Name"});
        if (itemName == nullptr) return refuse("ContextItem without Name");
        auto value = soap::readOptional<std::string>(*element, contextValueName, soap::readString);
        if (!value) return value.error();
        items.push_back({soap::strip(*itemName), value->value_or("")});
    }
    return items;
}

Result<TokenRequest> readIssue(const Element& body)
{
    auto bytes = soap::readRequired<Bytes>(body, binaryTokenName, soap::readBase64);
    if (!bytes) return bytes.error();
    if (bytes->empty()) return refuse("BinarySecurityToken without a request");
    auto context = readContext(body);
    if (!context) return context.error();
    return TokenRequest{Issue{std::move(*bytes), std::move(*context)}, ""};
}

Result<TokenRequest> readQuery(const Element& body)
{
    auto id = soap::readOptional<std::string>(body, requestIdName, soap::readString);
    if (!id) return id.error();
    if (!*id || (*id)->empty()) return refuse("QueryTokenStatus without a RequestID");
    if ((*id)->size() > requestIdLimit) return refuse("RequestID longer than 128 bytes");
    return TokenRequest{QueryTokenStatus{std::move(**id)}, ""};
}

Result<TokenRequest> readKeyExchange(const Element& body)
{
    if (const auto ket = body.child(requestKetName); !ket) return ket.error();
    return TokenRequest{KeyExchange{}, ""};
}

Result<TokenRequest> readByType(const Element& body, std::string_view action)
{
    const auto type = soap::readRequired<std::string>(body, requestTypeName, soap::readString);
    if (!type) return type.error();
    const bool known = *type == issueUri || *type == queryUri || *type == keyExchangeUri;
    if (!known) return refuse("RequestType \"" + toPrintable(*type, 200) + "\" is not supported");
    const auto expected =
        *type == keyExchangeUri ? soap::action::keyExchange : soap::action::requestSecurityToken;
    if (action != expected) return refuse("RequestType does not go with the action");
    if (*type == issueUri) return readIssue(body);
    return *type == queryUri ? readQuery(body) : readKeyExchange(body);
}

void addContext(Element& root, const std::vector<ContextItem>& items)
{
    if (items.empty()) return;
    Element& context = append(root, makeElement(contextName));
    for (const ContextItem& item : items) {
        Element& element = append(context, makeElement(contextItemName));
        setAttribute(element, {"", "Name"}, item.name);
        append(element, makeElement(contextValueName, item.value));
    }
}

} // namespace

Element makeBinaryToken(std::string_view valueType, std::string_view bytes)
{
    Element token = makeElement(binaryTokenName, toBase64(bytes));
    setAttribute(token, {"", "ValueType"}, valueType);
    setAttribute(token, {"", "EncodingType"}, encodingUri);
    return token;
}

std::string_view actionOf(const TokenRequest& request)
{
    return std::holds_alternative<KeyExchange>(request.what) ? soap::action::keyExchange
                                                             : soap::action::requestSecurityToken;
}

Element toElement(const TokenRequest& request)
{
    Element root = makeElement(rootName);
    if (!request.preferredLanguage.empty()) {
        setAttribute(root, languageName, request.preferredLanguage);
    }
    append(root, makeElement(tokenTypeName, tokenTypeUri));
    append(root, makeElement(requestTypeName, typeUri(request)));
    if (const auto* issue = std::get_if<Issue>(&request.what)) {
        const bool cms = x509::looksLikeSignedData(issue->request);
        append(root, makeBinaryToken(cms ? pkcs7Uri : pkcs10Uri, issue->request));
        addContext(root, issue->additionalContext);
    }
    if (std::holds_alternative<KeyExchange>(request.what)) {
        append(root, makeElement(requestKetName));
    }
    const auto* query = std::get_if<QueryTokenStatus>(&request.what);
    append(root, query != nullptr ? makeElement(requestIdName, query->requestId)
                                  : soap::makeNil(requestIdName));
    return root;
}

Result<TokenRequest> readTokenRequest(const Element& body, std::string_view action)
{
    if (!body.is(rootName)) return refuse("the SOAP body is no RequestSecurityToken");
    auto request = readByType(body, action);
    if (!request) return request;
    if (const std::string* language = body.attribute(languageName)) {
        request->preferredLanguage = soap::strip(*language);
    }
    return request;
}

} // namespace perennial::enrollment::wstep
