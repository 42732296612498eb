#include "shared/enrollment/wstep/token_response.h"

#include "shared/enrollment/soap/xml_values.h"
#include "shared/enrollment/wstep/wstep_names.h"

#include <optional>

namespace perennial::enrollment::wstep {

namespace {

using soap::Element;
using soap::makeElement;

constexpr soap::Name collectionName{soap::space::trust, "RequestSecurityTokenResponseCollection"};
constexpr soap::Name responseName{soap::space::trust, "RequestSecurityTokenResponse"};
constexpr soap::Name requestedName{soap::space::trust, "RequestedSecurityToken"};
constexpr soap::Name keyExchangeTokenName{soap::space::trust, "KeyExchangeToken"};
constexpr soap::Name referenceHolderName{soap::space::security, "SecurityTokenReference"};
constexpr soap::Name referenceName{soap::space::security, "Reference"};
constexpr soap::Name messageName{soap::space::enrollment, "DispositionMessage"};

Error refuse(std::string reason) { return {ErrorKind::InvalidInput, std::move(reason)}; }

std::size_t countTokens(const Element& element)
{
    std::size_t count = element.is(binaryTokenName) ? 1 : 0;
    for (const Element& child : element.children)
        count += countTokens(child);
    return count;
}

// What stands at the places where a token may stand.
struct Tokens {
    std::optional<Bytes> cmcResponse; // direct child
    std::optional<Bytes> certificate; // in RequestedSecurityToken
    std::optional<Bytes> exchange;    // in its KeyExchangeToken
    std::optional<std::string> referenceUri;
    std::size_t count = 0;
};

Status takeToken(const Element& parent, std::optional<Bytes>& place, std::size_t& count)
{
    const auto token = parent.optionalChild(binaryTokenName);
    if (!token) return token.error();
    if (*token == nullptr) return {};
    ++count;
    auto bytes = soap::readBase64(**token);
    if (!bytes) return bytes.error();
    if (!bytes->empty()) place = std::move(*bytes);
    return {};
}

Status readReference(const Element& requested, Tokens& tokens)
{
    const auto holder = requested.optionalChild(referenceHolderName);
    if (!holder) return holder.error();
    if (*holder == nullptr) return {};
    const auto reference = (*holder)->child(referenceName);
    if (!reference) return reference.error();
    const std::string* uri = (*reference)->attribute({"", "URI"});
    if (uri == nullptr) return refuse("Reference without URI");
    tokens.referenceUri = soap::strip(*uri);
    return {};
}

Result<Tokens> readTokens(const Element& response)
{
    Tokens tokens;
    Status status = takeToken(response, tokens.cmcResponse, tokens.count);
    if (!status) return status.error();
    const auto requested = response.optionalChild(requestedName);
    if (!requested) return requested.error();
    if (*requested == nullptr) return tokens;
    status = takeToken(**requested, tokens.certificate, tokens.count);
    if (!status) return status.error();
    status = readReference(**requested, tokens);
    if (!status) return status.error();
    const auto exchange = (*requested)->optionalChild(keyExchangeTokenName);
    if (!exchange) return exchange.error();
    if (*exchange != nullptr) {
        status = takeToken(**exchange, tokens.exchange, tokens.count);
        if (!status) return status.error();
    }
    return tokens;
}

Result<TokenResponse> interpret(const Element& response, Tokens tokens)
{
    const auto message = soap::readOptional<std::string>(response, messageName, soap::readString);
    if (!message) return message.error();
    const auto id = soap::readOptional<std::string>(response, requestIdName, soap::readString);
    if (!id) return id.error();
    const std::string requestId = id->value_or("");
    if (requestId.size() > requestIdLimit || toPrintable(requestId) != requestId) {
        return refuse("RequestID that is too long or not printable");
    }
    const std::string text = toPrintable(message->value_or(""), 1024);

    if (tokens.exchange) {
        if (tokens.certificate || tokens.referenceUri) return refuse("two kinds of token at once");
        return TokenResponse(KeyExchangeToken{std::move(*tokens.exchange)});
    }
    Bytes cmc = std::move(tokens.cmcResponse).value_or("");
    if (tokens.referenceUri) {
        if (tokens.certificate) return refuse("a certificate and a reference at once");
        if (requestId.empty()) return refuse("pending without a RequestID");
        return TokenResponse(
            Pending{std::move(*tokens.referenceUri), std::move(cmc), text, requestId});
    }
    if (!tokens.certificate && cmc.empty()) return refuse("neither a certificate nor a reference");
    return TokenResponse(
        Issued{std::move(tokens.certificate).value_or(""), std::move(cmc), text, requestId});
}

void addMessage(Element& response, std::string_view text, std::string_view language)
{
    Element& message = append(response, makeElement(messageName, text));
    setAttribute(message, {soap::space::xml, "lang"}, language);
}

void addBody(Element& response, const Issued& issued, std::string_view language)
{
    addMessage(response, issued.dispositionMessage, language);
    append(response, makeBinaryToken(pkcs7Uri, issued.cmcResponse));
    Element& requested = append(response, makeElement(requestedName));
    append(requested, makeBinaryToken(tokenTypeUri, issued.certificate));
    append(response, makeElement(requestIdName, issued.requestId));
}

void addBody(Element& response, const Pending& pending, std::string_view language)
{
    addMessage(response, pending.dispositionMessage, language);
    append(response, makeBinaryToken(pkcs7Uri, pending.cmcResponse));
    Element& requested = append(response, makeElement(requestedName));
    Element& holder = append(requested, makeElement(referenceHolderName));
    Element& reference = append(holder, makeElement(referenceName));
    setAttribute(reference, {"", "URI"}, pending.referenceUri);
    append(response, makeElement(requestIdName, pending.requestId));
}

void addBody(Element& response, const KeyExchangeToken& token, std::string_view /*language*/)
{
    Element& requested = append(response, makeElement(requestedName));
    Element& exchange = append(requested, makeElement(keyExchangeTokenName));
    append(exchange, makeBinaryToken(tokenTypeUri, token.certificate));
}

} // namespace

std::string_view actionOf(const TokenResponse& response)
{
    return std::holds_alternative<KeyExchangeToken>(response)
               ? soap::action::keyExchangeResponse
               : soap::action::requestSecurityTokenResponse;
}

Element toElement(const TokenResponse& response, std::string_view language)
{
    Element root = makeElement(collectionName);
    Element& one = append(root, makeElement(responseName));
    append(one, makeElement(tokenTypeName, tokenTypeUri));
    std::visit([&](const auto& kind) { addBody(one, kind, language); }, response);
    return root;
}

Result<TokenResponse> readTokenResponse(const Element& body)
{
    if (!body.is(collectionName)) {
        return refuse("the SOAP body is no RequestSecurityTokenResponseCollection");
    }
    const auto response = body.child(responseName);
    if (!response) return response.error();
    auto tokens = readTokens(**response);
    if (!tokens) return tokens.error();
    if (countTokens(body) != tokens->count) return refuse("a token where none belongs");
    return interpret(**response, std::move(*tokens));
}

} // namespace perennial::enrollment::wstep
