#include "shared/enrollment/soap/xml_writer.h"

#include "shared/enrollment/soap/namespaces.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>

namespace perennial::enrollment::soap {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

// The bytes of the character at the front, or 0 when XML 1.0 has no such character (2.2).
std::size_t characterSize(std::string_view text)
{
    const auto byte = [&](std::size_t at) {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const auto continues = [&](std::size_t at) { return (byte(at) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80U) {
        return first >= 0x20U || first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
    }
    if (first >= 0xC2U && first <= 0xDFU && continues(1)) return 2;
    if (first >= 0xE0U && first <= 0xEFU && continues(1) && continues(2)) {
        const unsigned point =
            ((first & 0xFU) << 12U) | ((byte(1) & 0x3FU) << 6U) | (byte(2) & 0x3FU);
        const bool surrogate = point >= 0xD800U && point <= 0xDFFFU;
        return point >= 0x800U && !surrogate && point < 0xFFFEU ? 3 : 0;
    }
    if (first >= 0xF0U && first <= 0xF4U && continues(1) && continues(2) && continues(3)) {
        const unsigned start = ((first & 0x7U) << 6U) | (byte(1) & 0x3FU);
        return start >= 0x10U && start <= 0x10FU ? 4 : 0;
    }
    return 0;
}

constexpr std::array<bool, 256> plainCharacters()
{
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < 0x80; ++c)
        plain[c] = c != '&' && c != '<' && c != '>' && c != '"';
    return plain;
}
constexpr auto isPlain = plainCharacters();

// How many characters at the front are ASCII and stand for themselves everywhere.
std::size_t plainSize(std::string_view text)
{
    return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), [](char c) {
        return isPlain[static_cast<unsigned char>(c)];
    }) - text.begin());
}

void escape(std::string& out, std::string_view text, bool inAttribute)
{
    while (!text.empty()) {
        if (const std::size_t plain = plainSize(text); plain > 0) {
            out += text.substr(0, plain);
            text.remove_prefix(plain);
            continue;
        }
        const std::size_t size = characterSize(text);
        switch (text.front()) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += inAttribute ? "&quot;" : "\""; break;
        case '\r': out += "&#xD;"; break; // a parser would make it a line feed
        case '\n': out += inAttribute ? "&#xA;" : "\n"; break;
        case '\t': out += inAttribute ? "&#x9;" : "\t"; break;
        default: out += size == 0 ? replacement : text.substr(0, size);
        }
        text.remove_prefix(size == 0 ? 1 : size);
    }
}

struct KnownPrefix {
    std::string_view space;
    std::string_view prefix;
};
constexpr std::array knownPrefixes{KnownPrefix{space::envelope, "s"},
    KnownPrefix{space::addressing, "a"}, KnownPrefix{space::security, "o"},
    KnownPrefix{space::utility, "u"}, KnownPrefix{space::instance, "xsi"},
    KnownPrefix{space::dispatcher, "d"}};

class Writer {
public:
    explicit Writer(const Element& root) : root_(root) { collect(root); }

    std::string write()
    {
        writeElement(root_, "");
        return std::move(out_);
    }

private:
    static bool isPrefixed(std::string_view space)
    {
        return space == space::envelope || space == space::addressing;
    }

    // Every namespace that needs a prefix somewhere is declared once, at the root.
    void collect(const Element& element)
    {
        if (isPrefixed(element.space)) declare(element.space);
        for (const Attribute& attribute : element.attributes)
            declare(attribute.space);
        if (element.nameValue) declare(element.nameValue->space);
        for (const Element& child : element.children)
            collect(child);
    }

    void declare(std::string_view space)
    {
        if (space.empty() || space == space::xml || prefixes_.contains(space)) return;
        for (const KnownPrefix& known : knownPrefixes) {
            if (known.space == space) {
                prefixes_.emplace(space, known.prefix);
                return;
            }
        }
        prefixes_.emplace(space, "n" + std::to_string(prefixes_.size()));
    }

    std::string prefixed(std::string_view space, std::string_view local) const
    {
        if (space == space::xml) return "xml:" + std::string(local);
        const auto found = prefixes_.find(space);
        if (found == prefixes_.end()) return std::string(local);
        return found->second + ":" + std::string(local);
    }

    void writeAttribute(std::string_view name, std::string_view value)
    {
        out_ += ' ';
        out_ += name;
        out_ += "=\"";
        escape(out_, value, true);
        out_ += '"';
    }

    void writeElement(const Element& element, std::string_view defaultSpace)
    {
        const bool withPrefix = isPrefixed(element.space);
        const std::string name =
            withPrefix ? prefixed(element.space, element.local) : element.local;
        out_ += '<' + name;
        if (&element == &root_) {
            for (const auto& [space, prefix] : prefixes_)
                writeAttribute("xmlns:" + prefix, space);
        }
        if (!withPrefix && element.space != defaultSpace) {
            defaultSpace = element.space;
            writeAttribute("xmlns", defaultSpace);
        }
        for (const Attribute& attribute : element.attributes)
            writeAttribute(prefixed(attribute.space, attribute.local), attribute.value);
        const std::string text = element.nameValue
                                     ? prefixed(element.nameValue->space, element.nameValue->local)
                                     : element.text;
        if (text.empty() && element.children.empty()) {
            out_ += "/>";
            return;
        }
        out_ += '>';
        escape(out_, text, false);
        for (const Element& child : element.children)
            writeElement(child, defaultSpace);
        out_ += "</" + name + '>';
    }

    const Element& root_;
    std::map<std::string, std::string, std::less<>> prefixes_; // namespace to prefix
    std::string out_;
};

} // namespace

std::string escaped(std::string_view text)
{
    std::string out;
    escape(out, text, false);
    return out;
}

std::string writeXml(const Element& root) { return Writer(root).write(); }

} // namespace perennial::enrollment::soap
