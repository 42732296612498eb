// The tables that say which test shows what: each test they name is there, and says what it is
// named for.

#include <algorithm>
#include <cctype>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

const fs::path root(PERENNIAL_SOURCE_DIR);
const std::vector<std::string> kinds = {
    "unit", "contract", "crash", "scenario", "system", "fuzz", "architecture"};

using Texts = std::vector<std::string>; // of the tests of one program, as words() gives them

std::string read(const fs::path& file)
{
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

// Lower-case letters and digits, one space before, between and after.
std::string words(const std::string& text)
{
    std::string out = " ";
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (std::isalnum(octet) != 0)
            out += static_cast<char>(std::tolower(octet));
        else if (out.back() != ' ')
            out += ' ';
    }
    return out.back() == ' ' ? out : out + ' ';
}

std::vector<std::string> split(const std::string& text, const std::string& at)
{
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (at.find(c) == std::string::npos)
            parts.back() += c;
        else
            parts.emplace_back();
    }
    return parts;
}

// Titles, docstrings and what rows are called: the literals of a test file, neighbours joined.
void addLiterals(const std::string& source, Texts& texts)
{
    std::optional<std::string> text;
    for (std::size_t at = 0; at < source.size(); ++at) {
        if (source[at] != '"') {
            if (text && std::isspace(static_cast<unsigned char>(source[at])) == 0) {
                texts.push_back(words(*text));
                text.reset();
            }
            continue;
        }
        auto end = at + 1;
        std::string literal;
        for (; end < source.size() && source[end] != '"' && source[end] != '\n'; ++end) {
            if (source[end] == '\\') ++end;
            if (end < source.size()) literal += source[end];
        }
        if (end < source.size() && source[end] == '"') text = text.value_or("") + literal;
        at = end;
    }
}

std::optional<Texts> testsOf(const std::string& kind, const std::string& name)
{
    const auto folder = kind == "system" || kind == "fuzz" || kind == "architecture"
                            ? root / "tests" / kind
                            : root / "tests" / kind / name;
    if (!fs::is_directory(folder)) return std::nullopt;
    Texts texts;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const auto stem = entry.path().stem().string();
        const auto ending = kind == "fuzz" ? std::string("_fuzzer") : std::string("_test");
        const auto extension = entry.path().extension();
        // What several system tests ask alike is in one file, and may be cited without their names.
        const bool isShared = kind == "system" && stem.ends_with("_case");
        if ((!stem.ends_with(ending) && !isShared) || (extension != ".py" && extension != ".cpp"))
            continue;
        if (kind == "system" && !name.empty() && stem != name + ending) continue;
        texts.push_back(words(stem));
        addLiterals(read(entry.path()), texts);
    }
    return texts.empty() ? std::nullopt : std::optional(texts);
}

// The words one after the other, or all those of more than three letters, in one text.
bool saysIn(const std::string& phrase, const Texts& texts)
{
    const auto wanted = words(phrase);
    for (const auto& text : texts) {
        if (text.find(wanted) != std::string::npos) return true;
        std::size_t looked = 0;
        bool all = true;
        for (const auto& word : split(wanted, " ")) {
            if (word.size() <= 3) continue;
            ++looked;
            all = all && text.find(' ' + word + ' ') != std::string::npos;
        }
        if (all && looked > 0) return true;
    }
    return false;
}

bool isSaid(const std::string& phrase, const Texts& texts)
{
    if (saysIn(phrase, texts)) return true;
    bool all = true; // several names of tests
    for (const auto& one : split(phrase, ",:"))
        all = all && saysIn(one, texts);
    return all;
}

std::string withoutBrackets(const std::string& text)
{
    std::string out;
    int depth = 0;
    for (const char c : text) {
        depth += c == '(' ? 1 : 0;
        if (depth == 0) out += c;
        depth -= c == ')' && depth > 0 ? 1 : 0;
    }
    return out;
}

struct Citation {
    std::string kind;
    std::string name;
    std::string phrase; // empty: the program as a whole
};

// "unit/x509: words", "system: words", "crash/renewal"; nullopt where no kind of test is named.
std::optional<Citation> citationIn(const std::string& part)
{
    const auto begin = part.find_first_not_of(" ");
    if (begin == std::string::npos) return std::nullopt;
    const auto end = part.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_/", begin);
    const auto place = split(part.substr(begin, end - begin), "/");
    if (std::find(kinds.begin(), kinds.end(), place.front()) == kinds.end() || place.size() > 2)
        return std::nullopt;
    auto phrase = end == std::string::npos ? "" : part.substr(end);
    if (words(phrase) == " ") phrase.clear();
    return Citation{place.front(), place.size() == 2 ? place.back() : "", phrase};
}

// What is wrong with the citations of one cell; empty for nothing.
std::string problemsIn(const std::string& cell, std::size_t& citations)
{
    std::string problems;
    std::optional<Citation> last;
    for (const auto& part : split(withoutBrackets(cell), ";")) {
        const auto named = citationIn(part);
        if (!named && !last) continue; // prose before the first one
        if (named)
            last = named;
        else
            last->phrase = part;
        ++citations;
        const auto texts = testsOf(last->kind, last->name);
        if (!texts)
            problems += "no program " + last->kind + '/' + last->name + "; ";
        else if (!last->phrase.empty() && !isSaid(last->phrase, *texts))
            problems +=
                "no test of " + last->kind + '/' + last->name + " says" + last->phrase + "; ";
    }
    return problems;
}

std::string lastCell(const std::string& line)
{
    const auto end = line.rfind(" |");
    const auto begin = line.rfind("| ", end - 1);
    return line.substr(begin + 2, end - begin - 2);
}

} // namespace

TEST_CASE("every test that the tables cite is there, and says what it is cited for")
{
    std::size_t citations = 0;
    for (const std::string name : {"docs/enrollment-conformance.md", "tests/faults.md"}) {
        std::ifstream file(root / name);
        std::size_t number = 0;
        for (std::string line; std::getline(file, line);) {
            ++number;
            if (line.rfind("| ", 0) != 0) continue;
            const auto problems = problemsIn(lastCell(line), citations);
            CHECK_MESSAGE(problems.empty(), name << ":" << number << ": " << problems);
        }
    }
    CHECK(citations > 400); // else the tables are no longer read
}

TEST_CASE("a citation of what is not there is found")
{
    std::size_t citations = 0;
    CHECK(
        problemsIn("prose; unit/x509: ocsp (openssl; ours); certificate_chain", citations).empty());
    CHECK(citations == 2);
    for (const char* cell : {"unit/nothing", "system/nothing: revoke",
             "system: no such words anywhere", "unit/x509: ocsp; no such words anywhere",
             "unit/x509: ocsp, no such words anywhere", "fuzz: no_such_fuzzer"}) {
        CAPTURE(cell);
        CHECK_FALSE(problemsIn(cell, citations).empty());
    }
}
