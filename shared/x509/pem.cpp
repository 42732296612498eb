#include "shared/x509/pem.h"

namespace perennial::x509 {

namespace {

constexpr std::string_view byteOrderMark = "\xEF\xBB\xBF";

// Cuts one line off the front, without its line end.
std::string_view takeLine(std::string_view& text)
{
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
        line.remove_suffix(1);
    return line;
}

} // namespace

Result<std::vector<Bytes>> pemBlocks(
    std::string_view text, std::string_view label, std::size_t limit)
{
    const std::string begin = "-----BEGIN " + std::string(label) + "-----";
    const std::string end = "-----END " + std::string(label) + "-----";
    const auto error = [&](const std::string& what) {
        return Error{ErrorKind::InvalidInput, "PEM " + std::string(label) + ": " + what};
    };
    if (text.starts_with(byteOrderMark)) text.remove_prefix(byteOrderMark.size());

    std::vector<Bytes> blocks;
    while (!text.empty() && blocks.size() < limit) {
        if (takeLine(text) != begin) continue;
        const auto start = text;
        while (true) {
            if (text.empty()) return error("no END line");
            const auto before = text.data();
            const auto line = takeLine(text);
            if (line == end) {
                const auto size = static_cast<std::size_t>(before - start.data());
                auto der = fromBase64(start.substr(0, size));
                if (!der) return error(der.error().message);
                blocks.push_back(*std::move(der));
                break;
            }
            if (line.starts_with("-----")) return error("a new block before the END line");
        }
    }
    return blocks;
}

Result<Bytes> firstPemBlock(std::string_view text, std::string_view label)
{
    auto blocks = pemBlocks(text, label, 1);
    if (!blocks) return blocks.error();
    if (blocks->empty())
        return Error{ErrorKind::NotFound, "no PEM block of type " + std::string(label)};
    return std::move(blocks->front());
}

std::string_view privateKeyBlock(std::string_view text)
{
    constexpr std::string_view begin = "-----BEGIN ";
    constexpr std::string_view labelEnd = "PRIVATE KEY-----";
    const auto endOfBlock = [](std::string_view rest) -> std::size_t {
        const std::string_view end = "-----END ";
        const auto at = rest.find(end);
        const auto behind = at == std::string_view::npos ? at : rest.find("-----", at + end.size());
        return behind == std::string_view::npos ? rest.size() : behind + 5;
    };
    for (auto rest = text; !rest.empty();) {
        auto line = rest;
        const auto here = takeLine(rest);
        if (here.starts_with(begin) && here.ends_with(labelEnd))
            return line.substr(0, endOfBlock(line));
    }
    return {};
}

std::string pemText(std::string_view der, std::string_view label)
{
    constexpr std::size_t lineSize = 64;
    const auto encoded = toBase64(der);
    std::string text = "-----BEGIN " + std::string(label) + "-----\n";
    for (std::size_t at = 0; at < encoded.size(); at += lineSize)
        text += encoded.substr(at, lineSize) + "\n";
    return text + "-----END " + std::string(label) + "-----\n";
}

} // namespace perennial::x509
