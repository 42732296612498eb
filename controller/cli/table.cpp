#include "controller/cli/table.h"

#include <algorithm>
#include <numeric>

namespace perennial::cli {

namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t leastWidth = 6; // of a column that is cut

} // namespace

Table::Table(std::vector<std::string> titles)
{
    for (auto& title : titles) {
        const bool right = !title.empty() && title.front() == '>';
        right_.push_back(right);
        titles_.emplace_back(right ? title.substr(1) : title, Style::Faint);
    }
}

void Table::add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }

std::vector<std::size_t> Table::layOut(const Terminal& terminal) const
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
    if (!terminal.isTerminal || widths.empty()) return widths;
    const auto gaps = gap * (widths.size() - 1);
    for (;;) {
        const auto all = std::accumulate(widths.begin(), widths.end(), gaps);
        const auto widest = std::max_element(widths.begin(), widths.end());
        if (all <= terminal.width || *widest <= leastWidth) return widths;
        --*widest;
    }
}

std::string Table::line(const std::vector<Cell>& row, const std::vector<std::size_t>& widths,
    const Terminal& terminal) const
{
    std::string text;
    std::string padding; // written only when something follows: no line ends with spaces
    for (std::size_t i = 0; i < row.size(); ++i) {
        const auto shown = cutTo(row[i].text, widths[i]);
        const std::string fill(widths[i] - widthOf(shown), ' ');
        const bool right = i < right_.size() && right_[i];
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
    if (!titles_.empty()) text += line(titles_, widths, terminal);
    for (const auto& row : rows_)
        text += line(row, widths, terminal);
    return text;
}

} // namespace perennial::cli
