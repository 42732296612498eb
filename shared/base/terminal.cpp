#include "shared/base/terminal.h"

#include <algorithm>
#include <sys/ioctl.h>
#include <unistd.h>

namespace perennial {

namespace {

constexpr std::size_t narrowest = 20; // a width below is no width to lay out for

bool continuesCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

const char* codeOf(Style style)
{
    switch (style) {
    case Style::Good: return "\x1b[32m";
    case Style::Warning: return "\x1b[33m";
    case Style::Bad: return "\x1b[31m";
    case Style::Faint: return "\x1b[2m";
    case Style::Plain: break;
    }
    return "";
}

} // namespace

Terminal inspectTerminal(int descriptor, const std::string& noColor, const std::string& term)
{
    Terminal terminal;
    terminal.isTerminal = ::isatty(descriptor) == 1;
    if (!terminal.isTerminal) return terminal;
    terminal.colours = noColor.empty() && !term.empty() && term != "dumb";
    struct winsize size {};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        terminal.width = std::max<std::size_t>(size.ws_col, narrowest);
    return terminal;
}

std::string coloured(const std::string& text, Style style, const Terminal& terminal)
{
    if (!terminal.colours || style == Style::Plain || text.empty()) return text;
    return codeOf(style) + text + "\x1b[0m";
}

std::size_t widthOf(const std::string& text)
{
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !continuesCharacter(c); }));
}

std::string cutTo(const std::string& text, std::size_t width)
{
    if (widthOf(text) <= width) return text;
    std::size_t end = 0;
    for (std::size_t columns = 0; end < text.size(); ++end) {
        if (continuesCharacter(text[end])) continue;
        if (columns + 1 >= width) break; // room for the ellipsis
        ++columns;
    }
    return text.substr(0, end) + "…";
}

} // namespace perennial
