#include "shared/enrollment/soap/markup_check.h"

#include "shared/base/encoding.h"
#include "shared/enrollment/soap/element.h"

#include <optional>
#include <string>

namespace perennial::enrollment::soap {

namespace {

constexpr std::string_view byteOrderMark = "\xEF\xBB\xBF";

Error refuse(std::string reason)
{
    return {ErrorKind::InvalidInput, "XML document refused: " + std::move(reason)};
}

bool isUtf8Name(std::string_view name)
{
    static constexpr std::string_view expected = "utf-8";
    if (name.size() != expected.size()) return false;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != expected[i]) {
            return false;
        }
    }
    return true;
}

// The quoted value behind `key`; unset when the key is absent or has none.
std::optional<std::string_view> quotedValue(std::string_view declaration, std::string_view key)
{
    const auto at = declaration.find(key);
    if (at == std::string_view::npos) return std::nullopt;
    const auto open = declaration.find_first_of("'\"", at);
    if (open == std::string_view::npos) return std::nullopt;
    const auto close = declaration.find(declaration[open], open + 1);
    if (close == std::string_view::npos) return std::nullopt;
    return declaration.substr(open + 1, close - open - 1);
}

// The content of <?xml ...?>. What else is wrong with it is left to the parser.
Status checkDeclaration(std::string_view declaration)
{
    if (quotedValue(declaration, "version") != "1.0")
        return refuse("XML of another version than 1.0");
    if (declaration.find("encoding") == std::string_view::npos) return {};
    const auto encoding = quotedValue(declaration, "encoding");
    return encoding && isUtf8Name(*encoding) ? Status() : refuse("encoding other than UTF-8");
}

class MarkupScanner {
public:
    MarkupScanner(std::string_view document, const XmlLimits& limits)
        : rest_(document), limits_(limits)
    {
    }

    Status scan()
    {
        if (Status status = declaration(); !status) return status;
        while (skipTo("<")) {
            Status status = rest_.starts_with("!") || rest_.starts_with("?") ? special() : tag();
            if (!status) return status;
        }
        return {};
    }

private:
    // Moves behind the next occurrence of `text`; false when there is none.
    bool skipTo(std::string_view text)
    {
        const auto at = rest_.find(text);
        if (at == std::string_view::npos) return false;
        rest_.remove_prefix(at + text.size());
        return true;
    }

    Status declaration()
    {
        static constexpr std::string_view start = "<?xml";
        if (!rest_.starts_with(start) || rest_.size() == start.size() ||
            !isXmlSpace(rest_[start.size()])) {
            return {};
        }
        const auto end = rest_.find("?>");
        if (end == std::string_view::npos) return refuse("unfinished XML declaration");
        const std::string_view content = rest_.substr(start.size(), end - start.size());
        rest_.remove_prefix(end + 2);
        return checkDeclaration(content);
    }

    Status special()
    {
        if (rest_.starts_with("?")) return refuse("it has a processing instruction");
        const bool comment = rest_.starts_with("!--");
        if (!comment && !rest_.starts_with("![CDATA[")) {
            return refuse("it has a document type declaration");
        }
        if (Status status = countNode(); !status) return status;
        rest_.remove_prefix(3);
        if (!skipTo(comment ? "-->" : "]]>")) return refuse("unfinished comment or CDATA section");
        return {};
    }

    Status tag()
    {
        const bool closing = rest_.starts_with("/");
        if (!closing) {
            if (Status status = countNode(); !status) return status;
            if (depth_ + 1 > limits_.depth) return refuse("elements are nested too deep");
        }
        std::size_t attributes = 0;
        char last = '\0';
        while (true) {
            const auto at = rest_.find_first_of("'\">");
            if (at == std::string_view::npos) return refuse("unfinished tag");
            if (at > 0) last = rest_[at - 1];
            const char found = rest_[at];
            rest_.remove_prefix(at + 1);
            if (found == '>') break;
            last = found;
            if (++attributes > limits_.attributes) return refuse("too many attributes");
            if (!skipTo(std::string_view(&found, 1))) return refuse("unfinished attribute");
        }
        if (closing) {
            if (depth_ > 0) --depth_;
        } else if (last != '/') {
            ++depth_;
        }
        return {};
    }

    Status countNode()
    {
        return ++nodes_ > limits_.nodes ? Status(refuse("too many nodes")) : Status();
    }

    std::string_view rest_;
    const XmlLimits& limits_;
    std::size_t depth_ = 0;
    std::size_t nodes_ = 0;
};

} // namespace

Status checkMarkup(std::string_view document, const XmlLimits& limits)
{
    if (document.size() > limits.bytes) {
        return refuse("larger than " + std::to_string(limits.bytes) + " bytes");
    }
    if (document.find('\0') != std::string_view::npos || !isValidUtf8(document)) {
        return refuse("encoding other than UTF-8");
    }
    if (document.starts_with(byteOrderMark)) document.remove_prefix(byteOrderMark.size());
    return MarkupScanner(document, limits).scan();
}

} // namespace perennial::enrollment::soap
