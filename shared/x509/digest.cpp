#include "shared/x509/digest.h"

#include "shared/base/random.h"
#include "shared/x509/der.h"
#include "shared/x509/openssl_handles.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <optional>
#include <vector>

namespace perennial::x509 {

namespace {

// RFC 7914 2: cost 2^15, block size 8, parallelisation 1: 32 MiB and some 60 ms.
constexpr unsigned defaultLogN = 15;
constexpr unsigned defaultR = 8;
constexpr unsigned defaultP = 1;
constexpr std::size_t saltSize = 16;
constexpr std::size_t hashSize = 32;

struct ScryptHash {
    unsigned logN = 0;
    unsigned r = 0;
    unsigned p = 0;
    Bytes salt;
    Bytes hash;
};

std::optional<Bytes> scrypt(const Secret& password, const ScryptHash& parameters)
{
    const std::uint64_t n = std::uint64_t{1} << parameters.logN;
    const std::uint64_t memory = 128U * n * parameters.r + (1U << 20U);
    Bytes out(hashSize, '\0');
    const auto text = password.reveal();
    if (EVP_PBE_scrypt(text.data(), text.size(), octets(parameters.salt), parameters.salt.size(), n,
            parameters.r, parameters.p, memory, reinterpret_cast<unsigned char*>(out.data()),
            out.size()) != 1)
        return std::nullopt;
    return out;
}

std::vector<std::string_view> split(std::string_view text)
{
    std::vector<std::string_view> parts;
    while (true) {
        const auto end = text.find('$');
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::optional<unsigned> numberBetween(std::string_view text, unsigned low, unsigned high)
{
    unsigned number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{} || end != text.data() + text.size() || text.front() == '0')
        return std::nullopt;
    if (number < low || number > high) return std::nullopt;
    return number;
}

// Bounded, so that a stored hash cannot make a login cost gigabytes (at most 128 MiB).
std::optional<ScryptHash> parseHash(std::string_view text)
{
    if (text.size() > 256) return std::nullopt;
    const auto parts = split(text);
    if (parts.size() != 6 || parts[0] != "scrypt") return std::nullopt;
    const auto logN = numberBetween(parts[1], 10, 17);
    const auto r = numberBetween(parts[2], 1, 8);
    const auto p = numberBetween(parts[3], 1, 4);
    auto salt = fromBase64(parts[4]);
    auto hash = fromBase64(parts[5]);
    if (!logN || !r || !p || !salt || !hash) return std::nullopt;
    if (salt->size() < saltSize || hash->size() != hashSize) return std::nullopt;
    return ScryptHash{*logN, *r, *p, *std::move(salt), *std::move(hash)};
}

using AlgorithmHandle = std::unique_ptr<EVP_MD, FreeWith<&EVP_MD_free>>;

// OpenSSL looks one of its constants up by name each time that it is used; this does it once.
const EVP_MD* found(const EVP_MD* algorithm)
{
    struct Known {
        const EVP_MD* constant;
        AlgorithmHandle handle =
            AlgorithmHandle(EVP_MD_fetch(nullptr, EVP_MD_get0_name(constant), nullptr));
    };
    static const std::array known{
        Known{EVP_sha256()}, Known{EVP_sha1()}, Known{EVP_sha384()}, Known{EVP_sha512()}};
    for (const auto& one : known)
        if (one.constant == algorithm && one.handle) return one.handle.get();
    return algorithm;
}

} // namespace

Bytes digest(const EVP_MD* algorithm, std::string_view bytes)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned int size = 0;
    // Fails only without memory or with a broken library; a wrong digest must not go on.
    if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, found(algorithm), nullptr) != 1)
        std::abort();
    return Bytes(reinterpret_cast<const char*>(out.data()), size);
}

Bytes sha256(std::string_view bytes) { return digest(EVP_sha256(), bytes); }
Bytes sha1(std::string_view bytes) { return digest(EVP_sha1(), bytes); }
std::string sha256Hex(std::string_view bytes) { return toHex(sha256(bytes)); }

Bytes hmacSha256(std::string_view key, std::string_view bytes)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned int size = 0;
    // A null key would mean "the one before" to HMAC().
    const char* start = key.empty() ? "" : key.data();
    if (HMAC(EVP_sha256(), start, static_cast<int>(key.size()), octets(bytes), bytes.size(),
            out.data(), &size) == nullptr)
        std::abort();
    return Bytes(reinterpret_cast<const char*>(out.data()), size);
}

bool equalInConstantTime(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hashPassword(const Secret& password)
{
    ScryptHash parameters{defaultLogN, defaultR, defaultP, randomBytes(saltSize), {}};
    const auto hash = scrypt(password, parameters);
    if (!hash) std::abort(); // no memory for 32 MiB
    return "scrypt$" + std::to_string(parameters.logN) + "$" + std::to_string(parameters.r) + "$" +
           std::to_string(parameters.p) + "$" + toBase64(parameters.salt) + "$" + toBase64(*hash);
}

bool passwordMatches(const Secret& password, std::string_view hash)
{
    const auto expected = parseHash(hash);
    if (!expected) return false;
    const auto actual = scrypt(password, *expected);
    return actual && equalInConstantTime(*actual, expected->hash);
}

} // namespace perennial::x509
