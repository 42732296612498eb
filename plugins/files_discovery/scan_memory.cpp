#include "plugins/files_discovery/scan_memory.h"

#include "shared/base/random.h"
#include "shared/x509/digest.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace perennial::plugins::files {

namespace {

static_assert(std::endian::native == std::endian::little);
constexpr std::string_view header = "perennial files memory 2\n";
constexpr std::size_t digestSize = 32;

// Numbers as the processor has them: the file never leaves its host.
class Output {
public:
    void number(std::uint64_t value)
    {
        text_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void text(std::string_view value)
    {
        number(value.size());
        text_ += value;
    }
    void texts(const std::vector<std::string>& values)
    {
        number(values.size());
        for (const auto& value : values)
            text(value);
    }
    void raw(std::string_view value) { text_ += value; }
    std::string take() { return std::move(text_); }
    const std::string& written() const { return text_; }

private:
    std::string text_;
};

class Input {
public:
    explicit Input(std::string_view text) : left_(text) {}

    std::uint64_t number()
    {
        std::uint64_t value = 0;
        const auto bytes = raw(sizeof value);
        if (!failed_) std::memcpy(&value, bytes.data(), sizeof value);
        return value;
    }
    std::string text() { return std::string(raw(number())); }
    // Elements of at least 8 bytes each.
    std::uint64_t count()
    {
        const auto value = number();
        if (value > left_.size() / sizeof value) failed_ = true;
        return failed_ ? 0 : value;
    }
    std::vector<std::string> texts()
    {
        std::vector<std::string> values(count());
        for (auto& value : values)
            value = text();
        return values;
    }
    std::string_view raw(std::uint64_t size)
    {
        if (size > left_.size()) failed_ = true;
        if (failed_) return {};
        const auto taken = left_.substr(0, size);
        left_.remove_prefix(size);
        return taken;
    }
    bool finished() const { return !failed_ && left_.empty(); }
    bool failed() const { return failed_; }

private:
    std::string_view left_;
    bool failed_ = false;
};

void write(Output& out, const model::CertificateFacts& facts)
{
    for (const auto* text :
        {&facts.fingerprint.text(), &facts.serial, &facts.subject, &facts.issuer,
            &facts.displayName, &facts.keyType, &facts.signatureAlgorithm, &facts.templateOid})
        out.text(*text);
    out.texts(facts.names);
    out.texts(facts.extendedKeyUsages);
    for (const auto time : {facts.notBefore, facts.notAfter})
        out.number(static_cast<std::uint64_t>(time.time_since_epoch().count()));
    out.number(facts.selfSigned ? 1 : 0);
}

model::CertificateFacts readFacts(Input& in)
{
    model::CertificateFacts facts;
    facts.fingerprint = model::Fingerprint(in.text());
    for (auto* text : {&facts.serial, &facts.subject, &facts.issuer, &facts.displayName,
             &facts.keyType, &facts.signatureAlgorithm, &facts.templateOid})
        *text = in.text();
    facts.names = in.texts();
    facts.extendedKeyUsages = in.texts();
    for (auto* time : {&facts.notBefore, &facts.notAfter})
        *time = TimePoint(Duration(static_cast<std::int64_t>(in.number())));
    facts.selfSigned = in.number() != 0;
    return facts;
}

void write(Output& out, const FileContent& content)
{
    out.text(content.store);
    out.text(content.fault);
    out.texts(content.keyPins);
    out.number(
        (content.hasKey ? 1U : 0U) | (content.keyInPem ? 2U : 0U) | (content.locked ? 4U : 0U));
    out.number(content.certificates.size());
    for (const auto& held : content.certificates) {
        write(out, held.facts);
        out.text(held.pin);
        out.text(held.entry);
        out.number((held.authority ? 1U : 0U) | (held.trusted ? 2U : 0U));
    }
}

FileContent readContent(Input& in)
{
    FileContent content;
    content.store = in.text();
    content.fault = in.text();
    content.keyPins = in.texts();
    const auto flags = in.number();
    content.hasKey = (flags & 1U) != 0;
    content.keyInPem = (flags & 2U) != 0;
    content.locked = (flags & 4U) != 0;
    for (auto left = in.count(); left > 0 && !in.failed(); --left) {
        HeldCertificate held;
        held.facts = readFacts(in);
        held.pin = in.text();
        held.entry = in.text();
        const auto marks = in.number();
        held.authority = (marks & 1U) != 0;
        held.trusted = (marks & 2U) != 0;
        content.certificates.push_back(std::move(held));
    }
    return content;
}

} // namespace

ScanMemory::ScanMemory()
{
    const auto bytes = randomBytes(sizeof seed_);
    std::memcpy(seed_.data(), bytes.data(), sizeof seed_);
}

ScanMemory ScanMemory::fromText(std::string_view text, std::string_view settings)
{
    if (text.size() < header.size() + digestSize) return {};
    const auto body = text.substr(0, text.size() - digestSize);
    if (x509::sha256(body) != text.substr(body.size())) return {};
    Input in(body);
    if (in.raw(header.size()) != header || in.text() != settings) return {};
    ScanMemory memory;
    for (auto& part : memory.seed_)
        part = in.number();
    for (auto left = in.count(); left > 0; --left)
        memory.blankBefore_.insert(in.number());
    for (auto left = in.count(); left > 0 && !in.failed(); --left) {
        const auto fingerprint = in.number();
        memory.contents_[fingerprint].content = readContent(in);
    }
    return in.finished() ? std::move(memory) : ScanMemory();
}

std::string ScanMemory::toText(std::string_view settings)
{
    settleBlank();
    Output out;
    out.raw(header);
    out.text(settings);
    for (const auto part : seed_)
        out.number(part);
    out.number(blank_.size());
    for (const auto fingerprint : blank_)
        out.number(fingerprint);
    const auto kept = std::count_if(
        contents_.begin(), contents_.end(), [](const auto& one) { return one.second.keep; });
    out.number(static_cast<std::uint64_t>(kept));
    for (const auto& [fingerprint, held] : contents_) {
        if (!held.keep) continue;
        out.number(fingerprint);
        write(out, held.content);
    }
    out.raw(x509::sha256(out.written()));
    return out.take();
}

bool ScanMemory::heldNothing(std::uint64_t fingerprint)
{
    if (!blankBefore_.contains(fingerprint)) return false;
    blank_.push_back(fingerprint);
    return true;
}

const FileContent* ScanMemory::contentOf(std::uint64_t fingerprint)
{
    const auto found = contents_.find(fingerprint);
    if (found == contents_.end()) return nullptr;
    found->second.keep = true;
    return &found->second.content;
}

const FileContent& ScanMemory::put(std::uint64_t fingerprint, FileContent content, bool keep)
{
    added_ = added_ || keep;
    return contents_.insert_or_assign(fingerprint, Held{std::move(content), keep})
        .first->second.content;
}

void ScanMemory::putNothing(std::uint64_t fingerprint)
{
    added_ = true;
    blank_.push_back(fingerprint);
}

// A file of several names came as often.
void ScanMemory::settleBlank()
{
    std::sort(blank_.begin(), blank_.end());
    blank_.erase(std::unique(blank_.begin(), blank_.end()), blank_.end());
}

bool ScanMemory::changed()
{
    settleBlank();
    return added_ || blank_.size() != blankBefore_.size() ||
           std::any_of(contents_.begin(), contents_.end(),
               [](const auto& one) { return !one.second.keep; });
}

} // namespace perennial::plugins::files
