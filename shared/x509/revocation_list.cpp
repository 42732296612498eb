#include "shared/x509/revocation_list.h"

#include "shared/x509/asn1_values.h"
#include "shared/x509/der.h"
#include "shared/x509/extensions.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/pem.h"
#include "shared/x509/public_key.h"

#include <array>

namespace perennial::x509 {

namespace {

using ListHandle = std::unique_ptr<X509_CRL, FreeWith<&X509_CRL_free>>;
using EntryHandle = std::unique_ptr<X509_REVOKED, FreeWith<&X509_REVOKED_free>>;
using EnumeratedHandle = std::unique_ptr<ASN1_ENUMERATED, FreeWith<&ASN1_ENUMERATED_free>>;
using KeyIdentifierHandle = std::unique_ptr<AUTHORITY_KEYID, FreeWith<&AUTHORITY_KEYID_free>>;

constexpr std::string_view nextPublishOid = "1.3.6.1.4.1.311.21.4";

struct NamedReason {
    RevocationReason reason;
    std::string_view name;
};
constexpr std::array<NamedReason, 10> reasons = {{
    {RevocationReason::Unspecified, "unspecified"},
    {RevocationReason::KeyCompromise, "keyCompromise"},
    {RevocationReason::AuthorityCompromise, "cACompromise"},
    {RevocationReason::AffiliationChanged, "affiliationChanged"},
    {RevocationReason::Superseded, "superseded"},
    {RevocationReason::CessationOfOperation, "cessationOfOperation"},
    {RevocationReason::CertificateHold, "certificateHold"},
    {RevocationReason::RemoveFromCrl, "removeFromCRL"},
    {RevocationReason::PrivilegeWithdrawn, "privilegeWithdrawn"},
    {RevocationReason::AttributeAuthorityCompromise, "aACompromise"},
}};

Error failure() { return opensslError(ErrorKind::Internal, "making a CRL"); }
Error refusal(const std::string& what) { return Error{ErrorKind::InvalidInput, "CRL: " + what}; }

Result<EntryHandle> entryOf(const RevokedCertificate& revoked)
{
    const auto serial = serialHandle(revoked.serial);
    if (!serial) return refusal(toPrintable(revoked.serial, 100) + " is no serial number");
    const auto date = timeHandle(revoked.revokedAt);
    EntryHandle entry(X509_REVOKED_new());
    if (!entry || !date || X509_REVOKED_set_serialNumber(entry.get(), serial.get()) != 1 ||
        X509_REVOKED_set_revocationDate(entry.get(), date.get()) != 1)
        return failure();
    // RFC 5280 5.3.1: unspecified is said by saying nothing.
    if (revoked.reason == RevocationReason::Unspecified) return entry;
    const EnumeratedHandle reason(ASN1_ENUMERATED_new());
    if (!reason || ASN1_ENUMERATED_set(reason.get(), static_cast<long>(revoked.reason)) != 1 ||
        X509_REVOKED_add1_ext_i2d(entry.get(), NID_crl_reason, reason.get(), 0, 0) != 1)
        return failure();
    return entry;
}

bool addNumber(X509_CRL* list, int nid, std::int64_t number, bool critical)
{
    const IntegerHandle value(ASN1_INTEGER_new());
    return value && ASN1_INTEGER_set_int64(value.get(), number) == 1 &&
           X509_CRL_add1_ext_i2d(list, nid, value.get(), critical ? 1 : 0, 0) == 1;
}

bool addExtension(X509_CRL* list, const Extension& extension)
{
    const auto handle = toHandle(extension);
    return handle && X509_CRL_add_ext(list, handle->get(), -1) == 1;
}

bool addIssuer(X509_CRL* list, const Certificate& authority)
{
    const ASN1_OCTET_STRING* own = X509_get0_subject_key_id(authority.handle());
    if (own == nullptr) return true; // every authority of ours has one
    const KeyIdentifierHandle identifier(AUTHORITY_KEYID_new());
    if (!identifier) return false;
    identifier->keyid = ASN1_OCTET_STRING_dup(own);
    return identifier->keyid != nullptr &&
           X509_CRL_add1_ext_i2d(list, NID_authority_key_identifier, identifier.get(), 0, 0) == 1;
}

Status addExtensions(
    X509_CRL* list, const RevocationListContent& content, const Certificate& authority)
{
    if (!addIssuer(list, authority) || !addNumber(list, NID_crl_number, content.number, false))
        return failure();
    if (content.baseNumber && !addNumber(list, NID_delta_crl, *content.baseNumber, true))
        return failure();
    if (!content.freshestUrls.empty()) {
        const auto freshest = freshestCrlExtension(content.freshestUrls);
        if (!freshest) return freshest.error();
        if (!addExtension(list, *freshest)) return failure();
    }
    if (!content.nextPublish) return {};
    const auto time = timeHandle(*content.nextPublish);
    if (!time || !addExtension(list,
                     {std::string(nextPublishOid), false, encode<&i2d_ASN1_TIME>(time.get())}))
        return failure();
    return {};
}

Status checkContent(
    const RevocationListContent& content, const Certificate& authority, const PrivateKey& key)
{
    if (!authority.isAuthority()) return refusal("the issuer is not an authority");
    if (!key.matches(authority)) return refusal("the key is not the authority's");
    if (content.number < 1) return refusal("its number must be positive");
    if (content.nextUpdate <= content.thisUpdate) return refusal("it would be out of date at once");
    if (!content.baseNumber) {
        for (const auto& revoked : content.revoked) {
            if (revoked.reason == RevocationReason::RemoveFromCrl)
                return refusal("only a delta CRL removes certificates");
        }
        return {};
    }
    if (*content.baseNumber < 1 || *content.baseNumber > content.number)
        return refusal("a delta CRL follows its base CRL");
    if (!content.freshestUrls.empty()) return refusal("a delta CRL has no delta CRL of its own");
    return {};
}

std::int64_t numberIn(const X509_CRL* list, int nid)
{
    const IntegerHandle value(
        static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(list, nid, nullptr, nullptr)));
    std::int64_t number = 0;
    if (!value || ASN1_INTEGER_get_int64(&number, value.get()) != 1) return 0;
    return number;
}

} // namespace

std::string_view nameOf(RevocationReason reason)
{
    for (const auto& known : reasons) {
        if (known.reason == reason) return known.name;
    }
    return "unspecified";
}

std::optional<RevocationReason> reasonFromName(std::string_view name)
{
    for (const auto& known : reasons) {
        if (known.name == name) return known.reason;
    }
    return std::nullopt;
}

std::optional<RevocationReason> reasonFromNumber(std::int64_t number)
{
    for (const auto& known : reasons) {
        if (static_cast<std::int64_t>(known.reason) == number) return known.reason;
    }
    return std::nullopt;
}

std::string reasonNames()
{
    std::string names;
    for (const auto& known : reasons)
        names += (names.empty() ? "" : ", ") + std::string(known.name);
    return names;
}

RevocationList::RevocationList(std::shared_ptr<X509_crl_st> handle, Bytes der)
    : handle_(std::move(handle)), der_(std::make_shared<const Bytes>(std::move(der)))
{
}

Result<RevocationList> RevocationList::make(
    const RevocationListContent& content, const Certificate& authority, const PrivateKey& key)
{
    if (const auto checked = checkContent(content, authority, key); !checked)
        return checked.error();
    clearOpensslErrors();
    const ListHandle list(X509_CRL_new());
    const auto from = timeHandle(content.thisUpdate);
    const auto until = timeHandle(content.nextUpdate);
    if (!list || !from || !until || X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) != 1 ||
        X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(authority.handle())) != 1 ||
        X509_CRL_set1_lastUpdate(list.get(), from.get()) != 1 ||
        X509_CRL_set1_nextUpdate(list.get(), until.get()) != 1)
        return failure();
    for (const auto& revoked : content.revoked) {
        auto entry = entryOf(revoked);
        if (!entry) return entry.error();
        if (X509_CRL_add0_revoked(list.get(), entry->get()) != 1) return failure();
        static_cast<void>(entry->release());
    }
    if (const auto added = addExtensions(list.get(), content, authority); !added)
        return added.error();
    if (X509_CRL_sort(list.get()) != 1 ||
        X509_CRL_sign(list.get(), key.handle(), signingDigest(key.handle())) <= 0)
        return failure();
    return fromDer(encode<&i2d_X509_CRL>(list.get()));
}

Result<RevocationList> RevocationList::fromDer(std::string_view der)
{
    if (der.size() > sizeLimit) return refusal("over " + std::to_string(sizeLimit) + " bytes");
    if (const auto structure = checkStructure(der, Encoding::Der); !structure)
        return refusal(structure.error().message);
    clearOpensslErrors();
    auto parsed = decode<ListHandle, &d2i_X509_CRL>(der);
    if (!parsed) return opensslError(ErrorKind::InvalidInput, "not a CRL");
    if (!timeOf(X509_CRL_get0_lastUpdate(parsed.get()))) return refusal("an unreadable time");
    return RevocationList(std::shared_ptr<X509_CRL>(std::move(parsed)), Bytes(der));
}

std::string RevocationList::toPem() const { return pemText(*der_, "X509 CRL"); }

Bytes RevocationList::issuerDer() const
{
    return encode<&i2d_X509_NAME>(X509_CRL_get_issuer(handle_.get()));
}

std::int64_t RevocationList::number() const { return numberIn(handle_.get(), NID_crl_number); }

std::optional<std::int64_t> RevocationList::baseNumber() const
{
    if (X509_CRL_get_ext_by_NID(handle_.get(), NID_delta_crl, -1) < 0) return std::nullopt;
    return numberIn(handle_.get(), NID_delta_crl);
}

TimePoint RevocationList::thisUpdate() const
{
    return timeOf(X509_CRL_get0_lastUpdate(handle_.get())).value_or(TimePoint{});
}

TimePoint RevocationList::nextUpdate() const
{
    return timeOf(X509_CRL_get0_nextUpdate(handle_.get())).value_or(thisUpdate());
}

std::vector<RevokedCertificate> RevocationList::revoked() const
{
    std::vector<RevokedCertificate> all;
    STACK_OF(X509_REVOKED)* entries = X509_CRL_get_REVOKED(handle_.get());
    for (int i = 0; entries != nullptr && i < sk_X509_REVOKED_num(entries); ++i) {
        const X509_REVOKED* entry = sk_X509_REVOKED_value(entries, i);
        const EnumeratedHandle reason(static_cast<ASN1_ENUMERATED*>(
            X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nullptr, nullptr)));
        const auto number = reason ? ASN1_ENUMERATED_get(reason.get()) : 0;
        all.push_back({serialText(X509_REVOKED_get0_serialNumber(entry)),
            timeOf(X509_REVOKED_get0_revocationDate(entry)).value_or(TimePoint{}),
            reasonFromNumber(number).value_or(RevocationReason::Unspecified)});
    }
    return all;
}

bool RevocationList::isPartial() const
{
    for (int i = 0; i < X509_CRL_get_ext_count(handle_.get()); ++i) {
        X509_EXTENSION* extension = X509_CRL_get_ext(handle_.get(), i);
        if (X509_EXTENSION_get_critical(extension) != 0 &&
            OBJ_obj2nid(X509_EXTENSION_get_object(extension)) != NID_delta_crl)
            return true;
    }
    return false;
}

bool RevocationList::isSignedBy(const Certificate& issuer) const
{
    clearOpensslErrors();
    EVP_PKEY* key = issuer.publicKey();
    const bool valid = issuer.subjectDer() == issuerDer() && key != nullptr &&
                       X509_CRL_verify(handle_.get(), key) == 1;
    clearOpensslErrors();
    return valid;
}

} // namespace perennial::x509
