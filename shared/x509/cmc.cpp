#include "shared/x509/cmc.h"

#include "shared/x509/cmc_structures.h"
#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"

#include <ctime>
#include <utility>

namespace perennial::x509 {

namespace {

constexpr std::string_view statusInfoOid = "1.3.6.1.5.5.7.7.1";
constexpr std::string_view addAttributesOid = "1.3.6.1.4.1.311.10.10.1";
constexpr const char* certificateHashOid = "1.3.6.1.4.1.311.21.17";
constexpr std::size_t sizeLimit = 64U << 10U;
constexpr std::size_t sha1Size = 20;

Error refuse(std::string_view reason)
{
    return {ErrorKind::InvalidInput, "CMC response: " + std::string(reason)};
}

// One INTEGER 1 in a list: the body part of the request.
bool addReference(STACK_OF(ASN1_INTEGER) * list)
{
    IntegerHandle one(ASN1_INTEGER_new());
    if (!one || ASN1_INTEGER_set(one.get(), 1) != 1) return false;
    if (sk_ASN1_INTEGER_push(list, one.get()) == 0) return false;
    static_cast<void>(one.release());
    return true;
}

bool setText(ASN1_STRING* string, std::string_view text)
{
    return ASN1_STRING_set(string, text.data(), static_cast<int>(text.size())) == 1;
}

AnyHandle anyFromDer(std::string_view der) { return decode<AnyHandle, &d2i_ASN1_TYPE>(der); }

Bytes encodePend(const CmcStatus::Pend& pend)
{
    const auto info = newStructure<CmcPendInfo>();
    const std::time_t seconds = pend.time.time_since_epoch().count();
    if (!info || !setText(info->token, pend.token) ||
        ASN1_GENERALIZEDTIME_set(info->time, seconds) == nullptr) {
        return {};
    }
    return encodeStructure(info.get());
}

Bytes encodeStatusInfo(const CmcStatus& status)
{
    const auto info = newStructure<CmcStatusInfo>();
    if (!info || ASN1_INTEGER_set(info->status, static_cast<int>(status.kind)) != 1 ||
        !addReference(info->bodyList)) {
        return {};
    }
    info->message = ASN1_UTF8STRING_new();
    if (info->message == nullptr || !setText(info->message, status.message)) return {};
    if (status.pend) info->otherInfo = anyFromDer(encodePend(*status.pend)).release();
    if (status.pend && info->otherInfo == nullptr) return {};
    return encodeStructure(info.get());
}

Bytes encodeHash(std::string_view sha1)
{
    const auto added = newStructure<CmcAddAttributes>();
    if (!added || ASN1_INTEGER_set(added->dataReference, 0) != 1 ||
        !addReference(added->certificateReferences)) {
        return {};
    }
    AttributeHandle attribute(X509_ATTRIBUTE_create_by_txt(nullptr, certificateHashOid,
        V_ASN1_OCTET_STRING, octets(sha1), static_cast<int>(sha1.size())));
    if (!attribute || sk_X509_ATTRIBUTE_push(added->attributes, attribute.get()) == 0) return {};
    static_cast<void>(attribute.release());
    return encodeStructure(added.get());
}

bool addControl(CmcPkiResponse& response, std::string_view type, std::string_view valueDer)
{
    auto control = newStructure<CmcControl>();
    AnyHandle value = anyFromDer(valueDer);
    ObjectHandle object = objectFromOid(type);
    const int bodyPart = sk_CmcControl_num(response.controls) + 1;
    if (!control || !value || !object || ASN1_INTEGER_set(control->bodyPartId, bodyPart) != 1) {
        return false;
    }
    ASN1_OBJECT_free(control->type);
    control->type = object.release();
    if (sk_ASN1_TYPE_push(control->values, value.get()) == 0) return false;
    static_cast<void>(value.release());
    if (sk_CmcControl_push(response.controls, control.get()) == 0) return false;
    static_cast<void>(control.release());
    return true;
}

// The one value of a control, in DER.
Result<Bytes> valueOf(const CmcControl& control)
{
    if (sk_ASN1_TYPE_num(control.values) != 1) return refuse("a control without exactly one value");
    return encode<&i2d_ASN1_TYPE>(sk_ASN1_TYPE_value(control.values, 0));
}

Result<CmcStatus::Pend> decodePend(const ASN1_TYPE* otherInfo)
{
    const auto info = otherInfo == nullptr
                          ? StructureHandle<CmcPendInfo>()
                          : decodeStructure<CmcPendInfo>(encode<&i2d_ASN1_TYPE>(otherInfo));
    std::tm parts{};
    if (!info || ASN1_TIME_to_tm(info->time, &parts) != 1) return refuse("unreadable pendInfo");
    return CmcStatus::Pend{bytesOf(info->token), TimePoint(Duration(::timegm(&parts)))};
}

Status decodeStatusInfo(std::string_view der, CmcStatus& status)
{
    const auto info = decodeStructure<CmcStatusInfo>(der);
    if (!info) return refuse("unreadable statusInfo");
    switch (ASN1_INTEGER_get(info->status)) {
    case 0: status.kind = CmcStatus::Kind::Issued; break;
    case 2: status.kind = CmcStatus::Kind::Failed; break;
    case 3: status.kind = CmcStatus::Kind::Pending; break;
    default: return refuse("a status that is none of issued, failed and pending");
    }
    if (info->message != nullptr) status.message = bytesOf(info->message);
    if (status.kind == CmcStatus::Kind::Pending) {
        auto pend = decodePend(info->otherInfo);
        if (!pend) return pend.error();
        status.pend = std::move(pend).value();
    }
    return {};
}

Status decodeHash(std::string_view der, CmcStatus& status)
{
    const auto added = decodeStructure<CmcAddAttributes>(der);
    if (!added) return refuse("unreadable attributes");
    for (int i = 0; i < sk_X509_ATTRIBUTE_num(added->attributes); ++i) {
        X509_ATTRIBUTE* attribute = sk_X509_ATTRIBUTE_value(added->attributes, i);
        if (oidText(X509_ATTRIBUTE_get0_object(attribute)) != certificateHashOid) continue;
        const ASN1_TYPE* value = X509_ATTRIBUTE_get0_type(attribute, 0);
        if (status.certificateSha1 || X509_ATTRIBUTE_count(attribute) != 1 ||
            ASN1_TYPE_get(value) != V_ASN1_OCTET_STRING) {
            return refuse("more than one hash of the certificate, or an unreadable one");
        }
        status.certificateSha1 = bytesOf(value->value.octet_string);
        if (status.certificateSha1->size() != sha1Size) return refuse("a hash that is no SHA-1");
    }
    return {};
}

} // namespace

Result<Bytes> encodeCmcStatus(const CmcStatus& status)
{
    clearOpensslErrors();
    const auto response = newStructure<CmcPkiResponse>();
    const bool built = response && addControl(*response, statusInfoOid, encodeStatusInfo(status)) &&
                       (!status.certificateSha1 || addControl(*response, addAttributesOid,
                                                       encodeHash(*status.certificateSha1)));
    Bytes der = built ? encodeStructure(response.get()) : Bytes();
    if (der.empty()) return opensslError(ErrorKind::Internal, "cannot encode a CMC status");
    return der;
}

Result<CmcStatus> decodeCmcStatus(std::string_view der)
{
    clearOpensslErrors();
    if (der.size() > sizeLimit) return refuse("larger than 64 KiB");
    if (const Status status = checkStructure(der, Encoding::Ber); !status) return status.error();
    const auto response = decodeStructure<CmcPkiResponse>(der);
    if (!response) return opensslError(ErrorKind::InvalidInput, "unreadable CMC response");
    CmcStatus status;
    bool seen = false;
    for (int i = 0; i < sk_CmcControl_num(response->controls); ++i) {
        const CmcControl& control = *sk_CmcControl_value(response->controls, i);
        const std::string type = oidText(control.type);
        if (type != statusInfoOid && type != addAttributesOid) continue;
        const auto value = valueOf(control);
        if (!value) return value.error();
        if (type == statusInfoOid && std::exchange(seen, true)) return refuse("two statuses");
        const Status read =
            type == statusInfoOid ? decodeStatusInfo(*value, status) : decodeHash(*value, status);
        if (!read) return read.error();
    }
    if (!seen) return refuse("no status");
    return status;
}

} // namespace perennial::x509
