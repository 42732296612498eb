#include "agent/scanner/certificate_check.h"

#include "shared/base/encoding.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace perennial::scanner {

namespace {

using Chain = std::vector<x509::Certificate>;

constexpr std::size_t longestPath = 10;    // leaf and root among them, as validateChain() has it
constexpr std::size_t mostSignatures = 20; // looked at in one file: anybody may have written it
constexpr std::size_t mostOdd = 5;         // members that are told one by one

// Of RSASSA-PSS the algorithm's name does not say which digest it has.
bool hasBrokenDigest(const std::string& algorithm)
{
    constexpr std::array<std::string_view, 7> broken = {
        "md2", "md4", "md5", "MD5", "sha1", "SHA1", "dsaWithSHA"};
    return std::any_of(broken.begin(), broken.end(), [&](std::string_view digest) {
        const auto at = algorithm.find(digest);
        return at != std::string::npos && (digest != "dsaWithSHA" || algorithm == digest);
    });
}

// The largest number in the name: "rsa-1024", "ec-secp192k1", "ec-c2tnb191v1". 0: none that is a
// size.
unsigned bitsOf(const std::string& keyType)
{
    unsigned most = 0;
    const auto* at = keyType.data();
    const auto* const end = at + keyType.size();
    while (at != end) {
        unsigned bits = 0;
        const auto [behind, error] = std::from_chars(at, end, bits);
        if (error == std::errc()) most = std::max(most, bits);
        at = error == std::errc() ? behind : at + 1;
    }
    return most < 100 ? 0 : most;
}

// Under 112 bits of strength (NIST SP 800-57 part 1, table 2).
bool isWeakKey(const std::string& keyType)
{
    const auto bits = bitsOf(keyType);
    if (keyType.starts_with("rsa-") || keyType.starts_with("dsa-")) return bits < 2048;
    return keyType.starts_with("ec-") && bits > 0 && bits < 224;
}

std::string nameOf(const x509::Certificate& certificate)
{
    return "\"" + toPrintable(certificate.displayName(), 200) + "\"";
}

bool isRoot(const x509::Certificate& certificate)
{
    return certificate.isSelfIssued() && certificate.isSignedBy(certificate);
}

void addTimes(const x509::Certificate& of, TimePoint now, const std::string& who,
    std::vector<std::string>& warnings)
{
    if (of.notAfter() < now) warnings.push_back(who + "expired at " + toRfc3339(of.notAfter()));
    if (of.notBefore() > now)
        warnings.push_back(who + "not valid before " + toRfc3339(of.notBefore()));
}

void addWeakKey(
    const x509::Certificate& of, const std::string& who, std::vector<std::string>& warnings)
{
    if (const auto type = of.keyType(); isWeakKey(type))
        warnings.push_back(who + "its key is weak: " + type);
}

void addWeakSignature(
    const x509::Certificate& of, const std::string& who, std::vector<std::string>& warnings)
{
    if (const auto algorithm = of.signatureAlgorithm(); hasBrokenDigest(algorithm))
        warnings.push_back(who + "signed with a broken digest: " + algorithm);
}

// The members that lead from the first one upwards, by name and signature.
class Path {
public:
    explicit Path(const Chain& chain) : chain_(chain), path_{0}
    {
        while (path_.size() < longestPath && !isRoot(chain_[path_.back()])) {
            const auto next = issuerOf(path_.back());
            if (!next) break;
            path_.push_back(*next);
        }
    }

    const std::vector<std::size_t>& members() const { return path_; }
    const x509::Certificate& top() const { return chain_[path_.back()]; }
    bool has(std::size_t member) const
    {
        return std::find(path_.begin(), path_.end(), member) != path_.end();
    }
    bool isCut() const { return isCut_; }

private:
    std::optional<std::size_t> issuerOf(std::size_t member)
    {
        const auto issuer = chain_[member].issuerDer();
        for (std::size_t i = 0; i < chain_.size(); ++i) {
            if (has(i) || chain_[i].subjectDer() != issuer) continue;
            if (++signatures_ > mostSignatures) {
                isCut_ = true;
                return std::nullopt;
            }
            if (chain_[member].isSignedBy(chain_[i])) return i;
        }
        return std::nullopt;
    }

    const Chain& chain_;
    std::vector<std::size_t> path_;
    std::size_t signatures_ = 0;
    bool isCut_ = false;
};

enum class Odd { No, Twice, AfterItsIssuer, Foreign };

Odd oddnessOf(const Chain& chain, const Path& path, std::size_t member)
{
    if (path.has(member)) return Odd::No;
    const auto first = std::find(chain.begin(), chain.end(), chain[member]);
    if (static_cast<std::size_t>(first - chain.begin()) < member) return Odd::Twice;
    return chain[member].issuerDer() == chain.front().subjectDer() ? Odd::AfterItsIssuer
                                                                   : Odd::Foreign;
}

bool isMissing(const Chain& chain, const Path& path, const std::set<std::string>& roots)
{
    if (path.top().isSelfIssued()) return false;
    if (roots.empty()) { // then only what others are there in the place of
        for (std::size_t i = 1; i < chain.size() && path.members().size() == 1; ++i)
            if (oddnessOf(chain, path, i) == Odd::Foreign) return true;
        return false;
    }
    return std::none_of(path.members().begin(), path.members().end(),
        [&](std::size_t member) { return roots.count(chain[member].issuer()) > 0; });
}

void addOdd(const Chain& chain, const Path& path, std::vector<std::string>& warnings)
{
    const auto& members = path.members();
    if (!std::is_sorted(members.begin(), members.end()))
        warnings.emplace_back("chain: its members are out of order");
    std::size_t odd = 0;
    for (std::size_t i = 1; i < chain.size(); ++i) {
        const auto oddness = oddnessOf(chain, path, i);
        if (oddness == Odd::No || ++odd > mostOdd) continue;
        const auto name = "chain: " + nameOf(chain[i]);
        if (oddness == Odd::Twice)
            warnings.push_back(name + " is there twice");
        else if (oddness == Odd::AfterItsIssuer)
            warnings.push_back(name + " is out of order: it comes after its issuer");
        else
            warnings.push_back(name + " is no part of it");
    }
    if (odd > mostOdd)
        warnings.push_back(
            "chain: " + std::to_string(odd - mostOdd) + " more members are no part of it");
}

} // namespace

std::vector<std::string> checkCertificate(const x509::Certificate& leaf, TimePoint now)
{
    std::vector<std::string> warnings;
    addTimes(leaf, now, "", warnings);
    addWeakKey(leaf, "", warnings);
    addWeakSignature(leaf, "", warnings);
    return warnings;
}

std::vector<std::string> checkChain(
    const Chain& chain, const std::set<std::string>& roots, TimePoint now)
{
    std::vector<std::string> warnings;
    const Path path(chain);
    if (path.isCut()) return {"chain: too many members of one name to look at"};
    if (isMissing(chain, path, roots))
        warnings.push_back("chain: the certificate of \"" + toPrintable(path.top().issuer(), 200) +
                           "\" is missing, which issued " + nameOf(path.top()));
    addOdd(chain, path, warnings);
    for (const auto member : path.members()) {
        if (member == 0) continue;
        const auto& certificate = chain[member];
        const auto who = "chain: " + nameOf(certificate) + ": ";
        addTimes(certificate, now, who, warnings);
        addWeakKey(certificate, who, warnings);
        // Whoever trusts a root does not look at its own signature.
        if (!certificate.isSelfIssued()) addWeakSignature(certificate, who, warnings);
    }
    return warnings;
}

} // namespace perennial::scanner
