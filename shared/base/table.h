#pragma once

#include "shared/base/terminal.h"

#include <string>
#include <vector>

namespace perennial {

struct Cell {
    Cell(std::string textGiven, Style styleGiven = Style::Plain)
        : text(std::move(textGiven)), style(styleGiven)
    {
    }
    Cell(const char* textGiven) : text(textGiven) {}

    std::string text; // printable, one line
    Style style = Style::Plain;
};

// Aligned columns, two spaces between them, no lines. On a terminal the widest texts are cut until
// a row fits into a line. Where even that is not enough the last columns are left out, and an
// ellipsis ends the titles.
class Table {
public:
    // A title's first character may say more of its column: '>' aligned to the right, '=' never cut
    // (times, ids: a part of one is of no use). No titles: no line of them.
    explicit Table(std::vector<std::string> titles = {});

    void add(std::vector<Cell> row);
    bool empty() const { return rows_.empty(); }
    std::string toText(const Terminal& terminal) const; // ends with a newline unless empty

private:
    // The widths of the columns that are shown.
    std::vector<std::size_t> layOut(const Terminal& terminal) const;
    std::vector<std::size_t> naturalWidths() const;
    std::size_t leastWidth(std::size_t column, std::size_t natural) const;
    std::string line(const std::vector<Cell>& row, const std::vector<std::size_t>& widths,
        const Terminal& terminal) const;

    std::vector<Cell> titles_;
    std::vector<char> marks_; // '>', '=' or a space
    std::vector<std::vector<Cell>> rows_;
};

} // namespace perennial
