#include "controller/enrollment/web/html.h"

#include "shared/base/encoding.h"

namespace perennial::enrollment::server::web {

Html& Html::markup(Literal literal)
{
    html_ += literal.view();
    return *this;
}

Html& Html::text(std::string_view foreign)
{
    for (const char c : toPrintable(foreign, 4096)) {
        switch (c) {
        case '&': html_ += "&amp;"; break;
        case '<': html_ += "&lt;"; break;
        case '>': html_ += "&gt;"; break;
        case '"': html_ += "&quot;"; break;
        case '\'': html_ += "&#39;"; break;
        default: html_ += c;
        }
    }
    return *this;
}

Html& Html::number(std::int64_t value)
{
    html_ += std::to_string(value);
    return *this;
}

Html& Html::add(const Html& piece)
{
    html_ += piece.html_;
    return *this;
}

} // namespace perennial::enrollment::server::web
