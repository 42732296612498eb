#include "controller/enrollment/web/request_recipe.h"

#include "shared/base/shell_word.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace perennial::enrollment::server::web {

namespace {

constexpr std::size_t namesLimit = 50;
constexpr std::size_t commonNameLimit = 64; // X.520 ub-common-name
constexpr std::size_t dnsLimit = 253;
constexpr const char* endOfFile = "END-OF-REQUEST"; // no line of the configuration is this

Error wrong(const std::string& what) { return Error{ErrorKind::InvalidInput, what}; }

bool isDnsName(const std::string& name)
{
    return name.size() <= dnsLimit &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789*._-") == std::string::npos;
}

bool isAddress(const std::string& text)
{
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

// Separated as people separate: by lines, spaces or commas.
std::vector<std::string> words(std::string_view text)
{
    constexpr std::string_view between = " \t\r\n,;";
    std::vector<std::string> found;
    while (true) {
        const auto begin = text.find_first_not_of(between);
        if (begin == std::string_view::npos) return found;
        text.remove_prefix(begin);
        const auto end = std::min(text.find_first_of(between), text.size());
        found.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

Status checkNames(const CertificateTemplate& chosen, const RecipeInput& input)
{
    using Type = x509::GeneralName::Type;
    if (!chosen.subjectSupplied) {
        if (input.commonName.empty() && input.dnsNames.empty() && input.addresses.empty())
            return {};
        return wrong("This template builds the names from your account: leave the fields empty.");
    }
    if (input.commonName.empty() && input.dnsNames.empty() && input.addresses.empty())
        return wrong("Give a common name, a DNS name or an address.");
    if (input.dnsNames.size() + input.addresses.size() > namesLimit)
        return wrong("Over 50 names are too many for one certificate.");
    if (input.commonName.size() > commonNameLimit)
        return wrong("The common name is over 64 bytes long.");
    if (toPrintable(input.commonName) != input.commonName)
        return wrong("The common name has characters that cannot be seen.");
    // A shell at a terminal puts an earlier command in its place, in a here-document too.
    if (input.commonName.find('!') != std::string::npos)
        return wrong("The common name has an exclamation mark: make the request by hand.");
    for (const auto& name : input.dnsNames)
        if (!isDnsName(name)) return wrong("This is no DNS name: " + toPrintable(name, 100));
    for (const auto& address : input.addresses)
        if (!isAddress(address))
            return wrong("This is no IP address: " + toPrintable(address, 100));

    if (!input.commonName.empty() && !chosen.allowsCommonName(input.commonName))
        return wrong("The template does not allow the name " + input.commonName + ".");
    std::vector<x509::GeneralName> names;
    for (const auto& name : input.dnsNames)
        names.push_back({Type::Dns, name});
    for (const auto& address : input.addresses)
        names.push_back({Type::Ip, address});
    for (const auto& name : names) {
        if (!chosen.allowsName(name))
            return wrong(
                "The template does not allow the name " + toPrintable(name.value, 100) + ".");
    }
    return {};
}

// Letters, digits and what else is harmless in a file's name.
std::string fileNameOf(const RecipeInput& input)
{
    auto name = !input.commonName.empty()  ? input.commonName
                : !input.dnsNames.empty()  ? input.dnsNames.front()
                : !input.addresses.empty() ? input.addresses.front()
                                           : std::string();
    for (auto& c : name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '.' || c == '_';
        if (!plain) c = '-';
    }
    name.erase(0, name.find_first_not_of(".-"));
    return name.empty() ? "request" : name;
}

std::vector<std::string> configuration(const CertificateTemplate& chosen, const RecipeInput& input)
{
    std::vector<std::string> lines = {"[req]", "prompt = no", "utf8 = yes",
        "string_mask = utf8only", "distinguished_name = subject", "req_extensions = extensions", "",
        "[subject]"};
    if (!input.commonName.empty()) lines.push_back("CN = " + configQuoted(input.commonName));
    lines.insert(lines.end(), {"", "[extensions]"});
    const auto information = chosen.information();
    if (information.oid.empty()) { // schema 1 is named by name
        lines.push_back("1.3.6.1.4.1.311.20.2 = ASN1:BMPSTRING:" + configQuoted(information.name));
    } else {
        lines.emplace_back("1.3.6.1.4.1.311.21.7 = ASN1:SEQUENCE:template");
    }
    const bool named = !input.dnsNames.empty() || !input.addresses.empty();
    if (named) lines.emplace_back("subjectAltName = @names");
    if (!information.oid.empty()) {
        lines.insert(
            lines.end(), {"", "[template]", "id = OID:" + configQuoted(information.oid),
                             "major = INTEGER:" + std::to_string(information.majorVersion),
                             "minor = INTEGER:" + std::to_string(information.minorVersion)});
    }
    if (named) lines.insert(lines.end(), {"", "[names]"});
    int number = 0;
    for (const auto& name : input.dnsNames)
        lines.push_back("DNS." + std::to_string(++number) + " = " + configQuoted(name));
    number = 0;
    for (const auto& address : input.addresses)
        lines.push_back("IP." + std::to_string(++number) + " = " + configQuoted(address));
    return lines;
}

std::string keyOptions(const std::string& keyType)
{
    if (keyType == "ec-p256") return "-newkey ec -pkeyopt ec_paramgen_curve:P-256";
    if (keyType == "ec-p384") return "-newkey ec -pkeyopt ec_paramgen_curve:P-384";
    return "-newkey rsa:" + keyType.substr(std::string("rsa-").size());
}

} // namespace

std::string configQuoted(std::string_view text)
{
    constexpr std::string_view special = "\\$\"'`#";
    std::string quoted;
    for (const char c : text) {
        if (special.find(c) != std::string_view::npos) quoted += '\\';
        quoted += c;
    }
    return quoted;
}

Result<RecipeInput> readRecipe(const CertificateTemplate& chosen, const Parameters& form)
{
    RecipeInput input;
    input.keyType = form.value("keytype");
    static constexpr std::array keyTypes = {
        "ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"};
    if (std::find(keyTypes.begin(), keyTypes.end(), input.keyType) == keyTypes.end())
        return wrong("Choose a kind of key.");
    if (!chosen.allowsKey(input.keyType))
        return wrong(
            "The template does not allow keys of this kind or size: " + input.keyType + ".");
    input.hash = form.value("hash").empty() ? chosen.key.hash : form.value("hash");
    if (input.hash != "sha256" && input.hash != "sha384" && input.hash != "sha512")
        return wrong("Choose SHA-256, SHA-384 or SHA-512.");
    input.passphrase = form.value("passphrase") == "yes";
    input.commonName = trimmed(form.value("commonname"));
    input.dnsNames = words(form.value("dnsnames"));
    input.addresses = words(form.value("ipaddresses"));
    if (auto good = checkNames(chosen, input); !good) return good.error();
    return input;
}

std::vector<std::string> writeRecipe(const CertificateTemplate& chosen, const RecipeInput& input)
{
    const auto name = fileNameOf(input);
    const auto file = [&](const char* ending) { return shellQuoted(name + ending); };
    std::vector<std::string> lines{"cat > " + file(".cnf") + " <<'" + endOfFile + "'"};
    const auto config = configuration(chosen, input);
    lines.insert(lines.end(), config.begin(), config.end());
    lines.emplace_back(endOfFile);
    // A key that is there already is not overwritten.
    lines.push_back(
        "[ ! -e " + file(".key") + " ] && openssl req -new -config " + file(".cnf") + " \\");
    lines.push_back("  " + keyOptions(input.keyType) + (input.passphrase ? "" : " -noenc") + " -" +
                    input.hash + (input.commonName.empty() ? " -subj /" : "") + " \\");
    lines.push_back("  -keyout " + file(".key") + " -out " + file(".csr"));
    return lines;
}

} // namespace perennial::enrollment::server::web
