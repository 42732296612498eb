#include "shared/base/table.h"

#include <algorithm>
#include <numeric>

namespace perennial {

namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t leastText = 12; // columns of a text that is cut

std::size_t sumOf(const std::vector<std::size_t>& widths)
{
    return std::accumulate(widths.begin(), widths.end(), gap * (widths.size() - 1));
}

} // namespace

Table::Table(std::vector<std::string> titles)
{
    for (auto& title : titles) {
        const bool marked = !title.empty() && (title.front() == '>' || title.front() == '=');
        marks_.push_back(marked ? title.front() : ' ');
        titles_.emplace_back(marked ? title.substr(1) : title, Style::Faint);
    }
}

void Table::add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }

std::vector<std::size_t> Table::naturalWidths() const
{
    std::vector<std::size_t> widths;
    const auto consider = [&widths](const std::vector<Cell>& row) {
        if (widths.size() < row.size()) widths.resize(row.size(), 0);
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], widthOf(row[i].text));
    };
    consider(titles_);
    for (const auto& row : rows_)
        consider(row);
    return widths;
}

std::size_t Table::leastWidth(std::size_t column, std::size_t natural) const
{
    const bool whole = column < marks_.size() && marks_[column] != ' ';
    return whole ? natural : std::min(natural, leastText);
}

std::vector<std::size_t> Table::layOut(const Terminal& terminal) const
{
    auto widths = naturalWidths();
    if (!terminal.isTerminal || widths.empty() || sumOf(widths) <= terminal.width) return widths;
    auto least = widths;
    for (std::size_t i = 0; i < least.size(); ++i)
        least[i] = leastWidth(i, widths[i]);
    while (least.size() > 1 && sumOf(least) > terminal.width)
        least.pop_back();
    widths.resize(least.size());
    while (sumOf(widths) > terminal.width) {
        std::size_t widest = widths.size();
        for (std::size_t i = 0; i < widths.size(); ++i)
            if (widths[i] > least[i] && (widest == widths.size() || widths[i] > widths[widest]))
                widest = i;
        if (widest == widths.size()) break; // one column, wider than the terminal
        --widths[widest];
    }
    return widths;
}

std::string Table::line(const std::vector<Cell>& row, const std::vector<std::size_t>& widths,
    const Terminal& terminal) const
{
    std::string text;
    std::string padding; // written only when something follows: no line ends with spaces
    for (std::size_t i = 0; i < std::min(row.size(), widths.size()); ++i) {
        const auto shown = cutTo(row[i].text, widths[i]);
        const std::string fill(widths[i] - widthOf(shown), ' ');
        const bool right = i < marks_.size() && marks_[i] == '>';
        if (right) padding += fill;
        if (!shown.empty()) {
            text += padding + coloured(shown, row[i].style, terminal);
            padding.clear();
        }
        if (!right) padding += fill;
        padding += std::string(gap, ' ');
    }
    return text + "\n";
}

std::string Table::toText(const Terminal& terminal) const
{
    const auto widths = layOut(terminal);
    std::string text;
    if (!titles_.empty()) {
        text += line(titles_, widths, terminal);
        if (widths.size() < titles_.size()) text.insert(text.size() - 1, " …");
    }
    for (const auto& row : rows_)
        text += line(row, widths, terminal);
    return text;
}

} // namespace perennial
