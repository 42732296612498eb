#include "shared/x509/der.h"

#include "shared/x509/openssl_errors.h"

#include <array>
#include <openssl/objects.h>

namespace perennial::x509 {

namespace {

constexpr int nestingLimit = 32;
constexpr std::string_view ecPublicKeyOid = "\x2A\x86\x48\xCE\x3D\x02\x01"; // 1.2.840.10045.2.1

struct Header {
    bool constructed;
    bool indefinite;
    int tag;
    int tagClass;
    std::string_view content; // all that is left for an indefinite length
};

class StructureWalk {
public:
    explicit StructureWalk(Encoding encoding) : encoding_(encoding) {}

    // Walks the elements in `bytes`; with `untilEnd`, up to the end-of-contents octets.
    // Gives what follows, or nothing when the structure is broken.
    std::optional<std::string_view> walk(std::string_view bytes, bool untilEnd, int depth)
    {
        if (depth > nestingLimit) return fail("nested too deeply");
        bool afterEcOid = false;
        while (!bytes.empty()) {
            const auto header = readHeader(bytes);
            if (!header) return std::nullopt;
            const bool endOfContents =
                header->tag == V_ASN1_EOC && header->tagClass == V_ASN1_UNIVERSAL;
            if (endOfContents) {
                if (!untilEnd || header->constructed || !header->content.empty())
                    return fail("misplaced end-of-contents");
                return bytes.substr(2);
            }
            if (afterEcOid && isSequence(*header))
                return fail("an elliptic curve given by explicit parameters");
            afterEcOid = isObject(*header) && header->content == ecPublicKeyOid;
            const auto rest = skip(bytes, *header, depth);
            if (!rest) return std::nullopt;
            bytes = *rest;
        }
        if (untilEnd) return fail("an indefinite length without end");
        return bytes;
    }

    std::optional<std::string_view> one(std::string_view bytes)
    {
        const auto header = readHeader(bytes);
        if (!header) return std::nullopt;
        return skip(bytes, *header, 0);
    }

    const std::string& problem() const { return problem_; }

private:
    static bool isSequence(const Header& header)
    {
        return header.tagClass == V_ASN1_UNIVERSAL && header.tag == V_ASN1_SEQUENCE;
    }
    static bool isObject(const Header& header)
    {
        return header.tagClass == V_ASN1_UNIVERSAL && header.tag == V_ASN1_OBJECT;
    }

    std::nullopt_t fail(std::string_view problem)
    {
        if (problem_.empty()) problem_ = problem;
        return std::nullopt;
    }

    std::optional<Header> readHeader(std::string_view bytes)
    {
        const unsigned char* in = octets(bytes);
        long size = 0;
        int tag = 0;
        int tagClass = 0;
        const int flags =
            ASN1_get_object(&in, &size, &tag, &tagClass, static_cast<long>(bytes.size()));
        if ((flags & 0x80) != 0) return fail("a length that does not fit");
        const bool constructed = (flags & V_ASN1_CONSTRUCTED) != 0;
        const bool indefinite = (flags & 1) != 0;
        const auto used = static_cast<std::size_t>(in - octets(bytes));
        if (indefinite) {
            if (encoding_ == Encoding::Der || !constructed) return fail("an indefinite length");
            return Header{constructed, true, tag, tagClass, bytes.substr(used)};
        }
        const bool shortest =
            ASN1_object_size(0, static_cast<int>(size), tag) - size == static_cast<long>(used);
        if (encoding_ == Encoding::Der && !shortest)
            return fail("a length not in its shortest form");
        return Header{
            constructed, false, tag, tagClass, bytes.substr(used, static_cast<std::size_t>(size))};
    }

    std::optional<std::string_view> skip(std::string_view bytes, const Header& header, int depth)
    {
        if (header.indefinite) return walk(header.content, true, depth + 1);
        if (header.constructed && !walk(header.content, false, depth + 1)) return std::nullopt;
        const auto* end = header.content.data() + header.content.size();
        return bytes.substr(static_cast<std::size_t>(end - bytes.data()));
    }

    Encoding encoding_;
    std::string problem_;
};

} // namespace

const unsigned char* octets(std::string_view bytes)
{
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string_view firstElement(std::string_view bytes)
{
    const unsigned char* in = octets(bytes);
    long size = 0;
    int tag = 0;
    int tagClass = 0;
    const int flags = ASN1_get_object(&in, &size, &tag, &tagClass, static_cast<long>(bytes.size()));
    clearOpensslErrors();
    if ((flags & 0x81) != 0) return {};
    return bytes.substr(0, static_cast<std::size_t>(in - octets(bytes) + size));
}

Status checkStructure(std::string_view bytes, Encoding encoding)
{
    StructureWalk walk(encoding);
    const auto rest = walk.one(bytes);
    const std::string name = encoding == Encoding::Der ? "not DER: " : "not BER: ";
    if (!rest) return Error{ErrorKind::InvalidInput, name + walk.problem()};
    if (!rest->empty())
        return Error{
            ErrorKind::InvalidInput, name + std::to_string(rest->size()) + " bytes follow the end"};
    return {};
}

Bytes bytesOf(const ASN1_STRING* string)
{
    if (string == nullptr || ASN1_STRING_length(string) <= 0) return {};
    return Bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
        static_cast<std::size_t>(ASN1_STRING_length(string)));
}

Bytes bioBytes(BIO* memory)
{
    char* start = nullptr;
    const long size = BIO_get_mem_data(memory, &start);
    if (size <= 0) return {};
    return Bytes(start, static_cast<std::size_t>(size));
}

AttributeValues attributeValuesOf(X509_ATTRIBUTE* attribute)
{
    AttributeValues read{oidText(X509_ATTRIBUTE_get0_object(attribute)), {}};
    for (int i = 0; i < X509_ATTRIBUTE_count(attribute); ++i)
        read.values.push_back(encode<&i2d_ASN1_TYPE>(X509_ATTRIBUTE_get0_type(attribute, i)));
    return read;
}

} // namespace perennial::x509
