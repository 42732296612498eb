#include "shared/x509/pkcs12_clear.h"

#include "shared/x509/der.h"
#include "shared/x509/digest.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/pkcs12.h"
#include "shared/x509/pkcs8.h"

#include <openssl/objects.h>
#include <openssl/pkcs12.h>

namespace perennial::x509 {

namespace {

constexpr std::size_t bagLimit = 1000;
constexpr int nestingLimit = 4;

struct FreeSafes {
    void operator()(STACK_OF(PKCS7) * list) const noexcept { sk_PKCS7_pop_free(list, PKCS7_free); }
};
struct FreeBags {
    void operator()(STACK_OF(PKCS12_SAFEBAG) * list) const noexcept
    {
        sk_PKCS12_SAFEBAG_pop_free(list, PKCS12_SAFEBAG_free);
    }
};
using Pkcs12Handle = std::unique_ptr<PKCS12, FreeWith<&PKCS12_free>>;
using SafesHandle = std::unique_ptr<STACK_OF(PKCS7), FreeSafes>;
using BagsHandle = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), FreeBags>;

Error refusal(const std::string& what)
{
    clearOpensslErrors();
    return Error{ErrorKind::InvalidInput, "PKCS#12: " + what};
}

class Reading {
public:
    Status takeSafe(PKCS7* safe)
    {
        if (PKCS7_type_is_encrypted(safe)) {
            ++parts_.locked;
            return {};
        }
        if (!PKCS7_type_is_data(safe)) return refusal("contents of an unknown kind");
        const BagsHandle bags(PKCS12_unpack_p7data(safe));
        return bags ? takeBags(bags.get(), 0) : refusal("unreadable contents");
    }

    Pkcs12ClearParts&& parts() && { return std::move(parts_); }

private:
    Status takeBags(const STACK_OF(PKCS12_SAFEBAG) * bags, int depth)
    {
        if (depth > nestingLimit) return refusal("nested too deeply");
        for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); ++i) {
            if (++bags_ > bagLimit) return refusal("too many entries");
            if (auto done = takeBag(sk_PKCS12_SAFEBAG_value(bags, i), depth); !done) return done;
        }
        return {};
    }

    Status takeBag(const PKCS12_SAFEBAG* bag, int depth)
    {
        switch (PKCS12_SAFEBAG_get_nid(bag)) {
        case NID_certBag: takeCertificate(bag); return {};
        case NID_keyBag: takeKey(PKCS12_SAFEBAG_get0_p8inf(bag)); return {};
        case NID_pkcs8ShroudedKeyBag:
            ++parts_.keys;
            ++parts_.locked;
            return {};
        case NID_safeContentsBag: return takeBags(PKCS12_SAFEBAG_get0_safes(bag), depth + 1);
        default: return {}; // lists of revoked certificates and secrets
        }
    }

    void takeCertificate(const PKCS12_SAFEBAG* bag)
    {
        const X509Handle parsed(PKCS12_SAFEBAG_get_bag_nid(bag) == NID_x509Certificate
                                    ? PKCS12_SAFEBAG_get1_cert(bag)
                                    : nullptr);
        auto certificate = Certificate::fromParsed(parsed.get());
        if (certificate)
            parts_.certificates.push_back(*std::move(certificate));
        else
            ++parts_.unreadable;
    }

    void takeKey(const PKCS8_PRIV_KEY_INFO* info)
    {
        ++parts_.keys;
        const auto key = keyOf(info);
        if (key) parts_.keyPins.push_back(sha256Hex(encode<&i2d_PUBKEY>(key->get())));
    }

    std::size_t bags_ = 0;
    Pkcs12ClearParts parts_;
};

} // namespace

bool beginsLikePkcs12(std::string_view bytes)
{
    constexpr std::string_view versionThree("\x02\x01\x03\x30", 4);
    if (bytes.size() < 8 || bytes[0] != 0x30) return false;
    const auto first = static_cast<unsigned char>(bytes[1]);
    const std::size_t header = first <= 0x80 ? 2 : 2 + (first & 0x7FU);
    return header <= 6 && bytes.substr(header, versionThree.size()) == versionThree;
}

Result<Pkcs12ClearParts> readClearParts(std::string_view bytes)
{
    if (bytes.size() > pkcs12SizeLimit) return refusal("over 1 MB");
    if (!beginsLikePkcs12(bytes)) return refusal("not a PFX of version 3");
    if (auto structure = checkStructure(bytes, Encoding::Ber); !structure)
        return refusal(structure.error().message);
    clearOpensslErrors();
    const auto file = decode<Pkcs12Handle, &d2i_PKCS12>(bytes);
    if (!file) return opensslError(ErrorKind::InvalidInput, "not PKCS#12");
    const SafesHandle safes(PKCS12_unpack_authsafes(file.get()));
    if (!safes) return refusal("unreadable contents");
    Reading reading;
    for (int i = 0; i < sk_PKCS7_num(safes.get()); ++i) {
        if (auto taken = reading.takeSafe(sk_PKCS7_value(safes.get(), i)); !taken)
            return taken.error();
    }
    clearOpensslErrors();
    return std::move(reading).parts();
}

} // namespace perennial::x509
