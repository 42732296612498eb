#include "shared/enrollment/soap/xml_reader.h"

#include "shared/base/encoding.h"
#include "shared/enrollment/soap/markup_check.h"

#include <algorithm>
#include <exception>
#include <Poco/Exception.h>
#include <Poco/SAX/Attributes.h>
#include <Poco/SAX/DefaultHandler.h>
#include <Poco/SAX/SAXParser.h>
#include <utility>

namespace perennial::enrollment::soap {

namespace {

// Builds the tree. Never throws into the parser's C code on purpose: all limits were checked
// before.
class TreeBuilder final : public Poco::XML::DefaultHandler {
public:
    std::optional<Element> takeRoot() { return std::exchange(root_, std::nullopt); }

    void startPrefixMapping(
        const Poco::XML::XMLString& prefix, const Poco::XML::XMLString& uri) override
    {
        prefixes_.emplace_back(prefix, uri);
    }

    void endPrefixMapping(const Poco::XML::XMLString& prefix) override
    {
        const auto last = std::find_if(prefixes_.rbegin(), prefixes_.rend(),
            [&](const auto& mapping) { return mapping.first == prefix; });
        if (last != prefixes_.rend()) prefixes_.erase(std::next(last).base());
    }

    void startElement(const Poco::XML::XMLString& uri, const Poco::XML::XMLString& localName,
        const Poco::XML::XMLString& /*qualifiedName*/,
        const Poco::XML::Attributes& attributes) override
    {
        // Pointers into `children` stay good: only the innermost open element gets new children.
        Element& element = open_.empty() ? root_.emplace() : open_.back()->children.emplace_back();
        element.space = uri;
        element.local = localName;
        for (int i = 0; i < attributes.getLength(); ++i) {
            element.attributes.push_back(
                {attributes.getURI(i), attributes.getLocalName(i), attributes.getValue(i)});
        }
        open_.push_back(&element);
    }

    void endElement(const Poco::XML::XMLString& /*uri*/, const Poco::XML::XMLString& /*localName*/,
        const Poco::XML::XMLString& /*qualifiedName*/) override
    {
        Element& element = *open_.back();
        open_.pop_back();
        if (element.children.empty()) element.nameValue = resolve(strip(element.text));
    }

    void characters(const Poco::XML::XMLChar text[], int start, int length) override
    {
        if (!open_.empty()) {
            open_.back()->text.append(text + start, static_cast<std::size_t>(length));
        }
    }

private:
    std::optional<NameValue> resolve(const std::string& text) const
    {
        const auto colon = text.find(':');
        if (colon == std::string::npos || colon == 0) return std::nullopt;
        const std::string local = text.substr(colon + 1);
        if (local.empty() || local.find_first_of(":/ \t\r\n") != std::string::npos) {
            return std::nullopt;
        }
        const std::string_view prefix = std::string_view(text).substr(0, colon);
        const auto mapping = std::find_if(prefixes_.rbegin(), prefixes_.rend(),
            [&](const auto& one) { return one.first == prefix; });
        if (mapping == prefixes_.rend()) return std::nullopt;
        return NameValue{mapping->second, local};
    }

    std::optional<Element> root_;
    std::vector<Element*> open_;
    std::vector<std::pair<std::string, std::string>> prefixes_; // innermost last
};

} // namespace

Result<Element> readXml(std::string_view document, const XmlLimits& limits)
{
    if (const Status status = checkMarkup(document, limits); !status) return status.error();
    try {
        TreeBuilder builder;
        Poco::XML::SAXParser parser;
        parser.setFeature(Poco::XML::XMLReader::FEATURE_NAMESPACES, true);
        // Without prefixes Poco 1.11 gives an element of no namespace that of the one before it.
        parser.setFeature(Poco::XML::XMLReader::FEATURE_NAMESPACE_PREFIXES, true);
        parser.setFeature(Poco::XML::XMLReader::FEATURE_EXTERNAL_GENERAL_ENTITIES, false);
        parser.setFeature(Poco::XML::XMLReader::FEATURE_EXTERNAL_PARAMETER_ENTITIES, false);
        parser.setEncoding("UTF-8");
        parser.setContentHandler(&builder);
        parser.parseMemoryNP(document.data(), document.size());
        if (auto root = builder.takeRoot()) return std::move(*root);
        return Error{ErrorKind::InvalidInput, "XML document without an element"};
    } catch (const Poco::Exception& error) {
        return Error{
            ErrorKind::InvalidInput, "not well-formed XML: " + toPrintable(error.message(), 200)};
    } catch (const std::exception& error) {
        return Error{ErrorKind::Internal, std::string("XML parser: ") + error.what()};
    }
}

} // namespace perennial::enrollment::soap
