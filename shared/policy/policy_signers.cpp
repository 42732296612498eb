#include "shared/policy/policy_signers.h"

#include <algorithm>
#include <sstream>

namespace perennial::policy {

namespace {

constexpr std::size_t textLimit = 64U << 10U;
constexpr std::size_t signersLimit = 100;

bool isSpace(char c) { return c == ' ' || c == '\t'; }

// A word ends at white space outside quotes.
Result<std::vector<std::string>> wordsOf(const std::string& line)
{
    std::vector<std::string> words;
    bool quoted = false;
    bool inWord = false;
    for (const char c : line) {
        if (c == '"') quoted = !quoted;
        if (isSpace(c) && !quoted) {
            inWord = false;
            continue;
        }
        if (!inWord) words.emplace_back();
        inWord = true;
        words.back() += c;
    }
    if (quoted) return Error{ErrorKind::InvalidInput, "a quote does not end"};
    return words;
}

// Options are separated by commas outside quotes.
std::vector<std::string> optionsIn(const std::string& word)
{
    std::vector<std::string> options(1);
    bool quoted = false;
    for (const char c : word) {
        if (c == '"')
            quoted = !quoted;
        else if (c == ',' && !quoted)
            options.emplace_back();
        else
            options.back() += c;
    }
    return options;
}

// YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with or without Z: UTC.
std::optional<TimePoint> timeFrom(std::string text)
{
    if (text.ends_with('Z')) text.pop_back();
    const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
    if (!digits || (text.size() != 8 && text.size() != 12 && text.size() != 14))
        return std::nullopt;
    text.resize(14, '0');
    const auto time = timeFromRfc3339(text.substr(0, 4) + "-" + text.substr(4, 2) + "-" +
                                      text.substr(6, 2) + "T" + text.substr(8, 2) + ":" +
                                      text.substr(10, 2) + ":" + text.substr(12, 2) + "Z");
    if (!time) return std::nullopt;
    return *time;
}

Status readOption(const std::string& option, PolicySigner& signer)
{
    const auto equals = option.find('=');
    const auto name = option.substr(0, equals);
    const auto value = equals == std::string::npos ? "" : option.substr(equals + 1);
    if (name == "namespaces") {
        std::istringstream names(value);
        for (std::string one; std::getline(names, one, ',');)
            if (one == signatureSpace) return {};
        return Error{ErrorKind::InvalidInput,
            "namespaces must have " + std::string(signatureSpace) + ": it is what is signed for"};
    }
    const auto time = timeFrom(value);
    if (name == "valid-after" && time)
        signer.validAfter = time;
    else if (name == "valid-before" && time)
        signer.validBefore = time;
    else
        return Error{
            ErrorKind::InvalidInput, "the option \"" + toPrintable(option, 100) +
                                         "\" is not known here: namespaces, valid-after and "
                                         "valid-before (YYYYMMDD or YYYYMMDDHHMM, UTC) are"};
    return {};
}

bool isKeyType(const std::string& word)
{
    return word.starts_with("ssh-") || word.starts_with("ecdsa-") || word.starts_with("sk-");
}

Result<PolicySigner> signerFrom(const std::string& line)
{
    const auto read = wordsOf(line);
    if (!read) return read.error();
    const auto& words = *read;
    const bool options = words.size() > 1 && !isKeyType(words[1]);
    const std::size_t at = options ? 2 : 1;
    if (words.size() < at + 2 || !isKeyType(words[at]))
        return Error{
            ErrorKind::InvalidInput, "is not \"who [options] type key\", as in allowed_signers"};
    PolicySigner signer;
    signer.name = toPrintable(words[0], 200);
    if (options) {
        for (const auto& option : optionsIn(words[1]))
            if (auto known = readOption(option, signer); !known) return known.error();
    }
    auto blob = fromBase64(words[at + 1]);
    if (!blob) return Error{ErrorKind::InvalidInput, "the key is not base64"};
    auto key = x509::sshPublicKeyFromBlob(*std::move(blob));
    if (!key) return key.error();
    if (key->type != words[at])
        return Error{ErrorKind::InvalidInput, "the key is of type " + key->type};
    signer.key = *std::move(key);
    return signer;
}

} // namespace

Result<std::vector<PolicySigner>> policySignersFromText(
    const std::string& text, const std::string& file)
{
    std::vector<PolicySigner> signers;
    if (text.size() > textLimit) return Error{ErrorKind::InvalidInput, file + ": is over 64 KB"};
    std::istringstream lines(text);
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        if (line.ends_with('\r')) line.pop_back();
        const auto start = line.find_first_not_of(" \t");
        if (start == std::string::npos || line[start] == '#') continue;
        auto signer = signerFrom(line);
        const bool twice = signer && std::any_of(signers.begin(), signers.end(),
                                         [&](const auto& one) { return one.key == signer->key; });
        if (twice) signer = Error{ErrorKind::InvalidInput, "this key is there twice"};
        if (signer && signers.size() >= signersLimit)
            signer = Error{ErrorKind::InvalidInput, "over 100 keys"};
        if (!signer) return signer.error().in(file + ":" + std::to_string(number));
        signers.push_back(*std::move(signer));
    }
    return signers;
}

} // namespace perennial::policy
