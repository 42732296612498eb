// The form of certrqma.asp. The first line is the Content-Type, the rest the body. Whatever it
// says: a line of the recipe is one line, only one ends the here-document, and a word of the form
// is never more than a word, to the shell or to openssl.
#include "controller/enrollment/web/request_recipe.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using namespace perennial::enrollment::server;
using namespace perennial::enrollment::server::web;

namespace {

CertificateTemplate webServer(bool byName)
{
    CertificateTemplate one;
    one.name = "WebServer";
    one.oid = "1.2.3";
    one.schema = byName ? 1 : 4;
    one.keyAlgorithms = {"ec-p256", "rsa"};
    one.namePatterns = {"END-OF-REQUEST", "*.test", "192.0.2.1", "2001:db8::1"};
    return one;
}

// openssl's config(5), read back: what an escape keeps from being more than itself.
std::string valueOf(std::string_view line)
{
    std::string value;
    for (std::size_t i = line.find(" = ") + 3; i < line.size(); ++i) {
        if (line[i] == '\\' && ++i == line.size())
            std::abort(); // goes on in the next line
        else if (line[i] != '\\' && line[i - 1] != '\\' &&
                 std::string_view("$\"'`#").find(line[i]) != std::string_view::npos)
            std::abort();
        value += line[i];
    }
    return value;
}

// Outside the here-document a word of the form stands in a file's name alone.
void checkCommand(std::string_view line)
{
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789._-";
    bool quoted = false;
    for (const char c : line) {
        if (c == '\'')
            quoted = !quoted;
        else if (quoted && plain.find(c) == std::string_view::npos)
            std::abort();
        else if (!quoted && std::string_view("$`;|*?~<>#\"").find(c) != std::string_view::npos &&
                 line.substr(0, 6) != "cat > ")
            std::abort();
    }
    if (quoted) std::abort();
}

void check(const RecipeInput& input, const std::vector<std::string>& recipe)
{
    const auto begin = recipe.begin() + 1;
    const auto end = std::find(begin, recipe.end(), "END-OF-REQUEST");
    if (end == recipe.end() || std::count(recipe.begin(), recipe.end(), "END-OF-REQUEST") != 1)
        std::abort();
    for (const auto& line : recipe) {
        if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) std::abort();
    }
    std::vector<std::string> names;
    for (auto line = begin; line != end; ++line) {
        if (line->find('!') != std::string::npos) std::abort();
        if (line->find(" = ") == std::string::npos) continue;
        const auto value = valueOf(*line);
        if (line->rfind("CN = ", 0) == 0 && value != input.commonName) std::abort();
        if (line->rfind("DNS.", 0) == 0 || line->rfind("IP.", 0) == 0) names.push_back(value);
    }
    auto asked = input.dnsNames;
    asked.insert(asked.end(), input.addresses.begin(), input.addresses.end());
    if (names != asked) std::abort();
    checkCommand(recipe.front());
    for (auto line = end + 1; line != recipe.end(); ++line)
        checkCommand(*line);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return 0;
    const auto form = readForm(text.substr(0, end), text.substr(end + 1));
    if (!form) return 0;
    const auto chosen = webServer(size % 2 == 0);
    if (const auto input = readRecipe(chosen, *form)) check(*input, writeRecipe(chosen, *input));
    return 0;
}
