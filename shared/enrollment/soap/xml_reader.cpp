#include "shared/enrollment/soap/xml_reader.h"

#include "shared/base/encoding.h"
#include "shared/enrollment/soap/markup_check.h"

#include <algorithm>
#include <expat.h>
#include <memory>
#include <tuple>
#include <utility>

namespace perennial::enrollment::soap {

namespace {

constexpr char separator = '\t'; // in no name; expat refuses a namespace that has it

using ParserHandle =
    std::unique_ptr<XML_ParserStruct, decltype([](XML_Parser parser) { XML_ParserFree(parser); })>;

// "namespace<tab>name" as expat writes it, or the name alone.
std::pair<std::string, std::string> namesIn(std::string_view expanded)
{
    const auto at = expanded.rfind(separator);
    if (at == std::string_view::npos) return {"", std::string(expanded)};
    return {std::string(expanded.substr(0, at)), std::string(expanded.substr(at + 1))};
}

// Builds the tree. Never throws into the parser's C code on purpose: all limits were checked
// before.
class TreeBuilder {
public:
    std::optional<Element> takeRoot() { return std::exchange(root_, std::nullopt); }

    void startMapping(const char* prefix, const char* uri)
    {
        prefixes_.emplace_back(prefix == nullptr ? "" : prefix, uri == nullptr ? "" : uri);
    }

    void endMapping(std::string_view prefix)
    {
        const auto last = std::find_if(prefixes_.rbegin(), prefixes_.rend(),
            [&](const auto& mapping) { return mapping.first == prefix; });
        if (last != prefixes_.rend()) prefixes_.erase(std::next(last).base());
    }

    // `attributes`: names and values in turns, and a null pointer.
    void startElement(std::string_view name, const char** attributes)
    {
        // Pointers into `children` stay good: only the innermost open element gets new children.
        Element& element = open_.empty() ? root_.emplace() : open_.back()->children.emplace_back();
        std::tie(element.space, element.local) = namesIn(name);
        for (; *attributes != nullptr; attributes += 2) {
            auto [space, local] = namesIn(attributes[0]);
            element.attributes.push_back({std::move(space), std::move(local), attributes[1]});
        }
        open_.push_back(&element);
    }

    void endElement()
    {
        Element& element = *open_.back();
        open_.pop_back();
        if (element.children.empty()) element.nameValue = resolve(strip(element.text));
    }

    void characters(std::string_view text)
    {
        if (!open_.empty()) open_.back()->text.append(text);
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

TreeBuilder& treeOf(void* builder) { return *static_cast<TreeBuilder*>(builder); }

void connect(XML_Parser parser, TreeBuilder& builder)
{
    XML_SetUserData(parser, &builder);
    XML_SetNamespaceDeclHandler(
        parser,
        [](void* to, const char* prefix, const char* uri) { treeOf(to).startMapping(prefix, uri); },
        [](void* to, const char* prefix) { treeOf(to).endMapping(prefix ? prefix : ""); });
    XML_SetElementHandler(
        parser,
        [](void* to, const char* name, const char** attributes) {
            treeOf(to).startElement(name, attributes);
        },
        [](void* to, const char*) { treeOf(to).endElement(); });
    XML_SetCharacterDataHandler(parser, [](void* to, const char* text, int length) {
        treeOf(to).characters({text, static_cast<std::size_t>(length)});
    });
}

} // namespace

Result<Element> readXml(std::string_view document, const XmlLimits& limits)
{
    if (const Status status = checkMarkup(document, limits); !status) return status.error();
    TreeBuilder builder;
    const ParserHandle parser(XML_ParserCreateNS("UTF-8", separator));
    if (!parser) return Error{ErrorKind::Internal, "XML parser: no memory"};
    connect(parser.get(), builder);
    // The markup check keeps the size far below what an int can say.
    if (XML_Parse(parser.get(), document.data(), static_cast<int>(document.size()), XML_TRUE) !=
        XML_STATUS_OK)
        return Error{ErrorKind::InvalidInput,
            std::string("not well-formed XML: ") + XML_ErrorString(XML_GetErrorCode(parser.get())) +
                " in line " + std::to_string(XML_GetCurrentLineNumber(parser.get()))};
    if (auto root = builder.takeRoot()) return std::move(*root);
    return Error{ErrorKind::InvalidInput, "XML document without an element"};
}

} // namespace perennial::enrollment::soap
