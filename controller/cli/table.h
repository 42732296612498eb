#pragma once

#include "controller/cli/terminal.h"

#include <string>
#include <vector>

namespace perennial::cli {

struct Cell {
    Cell(std::string textGiven, Style styleGiven = Style::Plain)
        : text(std::move(textGiven)), style(styleGiven)
    {
    }
    Cell(const char* textGiven) : text(textGiven) {}

    std::string text; // printable, one line
    Style style = Style::Plain;
};

// Aligned columns, two spaces between them, no lines. On a terminal the widest columns are cut
// until a row fits into a line.
class Table {
public:
    // A title that begins with '>' is of a column whose cells are aligned to the right. No titles:
    // no line of them.
    explicit Table(std::vector<std::string> titles = {});

    void add(std::vector<Cell> row);
    bool empty() const { return rows_.empty(); }
    std::string toText(const Terminal& terminal) const; // ends with a newline unless empty

private:
    std::vector<std::size_t> layOut(const Terminal& terminal) const;
    std::string line(const std::vector<Cell>& row, const std::vector<std::size_t>& widths,
        const Terminal& terminal) const;

    std::vector<Cell> titles_;
    std::vector<bool> right_;
    std::vector<std::vector<Cell>> rows_;
};

} // namespace perennial::cli
