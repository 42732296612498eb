#include "shared/x509/cmc_request.h"

#include "shared/x509/cmc_structures.h"
#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"

#include <limits>

namespace perennial::x509 {

namespace {

constexpr std::size_t sizeLimit = 256U << 10U;
constexpr int partLimit = 64;
// TaggedRequest ::= CHOICE { tcr [0] IMPLICIT TaggedCertificationRequest, ... } and the tag of the
// SEQUENCE that it stands for.
constexpr char taggedRequest = '\xA0';
constexpr char sequenceTag = '\x30';

Error refuse(std::string_view reason)
{
    return {ErrorKind::InvalidInput, "CMC request: " + std::string(reason)};
}

Result<AttributeValues> readControl(const CmcControl& control)
{
    AttributeValues read{oidText(control.type), {}};
    if (read.oid.empty()) return refuse("a control with an unreadable OID");
    const int count = sk_ASN1_TYPE_num(control.values);
    if (count > partLimit) return refuse("a control with too many values");
    for (int i = 0; i < count; ++i)
        read.values.push_back(encode<&i2d_ASN1_TYPE>(sk_ASN1_TYPE_value(control.values, i)));
    return read;
}

Result<PkiData::Request> readTagged(Bytes der)
{
    der.front() = sequenceTag;
    const auto tagged = decodeStructure<CmcTaggedRequest>(der);
    std::uint64_t number = 0;
    if (!tagged || ASN1_INTEGER_get_uint64(&number, tagged->bodyPartId) != 1 ||
        number > std::numeric_limits<std::uint32_t>::max())
        return refuse("an unreadable request");
    return PkiData::Request{
        static_cast<std::uint32_t>(number), encode<&i2d_ASN1_TYPE>(tagged->request)};
}

Status readRequests(const CmcPkiData& parsed, PkiData& data)
{
    for (int i = 0; i < sk_ASN1_TYPE_num(parsed.requests); ++i) {
        Bytes der = encode<&i2d_ASN1_TYPE>(sk_ASN1_TYPE_value(parsed.requests, i));
        if (der.empty() || der.front() != taggedRequest) {
            ++data.otherRequests;
            continue;
        }
        auto request = readTagged(std::move(der));
        if (!request) return request.error();
        data.requests.push_back(*std::move(request));
    }
    return {};
}

bool push(STACK_OF(ASN1_TYPE) * list, std::string_view der)
{
    AnyHandle any = decode<AnyHandle, &d2i_ASN1_TYPE>(der);
    if (!any || sk_ASN1_TYPE_push(list, any.get()) == 0) return false;
    static_cast<void>(any.release());
    return true;
}

bool addRequest(CmcPkiData& data, const PkiData::Request& request)
{
    const auto tagged = newStructure<CmcTaggedRequest>();
    AnyHandle body = decode<AnyHandle, &d2i_ASN1_TYPE>(request.pkcs10);
    if (!tagged || !body || ASN1_INTEGER_set_uint64(tagged->bodyPartId, request.bodyPartId) != 1)
        return false;
    ASN1_TYPE_free(tagged->request);
    tagged->request = body.release();
    Bytes der = encodeStructure(tagged.get());
    if (der.empty()) return false;
    der.front() = taggedRequest;
    return push(data.requests, der);
}

bool addControl(CmcPkiData& data, const AttributeValues& added, std::uint64_t bodyPart)
{
    auto control = newStructure<CmcControl>();
    ObjectHandle type = objectFromOid(added.oid);
    if (!control || !type || ASN1_INTEGER_set_uint64(control->bodyPartId, bodyPart) != 1)
        return false;
    ASN1_OBJECT_free(control->type);
    control->type = type.release();
    for (const Bytes& value : added.values)
        if (!push(control->values, value)) return false;
    if (sk_CmcControl_push(data.controls, control.get()) == 0) return false;
    static_cast<void>(control.release());
    return true;
}

} // namespace

Result<PkiData> decodePkiData(std::string_view der)
{
    clearOpensslErrors();
    if (der.size() > sizeLimit) return refuse("over 256 KiB");
    if (const Status status = checkStructure(der, Encoding::Ber); !status) return status.error();
    const auto parsed = decodeStructure<CmcPkiData>(der);
    if (!parsed) return opensslError(ErrorKind::InvalidInput, "unreadable CMC request");
    if (sk_CmcControl_num(parsed->controls) > partLimit ||
        sk_ASN1_TYPE_num(parsed->requests) > partLimit)
        return refuse("more than 64 parts");
    PkiData data;
    for (int i = 0; i < sk_CmcControl_num(parsed->controls); ++i) {
        auto control = readControl(*sk_CmcControl_value(parsed->controls, i));
        if (!control) return control.error();
        data.controls.push_back(*std::move(control));
    }
    if (const Status status = readRequests(*parsed, data); !status) return status.error();
    data.enclosedMessages = static_cast<std::size_t>(
        sk_ASN1_TYPE_num(parsed->cmsSequence) + sk_ASN1_TYPE_num(parsed->otherMessages));
    return data;
}

Result<Bytes> encodePkiData(const PkiData& data)
{
    clearOpensslErrors();
    const auto built = newStructure<CmcPkiData>();
    bool good = built != nullptr;
    std::uint64_t bodyPart = 0;
    for (const auto& request : data.requests) {
        good = good && addRequest(*built, request);
        bodyPart = std::max<std::uint64_t>(bodyPart, request.bodyPartId);
    }
    for (const auto& control : data.controls)
        good = good && addControl(*built, control, ++bodyPart);
    Bytes der = good ? encodeStructure(built.get()) : Bytes();
    if (der.empty()) return opensslError(ErrorKind::Internal, "cannot encode a CMC request");
    return der;
}

Result<Bytes> regInfoFromDer(std::string_view der)
{
    const auto any = decode<AnyHandle, &d2i_ASN1_TYPE>(der);
    if (!any || ASN1_TYPE_get(any.get()) != V_ASN1_OCTET_STRING)
        return refuse("a RegInfo that is no OCTET STRING");
    return bytesOf(any->value.octet_string);
}

Result<Bytes> regInfoToDer(std::string_view text)
{
    const StringHandle string(ASN1_OCTET_STRING_new());
    if (!string || ASN1_STRING_set(string.get(), text.data(), static_cast<int>(text.size())) != 1)
        return opensslError(ErrorKind::Internal, "RegInfo");
    return encode<&i2d_ASN1_OCTET_STRING>(string.get());
}

Result<std::vector<AttributeValues>> addedAttributesFromDer(std::string_view der)
{
    clearOpensslErrors();
    const auto added = decodeStructure<CmcAddAttributes>(der);
    if (!added) return refuse("unreadable added attributes");
    std::vector<AttributeValues> read;
    for (int i = 0; i < sk_X509_ATTRIBUTE_num(added->attributes); ++i)
        read.push_back(attributeValuesOf(sk_X509_ATTRIBUTE_value(added->attributes, i)));
    return read;
}

} // namespace perennial::x509
