#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace perennial::enrollment::server::web {

// Markup that stands in the program's own source: only what the compiler sees can become one, so
// nothing that came from outside is ever taken for markup.
class Literal {
public:
    consteval Literal(const char* markup) : markup_(markup) {}
    constexpr std::string_view view() const { return markup_; }

private:
    std::string_view markup_;
};

// A piece of a page. There is no other way in than these.
class Html {
public:
    Html() = default;
    Html(Literal markup) : html_(markup.view()) {}

    Html& markup(Literal literal);
    // Foreign text: printable, at most 4 KiB, and escaped for content and for quoted attributes.
    Html& text(std::string_view foreign);
    Html& number(std::int64_t value);
    Html& add(const Html& piece);

    bool empty() const { return html_.empty(); }
    const std::string& toString() const { return html_; }

private:
    std::string html_;
};

} // namespace perennial::enrollment::server::web
