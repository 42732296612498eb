#include "shared/base/table.h"

#include "tests/support/golden.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <sstream>

using namespace perennial;

namespace {

Table example()
{
    Table table({"NAME", ">DAYS", "STATE"});
    table.add({"web1.example.test", "5", {"silent", Style::Warning}});
    table.add({"münchen.example.test", "120", {"active", Style::Good}});
    table.add({"x", "", ""});
    return table;
}

std::vector<std::string> linesOf(const std::string& text)
{
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

} // namespace

TEST_CASE("columns are aligned by characters, and no line ends with spaces")
{
    CHECK(example().toText({}) == "NAME                  DAYS  STATE\n"
                                  "web1.example.test        5  silent\n"
                                  "münchen.example.test   120  active\n"
                                  "x\n");
}

TEST_CASE("nothing is cut for a file or a pipe, however long it is")
{
    Table table({"A", "B"});
    table.add({std::string(500, 'a'), std::string(500, 'b')});
    CHECK(linesOf(table.toText({false, 40, false})).back() ==
          std::string(500, 'a') + "  " + std::string(500, 'b'));
}

TEST_CASE("on a terminal the widest texts are cut until a row fits, and say so")
{
    Table table({"NAME", "HOST", "=STATE"});
    table.add({"a-very-long-name-of-a-certificate.example.test", "web1.example.test", "active"});
    const auto text = table.toText({true, 40, false});
    for (const auto& line : linesOf(text))
        CHECK(widthOf(line) <= 40);
    CHECK(linesOf(text).back() == "a-very-long-na…  web1.example.t…  active");
    CHECK(table.toText({true, 200, false}) == table.toText({}));
}

TEST_CASE("times and ids are shown whole or not at all; titles tell that columns are left out")
{
    Table table({"NAME", "=ID", "HOST", "=WHEN"});
    table.add({"web1.example.test", "0198a000-0000", "host1.example.test", "2026-09-21 14:13"});
    CHECK(linesOf(table.toText({true, 80, false})).back() ==
          "web1.example.test  0198a000-0000  host1.example.test  2026-09-21 14:13");
    CHECK(table.toText({true, 60, false}) ==
          "NAME          ID             HOST           WHEN\n"
          "web1.exampl…  0198a000-0000  host1.exampl…  2026-09-21 14:13\n");
    CHECK(table.toText({true, 50, false}) ==
          "NAME              ID             HOST …\n"
          "web1.example.te…  0198a000-0000  host1.example.te…\n");
    CHECK(table.toText({true, 20, false}) == "NAME …\nweb1.example.test\n");
    CHECK(linesOf(table.toText({true, 10, false})).back() == "web1.exampl…");
}

TEST_CASE("colours come only where they are wanted, and do not count as width")
{
    const Terminal plain{true, 80, false};
    const Terminal coloured{true, 80, true};
    CHECK(example().toText(plain).find('\x1b') == std::string::npos);
    const auto text = example().toText(coloured);
    CHECK(text.find("\x1b[33msilent\x1b[0m") != std::string::npos);
    std::string without;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\x1b')
            i = text.find('m', i);
        else
            without += text[i];
    }
    CHECK(without == example().toText(plain));
}

TEST_CASE("text is cut between characters, never within one")
{
    CHECK(cutTo("äöü", 3) == "äöü");
    CHECK(cutTo("äöüß", 3) == "äö…");
    CHECK(cutTo("abc", 1) == "…");
    CHECK(widthOf(cutTo(std::string(100, 'x'), 17)) == 17);
}

TEST_CASE("what is no terminal has no colours and no width")
{
    CHECK_FALSE(inspectTerminal(-1, "", "xterm").isTerminal);
    CHECK_FALSE(inspectTerminal(-1, "", "xterm").colours);
}
